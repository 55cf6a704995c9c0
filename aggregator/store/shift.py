"""Plans that were made by a clock which has been set back since."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from aggregator.store.tables import feeds

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
