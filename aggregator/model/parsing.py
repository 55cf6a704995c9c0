"""What a feed document says."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item: http(s) address, media type, length in bytes."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedItem:
    """One item as its feed states it. Texts are plain unless the name says HTML."""

    #: as published, "" when absent
    guid: str
    #: absolute http(s), "" when absent
    url: str
    #: never empty when the item has any text at all
    title: str
    #: plain text, shortened from the content when the feed has none
    summary: str
    #: the feed's own HTML, raw: cleaned on the way out (core/sanitize)
    content_html: str
    #: what relative addresses in ``content_html`` are relative to
    base_url: str
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: datetime | None = None
    #: when the publisher says it was last edited
    updated: datetime | None = None
    language: str | None = None
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document, whole or with its known entries cut away."""

    #: feedparser's name of the format ("rss20", "atom10", …) or "json11", "json1", "rss-json"
    version: str
    title: str
    #: the outlet's page, absolute, "" when absent
    url: str
    language: str | None
    items: tuple[ParsedItem, ...]
    #: items beyond the cap that were left out, oldest first
    cut_off: int = 0
