"""Counts of the whole store, each from an index or a small table: cheap enough to be asked often."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, or_, select

from aggregator.model import FeedCondition, Figures
from aggregator.store import subscriptions
from aggregator.store.feeds import count_due
from aggregator.store.tables import feeds, gaps, holds, pages, search_queue

#: what is not polled by the clock
_RETIRED = (FeedCondition.GONE, FeedCondition.MERGED)


def figures(connection: Connection, now: datetime) -> Figures:
    """How things stand at ``now``."""
    by_condition = select(feeds.c.condition, func.count()).where(feeds.c.listed).group_by(feeds.c.condition)

    def number(query: Select[int]) -> int:
        return connection.execute(query).scalar_one()

    return Figures(
        feeds={row[0]: row[1] for row in connection.execute(by_condition)},
        overdue=count_due(connection, now, None, force=False, not_since=None),
        lag=_lag(connection, now),
        pages_waiting=number(select(func.count(pages.c.due_at))),
        search_queue=number(select(func.count()).select_from(search_queue)),
        gaps_open=number(select(func.count()).select_from(gaps).where(gaps.c.closed_at.is_(None))),
        holds=number(select(func.count()).select_from(holds).where(holds.c.until > now)),
        subscriptions=subscriptions.count(connection),
    )


def _lag(connection: Connection, now: datetime) -> timedelta:
    """How long ago the earliest of the due feeds fell due; nothing for one that was told to wait."""
    earliest: datetime | None = connection.execute(
        select(func.min(feeds.c.next_poll_at, type_=feeds.c.next_poll_at.type)).where(
            feeds.c.next_poll_at <= now,
            feeds.c.listed,
            feeds.c.condition.not_in(_RETIRED),
            or_(feeds.c.hold_until.is_(None), feeds.c.hold_until <= now),
        )
    ).scalar_one()
    return timedelta(0) if earliest is None else now - earliest
