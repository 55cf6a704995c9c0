"""How many items have a term: what makes it weigh much or little. What expires stays counted."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select, text

from aggregator.store.among import among
from aggregator.store.tables import vocabulary

#: the term that every item has
ALL = 0

_COUNTS = select(vocabulary.c.term, vocabulary.c["items"].label("having")).where(
    among(vocabulary.c.term, "terms")
)
_ADD = text(
    "INSERT INTO vocabulary (term, items) VALUES (:term, :items) "
    "ON CONFLICT (term) DO UPDATE SET items = vocabulary.items + excluded.items"
)


def counts(connection: Connection, terms: Collection[int]) -> dict[int, int]:
    """For each of these terms how many items have it; 0 is the number of all items."""
    found = dict.fromkeys(terms, 0)
    if found:
        found.update((row.term, row.having) for row in connection.execute(_COUNTS, {"terms": found.keys()}))
    return found


def add(connection: Connection, changes: Mapping[int, int]) -> None:
    """Counts so many items more, or less, for each term."""
    rows = [{"term": term, "items": count} for term, count in sorted(changes.items()) if count]
    if rows:
        connection.execute(_ADD, rows)
