"""Which items do feeds of one site share, and which of the feeds is polled for the others."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from aggregator.core.mirrors import CHECK
from aggregator.core.urls import site_key
from aggregator.model import Carried, FeedCondition
from aggregator.store.among import among
from aggregator.store.tables import feeds, items
from aggregator.store.types import AnyRow

_COMPARED = (FeedCondition.OK, FeedCondition.FAILING, FeedCondition.MIRROR)
_SIBLINGS = select(
    feeds.c.id,
    feeds.c.url,
    feeds.c.outlet,
    feeds.c.homepage,
    feeds.c.site_url,
    feeds.c.condition,
    feeds.c.failing_since,
    feeds.c.last_success,
    feeds.c.polls,
    feeds.c.merged_into,
).where(feeds.c.listed, feeds.c.condition.in_(_COMPARED), feeds.c.last_success.is_not(None))
#: an item is missed in the other feed when that one was read so long after it was published
_DELAY = timedelta(hours=1)


def carried(connection: Connection, since: datetime) -> tuple[Carried, ...]:
    """The feeds that have siblings on their site, each with its items since then, by id."""
    rows = {row.id: row for row in connection.execute(_SIBLINGS.order_by(feeds.c.id))}
    sites = {number: _sites(row) for number, row in rows.items()}
    owners = Counter(site for those in sites.values() for site in those)
    ids = [number for number, those in sites.items() if any(owners[site] > 1 for site in those)]
    if not ids:
        return ()
    first = func.min(items.c.sort_at, type_=items.c.sort_at.type)
    query = (
        select(items.c.feed_id, items.c.canonical_hash.label("hash"), first.label("at"))
        .where(among(items.c.feed_id, "ids"), items.c.sort_at >= since, items.c.canonical_hash.is_not(None))
        .group_by(items.c.feed_id, items.c.canonical_hash)
    )
    found: dict[int, dict[int, datetime]] = {number: {} for number in ids}
    for feed_id, item, at in connection.execute(query, {"ids": ids}):
        found[feed_id][item] = at
    return tuple(_carried(rows[number], sites[number], found[number]) for number in ids)


def _sites(row: AnyRow) -> frozenset[str]:
    return frozenset(filter(None, map(site_key, (row.url, row.site_url, row.homepage))))


def _carried(row: AnyRow, sites: Iterable[str], found: dict[int, datetime]) -> Carried:
    return Carried(
        id=row.id,
        url=row.url,
        outlet=row.outlet,
        sites=frozenset(sites),
        condition=FeedCondition(row.condition),
        failing_since=row.failing_since,
        last_success=row.last_success,
        polls=row.polls,
        merged_into=row.merged_into or "",
        items=found,
    )


def set_mirror(connection: Connection, feed_id: int, url: str | None, now: datetime) -> None:
    """Has the feed at ``url`` polled in place of this one, or (None) this one itself again, at once."""
    mine = update(feeds).where(feeds.c.id == feed_id)
    if url is None:
        back = {"condition": FeedCondition.OK, "merged_into": None, "next_poll_at": now}
        connection.execute(mine.where(feeds.c.condition == FeedCondition.MIRROR).values(back))
        return
    values = {"condition": FeedCondition.MIRROR, "merged_into": url, "next_poll_at": now + CHECK}
    connection.execute(
        mine.where(feeds.c.condition.in_((FeedCondition.OK, FeedCondition.MIRROR))).values(values)
    )


def has_own(connection: Connection, feed_id: int, since: datetime) -> bool:
    """Whether a mirror brought, since then, what the feed polled in its place should have and has not."""
    mine = connection.execute(select(feeds.c.merged_into).where(feeds.c.id == feed_id)).scalar()
    other = connection.execute(
        select(feeds.c.id, feeds.c.last_success).where(feeds.c.url == mine, feeds.c.listed)
    ).first()
    if other is None or other.last_success is None:
        return True
    theirs = select(items.c.canonical_hash).where(
        items.c.feed_id == other.id, items.c.canonical_hash.is_not(None)
    )
    own = select(items.c.id).where(
        items.c.feed_id == feed_id,
        items.c.first_seen >= since,
        items.c.sort_at < other.last_success - _DELAY,
        items.c.canonical_hash.is_not(None),
        items.c.canonical_hash.not_in(theirs),
    )
    return connection.execute(own.limit(1)).first() is not None
