"""Copies: what texts are compared by, who is named in them, why two items are one article."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aggregator.model.items import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Somebody whom an article names as where it comes from."""

    #: as it stands there: "Zero Hedge"
    name: str
    #: address: the page's canonical URL is the other's
    where: Literal["text", "byline", "address"]
    #: the words that name it: "Source: Zero Hedge"
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What stands for a text when copies of it are looked for."""

    #: words, or characters where a script sets no spaces
    words: int
    #: the smallest hashes of its shingles, ascending, four bytes each
    hashes: bytes
    named: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much of two texts is the same; ``one`` and ``other`` in the order in which they were compared."""

    #: copy: most of both; excerpt: most of the shorter stands in the longer
    relation: Literal["copy", "excerpt"]
    one_words: int
    other_words: int
    #: words that stand in runs which the other text has too
    one_shared: int
    other_shared: int
    #: runs of a few words that both have, of all that either has: 0 to 1
    resemblance: float
    #: the longest passage that both have, shortened
    passage: str

    @property
    def one_share(self) -> float:
        """How much of the one stands in the other."""
        return self.one_shared / self.one_words if self.one_words else 0.0

    @property
    def other_share(self) -> float:
        """How much of the other stands in the one."""
        return self.other_shared / self.other_words if self.other_words else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Why two items are in one group.

    address: one canonical URL; text: equal texts; near: like texts; hand: somebody joined them.
    """

    kind: Literal["address", "text", "near", "hand"]
    one: int
    other: int
    likeness: Likeness | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crediting:
    """Why a group's first item is its first."""

    first: int
    #: published or seen no later than this, and whether that is what it states itself
    by: datetime
    #: the item that names it, and how; None: it is the earliest
    named_by: int | None = None
    credit: Credit | None = None
    #: named in the group, but by nobody's name that is stored in it: (item, how)
    unknown: tuple[tuple[int, Credit], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOf:
    """One other item of a group, and how the asked one comes to be together with it."""

    id: int
    outlet: str
    title: str
    url: str
    published: datetime | None
    first_seen: datetime
    relation: "Relation | None"
    #: from the asked item to this one; more than one where they are alike only through others
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyGroup:
    """What is known of an item's copies."""

    item: int
    #: the others, the first one first; empty: it has none
    others: tuple[CopyOf, ...] = ()
    crediting: Crediting | None = None
    #: since when it is kept apart by hand
    apart_since: datetime | None = None
