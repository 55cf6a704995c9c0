"""What does an article say, in two to four sentences of its own?

Chosen by where they stand, what they share with the title, and how much of what the text speaks of again and
again they hold; none that leans on one that is left out, and none that repeats another. Deterministic, and
bounded: a long text's beginning is read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log

from aggregator.core.gist import content_terms, stands_alone
from aggregator.core.sentences import sentences
from aggregator.core.words import language_of
from aggregator.model.stories import Sentence

#: characters and sentences that are looked at: what an article says stands before
_READ = 12_000
_LOOKED_AT = 80
#: characters of a sentence that is fit to be shown
_SHORTEST, _LONGEST = 35, 420
#: characters that the whole should not exceed, once there are two sentences
_ROOM = 620
#: what counts how much
_PLACE, _TITLE, _CENTRAL = 0.5, 0.3, 0.2
#: a sentence with so much of its terms in another says it again
_AGAIN = 0.7
#: so many terms in a text, and one sentence more is needed
_TERMS_FOR_THREE, _TERMS_FOR_FOUR = 60, 320


def summarise(*, item_id: int, title: str, text: str, language: str | None) -> tuple[Sentence, ...]:
    """The sentences that say most of it, in the order of the text; none where there is no text.

    Each is ``text[sentence.start : sentence.end]``. ``language`` is the stated one, or None.
    """
    language = language_of(text, language)
    found = sentences(item_id, text[:_READ], language)[:_LOOKED_AT]
    told = [
        _Told(sentence=one, place=place, terms=frozenset(content_terms(one.text, language)))
        for place, one in enumerate(found)
    ]
    scores = _scores(told, frozenset(content_terms(title, language)))
    return _chosen(told, scores, _count(told)) or found[:1]


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence, its place in the text from 0, and what it is about."""

    sentence: Sentence
    place: int
    terms: frozenset[str]


def _width(text: str) -> int:
    """Characters, those of Chinese and Japanese twice: they say as much as two or three others."""
    return len(text) if text.isascii() else len(text) + sum(ord(letter) > 0x2E80 for letter in text)


def _weights(told: Sequence[_Told]) -> Mapping[str, float]:
    """What the text speaks of again and again weighs most."""
    counts = Counter(chain.from_iterable(one.terms for one in told))
    return {term: log(1 + count) if count > 1 else 0.25 for term, count in counts.items()}


def _scores(told: Sequence[_Told], title: frozenset[str]) -> Sequence[float]:
    weights = _weights(told)
    central = [_sum(one.terms, weights) / (4 + len(one.terms)) ** 0.9 for one in told]
    most = max(central, default=0.0) or 1.0
    return [
        _PLACE / (1 + 0.3 * one.place)
        + _TITLE * (len(title & one.terms) / len(title) if title else 0.0)
        + _CENTRAL * middle / most
        for one, middle in zip(told, central, strict=True)
    ]


def _sum(terms: frozenset[str], weights: Mapping[str, float]) -> float:
    # rounded: sums of floats depend on their order, which a set has none of
    return round(sum(map(weights.__getitem__, terms)), 9)


def _count(told: Sequence[_Told]) -> int:
    size = sum(len(one.terms) for one in told)
    return 2 + (size >= _TERMS_FOR_THREE) + (size >= _TERMS_FOR_FOUR)


def _chosen(told: Sequence[_Told], scores: Sequence[float], count: int) -> tuple[Sentence, ...]:
    """The best that are fit, one after another, without what says again what is there."""
    chosen: list[_Told] = []
    room = _ROOM
    for one in sorted(told, key=lambda one: (-scores[one.place], one.place)):
        width = _width(one.sentence.text)
        if not _SHORTEST <= width <= _LONGEST or (len(chosen) >= 2 and width > room):
            continue
        if any(_repeats(one, other) for other in chosen) or not stands_alone(one.sentence.text):
            continue
        chosen.append(one)
        room -= width
        if len(chosen) == count:
            break
    return tuple(one.sentence for one in sorted(chosen, key=lambda one: one.place))


def _repeats(one: _Told, other: _Told) -> bool:
    shared = len(one.terms & other.terms)
    return shared >= _AGAIN * max(1, min(len(one.terms), len(other.terms)))
