"""The feeds: which are listed, which are due, who has claimed them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from aggregator.model import FeedCondition, FeedSpec, FeedState, Lease, Plan, Validators
from aggregator.store import subscriptions
from aggregator.store.among import among
from aggregator.store.habits import habits_from_json
from aggregator.store.learned import hints_from_json, sighting_from_json
from aggregator.store.packing import unpack_instants, unpack_rhythm, unpack_window
from aggregator.store.tables import documents, feed_tags, feeds, fetches, pages
from aggregator.store.types import AnyRow, clean, hash64


def name_key(name: str) -> str:
    """An outlet's name or a tag as it is compared: case folded, blanks at the ends cut."""
    return clean(name).strip().casefold()[:200]


#: conditions of feeds that are never polled
_RETIRED = (FeedCondition.GONE, FeedCondition.MERGED)
#: … and of those that are polled seldom
_PARKED = (*_RETIRED, FeedCondition.MIRROR, FeedCondition.SUSPENDED)

# ── what is configured ───────────────────────────────────────────────────────────────────────

_CONFIGURED = (
    feeds.c.id,
    feeds.c.url,
    feeds.c.outlet,
    feeds.c.homepage,
    feeds.c.tags,
    feeds.c.language,
    feeds.c.listed,
    feeds.c.condition,
    feeds.c.merged_into,
)


def in_step(connection: Connection, specs: Sequence[FeedSpec]) -> bool:
    """True when the stored feeds are already those configured."""
    new, changed, unlisted = _differences(connection, specs)
    return not (new or changed or unlisted)


def sync(connection: Connection, specs: Sequence[FeedSpec], now: datetime) -> None:
    """Makes the stored feeds those configured, writing only differences. A feed is known by its URL."""
    new, changed, unlisted = _differences(connection, specs)
    for spec in new:
        feed_id = connection.execute(
            insert(feeds).returning(feeds.c.id), {**_configured(spec), **_fresh(now), "url": spec.url}
        ).scalar_one()
        _set_tags(connection, feed_id, spec)
    for feed_id, (spec, again) in changed.items():
        values = _configured(spec) | (_fresh(now) if again else {})
        connection.execute(update(feeds).where(feeds.c.id == feed_id).values(values))
        _set_tags(connection, feed_id, spec)
    if unlisted:
        connection.execute(update(feeds).where(feeds.c.id.in_(unlisted)).values(listed=False))


def _differences(
    connection: Connection, specs: Sequence[FeedSpec]
) -> tuple[list[FeedSpec], dict[int, tuple[FeedSpec, bool]], list[int]]:
    """Feeds to insert; to update, and whether they begin again; ids of those no longer listed."""
    wanted: dict[str, FeedSpec] = {}
    for spec in specs:
        wanted.setdefault(spec.url, spec)
    listed = frozenset(wanted)
    changed: dict[int, tuple[FeedSpec, bool]] = {}
    unlisted: list[int] = []
    for row in connection.execute(select(*_CONFIGURED)):
        if row.url not in wanted:
            if row.listed:
                unlisted.append(row.id)
            continue
        spec = wanted.pop(row.url)
        # Taken out and put back by hand: a feed that is not polled any more gets another chance. So does one
        # whose items came from another that has left the list.
        again = not row.listed and row.condition in _PARKED
        again = again or (row.merged_into is not None and row.merged_into not in listed)
        if again or not row.listed or _configured(spec) != _configured_row(row):
            changed[row.id] = (spec, again)
    return list(wanted.values()), changed, unlisted


def _configured(spec: FeedSpec) -> dict[str, Any]:
    return {
        "outlet": spec.outlet,
        "outlet_key": name_key(spec.outlet),
        "homepage": spec.homepage,
        "tags": list(spec.tags),
        "language": spec.language,
        "listed": True,
    }


def _configured_row(row: AnyRow) -> dict[str, Any]:
    return {
        "outlet": row.outlet,
        "outlet_key": name_key(row.outlet),
        "homepage": row.homepage,
        "tags": row.tags,
        "language": row.language,
        "listed": row.listed,
    }


def _fresh(now: datetime) -> dict[str, Any]:
    """The state of a feed that was never polled: due at once."""
    return {
        "title": "",
        "site_url": "",
        "condition": FeedCondition.NEW,
        "reason": "",
        "failures": 0,
        "terms": [],
        "polls": 0,
        "not_modified": 0,
        "dropped": 0,
        "next_poll_at": now,
        "hold_until": None,
        "failing_since": None,
        "absences": 0,
        "absent_since": None,
        "moved_to": "",
        "sighting": None,
        "merged_into": None,
        "suspicion": "",
    }


def _set_tags(connection: Connection, feed_id: int, spec: FeedSpec) -> None:
    connection.execute(delete(feed_tags).where(feed_tags.c.feed_id == feed_id))
    keys = {name_key(tag) for tag in spec.tags} - {""}
    if keys:
        connection.execute(insert(feed_tags), [{"tag_key": key, "feed_id": feed_id} for key in sorted(keys)])


# ── what is due ──────────────────────────────────────────────────────────────────────────────


def _pollable(now: datetime, outlets: Collection[str] | None) -> ColumnElement[bool]:
    """Listed, polled at all, not told to wait."""
    conditions = [
        feeds.c.listed,
        feeds.c.condition.not_in(_RETIRED),
        or_(feeds.c.hold_until.is_(None), feeds.c.hold_until <= now),
    ]
    if outlets is not None:
        conditions.append(feeds.c.outlet_key.in_(sorted({name_key(name) for name in outlets})))
    return and_(*conditions)


def _due(
    now: datetime, outlets: Collection[str] | None, *, force: bool, not_since: datetime | None
) -> ColumnElement[bool]:
    """Due by the clock; with ``force`` all that were not polled since ``not_since``."""
    if not force:
        return and_(feeds.c.next_poll_at <= now, _pollable(now, outlets))
    if not_since is None:
        return _pollable(now, outlets)
    return and_(
        or_(feeds.c.last_attempt.is_(None), feeds.c.last_attempt < not_since), _pollable(now, outlets)
    )


_DOCUMENTS = select(documents).where(among(documents.c.feed_id, "ids"))


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now)


def claim_due(
    connection: Connection,
    now: datetime,
    lease: Lease,
    *,
    limit: int,
    outlets: Collection[str] | None,
    force: bool,
    not_since: datetime | None,
) -> tuple[FeedState, ...]:
    """Takes up to ``limit`` due feeds for the holder of ``lease``, the longest overdue first."""
    chosen = (
        select(feeds.c.id)
        .where(_due(now, outlets, force=force, not_since=not_since), _free(now))
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claim = update(feeds).where(feeds.c.id.in_(chosen)).values(_leased(lease)).returning(*_CLAIMED)
    return _states(connection, connection.execute(claim).all(), now, lease)


def claim_feed(connection: Connection, feed_id: int, now: datetime, lease: Lease) -> FeedState | None:
    """Takes this feed, due or not; None when somebody holds it, or it is not polled."""
    free = and_(feeds.c.id == feed_id, _free(now), feeds.c.listed, feeds.c.condition.not_in(_RETIRED))
    claimed = connection.execute(update(feeds).where(free).values(_leased(lease)).returning(*_CLAIMED)).all()
    return next(iter(_states(connection, claimed, now, lease)), None)


def _leased(lease: Lease) -> dict[str, Any]:
    return {"lease_token": lease.token, "lease_until": lease.until}


_CLAIMED = (
    feeds.c.id,
    feeds.c.url,
    feeds.c.outlet,
    feeds.c.language,
    feeds.c.feed_language,
    feeds.c.title,
    feeds.c.site_url,
    feeds.c.etag,
    feeds.c.last_modified,
    feeds.c.last_attempt,
    feeds.c.last_success,
    feeds.c.failures,
    feeds.c.failing_since,
    feeds.c.absences,
    feeds.c.absent_since,
    feeds.c.condition,
    feeds.c.moved_to,
    feeds.c.sighting,
    feeds.c.last_body,
    feeds.c.hints,
    feeds.c.suspicion,
    feeds.c.merged_into,
    feeds.c.next_poll_at,
    feeds.c.hold_until,
)


def _states(
    connection: Connection, claimed: Sequence[AnyRow], now: datetime, lease: Lease
) -> tuple[FeedState, ...]:
    """The claimed feeds as values, the longest overdue first."""
    if not claimed:
        return ()
    ids = [row.id for row in claimed]
    by_feed = {row.feed_id: row for row in connection.execute(_DOCUMENTS, {"ids": ids})}
    pushed = subscriptions.pushed(connection, ids)
    ordered = sorted(claimed, key=lambda row: (row.next_poll_at or now, row.id))
    states = tuple(_state(row, by_feed.get(row.id), lease.token) for row in ordered)
    return tuple(replace(state, pushed_until=pushed.get(state.id)) for state in states) if pushed else states


def _state(row: AnyRow, document: AnyRow | None, token: str) -> FeedState:
    state: Mapping[str, Any] = (
        {}
        if document is None
        else {
            "body_digest": document.body_digest,
            "shell_digest": document.shell_digest,
            "window": unpack_window(document.window),
            "arrivals": unpack_instants(document.arrivals),
            "rhythm": unpack_rhythm(document.rhythm),
            "habits": habits_from_json(document.habits),
        }
    )
    return FeedState(
        id=row.id,
        url=row.url,
        outlet=row.outlet,
        language=row.language or row.feed_language,
        title=row.title,
        site_url=row.site_url,
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        last_attempt=row.last_attempt,
        last_success=row.last_success,
        next_poll_at=row.next_poll_at,
        hold_until=row.hold_until,
        failures=row.failures,
        failing_since=row.failing_since,
        absences=row.absences,
        absent_since=row.absent_since,
        condition=FeedCondition(row.condition),
        moved_to=row.moved_to,
        sighting=sighting_from_json(row.sighting),
        last_body=row.last_body,
        hints=hints_from_json(row.hints),
        suspicion=row.suspicion,
        merged_into=row.merged_into or "",
        lease_token=token,
        **state,
    )


def count_due(
    connection: Connection,
    now: datetime,
    outlets: Collection[str] | None,
    *,
    force: bool,
    not_since: datetime | None,
) -> int:
    """How many feeds ``claim_due`` would give, whoever holds them now."""
    due = _due(now, outlets, force=force, not_since=not_since)
    return connection.execute(select(func.count()).select_from(feeds).where(due)).scalar_one()


def count_listed(connection: Connection, outlets: Collection[str] | None) -> int:
    """How many feeds are configured and enabled."""
    query = select(func.count()).select_from(feeds).where(feeds.c.listed)
    if outlets is not None:
        query = query.where(feeds.c.outlet_key.in_(sorted({name_key(name) for name in outlets})))
    return connection.execute(query).scalar_one()


def next_due_at(connection: Connection) -> datetime | None:
    """When the next feed falls due; None when none ever will."""
    earliest: datetime | None = connection.execute(
        select(func.min(feeds.c.next_poll_at, type_=feeds.c.next_poll_at.type)).where(
            feeds.c.listed, feeds.c.condition.not_in(_RETIRED)
        )
    ).scalar_one()
    return earliest


# hints without a word on skipping are not even decoded
_PLANS = select(
    feeds.c.id,
    feeds.c.outlet,
    feeds.c.last_attempt,
    feeds.c.next_poll_at,
    feeds.c.hold_until,
    case((type_coerce(feeds.c.hints, Text).like('%"skip\\_%', escape="\\"), feeds.c.hints)),
).where(
    feeds.c.listed,
    feeds.c.condition == FeedCondition.OK,
    feeds.c.last_attempt.is_not(None),
    feeds.c.next_poll_at.is_not(None),
)


def plans(connection: Connection) -> tuple[Plan, ...]:
    """The planned polls of the configured feeds that are well."""
    rows = connection.execute(_PLANS)
    return tuple(
        Plan(
            feed_id=row[0],
            outlet=row[1],
            last_attempt=row[2],
            next_poll_at=row[3],
            hold_until=row[4],
            hints=hints_from_json(row[5]),
        )
        for row in rows
    )


def bring_forward(connection: Connection, times: Mapping[int, datetime]) -> None:
    """Plans these feeds for these times."""
    if not times:
        return
    change = update(feeds).where(feeds.c.id == bindparam("b_id")).values(next_poll_at=bindparam("b_at"))
    connection.execute(change, [{"b_id": feed_id, "b_at": at} for feed_id, at in times.items()])


def spread(connection: Connection, now: datetime, pause: timedelta) -> int:
    """Plans the overdue feeds one after another, ``pause`` apart, in an order that mixes the sites."""
    due = select(feeds.c.id, feeds.c.url).where(_due(now, None, force=False, not_since=None), _free(now))
    overdue = sorted(connection.execute(due), key=lambda row: hash64(row.url[::-1]))
    bring_forward(connection, {row.id: now + pause * place for place, row in enumerate(overdue)})
    return len(overdue)


def forgive(connection: Connection, before: Mapping[int, FeedState], now: datetime) -> None:
    """Takes back failed polls that were no fault of the feeds: they are as ``before``, and due now."""
    forgiven = [feed_id for feed_id, state in before.items() if _restored(connection, feed_id, state, now)]
    failed = and_(
        among(fetches.c.feed_id, "ids"), fetches.c.result == "failed"
    )  # not what a hub brought since
    latest = select(func.max(fetches.c.id)).where(failed).group_by(fetches.c.feed_id)
    connection.execute(delete(fetches).where(fetches.c.id.in_(latest)), {"ids": forgiven})


def _restored(connection: Connection, feed_id: int, state: FeedState, now: datetime) -> bool:
    """Whether the feed is as it was before its last poll; False when it was polled again since."""
    was: dict[str, Any] = {
        "condition": state.condition.value,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "polls": feeds.c.polls - 1,
        "next_poll_at": now,
    }
    if not state.failures:
        was["reason"] = ""
    unchanged = and_(feeds.c.id == feed_id, feeds.c.failures == state.failures + 1)
    return connection.execute(update(feeds).where(unchanged).values(was)).rowcount > 0


def reached(connection: Connection, limit: int) -> tuple[str, ...]:
    """What was asked of the feeds that answered last, the latest at the end."""
    latest = (
        select(feeds.c.url, feeds.c.moved_to)
        .where(feeds.c.listed, feeds.c.last_success.is_not(None))
        .order_by(feeds.c.last_success.desc())
        .limit(limit)
    )
    return tuple(row.moved_to or row.url for row in reversed(connection.execute(latest).all()))


def outlet_names(connection: Connection) -> tuple[str, ...]:
    """Every outlet of which something is stored or configured, in alphabetical order."""
    names = connection.execute(select(feeds.c.outlet).distinct()).scalars()
    return tuple(sorted(names, key=name_key))


def any_claimed(connection: Connection) -> bool:
    """Whether anybody holds a claim, on a feed or on a page."""
    feed = select(feeds.c.id).where(feeds.c.lease_token.is_not(None)).exists()
    page = select(pages.c.item_id).where(pages.c.lease_token.is_not(None)).exists()
    return bool(connection.execute(select(or_(feed, page))).scalar())


def release(connection: Connection, token: str | None) -> None:
    """Gives up every claim of this token on feeds and pages; None: of all tokens."""
    for table in (feeds, pages):
        mine = table.c.lease_token.is_not(None) if token is None else table.c.lease_token == token
        connection.execute(update(table).where(mine).values(lease_token=None, lease_until=None))
