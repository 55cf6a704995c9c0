"""What sites asked of us: who wants quiet until when, how far that reaches, pauses under way."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, delete, or_, select, text, update

from aggregator.core.holds import Hold, Remembered, Scope
from aggregator.store import singles
from aggregator.store.tables import holds, sites
from aggregator.store.types import CleanText, UtcDateTime, clean

_CRAWL_DELAYS = "crawl_delays"

_PUT_HOLD = text(
    """
    INSERT INTO holds (kind, key, until, since, status, reason)
    VALUES (:kind, :key, :until, :since, :status, :reason)
    ON CONFLICT (kind, key) DO UPDATE SET
        until = excluded.until, since = excluded.since, status = excluded.status, reason = excluded.reason
    """
).bindparams(
    *[bindparam(name, type_=UtcDateTime) for name in ("until", "since")],
    *[bindparam(name, type_=CleanText) for name in ("key", "reason")],
)
_DROP_HOLD = delete(holds).where(holds.c.kind == bindparam("b_kind"), holds.c.key == bindparam("b_key"))
_PUT_SCOPE = text(
    """
    INSERT INTO sites (site, scope, learned_at) VALUES (:site, :scope, :learned_at)
    ON CONFLICT (site) DO UPDATE SET scope = excluded.scope, learned_at = excluded.learned_at
    """
).bindparams(bindparam("learned_at", type_=UtcDateTime), bindparam("site", type_=CleanText))
_DROP_SCOPE = update(sites).where(sites.c.site == bindparam("b_site")).values(scope=None, learned_at=None)
_PUT_PAUSE = text(
    """
    INSERT INTO sites (site, free_at) VALUES (:site, :free_at)
    ON CONFLICT (site) DO UPDATE SET free_at = excluded.free_at
    """
).bindparams(bindparam("free_at", type_=UtcDateTime), bindparam("site", type_=CleanText))


def remembered(connection: Connection, now: datetime) -> Remembered:
    """What is not over yet, in the order of its keys."""
    standing = connection.execute(select(holds).where(holds.c.until > now)).all()
    known = connection.execute(
        select(sites).where(or_(sites.c.free_at > now, sites.c.scope.is_not(None)))
    ).all()
    delays = json.loads(singles.get(connection, _CRAWL_DELAYS) or "[]")
    return Remembered(
        holds=tuple(sorted((_hold(row) for row in standing), key=lambda hold: (hold.scope, hold.key))),
        scopes=tuple(sorted((row.site, Scope(row.scope), row.learned_at) for row in known if row.scope)),
        pauses=tuple(
            sorted((row.site, row.free_at) for row in known if row.free_at is not None and row.free_at > now)
        ),
        crawl_delays=tuple((origin, seconds) for origin, seconds in delays),
    )


def remember(connection: Connection, known: Remembered, present: Remembered, now: datetime) -> None:
    """Writes what differs between ``known`` and ``present``, and drops what is over."""
    _write_holds(connection, known, present)
    _write_scopes(connection, known, present)
    pauses = [{"site": site, "free_at": at} for site, at in present.pauses if at > now]
    if pauses:
        connection.execute(_PUT_PAUSE, pauses)
    connection.execute(delete(holds).where(holds.c.until <= now))
    over = or_(sites.c.free_at.is_(None), sites.c.free_at <= now)
    connection.execute(delete(sites).where(sites.c.scope.is_(None), over))
    if present.crawl_delays != known.crawl_delays:
        singles.put(connection, _CRAWL_DELAYS, json.dumps(present.crawl_delays))


def _write_holds(connection: Connection, known: Remembered, present: Remembered) -> None:
    before, after = set(known.holds), set(present.holds)
    put = [_row(hold) for hold in present.holds if hold not in before]
    names = {(hold.scope, hold.key) for hold in after}
    gone = [hold for hold in known.holds if (hold.scope, hold.key) not in names]
    if put:
        connection.execute(_PUT_HOLD, put)
    if gone:
        connection.execute(_DROP_HOLD, [{"b_kind": hold.scope.value, "b_key": hold.key} for hold in gone])


def _write_scopes(connection: Connection, known: Remembered, present: Remembered) -> None:
    before = set(known.scopes)
    put = [
        {"site": site, "scope": scope.value, "learned_at": at}
        for site, scope, at in present.scopes
        if (site, scope, at) not in before
    ]
    named = {site for site, _, _ in present.scopes}
    gone = [{"b_site": site} for site, _, _ in known.scopes if site not in named]
    if put:
        connection.execute(_PUT_SCOPE, put)
    if gone:
        connection.execute(_DROP_SCOPE, gone)


def _row(hold: Hold) -> dict[str, Any]:
    return {
        "kind": hold.scope.value,
        "key": hold.key,
        "until": hold.until,
        "since": hold.since,
        "status": hold.status,
        "reason": clean(hold.reason),
    }


def _hold(row: Any) -> Hold:
    scope = Scope(row.kind)
    return Hold(
        scope=scope,
        key=row.key,
        host=urlsplit(row.key).netloc if scope is Scope.URL else row.key,
        until=row.until,
        since=row.since,
        status=row.status,
        reason=row.reason,
    )
