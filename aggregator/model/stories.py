"""What is made of the items: stories, what is related, hashtags, summaries, comments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model.reading import ItemFilter

#: what joined two items: a term of theirs, a name, an address that both link to, a copy, a person
TieKind = Literal["term", "name", "link", "copy", "hand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTerm:
    """One thing that two items, or an item and a story, have in common."""

    kind: TieKind
    #: as a person reads it: "oil price", "Manama", "https://…"
    text: str
    #: its share of the likeness, 0 to 1
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An item in its story, and why it is there."""

    item_id: int
    story_id: int
    joined_at: datetime
    #: likeness with the story as it was, 0 to 1; 1 for the item that began it
    score: float
    shared: tuple[SharedTerm, ...] = ()
    #: a reader put it there
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What several outlets, or one, say of one event. Copies of a text count once, and are not listed."""

    id: int
    headline: str
    #: "en"; None where nobody knows
    language: str | None
    #: of its items' ``sort_at``
    first_at: datetime
    last_at: datetime
    #: when an outlet joined last: the exports' ``updated``
    joined_at: datetime
    #: names, in the order in which they joined
    outlets: tuple[str, ...]
    #: the items, the first one first, without copies
    items: tuple[int, ...]
    #: the item whose title is the headline
    lead: int
    #: items that joined within a day before they were asked for
    grown: int = 0

    @property
    def size(self) -> int:
        """Different texts in it."""
        return len(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFilter:
    """Which stories, those with the latest news first. ``items`` says which items count: a story is found
    by any of its items, and its order and bounds are those of its ``last_at``.
    """

    items: ItemFilter
    #: at least so many outlets
    outlets: int = 1
    #: at least so many different articles, those that are held back among them
    size: int = 1
    #: the instant that ``Story.grown`` is told for
    now: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another outlet's article beside one, and why."""

    item_id: int
    #: the same story, or merely near in content and time
    same_story: bool
    #: likeness, 0 to 1
    score: float
    shared: tuple[SharedTerm, ...] = ()


#: publisher: the feed's categories; page: article:tag, JSON-LD keywords; phrase: found in the text
TagSource = Literal["publisher", "page", "phrase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtag:
    """One of an item's, or a story's, hashtags."""

    #: what spellings of one tag have in common: "oilprice"
    key: str
    #: as it is shown, without "#": "OilPrice", "Öl"
    label: str
    source: TagSource
    #: 0 to 1, the strongest first
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A tag over a window, against the time before it."""

    key: str
    label: str
    #: items of the window, without copies, and how many outlets they are of
    items: int
    outlets: int
    #: items that the time before would let expect
    expected: float
    #: the strongest first
    score: float
    #: the window in equal parts: items in each, the oldest first
    course: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of an item's text: ``text == item.text[start:end]``."""

    item_id: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Something that a story's articles say: its best wording, and who says it."""

    sentence: Sentence
    #: names of the outlets that say it
    outlets: tuple[str, ...]
    #: the sentences of the others
    others: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoints:
    """What all outlets of a story say, what several say, and what one alone says."""

    agreed: tuple[Point, ...] = ()
    alone: tuple[Point, ...] = ()
    #: said alike but for a number: ``others`` have another one than ``sentence``, which ``outlets`` say
    differing: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The AI box of an article or story: written by a model from the sentences, or made of them."""

    #: sentences in the order of the text
    summary: tuple[Sentence, ...]
    points: KeyPoints = KeyPoints()
    #: the model's words with "[1]", which count ``cited`` from 1; "" without a model
    written: str = ""
    cited: tuple[Sentence, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage that may hold the answer to a question."""

    item_id: int
    outlet: str
    title: str
    url: str
    sort_at: datetime
    sentences: tuple[Sentence, ...]
    score: float
    #: the sentence is the title, and its place that in it
    is_title: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A reader's comment, from the item's comment feed."""

    item_id: int
    author: str
    #: plain text
    text: str
    url: str
    published: datetime | None
    first_seen: datetime
