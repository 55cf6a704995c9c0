"""Every value that crosses from one room to another, in the order of a poll's trip.

All are frozen and keyword-only; every datetime is aware and in UTC; sequences are tuples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

FullText = Literal["auto", "always", "never"]
TextSource = Literal["page", "feed", "summary"]
Relation = Literal["same", "copy"]
PublishedSource = Literal["feed", "page"]


# ── what the network gave ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "has it changed?" with (RFC 9110, section 8.8), verbatim."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A 200 with its whole body."""

    url: str
    #: where redirects led; equal to ``url`` without one
    final_url: str
    status: int
    #: names in lower case
    headers: Mapping[str, str]
    #: decoded (content-encoding undone)
    body: bytes
    validators: Validators
    #: milliseconds from the first request to the last byte, waiting at the site's gate left out
    elapsed_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304: what we have is current."""

    url: str
    final_url: str
    headers: Mapping[str, str]
    #: those of the 304 where it carried any, else those we sent
    validators: Validators
    elapsed_ms: int
    status: int = 304


class FailureKind(StrEnum):
    """Why a fetch gave nothing, for decisions; the words for people stand in ``reason``."""

    NAME = "name"  # the host name could not be looked up
    CONNECT = "connect"  # refused, unreachable, reset
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP = "http"  # an error status, see ``status``
    REDIRECT = "redirect"  # too many, in a circle, or without a target
    FORBIDDEN = "forbidden"  # our own guard refused the address or the scheme
    TOO_BIG = "too_big"
    TRUNCATED = "truncated"
    ENCODING = "encoding"  # the body does not decode
    ROBOTS = "robots"  # robots.txt asks us to stay away from this page
    CONTENT = "content"  # arrived, but is not what was asked for (HTML for a feed, a PDF for a page)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """Nothing usable arrived. ``reason`` is a sentence for the user."""

    url: str
    final_url: str
    kind: FailureKind
    reason: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    elapsed_ms: int = 0


FetchResult = Fetched | NotModified | FetchFailed


# ── what a feed document says ────────────────────────────────────────────────────────────────


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


# ── what is stored of a feed ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEntry:
    """One entry of the feed document as last seen: its bytes' digest and the item it became."""

    digest: bytes
    #: None for an entry that was dropped by a filter
    item_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """A feed as configured: what the store must know of feeds.toml."""

    url: str
    outlet: str
    homepage: str
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What storage knows of a feed when it is handed out to be polled."""

    id: int
    url: str
    outlet: str
    language: str | None = None
    title: str = ""
    site_url: str = ""
    validators: Validators = field(default_factory=Validators)
    #: digest of the last body that parsed
    body_digest: bytes | None = None
    #: digest of the last document outside its entries
    shell_digest: bytes | None = None
    window: tuple[WindowEntry, ...] = ()
    #: publication instants of the newest items, newest first, at most 50
    arrivals: tuple[datetime, ...] = ()
    last_success: datetime | None = None
    #: failed polls since the last success
    failures: int = 0
    lease_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """What identity needs of a stored item."""

    id: int
    key: str
    guid: str
    canonical_url: str
    title: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to insert, complete but for its id."""

    #: unique in its feed, decided by core/identity
    key: str
    parsed: ParsedItem
    canonical_url: str
    #: over everything of the item that a reader sees
    digest: bytes
    #: plain text of the feed's content or summary, "" when it has none
    text: str
    text_source: TextSource | None
    #: equal for equal texts (core/similar), None for texts too short to tell
    text_digest: bytes | None
    published: datetime | None
    published_source: PublishedSource | None
    #: bounds of the publication instant; both None when unknown
    published_earliest: datetime | None
    published_latest: datetime | None
    language: str | None
    #: when its page is to be fetched; None when the feed's text will do
    page_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """A stored item whose feed entry says something new."""

    id: int
    item: NewItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a parsed item ended up: a stored item, or the ``new``-th of the new ones."""

    item_id: int | None = None
    new: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A parsed item with the key that is unique in its feed, and what the key was made from."""

    key: str
    parsed: ParsedItem
    canonical_url: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Parsed items against stored ones."""

    new: tuple[Keyed, ...] = ()
    #: stored id, and what its entry says now
    changed: tuple[tuple[int, Keyed], ...] = ()
    #: stored ids whose entry says what it said before
    same: tuple[int, ...] = ()
    #: for every parsed item, in document order
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One consideration in the choice of the next poll time, for ``explain``."""

    name: str
    #: the value in words: "12 items in 36 h: 3 h apart"
    value: str
    #: the instant this term alone would choose
    at: datetime | None = None
    won: bool = False


class FeedCondition(StrEnum):
    """A feed's state as ``outlets`` shows it."""

    NEW = "new"  # never polled
    OK = "ok"
    FAILING = "failing"  # polled again after a growing pause
    GONE = "gone"  # 410: not polled any more, items stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a feed is polled next, and why."""

    next_poll_at: datetime | None  # None: never again (410)
    condition: FeedCondition
    failures: int
    terms: tuple[Term, ...]
    #: the server asked for quiet until then (Retry-After): not even a forced run asks earlier
    hold_until: datetime | None = None


PollResult = Literal["modified", "not_modified", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """Everything that one poll's transaction must write."""

    feed_id: int
    lease_token: str
    at: datetime
    result: PollResult
    schedule: Schedule
    #: what the user reads: "" when all is well
    reason: str
    status: int | None
    #: bytes of the decoded body
    size: int
    elapsed_ms: int
    #: None: leave what is stored
    validators: Validators | None = None
    body_digest: bytes | None = None
    shell_digest: bytes | None = None
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    new: tuple[NewItem, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    #: entries seen in a modified feed that are neither new nor changed
    unchanged: int = 0
    #: entries dropped by keep_if / drop_if in this poll (new ones only)
    dropped: int = 0
    #: the document's entries now: digest, and the stored id or the index in ``new``; None: keep
    window: tuple[tuple[bytes, int | None, int | None], ...] | None = None
    arrivals: tuple[datetime, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a transaction did. ``written`` is False when another process held the lease by then."""

    written: bool
    new_ids: tuple[int, ...] = ()


# ── articles ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTask:
    """An item whose page is due."""

    item_id: int
    outlet: str
    url: str
    title: str
    authors: tuple[str, ...]
    published: datetime | None
    language: str | None
    first_seen: datetime
    #: the feed's own text, and what it was made from
    text: str
    text_source: TextSource | None
    #: failed attempts so far
    attempts: int
    validators: Validators
    lease_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The main text of a page. Metadata only where it was asked for, else None or empty."""

    text: str
    #: the same as HTML, not yet cleaned
    html: str
    #: absolute http(s) rel=canonical of the page, "" when absent
    canonical_url: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    #: True when ``published`` is a day without a time
    published_is_day: bool = False
    language: str | None = None


ArticleResult = Literal["extracted", "from_feed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleOutcome:
    """Everything that one article's transaction must write."""

    item_id: int
    lease_token: str
    at: datetime
    #: "from_feed": the page held less than the feed's own text, which stays
    result: ArticleResult
    reason: str
    status: int | None = None
    article: Article | None = None
    #: of the page's rel=canonical, None to leave the item's
    canonical_url: str | None = None
    text_digest: bytes | None = None
    validators: Validators | None = None
    attempts: int = 0
    #: when to try again; None: done, or given up
    next_try_at: datetime | None = None


# ── what is read back ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A stored item as lists, exports and other programs see it."""

    id: int
    outlet: str
    #: the feed's URL
    feed: str
    feed_title: str
    site_url: str
    guid: str
    url: str
    canonical_url: str
    title: str
    summary: str
    text: str
    text_source: TextSource | None
    #: raw HTML of the text: of the page where ``text_source`` is "page", else of the feed
    content_html: str
    base_url: str
    authors: tuple[str, ...]
    published: datetime | None
    published_source: PublishedSource | None
    published_earliest: datetime | None
    published_latest: datetime | None
    first_seen: datetime
    updated: datetime | None
    language: str | None
    tags: tuple[str, ...]
    outlet_tags: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    duplicate_of: int | None
    relation: Relation | None
    #: unique in its feed and lasting (core/identity): exports make an id of it where the guid is none
    key: str = ""
    #: why the page's text is not there, "" when it is or was not wanted
    page_reason: str = ""
    page_attempts: int = 0
    page_due_at: datetime | None = None

    @property
    def sort_at(self) -> datetime:
        """The instant that orders lists: the earlier of ``published`` and ``first_seen``."""
        return min(self.published, self.first_seen) if self.published else self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items; ``since`` is inclusive, ``until`` exclusive, both against ``Item.sort_at``."""

    #: names as in feeds.toml, compared ignoring case
    outlets: tuple[str, ...] = ()
    #: of the item or of its outlet, compared ignoring case
    tag: str | None = None
    #: "en" also matches "en-GB"
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    copies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """One feed as ``outlets`` shows it."""

    outlet: str
    feed: str
    #: still in feeds.toml
    listed: bool
    condition: FeedCondition
    reason: str
    last_attempt: datetime | None
    last_success: datetime | None
    next_poll_at: datetime | None
    items: int
    polls: int
    not_modified: int
    dropped: int
    #: pages that were tried and gave no text, and are not given up
    pages_failing: int
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchEvent:
    """One line of a feed's fetch history."""

    at: datetime
    feed: str
    result: PollResult
    status: int | None
    #: bytes of the decoded body
    size: int
    elapsed_ms: int
    new: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault that ``db doctor`` knows, with its remedy."""

    problem: str
    remedy: str
    count: int = 0


# ── what a run did ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A feed that could not be polled."""

    outlet: str
    feed: str
    reason: str
    kind: FailureKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim on work: nobody else takes it before ``until``."""

    token: str
    until: datetime


#: how long a claim holds when its process dies
LEASE = timedelta(minutes=10)
