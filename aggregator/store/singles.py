"""Single values, and robots.txt by site."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from aggregator.store.tables import meta, robots

#: the key of our own exported feed's id
FEED_ID = "feed_id"


def get(connection: Connection, key: str) -> str | None:
    """The value kept under this name."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def put(connection: Connection, key: str, value: str) -> None:
    """Keeps a value under this name."""
    known = connection.execute(update(meta).where(meta.c.key == key).values(value=value))
    if known.rowcount == 0:
        connection.execute(insert(meta), {"key": key, "value": value})


def feed_id(connection: Connection) -> str | None:
    """The id of our own exported feed, if it has been made."""
    return get(connection, FEED_ID)


def make_feed_id(connection: Connection) -> str:
    """The id of our own exported feed, made at the first call."""
    known = feed_id(connection)
    if known is None:
        known = uuid4().urn
        put(connection, FEED_ID, known)
    return known


def robots_of(connection: Connection, site: str) -> tuple[str, datetime] | None:
    """A site's robots.txt, and when it was fetched."""
    row = connection.execute(select(robots.c.text, robots.c.fetched_at).where(robots.c.site == site)).first()
    return None if row is None else (row.text, row.fetched_at)


def put_robots(connection: Connection, site: str, text: str, fetched_at: datetime) -> None:
    """Keeps a site's robots.txt."""
    values = {"text": text, "fetched_at": fetched_at}
    known = connection.execute(update(robots).where(robots.c.site == site).values(values))
    if known.rowcount == 0:
        connection.execute(insert(robots), {"site": site, **values})
