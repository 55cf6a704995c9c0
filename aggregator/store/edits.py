"""Stored items of which the feed says something else now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.model import ChangedItem, NewItem
from aggregator.store import dating
from aggregator.store.among import among
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.inserts import page_row, stated, write_tags
from aggregator.store.tables import item_tags, items, pages, texts
from aggregator.store.types import AnyRow, digest64, hash_or_none

_STORED = select(
    items.c.id,
    items.c.link,
    items.c.canonical_hash,
    items.c.text_hash,
    items.c.text_source,
    *dating.COLUMNS,
    items.c.updated,
    items.c.duplicate_of,
    items.c.relation,
    items.c.title,
    items.c.authors,
    items.c.language,
).where(among(items.c.id, "ids"))
_DROP_TAGS = delete(item_tags).where(among(item_tags.c.item_id, "ids"))
_EDIT_TEXT = update(texts).where(texts.c.item_id == bindparam("b_id"))
_WANT_PAGE = (
    update(pages).where(pages.c.item_id == bindparam("b_id")).values(lease_token=None, lease_until=None)
)
_EDIT_ITEM = update(items).where(items.c.id == bindparam("b_id"))


def write_edits(connection: Connection, changed: Sequence[ChangedItem], at: datetime) -> None:
    """Rewrites what the feed states. An item that was deleted meanwhile stays deleted."""
    if not changed:
        return
    rows = connection.execute(_STORED, {"ids": [change.id for change in changed]})
    stored: dict[int, AnyRow] = {row[0]: row for row in rows}
    edits = {change.id: change.item for change in changed if change.id in stored}
    if not edits:
        return
    changes = [_write_edit(connection, stored[item_id], item, at) for item_id, item in edits.items()]
    connection.execute(_DROP_TAGS, {"ids": edits.keys()})
    write_tags(connection, ((item_id, item.parsed.tags) for item_id, item in edits.items()))
    rejoin(connection, changes)


def _write_edit(connection: Connection, row: AnyRow, item: NewItem, at: datetime) -> tuple[Member, Member]:
    """Writes one edit; the item as its groups saw it before and see it now."""
    was = now = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    values = stated(item) | _dates(row, item, at) | {"b_id": row.id}
    if item.canonical_url != row.link:  # another link: what its page said of the old one is void
        values |= {"canonical_url": item.canonical_url, "canonical_hash": item.canonical_url}
        now = replace(now, canonical_hash=hash_or_none(item.canonical_url))
    if _page_stands(row, item):
        # What the page filled in stays until the feed states it.
        values |= {name: values[name] or getattr(row, name) for name in ("title", "authors", "language")}
        written = {"feed_text": item.text, "feed_source": item.text_source}
    else:
        now = replace(now, text_hash=digest64(item.text_digest))
        values |= {"text_source": item.text_source, "text_hash": now.text_hash}
        written = {"text": item.text, "page_html": None, "feed_text": None, "feed_source": None}
    connection.execute(_EDIT_ITEM, values)
    connection.execute(_EDIT_TEXT, written | {"content_html": item.parsed.content_html, "b_id": row.id})
    _want_page(connection, row.id, item.page_due_at)
    return was, now


def _page_stands(row: AnyRow, item: NewItem) -> bool:
    """Whether the text from the page stays: unless the feed carries the full text itself now."""
    return row.text_source == "page" and not (item.text_source == "feed" and item.page_due_at is None)


def _dates(row: AnyRow, item: NewItem, at: datetime) -> dict[str, Any]:
    """When it was edited, and when published."""
    stated_edit = item.parsed.updated
    newer = stated_edit is not None and (row.updated is None or stated_edit > row.updated)
    values: dict[str, Any] = {"updated": stated_edit if newer else at}
    return values | dating.of_edit(row, item)


def _want_page(connection: Connection, item_id: int, due_at: datetime | None) -> None:
    """The page is due as the edit says, as if it had not been tried; its validators stay.

    Whoever is fetching it now loses the claim: they may have got the text of before the edit.
    """
    fresh = page_row(item_id, due_at)
    known = connection.execute(_WANT_PAGE, fresh | {"b_id": item_id})
    if known.rowcount == 0 and due_at is not None:
        connection.execute(insert(pages), fresh)
