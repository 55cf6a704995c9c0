"""WebSub subscriptions: which feeds have one, what is to be done, how far polls may rely on them."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, text, type_coerce, update
from sqlalchemy.types import Text

from aggregator.core import hubs
from aggregator.model import FeedCondition, HubOffer, PushWork, Subscription, SubscriptionState
from aggregator.store import singles
from aggregator.store.among import among
from aggregator.store.learned import hints_from_json
from aggregator.store.packing import unpack_instants
from aggregator.store.tables import documents, feeds, subscriptions
from aggregator.store.types import AnyRow

#: what a subscription becomes; None: it is forgotten
Rule = Callable[[Subscription], Subscription | None]

#: the address that callbacks were made of, among the single values
_CALLBACKS = "websub_callbacks"
_ENDED = (FeedCondition.GONE, FeedCondition.MERGED, FeedCondition.MIRROR)
_POLLED = and_(feeds.c.listed, feeds.c.condition.not_in(_ENDED))
#: as store/learned.py writes hints of which there are any hubs
_NAMES_HUBS = type_coerce(feeds.c.hints, Text).like('%"hubs":["%')
_FEED = (feeds.c.id.label("of_feed"), feeds.c.url, feeds.c.moved_to, feeds.c.hints)


# ── what polls want to know ──────────────────────────────────────────────────────────────────

_PUSHED = (
    select(
        subscriptions.c.feed_id,
        subscriptions.c.lease_until,
        subscriptions.c.delivered_at,
        documents.c.arrivals,
    )
    .join_from(subscriptions, documents, documents.c.feed_id == subscriptions.c.feed_id, isouter=True)
    .where(
        among(subscriptions.c.feed_id, "ids"),
        subscriptions.c.state == SubscriptionState.ACTIVE,
        subscriptions.c.delivered_at.is_not(None),
    )
)


def pushed(connection: Connection, feed_ids: Collection[int]) -> Mapping[int, datetime]:
    """Until when polls of these feeds may rely on a hub; feeds without a trusted one are left out.

    The instant may lie in the past. One query, by primary key.
    """
    found: dict[int, datetime] = {}
    for row in connection.execute(_PUSHED, {"ids": feed_ids}):
        until = hubs.pushed_until(row.lease_until, row.delivered_at, unpack_instants(row.arrivals))
        if until is not None:
            found[row.feed_id] = until
    return found


# ── what is to be done ───────────────────────────────────────────────────────────────────────


def work(connection: Connection, now: datetime, *, limit: int, after: int) -> PushWork:
    """Up to ``limit`` of each kind; some subscriptions are compared with their feeds, from ``after`` on."""
    slice_ = select(subscriptions.c.feed_id).where(subscriptions.c.feed_id > after)
    compared = connection.execute(slice_.order_by(subscriptions.c.feed_id).limit(_COMPARED)).scalars().all()
    due, outdated = [], []
    for row in connection.execute(_IN_QUESTION, {"now": now, "ids": compared}):
        subscription, offer = _subscription(row), _offer(row)
        leaving = subscription.state == SubscriptionState.LEAVING
        if leaving:
            if subscription.next_try_at is None or subscription.next_try_at <= now:
                due.append((subscription, offer))
        elif not row.polled or hubs.outdated(subscription, offer):
            outdated.append(subscription)
        elif subscription.next_try_at is not None and subscription.next_try_at <= now:
            due.append((subscription, offer))
    return PushWork(
        offers=_offers(connection, limit),
        due=tuple(due[:limit]),
        unwanted=tuple(outdated[:limit]),
        reviewed=compared[-1] if len(compared) == _COMPARED else 0,
    )


#: subscriptions that are compared with their feeds in one go: a tenth of a millisecond each
_COMPARED = 200
_IN_QUESTION = (
    select(subscriptions, *_FEED, _POLLED.label("polled"))
    .join_from(subscriptions, feeds, feeds.c.id == subscriptions.c.feed_id)
    .where(
        or_(
            subscriptions.c.next_try_at <= bindparam("now"),
            ~_POLLED,
            among(subscriptions.c.feed_id, "ids"),
        )
    )
    .order_by(subscriptions.c.next_try_at, subscriptions.c.feed_id)
)


def _offers(connection: Connection, limit: int) -> tuple[HubOffer, ...]:
    """Polled feeds that name hubs and have no subscription."""
    taken = select(subscriptions.c.feed_id).where(subscriptions.c.feed_id == feeds.c.id)
    query = select(*_FEED).where(_POLLED, _NAMES_HUBS, ~taken.exists()).order_by(feeds.c.id).limit(limit)
    offers = (_offer(row) for row in connection.execute(query))
    return tuple(offer for offer in offers if hubs.hubs_of(offer))


def _offer(row: AnyRow) -> HubOffer:
    return HubOffer(feed_id=row.of_feed, address=row.moved_to or row.url, hints=hints_from_json(row.hints))


# ── single subscriptions ─────────────────────────────────────────────────────────────────────

_COLUMNS = tuple(subscriptions.c)


def _subscription(row: AnyRow) -> Subscription:
    values = {column.name: getattr(row, column.name) for column in _COLUMNS}
    return Subscription(**values | {"state": SubscriptionState(row.state)})


def _values(subscription: Subscription) -> dict[str, Any]:
    return {column.name: getattr(subscription, column.name) for column in _COLUMNS}


def by_token(connection: Connection, token: str) -> Subscription | None:
    """The subscription whose callback this is."""
    row = connection.execute(select(subscriptions).where(subscriptions.c.token == token)).first()
    return None if row is None else _subscription(row)


_NAMES = [column.name for column in _COLUMNS]
_ADD = text(
    f"INSERT INTO subscriptions ({', '.join(_NAMES)}) VALUES (:{', :'.join(_NAMES)})"  # noqa: S608  our names
    " ON CONFLICT (feed_id) DO NOTHING"
).bindparams(*(bindparam(column.name, type_=column.type) for column in _COLUMNS))


def add(connection: Connection, subscription: Subscription) -> bool:
    """Keeps a new subscription; False where the feed has one: another process was quicker."""
    return connection.execute(_ADD, _values(subscription)).rowcount > 0


def change(connection: Connection, token: str, rule: Rule) -> Subscription | None:
    """What ``rule`` makes of the subscription as it stands now; None when it is, or becomes, forgotten."""
    mine = subscriptions.c.token == token
    row = connection.execute(select(subscriptions).where(mine).with_for_update()).first()
    if row is None:
        return None
    before = _subscription(row)
    after = rule(before)
    if after is None:
        connection.execute(delete(subscriptions).where(mine))
    elif after != before:
        connection.execute(update(subscriptions).where(mine).values(_values(after)))
    return after


def push_missed(connection: Connection, feed_id: int) -> None:
    """A poll found what the feed's hub should have pushed."""
    tokens = select(subscriptions.c.token).where(subscriptions.c.feed_id == feed_id)
    for token in connection.execute(tokens).scalars().all():
        change(connection, token, hubs.missed)


def poll_by(connection: Connection, feed_id: int, at: datetime) -> None:
    """Plans the feed's next poll for ``at``, unless it comes earlier anyway, or never."""
    later = and_(feeds.c.id == feed_id, feeds.c.next_poll_at > at)
    connection.execute(update(feeds).where(later).values(next_poll_at=at))


def call_back(connection: Connection, base_url: str) -> None:
    """From now on hubs reach us here: what was subscribed with another address is forgotten."""
    if singles.get(connection, _CALLBACKS) == base_url:
        return
    connection.execute(delete(subscriptions))
    singles.put(connection, _CALLBACKS, base_url)


def count(connection: Connection) -> Mapping[str, int]:
    """How many subscriptions there are, by state."""
    query = select(subscriptions.c.state, func.count()).group_by(subscriptions.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
