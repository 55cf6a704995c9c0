"""What is stored of a feed, when it is polled next, and what one poll writes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from aggregator.model.fetching import Validators
from aggregator.model.habits import Habits
from aggregator.model.items import ChangedItem, Discussion, Keyed, NewItem
from aggregator.model.parsing import FeedHints


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


class FeedCondition(StrEnum):
    """A feed's state as ``outlets`` shows it."""

    NEW = "new"  # never polled
    OK = "ok"
    FAILING = "failing"  # polled again after a growing pause
    BLOCKED = "blocked"  # a bot wall answers in its place; polled again like a failing one
    SUSPENDED = "suspended"  # absent for long: polled once a week
    GONE = "gone"  # 410: not polled any more, items stay
    MERGED = "merged"  # it moved onto another listed feed, which is polled instead
    MIRROR = "mirror"  # another listed feed carries all of its items and is polled instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When a feed's items come, learned from when they came: an hour-of-week profile that forgets slowly."""

    #: items per hour of the week (Monday 00:00 UTC first), weighted less the older; empty: nothing learned
    counts: tuple[float, ...] = ()
    #: when learning began, and the instant that the weights are relative to
    since: datetime | None = None
    until: datetime | None = None
    #: how many items come together, seen from one of them
    batch: float = 1.0
    #: gaps there have been, the older the less, as of ``gap_at``
    gaps: float = 0.0
    gap_at: datetime | None = None

    def gaps_left(self, now: datetime, half_life: timedelta) -> float:
        """What the gaps still count, if they lose half their weight in ``half_life``."""
        if self.gap_at is None:
            return 0.0
        return float(self.gaps * 0.5 ** max(0.0, (now - self.gap_at) / half_life))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A permanent redirect that was seen and has not lasted yet."""

    target: str
    first: datetime
    count: int


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
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    #: when it is to be polled, as planned so far
    next_poll_at: datetime | None = None
    #: its server asked for quiet until then
    hold_until: datetime | None = None
    #: failed polls since the last success
    failures: int = 0
    #: when the first of these failed
    failing_since: datetime | None = None
    #: how often since the last success the feed was not there (404), and since when
    absences: int = 0
    absent_since: datetime | None = None
    condition: FeedCondition = FeedCondition.NEW
    #: where a lasting permanent redirect led: the address that is asked; "" while it is ``url``
    moved_to: str = ""
    #: permanent redirects seen that have not lasted yet
    sighting: Sighting | None = None
    #: when a whole document last came, or a 304 although no validators were sent
    last_body: datetime | None = None
    hints: FeedHints = field(default_factory=FeedHints)
    #: what was learned of when its items come
    rhythm: Rhythm = field(default_factory=Rhythm)
    #: … and of how it names them
    habits: Habits = field(default_factory=Habits)
    #: the hub pushes until then; None: it does not
    pushed_until: datetime | None = None
    #: why it may have died although it answers, "" while nothing speaks for it
    suspicion: str = ""
    #: the feed that is polled in this one's place, "" when it is polled itself
    merged_into: str = ""
    lease_token: str = ""

    @property
    def address(self) -> str:
        """What is asked: the configured URL, or where that has moved."""
        return self.moved_to or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One consideration in the choice of the next poll time, for ``explain``."""

    name: str
    #: the value in words: "12 items in 36 h: 3 h apart"
    value: str
    #: the instant this term alone would choose
    at: datetime | None = None
    won: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a feed is polled next, and why."""

    next_poll_at: datetime | None  # None: never again (410)
    condition: FeedCondition
    failures: int
    terms: tuple[Term, ...]
    #: the server asked for quiet until then (Retry-After): not even a forced run asks earlier
    hold_until: datetime | None = None
    #: when the present failures began; None while all is well
    failing_since: datetime | None = None
    #: how often since the last success the feed was not there (404), and since when
    absences: int = 0
    absent_since: datetime | None = None
    #: a surge of news at other outlets may bring the poll forward to this instant; None: it may not
    movable_from: datetime | None = None
    #: this is the plan that there was, with its reasons: they are not written anew
    stands: bool = False


#: put_off: nothing was asked, see PutOff
PollResult = Literal["modified", "not_modified", "failed", "put_off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The next poll of a healthy feed, as decided under the configuration of then."""

    feed_id: int
    outlet: str
    last_attempt: datetime
    next_poll_at: datetime
    hold_until: datetime | None
    #: of a feed that skips hours or days; others' are left out, for there are many plans
    hints: FeedHints = field(default_factory=FeedHints)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGap:
    """A poll whose document shares no item with the last one: what came in between may be lost."""

    #: the newest instant that the earlier document was known to cover
    after: datetime
    #: the oldest instant that the present document covers
    before: datetime


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
    #: stored items that have another guid or link now; some of them changed as well
    moved: tuple[tuple[int, Keyed], ...] = ()
    #: entries seen in a modified feed that are neither new nor changed
    unchanged: int = 0
    #: entries dropped by keep_if / drop_if in this poll (new ones only)
    dropped: int = 0
    #: the document's entries now: digest, and the stored id or the index in ``new``; None: keep
    window: tuple[tuple[bytes, int | None, int | None], ...] | None = None
    arrivals: tuple[datetime, ...] | None = None
    rhythm: Rhythm | None = None
    hints: FeedHints | None = None
    #: a whole document came
    body: bool = False
    #: part of one was brought by a hub: not a poll, and no answer to when the last one was
    part: bool = False
    #: a permanent redirect that has lasted: the address to ask from now on; "" clears it, None leaves it
    moved_to: str | None = None
    #: the redirect seen now that has not lasted; written whenever the poll got an answer
    sighting: Sighting | None = None
    #: the listed feed that carries this one's items from now on
    merged_into: str | None = None
    #: items that came and went unseen since the last poll
    gap: NewGap | None = None
    #: why the feed may have died although it answers; "": nothing speaks for it any more; None: leave
    suspicion: str | None = None
    #: None: leave what is stored
    habits: Habits | None = None
    #: what the outlet's keeper is to be told of a flood, "" without one
    flood: str = ""
    outlet: str = ""
    #: what the document says of stored items' comments, changed or not
    discussions: tuple[Discussion, ...] = ()


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
