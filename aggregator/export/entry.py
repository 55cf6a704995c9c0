"""Items -> entries: what Atom, RSS and JSON Feed all say of an item, and its lasting id."""

import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from aggregator.core.sanitize import clean_html
from aggregator.core.urls import is_http
from aggregator.export.feed import FeedInfo
from aggregator.export.text import language_tag, printable
from aggregator.model import Enclosure, Item
from aggregator.model.coverage import Coverage

# RFC 3986, section 4.3, IRIs included; schemes that a reader might run are not taken as ids.
_ABSOLUTE_URI = re.compile(
    r"(?!(?:javascript|vbscript|data):)[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f-\x9f\ud800-\udfff]+",
    re.IGNORECASE,
)
_MEDIA_TYPE = re.compile(r"[a-z0-9][\w.+-]*/[\w.+-]+(?:\s*;.*)?", re.ASCII | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as every feed format tells it."""

    id: str
    #: "" when the item has no page
    url: str
    title: str
    summary: str
    #: cleaned HTML of the text, "" with ``content = "summary"`` or when there is none
    html: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    language: str | None
    #: each with a media type
    enclosures: tuple[Enclosure, ...]
    #: for what only some formats tell; of a story its lead
    item: Item
    #: the story that it tells, where it tells one
    coverage: Coverage | None = None


def entry_id(item: Item, *, shared_guids: Collection[str]) -> str:
    """An id that never changes: the guid where it is an absolute URI that no other item carries.

    Else a version 5 UUID (RFC 9562) of feed URL and guid; the item's key in its feed stands in where
    the guid is absent or several items of the feed share it. ``shared_guids`` are those that more
    than one stored item carries. Where a publisher gives its items new guids, the first one counts.
    """
    guid = item.guid if item.first_guid is None else item.first_guid
    if guid not in shared_guids and _ABSOLUTE_URI.fullmatch(guid):
        return guid
    return _urn(item, item.key or guid or item.url or f"item {item.id}")


def _urn(item: Item, name: str) -> str:
    feed = uuid.uuid5(uuid.NAMESPACE_URL, _utf8(item.feed))
    return uuid.uuid5(feed, _utf8(name)).urn


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def entries(
    feed: FeedInfo, items: Sequence[Item], *, shared_guids: Collection[str] = ()
) -> tuple[Entry, ...]:
    """The items in their order, each fit for every format; no two carry one id."""
    ids = _ids(items, shared_guids)
    return tuple(_entry(item, ids[item.id], full=feed.content == "full") for item in items)


def _ids(items: Sequence[Item], shared_guids: Collection[str]) -> dict[int, str]:
    shared = {guid for guid, count in Counter(item.guid for item in items).items() if count > 1}
    shared.update(shared_guids)
    ids: dict[int, str] = {}
    taken: set[str] = set()
    for item in sorted(items, key=lambda one: one.id):  # the item that was there first keeps its id
        name = entry_id(item, shared_guids=shared)
        if name in taken:
            name = _urn(item, f"{item.guid} item {item.id}")
        taken.add(name)
        ids[item.id] = name
    return ids


def _entry(item: Item, name: str, *, full: bool) -> Entry:
    return Entry(
        id=name,
        url=item.url if is_http(item.url) else "",
        title=item.title,
        summary=item.summary,
        html=content_of(item) if full else "",
        published=item.published or item.first_seen,
        updated=updated_at(item),
        authors=distinct(item.authors),
        tags=distinct(item.tags),
        language=language_tag(item.language),
        enclosures=tuple(replace(one, type=_media_type(one)) for one in item.enclosures if is_http(one.url)),
        item=item,
    )


def updated_at(item: Item) -> datetime:
    """When an item was last changed, as far as anybody said."""
    return item.updated or item.published or item.first_seen


def _media_type(enclosure: Enclosure) -> str:
    """The type where it looks like one; never none, which readers take for a page."""
    kind = (enclosure.type or "").strip()
    return kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def content_of(item: Item) -> str:
    """The item's HTML, cleaned; its text as paragraphs where the HTML holds less than half of it."""
    html = printable(clean_html(printable(item.content_html), item.base_url)).strip()
    if len(_TAG.sub("", html).strip()) * 2 < len(item.text):
        return paragraphs(item.text)
    # Without a tag, readers could take it for plain text and show its entities.
    return html if "<" in html or not html else f"<p>{html}</p>"


def paragraphs(text: str) -> str:
    """Plain text as HTML: a paragraph for each block, its line breaks kept."""
    blocks = (block.strip() for block in _PARAGRAPHS.split(printable(text)))
    return "\n".join(
        f"<p>{escape(block, quote=False)}</p>".replace("\n", "<br>\n") for block in blocks if block
    )


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names on one line each, none of them twice, none empty."""
    clean = (" ".join(printable(name).split()) for name in names)
    return tuple(dict.fromkeys(name for name in clean if name))


def newest(feed: FeedInfo, rendered: Iterable[Entry]) -> datetime:
    """The feed's own date: its newest entry's, so that rendering again changes nothing."""
    return max((entry.updated for entry in rendered), default=feed.updated)


def common_language(rendered: Iterable[Entry]) -> str | None:
    """The language of the feed, where all its entries share one."""
    languages = {entry.language for entry in rendered}
    return languages.pop() if len(languages) == 1 else None
