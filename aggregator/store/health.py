"""How the feeds are doing: a line a feed, and the history of their fetches."""

from collections import Counter

from sqlalchemy import Connection, func, select

from aggregator.model import FeedCondition, FeedHealth, FetchEvent
from aggregator.store.feeds import name_key
from aggregator.store.polls import terms_from
from aggregator.store.tables import feeds, fetches, items, pages


def health(connection: Connection) -> tuple[FeedHealth, ...]:
    """Every feed of which something is stored, by outlet and address."""
    per_feed = select(items.c.feed_id, func.count()).group_by(items.c.feed_id)
    counts = {row[0]: row[1] for row in connection.execute(per_feed)}
    failing = select(pages.c.item_id).where(pages.c.due_at.is_not(None), pages.c.attempts > 0)
    of_feeds = select(items.c.feed_id).where(items.c.id.in_(failing))
    pages_failing = Counter(connection.execute(of_feeds).scalars())
    rows = connection.execute(select(feeds).order_by(feeds.c.outlet_key, feeds.c.id))
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
            items=counts.get(row.id, 0),
            polls=row.polls,
            not_modified=row.not_modified,
            dropped=row.dropped,
            pages_failing=pages_failing[row.id],
            terms=terms_from(row.terms),
        )
        for row in rows
    )


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
