"""Retention: what is deleted, and what must not be."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, null, select, update

from aggregator.model import FeedCondition
from aggregator.store import gaps, set_aside
from aggregator.store.among import among
from aggregator.store.duplicates import members, regroup
from aggregator.store.engine import Database, take_turn
from aggregator.store.packing import window_ids
from aggregator.store.tables import documents, feeds, fetches, items, robots

#: how long each fetch stays in the history
HISTORY = timedelta(days=30)
#: robots.txt is asked for anew after a day; what is older than this belongs to a site we left
_ROBOTS = timedelta(days=7)
#: items deleted in one transaction: others wait for it
_BATCH = 500

#: decisions of each feed that are kept
DECISIONS = 10
_TOLD = (
    select(
        fetches.c.id,
        func.row_number().over(partition_by=fetches.c.feed_id, order_by=fetches.c.id.desc()).label("age"),
    )
    .where(fetches.c.terms.is_not(None))
    .subquery()
)
_FORGET_TERMS = (
    update(fetches)
    .where(fetches.c.id.in_(select(_TOLD.c.id).where(_TOLD.c.age > DECISIONS)))
    .values(terms=null())
)
_DELETE = delete(items).where(among(items.c.id, "ids"))


def prune(database: Database, now: datetime, keep: timedelta | None) -> int:
    """Deletes items that fell out of retention, old history, old robots.txt; how many items.

    What a listed feed still shows stays, however old: deleted, it would come back as news.
    """
    with database.writing() as connection:
        connection.execute(delete(fetches).where(fetches.c.at < now - HISTORY))
        connection.execute(_FORGET_TERMS)
        connection.execute(delete(robots).where(robots.c.fetched_at < now - _ROBOTS))
        set_aside.forget(connection, now)
        gaps.forget(connection, now)
    if keep is None:
        return 0
    with database.reading() as connection:
        expired = _expired(connection, now - keep)
    for start in range(0, len(expired), _BATCH):
        with database.writing() as connection:
            take_turn(connection)
            delete_items(connection, expired[start : start + _BATCH])
    return len(expired)


def _expired(connection: Connection, before: datetime) -> list[int]:
    old = connection.execute(select(items.c.id).where(items.c.sort_at < before)).scalars().all()
    if not old:
        return []
    live = (
        select(documents.c.window)
        .join(feeds, feeds.c.id == documents.c.feed_id)
        .where(feeds.c.listed, feeds.c.condition.not_in((FeedCondition.GONE, FeedCondition.MERGED)))
    )
    shown: set[int] = set()
    for window in connection.execute(live).scalars():
        shown.update(window_ids(window))
    return [item_id for item_id in old if item_id not in shown]


def delete_items(connection: Connection, ids: Collection[int]) -> None:
    """Deletes items and puts together anew the groups of copies that they were in."""
    gone = set(ids)
    firsts = {member.first for member in members(connection, gone)}
    left = {member.id for member in members(connection, (), firsts)} - gone
    connection.execute(_DELETE, {"ids": gone})
    regroup(connection, members(connection, left))


def purge(connection: Connection, urls: Collection[str]) -> int:
    """Deletes feeds with everything that came from them; how many items that was."""
    take_turn(connection)
    ids = list(connection.execute(select(feeds.c.id).where(feeds.c.url.in_(list(urls)))).scalars())
    gone = list(connection.execute(select(items.c.id).where(items.c.feed_id.in_(ids))).scalars())
    delete_items(connection, gone)
    connection.execute(delete(feeds).where(feeds.c.id.in_(ids)))
    return len(gone)
