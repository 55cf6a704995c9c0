"""Plans that were made by a clock which has been set back since, seen as it happened or found at a start."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, null, or_, select, update

from aggregator.store.tables import feeds, gaps, holds, pages, sites

_MOVE = (
    update(feeds)
    .where(feeds.c.id == bindparam("b_id"))
    .values(next_poll_at=bindparam("b_next"), hold_until=bindparam("b_hold"))
)


def shift_plans(connection: Connection, now: datetime, by: timedelta) -> int:
    """Moves what is planned beyond ``now``, and how long feeds were told to wait; how many feeds."""
    ahead = connection.execute(
        select(feeds.c.id, feeds.c.next_poll_at, feeds.c.hold_until).where(feeds.c.next_poll_at > now)
    ).all()
    moved = [
        {
            "b_id": row.id,
            "b_next": row.next_poll_at + by,
            "b_hold": None if row.hold_until is None else row.hold_until + by,
        }
        for row in ahead
    ]
    if moved:
        connection.execute(_MOVE, moved)
    return len(moved)


#: no clock of ours is off by as little, and nothing is planned further ahead
_AHEAD, _FARTHEST = timedelta(minutes=5), timedelta(days=32)


_PAST = (
    feeds.c.last_attempt,
    feeds.c.last_success,
    feeds.c.last_body,
    feeds.c.failing_since,
    feeds.c.absent_since,
)


def _wrong(now: datetime) -> ColumnElement[bool]:
    return or_(
        feeds.c.last_attempt > now + _AHEAD,
        feeds.c.last_success > now + _AHEAD,
        feeds.c.next_poll_at > now + _FARTHEST,
        feeds.c.hold_until > now + _FARTHEST,
    )


def any_ahead(connection: Connection, now: datetime) -> bool:
    """Whether a feed was polled in the future, or is planned for a time that nobody plans for."""
    return connection.execute(select(feeds.c.id).where(_wrong(now)).limit(1)).first() is not None


def mend_plans(connection: Connection, now: datetime) -> int:
    """Makes anew what a clock that was ahead has planned; how many feeds.

    A feed that was polled in the future is due: when it should be is not known any more.
    """
    ahead, farthest = now + _AHEAD, now + _FARTHEST
    ids = connection.execute(select(feeds.c.id).where(_wrong(now))).scalars().all()
    anew = {"next_poll_at": now, "hold_until": null(), "movable_from": null(), "lease_until": null()}
    polled = feeds.c.condition.not_in(("gone", "merged"))
    for number in ids:
        one = update(feeds).where(feeds.c.id == number)
        connection.execute(one.where(polled).values(anew))
        for column in _PAST:
            connection.execute(one.where(column > ahead).values({column: now}))
    for table, column in ((pages, pages.c.due_at), (gaps, gaps.c.due_at)):
        connection.execute(update(table).where(column > farthest).values({column: now}))
    connection.execute(delete(holds).where(or_(holds.c.until > farthest, holds.c.since > ahead)))
    connection.execute(update(sites).where(sites.c.free_at > ahead).values(free_at=null()))
    return len(ids)
