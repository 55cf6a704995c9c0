"""Stories as rows, for tests of what is read: put where a test wants them, without any comparing of texts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from aggregator.model.stories import SharedTerm
from aggregator.store import shared_terms
from aggregator.store.engine import Database
from aggregator.store.tables import feeds, items, stories, story_items
from tests.store.press import NOW


def tell(
    url: str,
    story_id: int,
    *item_ids: int,
    shared: Sequence[SharedTerm] = (),
    score: float = 0.5,
    joined_at: datetime = NOW,
    **values: Any,
) -> None:
    """A story of these items, the first of which leads; what it has otherwise follows from them."""
    database = Database(url)
    with database.writing() as connection:
        of_items = select(
            func.min(items.c.sort_at, type_=items.c.sort_at.type),
            func.max(items.c.sort_at, type_=items.c.sort_at.type),
            func.count(func.distinct(feeds.c.outlet_key)),
        ).join_from(items, feeds, feeds.c.id == items.c.feed_id)
        first_at, last_at, outlets = connection.execute(of_items.where(items.c.id.in_(item_ids))).one()
        title = connection.execute(select(items.c.title).where(items.c.id == (item_ids or (0,))[0])).scalar()
        plain: dict[str, Any] = {
            "id": story_id,
            "headline": title or "",
            "lead_id": item_ids[0] if item_ids else None,
            "first_at": first_at or NOW,
            "last_at": last_at or NOW,
            "joined_at": joined_at,
            "size": len(item_ids),
            "outlets": outlets,
        }
        connection.execute(insert(stories), plain | values)
        connection.execute(delete(story_items).where(story_items.c.item_id.in_(item_ids)))
        for item_id in item_ids:
            row = {
                "item_id": item_id,
                "story_id": story_id,
                "joined_at": joined_at,
                "score": round(score * 1000),
                "shared": shared_terms.to_json(shared),
                "by_hand": False,
            }
            connection.execute(insert(story_items), row)
    database.close()
