"""Edits of stored items: what was said before and after, of what kind it was, when and where it was found."""

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from aggregator.core.noise import learned, noise, without_noise
from aggregator.core.revisions import classify, grew, wording_hash
from aggregator.model import Corrected, Edit, ItemFilter, Revision, RevisionKind, SeenIn, Wording
from aggregator.store import items as reading_items
from aggregator.store import singles
from aggregator.store.among import among
from aggregator.store.tables import items, revisions
from aggregator.store.types import AnyRow

#: revisions of an item that are kept; of more, typos go first, then the oldest
MOST: Final = 50
#: characters of a text that a revision keeps
_KEPT: Final = 200_000
#: an item that comes back to what it said before does so this often; then it goes to and fro by itself
_RETURNS: Final = 2
#: what the feed shows is read in the page within this time, and is one edit with it
_FEED_FIRST: Final = timedelta(hours=2)
#: the feed catches up with its pages within this
_PAGE_FIRST: Final = timedelta(hours=12)

_COLUMNS = (
    revisions.c.id,
    revisions.c.item_id,
    revisions.c.at,
    revisions.c.seen_in,
    revisions.c.kind,
    revisions.c.summary,
    revisions.c.before_hash,
    revisions.c.after_hash,
)
_OF_ITEM = select(*_COLUMNS).where(revisions.c.item_id == bindparam("b_item")).order_by(revisions.c.id)
_TEXTS = select(*_COLUMNS, revisions.c.packed).where(among(revisions.c.id, "ids"))
_INSERT = insert(revisions)
_UPDATE = update(revisions).where(revisions.c.id == bindparam("b_id"))
_DELETE = delete(revisions).where(among(revisions.c.id, "ids"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two wordings of an item, and where the second was found."""

    item_id: int
    outlet_key: str
    at: datetime
    seen_in: SeenIn
    before: Wording
    after: Wording


def record(connection: Connection, found: Difference) -> bool:
    """Keeps an edit; False where there is none to a reader, or the item only goes to and fro."""
    if (found.before.title, found.before.text) == (found.after.title, found.after.text):
        return False
    sightings = _sightings(connection, found.outlet_key)
    known = noise(sightings)
    before, after = _quiet(found.before, known), _quiet(found.after, known)
    rows = connection.execute(_OF_ITEM, {"b_item": found.item_id}).all()
    last = _read(connection, rows[-1].id) if rows else None
    edit = classify(before, after, grew_before=last is not None and _grew(last))
    if edit is None:
        return False
    if before.source == after.source and edit.kind != "live":
        more = learned(sightings, found.item_id, before.text, after.text)
        if more != sightings:
            singles.put(connection, _key(found.outlet_key), json.dumps(more, ensure_ascii=False))
    if last is not None and _is_told(found, last):
        return False
    if _returns([*[(row.before_hash, row.after_hash) for row in rows], _hashes(before, after)]) > _RETURNS:
        return False
    if last is not None and (joined := _joined(found, edit, last)) is not None:
        told = {"at": joined.at, "kind": joined.kind, "summary": joined.summary}
        connection.execute(_UPDATE, {"b_id": last.id} | told | _values(joined.before, joined.after, known))
        return True
    told = {"at": found.at, "seen_in": found.seen_in, "kind": edit.kind, "summary": edit.summary}
    connection.execute(_INSERT, {"item_id": found.item_id} | told | _values(found.before, found.after, known))
    _thin(connection, rows)
    return True


def _quiet(wording: Wording, known: frozenset[str]) -> Wording:
    return replace(wording, text=without_noise(wording.text, known))


def _grew(last: Revision) -> bool:
    return last.kind == "live" or grew(last.before, last.after)


def _is_told(found: Difference, last: Revision) -> bool:
    """Whether a feed's new summary only tells of an edit that the page has shown already."""
    return (
        found.seen_in == "feed"
        and last.seen_in == "page"
        and last.after.source != found.after.source
        and found.at - last.at <= _PAGE_FIRST
        and found.before.title == found.after.title
    )


def _joined(found: Difference, edit: Edit, last: Revision) -> Revision | None:
    """The last revision with this edit in it, where both are one: told by the feed, then read in the page,
    or the growth of a live blog.
    """
    if edit.kind == "live" == last.kind:
        told = classify(last.before, found.after, grew_before=True)
        summary = told.summary if told and told.kind == "live" else edit.summary
        return replace(last, at=found.at, summary=summary, after=found.after)
    if not (found.seen_in == "page" and last.seen_in == "feed" and found.at - last.at <= _FEED_FIRST):
        return None
    if last.after.source == found.after.source:
        return None
    before = replace(found.before, title=last.before.title)
    whole = classify(before, found.after) or edit
    if last.kind == "correction":  # the feed's summary says so, whatever the page does
        whole = Edit(kind=last.kind, summary=last.summary)
    return replace(last, before=before, after=found.after, kind=whole.kind, summary=whole.summary)


def _hashes(before: Wording, after: Wording) -> tuple[int, int]:
    return wording_hash(before), wording_hash(after)


def _returns(states: list[tuple[int, int]]) -> int:
    """How often an item came to say what it had said before."""
    said: set[int] = set()
    count = 0
    for before, after in states:
        said.add(before)
        count += after in said
    return count


def _thin(connection: Connection, rows: Iterable[AnyRow]) -> None:
    """Leaves room for the revision that was just added."""
    kept = list(rows)
    if len(kept) >= MOST:
        first = next((row.id for row in kept if row.kind == "typo"), kept[0].id)
        connection.execute(_DELETE, {"ids": [first]})


def _values(before: Wording, after: Wording, known: frozenset[str]) -> dict[str, Any]:
    """Both texts in one piece: what they share costs next to nothing the second time."""
    told = [[one.title, one.source, one.text[:_KEPT]] for one in (before, after)]
    packed = zlib.compress(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), 6)
    before_hash, after_hash = _hashes(_quiet(before, known), _quiet(after, known))
    return {"before_hash": before_hash, "after_hash": after_hash, "packed": packed}


def _sightings(connection: Connection, outlet_key: str) -> dict[str, tuple[int, ...]]:
    kept = singles.get(connection, _key(outlet_key))
    return {key: tuple(ids) for key, ids in json.loads(kept).items()} if kept else {}


def _key(outlet_key: str) -> str:
    return f"noise:{outlet_key}"


# ── reading back ─────────────────────────────────────────────────────────────────────────────


def of_item(connection: Connection, item_id: int) -> tuple[Revision, ...]:
    """An item's revisions, the oldest first."""
    ids = [row.id for row in connection.execute(_OF_ITEM, {"b_item": item_id})]
    return tuple(sorted(_by_ids(connection, ids), key=lambda revision: revision.id))


def corrections(
    reading: reading_items.Reading, which: ItemFilter, kinds: Iterable[RevisionKind]
) -> Iterator[Corrected]:
    """Revisions of these kinds with their items, the latest first; ``since`` and ``until`` are of the edit.

    Read in batches, as ``items.read`` does.
    """
    with reading() as connection:
        ids = array("q", connection.execute(_latest_first(which, kinds)).scalars())
    for start in range(0, len(ids), reading_items.BATCH):
        batch = ids[start : start + reading_items.BATCH]
        with reading() as connection:
            found = {revision.id: revision for revision in _by_ids(connection, batch)}
            owners = {revision.item_id for revision in found.values()}
            items_of = {item.id: item for item in reading_items.by_ids(connection, owners)}
        for revision in (found[one] for one in batch if one in found):
            if revision.item_id in items_of:
                yield Corrected(item=items_of[revision.item_id], revision=revision)


def _latest_first(which: ItemFilter, kinds: Iterable[RevisionKind]) -> Select[int]:
    wanted = [
        *reading_items.matching(replace(which, since=None, until=None)),
        revisions.c.kind.in_(list(kinds)),
    ]
    if which.since is not None:
        wanted.append(revisions.c.at >= which.since)
    if which.until is not None:
        wanted.append(revisions.c.at < which.until)
    query = (
        select(revisions.c.id)
        .join(items, items.c.id == revisions.c.item_id)
        .where(*wanted)
        .order_by(revisions.c.at.desc(), revisions.c.id.desc())
    )
    return query if which.limit is None else query.limit(which.limit)


def _read(connection: Connection, revision_id: int) -> Revision:
    return next(_by_ids(connection, [revision_id]))


def _by_ids(connection: Connection, ids: Iterable[int]) -> Iterator[Revision]:
    return map(_revision, connection.execute(_TEXTS, {"ids": list(ids)}))


def _revision(row: AnyRow) -> Revision:
    before, after = (
        Wording(title=title, source=source, text=text)
        for title, source, text in json.loads(zlib.decompress(row.packed))
    )
    return Revision(
        id=row.id,
        item_id=row.item_id,
        at=row.at,
        seen_in=row.seen_in,
        kind=row.kind,
        summary=row.summary,
        before=before,
        after=after,
    )
