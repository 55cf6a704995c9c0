"""What was learned of how a feed names its items, and of what changes in them without meaning anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: own: an item keeps its guid. shared: several items carry one. anew: it has another at every fetch
GuidHabit = Literal["own", "shared", "anew"]
#: in which parts of its items numbers change at every poll
Noise = Literal["", "body", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrest:
    """How the entry of one item has changed of late."""

    item_id: int
    #: changes in a row of which the publisher did not say that they were edits
    changes: int
    #: … and how many of the last of them were in numbers only
    numbers: int = 0
    #: times that it went back to what it had said before
    returns: int = 0
    #: when it changed last
    at: datetime
    #: the edit that the publisher stated last
    stated: datetime | None = None
    #: what it said before, the latest at the end
    versions: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One feed's; kept beside its document."""

    guids: GuidHabit = "own"
    #: several items without a guid have one link
    links_shared: bool = False
    noise: Noise = ""
    #: polls in a row in which most changes were in numbers only
    numbers: int = 0
    #: polls in a row in which most of what is stored came under other names, and when that was last so
    renamed: int = 0
    renamed_at: datetime | None = None
    #: items of the present document that changed of late
    unrest: tuple[Unrest, ...] = ()
