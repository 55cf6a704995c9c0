"""Pages: which are due, who has claimed them, and what was read from them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from aggregator.core.extract.verdict import count_words
from aggregator.core.revisions import found_otherwise, lost_most
from aggregator.model import Article, ArticleOutcome, ArticleTask, Lease, Validators, Wording
from aggregator.store import boilerplate, dating, hashtags, leads, profiles, revisions, sections
from aggregator.store.among import among
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.engine import take_turn
from aggregator.store.feeds import name_key
from aggregator.store.inserts import add_tags, language_code
from aggregator.store.tables import feeds, items, pages, texts
from aggregator.store.types import AnyRow, digest64, hash_or_none

#: scores are stored in thousandths
_SURE = 1000


def _due(now: datetime, outlets: Collection[str] | None) -> ColumnElement[bool]:
    due = and_(pages.c.due_at <= now, or_(pages.c.lease_until.is_(None), pages.c.lease_until <= now))
    wanted = select(feeds.c.id).where(feeds.c.listed)  # an outlet that was taken out is left alone
    if outlets is not None:
        wanted = wanted.where(feeds.c.outlet_key.in_(sorted({name_key(one) for one in outlets})))
    mine = select(items.c.id).where(items.c.id == pages.c.item_id, items.c.feed_id.in_(wanted))
    return and_(due, mine.exists())


def claim_articles(
    connection: Connection,
    now: datetime,
    lease: Lease,
    *,
    limit: int,
    outlets: Collection[str] | None,
) -> tuple[ArticleTask, ...]:
    """Takes up to ``limit`` due pages for the holder of ``lease``, the longest overdue first."""
    chosen = (
        select(pages.c.item_id)
        .where(_due(now, outlets))
        .order_by(pages.c.due_at, pages.c.item_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        update(pages)
        .where(pages.c.item_id.in_(chosen))
        .values(lease_token=lease.token, lease_until=lease.until)
        .returning(
            pages.c.item_id,
            pages.c.due_at,
            pages.c.attempts,
            pages.c.rereads,
            pages.c.etag,
            pages.c.last_modified,
        )
    ).all()
    if not claimed:
        return ()
    by_id = {row.id: row for row in connection.execute(_OF_ITEMS, {"ids": [row.item_id for row in claimed]})}
    return tuple(
        _task(page, by_id[page.item_id], lease.token)
        for page in sorted(claimed, key=lambda page: (page.due_at, page.item_id))
    )


_OF_ITEMS = (
    select(
        items.c.id,
        feeds.c.outlet,
        items.c.url,
        items.c.title,
        items.c.summary,
        items.c.authors,
        items.c.published,
        items.c.language,
        items.c.first_seen,
        items.c.text_source,
        texts.c.text,
        texts.c.feed_text,
        texts.c.feed_source,
        texts.c.score,
    )
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .join(texts, texts.c.item_id == items.c.id)
    .where(among(items.c.id, "ids"))
)


def _task(page: AnyRow, item: AnyRow, token: str) -> ArticleTask:
    of_page = item.text_source == "page"
    return ArticleTask(
        item_id=item.id,
        outlet=item.outlet,
        url=item.url,
        title=item.title,
        authors=tuple(item.authors),
        published=item.published,
        language=item.language,
        first_seen=item.first_seen,
        text=(item.feed_text or "") if of_page else item.text,
        text_source=item.feed_source if of_page else item.text_source,
        attempts=page.attempts,
        validators=Validators(etag=page.etag, last_modified=page.last_modified),
        lease_token=token,
        summary=item.summary,
        page_text=item.text if of_page else "",
        page_score=item.score / _SURE if of_page and item.score is not None else None,
        rereads=page.rereads,
    )


def any_due(connection: Connection, now: datetime) -> bool:
    """Whether a page is due that nobody has claimed."""
    return bool(connection.execute(select(select(pages.c.item_id).where(_due(now, None)).exists())).scalar())


def count_due(connection: Connection, now: datetime, outlets: Collection[str] | None) -> int:
    """How many pages ``claim_articles`` would give."""
    return connection.execute(select(func.count()).select_from(pages).where(_due(now, outlets))).scalar_one()


# ── one page ─────────────────────────────────────────────────────────────────────────────────

_STORED = (
    select(
        items.c.id,
        items.c.title,
        items.c.authors,
        items.c.language,
        items.c.canonical_hash,
        items.c.text_hash,
        items.c.text_source,
        *dating.COLUMNS,
        items.c.duplicate_of,
        items.c.relation,
        texts.c.text,
        texts.c.method,
        pages.c.attempts,
        feeds.c.outlet_key,
    )
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .join(pages, pages.c.item_id == items.c.id)
    .where(items.c.id == bindparam("b_id"))
)
_WRITE_PAGE = (
    update(pages)
    .where(pages.c.item_id == bindparam("b_id"), pages.c.lease_token == bindparam("b_token"))
    .values(lease_token=None, lease_until=None)
)
_WRITE_ITEM = update(items).where(items.c.id == bindparam("b_id"))
_WRITE_TEXT = update(texts).where(texts.c.item_id == bindparam("b_id"))
_WRITE_FIRST_TEXT = _WRITE_TEXT.values(feed_text=texts.c.text)


def record_article(connection: Connection, outcome: ArticleOutcome) -> ArticleOutcome | None:
    """Writes what a page gave, and gives what was written; None when somebody else has claimed it, or the
    item is gone.

    A text that other articles' pages show as well is none: what is written is a failure then. A text that
    lost most of the words that the page gave before takes nothing's place: that page is unchanged.
    """
    found: boilerplate.Shown | None = None
    stored: AnyRow | None = None
    read = outcome
    if outcome.article is not None or outcome.claims or outcome.withdrawal or outcome.tags or outcome.leads:
        take_turn(connection)
    if outcome.article is not None:
        found = boilerplate.shown(connection, outcome)
        stored = connection.execute(_STORED, {"b_id": outcome.item_id}).first()
        outcome = boilerplate.refused(outcome) if found else _unless_worse(outcome, outcome.article, stored)
    if connection.execute(_WRITE_PAGE, _page(outcome)).rowcount == 0:
        return None
    if found is not None:
        boilerplate.withdraw(connection, found, read)
    if outcome.result == "extracted" and outcome.article is not None and stored is not None:
        _write_article(connection, outcome, outcome.article, stored)
    elif outcome.withdrawal:
        _write_withdrawal(connection, outcome)
    elif outcome.claims:
        _write_date(connection, outcome)
    if tags := outcome.article.tags if outcome.article is not None else outcome.tags:
        hashtags.write_page_tags(connection, outcome.item_id, tags)
    profiles.record(connection, outcome)
    _write_shown(connection, outcome)
    return outcome


def _write_shown(connection: Connection, outcome: ArticleOutcome) -> None:
    """What stands beside an aggregator's article."""
    if outcome.leads:
        leads.write(connection, outcome)
    if outcome.hashtags:
        add_tags(connection, outcome.item_id, outcome.hashtags)


def _page(outcome: ArticleOutcome) -> dict[str, Any]:
    """The page's row; what was not asked stays as it is."""
    values: dict[str, Any] = {
        "b_id": outcome.item_id,
        "b_token": outcome.lease_token,
        "due_at": outcome.next_try_at,
        "reason": outcome.reason,
    }
    if outcome.result != "put_off":
        values |= {"attempts": outcome.attempts, "status": outcome.status}
    if outcome.result in ("extracted", "unchanged"):
        values["rereads"] = outcome.rereads
    if outcome.validators is not None:
        values["etag"] = outcome.validators.etag
        values["last_modified"] = outcome.validators.last_modified
    return values


def _unless_worse(outcome: ArticleOutcome, article: Article, row: AnyRow | None) -> ArticleOutcome:
    """The outcome, but for a text that must not take the place of the page's stored one."""
    if outcome.result != "extracted" or row is None or row.text_source != "page":
        return outcome
    if not lost_most(row.text, article.text):
        return outcome
    words = f"{count_words(article.text)} words, {count_words(row.text)} before"
    return replace(
        outcome,
        result="unchanged",
        reason=f"the page gave {words}: the better text stays",
        article=None,
        claims=article.claims,
        canonical_url=None,
        text_digest=None,
    )


def _write_article(connection: Connection, outcome: ArticleOutcome, article: Article, row: AnyRow) -> None:
    """The page's text takes the place of the feed's, which is kept; other facts only fill gaps.

    A second look whose text a reader would call edited is kept as a revision.
    """
    was = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    now = replace(was, text_hash=digest64(outcome.text_digest))
    values: dict[str, Any] = {"b_id": row.id, "text_source": "page", "text_hash": now.text_hash}
    if canonical := sections.believed(connection, row, outcome.canonical_url, article.text):
        now = replace(now, canonical_hash=hash_or_none(canonical))
        values |= {"canonical_url": canonical, "canonical_hash": canonical}
    if article.image:
        values["image"] = article.image
    if _is_edit(connection, outcome, article, row):
        values["updated"] = outcome.at
    connection.execute(_WRITE_ITEM, values | _gaps(row, article))
    written: dict[str, Any] = {
        "b_id": row.id,
        "text": article.text,
        "page_html": article.html,
        "method": article.method,
        "score": round(article.score * _SURE),
    }
    if row.text_source == "page":
        connection.execute(_WRITE_TEXT, written)
    else:
        connection.execute(_WRITE_FIRST_TEXT, written | {"feed_source": row.text_source})
    rejoin(connection, [(was, now)], {row.id: outcome.sketch})


def _write_date(connection: Connection, outcome: ArticleOutcome) -> None:
    """What a page says of the item's date is heard although its text is not taken."""
    row = connection.execute(_STORED, {"b_id": outcome.item_id}).first()
    values = {} if row is None else dating.of_page(row, outcome.claims)
    if row is None or not values:
        return
    connection.execute(_WRITE_ITEM, values | {"b_id": row.id})
    member = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    rejoin(connection, [(member, member)])


def _write_withdrawal(connection: Connection, outcome: ArticleOutcome) -> None:
    """That the page took the article back is kept, once; the text stays."""
    row = connection.execute(_STORED, {"b_id": outcome.item_id}).first()
    if row is None or any(
        one.after.text == outcome.withdrawal for one in revisions.of_item(connection, row.id)
    ):
        return
    before = Wording(title=row.title, text=row.text, source="page")
    difference = revisions.Difference(
        item_id=row.id,
        outlet_key=row.outlet_key,
        at=outcome.at,
        seen_in="page",
        before=before,
        after=replace(before, text=outcome.withdrawal),
    )
    if revisions.record(connection, difference):
        connection.execute(_WRITE_ITEM, {"b_id": row.id, "updated": outcome.at})


def _is_edit(connection: Connection, outcome: ArticleOutcome, article: Article, row: AnyRow) -> bool:
    """Whether the page said something else before: not where its text comes for the first time, where its
    other pages were missing, or where it begins and ends elsewhere because it is found in another way now.
    """
    was_incomplete = row.attempts > 0 and row.text in article.text
    if row.text_source != "page" or was_incomplete:
        return False
    text = profiles.by_rules(connection, row.outlet_key, outcome, row.text)
    if row.method and row.method != article.method and found_otherwise(text, article.text):
        return False
    before = Wording(title=row.title, text=text, source="page")
    difference = revisions.Difference(
        item_id=row.id,
        outlet_key=row.outlet_key,
        at=outcome.at,
        seen_in="page",
        before=before,
        after=replace(before, text=article.text),
    )
    return revisions.record(connection, difference)


def _gaps(row: AnyRow, article: Article) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not row.title and article.title:
        values["title"] = article.title
    if not row.authors and article.authors:
        values["authors"] = article.authors
    if not row.language and article.language:
        values["language"] = language_code(article.language)
    return values | dating.of_page(row, article.claims)
