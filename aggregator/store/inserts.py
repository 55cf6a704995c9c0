"""New items: rows of every table they have a part in, and their place among the copies."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from aggregator.core.sketch import sketch_of
from aggregator.model import Enclosure, NewItem
from aggregator.model.copies import Sketch
from aggregator.store import dating, sketches
from aggregator.store.duplicates import regroup
from aggregator.store.feeds import name_key
from aggregator.store.tables import item_tags, items, pages, texts
from aggregator.store.types import digest64

# made once: SQLAlchemy finds the compiled text of a statement that it has seen before
_ITEMS, _TEXTS, _PAGES, _TAGS = insert(items), insert(texts), insert(pages), insert(item_tags)
_LAST_ID = text("SELECT seq FROM sqlite_sequence WHERE name = 'items'")
_NEXT_IDS = text("SELECT nextval(pg_get_serial_sequence('items', 'id')) FROM generate_series(1, :count)")


def insert_items(
    connection: Connection, feed_id: int, new: Sequence[NewItem], at: datetime
) -> tuple[int, ...]:
    """Stores items of one feed; their ids, in order."""
    if not new:
        return ()
    ids = _take_ids(connection, len(new))
    numbered = tuple(zip(ids, new, strict=True))
    connection.execute(_ITEMS, [_item(item_id, feed_id, item, at) for item_id, item in numbered])
    connection.execute(_TEXTS, [_texts(item_id, item) for item_id, item in numbered])
    wanted = [page_row(item_id, item.page_due_at) for item_id, item in numbered if item.page_due_at]
    if wanted:
        connection.execute(_PAGES, wanted)
    write_tags(connection, ((item_id, item.parsed.tags) for item_id, item in numbered))
    sketches.write_new(connection, {item_id: _sketch(item) for item_id, item in numbered})
    regroup(connection, ids)
    return ids


def _take_ids(connection: Connection, count: int) -> tuple[int, ...]:
    """Ids that nobody else gets. Knowing them beforehand saves reading back what was inserted."""
    if connection.dialect.name == "postgresql":
        return tuple(sorted(connection.execute(_NEXT_IDS, {"count": count}).scalars()))
    # We hold the write lock; an explicit id moves AUTOINCREMENT's counter along.
    last = connection.execute(_LAST_ID).scalar() or 0
    return tuple(range(last + 1, last + 1 + count))


def _item(item_id: int, feed_id: int, item: NewItem, at: datetime) -> dict[str, Any]:
    return {
        "id": item_id,
        "feed_id": feed_id,
        "key": item.key,
        "key_hash": item.key,
        **stated(item),
        "kind": item.kind,
        "canonical_url": item.canonical_url,
        "canonical_hash": item.canonical_url,
        **dating.of_new(item, at),
        "first_seen": at,
        "updated": item.parsed.updated,
        "held_until": item.held_until,
        "text_source": item.text_source,
        "text_hash": digest64(item.text_digest),
    }


def stated(item: NewItem) -> dict[str, Any]:
    """The columns that say what the feed says, in a new item as in an edited one."""
    parsed = item.parsed
    return {
        "guid": parsed.guid,
        "guid_hash": parsed.guid,
        "url": parsed.url,
        "link": item.canonical_url,
        "link_hash": item.canonical_url,
        "title_hash": None if parsed.guid or item.canonical_url else parsed.title or item.digest.hex(),
        "title": parsed.title,
        "summary": parsed.summary,
        "base_url": parsed.base_url,
        "authors": parsed.authors,
        "tags": parsed.tags,
        "enclosures": [_enclosure(one) for one in parsed.enclosures],
        "comments": parsed.comments,
        "comments_url": parsed.comments_url,
        "comments_feed": parsed.comments_feed,
        "language": language_code(item.language),
        "digest": item.digest,
    }


def language_code(value: str | None) -> str | None:
    """At most 35 characters, as BCP 47 codes are (RFC 5646, 4.4.1): what else stands there is no code,
    and would be too long for an index.
    """
    return value[:35] if value else None


def _enclosure(one: Enclosure) -> list[Any]:
    return [one.url, one.type, one.length]


def _sketch(item: NewItem) -> Sketch | None:
    """As it was made with the text, else made now."""
    if item.sketch is not None or item.text_digest is None:
        return item.sketch
    return sketch_of(item.text, item.text_source)


def _texts(item_id: int, item: NewItem) -> dict[str, Any]:
    return {"item_id": item_id, "text": item.text, "content_html": item.parsed.content_html}


def page_row(item_id: int, due_at: datetime | None) -> dict[str, Any]:
    """A page that was not fetched yet."""
    return {"item_id": item_id, "due_at": due_at, "attempts": 0, "reason": ""}


def add_tags(connection: Connection, item_id: int, tags: Sequence[str]) -> None:
    """Gives an item the tags that its page shows, behind those that it has."""
    had = tuple(connection.execute(select(items.c.tags).where(items.c.id == item_id)).scalar() or ())
    keys = set(map(name_key, had))
    if more := tuple(tag for tag in tags if name_key(tag) not in keys):
        connection.execute(update(items).where(items.c.id == item_id).values(tags=(*had, *more)))
        write_tags(connection, [(item_id, more)])


def write_tags(connection: Connection, tagged: Iterable[tuple[int, tuple[str, ...]]]) -> None:
    """The tags of items that have none stored, as they are searched for."""
    rows = [
        {"tag_key": key, "item_id": item_id}
        for item_id, tags in tagged
        for key in dict.fromkeys(name_key(tag) for tag in tags)
        if key
    ]
    if rows:
        connection.execute(_TAGS, rows)
