"""Items that came and went between two polls: what is looked for, and what was found of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.model.items import NewItem
from aggregator.model.parsing import FeedHints

#: where the missing items were read; "": not yet; "given up": nowhere, or not all of them
GapHow = Literal["", "archive", "sitemap", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """A gap that is to be filled now: where, and what is known of the feed's past."""

    id: int
    feed_id: int
    outlet: str
    #: what is asked when the feed is polled
    address: str
    #: as configured, else as the feed says; "" when neither does
    homepage: str
    language: str | None
    #: the feed's own links to its past
    hints: FeedHints = field(default_factory=FeedHints)
    #: what is missing was published between these two
    after: datetime
    before: datetime
    #: fruitless attempts so far
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Everything that one attempt at a gap must write."""

    gap_id: int
    feed_id: int
    at: datetime
    #: what was looked for: a poll may have made the gap longer since
    after: datetime
    before: datetime
    new: tuple[NewItem, ...] = ()
    how: GapHow = ""
    #: a sentence for the user: what was read, or why it is not all there
    reason: str = ""
    #: fruitless attempts by now
    attempts: int = 0
    #: when to try again; None: never
    due_at: datetime | None = None
    #: items of ``new`` that were stored; counted by the store
    found: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap as ``outlets NAME`` shows it."""

    outlet: str
    #: the feed's URL
    feed: str
    opened_at: datetime
    after: datetime
    before: datetime
    #: when all of it was read, or it was given up
    closed_at: datetime | None
    how: GapHow
    #: items that were found in it
    found: int
    reason: str
    #: when it is tried (again); None: never
    due_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether items may be missing, be it for now or for good."""
        return self.how in ("", "given up")
