"""Retention: what is deleted, and what must not be."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, text

from aggregator.model import FeedCondition
from aggregator.store import answers, features, gaps, profiles, set_aside, singles, sketches, tombstones
from aggregator.store.among import among
from aggregator.store.duplicates import linked, regroup
from aggregator.store.engine import Database, take_turn
from aggregator.store.packing import window_ids
from aggregator.store.tables import documents, feeds, fetches, items, robots

#: how long each fetch stays in the history
HISTORY = timedelta(days=30)
#: robots.txt is asked for anew after a day; what is older than this belongs to a site we left
_ROBOTS = timedelta(days=7)
#: items deleted in one transaction: others wait for it
_BATCH = 500

#: lines of the history that are looked at in one transaction: some 20 ms
_LINES = 2_000

#: decisions of each feed that are kept
DECISIONS = 10
#: the last line of the history whose predecessors were looked at, among the single values
_TOLD = "terms_kept_to"
#: two queries: SQLite would read the whole table for one
_SPAN = select(
    select(func.min(fetches.c.id)).scalar_subquery(), select(func.max(fetches.c.id)).scalar_subquery()
)
_FIRST = select(fetches.c.id, fetches.c.at).order_by(fetches.c.id)
#: each line with terms takes those of the line that is ten decisions older
_FORGET_TERMS = text(
    """
    UPDATE fetches SET terms = NULL WHERE terms IS NOT NULL AND id IN (
        SELECT (
            SELECT older.id FROM fetches AS older
            WHERE older.feed_id = line.feed_id AND older.id < line.id AND older.terms IS NOT NULL
            ORDER BY older.id DESC LIMIT 1 OFFSET :others
        )
        FROM fetches AS line WHERE line.id > :after AND line.id <= :upto AND line.terms IS NOT NULL
    )
    """
)
_DELETE_LINES = delete(fetches).where(among(fetches.c.id, "ids"))
_DELETE = delete(items).where(among(items.c.id, "ids"))


def prune(database: Database, now: datetime, keep: timedelta | None) -> int:
    """Deletes items that fell out of retention, old history, old robots.txt; how many items.

    What a listed feed still shows stays, however old. What is deleted is remembered: else a document that has
    it again would bring it back as news.
    """
    while prune_history(database, now):
        pass
    with database.writing() as connection:
        connection.execute(delete(robots).where(robots.c.fetched_at < now - _ROBOTS))
        set_aside.forget(connection, now)
        gaps.forget(connection, now)
        tombstones.forget(connection, now)
        profiles.forget(connection, now)
        answers.forget(connection, now)
    if keep is None:
        return 0
    with database.reading() as connection:
        expired = _expired(connection, now - keep)
    for start in range(0, len(expired), _BATCH):
        with database.writing() as connection:
            take_turn(connection)
            batch = expired[start : start + _BATCH]
            tombstones.bury(connection, batch, now)
            delete_items(connection, batch)
    return len(expired)


def prune_history(database: Database, now: datetime) -> bool:
    """Deletes some old history, or some terms that nobody asks for; False: none is left."""
    with database.writing() as connection:
        return _delete_lines(connection, now) or _forget_terms(connection)


def _delete_lines(connection: Connection, now: datetime) -> bool:
    """Looks at the first lines only, as they were written one after the other.

    Those from far ahead were written by a wrong clock: nothing behind them would ever be deleted.
    """
    old = [
        row.id
        for row in connection.execute(_FIRST.limit(_LINES))
        if not now - HISTORY <= row.at <= now + HISTORY
    ]
    if old:
        connection.execute(_DELETE_LINES, {"ids": old})
    return bool(old)


def _forget_terms(connection: Connection) -> bool:
    """Goes through the lines that were written since the last time, from where it left off."""
    first, last = connection.execute(_SPAN).one()
    if last is None:
        return False
    after = int(singles.get(connection, _TOLD) or 0)
    # numbers begin again where all lines were deleted
    after = first - 1 if after > last else max(after, first - 1)
    upto = min(after + _LINES, last)
    if upto > after:
        connection.execute(_FORGET_TERMS, {"after": after, "upto": upto, "others": DECISIONS - 1})
        singles.put(connection, _TOLD, str(upto))
    return bool(upto < last)


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
    left = linked(connection, gone) - gone
    sketches.forget(connection, gone)
    features.forget(connection, features.read(connection, gone))
    connection.execute(_DELETE, {"ids": gone})
    regroup(connection, left)


def purge(connection: Connection, urls: Collection[str]) -> int:
    """Deletes feeds with everything that came from them; how many items that was."""
    take_turn(connection)
    ids = list(connection.execute(select(feeds.c.id).where(feeds.c.url.in_(list(urls)))).scalars())
    gone = list(connection.execute(select(items.c.id).where(items.c.feed_id.in_(ids))).scalars())
    delete_items(connection, gone)
    connection.execute(delete(feeds).where(feeds.c.id.in_(ids)))
    return len(gone)
