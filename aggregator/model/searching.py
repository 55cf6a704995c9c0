"""What a search brings."""

from dataclasses import dataclass

from aggregator.model.reading import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """The part of an item that shows best why it was found."""

    text: str
    #: where what was looked for stands: ``text[start:end]``
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An item that was found."""

    item: Item
    #: 0 to 1, the best has the most; None behind those that were looked at closely
    rank: float | None
