"""What was deleted because it was old: a document that has it still, or again, does not bring it back."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, union_all

from aggregator.model import Habits, Keyed
from aggregator.store.among import among
from aggregator.store.tables import items
from aggregator.store.tables import tombstones as table
from aggregator.store.types import hash_or_none

#: how long an item stays deleted
KEPT = timedelta(days=800)
#: … at most so many of one feed, the latest: more than twice what one document may hold
MOST = 5_000

_DELETED = select(items.c.feed_id, items.c.guid, items.c.link, items.c.title).where(among(items.c.id, "ids"))
_ALIKE = select(table.c.guid_hash, table.c.link_hash, table.c.title_hash).where(
    table.c.id.in_(  # not OR: SQLite would look at every one of the feed
        union_all(
            *[
                select(table.c.id).where(table.c.feed_id == bindparam("b_feed_id"), among(column, name))
                for column, name in (
                    (table.c.guid_hash, "guids"),
                    (table.c.link_hash, "links"),
                    (table.c.title_hash, "titles"),
                )
            ]
        )
    )
)


def bury(connection: Connection, ids: Collection[int], at: datetime) -> None:
    """Remembers items that are about to be deleted."""
    rows = connection.execute(_DELETED, {"ids": ids}).all()
    if rows:
        connection.execute(
            insert(table),
            [
                {
                    "feed_id": row.feed_id,
                    "guid_hash": row.guid,
                    "link_hash": row.link,
                    "title_hash": row.title,
                    "buried_at": at,
                }
                for row in rows
            ],
        )


def buried(connection: Connection, feed_id: int, new: Sequence[Keyed], habits: Habits) -> frozenset[int]:
    """Which of these (by their place) are items that were deleted.

    A guid that is used again, under another link and title, names another article: that is news.
    """
    names = [
        _Name(hash_or_none(one.parsed.guid), hash_or_none(one.canonical_url), hash_or_none(one.parsed.title))
        for one in new
    ]
    asked = {
        "b_feed_id": feed_id,
        "guids": {name.guid for name in names if name.guid is not None},
        "links": {name.link for name in names if name.link is not None},
        "titles": {name.title for name in names if name.title is not None},
    }
    stones = [_Name(*row) for row in connection.execute(_ALIKE, asked)]
    return frozenset(
        at for at, name in enumerate(names) if any(_is_it(name, stone, habits) for stone in stones)
    )


class _Name(NamedTuple):
    """Hashes of what an item is known by; None: it has no such thing."""

    guid: int | None
    link: int | None
    title: int | None


def _is_it(name: _Name, stone: _Name, habits: Habits) -> bool:
    titled = name.title == stone.title
    if name.guid is not None and stone.guid is not None:
        linked = name.link == stone.link
        if name.guid != stone.guid:
            return linked and titled
        unlinked = name.link is None or stone.link is None
        return linked or titled or (unlinked and habits.guids != "shared")
    if name.link is not None and stone.link is not None:
        return name.link == stone.link and (titled or not habits.links_shared)
    return titled


def forget(connection: Connection, now: datetime) -> None:
    """Lets go of those of long ago, and of a feed's oldest where there are too many."""
    connection.execute(delete(table).where(table.c.buried_at < now - KEPT))
    crowded = select(table.c.feed_id).group_by(table.c.feed_id).having(func.count() > MOST)
    for feed_id in connection.execute(crowded).scalars().all():
        mine = select(table.c.id).where(table.c.feed_id == feed_id).order_by(table.c.id.desc())
        last = connection.execute(mine.offset(MOST - 1).limit(1)).scalar_one()
        connection.execute(delete(table).where(table.c.feed_id == feed_id, table.c.id < last))
