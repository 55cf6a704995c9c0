"""What repeats over an outlet's pages and where its articles stand, as learned, stored and shown."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

#: a whole block; the end or the start of one; words beside a link that differs ("Read more: …")
LineKind = Literal["block", "end", "start", "label"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words that are cut from an outlet's articles."""

    kind: LineKind
    #: 64 bits of the normalised words
    key: int
    #: the words, shortened
    text: str
    #: articles that showed them when they were last learned
    articles: int
    since: datetime
    #: when they were last found to repeat
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPlace:
    """Where paragraphs of an outlet's articles stand, as a signature of the elements around them."""

    path: str
    #: articles with a paragraph there
    articles: int
    #: share of the paragraphs there that belong to articles, 0 to 1
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What correcting a page needs to know: small, for it goes to the worker with each page."""

    #: keys of the lines, by kind
    blocks: frozenset[int] = frozenset()
    ends: frozenset[int] = frozenset()
    starts: frozenset[int] = frozenset()
    labels: frozenset[int] = frozenset()
    #: keys of what repeats but is in no article: never taken up
    repeated: frozenset[int] = frozenset()
    content: frozenset[str] = frozenset()
    #: places of links to other articles
    teasers: frozenset[str] = frozenset()


NO_RULES = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What was learned of one site of an outlet."""

    learned_at: datetime
    #: different articles that it was learned from
    articles: int
    lines: tuple[Line, ...] = ()
    content: tuple[ContentPlace, ...] = ()
    teasers: tuple[str, ...] = ()
    repeated: tuple[int, ...] = ()

    @property
    def rules(self) -> Rules:
        """The part of it that pages are corrected by."""

        def keys(kind: LineKind) -> frozenset[int]:
            return frozenset(line.key for line in self.lines if line.kind == kind)

        return Rules(
            blocks=keys("block"),
            ends=keys("end"),
            starts=keys("start"),
            labels=keys("label"),
            repeated=frozenset(self.repeated),
            content=frozenset(place.path for place in self.content),
            teasers=frozenset(self.teasers),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of one page that was read, for judging whether an outlet's pages still look as they did."""

    at: datetime
    #: thousandths; None: no article was found in the page
    score: int | None
    words: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Why the texts of an outlet's pages are worse than they were."""

    since: datetime
    reason: str
    #: what was usual before
    usual: tuple[Look, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A page of an outlet that was read, and the text that its item has of it."""

    item_id: int
    title: str
    #: packed
    sample: bytes
    #: what the item's article is now
    html: str
    #: what the feed itself says of the item
    feed_text: str
    #: when the profile was learned by which the text was corrected
    learned_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """The pages of one site of an outlet, to learn from."""

    site: str
    #: the latest first
    pages: tuple[Sampled, ...]
    before: Profile | None
    #: False: the profile stands, only articles that were read by another one are corrected
    anew: bool = True
    #: pages of the site that were read until then
    read: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An article as the profile has it."""

    item_id: int
    text: str
    html: str
    #: of the text, None for one too short to tell by
    text_digest: bytes | None
    #: the HTML it was made of: where the item has another by now, it stays
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What came of a lesson."""

    profile: Profile
    #: the items of the lesson, and their articles that are others by the profile
    pages: tuple[int, ...] = ()
    corrected: tuple[Corrected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fared:
    """What is known of the pages of one site of an outlet."""

    outlet: str
    site: str
    #: pages that gave a text
    pages: int
    read_at: datetime
    profile: Profile | None = None
    #: the latest, the newest last
    looks: tuple[Look, ...] = ()
    decline: Decline | None = None
