"""Documents that hung, bloated or crashed a worker twice: nobody reads them for a day."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, text

from aggregator.store.tables import set_aside
from aggregator.store.types import CleanText, UtcDateTime

#: strikes after which a document is set aside: one may be the machine's fault
ENOUGH = 2
#: how long a strike is remembered, and a document set aside
SPAN = timedelta(days=1)

_STRIKE = text(
    """
    INSERT INTO set_aside (digest, strikes, until, reason) VALUES (:digest, 1, :until, :reason)
    ON CONFLICT (digest) DO UPDATE SET
        strikes = CASE WHEN set_aside.until > :now THEN set_aside.strikes + 1 ELSE 1 END,
        until = excluded.until, reason = excluded.reason
    RETURNING strikes
    """
).bindparams(
    *[bindparam(name, type_=UtcDateTime) for name in ("until", "now")],
    bindparam("reason", type_=CleanText),
)


def strike(connection: Connection, digest: bytes, reason: str, now: datetime) -> int:
    """Notes one; strikes within a day so far, this one included."""
    values = {"digest": digest, "until": now + SPAN, "now": now, "reason": reason}
    return int(connection.execute(_STRIKE, values).scalar_one())


def is_set_aside(connection: Connection, digest: bytes, now: datetime) -> str | None:
    """What the document did last; None while it may be read."""
    found = connection.execute(
        select(set_aside.c.reason).where(
            set_aside.c.digest == digest, set_aside.c.strikes >= ENOUGH, set_aside.c.until > now
        )
    ).scalar_one_or_none()
    return None if found is None else str(found)


def forget(connection: Connection, now: datetime) -> None:
    """Deletes what is over."""
    connection.execute(delete(set_aside).where(set_aside.c.until <= now))
