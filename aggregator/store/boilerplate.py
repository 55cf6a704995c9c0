"""Pages that show the same text for different articles: a wall, an error page.

What one outlet's site shows under several links for items of different titles is none of their texts. The
first item that had it cannot know; the second takes it from both, and it is remembered for those that follow.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from aggregator.core.polling import retry_page
from aggregator.core.similar import is_about, normalise, text_digest
from aggregator.core.urls import site_key
from aggregator.model import ArticleOutcome, FailureKind
from aggregator.store import dating
from aggregator.store.among import among
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.singles import get, put
from aggregator.store.tables import feeds, items, pages, texts
from aggregator.store.types import AnyRow, digest64, hash_or_none

REASON = "the page shows the same text as other articles of this outlet: a wall or an error page"

#: texts of an outlet that are remembered
_REMEMBERED = 50
#: latest items of an outlet that are looked at for a text too short to have a digest
_LATEST = 200

_FIELDS = (
    items.c.id,
    items.c.url,
    items.c.link,
    items.c.link_hash,
    items.c.canonical_hash,
    items.c.title,
    items.c.text_source,
    items.c.text_hash,
    *dating.COLUMNS,
    items.c.duplicate_of,
    items.c.relation,
    feeds.c.outlet_key,
    texts.c.text,
    texts.c.feed_text,
    texts.c.feed_source,
)
_ITEM = (
    select(*_FIELDS)
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .join(texts, texts.c.item_id == items.c.id)
)
_ONE = _ITEM.where(items.c.id == bindparam("b_id"))
_OTHERS = _ITEM.where(
    items.c.text_source == "page",
    feeds.c.outlet_key == bindparam("b_outlet"),
    items.c.id != bindparam("b_id"),
)
_SAME_LONG = _OTHERS.where(items.c.text_hash == bindparam("b_hash"))
_SAME_SHORT = (
    _OTHERS.where(items.c.text_hash.is_(None), func.length(texts.c.text) == bindparam("b_length"))
    .order_by(items.c.sort_at.desc(), items.c.id.desc())
    .limit(_LATEST)
)
_FORGET_TEXT = (
    update(texts)
    .where(among(texts.c.item_id, "ids"))
    .values(
        text=func.coalesce(texts.c.feed_text, ""),
        page_html=None,
        feed_text=None,
        feed_source=None,
        method="",
        score=None,
    )
)
_WRITE_ITEM = update(items).where(items.c.id == bindparam("b_id"))
_ATTEMPTS = select(pages.c.item_id, pages.c.attempts).where(among(pages.c.item_id, "ids"))
_WRITE_PAGE = update(pages).where(pages.c.item_id == bindparam("b_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text that an outlet's site shows for different articles."""

    outlet_key: str
    mark: str
    #: the items that took it for theirs
    rows: Sequence[AnyRow]


def shown(connection: Connection, outcome: ArticleOutcome) -> Shown | None:
    """Whether the text that a page gave is no article's; None: nothing speaks for that."""
    article = outcome.article
    own = None if article is None else connection.execute(_ONE, {"b_id": outcome.item_id}).first()
    if article is None or own is None:
        return None
    mark = _mark(article.text, outcome.text_digest)
    rows = [
        row for row in _same(connection, own, article.text, outcome) if _is_another(own, row, article.text)
    ]
    if rows or mark in _remembered(connection, own.outlet_key):
        return Shown(outlet_key=own.outlet_key, mark=mark, rows=rows)
    return None


def refused(outcome: ArticleOutcome) -> ArticleOutcome:
    """What becomes of the page that showed it: tried again, as walls are taken down."""
    attempts = outcome.attempts + 1
    return replace(
        outcome,
        result="failed",
        reason=REASON,
        article=None,
        canonical_url=None,
        text_digest=None,
        validators=None,
        attempts=attempts,
        next_try_at=retry_page(attempts, now=outcome.at, kind=FailureKind.CONTENT),
    )


def withdraw(connection: Connection, found: Shown, outcome: ArticleOutcome) -> None:
    """Takes the text from the items that have it, and remembers it.

    They are as their feed states them again, and their pages are read anew.
    """
    known = _remembered(connection, found.outlet_key)
    if found.mark not in known:
        put(connection, _key(found.outlet_key), json.dumps([*known, found.mark][-_REMEMBERED:]))
    if not found.rows:
        return
    changes = [_forget(connection, row) for row in found.rows]
    ids = [row.id for row in found.rows]
    connection.execute(_FORGET_TEXT, {"ids": ids})
    for item_id, before in connection.execute(_ATTEMPTS, {"ids": ids}).all():
        again = refused(replace(outcome, attempts=before))
        values = {"attempts": again.attempts, "due_at": again.next_try_at, "reason": REASON}
        # without validators: a 304 would say that what it shows is the article
        connection.execute(_WRITE_PAGE, {"b_id": item_id, "etag": None, "last_modified": None} | values)
    rejoin(connection, changes)


def _forget(connection: Connection, row: AnyRow) -> tuple[Member, Member]:
    """An item without what its page said; as its groups saw it, and as they see it now."""
    was = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    now = replace(
        was,
        canonical_hash=hash_or_none(row.link),
        text_hash=digest64(text_digest(row.feed_text or "")),
    )
    values: dict[str, Any] = {
        "b_id": row.id,
        "text_source": row.feed_source,
        "text_hash": now.text_hash,
        "canonical_url": row.link,
        "canonical_hash": row.link,
    }
    connection.execute(_WRITE_ITEM, values | dating.without_page(row))
    return was, now


def _same(connection: Connection, own: AnyRow, text: str, outcome: ArticleOutcome) -> Sequence[AnyRow]:
    """Other items of the outlet with this text from their pages."""
    asked = {"b_id": own.id, "b_outlet": own.outlet_key}
    if outcome.text_digest is not None:
        number = digest64(outcome.text_digest)
        return connection.execute(_SAME_LONG, asked | {"b_hash": number}).all()
    rows = connection.execute(_SAME_SHORT, asked | {"b_length": len(text)})
    return [row for row in rows if row.text == text]


def _is_another(own: AnyRow, row: AnyRow, text: str) -> bool:
    """Whether an item is another article of the same site, and not this one under another headline."""
    if not own.title or not row.title or normalise(own.title) == normalise(row.title):
        return False
    if own.link_hash == row.link_hash or site_key(own.url) != site_key(row.url):
        return False
    return not (is_about(own.title, text) and is_about(row.title, text))


def _mark(text: str, digest: bytes | None) -> str:
    words = normalise(text).encode("utf-8", "surrogatepass")
    return (digest or blake2b(words, digest_size=16).digest()).hex()


def _remembered(connection: Connection, outlet_key: str) -> list[str]:
    kept = get(connection, _key(outlet_key))
    return list(json.loads(kept)) if kept else []


def _key(outlet_key: str) -> str:
    return f"boilerplate:{outlet_key}"
