"""A sum of small decision trees: figures of a block -> how likely it is part of the article."""

from collections.abc import Sequence
from math import exp

#: what a branch asks (which figure, up to which value), where it leads if so and if not; or a leaf's value
Tree = float | tuple[int, float, "Tree", "Tree"]


class Trees:
    """Trees whose values add up, from ``start``, to the logarithm of the odds."""

    def __init__(self, start: float, trees: Sequence[Tree]) -> None:
        self._start, self._trees = start, trees

    def likely(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """A likelihood, 0 to 1, for each row."""
        return [self._likely(row) for row in rows]

    def _likely(self, row: Sequence[float]) -> float:
        odds = self._start
        for tree in self._trees:
            node = tree
            while isinstance(node, tuple):
                node = node[2] if row[node[0]] <= node[1] else node[3]
            odds += node
        return 1 / (1 + exp(-odds)) if odds > -500 else 0.0
