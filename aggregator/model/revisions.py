"""How an item's words changed after they were first stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model.items import TextSource
from aggregator.model.reading import Item

#: typo: spelling, punctuation, case; headline: the title says something else; correction: a note of one was
#: added; live: a live blog grew; rewrite: most of it is new, or another article stands there; edit: the rest
RevisionKind = Literal["typo", "headline", "correction", "live", "rewrite", "edit"]
#: where an edit was found
SeenIn = Literal["feed", "page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an item said at one time."""

    title: str
    text: str
    source: TextSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What kind of edit lies between two wordings, and a sentence about it."""

    kind: RevisionKind
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One edit of a stored item."""

    id: int
    item_id: int
    #: when it was found; of a live blog that goes on growing, last
    at: datetime
    seen_in: SeenIn
    kind: RevisionKind
    summary: str
    before: Wording
    after: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An item with one of its edits, as the corrections feed tells it."""

    item: Item
    revision: Revision
