"""What one poll found, written in one transaction."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    LargeBinary,
    Text,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    union_all,
    update,
)

from aggregator.model import ChangedItem, HealthEvent, Keyed, KnownItem, NewItem, PollOutcome, Recorded, Term
from aggregator.store import comments, events, gaps
from aggregator.store.among import among
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.edits import write_edits
from aggregator.store.engine import take_turn
from aggregator.store.habits import habits_to_json
from aggregator.store.inserts import insert_items
from aggregator.store.learned import hints_to_json, sighting_to_json
from aggregator.store.packing import pack_instants, pack_rhythm, pack_window
from aggregator.store.tables import feeds, fetches, items
from aggregator.store.types import AnyRow, dumps, from_microseconds, hash64, hash_or_none, to_microseconds

#: how the reason of a line of the history begins that tells of a delivery
BROUGHT = "brought by the hub"

_NAMES = (
    items.c.id,
    items.c.key,
    items.c.guid,
    items.c.link,
    items.c.title,
    items.c.digest,
    items.c.published,
)
_KNOWN = (
    select(*_NAMES)
    .where(
        items.c.id.in_(  # not OR: SQLite would look at every item of the feed
            union_all(
                *[
                    select(items.c.id).where(items.c.feed_id == bindparam("b_feed_id"), among(column, name))
                    for column, name in (
                        (items.c.guid_hash, "guids"),
                        (items.c.link_hash, "links"),
                        (items.c.title_hash, "titles"),
                        (items.c.key_hash, "keys"),
                    )
                ]
            )
        )
    )
    .order_by(items.c.id)
)
_LATEST = (
    select(items.c.id)
    .where(items.c.feed_id == bindparam("b_feed_id"), items.c.kind.is_(None))
    .order_by(items.c.sort_at.desc(), items.c.id.desc())
    .limit(bindparam("b_limit"))
)
_RECENT = (
    select(*_NAMES, items.c.summary, items.c.enclosures)
    .where(
        items.c.feed_id == bindparam("b_feed_id"),
        or_(items.c.id.in_(_LATEST), among(items.c.id, "shown")),
    )
    .order_by(items.c.id)
)
_HELD = select(func.max(items.c.held_until, type_=items.c.held_until.type)).where(
    items.c.feed_id == bindparam("b_feed_id"), items.c.held_until.is_not(None)
)
_STORED = select(items.c.key_hash, items.c.id).where(
    items.c.feed_id == bindparam("b_feed_id"), among(items.c.key_hash, "keys")
)


def known_items(
    connection: Connection,
    feed_id: int,
    *,
    guids: Collection[str],
    canonical_urls: Collection[str],
    titles: Collection[str],
    keys: Collection[str],
) -> tuple[KnownItem, ...]:
    """The feed's items that have one of these guids, links (canonical) or keys, or one of these titles
    and neither guid nor link. Oldest first. The title of an item without one is its digest in hex.
    """
    wanted = {
        "b_feed_id": feed_id,
        "guids": _hashes(guids),
        "links": _hashes(canonical_urls),
        "titles": _hashes(titles),
        "keys": _hashes(keys),
    }
    return tuple(
        KnownItem(
            id=row[0],
            key=row[1],
            guid=row[2],
            canonical_url=row[3],
            title=row[4],
            digest=row[5],
            published=row[6],
        )
        for row in connection.execute(_KNOWN, wanted)
    )


def recent_items(
    connection: Connection, feed_id: int, *, shown: Collection[int], limit: int
) -> tuple[KnownItem, ...]:
    """The feed's latest items, and those that its document showed: what a document of new names may mean."""
    asked = {"b_feed_id": feed_id, "shown": shown, "b_limit": limit}
    return tuple(
        KnownItem(
            id=row.id,
            key=row.key,
            guid=row.guid,
            canonical_url=row.link,
            title=row.title,
            digest=row.digest,
            published=row.published,
            summary=row.summary,
            files=tuple(one[0] for one in row.enclosures),
        )
        for row in connection.execute(_RECENT, asked)
    )


def held_until(connection: Connection, feed_id: int) -> datetime | None:
    """Until when items of the feed are held back; None: none ever was."""
    at: datetime | None = connection.execute(_HELD, {"b_feed_id": feed_id}).scalar()
    return at


def _hashes(values: Collection[str]) -> set[int]:
    return {hash64(value) for value in values if value}


# ── one poll ─────────────────────────────────────────────────────────────────────────────────

_STATE = (
    update(feeds)
    .where(feeds.c.id == bindparam("b_feed_id"), feeds.c.lease_token == bindparam("b_token"))
    .values(
        polls=feeds.c.polls + bindparam("b_polls"),
        not_modified=feeds.c.not_modified + bindparam("b_not_modified"),
        dropped=feeds.c.dropped + bindparam("b_dropped"),
        lease_token=None,
        lease_until=None,
    )
)
_PUT_OFF = (
    update(feeds)
    .where(feeds.c.id == bindparam("b_feed_id"), feeds.c.lease_token == bindparam("b_token"))
    .values(lease_token=None, lease_until=None)
)
_EVENT = insert(fetches)
_DOCUMENT = text(
    """
    INSERT INTO documents (feed_id, body_digest, shell_digest, "window", arrivals, rhythm, habits)
    VALUES (:feed_id, :body_digest, :shell_digest, :window, :arrivals, :rhythm, :habits)
    ON CONFLICT (feed_id) DO UPDATE SET
        body_digest = coalesce(excluded.body_digest, documents.body_digest),
        shell_digest = coalesce(excluded.shell_digest, documents.shell_digest),
        "window" = coalesce(excluded."window", documents."window"),
        arrivals = coalesce(excluded.arrivals, documents.arrivals),
        rhythm = coalesce(excluded.rhythm, documents.rhythm),
        habits = coalesce(excluded.habits, documents.habits)
    """
).bindparams(
    *[
        bindparam(name, type_=LargeBinary)
        for name in ("body_digest", "shell_digest", "window", "arrivals", "rhythm")
    ],
    bindparam("habits", type_=Text),
)
_LISTED = select(feeds.c.url).where(feeds.c.url.in_(bindparam("urls", expanding=True)), feeds.c.listed)


def record_poll(connection: Connection, outcome: PollOutcome) -> Recorded:
    """Writes everything a poll found, unless another process has claimed the feed meanwhile."""
    if outcome.new or outcome.changed or outcome.moved:
        take_turn(connection)
    if outcome.result == "put_off":
        return Recorded(written=connection.execute(_PUT_OFF, _put_off(outcome)).rowcount > 0)
    terms = [_term(term) for term in outcome.schedule.terms]
    if connection.execute(_STATE, _state(outcome, terms)).rowcount == 0:
        return Recorded(written=False)
    if outcome.moved:
        _rename(connection, outcome.moved)
    ids: tuple[int, ...] = ()
    added: frozenset[int] = frozenset()
    if outcome.new or outcome.changed:
        ids, added = _write_items(connection, outcome)
    if outcome.discussions:
        comments.note(connection, outcome.discussions)
    _write_document(connection, outcome, ids)
    connection.execute(
        _EVENT,
        {
            "feed_id": outcome.feed_id,
            "at": outcome.at,
            "result": outcome.result,
            "status": None if outcome.part else outcome.status,
            "size": outcome.size,
            "elapsed_ms": outcome.elapsed_ms,
            "new": len(added),
            "reason": "; ".join(filter(None, (BROUGHT, outcome.reason))) if outcome.part else outcome.reason,
            "next_poll_at": outcome.schedule.next_poll_at,
            "terms": terms,
        },
    )
    if outcome.flood:
        event = HealthEvent(outlet=outcome.outlet, at=outcome.at, kind="flood", text=outcome.flood)
        events.add(connection, event)
    if outcome.gap is not None:
        gaps.open_(connection, outcome.feed_id, outcome.gap, outcome.at)
    return Recorded(written=True, new_ids=tuple(sorted(added)))


def _put_off(outcome: PollOutcome) -> dict[str, Any]:
    """The feed's row when nothing was asked: only when it is asked, and why then."""
    return {
        "b_feed_id": outcome.feed_id,
        "b_token": outcome.lease_token,
        "next_poll_at": outcome.schedule.next_poll_at,
        "hold_until": outcome.schedule.hold_until,
        "terms": [_term(term) for term in outcome.schedule.terms],
    }


def _state(outcome: PollOutcome, terms: list[list[Any]]) -> dict[str, Any]:
    """The feed's row after this poll; what is None in the outcome stays as it is."""
    schedule = outcome.schedule
    values: dict[str, Any] = {
        "b_feed_id": outcome.feed_id,
        "b_token": outcome.lease_token,
        "b_polls": int(not outcome.part),
        "b_not_modified": int(outcome.result == "not_modified" and not outcome.part),
        "b_dropped": outcome.dropped,
    }
    if not schedule.stands:
        values |= {
            "next_poll_at": schedule.next_poll_at,
            "movable_from": schedule.movable_from,
            "terms": terms,
        }
    if not outcome.part:
        values |= _answered(outcome)
    if outcome.body:
        values["last_body"] = outcome.at
    if outcome.validators is not None:
        values["etag"] = outcome.validators.etag
        values["last_modified"] = outcome.validators.last_modified
    if outcome.hints is not None:
        values["hints"] = hints_to_json(outcome.hints)
    learned = {
        "title": outcome.title,
        "site_url": outcome.site_url,
        "feed_language": outcome.language,
        "moved_to": outcome.moved_to,
        "merged_into": outcome.merged_into,
    }
    if outcome.suspicion is not None:
        learned["suspicion"] = outcome.suspicion
        values["suspected_at"] = outcome.at if outcome.suspicion else None
    return values | {name: value for name, value in learned.items() if value is not None}


def _answered(outcome: PollOutcome) -> dict[str, Any]:
    """What only the feed's own server can tell: whether it answers, and what it asks for."""
    schedule = outcome.schedule
    values: dict[str, Any] = {
        "last_attempt": outcome.at,
        "hold_until": schedule.hold_until,
        "condition": schedule.condition.value,
        "failures": schedule.failures,
        "failing_since": schedule.failing_since,
        "absences": schedule.absences,
        "absent_since": schedule.absent_since,
        "reason": outcome.reason,
        "sighting": sighting_to_json(outcome.sighting),
    }
    if outcome.result != "failed":
        values["last_success"] = outcome.at
    return values


def listed(connection: Connection, urls: Collection[str]) -> frozenset[str]:
    """Those of these addresses that are feeds of the configuration."""
    return frozenset(connection.execute(_LISTED, {"urls": list(urls)}).scalars())


def _term(term: Term) -> list[Any]:
    return [term.name, term.value, to_microseconds(term.at) if term.at else None, int(term.won)]


def terms_from(stored: Iterable[Any]) -> tuple[Term, ...]:
    """The terms of the last decision, as the feed's row keeps them."""
    return tuple(
        Term(name=name, value=value, at=None if at is None else from_microseconds(at), won=bool(won))
        for name, value, at, won in stored
    )


def _write_items(connection: Connection, outcome: PollOutcome) -> tuple[tuple[int, ...], frozenset[int]]:
    """Inserts and edits. The ids of ``outcome.new`` in order, and which of them were really new."""
    keys = [hash64(item.key) for item in outcome.new]
    asked = {"b_feed_id": outcome.feed_id, "keys": keys}
    stored: dict[int, int] = {row[0]: row[1] for row in connection.execute(_STORED, asked)}
    new: dict[int, NewItem] = {}
    # Decided on what was known a moment ago: a new one that is stored by now is an edit.
    again: list[ChangedItem] = []
    for key, item in zip(keys, outcome.new, strict=True):
        if key in stored:
            again.append(ChangedItem(id=stored[key], item=item))
        else:
            new.setdefault(key, item)
    added = insert_items(connection, outcome.feed_id, tuple(new.values()), outcome.at)
    write_edits(connection, [*outcome.changed, *again], outcome.at)
    ids = stored | dict(zip(new, added, strict=True))
    return tuple(ids[key] for key in keys), frozenset(added)


_RENAMED = select(
    items.c.id,
    items.c.guid,
    items.c.first_guid,
    items.c.link,
    items.c.canonical_hash,
    items.c.text_hash,
    items.c.duplicate_of,
    items.c.relation,
).where(among(items.c.id, "ids"))
_WRITE_NAMES = update(items).where(items.c.id == bindparam("b_id"))


def _rename(connection: Connection, moved: Collection[tuple[int, Keyed]]) -> None:
    """Gives stored items the guids and links that they have now; exports' ids rest on what they had first."""
    names = dict(moved)
    rows = connection.execute(_RENAMED, {"ids": names.keys()}).all()
    rejoin(connection, [_name_anew(connection, row, names[row.id]) for row in rows])


def _name_anew(connection: Connection, row: AnyRow, keyed: Keyed) -> tuple[Member, Member]:
    """Writes one item's names; the item as its groups saw it before and see it now."""
    was = now = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    guid = keyed.parsed.guid
    values: dict[str, Any] = {"b_id": row.id, "guid": guid, "guid_hash": guid, "first_guid": row.first_guid}
    if row.first_guid is None and guid != row.guid:
        values["first_guid"] = row.guid
    if keyed.canonical_url:
        link = keyed.canonical_url
        values |= {"url": keyed.parsed.url, "link": link, "link_hash": link}
        if row.canonical_hash == hash_or_none(row.link):  # its page has named no other
            values |= {"canonical_url": link, "canonical_hash": link}
            now = replace(now, canonical_hash=hash_or_none(link))
    connection.execute(_WRITE_NAMES, values)
    return was, now


def _write_document(connection: Connection, outcome: PollOutcome, new_ids: tuple[int, ...]) -> None:
    """What the document held; what is None in the outcome stays as it is."""
    values = {
        "body_digest": outcome.body_digest,
        "shell_digest": outcome.shell_digest,
        "window": None if outcome.window is None else _packed(outcome.window, new_ids),
        "arrivals": None if outcome.arrivals is None else pack_instants(outcome.arrivals),
        "rhythm": None if outcome.rhythm is None else pack_rhythm(outcome.rhythm),
        "habits": None if outcome.habits is None else dumps(habits_to_json(outcome.habits) or []),
    }
    if any(value is not None for value in values.values()):
        connection.execute(_DOCUMENT, values | {"feed_id": outcome.feed_id})


def _packed(window: Iterable[tuple[bytes, int | None, int | None]], new_ids: tuple[int, ...]) -> bytes:
    return pack_window(
        [(digest, new_ids[index] if index is not None else item_id) for digest, item_id, index in window]
    )
