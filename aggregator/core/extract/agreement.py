"""How far does a text agree with what the feed says of its item? Shares of words, 0 to 1."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from aggregator.core.similar import normalise

#: Thai, Lao, Burmese, Japanese, Chinese: no spaces between words
_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff"
_RUN = re.compile(rf"([{_UNSPACED}]+)|[^\W{_UNSPACED}]+")
#: letters of a word that its endings leave alone, in most languages; shorter words say little
_STEM: Final = 6
_TELLING_LETTERS: Final = 4
_LONG: Final = 10
#: what a pair of characters weighs where no spaces part words
_PAIR: Final = 2
#: characters of a text that are looked at: what it is about stands at its beginning; for comparing two
_BEGINNING: Final = 20_000
_LOOKED_AT: Final = 30_000
#: words in a row that two texts have in common by copying alone
_IN_A_ROW: Final = 3

#: telling words from which on a headline, or a summary, says what an article is about
_TWO: Final = 2
_HEADLINE: Final = 3
_LONG_HEADLINE: Final = 4
_SUMMARY: Final = 8
#: a text about the same holds more of either, weighed by the words' lengths. Of 160 captured articles one
#: holds less of its headline, one less of its summary, none less of both; one in ten others hold as much
_STRANGE: Final = 0.3
#: … where there is only a summary; only a headline, which is the less telling of the two
_STRANGE_TO_SUMMARY: Final = 0.1
_STRANGE_TO_TITLE: Final = 0.15
_AGREES: Final = 0.5
#: two headlines of one article
_SAME_HEADLINE: Final = 0.6


@dataclass(frozen=True)
class Said:
    """What the feed says of an item."""

    title: str
    #: its summary or the beginning of its content
    summary: str

    @cached_property
    def _title(self) -> Mapping[str, int]:
        return _weighed(self.title)

    @cached_property
    def _summary(self) -> Mapping[str, int]:
        return _weighed(self.summary)

    def is_named(self, title: str | None) -> bool:
        """Whether a page with this title is the item's, by that alone."""
        if not title or len(self._title) < _TWO:
            return False
        return _weight(self._title, stems(title)) >= _SAME_HEADLINE

    def is_strange(self, text: str, *, named: str | None = None) -> bool:
        """Whether a text shares so few words with headline and summary that it is about something else.

        The headline itself does not count: it stands above a notice as well. False where they say too little
        to tell. A page ``named`` like the item may hold a notice instead of its article, so that the name
        alone does not make its text the item's.
        """
        by_title, by_summary = len(self._title) >= _HEADLINE, len(self._summary) >= _SUMMARY
        is_named = self.is_named(named)
        there = (
            stems(text[:_BEGINNING].replace(self.title, " ", 3)) if by_title or by_summary else frozenset()
        )
        if by_title and by_summary:
            least = _STRANGE_TO_SUMMARY if is_named else _STRANGE
            return _weight(self._title, there) < _STRANGE and _weight(self._summary, there) < least
        if by_summary:
            return _weight(self._summary, there) < _STRANGE_TO_SUMMARY
        if is_named or len(self._title) < _LONG_HEADLINE:
            return False
        return _weight(self._title, there) < _STRANGE_TO_TITLE

    def agrees_with(self, text: str) -> bool:
        """Whether a text holds most of the headline's words beside the headline, or of the summary's."""
        there = self._below(text)
        by_title = len(self._title) >= _HEADLINE and _weight(self._title, there) >= _AGREES
        return by_title or (len(self._summary) >= _SUMMARY and _weight(self._summary, there) >= _AGREES)

    def _below(self, text: str) -> frozenset[str]:
        """The telling words of a text's beginning without the headline."""
        return stems(text[:_BEGINNING].replace(self.title, " ", 3))


def stems(text: str) -> frozenset[str]:
    """The telling words of a text by their beginnings; pairs of characters where no spaces part words."""
    return frozenset(_weighed(text))


def _weighed(text: str) -> Mapping[str, int]:
    """Each telling word's beginning, and how much it tells."""
    found: dict[str, int] = {}
    for run in _runs(text):
        word = run[0]
        if run[1]:
            found.update(dict.fromkeys((word[at : at + 2] for at in range(len(word) - 1)), _PAIR))
        elif len(word) >= _TELLING_LETTERS:
            found[word[:_STEM]] = min(len(word), _LONG) - _TELLING_LETTERS + 1
    return found


def _weight(sought: Mapping[str, int], there: Collection[str]) -> float:
    """The share of it that is there, 0 to 1."""
    return sum(weight for stem, weight in sought.items() if stem in there) / sum(sought.values())


def held(part: str, whole: str) -> float:
    """The share of a text that stands word for word in another, 1 for an empty one."""
    sought = _rows(part)
    return len(sought & _rows(whole)) / len(sought) if sought else 1.0


def _rows(text: str) -> frozenset[tuple[str, ...]]:
    words: list[str] = []
    for run in _runs(text):
        words.extend(run[0] if run[1] else (run[0],))
    return frozenset(zip(*(words[at:] for at in range(_IN_A_ROW)), strict=False))


def _runs(text: str) -> Iterator[re.Match[str]]:
    """The words of the beginning of a text; where nothing parts them, all in one."""
    return _RUN.finditer(normalise(text[:_LOOKED_AT]))
