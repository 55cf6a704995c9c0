"""Which items tell of one event? How like an item is to a story, and a story to another.

A story is known by its profile: in how many of its items each term stands. A term weighs the more the
fewer *other* items have it: those of the story itself, or of the two that are compared, are left out of
the count. So the name that a great story is about stays its strongest term, however much it grows.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp2, log, sqrt
from typing import Final

from aggregator.core.features import Feature, Features
from aggregator.model.stories import SharedTerm

#: likeness from which an item joins a story, and two stories become one
JOINS: Final = 0.15
MERGES: Final = 0.17
#: … and two that several outlets tell each already: to put them together wrongly spoils both
MERGES_GREAT: Final = 0.2
_GREAT: Final = 8
#: an item that has changed stays in its story from here on
STAYS: Final = 0.12
#: a term that none has beside is thought to be one of a store of so many more items …
_PRIOR: Final = 1_000
#: … and one that some have is as frequent as it was seen to be, beside so many that lack it: a store of a
#: few dozen items knows well which word is the name of its place, and hardly what is rare
_LACKING: Final = 60
#: a shared word of this rarity (3 % have it) is a whole one as evidence, if both have it in their titles;
#: so many are enough. Names of texts and what nearly all have are a part of one.
_TELLING: Final = 3.5
_ENOUGH: Final = 2.0
#: the same of two stories: the shares of their items that have a word, summed
_HELD: Final = 0.5
#: a story of outlets that the other has already is likelier their next news than the same again
_SAME_HOUSE: Final = 1.5
#: a story of so many items may be known by one term, if so much of it has that
_MANY: Final = 4
_MOST_HAVE: Final = 0.5
#: … and its likeness counts so much then
_ALONE: Final = 0.65
#: a term that stands in less of a story than this does not hold it to another
_COMMON: Final = 0.2
#: titles of fewer significant words say little: their likeness counts less
_FEW: Final = 3
_FEW_COUNT: Final = 0.8
#: a story of one outlet only: its columns and serials look alike
_ONE_HOUSE: Final = 2.0
#: likeness halves its lead over the bound each so many days apart
_DAYS: Final = 6.0
#: terms of a profile that are kept
PROFILE: Final = 64
#: terms that are told of what an item shares with its story
_TOLD: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """How many items of the store there are, and have each term."""

    items: int
    having: Mapping[int, int]

    def others(self, term: int, own: int, known: Mapping[int, int]) -> int:
        """Items that have a term beside ``own``; as ``known`` where it is not counted here."""
        having = self.having.get(term)
        return known.get(term, 0) if having is None else max(0, having - own)

    def rarity(self, others: int, size: int) -> float:
        """The weight of a term that so many items have beside a story of ``size``."""
        return rarity(others, *self.measure(size))

    def measure(self, size: int) -> tuple[float, float]:
        """How frequent a term is that none has beside a story of ``size``; what each that has it adds."""
        beside = max(0, self.items - size)
        return 1 / (beside + _PRIOR), 1 / (beside + _LACKING)


def rarity(others: int, least: float, each: float) -> float:
    """The weight of a term that so many have."""
    return max(0.0, -log(least + others * each))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a story's items have: for each term how many of them, and the sum of its weights there."""

    size: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    sums: Mapping[int, float] = field(default_factory=dict)
    #: for each term the other items of the store that had it when it was last looked at
    others: Mapping[int, int] = field(default_factory=dict)
    #: hashes of its outlets' names, in the order in which they joined
    outlets: tuple[int, ...] = ()


EMPTY: Final = Profile()


def with_item(profile: Profile, terms: Sequence[Feature], outlet: int, background: Background) -> Profile:
    """The profile with one more item; the rarest of its terms go where they become too many."""
    counts, sums, others = dict(profile.counts), dict(profile.sums), dict(profile.others)
    for one in terms:
        counts[one.term] = counts.get(one.term, 0) + 1
        sums[one.term] = sums.get(one.term, 0.0) + one.weight
        others[one.term] = background.others(one.term, counts[one.term], profile.others)
    outlets = profile.outlets if outlet in profile.outlets else (*profile.outlets, outlet)
    return _bounded(Profile(profile.size + 1, counts, sums, others, outlets))


def joined(one: Profile, other: Profile) -> Profile:
    """The profile of two stories that become one."""
    counts, sums, others = dict(one.counts), dict(one.sums), dict(one.others)
    for term, count in other.counts.items():
        # What either counted as others' may be of the other story.
        beside = min(
            max(0, other.others[term] - counts.get(term, 0)), max(0, others.get(term, 1 << 30) - count)
        )
        counts[term] = counts.get(term, 0) + count
        sums[term] = sums.get(term, 0.0) + other.sums[term]
        others[term] = beside
    outlets = tuple(dict.fromkeys((*one.outlets, *other.outlets)))
    return _bounded(Profile(one.size + other.size, counts, sums, others, outlets))


def _bounded(profile: Profile) -> Profile:
    if len(profile.counts) <= PROFILE:
        return profile
    sums = profile.sums
    kept = sorted(profile.counts, key=lambda term: (-sums[term], term))[:PROFILE]
    return replace(
        profile,
        counts={term: profile.counts[term] for term in kept},
        sums={term: sums[term] for term in kept},
        others={term: profile.others[term] for term in kept},
    )


# ── likeness ────────────────────────────────────────────────────────────────────────────────


def likeness(
    features: Features, outlet: int, profile: Profile, background: Background, *, days: float = 0.0
) -> tuple[float, tuple[SharedTerm, ...]]:
    """How like an item is to a story, 0 to 1, and what they share. ``days``: how far apart they are.

    The item is counted by ``background`` and not part of the profile.
    """
    size, (least, each) = profile.size, background.measure(profile.size + 1)
    counts, sums, having = profile.counts, profile.sums, background.having
    if not _evidence([one for one in features.terms if one.term in counts], profile):
        return 0.0, ()  # most, at a tenth of the cost
    shared: list[tuple[float, Feature]] = []
    own_norm = evidence = 0.0
    weights: dict[int, float] = {}
    for one in features.terms:
        term, count = one.term, counts.get(one.term, 0)
        # itself is one of those that have it
        rare = rarity(max(0, having.get(term, 0) - count - 1), least, each)
        if rare <= 0:
            continue
        weight = one.weight * rare
        own_norm += weight * weight
        if count:
            weights[term] = rare
            shared.append((weight * rare * sums[term] / size, one))
            if one.kind == "link":
                evidence += min(1.0, rare / _TELLING)
            elif " " not in one.text:
                evidence += one.weight * min(1.0, sums[term] / count) * min(1.0, rare / _TELLING)
    worth = _evidence([one for _, one in shared], profile) * min(1.0, evidence / _ENOUGH)
    if not worth:
        return 0.0, ()
    norm = 0.0
    for term, total in sums.items():
        known = weights.get(term)
        weight = total * (rarity(profile.others[term], least, each) if known is None else known)
        norm += weight * weight
    norm /= size * size
    dot = sum(weight for weight, _ in shared)
    if dot <= 0:
        return 0.0, ()
    score = worth * min(1.0, dot / sqrt(own_norm * norm))
    return _tempered(score, features, outlet, profile, days), _told(shared, dot)


def _evidence(shared: Sequence[Feature], profile: Profile) -> float:
    """What the shared terms are worth as evidence: two words all, the one that the story is about less.

    A word of several that the story is about ("Bank", of "Jos. A. Bank") leads to others as well.
    """
    single = [one for one in shared if " " not in one.text]
    if len(single) > 1 or any(one.kind == "link" for one in shared):
        return 1.0
    if not single or profile.size < _MANY:
        return 0.0
    return _ALONE if profile.counts[single[0].term] >= _MOST_HAVE * profile.size else 0.0


def _tempered(score: float, features: Features, outlet: int, profile: Profile, days: float) -> float:
    if features.significant < _FEW:
        score *= _FEW_COUNT
    if profile.outlets == (outlet,):
        score /= _ONE_HOUSE
    return score * exp2(-max(0.0, days - 1.0) / _DAYS)


def _told(shared: Iterable[tuple[float, Feature]], whole: float) -> tuple[SharedTerm, ...]:
    """The strongest first; a word that stands in a stronger pair is not told again."""
    told: list[SharedTerm] = []
    for weight, one in sorted(shared, key=lambda pair: (-pair[0], pair[1].term)):
        if len(told) < _TOLD and weight > 0:
            told.append(SharedTerm(kind=one.kind, text=one.text, weight=round(weight / whole, 3)))
    return tuple(told)


def nearness(one: Profile, other: Profile, background: Background) -> float:
    """How like two stories are, 0 to 1."""
    one, other = sorted((one, other), key=lambda profile: -profile.size)
    if not _holding(_in_common(one, other), one, other):
        return 0.0  # most, at a tenth of the cost
    least, each = background.measure(one.size + other.size)
    having = background.having
    dot = one_norm = other_norm = evidence = 0.0
    holding: list[int] = []
    for term, total in one.sums.items():
        count, beside = one.counts[term], other.counts.get(term, 0)
        others = having[term] - count - beside if term in having else one.others[term]
        rare = rarity(max(0, others), least, each)
        here = total * rare
        one_norm += here * here
        if beside and rare > 0:
            dot += here * other.sums[term] * rare
            if count >= _COMMON * one.size and beside >= _COMMON * other.size:
                holding.append(term)
                if _is_word(term, one) and _is_word(term, other):
                    evidence += min(count / one.size, beside / other.size) * min(1.0, rare / _TELLING)
    for term, total in other.sums.items():
        others = other.others[term]
        if term in having:
            others = having[term] - one.counts.get(term, 0) - other.counts[term]
        other_norm += (total * rarity(max(0, others), least, each)) ** 2
    if dot <= 0:
        return 0.0
    worth = _holding(holding, one, other) * min(1.0, evidence / _HELD)
    if other.size < _GREAT and set(other.outlets) <= set(one.outlets):
        worth /= _SAME_HOUSE
    return worth * min(1.0, dot / sqrt(one_norm * other_norm))


def _in_common(one: Profile, other: Profile) -> list[int]:
    """What stands in a good part of both, however usual it is."""
    here, there = _COMMON * one.size, _COMMON * other.size
    return [
        term
        for term, count in other.counts.items()
        if count >= there and term in one.counts and one.counts[term] >= here
    ]


def is_one(near: float, one: Profile, other: Profile) -> bool:
    """Whether two stories that are so near are one."""
    return near >= (MERGES_GREAT if min(one.size, other.size) >= _GREAT else MERGES)


def _holding(holding: Sequence[int], one: Profile, other: Profile) -> float:
    """The same for what is common in two stories; the greater one is the first."""
    single = [term for term in holding if _is_word(term, one)]
    if len(single) > 1:
        return 1.0
    if not single or one.size < _MANY:
        return 0.0
    term = single[0]
    least = min(one.counts[term] / one.size, other.counts[term] / other.size)
    return _ALONE if least >= _MOST_HAVE else 0.0


def _is_word(term: int, profile: Profile) -> bool:
    """Whether it is a single word of titles: pairs, names of texts and addresses weigh less."""
    return profile.sums[term] > 0.6 * profile.counts[term]


def strongest(profile: Profile, background: Background, most: int) -> list[int]:
    """The terms by which stories near to this one are found."""
    size = profile.size
    ranked = sorted(
        (
            (-total * background.rarity(profile.others[term], size), term)
            for term, total in profile.sums.items()
            if profile.counts[term] >= _COMMON * size
        ),
    )
    return [term for _, term in ranked[:most]]


def is_turn(size: int) -> bool:
    """Whether a story that has grown to ``size`` is compared with others: each time while it is small.

    Not while it is a single item, which has just been compared.
    """
    return 1 < size <= 8 or (size > 8 and size % (size // 8) == 0)


# ── packed ──────────────────────────────────────────────────────────────────────────────────


def packed(profile: Profile) -> bytes:
    """The profile as bytes."""
    terms, outlets = len(profile.counts), len(profile.outlets)
    return struct.pack(
        f"<III{terms}q{terms}I{terms}I{terms}d{outlets}q",
        profile.size,
        terms,
        outlets,
        *profile.counts,
        *profile.counts.values(),
        *(profile.others[term] for term in profile.counts),
        *(profile.sums[term] for term in profile.counts),
        *profile.outlets,
    )


def unpacked(value: bytes) -> Profile:
    """The opposite of ``packed``."""
    size, terms, outlets = struct.unpack_from("<III", value)
    rest = struct.unpack_from(f"<{terms}q{terms}I{terms}I{terms}d{outlets}q", value, 12)
    keys, counts, others, sums = (rest[start * terms : (start + 1) * terms] for start in range(4))
    return Profile(
        size,
        dict(zip(keys, counts, strict=True)),
        dict(zip(keys, sums, strict=True)),
        dict(zip(keys, others, strict=True)),
        rest[4 * terms :],
    )
