"""What is stored of a feed, when it is polled next, and what one poll writes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from aggregator.model.fetching import Validators
from aggregator.model.items import ChangedItem, NewItem


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
class Plan:
    """The next poll of a healthy feed, as decided under the configuration of then."""

    feed_id: int
    outlet: str
    last_attempt: datetime
    next_poll_at: datetime
    hold_until: datetime | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim on work: nobody else takes it before ``until``."""

    token: str
    until: datetime


#: how long a claim holds when its process dies
LEASE = timedelta(minutes=10)
