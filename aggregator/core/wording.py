"""What differs between two wordings of a text: what was said and is not any more, what is said instead."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import Final, Literal

Mark = Literal["same", "gone", "new"]

#: a word, one character of a script without spaces, a line break, or a mark; each with the spaces after it
_TOKEN = re.compile(
    r"(?:[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’][^\W_]+)*|\n|[^\w\n]|_)[^\S\n]*"
)
#: words of a passage that are compared one by one; longer ones by sentences
_MOST_WORDS: Final = 1_500
#: lines that are compared; of longer texts only beginnings and ends are
_MOST_LINES: Final = 2_000
_SENTENCE = re.compile(r"[^.!?…。！？\n]*(?:[.!?…。！？]+[\"'”’»)\]]*\s*|\n|\Z)")
#: characters that are compared; what stands behind them is not told
_LONGEST: Final = 200_000
#: lists longer than this are compared without what recurs in them
_RECURRING: Final = 300
#: steps of comparing that one diff may take, some 0.2 s; what is left then is told as replaced
_MOST_STEPS: Final = 2_000_000
#: share of the words of a passage that stayed, below which it is told as replaced
_REPLACED: Final = 0.35
#: characters of what stayed that are told around a change
_AROUND: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a text in which something changed, or a number of paragraphs in which nothing did."""

    pieces: tuple[tuple[Mark, str], ...] = ()
    #: unchanged paragraphs that are left out here
    elided: int = 0

    @property
    def gone(self) -> str:
        """What it does not say any more."""
        return " ".join(text.strip() for mark, text in self.pieces if mark == "gone")

    @property
    def new(self) -> str:
        """What it did not say before."""
        return " ".join(text.strip() for mark, text in self.pieces if mark == "new")


@dataclass(slots=True)
class _Steps:
    """What one diff may still cost."""

    left: int = _MOST_STEPS


class _Matcher(SequenceMatcher[str]):
    """One whose work has a bound: words that recur in both lists cost their number times itself, again and
    again.
    """

    #: places of each word of the second list, without those that recur
    b2j: dict[str, list[int]]

    def __init__(self, old: Sequence[str], new: Sequence[str], steps: _Steps) -> None:
        super().__init__(None, old, new, autojunk=len(new) > _RECURRING)
        self._steps = steps
        self._costs = list(accumulate((1 + len(self.b2j.get(one, ())) for one in old), initial=0))

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        if self._steps.left <= 0:
            return Match(alo, blo, 0)
        self._steps.left -= self._costs[-1 if ahi is None else ahi] - self._costs[alo]
        return super().find_longest_match(alo, ahi, blo, bhi)


def diff(before: str, after: str) -> tuple[Passage, ...]:
    """From one text to the other, paragraph by paragraph; () when they are the same.

    Long texts are compared by sentences, very long ones in their beginnings and ends, so that the time
    it takes has a bound.
    """
    if before == after:
        return ()
    old, new = _lines(before), _lines(after)
    passages: list[Passage] = []
    steps = _Steps()
    for tag, i1, i2, j1, j2 in _line_blocks(old, new, steps):
        if tag == "equal":
            passages.append(Passage(elided=i2 - i1))
        else:
            passages.append(Passage(pieces=tuple(_shortened(_inside(old[i1:i2], new[j1:j2], steps)))))
    return tuple(passages)


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text[:_LONGEST].splitlines()) if line]


def _line_blocks(
    old: Sequence[str], new: Sequence[str], steps: _Steps
) -> Iterator[tuple[str, int, int, int, int]]:
    """As ``SequenceMatcher.get_opcodes``, in bounded time."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if head:
        yield "equal", 0, head, 0, head
    i2, j2 = len(old) - tail, len(new) - tail
    if max(i2, j2) - head > _MOST_LINES:
        yield "replace", head, i2, head, j2
    elif i2 > head or j2 > head:
        matcher = _Matcher(old[head:i2], new[head:j2], steps)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes():
            yield tag, head + a1, head + a2, head + b1, head + b2
    if tail:
        yield "equal", i2, len(old), j2, len(new)


def _inside(old: Sequence[str], new: Sequence[str], steps: _Steps) -> list[tuple[Mark, str]]:
    """The pieces of a changed block, words where it is short enough, else sentences."""
    before, after = "\n".join(old), "\n".join(new)
    if not before or not after:
        return _pieces([("gone", before), ("new", after)])
    a, b = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(a), len(b)) > _MOST_WORDS:
        a, b = _SENTENCE.findall(before), _SENTENCE.findall(after)
        if max(len(a), len(b)) > _MOST_LINES:
            return _pieces([("gone", before), ("new", after)])
    pieces: list[tuple[Mark, str]] = []
    kept = 0
    bare_a, bare_b = [word.strip(" \t") for word in a], [word.strip(" \t") for word in b]
    for tag, i1, i2, j1, j2 in _Matcher(bare_a, bare_b, steps).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(b[j1:j2])))
            kept += j2 - j1
        else:
            pieces += [("gone", "".join(a[i1:i2])), ("new", "".join(b[j1:j2]))]
    if kept < _REPLACED * max(len(a), len(b)):
        return _pieces([("gone", before), ("new", after)])
    return _pieces(_readable(pieces))


def _readable(pieces: Sequence[tuple[Mark, str]]) -> list[tuple[Mark, str]]:
    """A word or mark that stayed between two changes is told as part of them."""
    told: list[tuple[Mark, str]] = []
    gone = new = ""
    for index, (mark, text) in enumerate(pieces):
        between = 0 < index < len(pieces) - 1 and len(_TOKEN.findall(text)) <= 1 and "\n" not in text
        if mark == "gone" or (mark == "same" and between):
            gone += text
        if mark == "new" or (mark == "same" and between):
            new += text
        if mark == "same" and not between:
            told += [("gone", gone), ("new", new), (mark, text)]
            gone = new = ""
    return [*told, ("gone", gone), ("new", new)]


def _pieces(pieces: Sequence[tuple[Mark, str]]) -> list[tuple[Mark, str]]:
    return [(mark, text) for mark, text in pieces if text]


def _shortened(pieces: Sequence[tuple[Mark, str]]) -> Iterator[tuple[Mark, str]]:
    """What stayed, only around what changed."""
    for index, (mark, text) in enumerate(pieces):
        if mark != "same" or len(text) <= 2 * _AROUND + 20:
            yield mark, text
            continue
        first = "" if index == 0 else f"{text[:_AROUND].rsplit(' ', 1)[0]} "
        last = "" if index == len(pieces) - 1 else f" {text[-_AROUND:].split(' ', 1)[-1]}"
        yield mark, f"{first}…{last}"
