"""Gaps: items that came and went between two polls, found again or not."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from aggregator.core.urls import site_key
from aggregator.model import Filled, Gap, NewGap, NewItem, OpenGap, Recorded
from aggregator.store.among import among
from aggregator.store.engine import take_turn
from aggregator.store.feeds import name_key
from aggregator.store.inserts import insert_items
from aggregator.store.learned import hints_from_json
from aggregator.store.tables import feeds, gaps, items
from aggregator.store.types import AnyRow, hash64, hash_or_none

#: how long whoever took a gap may be at it before another takes it
CLAIM = timedelta(minutes=10)
#: a feed whose past was looked for in vain is left alone for so long
QUIET = timedelta(days=1)
#: how long a gap is told of
TOLD = timedelta(days=30)

_UNFILLED = gaps.c.how.in_(("", "given up"))


# ── opening ──────────────────────────────────────────────────────────────────────────────────


def open_(connection: Connection, feed_id: int, gap: NewGap, at: datetime) -> None:
    """Notes a gap that a poll has met; while one is being looked for, that one becomes longer.

    Due at once, unless the feed's last gap was given up less than a day ago.
    """
    known = connection.execute(
        select(gaps.c.id, gaps.c.after, gaps.c.before)
        .where(gaps.c.feed_id == feed_id, gaps.c.closed_at.is_(None))
        .order_by(gaps.c.id)
        .limit(1)
    ).first()
    if known is not None:
        span = {"after": min(known.after, gap.after), "before": max(known.before, gap.before)}
        connection.execute(update(gaps).where(gaps.c.id == known.id).values(span))
        return
    connection.execute(
        insert(gaps),
        {
            "feed_id": feed_id,
            "opened_at": at,
            "after": gap.after,
            "before": gap.before,
            "how": "",
            "found": 0,
            "attempts": 0,
            "reason": "",
            "due_at": max(at, _quiet_until(connection, feed_id) or at),
        },
    )


def has_open(connection: Connection, feed_id: int) -> bool:
    """Whether a gap of the feed is being looked for."""
    mine = select(gaps.c.id).where(gaps.c.feed_id == feed_id, gaps.c.closed_at.is_(None))
    return connection.execute(mine.limit(1)).first() is not None


def date_of(connection: Connection, item_id: int) -> datetime | None:
    """The date by which an item is listed."""
    date: datetime | None = connection.execute(select(items.c.sort_at).where(items.c.id == item_id)).scalar()
    return date


def _quiet_until(connection: Connection, feed_id: int) -> datetime | None:
    """Until when the feed's past is not looked for again, as that was in vain."""
    given_up: datetime | None = connection.execute(
        select(gaps.c.closed_at)
        .where(gaps.c.feed_id == feed_id, gaps.c.how == "given up")
        .order_by(gaps.c.closed_at.desc())
        .limit(1)
    ).scalar()
    return None if given_up is None else given_up + QUIET


# ── filling ──────────────────────────────────────────────────────────────────────────────────

_FIELDS = (
    gaps.c.id,
    gaps.c.feed_id,
    gaps.c.after,
    gaps.c.before,
    gaps.c.attempts,
    feeds.c.outlet,
    feeds.c.url,
    feeds.c.moved_to,
    feeds.c.homepage,
    feeds.c.site_url,
    feeds.c.language,
    feeds.c.feed_language,
    feeds.c.hints,
)


def due(
    connection: Connection, now: datetime, limit: int, outlets: Collection[str] | None
) -> tuple[OpenGap, ...]:
    """Takes due gaps of listed feeds, the longest overdue first; nobody else gets them for a while."""
    chosen = _due(now, outlets).order_by(gaps.c.due_at, gaps.c.id).limit(limit)
    taken = list(connection.execute(chosen.with_for_update(of=gaps, skip_locked=True)).scalars())
    if not taken:
        return ()
    connection.execute(update(gaps).where(among(gaps.c.id, "ids")).values(due_at=now + CLAIM), {"ids": taken})
    details = select(*_FIELDS).join_from(gaps, feeds, feeds.c.id == gaps.c.feed_id)
    rows = connection.execute(details.where(among(gaps.c.id, "ids")), {"ids": taken})
    found = {row.id: _open_gap(row) for row in rows}
    return tuple(found[number] for number in taken)


def any_due(connection: Connection, now: datetime, outlets: Collection[str] | None) -> bool:
    """Whether ``due`` would give any."""
    return connection.execute(_due(now, outlets).limit(1)).first() is not None


def _due(now: datetime, outlets: Collection[str] | None) -> Select[int]:
    query = select(gaps.c.id).join_from(gaps, feeds, feeds.c.id == gaps.c.feed_id)
    query = query.where(gaps.c.due_at <= now, gaps.c.closed_at.is_(None), feeds.c.listed)
    if outlets is None:
        return query
    return query.where(feeds.c.outlet_key.in_(sorted({name_key(name) for name in outlets})))


def _open_gap(row: AnyRow) -> OpenGap:
    return OpenGap(
        id=row.id,
        feed_id=row.feed_id,
        outlet=row.outlet,
        address=row.moved_to or row.url,
        homepage=row.homepage or _own_page(row),
        language=row.language or row.feed_language,
        hints=hints_from_json(row.hints),
        after=row.after,
        before=row.before,
        attempts=row.attempts,
    )


def _own_page(row: AnyRow) -> str:
    """The page that the feed names, where it lies on the feed's site: another has not said that it is."""
    own: str = row.site_url
    return own if site_key(own) == site_key(row.moved_to or row.url) else ""


def fill(connection: Connection, filled: Filled) -> Recorded:
    """Writes what one attempt found, unless the gap was closed, or its feed deleted, meanwhile.

    One that became longer meanwhile stays open, and is due at once.
    """
    if filled.new:
        take_turn(connection)
    row = connection.execute(
        select(gaps.c.after, gaps.c.before)
        .where(gaps.c.id == filled.gap_id, gaps.c.closed_at.is_(None))
        .with_for_update()
    ).first()
    if row is None:
        return Recorded(written=False)
    values: dict[str, Any] = {"reason": filled.reason, "attempts": filled.attempts, "due_at": filled.due_at}
    if row.after < filled.after or row.before > filled.before:
        values["due_at"] = filled.at
    elif filled.how:
        values |= {"how": filled.how, "closed_at": filled.at, "due_at": None}
    connection.execute(update(gaps).where(gaps.c.id == filled.gap_id).values(values))
    ids = insert_items(
        connection, filled.feed_id, _unknown(connection, filled.feed_id, filled.new), filled.at
    )
    if ids:
        connection.execute(
            update(gaps).where(gaps.c.id == filled.gap_id).values(found=gaps.c.found + len(ids))
        )
    return Recorded(written=True, new_ids=ids)


def _unknown(connection: Connection, feed_id: int, new: Sequence[NewItem]) -> tuple[NewItem, ...]:
    """Those whose key and page are still not stored: a poll may have brought some meanwhile."""
    known: list[set[int]] = []
    for column, hashes in (
        (items.c.key_hash, [hash64(item.key) for item in new]),
        (items.c.link_hash, [hash64(item.canonical_url) for item in new if item.canonical_url]),
    ):
        query = select(column).where(items.c.feed_id == feed_id, among(column, "hashes"))
        known.append(set(connection.execute(query, {"hashes": hashes}).scalars()) if hashes else set())
    keys, links = known
    unknown: dict[int, NewItem] = {}
    for item in new:
        key = hash64(item.key)
        if key not in keys and hash_or_none(item.canonical_url) not in links:
            unknown.setdefault(key, item)
    return tuple(unknown.values())


# ── telling ──────────────────────────────────────────────────────────────────────────────────


def told(connection: Connection, outlet: str | None, limit: int) -> tuple[Gap, ...]:
    """The latest gaps of an outlet, or of all, the newest first."""
    query = select(gaps, feeds.c.outlet, feeds.c.url).join_from(gaps, feeds, feeds.c.id == gaps.c.feed_id)
    if outlet is not None:
        query = query.where(feeds.c.outlet_key == name_key(outlet))
    rows = connection.execute(query.order_by(gaps.c.opened_at.desc(), gaps.c.id.desc()).limit(limit))
    return tuple(
        Gap(
            outlet=row.outlet,
            feed=row.url,
            opened_at=row.opened_at,
            after=row.after,
            before=row.before,
            closed_at=row.closed_at,
            how=row.how,
            found=row.found,
            reason=row.reason,
            due_at=row.due_at,
        )
        for row in rows
    )


def count_open(connection: Connection, now: datetime) -> Mapping[str, int]:
    """How many gaps of the last 30 days were not filled, by the feed's URL; none: left out."""
    query = (
        select(feeds.c.url, func.count())
        .join_from(gaps, feeds, feeds.c.id == gaps.c.feed_id)
        .where(_UNFILLED, gaps.c.opened_at > now - TOLD)
        .group_by(feeds.c.url)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def forget(connection: Connection, now: datetime) -> None:
    """Deletes the gaps that are not told of any more, unless they are still looked for."""
    connection.execute(delete(gaps).where(gaps.c.opened_at < now - TOLD, gaps.c.due_at.is_(None)))
