"""What two things share, as one JSON value: of an item and its story, of an item and a related one."""

from collections.abc import Iterable, Sequence
from typing import Any

from aggregator.model.stories import SharedTerm


def to_json(terms: Iterable[SharedTerm]) -> list[Sequence[Any]] | None:
    """Kind, words and weight in thousandths of each, in their order; None for none."""
    return [(term.kind, term.text, round(term.weight * 1000)) for term in terms] or None


def from_json(value: Sequence[Sequence[Any]] | None) -> tuple[SharedTerm, ...]:
    """The opposite of ``to_json``."""
    return tuple(SharedTerm(kind=kind, text=text, weight=weight / 1000) for kind, text, weight in value or ())
