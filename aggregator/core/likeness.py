"""Are two texts one text, or one a part of the other? Judged on the texts themselves, whole.

What counts is how many words stand in runs that the other text has too: ten words in a hundred replaced
leave 85 of them there. What does not count as a copy although most of it is the same: the frame of a weather
report or a stock table with today's figures, an obituary's fixed phrases around another name.
"""

import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass
from re import Match

from aggregator.core.headlines import tell_of_others
from aggregator.core.similar import MIN_WORDS
from aggregator.core.sketch import LONGEST, pieces, shingles
from aggregator.model.copies import Likeness, Sketch

#: a word begins a sentence after one of these
_ENDS = frozenset(".!?:;\n\"'“”„«»’•|–—")

#: how much of the shorter text must stand in the longer; and where that is brief, and proves less
_SHORTER, _SHORTER_BRIEF, _BRIEF = 0.65, 0.75, 120
#: from how much of the longer on the two are one text, and not a text and a part of it
_LONGER = 0.6
#: how much of either, within one outlet: its columns and running reports share paragraphs by habit
_ONE_HOUSE = 0.93
#: numbers, or names, that stand where they stand in the other text, against words that do: below it the
#: two share a frame and tell of different things
_FACTS, _FACTS_BRIEF = 0.6, 0.8
#: fewer prove nothing
_MIN_FACTS = 3
#: words around what both have that belong to it: the figures that fill a frame
_NEAR = 4
#: characters of the passage that is kept
_PASSAGE = 160

#: estimates from sketches that are worth reading both texts: a fifth of the words replaced leaves 0.4
WORTH_READING = 0.2
WORTH_READING_ONE_HOUSE = 0.6


@dataclass(frozen=True, slots=True)
class Read:
    """A text as it is compared."""

    text: str
    #: where the pieces stand in it
    spans: Sequence[Match[str]]
    pieces: Sequence[str]
    width: int
    runs: Sequence[str]
    distinct: Set[str]
    #: its numbers, each with the word before it, and its names; with their places
    numbers: Sequence[tuple[int, tuple[str, str]]]
    names: Sequence[tuple[int, str]]

    @property
    def is_long_enough(self) -> bool:
        """Whether it proves anything."""
        return len(self.pieces) >= MIN_WORDS * self.width // 4


def read(text: str) -> Read:
    """A text made ready to be compared with others."""
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    found, width = pieces(text)
    folded = [span.group().casefold() for span in found]
    runs = shingles(folded, width)
    numbers, names = _facts(text, found, folded)
    return Read(
        text=text,
        spans=found,
        pieces=folded,
        width=width,
        runs=runs,
        distinct=frozenset(runs),
        numbers=numbers,
        names=names,
    )


def _facts(
    text: str, spans: Sequence[Match[str]], folded: Sequence[str]
) -> tuple[list[tuple[int, tuple[str, str]]], list[tuple[int, str]]]:
    numbers, names = [], []
    for place, span in enumerate(spans):
        word = span.group()
        if word.islower() and word.isalpha():
            continue  # most words, soon told
        if any(map(str.isdecimal, word)):
            numbers.append((place, (folded[place - 1] if place else "", folded[place])))
        elif place and word[0].isupper() and _is_inside(text[spans[place - 1].end() : span.start()]):
            names.append((place, folded[place]))
    return numbers, names


def _is_inside(between: str) -> bool:
    """Whether a word goes on with a sentence, by what stands between it and the word before."""
    return between == " " or not any(sign in _ENDS for sign in between)


def compare(
    one: Read, other: Read, *, one_house: bool, titles: tuple[str, str] = ("", "")
) -> Likeness | None:
    """How much of two texts is the same; None where neither is a copy of the other.

    ``one_house``: both are one outlet's. ``titles``: their headlines.
    """
    if one.width != other.width or not one.is_long_enough or not other.is_long_enough:
        return None
    in_one, in_other = _shared(one, other), _shared(other, one)
    share_one, share_other = sum(in_one) / len(in_one), sum(in_other) / len(in_other)
    shorter, longer = (one, other) if len(one.pieces) <= len(other.pieces) else (other, one)
    part, whole = (share_one, share_other) if shorter is one else (share_other, share_one)
    if part < (_SHORTER_BRIEF if _is_brief(shorter) else _SHORTER):
        return None
    if one_house and min(part, whole) < _ONE_HOUSE:
        return None
    if sum(in_one) < MIN_WORDS * one.width // 4:
        return None
    in_shorter, in_longer = (in_one, in_other) if shorter is one else (in_other, in_one)
    if _is_frame(shorter, longer, in_shorter, in_longer, strictly=one_house):
        return None
    if tell_of_others(titles, (one.spans, other.spans), (in_one, in_other), one_house=one_house):
        return None
    both = len(one.distinct & other.distinct)
    return Likeness(
        relation="copy" if whole >= _LONGER else "excerpt",
        one_words=len(one.pieces),
        other_words=len(other.pieces),
        one_shared=sum(in_one),
        other_shared=sum(in_other),
        resemblance=both / max(1, len(one.distinct) + len(other.distinct) - both),
        passage=_passage(one, in_one),
    )


def is_worth_reading(parts: tuple[float, float, int], one: Sketch, other: Sketch, *, one_house: bool) -> bool:
    """Whether the estimate from two sketches speaks for reading the texts."""
    in_one, in_other, both = parts
    if one_house:
        return min(in_one, in_other) >= WORTH_READING_ONE_HOUSE
    return both > 0 and (in_one if one.words <= other.words else in_other) >= WORTH_READING


def _is_brief(text: Read) -> bool:
    return len(text.pieces) < _BRIEF * text.width // 4


def _shared(one: Read, other: Read) -> bytearray:
    """For each piece of the one: whether it stands in a run that the other has too."""
    shared = bytearray(len(one.pieces))
    mark = bytes([1]) * one.width
    theirs = other.distinct
    for start, run in enumerate(one.runs):
        if run in theirs:
            shared[start : start + one.width] = mark
    return shared


def _is_frame(
    shorter: Read, longer: Read, in_shorter: bytearray, in_longer: bytearray, *, strictly: bool
) -> bool:
    """Whether what the two have in common is a frame that is filled with other figures or names each time.

    An editor's changes hit names and figures no more often than other words. What an outlet adds has some
    of its own, so it is enough that those of either text stand in the other.
    """
    least = _ONE_HOUSE if strictly else _FACTS_BRIEF if _is_brief(shorter) else _FACTS
    wanted = least * sum(in_shorter) / len(in_shorter)
    ours, theirs = _facts_near(shorter, in_shorter), _facts_near(longer, in_longer)
    return any(
        fewest >= _MIN_FACTS and len(one & other) < wanted * fewest
        for one, other in zip(ours, theirs, strict=True)
        if (fewest := min(len(one), len(other)))
    )


def _facts_near(text: Read, shared: bytearray) -> tuple[Set[tuple[str, str]], Set[str]]:
    """The numbers of a text, and its names, near what is shared."""
    return (
        {number for place, number in text.numbers if _is_near(shared, place)},
        {name for place, name in text.names if _is_near(shared, place)},
    )


def _is_near(shared: bytearray, place: int) -> bool:
    return 1 in shared[max(0, place - _NEAR) : place + _NEAR + 1]


def _passage(text: Read, shared: bytearray) -> str:
    """The longest passage of a text that the other has too, shortened."""
    best = max(bytes(shared).split(b"\0"), key=len)
    start = bytes(shared).find(best)
    end = start + len(best) - 1
    passage = text.text[text.spans[start].start() : text.spans[end].end()]
    passage = " ".join(passage.split())
    if len(passage) <= _PASSAGE:
        return passage
    return passage[:_PASSAGE].rpartition(" ")[0] + " …" if " " in passage[:_PASSAGE] else passage[:_PASSAGE]
