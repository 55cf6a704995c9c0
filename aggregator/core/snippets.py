"""Which part of a found item shows best why it was found, and where in it are the words?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aggregator.core.lexemes import LONGEST_FIELD, fold_sign, lexemes
from aggregator.core.query import Query, Term
from aggregator.model.searching import Snippet

#: characters of a snippet, and of it before the first word that was looked for
LENGTH = 180
_BEFORE = 50

_CHUNK = re.compile(r"\S+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Word:
    """One word as it is indexed, and where it stands."""

    lexeme: str
    start: int
    end: int


def snippet(query: Query, text: str, *, length: int = LENGTH) -> Snippet:
    """The stretch of a text that holds most of what was looked for, at its earliest; in one line.

    The beginning of the text, without marks, where it holds nothing of it.
    """
    line = _SPACE.sub(" ", text[:LONGEST_FIELD]).strip()
    words = list(_words(line))
    spots = _spots([term for group in query.wanted for term in group if not term.title], words)
    start = _best_start(spots, length)
    begin, end = _edges(line, start, length)
    before, after = "… " if begin else "", " …" if end < len(line) else ""
    shift = len(before) - begin
    marks = tuple((s + shift, e + shift) for _, s, e in spots if begin <= s and e <= end)
    return Snippet(text=f"{before}{line[begin:end]}{after}", marks=_joined(marks))


def marks_of(query: Query, text: str) -> tuple[tuple[int, int], ...]:
    """Where a title, or any text in one line, has what was looked for."""
    terms = [term for group in query.wanted for term in group]
    return _joined(tuple((start, end) for _, start, end in _spots(terms, list(_words(text)))))


def _words(line: str) -> Iterator[_Word]:
    for chunk in _CHUNK.finditer(line):
        said = chunk[0]
        if said.isascii() and said.isalnum():
            yield _Word(said.lower()[:64], chunk.start(), chunk.end())
            continue
        yield from _parts(said, chunk.start())


def _parts(said: str, offset: int) -> Iterator[_Word]:
    """A chunk sign by sign: one sign can become several letters, or none."""
    letters: list[tuple[str, int]] = []
    for place, sign in enumerate(said):
        letters += [(letter, place) for letter in fold_sign(sign)] or [("", place)]
    run: list[tuple[str, int]] = []
    for letter, place in [*letters, (" ", len(said))]:
        if letter.strip() or not letter:
            run.append((letter, place))
        elif run:
            yield from _run(run, offset)
            run = []


def _run(run: Sequence[tuple[str, int]], offset: int) -> Iterator[_Word]:
    folded = "".join(letter for letter, _ in run)
    places = [place for letter, place in run if letter]
    at = 0
    for lexeme in lexemes(folded):
        # pairs of unspaced scripts overlap: each begins one sign after the one before
        found = folded.find(lexeme, at)
        if found < 0:
            return
        last = found + len(lexeme) - 1
        yield _Word(lexeme, offset + places[found], offset + places[last] + 1)
        at = found + (1 if _overlaps(lexeme) else len(lexeme))


def _overlaps(lexeme: str) -> bool:
    return not lexeme.isascii() and len(lexeme) <= 2 and len(lexemes(lexeme)) == len(lexeme)


def _spots(terms: Sequence[Term], words: Sequence[_Word]) -> list[tuple[int, int, int]]:
    """Which term stands where, in the order of the text."""
    found: list[tuple[int, int, int]] = []
    for number, term in enumerate(terms):
        first, size = term.words[0], len(term.words)
        for place, word in enumerate(words):
            begins = word.lexeme.startswith(first) if term.prefix and size == 1 else word.lexeme == first
            if begins and _stands(term, words[place : place + size]):
                found.append((number, word.start, words[place + size - 1].end))
    return sorted(found, key=lambda spot: spot[1:])


def _stands(term: Term, words: Sequence[_Word]) -> bool:
    said = [word.lexeme for word in words]
    if len(said) < len(term.words):
        return False
    *body, last = term.words
    return said[:-1] == body and (said[-1].startswith(last) if term.prefix else said[-1] == last)


def _best_start(spots: Sequence[tuple[int, int, int]], length: int) -> int:
    """Where the stretch begins that holds most terms; of equals the one with most of them, then the first."""
    best, start = (0, 0), 0
    low = 0
    for high, (_, begin, _) in enumerate(spots):
        while begin - spots[low][1] > length - _BEFORE:
            low += 1
        inside = spots[low : high + 1]
        value = (len({number for number, _, _ in inside}), min(len(inside), 5))
        if value > best:
            best, start = value, spots[low][1]
    return max(start - _BEFORE, 0) if spots else 0


def _edges(line: str, start: int, length: int) -> tuple[int, int]:
    """From the beginning of a word to the end of one."""
    if len(line) <= length:
        return 0, len(line)
    start = min(start, len(line) - length)
    begin = line.find(" ", max(start - 1, 0), start + 20) + 1 if start else 0
    begin = begin or start
    end = min(begin + length, len(line))
    if end < len(line) and (cut := line.rfind(" ", end - 20, end)) > begin:
        end = cut
    return begin, end


def _joined(marks: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Without overlaps."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
