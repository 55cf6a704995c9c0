"""How the feeds are doing: a line a feed, the history of their fetches, and what is suspected of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select, update

from aggregator.model import Decision, FeedCondition, FeedHealth, FetchEvent, Offer, Watched
from aggregator.store import gaps
from aggregator.store.feeds import name_key
from aggregator.store.habits import habits_from_json
from aggregator.store.packing import unpack_instants, unpack_rhythm
from aggregator.store.polls import BROUGHT, terms_from
from aggregator.store.tables import documents, feeds, fetches, items, pages, subscriptions
from aggregator.store.types import AnyRow

#: what items a day are counted over
_WEEKS = timedelta(days=28)
_DAY = timedelta(days=1)

_SHOWN = tuple(
    feeds.c[name]
    for name in (
        *("id", "outlet", "url", "listed", "condition", "reason", "last_attempt", "last_success"),
        *("next_poll_at", "polls", "not_modified", "dropped", "terms", "hold_until", "failing_since"),
        *("moved_to", "merged_into", "suspicion", "suspected_at", "offers"),
    )
)


_HABITS = select(documents.c.feed_id, documents.c.habits).where(documents.c.habits.is_not(None))
_HELD = (
    select(items.c.feed_id, func.count(), func.max(items.c.held_until, type_=items.c.held_until.type))
    .where(items.c.held_until > bindparam("b_now", type_=items.c.held_until.type))
    .group_by(items.c.feed_id)
)


def health(connection: Connection, now: datetime | None) -> tuple[FeedHealth, ...]:
    """Every feed of which something is stored, by outlet and address."""
    counts = _counts(connection, now)
    failing = select(pages.c.item_id).where(pages.c.due_at.is_not(None), pages.c.attempts > 0)
    of_feeds = select(items.c.feed_id).where(items.c.id.in_(failing))
    pages_failing = Counter(connection.execute(of_feeds).scalars())
    subscribed = connection.execute(select(subscriptions.c.feed_id, subscriptions.c.state))
    push = {row[0]: row[1] for row in subscribed}
    open_gaps: Mapping[str, int] = gaps.count_open(connection, now) if now is not None else {}
    ways = {row[0]: row[1] for row in connection.execute(_HABITS)}
    held = {row[0]: row[1:] for row in connection.execute(_HELD, {"b_now": now})} if now is not None else {}
    rows = connection.execute(select(*_SHOWN).order_by(feeds.c.outlet_key, feeds.c.id))
    return tuple(
        FeedHealth(
            outlet=row.outlet,
            feed=row.url,
            listed=row.listed,
            condition=FeedCondition(row.condition),
            reason=row.reason,
            last_attempt=row.last_attempt,
            last_success=row.last_success,
            next_poll_at=row.next_poll_at,
            items=counts.get(row.id, (0, None))[0],
            polls=row.polls,
            not_modified=row.not_modified,
            dropped=row.dropped,
            pages_failing=pages_failing[row.id],
            terms=terms_from(row.terms),
            hold_until=row.hold_until,
            failing_since=row.failing_since,
            items_per_day=counts.get(row.id, (0, None))[1],
            open_gaps=open_gaps.get(row.url, 0),
            moved_to=row.moved_to,
            merged_into=row.merged_into or "",
            suspicion=row.suspicion,
            suspected_at=row.suspected_at,
            offers=_offers(row.offers),
            push=push.get(row.id, ""),
            habits=habits_from_json(ways.get(row.id)),
            held=held.get(row.id, (0, None))[0],
            held_until=held.get(row.id, (0, None))[1],
        )
        for row in rows
    )


def _counts(connection: Connection, now: datetime | None) -> dict[int, tuple[int, float | None]]:
    """For each feed its items, and how many of them a day came in the last four weeks."""
    per_feed = select(items.c.feed_id, func.count()).group_by(items.c.feed_id)
    if now is None:
        return {row[0]: (row[1], None) for row in connection.execute(per_feed)}
    oldest = func.min(items.c.sort_at, type_=items.c.sort_at.type)
    recent = func.count().filter(items.c.sort_at >= now - _WEEKS)
    return {
        feed_id: (count, lately / _days(now - first))
        for feed_id, count, first, lately in connection.execute(per_feed.add_columns(oldest, recent))
    }


def _days(known: timedelta) -> float:
    """Days that items can be counted over: of a feed that is known for less, these."""
    return max(_DAY, min(known, _WEEKS)) / _DAY


def _offers(stored: Iterable[Mapping[str, str]]) -> tuple[Offer, ...]:
    return tuple(Offer(url=one["url"], title=one["title"]) for one in stored)


def history(connection: Connection, outlet: str, limit: int) -> tuple[FetchEvent, ...]:
    """The latest fetches of an outlet's feeds, the newest first."""
    query = (
        select(fetches, feeds.c.url)
        .join_from(fetches, feeds, feeds.c.id == fetches.c.feed_id)
        .where(feeds.c.outlet_key == name_key(outlet))
        .order_by(fetches.c.id.desc())
        .limit(limit)
    )
    return tuple(
        FetchEvent(
            at=row.at,
            feed=row.url,
            result=row.result,
            status=row.status,
            size=row.size,
            elapsed_ms=row.elapsed_ms,
            new=row.new,
            reason=row.reason,
        )
        for row in connection.execute(query)
    )


def decisions(connection: Connection, outlet: str, limit: int) -> tuple[Decision, ...]:
    """The last ``limit`` decisions on each of an outlet's feeds, feed by feed, the newest first."""
    found = connection.execute(
        select(feeds.c.id, feeds.c.url)
        .where(feeds.c.outlet_key == name_key(outlet))
        .order_by(feeds.c.outlet_key, feeds.c.id)
    ).all()
    return tuple(
        Decision(
            at=row.at,
            feed=feed.url,
            result=row.result,
            next_poll_at=row.next_poll_at,
            terms=terms_from(row.terms),
            brought=row.reason.startswith(BROUGHT),
        )
        for feed in found
        for row in connection.execute(_decided(feed.id).limit(limit))
    )


def _decided(feed_id: int) -> Any:
    return (
        select(fetches.c.at, fetches.c.result, fetches.c.next_poll_at, fetches.c.terms, fetches.c.reason)
        .where(fetches.c.feed_id == feed_id, fetches.c.terms.is_not(None))
        .order_by(fetches.c.id.desc())
    )


# ── what the daily check sees and says ───────────────────────────────────────────────────────


def watched(connection: Connection) -> tuple[Watched, ...]:
    """Every listed feed with what was learned of when its items come."""
    rows = connection.execute(
        select(feeds, documents.c.arrivals, documents.c.rhythm)
        .outerjoin(documents, documents.c.feed_id == feeds.c.id)
        .where(feeds.c.listed)
        .order_by(feeds.c.outlet_key, feeds.c.id)
    )
    return tuple(map(_watched, rows))


def _watched(row: AnyRow) -> Watched:
    return Watched(
        id=row.id,
        outlet=row.outlet,
        url=row.url,
        homepage=row.homepage,
        site_url=row.site_url,
        condition=FeedCondition(row.condition),
        reason=row.reason,
        failing_since=row.failing_since,
        last_success=row.last_success,
        moved_to=row.moved_to,
        arrivals=unpack_instants(row.arrivals),
        rhythm=unpack_rhythm(row.rhythm),
        suspicion=row.suspicion,
        suspected_at=row.suspected_at,
        offers=_offers(row.offers),
    )


def suspect(connection: Connection, feed_id: int, suspicion: str, at: datetime) -> None:
    """Keeps why a feed may have died; "" clears it. The first suspicion's instant stays."""
    mine = update(feeds).where(feeds.c.id == feed_id)
    if not suspicion:
        connection.execute(mine.values(suspicion="", suspected_at=None, offers=[]))
        return
    instant = feeds.c.suspected_at.type
    since = func.coalesce(feeds.c.suspected_at, literal(at, instant), type_=instant)
    connection.execute(mine.values(suspicion=suspicion, suspected_at=since))


def offer(connection: Connection, feed_id: int, offers: Sequence[Offer]) -> None:
    """Keeps the feeds that could take the place of this one."""
    stored = [{"url": one.url, "title": one.title} for one in offers]
    connection.execute(update(feeds).where(feeds.c.id == feed_id).values(offers=stored))
