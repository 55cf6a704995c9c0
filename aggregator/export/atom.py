"""Items -> Atom 1.0 (RFC 4287)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from lxml import etree

from aggregator import __version__
from aggregator.core.urls import is_http
from aggregator.export.entry import Entry, entries, newest, updated_at
from aggregator.export.feed import GENERATOR, FeedInfo
from aggregator.export.jsonl import comments_dict
from aggregator.export.text import iso
from aggregator.export.xml import XML_LANG, add, document
from aggregator.model import Item
from aggregator.model.coverage import Coverage

_NAMESPACE = "http://www.w3.org/2005/Atom"
#: the Atom Threading Extensions
_THREAD = "{http://purl.org/syndication/thread/1.0}"
#: of the element that holds the source of one more outlet: a name of our own that is no address
_STORY = "{urn:uuid:6a4bd4e1-ad98-5abc-bdd6-7e3d22a4667d}"
_STORY_PREFIX = {"story": _STORY.strip("{}")}


def render(feed: FeedInfo, items: Sequence[Item], *, shared_guids: Collection[str] = ()) -> str:
    """An Atom feed of the items in their order. ``shared_guids``: see ``entry.entry_id``."""
    return render_entries(feed, entries(feed, items, shared_guids=shared_guids))


def render_entries(feed: FeedInfo, rendered: Sequence[Entry]) -> str:
    """The same from entries that are prepared already."""
    talked_of = any(comments_dict(entry.item) for entry in rendered)
    root = etree.Element("feed", xmlns=_NAMESPACE, nsmap={"thr": _THREAD.strip("{}")} if talked_of else None)
    add(root, "id", feed.id)
    add(root, "title", feed.title)
    add(root, "updated", iso(newest(feed, rendered)))
    # RFC 4287, 4.1.1: for entries without an author whose reader looks past their atom:source.
    add(add(root, "author"), "name", feed.title)
    _link(root, "self", feed.self_url, type="application/atom+xml")
    _link(root, "alternate", feed.home_url)
    add(root, "generator", GENERATOR, version=__version__)
    updates = _newest_of_each_feed(rendered)
    for entry in rendered:
        _add_entry(root, entry, updates)
    return document(root)


def _newest_of_each_feed(rendered: Iterable[Entry]) -> dict[str, datetime]:
    updates: dict[str, datetime] = {}
    for entry in rendered:
        told = [(entry.item, entry.updated)]
        if entry.coverage is not None:  # the entry's own date is that of the story
            told = [(item, updated_at(item)) for item in entry.coverage.items]
        for item, at in told:
            updates[item.feed] = max(at, updates.get(item.feed, at))
    return updates


def _link(parent: etree._Element, rel: str, href: str, **attributes: str | None) -> None:
    if href:
        add(parent, "link", rel=rel, href=href, **attributes)


def _add_entry(root: etree._Element, entry: Entry, updates: Mapping[str, datetime]) -> None:
    element = add(root, "entry")
    if entry.language:
        element.set(XML_LANG, entry.language)
    add(element, "id", entry.id)
    add(element, "title", entry.title)
    _link(element, "alternate", entry.url)
    add(element, "published", iso(entry.published))
    add(element, "updated", iso(entry.updated))
    for author in entry.authors:
        add(add(element, "author"), "name", author)
    for tag in entry.tags:
        add(element, "category", term=tag)
    for enclosure in entry.enclosures:
        length = None if enclosure.length is None else str(enclosure.length)
        _link(element, "enclosure", enclosure.url, type=enclosure.type, length=length)
    _add_replies(element, entry.item)
    if entry.summary:
        add(element, "summary", entry.summary, type="text")
    if entry.html:
        add(element, "content", entry.html, type="html")
    elif not entry.url:  # RFC 4287, 4.1.2: an entry without a page must have content
        add(element, "content", entry.summary or entry.title, type="text")
    if entry.coverage is not None:
        _add_outlets(element, entry.coverage, updates)
    _add_source(element, entry.item, updates)


def _add_replies(element: etree._Element, item: Item) -> None:
    """Where the outlet's readers discuss it, and how many comments there are (RFC 4685, 4 and 5)."""
    count = "" if item.comments is None else str(item.comments)
    for href, kind in ((item.comments_url, "text/html"), (item.comments_feed, "application/rss+xml")):
        if is_http(href):
            _link(element, "replies", href, type=kind, **{f"{_THREAD}count": count})
    if count:
        add(element, f"{_THREAD}total", count)


def _add_outlets(element: etree._Element, coverage: Coverage, updates: Mapping[str, datetime]) -> None:
    """A related link for each outlet of a story, and the source of each but the lead's.

    An entry may have one atom:source (RFC 4287, 4.1.2), which is the lead's; an extension element may hold
    anything (6.4), so the others stand in one each. They come before the entry's own: readers that look for
    sources at any depth keep the last.
    """
    for item in coverage.one_each:
        if is_http(item.url):
            _link(element, "related", item.url, title=f"{item.outlet}: {item.title}")
    for item in coverage.one_each:
        if item.outlet != coverage.lead.outlet:
            _add_source(etree.SubElement(element, f"{_STORY}outlet", nsmap=_STORY_PREFIX), item, updates)


def _add_source(element: etree._Element, item: Item, updates: Mapping[str, datetime]) -> None:
    """The feed that the entry was copied from (RFC 4287, 4.2.11); its author is the outlet."""
    source = add(element, "source")
    add(source, "id", item.feed)
    add(source, "title", item.outlet)
    add(source, "updated", iso(updates[item.feed]))
    add(add(source, "author"), "name", item.outlet)
    _link(source, "self", item.feed)
    _link(source, "alternate", item.site_url if is_http(item.site_url) else "")
