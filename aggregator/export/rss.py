"""Items -> RSS 2.0 with the content, Dublin Core and Atom modules, as the RSS Board's profile has them."""

import re
from collections.abc import Collection, Sequence
from html import escape

from lxml import etree

from aggregator import __version__
from aggregator.core.urls import is_http
from aggregator.export.entry import Entry, common_language, entries, newest
from aggregator.export.feed import GENERATOR, FeedInfo
from aggregator.export.jsonl import comments_dict
from aggregator.export.stories import also_at
from aggregator.export.text import iso, rfc822
from aggregator.export.xml import add, document
from aggregator.model import Item
from aggregator.model.coverage import Coverage

_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
}
_ATOM, _CONTENT, _DC, _DCTERMS = (f"{{{uri}}}" for uri in _NAMESPACES.values())
#: of comments; declared where there are any
_TALK = {
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
_SLASH, _WFW = (f"{{{uri}}}" for uri in _TALK.values())
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!]|&#?\w+;")


def render(feed: FeedInfo, items: Sequence[Item], *, shared_guids: Collection[str] = ()) -> str:
    """An RSS feed of the items in their order. ``shared_guids``: see ``entry.entry_id``."""
    return render_entries(feed, entries(feed, items, shared_guids=shared_guids))


def render_entries(feed: FeedInfo, rendered: Sequence[Entry]) -> str:
    """The same from entries that are prepared already."""
    talked_of = any(comments_dict(entry.item) for entry in rendered)
    root = etree.Element("rss", version="2.0", nsmap=_NAMESPACES | (_TALK if talked_of else {}))
    channel = add(root, "channel")
    add(channel, "title", _plain(feed.title))
    add(channel, "link", feed.home_url or _where_it_is_from(rendered) or feed.id)
    add(channel, "description", _plain(feed.title))
    if language := common_language(rendered):
        add(channel, "language", language)
    add(channel, "lastBuildDate", rfc822(newest(feed, rendered)))
    add(channel, "generator", f"{GENERATOR} {__version__}")
    add(channel, "docs", "https://www.rssboard.org/rss-specification")
    if feed.self_url:
        add(channel, f"{_ATOM}link", rel="self", href=feed.self_url, type="application/rss+xml")
    for entry in rendered:
        _add_item(channel, entry)
    return document(root)


def _where_it_is_from(rendered: Sequence[Entry]) -> str:
    """Whither readers are led where no address is ours: to the site that all entries are of, else to the
    first article; a channel must have a link, and opens nothing with the feed's lasting name.
    """
    sites = {entry.item.site_url for entry in rendered}
    site = sites.pop() if len(sites) == 1 else ""
    return site if is_http(site) else next((entry.url for entry in rendered if entry.url), "")


def _plain(text: str) -> str:
    """A plain text for a field that readers take for HTML once it looks like it."""
    return escape(text, quote=False) if _LOOKS_LIKE_HTML.search(text) else text


def _description(entry: Entry) -> str:
    """The summary as HTML, which readers take it for; of a story also where else it is told."""
    summary = escape(entry.summary, quote=False)
    if entry.coverage is None:
        return summary
    return "\n".join(part for part in (summary and f"<p>{summary}</p>", also_at(entry.coverage)) if part)


def _add_comments(element: etree._Element, item: Item) -> None:
    """Where the outlet's readers discuss it, and how many comments there are."""
    if is_http(item.comments_url):
        add(element, "comments", item.comments_url)
    if is_http(item.comments_feed):
        add(element, f"{_WFW}commentRss", item.comments_feed)
    if item.comments is not None:
        add(element, f"{_SLASH}comments", str(item.comments))


def _add_item(channel: etree._Element, entry: Entry) -> None:
    element = add(channel, "item")
    if entry.title:
        add(element, "title", _plain(entry.title))
    if entry.url:
        add(element, "link", entry.url)
    guid = add(element, "guid", entry.id)
    guid.set("isPermaLink", "false")
    add(element, "pubDate", rfc822(entry.published))
    if entry.updated != entry.published:
        add(element, f"{_DCTERMS}modified", iso(entry.updated))
    for author in entry.authors:
        add(element, f"{_DC}creator", author)
    for tag in entry.tags:
        add(element, "category", _plain(tag))
    for enclosure in entry.enclosures:
        # all three attributes are required; a length of 0 says that it is not known (RSS Board)
        length = str(enclosure.length or 0)
        add(element, "enclosure", url=enclosure.url, length=length, type=enclosure.type)
    add(element, "description", _description(entry))
    _add_comments(element, entry.item)
    if entry.html:
        add(element, f"{_CONTENT}encoded", entry.html)
    if entry.language:
        add(element, f"{_DC}language", entry.language)
    add(element, "source", _plain(entry.item.outlet), url=entry.item.feed)
    if entry.coverage is not None:
        _add_outlets(element, entry.coverage)


def _add_outlets(element: etree._Element, coverage: Coverage) -> None:
    for item in coverage.one_each:
        if is_http(item.url):
            add(element, f"{_ATOM}link", rel="related", href=item.url, title=f"{item.outlet}: {item.title}")
