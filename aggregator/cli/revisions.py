"""How are the edits of an article told: when, of what kind, and what became of which words."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.cli import output
from aggregator.cli.times import ago, exact

if TYPE_CHECKING:
    from aggregator.core.wording import Passage
    from aggregator.model import Revision

_KINDS = {
    "typo": "Spelling",
    "headline": "Headline",
    "correction": "Correction",
    "live": "Live",
    "rewrite": "Rewritten",
    "edit": "Edited",
}
#: edits of one article that are told in full
_IN_FULL = 5
#: lines of one edit; what is longer has been rewritten
_MOST_LINES = 30


def told(revisions: "Sequence[Revision]", width: int, *, now: datetime) -> list[str]:
    """Lines for people, the latest edit first: ``[-what was said-]`` became ``{+what is said+}``."""
    lines: list[str] = []
    for index, revision in enumerate(reversed(revisions)):
        lines += _wrapped(_headline(revision, now), width, "")
        if index < _IN_FULL:
            lines += _difference(revision, width)
    return lines


def _headline(revision: "Revision", now: datetime) -> str:
    where = "the feed" if revision.seen_in == "feed" else "the page"
    return (
        f"{_KINDS[revision.kind]} {ago(revision.at, now)} ({exact(revision.at)}), seen in {where}: "
        f"{revision.summary}"
    )


def _difference(revision: "Revision", width: int) -> list[str]:
    from aggregator.export.corrections import passages

    lines = list(_lines(passages(revision.before, revision.after), width))
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], f"  … and {len(lines) - _MOST_LINES} lines more"]


def _lines(found: "Iterable[Passage]", width: int) -> Iterator[str]:
    for passage in found:
        if passage.elided:
            yield f"  … {passage.elided} {'paragraph' if passage.elided == 1 else 'paragraphs'} as before"
            continue
        text = "".join(_marked(mark, words) for mark, words in passage.pieces)
        for paragraph in text.split("\n"):
            yield from _wrapped(paragraph, width, "  ")


def _marked(mark: str, words: str) -> str:
    """Words with their mark; the space behind them stays outside of it."""
    if mark == "same":
        return words
    before, after = ("[-", "-]") if mark == "gone" else ("{+", "+}")
    core = words.rstrip()
    return f"{before}{core}{after}{words[len(core) :] or ' '}"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        output.shown(text),
        width=width,
        initial_indent=indent,
        subsequent_indent=indent or "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
