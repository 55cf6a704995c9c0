"""What keepers of outlets should know: one event an outlet and day, kept for a month."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, text

from aggregator.model import HealthEvent
from aggregator.store.feeds import name_key
from aggregator.store.tables import events as table
from aggregator.store.types import CleanText, UtcDateTime

#: how long events are kept
KEPT = timedelta(days=30)

_ADD = text(
    """
    INSERT INTO events (outlet, outlet_key, day, at, kind, "text")
    VALUES (:outlet, :outlet_key, :day, :at, :kind, :text)
    ON CONFLICT (outlet_key, day) DO NOTHING
    """
).bindparams(
    bindparam("at", type_=UtcDateTime),
    bindparam("outlet", type_=CleanText),
    bindparam("text", type_=CleanText),
)


def add(connection: Connection, event: HealthEvent) -> bool:
    """Keeps an event, and forgets those of long ago; False when the outlet has one of that day."""
    connection.execute(delete(table).where(table.c.at < event.at - KEPT))
    values = {
        "outlet": event.outlet,
        "outlet_key": name_key(event.outlet),
        "day": event.at.astimezone(UTC).date().isoformat(),
        "at": event.at,
        "kind": event.kind,
        "text": event.text,
    }
    return connection.execute(_ADD, values).rowcount > 0


def since(connection: Connection, start: datetime, outlet: str | None) -> tuple[HealthEvent, ...]:
    """The events from then on, of one outlet or of all, the newest first."""
    query = select(table).where(table.c.at >= start).order_by(table.c.at.desc(), table.c.id.desc())
    if outlet is not None:
        query = query.where(table.c.outlet_key == name_key(outlet))
    return tuple(
        HealthEvent(outlet=row.outlet, at=row.at, kind=row.kind, text=row.text)
        for row in connection.execute(query)
    )
