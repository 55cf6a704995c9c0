"""The columns of an item that say when it was published, and what was said of that.

New statements join those that are stored; ``core/settle`` makes the date of all of them. What is settled may
be narrowed or set back, never moved forward: a bumped date must not bring an old item up again
(python/planet#570).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from aggregator.core.settle import Settled, agrees, settle
from aggregator.model import DateClaim, NewItem
from aggregator.store.learned import claims_from_json, claims_to_json
from aggregator.store.tables import items
from aggregator.store.types import AnyRow

#: what the functions below need of a stored item
COLUMNS = (
    items.c.claims,
    items.c.published,
    items.c.published_source,
    items.c.published_earliest,
    items.c.published_latest,
    items.c.first_seen,
)


def of_new(item: NewItem, at: datetime) -> dict[str, Any]:
    """Of an item that is seen for the first time."""
    return {
        "published": item.published,
        "published_source": item.published_source,
        "published_earliest": item.published_earliest,
        "published_latest": item.published_latest,
        "claims": claims_to_json(item.claims),
        "sort_at": min(item.published, at) if item.published else at,
    }


def of_edit(row: AnyRow, item: NewItem) -> dict[str, Any]:
    """Of a stored item whose feed entry says ``item`` now; empty where the date stays."""
    stored = _stored(row)
    said = tuple(one for one in item.claims or _of_columns(item) if one.source == "feed")
    if not said or all(one in stored for one in said):
        return {}
    return _written(row, (*said, *(one for one in stored if one.source != "feed")))


def of_page(row: AnyRow, claims: Sequence[DateClaim]) -> dict[str, Any]:
    """Of a stored item whose page was read; a source that was heard before is not heard again."""
    stored = _stored(row)
    heard = {one.source for one in stored}
    fresh = tuple(one for one in claims if one.source not in heard)
    return _written(row, (*stored, *fresh)) if fresh else {}


def without_page(row: AnyRow) -> dict[str, Any]:
    """Of a stored item whose page was none of its own: what the feed said alone."""
    feed = tuple(one for one in _stored(row) if one.source == "feed")
    return _columns(row, feed, settle(feed, row.first_seen))


def _stored(row: AnyRow) -> tuple[DateClaim, ...]:
    """What was said of an item, also of one that was stored before that was kept."""
    return claims_from_json(row.claims) or tuple(_of_columns(row))


def _of_columns(row: Any) -> Iterable[DateClaim]:
    if row.published is not None and row.published_source is not None:
        yield DateClaim(
            source=row.published_source,
            earliest=row.published_earliest or row.published,
            latest=row.published_latest or row.published,
            at=row.published,
        )


def _written(row: AnyRow, claims: Sequence[DateClaim]) -> dict[str, Any]:
    """The claims, and what they come to, where that is no step forward."""
    settled = settle(claims, row.first_seen)
    return {} if _is_forward(row, settled) else _columns(row, claims, settled)


def _is_forward(row: AnyRow, settled: Settled) -> bool:
    if row.published is None:
        return False
    if settled.published is None:
        return True
    known = DateClaim(
        source=row.published_source,
        earliest=row.published_earliest or row.published,
        latest=row.published_latest or row.published,
        at=row.published,
    )
    return settled.published > row.published and not agrees(known, settled)


def _columns(row: AnyRow, claims: Sequence[DateClaim], settled: Settled) -> dict[str, Any]:
    return {
        "claims": claims_to_json(claims),
        "published": settled.published,
        "published_source": settled.source,
        "published_earliest": settled.earliest,
        "published_latest": settled.latest,
        "sort_at": min(settled.published, row.first_seen) if settled.published else row.first_seen,
    }
