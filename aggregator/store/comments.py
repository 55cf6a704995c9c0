"""Comments: how many there are, whose comment feeds are due, what stood in them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from aggregator.core.comments import MOST, YOUNG, first_look
from aggregator.model import Lease, Validators
from aggregator.model.comments import CommentsOutcome, CommentTask
from aggregator.model.items import Discussion
from aggregator.model.stories import Comment
from aggregator.store.among import among
from aggregator.store.feeds import name_key
from aggregator.store.tables import comment_feeds, comments, feeds, items
from aggregator.store.types import AnyRow, hash64

# ── what feeds say of their items ────────────────────────────────────────────────────────────

_TOLD = select(items.c.id, items.c.comments, items.c.comments_url, items.c.comments_feed).where(
    among(items.c.id, "ids")
)
_TELL = update(items).where(items.c.id == bindparam("b_id"))


def note(connection: Connection, discussions: Sequence[Discussion]) -> None:
    """Writes down what a document says of stored items' comments; what it does not say stays.

    A number that counts up is no edit: nothing else of the item changes.
    """
    said = {one.item_id: one for one in discussions}
    for row in connection.execute(_TOLD, {"ids": said.keys()}).all():
        one = said[row.id]
        before = (row.comments, row.comments_url, row.comments_feed)
        now = (
            row.comments if one.count is None else one.count,
            one.url or row.comments_url,
            one.feed or row.comments_feed,
        )
        if now != before:
            told = {"comments": now[0], "comments_url": now[1], "comments_feed": now[2]}
            connection.execute(_TELL, {"b_id": row.id} | told)


# ── comment feeds ────────────────────────────────────────────────────────────────────────────


def claim(
    connection: Connection, now: datetime, lease: Lease, *, limit: int, outlets: Collection[str]
) -> tuple[CommentTask, ...]:
    """Takes up to ``limit`` due comment feeds of these outlets' young items, the longest overdue first."""
    _enrol(connection, now, outlets)
    chosen = (
        select(comment_feeds.c.item_id)
        .where(
            comment_feeds.c.due_at <= now,
            or_(comment_feeds.c.lease_until.is_(None), comment_feeds.c.lease_until <= now),
            comment_feeds.c.item_id.in_(
                select(items.c.id).where(items.c.feed_id.in_(_of(outlets)), items.c.comments_feed != "")
            ),
        )
        .order_by(comment_feeds.c.due_at, comment_feeds.c.item_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(comment_feeds)
        .where(comment_feeds.c.item_id.in_(chosen))
        .values(lease_token=lease.token, lease_until=lease.until)
        .returning(comment_feeds.c.item_id)
    )
    return _tasks(connection, sorted(connection.execute(taken).scalars()), lease)


def claim_one(connection: Connection, item_id: int, now: datetime, lease: Lease) -> CommentTask | None:
    """Takes an item's comment feed, due or not; None where it has none."""
    row = connection.execute(
        select(items.c.sort_at).where(items.c.id == item_id, items.c.comments_feed != "")
    ).first()
    if row is None:
        return None
    known = update(comment_feeds).where(comment_feeds.c.item_id == item_id)
    if connection.execute(known.values(lease_token=lease.token, lease_until=lease.until)).rowcount == 0:
        leased = {"lease_token": lease.token, "lease_until": lease.until}
        connection.execute(insert(comment_feeds), _row(item_id, now) | leased)
    return next(iter(_tasks(connection, [item_id], lease)), None)


def _of(outlets: Collection[str]) -> Any:
    """Their feeds that are polled."""
    names = sorted({name_key(one) for one in outlets})
    return select(feeds.c.id).where(feeds.c.listed, feeds.c.outlet_key.in_(names))


def _enrol(connection: Connection, now: datetime, outlets: Collection[str]) -> None:
    """Young items whose comment feeds nobody has looked at get a time for that."""
    wanted = select(items.c.id, items.c.sort_at).where(
        items.c.feed_id.in_(_of(outlets)),
        items.c.sort_at > now - YOUNG,
        items.c.comments_feed != "",
        ~select(comment_feeds.c.item_id).where(comment_feeds.c.item_id == items.c.id).exists(),
    )
    if rows := connection.execute(wanted).all():
        connection.execute(
            insert(comment_feeds), [_row(row.id, first_look(row.sort_at, now)) for row in rows]
        )


def _row(item_id: int, due_at: datetime | None) -> dict[str, Any]:
    return {"item_id": item_id, "due_at": due_at, "attempts": 0, "reason": ""}


_DUE = (
    select(
        items.c.id,
        items.c.comments_feed,
        items.c.sort_at,
        feeds.c.outlet,
        comment_feeds.c.attempts,
        comment_feeds.c.etag,
        comment_feeds.c.last_modified,
    )
    .join_from(comment_feeds, items, items.c.id == comment_feeds.c.item_id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(comment_feeds.c.item_id, "ids"))
    .order_by(items.c.id)
)


def _tasks(connection: Connection, ids: Collection[int], lease: Lease) -> tuple[CommentTask, ...]:
    if not ids:
        return ()
    return tuple(
        CommentTask(
            item_id=row.id,
            outlet=row.outlet,
            url=row.comments_feed,
            since=row.sort_at,
            quiet=row.attempts,
            validators=Validators(etag=row.etag, last_modified=row.last_modified),
            lease_token=lease.token,
        )
        for row in connection.execute(_DUE, {"ids": ids})
    )


_LOOKED = (
    update(comment_feeds)
    .where(comment_feeds.c.item_id == bindparam("b_id"), comment_feeds.c.lease_token == bindparam("b_token"))
    .values(lease_token=None, lease_until=None)
)
_KNOWN = select(comments.c.id, comments.c.key_hash, comments.c.text).where(
    comments.c.item_id == bindparam("b_id")
)
_EDIT = update(comments).where(comments.c.id == bindparam("b_id"))


def record(connection: Connection, outcome: CommentsOutcome) -> int | None:
    """Writes what a look at a comment feed brought; how many comments were new, None when the claim was lost.

    A comment that the feed shows no more stays; one that reads otherwise now is rewritten.
    """
    held = select(comment_feeds.c.item_id).where(
        comment_feeds.c.item_id == outcome.item_id, comment_feeds.c.lease_token == outcome.lease_token
    )
    if connection.execute(held).first() is None:
        return None
    new = _write(connection, outcome) if outcome.found else 0
    values: dict[str, Any] = {
        "b_id": outcome.item_id,
        "b_token": outcome.lease_token,
        "due_at": outcome.lively_at if new else outcome.next_look_at,
        "attempts": 0 if new else outcome.quiet,
        "reason": outcome.reason,
    }
    if outcome.validators is not None:
        values |= {"etag": outcome.validators.etag, "last_modified": outcome.validators.last_modified}
    connection.execute(_LOOKED, values)
    return new


def _write(connection: Connection, outcome: CommentsOutcome) -> int:
    known = {row.key_hash: row for row in connection.execute(_KNOWN, {"b_id": outcome.item_id})}
    fresh = []
    for key, comment in outcome.found:
        stored = known.get(hash64(key))
        if stored is None:
            fresh.append((key, comment))
        elif stored.text != comment.text:
            connection.execute(_EDIT, {"b_id": stored.id, "text": comment.text})
    fresh = fresh[: max(0, MOST - len(known))]
    if fresh:
        connection.execute(insert(comments), [_comment(key, comment) for key, comment in fresh])
    return len(fresh)


def _comment(key: str, comment: Comment) -> dict[str, Any]:
    return {
        "item_id": comment.item_id,
        "key_hash": key,
        "author": comment.author,
        "text": comment.text,
        "url": comment.url,
        "published": comment.published,
        "first_seen": comment.first_seen,
    }


# ── reading ──────────────────────────────────────────────────────────────────────────────────

_OF_ITEMS = (
    select(comments)
    .where(among(comments.c.item_id, "ids"))
    .order_by(comments.c.item_id, func.coalesce(comments.c.published, comments.c.first_seen), comments.c.id)
)


def of_items(connection: Connection, ids: Collection[int]) -> Mapping[int, tuple[Comment, ...]]:
    """The stored comments of these items, the oldest first; items without any are left out."""
    found: dict[int, list[Comment]] = {}
    for row in connection.execute(_OF_ITEMS, {"ids": ids}):
        found.setdefault(row.item_id, []).append(_read(row))
    return {item_id: tuple(ones) for item_id, ones in found.items()}


def _read(row: AnyRow) -> Comment:
    return Comment(
        item_id=row.item_id,
        author=row.author,
        text=row.text,
        url=row.url,
        published=row.published,
        first_seen=row.first_seen,
    )
