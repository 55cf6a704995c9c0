"""Stored items of which the feed says something else now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.core.revisions import stays
from aggregator.model import ChangedItem, NewItem, Wording
from aggregator.store import dating, hashtags, revisions
from aggregator.store.among import among
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.inserts import page_row, stated, write_tags
from aggregator.store.tables import feeds, item_tags, items, pages, texts
from aggregator.store.types import AnyRow, digest64, hash_or_none

_STORED = (
    select(
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
        items.c.tags,
        items.c.language,
        texts.c.text,
        texts.c.feed_text,
        texts.c.feed_source,
        feeds.c.outlet_key,
    )
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(items.c.id, "ids"))
)
_DROP_TAGS = delete(item_tags).where(among(item_tags.c.item_id, "ids"))
_EDIT_TEXT = update(texts).where(texts.c.item_id == bindparam("b_id"))
_WANT_PAGE = (
    update(pages).where(pages.c.item_id == bindparam("b_id")).values(lease_token=None, lease_until=None)
)
_HAS_PAGE = select(pages.c.item_id).where(pages.c.item_id == bindparam("b_id"))
_EDIT_ITEM = update(items).where(items.c.id == bindparam("b_id"))


def write_edits(connection: Connection, changed: Sequence[ChangedItem], at: datetime) -> None:
    """Rewrites what the feed states. An item that was deleted meanwhile stays deleted.

    Where a reader would see an edit, it is kept as a revision and the item counts as updated, whether its
    text is the feed's or its page's.
    """
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
    retagged = [item_id for item_id, item in edits.items() if tuple(stored[item_id].tags) != item.parsed.tags]
    hashtags.requeue(connection, retagged)
    rejoin(connection, changes)


def _write_edit(connection: Connection, row: AnyRow, item: NewItem, at: datetime) -> tuple[Member, Member]:
    """Writes one edit; the item as its groups saw it before and see it now."""
    was = now = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    values = stated(item) | dating.of_edit(row, item) | {"b_id": row.id}
    is_elsewhere = item.canonical_url != row.link
    if is_elsewhere:  # another link: what its page said of the old one is void
        values |= {"canonical_url": item.canonical_url, "canonical_hash": item.canonical_url}
        now = replace(now, canonical_hash=hash_or_none(item.canonical_url))
    page_stands = _page_stands(row, item)
    if page_stands:  # What the page filled in stays until the feed states it.
        values |= {name: values[name] or getattr(row, name) for name in ("title", "authors", "language")}
    difference = _difference(row, item, values["title"], at)
    written: dict[str, Any] = {"content_html": item.parsed.content_html}
    if stays(difference.before, difference.after):  # a teaser, and its markup, take nothing's place
        written = {}
        difference = replace(difference, after=replace(difference.before, title=values["title"]))
    elif page_stands:
        written |= {"feed_text": item.text, "feed_source": item.text_source}
    else:
        now = replace(now, text_hash=digest64(item.text_digest))
        values |= {"text_source": item.text_source, "text_hash": now.text_hash}
        written |= {"text": item.text, "page_html": None, "feed_text": None, "feed_source": None}
        written |= {"method": "", "score": None}
    is_edit = revisions.record(connection, difference)
    if is_edit:
        values["updated"] = _edited_at(row, item, at)
    connection.execute(_EDIT_ITEM, values)
    if written:
        connection.execute(_EDIT_TEXT, written | {"b_id": row.id})
    _want_page(connection, row.id, item.page_due_at, anew=is_edit or is_elsewhere)
    return was, now


def _difference(row: AnyRow, item: NewItem, title: str, at: datetime) -> revisions.Difference:
    """What the feed said of an item, and says now."""
    of_page = row.text_source == "page"
    before = Wording(
        title=row.title,
        text=(row.feed_text or "") if of_page else row.text,
        source=row.feed_source if of_page else row.text_source,
    )
    return revisions.Difference(
        item_id=row.id,
        outlet_key=row.outlet_key,
        at=at,
        seen_in="feed",
        before=before,
        after=Wording(title=title, text=item.text, source=item.text_source),
    )


def _page_stands(row: AnyRow, item: NewItem) -> bool:
    """Whether the text from the page stays: unless the feed carries the full text itself now."""
    return row.text_source == "page" and not (item.text_source == "feed" and item.page_due_at is None)


def _edited_at(row: AnyRow, item: NewItem, at: datetime) -> datetime:
    """When the publisher says that it was edited, where that is news and no time to come; else now."""
    said = item.parsed.updated
    is_news = said is not None and said <= at and (row.updated is None or said > row.updated)
    return said if said is not None and is_news else at


def _want_page(connection: Connection, item_id: int, due_at: datetime | None, *, anew: bool) -> None:
    """The page is due as the feed says, with ``anew`` as if it had not been tried; its validators stay.

    Whoever is fetching it now loses the claim then: they may have got the text of before the edit. What is
    no edit (a tag, a picture's address) leaves its page alone, unless that was never asked for.
    """
    fresh = page_row(item_id, due_at)
    if anew or due_at is None:
        known = connection.execute(_WANT_PAGE, fresh | {"b_id": item_id}).rowcount > 0
    else:
        known = connection.execute(_HAS_PAGE, {"b_id": item_id}).first() is not None
    if not known and due_at is not None:
        connection.execute(insert(pages), fresh)
