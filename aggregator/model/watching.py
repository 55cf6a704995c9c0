"""What the daily check reads: how each feed behaves, and which items it shares with others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.polling import FeedCondition, Rhythm
from aggregator.model.reading import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A listed feed as the daily check sees it."""

    id: int
    outlet: str
    url: str
    homepage: str = ""
    site_url: str = ""
    condition: FeedCondition = FeedCondition.OK
    reason: str = ""
    failing_since: datetime | None = None
    last_success: datetime | None = None
    moved_to: str = ""
    #: publication instants of the newest items, newest first
    arrivals: tuple[datetime, ...] = ()
    rhythm: Rhythm = field(default_factory=Rhythm)
    suspicion: str = ""
    suspected_at: datetime | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A listed feed and the items that it brought lately, to be compared with its siblings."""

    id: int
    url: str
    outlet: str
    #: the sites it belongs to: of its address, and of the page it names
    sites: frozenset[str]
    condition: FeedCondition
    failing_since: datetime | None
    last_success: datetime | None
    polls: int
    #: the feed that is polled in its place, "" when it is polled itself
    merged_into: str = ""
    #: 64 bits of each item's canonical address, and the item's instant
    items: Mapping[int, datetime] = field(default_factory=dict)
