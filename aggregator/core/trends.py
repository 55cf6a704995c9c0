"""Which tags are on the rise? Items of a window against what the time before would let expect."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from math import log
from typing import Final

from aggregator.core.tagkeys import key_of, split
from aggregator.model.stories import Trend

#: outlets that must have a tag, where there are several
_OUTLETS: Final = 2
#: items that a tag has in any window: two chance ones are no trend
_FLOOR: Final = 0.5
#: times what was expected, from which it is a rise; and the least score of one
_RISE, _SURE = 1.5, 0.5
#: items in a window before it says anything
_LEAST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A tag's items, without copies: in the window, at how many outlets, and in the time before."""

    key: str
    label: str
    items: int
    outlets: int
    before: int


def trending(
    used: Iterable[Used], *, items: int, before: int, outlets: int, limit: int | None = None
) -> tuple[Trend, ...]:
    """The tags that are more frequent than before, the strongest first.

    ``items`` and ``before``: all that arrived in the window and in the time before, so that a day with much
    news is no trend of everything. ``outlets``: how many had items in the window. The score is the likelihood
    ratio of a Poisson process that has changed its rate; it is higher for large numbers than for small ones.
    """
    several = min(_OUTLETS, outlets)
    found = []
    for one in used:
        if one.items < _LEAST or one.outlets < several:
            continue
        expected = (one.before + _FLOOR) * items / (before + 1) if before else _FLOOR
        expected = max(_FLOOR, expected)
        if one.items < _RISE * expected:
            continue
        score = one.items * log(one.items / expected) - (one.items - expected)
        if score < _SURE:
            continue
        found.append(
            Trend(
                key=one.key,
                label=one.label,
                items=one.items,
                outlets=one.outlets,
                expected=round(expected, 2),
                score=round(score, 3),
            )
        )
    found.sort(key=lambda trend: (-trend.score, trend.key))
    return tuple(found if limit is None else found[:limit])


def folded(
    found: Iterable[Trend], having: Mapping[str, Set[int]], limit: int | None = None
) -> tuple[Trend, ...]:
    """The trends without those that are part of another's tag and of the same items.

    ``having``: the items of each tag by key. "Creek" says nothing beside "CrippleCreek" where no item has one
    alone.
    """
    listed = tuple(found)
    words = {one.key: frozenset(map(key_of, split(one.label))) for one in listed}
    kept = tuple(
        one
        for one in listed
        if not any(
            words[one.key] < words[other.key] and having[one.key] <= having[other.key] for other in listed
        )
    )
    return kept if limit is None else kept[:limit]
