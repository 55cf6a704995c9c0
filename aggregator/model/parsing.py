"""What a feed document says."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


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
    #: as it stands in the feed, "" when that was not kept; written in another way it is the same date
    published_text: str = field(default="", compare=False)
    #: when the publisher says it was last edited
    updated: datetime | None = None
    language: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    #: comments that the feed counts; None where it does not
    comments: int | None = None
    #: where they are read by people, and by programs; absolute http(s), "" when absent
    comments_url: str = ""
    comments_feed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHints:
    """What a document says of itself as a feed: when to ask again, where its past lies, who pushes."""

    #: RSS 2.0 <ttl>: how long the document may be kept before it is asked for again
    ttl: timedelta | None = None
    #: sy:updatePeriod / sy:updateFrequency: the stated time between two updates
    update_interval: timedelta | None = None
    #: RSS 2.0 <skipHours>, hours of the day in UTC, 0 to 23
    skip_hours: frozenset[int] = frozenset()
    #: RSS 2.0 <skipDays>, Monday is 0
    skip_days: frozenset[int] = frozenset()
    #: WebSub hubs, absolute, in the document's order
    hubs: tuple[str, ...] = ()
    #: rel=self: the WebSub topic, "" when absent
    self_url: str = ""
    #: RFC 5005, 4: rel=prev-archive, "" when absent
    archive_url: str = ""
    #: RFC 5005, 3: rel=next, or JSON Feed's next_url, "" when absent
    next_url: str = ""
    #: RFC 5005, 2: the document holds every item there is
    complete: bool = False


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
    hints: FeedHints = field(default_factory=FeedHints)
