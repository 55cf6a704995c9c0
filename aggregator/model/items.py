"""Items on their way from a parsed document into the store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model.copies import Sketch
from aggregator.model.parsing import ParsedItem

FullText = Literal["auto", "always", "never"]
TextSource = Literal["page", "feed", "summary"]
#: same: one address; copy: the same text, as it is or lightly edited; excerpt: a part of it
Relation = Literal["same", "copy", "excerpt"]
#: who says when an item was published; relative: "3 days ago" in the page; page: found in the page by an
#: earlier version, which did not note where
PublishedSource = Literal["feed", "json-ld", "meta", "text", "relative", "url", "page", "modified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateClaim:
    """One statement of when an item was published: it was at some instant between the two, both included."""

    source: PublishedSource
    earliest: datetime
    latest: datetime
    #: as it stands there, shortened: "2026-01-31", "3 days ago"
    stated: str = ""
    #: the instant where it is taken at its word, as a midnight is; None: the middle
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """What identity needs of a stored item."""

    id: int
    key: str
    guid: str
    canonical_url: str
    title: str
    digest: bytes
    published: datetime | None = None
    #: read only where most of a document looks new
    summary: str = ""
    #: addresses of its enclosures
    files: tuple[str, ...] = ()


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
    #: what was said of its publication, also what was not believed
    claims: tuple[DateClaim, ...] = ()
    #: part of a flood: it is left out of exports until then
    held_until: datetime | None = None
    #: what copies of its text are found by; None: not made yet, or the text gets none
    sketch: Sketch | None = None
    #: "lead": what an aggregator's page says of another outlet's article
    kind: Literal["lead"] | None = None


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
    #: stored id, and its entry, which has another guid or link; some of them changed as well
    moved: tuple[tuple[int, Keyed], ...] = ()
    #: stored ids whose entry says what it said before
    same: tuple[int, ...] = ()
    #: for every parsed item, in document order
    places: tuple[Place, ...] = ()

    @property
    def unchanged(self) -> int:
        """Stored items of the document that say what they said, under whatever name."""
        edited = {number for number, _ in self.changed}
        return len(self.same) + sum(number not in edited for number, _ in self.moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """Where the outlet's readers discuss an item: as its feed says. ``count`` is None where it does not."""

    item_id: int
    count: int | None = None
    #: of people, "" where unknown
    url: str = ""
    #: of programs, "" where unknown
    feed: str = ""
