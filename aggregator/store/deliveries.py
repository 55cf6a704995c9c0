"""What webhooks are told: found among what is new, kept until it arrived, forgotten a month later.

How far a webhook has been told stands among the single values, one for each webhook: it is written with
the deliveries it brought, so that nothing is told twice or left out when a run is killed.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, select, text, update

from aggregator.model import HealthEvent, Item
from aggregator.model.webhooks import Attempted, Delivery, News
from aggregator.store import singles
from aggregator.store.among import among
from aggregator.store.engine import Database, take_turn
from aggregator.store.items import by_ids
from aggregator.store.tables import deliveries, events, fetches, items, meta, pages, stories
from aggregator.store.types import AnyRow, UtcDateTime

#: how long what was delivered, or given up, is kept
KEPT = timedelta(days=30)
#: an item whose page is still to be read is told without its text after this
PATIENCE = timedelta(minutes=10)
#: a story that an outlet joined longer ago is no news
YOUNG = timedelta(days=14)

_ADD = text(
    """
    INSERT INTO deliveries
        (hook, event, idempotency_key, body, created_at, due_at, attempts, status, reason, delivered_at)
    VALUES (:hook, :event, :idempotency_key, :body, :now, :due_at, 0, NULL, '', NULL)
    ON CONFLICT (idempotency_key) DO NOTHING
    """
).bindparams(bindparam("now", type_=UtcDateTime), bindparam("due_at", type_=UtcDateTime))
#: of items: no copy, no lead, and not of the first document of its feed
_IS_NEWS = and_(
    items.c.duplicate_of.is_(None),
    items.c.kind.is_(None),
    exists().where(
        fetches.c.feed_id == items.c.feed_id,
        fetches.c.result.in_(("modified", "not_modified")),
        fetches.c.at < items.c.first_seen,
    ),
)
_CHANGE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"))
    .values(
        {name: bindparam(f"b_{name}") for name in ("attempts", "due_at", "status", "reason", "delivered_at")}
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """How far a webhook has been told."""

    #: the highest number of an item, or event, that was looked at
    upto: int = 0
    #: when that was
    at: datetime | None = None


class Deliveries:
    """What webhooks are told, and how that goes. ``hook`` is ``core.webhooks.hook_key`` of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def strangers(self, hooks: Collection[str]) -> list[str]:
        """Those webhooks that nobody knows yet."""
        with self._database.reading() as connection:
            return [hook for hook in hooks if _told(connection, hook) is None]

    def begin(self, hook: str, known: Iterable[str], now: datetime) -> None:
        """A webhook is told of what arrives from now on, and not what the keys in ``known`` stand for."""
        with self._database.writing() as connection:
            table = events if hook.startswith("health ") else items
            last = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
            _keep(connection, hook, last, now)
            _pass_over(connection, hook, known, now)

    # ── what is new ─────────────────────────────────────────────────────────────────────────

    def fresh_items(self, hook: str, now: datetime, limit: int) -> tuple[list[Item], int, bool]:
        """Items that are to be told, in their order; how far of all items that is; whether to ask again.

        Neither copies and leads, nor what a feed's first document brought: that is its past, not news. What
        is held back is told when it is released. An item whose page is still to be read holds up those after
        it, for ten minutes at most.
        """
        with self._database.reading() as connection:
            since = _told(connection, hook) or _Told()
            found, upto = _arrived(connection, since, now, limit)
            if since.at is not None:
                found |= _released(connection, since, now)
            told = sorted(by_ids(connection, found), key=lambda item: item.id)
            return told, upto, upto > since.upto

    def young_stories(self, now: datetime) -> list[tuple[int, int]]:
        """Stories of several outlets that one of them joined lately, and how many outlets they have."""
        joined = select(stories.c.id, stories.c.outlets).where(
            stories.c.outlets > 1, stories.c.merged_into.is_(None), stories.c.joined_at > now - YOUNG
        )
        with self._database.reading() as connection:
            rows = connection.execute(joined.where(stories.c.last_at > now - YOUNG).order_by(stories.c.id))
            return [(row.id, row.outlets) for row in rows]

    def unknown(self, keys: Iterable[str]) -> frozenset[str]:
        """Those idempotency keys that were never queued."""
        wanted = frozenset(keys)
        with self._database.reading() as connection:
            known = select(deliveries.c.idempotency_key).where(among(deliveries.c.idempotency_key, "keys"))
            return wanted - set(connection.execute(known, {"keys": list(wanted)}).scalars())

    def fresh_events(self, hook: str) -> list[tuple[int, HealthEvent]]:
        """What keepers of outlets should know since, with the events' numbers."""
        with self._database.reading() as connection:
            since = _told(connection, hook) or _Told()
            rows = connection.execute(select(events).where(events.c.id > since.upto).order_by(events.c.id))
            return [
                (row.id, HealthEvent(outlet=row.outlet, at=row.at, kind=row.kind, text=row.text))
                for row in rows
            ]

    def add(
        self, hook: str, news: Sequence[News], upto: int, now: datetime, passed_over: Iterable[str] = ()
    ) -> None:
        """Queues news for a webhook, and notes how far it has been told. The same news is queued once.

        ``passed_over``: keys of what it is not to be told, nor asked about again.
        """
        with self._database.writing() as connection:
            take_turn(connection)
            if news:
                connection.execute(_ADD, [asdict(one) | {"now": now, "due_at": now} for one in news])
            _pass_over(connection, hook, passed_over, now)
            _keep(connection, hook, upto, now)

    # ── on its way ──────────────────────────────────────────────────────────────────────────

    def claim(self, hook: str, now: datetime, until: datetime, limit: int) -> list[Delivery]:
        """What is due for a webhook, the first first; nobody else gets it before ``until``."""
        is_due = and_(deliveries.c.hook == hook, deliveries.c.due_at <= now)
        first = select(deliveries.c.id).where(is_due).order_by(deliveries.c.id).limit(limit)
        with self._database.writing() as connection:
            ids = list(connection.execute(first).scalars())
            if not ids:
                return []
            taken = update(deliveries).where(among(deliveries.c.id, "ids"), is_due).values(due_at=until)
            rows = connection.execute(taken.returning(deliveries), {"ids": ids})
            return sorted(map(_delivery, rows), key=lambda one: one.id)

    def attempted(self, outcome: Attempted) -> None:
        """What came of an attempt."""
        with self._database.writing() as connection:
            connection.execute(_CHANGE, {f"b_{name}": value for name, value in asdict(outcome).items()})

    def give_back(self, ids: Collection[int], now: datetime) -> None:
        """What was claimed and not tried is due again."""
        if ids:
            back = update(deliveries).where(among(deliveries.c.id, "ids")).values(due_at=now)
            with self._database.writing() as connection:
                connection.execute(back, {"ids": list(ids)})

    def waiting(self, hook: str) -> int:
        """Pieces of news that a webhook has not been told yet."""
        count = select(func.count()).where(deliveries.c.hook == hook, deliveries.c.due_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(count).scalar_one()

    def forget(self, hooks: Collection[str], now: datetime) -> None:
        """Deletes what was delivered or given up a month ago, and what waits for other webhooks."""
        old = and_(deliveries.c.due_at.is_(None), deliveries.c.created_at < now - KEPT)
        with self._database.writing() as connection:
            connection.execute(delete(deliveries).where(old))
            connection.execute(delete(deliveries).where(deliveries.c.hook.not_in(list(hooks))))
            ours = meta.c.key.startswith("webhook ")
            connection.execute(
                delete(meta).where(ours, meta.c.key.not_in([f"webhook {hook}" for hook in hooks]))
            )


def _told(connection: Connection, hook: str) -> _Told | None:
    """How far the webhook has been told; None: it is new."""
    kept = singles.get(connection, f"webhook {hook}")
    if kept is None:
        return None
    values = json.loads(kept)
    return _Told(upto=values["upto"], at=datetime.fromisoformat(values["at"]))


def _pass_over(connection: Connection, hook: str, keys: Iterable[str], now: datetime) -> None:
    """Known from now on, and nothing to be sent."""
    row = {"hook": hook, "event": hook.partition(" ")[0], "body": "", "now": now, "due_at": None}
    if rows := [row | {"idempotency_key": key} for key in keys]:
        connection.execute(_ADD, rows)


def _keep(connection: Connection, hook: str, upto: int, now: datetime) -> None:
    singles.put(connection, f"webhook {hook}", json.dumps({"upto": upto, "at": now.isoformat()}))


def _arrived(connection: Connection, since: _Told, now: datetime, limit: int) -> tuple[set[int], int]:
    waits = and_(pages.c.due_at.is_not(None), pages.c.attempts == 0, items.c.first_seen > now - PATIENCE)
    looked = connection.execute(
        select(items.c.id, waits.label("waits"), _IS_NEWS.label("is_news"), items.c.held_until)
        .outerjoin_from(items, pages, pages.c.item_id == items.c.id)
        .where(items.c.id > since.upto)
        .order_by(items.c.id)
        .limit(limit)
    )
    upto, found = since.upto, set()
    for row in looked:
        if row.waits:
            break
        upto = row.id
        if row.is_news and (row.held_until is None or row.held_until <= now):
            found.add(row.id)
    return found, upto


def _released(connection: Connection, since: _Told, now: datetime) -> set[int]:
    released = select(items.c.id).where(
        items.c.held_until > since.at,
        items.c.held_until <= now,
        items.c.id <= since.upto,
        _IS_NEWS,
    )
    return set(connection.execute(released).scalars())


def _delivery(row: AnyRow) -> Delivery:
    news = News(hook=row.hook, event=row.event, idempotency_key=row.idempotency_key, body=row.body)
    return Delivery(id=row.id, news=news, created_at=row.created_at, attempts=row.attempts)
