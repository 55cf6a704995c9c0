"""What one poll found, written in one transaction."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from aggregator.model import ChangedItem, KnownItem, PollOutcome, Recorded, Term
from aggregator.store.duplicates import chunks
from aggregator.store.edits import write_edits
from aggregator.store.engine import take_turn
from aggregator.store.inserts import insert_items
from aggregator.store.packing import pack_instants, pack_window
from aggregator.store.tables import documents, feeds, fetches, items
from aggregator.store.types import from_microseconds, to_microseconds

_KNOWN = (
    items.c.id,
    items.c.key,
    items.c.guid,
    items.c.link,
    items.c.title,
    items.c.digest,
)


def known_items(
    connection: Connection,
    feed_id: int,
    *,
    guids: Collection[str] = (),
    canonical_urls: Collection[str] = (),
    titles: Collection[str] = (),
    keys: Collection[str] = (),
) -> tuple[KnownItem, ...]:
    """The feed's items that have one of these guids, links (canonical) or keys, or one of these titles
    and neither guid nor link. Oldest first.
    """
    found: dict[int, KnownItem] = {}
    wanted = (
        (items.c.guid_hash, guids),
        (items.c.link_hash, canonical_urls),
        (items.c.key_hash, keys),
        (items.c.title_hash, titles),
    )
    for column, values in wanted:
        for some in chunks({value for value in values if value}):
            rows = connection.execute(select(*_KNOWN).where(items.c.feed_id == feed_id, column.in_(some)))
            for row in rows:
                found[row[0]] = KnownItem(
                    id=row[0], key=row[1], guid=row[2], canonical_url=row[3], title=row[4], digest=row[5]
                )
    return tuple(found[item_id] for item_id in sorted(found))


# ── one poll ─────────────────────────────────────────────────────────────────────────────────

_STATE = (
    update(feeds)
    .where(feeds.c.id == bindparam("b_feed_id"), feeds.c.lease_token == bindparam("b_token"))
    .values(
        polls=feeds.c.polls + 1,
        not_modified=feeds.c.not_modified + bindparam("b_not_modified"),
        dropped=feeds.c.dropped + bindparam("b_dropped"),
        lease_token=None,
        lease_until=None,
    )
)
_EVENT = insert(fetches)


def record_poll(connection: Connection, outcome: PollOutcome) -> Recorded:
    """Writes everything a poll found, unless another process has claimed the feed meanwhile."""
    if outcome.new or outcome.changed:
        take_turn(connection)
    if connection.execute(_STATE, _state(outcome)).rowcount == 0:
        return Recorded(written=False)
    ids: tuple[int, ...] = ()
    added: frozenset[int] = frozenset()
    if outcome.new or outcome.changed:
        ids, added = _write_items(connection, outcome)
    _write_document(connection, outcome, ids)
    connection.execute(
        _EVENT,
        {
            "feed_id": outcome.feed_id,
            "at": outcome.at,
            "result": outcome.result,
            "status": outcome.status,
            "size": outcome.size,
            "elapsed_ms": outcome.elapsed_ms,
            "new": len(added),
            "reason": outcome.reason,
        },
    )
    return Recorded(written=True, new_ids=tuple(item_id for item_id in ids if item_id in added))


def _state(outcome: PollOutcome) -> dict[str, Any]:
    """The feed's row after this poll; what is None in the outcome stays as it is."""
    schedule = outcome.schedule
    values: dict[str, Any] = {
        "b_feed_id": outcome.feed_id,
        "b_token": outcome.lease_token,
        "b_not_modified": int(outcome.result == "not_modified"),
        "b_dropped": outcome.dropped,
        "last_attempt": outcome.at,
        "next_poll_at": schedule.next_poll_at,
        "hold_until": schedule.hold_until,
        "condition": schedule.condition.value,
        "failures": schedule.failures,
        "terms": [_term(term) for term in schedule.terms],
        "reason": outcome.reason,
    }
    if outcome.result != "failed":
        values["last_success"] = outcome.at
    if outcome.validators is not None:
        values["etag"] = outcome.validators.etag
        values["last_modified"] = outcome.validators.last_modified
    learned = {"title": outcome.title, "site_url": outcome.site_url, "feed_language": outcome.language}
    return values | {name: value for name, value in learned.items() if value is not None}


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
    found = known_items(connection, outcome.feed_id, keys={item.key for item in outcome.new})
    stored = {item.key: item.id for item in found}
    new = {item.key: item for item in outcome.new if item.key not in stored}
    added = insert_items(connection, outcome.feed_id, tuple(new.values()), outcome.at)
    ids = stored | dict(zip(new, added, strict=True))
    # Decided on what was known a moment ago: a new one that is stored by now is an edit.
    again = [ChangedItem(id=stored[item.key], item=item) for item in outcome.new if item.key in stored]
    write_edits(connection, [*outcome.changed, *again], outcome.at)
    return tuple(ids[item.key] for item in outcome.new), frozenset(added)


def _write_document(connection: Connection, outcome: PollOutcome, new_ids: tuple[int, ...]) -> None:
    values: dict[str, Any] = {}
    if outcome.body_digest is not None:
        values["body_digest"] = outcome.body_digest
    if outcome.shell_digest is not None:
        values["shell_digest"] = outcome.shell_digest
    if outcome.window is not None:
        values["window"] = pack_window(
            [
                (digest, new_ids[index] if index is not None else item_id)
                for digest, item_id, index in outcome.window
            ]
        )
    if outcome.arrivals is not None:
        values["arrivals"] = pack_instants(outcome.arrivals)
    if not values:
        return
    stored = connection.execute(
        update(documents).where(documents.c.feed_id == outcome.feed_id).values(values)
    )
    if stored.rowcount == 0:
        empty = {"window": b"", "arrivals": b""}
        connection.execute(insert(documents), empty | values | {"feed_id": outcome.feed_id})
