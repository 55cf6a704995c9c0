"""How each sample outlet answers on the web: its addresses, formats and habits. Pure.

Between them they do what outlets in the wild do: compress, answer 304 by either validator or by
none, redirect, repeat themselves in a second feed, print an agency's story word for word, write
broken XML, lose a page, and be down.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from aggregator.demo import documents
from aggregator.demo.documents import Channel, Entry
from aggregator.demo.library import SampleOutlet, template

_RSS, _ATOM, _JSON = "application/rss+xml", "application/atom+xml", "application/feed+json"
_RDF, _XML = "application/rdf+xml", "application/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one address answers."""

    body: bytes = b""
    #: the same compressed, sent to those who accept it; None where the outlet never does
    gzipped: bytes | None = None
    status: int = 200
    #: Content-Type, validators, Location
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An outlet at its address."""

    outlet: SampleOutlet
    home: str
    #: what goes into feeds.toml; empty: to be discovered from the home page
    feeds: tuple[str, ...]
    #: by path
    documents: Mapping[str, Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Habits:
    """How one outlet publishes."""

    feed_path: str
    feed_type: str
    write: Callable[[Channel], str]
    charset: str = "utf-8"
    etag: bool = False
    last_modified: bool = False
    compress: bool = False
    #: the address in feeds.toml, where it has moved since
    moved_from: str = ""
    discovered: bool = False
    #: a section with a feed of its own
    section: str = ""
    down: bool = False


def _full_rss(channel: Channel) -> str:
    return documents.rss(channel, full_text=True)


def _summary_rss(channel: Channel) -> str:
    return documents.rss(channel, full_text=False)


def _latin_rss(channel: Channel) -> str:
    return documents.rss(channel, full_text=False, encoding="ISO-8859-1")


_HABITS: Mapping[str, _Habits] = {
    "harbour_gazette": _Habits(
        feed_path="feed.xml",
        feed_type=_RSS,
        write=_full_rss,
        etag=True,
        last_modified=True,
        compress=True,
        section="weather",
    ),
    "norhaven_courier": _Habits(
        feed_path="feeds/news.xml", feed_type=_RSS, write=_summary_rss, etag=True, moved_from="rss"
    ),
    "meridian_science": _Habits(
        feed_path="atom.xml", feed_type=_ATOM, write=documents.atom, last_modified=True, compress=True
    ),
    "wexley_observer": _Habits(feed_path="index.rdf", feed_type=_RDF, write=documents.rdf),
    "open_ledger": _Habits(
        feed_path="feed.json",
        feed_type=_JSON,
        write=documents.json_feed,
        etag=True,
        compress=True,
        discovered=True,
    ),
    "lindenfurter_bote": _Habits(
        feed_path="nachrichten.rss", feed_type=_RSS, write=_latin_rss, charset="iso-8859-1"
    ),
    "kettle_and_crane": _Habits(feed_path="feed", feed_type=_XML, write=documents.broken_rss),
    "late_edition": _Habits(feed_path="feed", feed_type=_RSS, write=_summary_rss, down=True),
}


def build_site(
    outlet: SampleOutlet, *, origin: str, prefix: str, now: datetime, corrected: bool = False
) -> Site:
    """The outlet as it stands at ``now``: ``origin`` is scheme, host and port, ``prefix`` its path.

    ``corrected``: after it has found its mistakes.
    """
    habits, home = _HABITS[outlet.key], origin + prefix
    entries = [
        Entry(
            article=article.corrected or article if corrected else article,
            url=f"{home}articles/{article.slug}",
            published=None if article.age is None else (now - article.age).replace(microsecond=0),
        )
        for article in outlet.articles
    ]
    channel = Channel(
        outlet=outlet,
        home=home,
        url=home + habits.feed_path,
        entries=entries,
        built=now.replace(microsecond=0),
    )
    feeds = [home + (habits.moved_from or habits.feed_path)]
    if habits.section:
        feeds.append(f"{home}{habits.section}.xml")
    return Site(
        outlet=outlet,
        home=home,
        feeds=() if habits.discovered else tuple(feeds),
        documents={prefix + path: document for path, document in _documents(channel, habits)},
    )


def feeds_toml(sites: Sequence[Site], database: str = "sqlite:///aggregator.db") -> str:
    """A configuration that lists the sites and may contact nothing but this machine."""
    lines = [
        f'[store]\nurl = "{database}"\n',
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\nper_host_delay = "0s"\n',
        '[publish]\ntitle = "News of the bay"\nformats = ["atom", "rss", "json", "jsonl", "opml", "html"]\n',
    ]
    for site in sites:
        outlet = site.outlet
        lines.append(f'[[outlet]]\nname = "{outlet.name}"\nhomepage = "{site.home}"')
        if site.feeds:
            lines.append("feeds = [" + ", ".join(f'"{url}"' for url in site.feeds) + "]")
        lines.append("tags = [" + ", ".join(f'"{tag}"' for tag in outlet.tags) + "]")
        lines.append(f'language = "{outlet.language}"\n')
    return "\n".join(lines)


def _documents(channel: Channel, habits: _Habits) -> Iterator[tuple[str, Document]]:
    if habits.down:
        yield (
            habits.feed_path,
            Document(status=500, body=b"Internal Server Error", headers=_type("text/plain")),
        )
        return
    yield "robots.txt", Document(body=b"User-agent: *\nAllow: /\n", headers=_type("text/plain"))
    yield habits.feed_path, _feed(channel, habits)
    if habits.moved_from:
        yield (
            habits.moved_from,
            Document(status=301, headers={"Location": channel.url, **_type("text/plain")}),
        )
    if habits.section:
        yield f"{habits.section}.xml", _feed(_section(channel, habits.section), habits)
    yield "", _page("home.html", channel, None, habits)
    for entry in channel.entries:
        if not entry.article.missing:
            yield f"articles/{entry.article.slug}", _page("article.html", channel, entry, habits)


def _section(channel: Channel, section: str) -> Channel:
    """The articles of one section, their links marked for the outlet's visitor statistics."""
    entries = [
        Entry(
            article=entry.article,
            url=f"{entry.url}?utm_source=rss&utm_medium={section}",
            published=entry.published,
        )
        for entry in channel.entries
        if entry.article.section == section
    ]
    return Channel(
        outlet=channel.outlet,
        home=channel.home,
        url=f"{channel.home}{section}.xml",
        entries=entries,
        built=channel.built,
    )


def _feed(channel: Channel, habits: _Habits) -> Document:
    body = habits.write(channel).encode(habits.charset)
    headers = _type(habits.feed_type)
    if habits.etag:
        headers["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
    if habits.last_modified:
        headers["Last-Modified"] = format_datetime(channel.built, usegmt=True)
    return Document(body=body, gzipped=_gzip(body) if habits.compress else None, headers=headers)


def _page(name: str, channel: Channel, entry: Entry | None, habits: _Habits) -> Document:
    text = documents.page(
        template(name), channel, entry=entry, feed_type=habits.feed_type, charset=habits.charset
    )
    body = text.encode(habits.charset, "xmlcharrefreplace")
    return Document(body=body, gzipped=_gzip(body) if habits.compress else None, headers=_type("text/html"))


def _type(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type}


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
