"""What do a story's outlets say alike, what differently, and what does one alone say?

Sentences of different outlets that share rare terms, names and numbers are aligned. A sentence that two have
word for word has one source, and counts once. Bounded: the first articles of as many outlets as possible, and
the beginning of each.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from aggregator.core.gist import Gist, gists, is_boilerplate, is_mere_quote, numbers_of, stands_alone
from aggregator.core.sentences import is_whole, sentences
from aggregator.core.similar import normalise
from aggregator.core.words import language_of
from aggregator.model import Item
from aggregator.model.stories import KeyPoints, Point, Sentence

#: articles, and sentences of each, that are compared
_ARTICLES, _SENTENCES = 12, 24
_READ = 6_000
#: terms of a sentence that says something, and characters of one that is shown
_LEAST_TERMS, _LONGEST = 4, 420
#: two sentences with so much in common, of both, say the same
_ALIKE = 0.4
#: … but for a number
_ALIKE_BUT_NUMBERS = 0.36
_SHARED_TERMS = 3
#: one with less in common with every other outlet's is said by one alone
_APART = 0.16
#: how many are told
_AGREED, _ALONE, _DIFFERING = 5, 4, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A sentence, and who says it."""

    gist: Gist
    outlet: str
    terms: frozenset[str]
    #: what its terms weigh together
    weight: float = 0.0

    @property
    def text(self) -> str:
        return self.gist.sentence.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Another sentence, and how much of the two is the same, 0 to 1."""

    other: int
    alike: float
    shared: int


def key_points(articles: Sequence[Item]) -> KeyPoints:
    """The points of a story; none where fewer than two outlets say anything.

    Copies, and articles in another language than most of them, say nothing of their own.
    """
    if len({one.outlet for one in articles}) < 2:
        return KeyPoints()
    accounts, language = _accounts(articles)
    said = _said(accounts, language)
    if len({one.outlet for one in said}) < 2:
        return KeyPoints()
    weights = _weights(said)
    said = [replace(one, weight=_sum(one.terms, weights)) for one in said]
    pairs = _aligned(said, weights)
    agreed = _agreed(said, pairs)
    taken = {sentence for point in agreed for sentence in (point.sentence, *point.others)}
    return KeyPoints(agreed=agreed, alone=_alone(said, pairs, taken), differing=_differing(said, pairs))


# ── who says what ────────────────────────────────────────────────────────────────────────────


def _accounts(articles: Sequence[Item]) -> tuple[Sequence[Item], str | None]:
    """Those that are compared, each outlet's first before any outlet's second; and their language."""
    first = [one for one in articles if one.duplicate_of is None and (one.text or one.summary)]
    tongues = {one.id: language_of(one.text or one.summary, one.language) for one in first}
    counts = Counter(tongues.values())
    tongue = min(counts, key=lambda name: (-counts[name], name or ""), default=None)
    turns: Counter[str] = Counter()
    placed: list[tuple[int, Item]] = []
    seen: set[str] = set()
    for one in sorted(first, key=lambda one: (one.sort_at, one.id)):
        words = normalise((one.text or one.summary)[:_READ])
        if tongues[one.id] != tongue or words in seen:
            continue
        seen.add(words)
        placed.append((turns[one.outlet], one))
        turns[one.outlet] += 1
    placed.sort(key=lambda turn: turn[0])
    return [one for _, one in placed[:_ARTICLES]], tongue


def _said(articles: Sequence[Item], language: str | None) -> Sequence[_Said]:
    return [
        _Said(gist=gist, outlet=one.outlet, terms=frozenset(gist.terms))
        for one in articles
        for gist in gists(
            sentences(one.id, (one.text or one.summary)[:_READ], language)[:_SENTENCES], language
        )
        if len(gist.terms) >= _LEAST_TERMS and _is_statement(gist.sentence.text)
    ]


def _is_statement(text: str) -> bool:
    return len(text) <= _LONGEST and is_whole(text) and not (is_mere_quote(text) or is_boilerplate(text))


def _weights(said: Sequence[_Said]) -> Mapping[str, float]:
    """What many of the sentences speak of weighs little: it is the story, not a point of it."""
    counts = Counter(term for one in said for term in one.terms)
    return {term: log((1 + len(said)) / count) for term, count in counts.items()}


def _sum(terms: Iterable[str], weights: Mapping[str, float]) -> float:
    return sum(weights[term] for term in sorted(terms))  # sorted: sums of floats depend on their order


# ── what is the same ─────────────────────────────────────────────────────────────────────────


def _aligned(said: Sequence[_Said], weights: Mapping[str, float]) -> Sequence[Sequence[_Pair]]:
    """For each sentence those of other outlets that are not quite apart from it, the likest first."""
    pairs: list[list[_Pair]] = [[] for _ in said]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(said):
        weighed: dict[int, float] = defaultdict(float)
        for term in sorted(one.terms):  # sorted: sums of floats depend on their order
            weight, before = weights[term], holders[term]
            for other in before:  # those after it come upon this one themselves
                weighed[other] += weight
            before.append(place)
        for other, weight in weighed.items():
            another = said[other]
            if another.outlet == one.outlet or 2 * weight < _APART * (one.weight + another.weight):
                continue
            alike = 2 * weight / (one.weight + another.weight)
            shared = len(one.terms & another.terms)
            pairs[place].append(_Pair(other=other, alike=alike, shared=shared))
            pairs[other].append(_Pair(other=place, alike=alike, shared=shared))
    return [sorted(found, key=lambda pair: (-pair.alike, pair.other)) for found in pairs]


def _best(pairs: Iterable[_Pair], said: Sequence[_Said], least: float) -> Mapping[str, int]:
    """Of each outlet that says it: its sentence."""
    best: dict[str, int] = {}
    for pair in pairs:
        if pair.alike >= least and pair.shared >= _SHARED_TERMS:
            best.setdefault(said[pair.other].outlet, pair.other)
    return best


def _agreed(said: Sequence[_Said], pairs: Sequence[Sequence[_Pair]]) -> tuple[Point, ...]:
    groups = [_best(found, said, _ALIKE) for found in pairs]

    def order(place: int) -> tuple[object, ...]:
        one, group = said[place], groups[place]
        alike = sum(pair.alike for pair in pairs[place] if group.get(said[pair.other].outlet) == pair.other)
        clear = stands_alone(one.text)
        return -_voices(place, group, said), not clear, one.gist.place // 3, -alike, place

    points: list[Point] = []
    used: set[int] = set()
    for place in sorted((place for place in range(len(said)) if groups[place]), key=order):
        group = {outlet: other for outlet, other in groups[place].items() if other not in used}
        if place in used or _voices(place, group, said) < 2 or _told_before(said[place], points, said):
            continue
        used |= {place, *group.values()}
        points.append(_point(place, group.values(), said))
        if len(points) == _AGREED:
            break
    return tuple(points)


def _voices(place: int, group: Mapping[str, int], said: Sequence[_Said]) -> int:
    """Different wordings: what two outlets have word for word, they have from one source."""
    return len({normalise(said[other].text) for other in (place, *group.values())})


def _told_before(one: _Said, points: Iterable[Point], said: Sequence[_Said]) -> bool:
    known = {point.sentence for point in points}
    return any(
        2 * len(one.terms & other.terms) >= min(len(one.terms), len(other.terms))
        for other in said
        if other.gist.sentence in known
    )


def _point(place: int, others: Iterable[int], said: Sequence[_Said]) -> Point:
    others = sorted(others)
    names = dict.fromkeys(said[at].outlet for at in (place, *others))
    return Point(
        sentence=said[place].gist.sentence,
        outlets=tuple(names),
        others=tuple(said[at].gist.sentence for at in others),
    )


# ── what is not ──────────────────────────────────────────────────────────────────────────────


def _alone(
    said: Sequence[_Said], pairs: Sequence[Sequence[_Pair]], taken: set[Sentence]
) -> tuple[Point, ...]:
    """One each of the outlets that say something that no other says: with names or numbers, and early."""

    def order(place: int) -> tuple[object, ...]:
        gist = said[place].gist
        facts = len(gist.names) + 2 * len(gist.numbers)
        return gist.place // 6, -min(facts, 4), -len(gist.terms), place

    lonely = [
        place
        for place, one in enumerate(said)
        if not pairs[place]
        and one.gist.sentence not in taken
        and (one.gist.names or one.gist.numbers or not one.text.isascii())
        and stands_alone(one.text)
    ]
    points: dict[str, Point] = {}
    for place in sorted(lonely, key=order):
        points.setdefault(said[place].outlet, _point(place, (), said))
    return tuple(points.values())[:_ALONE]


def _differing(said: Sequence[_Said], pairs: Sequence[Sequence[_Pair]]) -> tuple[Point, ...]:
    """What is said alike but for a number: "12 dead", "15 dead"."""
    counted = [numbers_of(one.text, one.gist.language) for one in said]
    points: list[Point] = []
    used: set[int] = set()
    for place in sorted(range(len(said)), key=lambda place: (said[place].gist.place // 3, place)):
        differ: dict[str, int] = {}
        agree: list[int] = []
        for pair in pairs[place] if counted[place] and place not in used else ():
            if pair.alike < _ALIKE_BUT_NUMBERS or pair.shared < _SHARED_TERMS - 1 or pair.other in used:
                continue
            common = counted[place].keys() & counted[pair.other].keys()
            if any(not counted[place][unit] & counted[pair.other][unit] for unit in common):
                differ.setdefault(said[pair.other].outlet, pair.other)
            elif common:
                agree.append(pair.other)
        if differ:
            used |= {place, *differ.values(), *agree}
            names = dict.fromkeys(said[at].outlet for at in (place, *agree) if said[at].outlet not in differ)
            points.append(
                Point(
                    sentence=said[place].gist.sentence,
                    outlets=tuple(names),
                    others=tuple(said[at].gist.sentence for at in sorted(differ.values())),
                )
            )
    return tuple(points[:_DIFFERING])
