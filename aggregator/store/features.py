"""What items are compared by, kept: packed for each, and the index of their strongest terms.

``item_terms`` has no foreign key, as ``shingles``: features take their rows along when they go.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, text

from aggregator.core.features import Features, packed, unpacked, weights_of
from aggregator.store.among import among
from aggregator.store.tables import features, item_terms

#: terms of an item that it is found by, the title's first
FOUND_BY = 12

_STORED = select(features.c.item_id, features.c.language, features.c.packed).where(
    among(features.c.item_id, "ids")
)
_DROP = delete(features).where(among(features.c.item_id, "ids"))
_KEEP = insert(features)
_INDEX = text(
    "INSERT INTO item_terms (term, item_id) VALUES (:term, :item_id) ON CONFLICT (term, item_id) DO NOTHING"
)
_DROP_INDEX = delete(item_terms).where(
    item_terms.c.term == bindparam("b_term"), item_terms.c.item_id == bindparam("b_id")
)


def read(connection: Connection, ids: Collection[int]) -> dict[int, Features]:
    """What is kept of these items; those of which nothing is are left out."""
    if not ids:
        return {}
    rows = connection.execute(_STORED, {"ids": ids})
    return {row.item_id: unpacked(row.packed, row.language) for row in rows}


def weights(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str | None, dict[int, float]]]:
    """The language of each of these items and its terms' weights, without their words."""
    if not ids:
        return {}
    rows = connection.execute(_STORED, {"ids": ids})
    return {row.item_id: (row.language, weights_of(row.packed)) for row in rows}


def found_by(kept: Features) -> list[int]:
    """The terms that other items find this one by: single words first."""
    ranked = sorted(kept.terms, key=lambda one: -one.weight)  # stable: the title's order
    return [one.term for one in ranked[:FOUND_BY]]


def write(connection: Connection, made: Mapping[int, Features], before: Mapping[int, Features]) -> None:
    """Keeps these; ``before`` is what was kept of the same items, and of those that keep nothing now."""
    forget(connection, before)
    if not made:
        return
    connection.execute(_KEEP, [_row(item_id, one) for item_id, one in made.items()])
    rows = sorted((term, item_id) for item_id, one in made.items() for term in found_by(one))
    if rows:
        connection.execute(_INDEX, [{"term": term, "item_id": item_id} for term, item_id in rows])


def forget(connection: Connection, known: Mapping[int, Features]) -> None:
    """Takes away what is kept of these items."""
    rows = [{"b_term": term, "b_id": item_id} for item_id, one in known.items() for term in found_by(one)]
    if rows:
        connection.execute(_DROP_INDEX, rows)
    if known:
        connection.execute(_DROP, {"ids": known.keys()})


def _row(item_id: int, one: Features) -> dict[str, Any]:
    return {"item_id": item_id, "language": one.language, "packed": packed(one)}
