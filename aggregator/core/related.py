"""Which articles of other outlets are near to one, in what they say and in time?

Likeness is the cosine of what two articles are compared by, a term counting by its rarity; the other's
length is taken without the rarities, which would have to be looked up for each of hundreds of candidates.
The longer two lie apart, the less it counts: half of it a day apart, a third two days apart.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from math import log, sqrt
from typing import Final

from aggregator.core.features import Feature
from aggregator.core.similar import normalise
from aggregator.model.stories import Related, SharedTerm

#: articles that are kept and shown beside one
MOST: Final = 8
#: of one outlet, where they are not of the same story
_OF_OUTLET: Final = 2
#: terms that candidates are found by, the strongest
_SOUGHT: Final = 12
#: candidates that are compared: those that share most of these terms
_COMPARED: Final = 24
#: likeness from which two are near at all; below, most of what is found tells of something else
_NEAR: Final = 0.12
#: terms that two must share, a pair of neighbours being one more than its words: a common word ("keep"), a
#: place's name, or one of each are no reason; unless they are most of what both say
_REASONS: Final = 3
_ALIKE: Final = 0.4
_DAY: Final = timedelta(days=1)
#: what is told of what they share
_TOLD: Final = 4

#: items that a new store is thought to have seen, so that its first ones are not unheard-of
_PRIOR: Final = 1_000
#: the weight of a term by how few items have it
Rarity = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as it is compared. No copy: its first item stands for all of them."""

    id: int
    #: the outlet's name with its case folded
    outlet: str
    title: str
    at: datetime
    language: str | None = None
    weights: Mapping[int, float] = field(default_factory=dict)
    #: the same with their words, of one for which neighbours are looked for
    terms: tuple[Feature, ...] = ()
    #: of the weights
    length: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        length = sqrt(sum([weight * weight for weight in self.weights.values()]))
        object.__setattr__(self, "length", length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An article that may stand beside another."""

    id: int
    outlet: str
    title: str
    score: float
    shared: tuple[SharedTerm, ...] = ()


def rarity_by(having: Mapping[int, int], items: int) -> Rarity:
    """Weights of terms by how many of the store's items have each, the two that are compared left out."""
    seen = max(0, items - 2) + _PRIOR
    return {term: max(0.0, log(seen / max(1, count - 1))) for term, count in having.items()}


# ── how near ─────────────────────────────────────────────────────────────────────────────────


def sought(article: Article, rarity: Rarity) -> tuple[int, ...]:
    """The terms that its neighbours are looked for by, the strongest first."""
    ranked = sorted((-weight * weight * rarity[term], term) for term, weight in article.weights.items())
    return tuple(term for _, term in ranked[:_SOUGHT])


def promising(article: Article, having: Mapping[int, Iterable[int]], rarity: Rarity) -> tuple[int, ...]:
    """The ids that share most with an article; ``having``: the ids that have each term that is sought."""
    points: dict[int, float] = {}
    for term in sought(article, rarity):
        weight = article.weights[term]
        gained = weight * weight * rarity[term]
        for item_id in having.get(term, ()):
            points[item_id] = points.get(item_id, 0.0) + gained
    points.pop(article.id, None)
    ranked = sorted(points, key=lambda item_id: (-points[item_id], -item_id))
    return tuple(ranked[:_COMPARED])


def near(article: Article, others: Iterable[Article], rarity: Rarity) -> dict[int, float]:
    """How near others are to an article in content and time, 0 to 1; only those that are neighbours.

    ``rarity`` knows the article's terms.
    """
    weights = article.weights
    rare = {term: weight * rarity[term] for term, weight in weights.items()}
    own = sum(weight * weights[term] for term, weight in rare.items())
    if own <= 0:
        return {}
    # mean rarity of its terms, times its length
    length = own / article.length
    reasons = _Reasons.of_article(article)
    found = {}
    for other in others:
        if article.language and other.language and article.language != other.language:
            continue
        common = weights.keys() & other.weights.keys()
        dot = sum([rare[term] * other.weights[term] for term in common])
        alike = length * other.length
        if dot >= _NEAR * alike and (reasons.of(common) >= _REASONS or dot >= _ALIKE * alike):
            found[other.id] = min(1.0, dot / (length * other.length)) * fading(article.at, other.at)
    return found


@dataclass(frozen=True, slots=True)
class _Reasons:
    """What each of an article's terms is worth as a reason to name another beside it."""

    by_term: Mapping[int, int]

    @classmethod
    def of_article(cls, article: Article) -> "_Reasons":
        return cls({one.term: _REASONS if one.kind == "link" else 1 for one in article.terms})

    def of(self, common: Iterable[int]) -> int:
        """Of the terms that two have in common; those of which nothing is known are reason enough."""
        return sum([self.by_term.get(term, _REASONS) for term in common])


def fading(one: datetime, other: datetime) -> float:
    """What is left of a likeness across the time between two articles."""
    return 1 / (1 + abs(one - other) / _DAY)


def shared(one: Article, other: Article, rarity: Rarity) -> tuple[SharedTerm, ...]:
    """What two articles have in common, the strongest first; no word of a pair that is told already.

    The words are those of ``one``, and ``rarity`` knows its terms.
    """
    parts = {
        term.term: (term.weight * other.weights[term.term] * rarity[term.term], term)
        for term in one.terms
        if term.term in other.weights
    }
    whole = sum(part for part, _ in parts.values()) or 1.0
    told: list[SharedTerm] = []
    for part, term in sorted(
        parts.values(), key=lambda pair: (" " not in pair[1].text, -pair[0], pair[1].term)
    ):
        if not any(f" {term.text} " in f" {longer.text} " for longer in told):
            told.append(SharedTerm(kind=term.kind, text=term.text, weight=round(part / whole, 3)))
    told.sort(key=lambda one: -one.weight)
    return tuple(told[:_TOLD])


# ── which of them ────────────────────────────────────────────────────────────────────────────


def nearest(article: Article, neighbours: Iterable[Neighbour]) -> tuple[Neighbour, ...]:
    """Those that are kept beside an article, the nearest first: no text twice, two of an outlet at most.

    Its own outlet's are kept where no other outlet has anything: a reader who knows only this outlet is
    better served by them than by nothing, and everybody else has them a click away.
    """
    ranked = sorted(neighbours, key=lambda one: (-one.score, one.id))
    others = _distinct(article, (one for one in ranked if one.outlet != article.outlet))
    return others or _distinct(article, ranked, of_outlet=MOST)


@lru_cache(maxsize=4096)
def _said(title: str) -> str:
    """What titles of one text have in common."""
    return normalise(title)


def _distinct(
    article: Article, ranked: Iterable[Neighbour], *, of_outlet: int = _OF_OUTLET
) -> tuple[Neighbour, ...]:
    told = {_said(article.title)}
    count: Counter[str] = Counter()
    kept: list[Neighbour] = []
    for one in ranked:
        title = _said(one.title)
        if one.id != article.id and title not in told and count[one.outlet] < of_outlet and one.score > 0:
            kept.append(one)
            told.add(title)
            count[one.outlet] += 1
    return tuple(kept[:MOST])


def beside(
    article: Article, story: Iterable[Neighbour], near: Sequence[Neighbour], *, most: int = MOST
) -> tuple[Related, ...]:
    """What is shown beside an article: first its story as other outlets tell it, one an outlet, then the
    nearest of the rest.
    """
    kept = {one.id: one for one in near}
    mates = {one.id: one for one in story if one.outlet != article.outlet}
    # those that were found to be near come before those of which only their place is known
    ranked = sorted(mates, key=lambda mate: (mate not in kept, -kept.get(mate, mates[mate]).score, mate))
    first = _distinct(article, (kept.get(mate, mates[mate]) for mate in ranked), of_outlet=1)
    shown = [_related(one, same_story=True) for one in first]
    told = {_said(one.title) for one in first}
    shown += [
        _related(one, same_story=False)
        for one in nearest(article, (one for one in near if one.id not in mates))
        if _said(one.title) not in told and (one.outlet != article.outlet or not first)
    ]
    return tuple(shown[:most])


def _related(one: Neighbour, *, same_story: bool) -> Related:
    return Related(item_id=one.id, same_story=same_story, score=one.score, shared=one.shared)
