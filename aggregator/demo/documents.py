"""What the sample outlets publish, as text: five feed formats and two kinds of page. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from string import Template

from aggregator.demo.library import SampleArticle, SampleOutlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article with its address and its instant."""

    article: SampleArticle
    url: str
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed to be written: whose, where, with what, and when it was put together."""

    outlet: SampleOutlet
    home: str
    url: str
    entries: Sequence[Entry]
    built: datetime


def rss(channel: Channel, *, full_text: bool, encoding: str = "UTF-8") -> str:
    """RSS 2.0; with ``full_text`` the article stands in ``content:encoded``."""
    outlet = channel.outlet
    items = "".join(_rss_item(entry, full_text=full_text) for entry in channel.entries)
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/">\n'
        f"<channel>\n<title>{_xml(outlet.name)}</title>\n<link>{channel.home}</link>\n"
        f'<atom:link rel="self" type="application/rss+xml" href="{channel.url}"/>\n'
        f"<description>{_xml(outlet.slogan)}</description>\n<language>{outlet.language}</language>\n"
        f"<lastBuildDate>{format_datetime(channel.built, usegmt=True)}</lastBuildDate>\n"
        f"{items}</channel>\n</rss>\n"
    )


def _rss_item(entry: Entry, *, full_text: bool) -> str:
    article = entry.article
    lines = [
        "<item>",
        f"<title>{_xml(article.title)}</title>",
        f"<link>{_xml(entry.url)}</link>",
        f'<guid isPermaLink="false">{article.slug}</guid>',
        f"<description>{_xml(article.summary)}</description>",
        *(f"<category>{_xml(tag)}</category>" for tag in article.tags),
    ]
    if article.author:
        lines.append(f"<dc:creator>{_xml(article.author)}</dc:creator>")
    if entry.published:
        lines.append(f"<pubDate>{format_datetime(entry.published, usegmt=True)}</pubDate>")
    if article.comments is not None:
        lines.append(f"<comments>{_xml(entry.url)}#comments</comments>")
        lines.append(f"<slash:comments>{article.comments}</slash:comments>")
    if full_text:
        lines.append(f"<content:encoded><![CDATA[{paragraphs(article)}]]></content:encoded>")
    return "\n".join([*lines, "</item>\n"])


def broken_rss(channel: Channel) -> str:
    """RSS as written by hand and never checked: bare ampersands, an unclosed ``<br>``, no end."""
    items = "".join(
        f"<item>\n<title>{entry.article.title}</title>\n<link>{entry.url}</link>\n"
        f"<description>{entry.article.summary}<br></description>\n"
        f"<itunes:author>{entry.article.author}</itunes:author>\n"
        + (f"<pubDate>{format_datetime(entry.published, usegmt=True)}</pubDate>\n" if entry.published else "")
        + "</item>\n"
        for entry in channel.entries
    )
    return (
        f'<?xml version="1.0"?>\n<rss version="2.0">\n<channel>\n<title>{channel.outlet.name}</title>\n'
        f"<link>{channel.home}</link>\n<description>{channel.outlet.slogan}</description>\n{items}"
    )


def rdf(channel: Channel) -> str:
    """RSS 1.0, an RDF document: the items stand beside the channel, dates are Dublin Core's."""
    outlet = channel.outlet
    index = "".join(f'<rdf:li rdf:resource="{_xml(entry.url)}"/>\n' for entry in channel.entries)
    items = "".join(
        f'<item rdf:about="{_xml(entry.url)}">\n<title>{_xml(entry.article.title)}</title>\n'
        f"<link>{_xml(entry.url)}</link>\n<description>{_xml(entry.article.summary)}</description>\n"
        + (f"<dc:creator>{_xml(entry.article.author)}</dc:creator>\n" if entry.article.author else "")
        + "".join(f"<dc:subject>{_xml(tag)}</dc:subject>\n" for tag in entry.article.tags)
        + (f"<dc:date>{_iso(entry.published)}</dc:date>\n" if entry.published else "")
        + "</item>\n"
        for entry in channel.entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{channel.url}">\n<title>{_xml(outlet.name)}</title>\n'
        f"<link>{channel.home}</link>\n"
        f"<description>{_xml(outlet.slogan)}</description>\n<dc:language>{outlet.language}</dc:language>\n"
        f"<items><rdf:Seq>\n{index}</rdf:Seq></items>\n</channel>\n{items}</rdf:RDF>\n"
    )


def atom(channel: Channel) -> str:
    """Atom 1.0 (RFC 4287) with summaries."""
    outlet = channel.outlet
    items = "".join(_atom_entry(entry, channel) for entry in channel.entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
        f' xml:lang="{outlet.language}">\n<id>{channel.url}</id>\n<title>{_xml(outlet.name)}</title>\n'
        f'<subtitle>{_xml(outlet.slogan)}</subtitle>\n<link href="{channel.home}"/>\n'
        f'<link rel="self" type="application/atom+xml" href="{channel.url}"/>\n'
        f"<updated>{_iso(channel.built)}</updated>\n{items}</feed>\n"
    )


def _atom_entry(entry: Entry, channel: Channel) -> str:
    article = entry.article
    instant = _iso(entry.published or channel.built)
    return (
        f"<entry>\n<id>{_xml(entry.url)}</id>\n<title>{_xml(article.title)}</title>\n"
        f'<link href="{_xml(entry.url)}"/>\n'
        f"<published>{instant}</published>\n<updated>{instant}</updated>\n"
        f"<author><name>{_xml(article.author)}</name></author>\n"
        + "".join(f'<category term="{_xml(tag)}"/>\n' for tag in article.tags)
        + f"<summary>{_xml(article.summary)}</summary>\n</entry>\n"
    )


def json_feed(channel: Channel) -> str:
    """JSON Feed 1.1 whose content is no more than the summary."""
    items = [
        {
            "id": entry.url,
            "url": entry.url,
            "title": entry.article.title,
            "summary": entry.article.summary,
            "content_html": f"<p>{escape(entry.article.summary)}</p>",
            "authors": [{"name": entry.article.author}],
            "tags": list(entry.article.tags),
            **({"date_published": _iso(entry.published)} if entry.published else {}),
        }
        for entry in channel.entries
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.outlet.name,
        "description": channel.outlet.slogan,
        "language": channel.outlet.language,
        "home_page_url": channel.home,
        "feed_url": channel.url,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def page(template: str, channel: Channel, *, entry: Entry | None, feed_type: str, charset: str) -> str:
    """An article's page as the web has them: navigation, byline, text, related links, footer.

    Without an ``entry`` the outlet's home page, for a template that asks for no more.
    """
    outlet, home = channel.outlet, channel.home
    values = {
        "language": outlet.language,
        "charset": charset,
        "outlet": escape(outlet.name),
        "slogan": escape(outlet.slogan),
        "home": home,
        "feed_url": channel.url,
        "feed_type": feed_type,
        "navigation": "\n".join(
            f'<li><a href="{home}sections/{number}">{escape(name)}</a></li>'
            for number, name in enumerate(outlet.sections)
        ),
        "related": "\n".join(
            f'<li><a href="{other.url}">{escape(other.article.title)}</a></li>'
            for other in channel.entries
            if other != entry
        ),
    }
    if entry:
        day = entry.published.strftime("%Y-%m-%d") if entry.published else ""
        values |= {
            "url": entry.url,
            "title": escape(entry.article.title),
            "summary": escape(entry.article.summary),
            "byline": " · ".join(part for part in (escape(entry.article.author), day) if part),
            "paragraphs": paragraphs(entry.article),
        }
    return Template(template).substitute(values)


def paragraphs(article: SampleArticle) -> str:
    """The article's text as HTML."""
    return "\n".join(f"<p>{escape(text)}</p>" for text in article.paragraphs)


def _xml(text: str) -> str:
    return escape(text, quote=True)


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
