"""Feeds that a surge of news makes due: core/surge.is_due as one statement over all feeds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    case,
    cast,
    extract,
    literal,
    text,
    type_coerce,
    update,
)

from aggregator.core.surge import Surge
from aggregator.model import FeedCondition
from aggregator.store.tables import feeds
from aggregator.store.types import UtcDateTime, to_microseconds

#: seconds over which the polls are spread that one surge brings forward
_SPREAD = 97
_MICROSECONDS = 3_600_000_000.0


def bring_forward(connection: Connection, surges: Sequence[Surge], now: datetime) -> int:
    """Has the feeds polled within two minutes that probably hold news of a surge; how many."""
    last, planned = (_hours(connection, column) for column in (feeds.c.last_attempt, feeds.c.next_poll_at))
    at = now.timestamp() / 3600
    extra: ColumnElement[Any] = literal(0.0)
    for one in surges:
        middle = one.at.timestamp() / 3600
        extra = extra + case((last < middle, one.extra * (middle - last)), else_=0.0)
    soon = _later(connection, now, feeds.c.id % _SPREAD)
    moved = connection.execute(
        update(feeds)
        .where(
            feeds.c.listed,
            feeds.c.condition == FeedCondition.OK,
            feeds.c.next_poll_at > soon,
            feeds.c.movable_from <= now,
            feeds.c.lease_token.is_(None),
            feeds.c.last_attempt < max(one.at for one in surges),
            (at - last) * (at - last) / 2 + extra >= (planned - last) * (planned - last) / 2,
        )
        .values(next_poll_at=soon)
    )
    return moved.rowcount


def _later(connection: Connection, now: datetime, seconds: ColumnElement[int]) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return type_coerce(literal(now, UtcDateTime) + seconds * text("interval '1 second'"), UtcDateTime)
    return type_coerce(literal(to_microseconds(now), BigInteger) + seconds * 1_000_000, UtcDateTime)


def _hours(connection: Connection, column: Column[datetime]) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return cast(extract("epoch", column), Float) / 3600.0
    return cast(type_coerce(column, BigInteger), Float) / _MICROSECONDS
