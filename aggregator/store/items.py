"""Items read back: lists in order, single ones, copies."""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, or_, select, update

from aggregator.core.tagkeys import key_of
from aggregator.model import Enclosure, Item, ItemFilter
from aggregator.store.among import among
from aggregator.store.feeds import name_key
from aggregator.store.learned import claims_from_json
from aggregator.store.tables import (
    feed_tags,
    feeds,
    hashtags,
    item_tags,
    items,
    leads,
    pages,
    story_items,
    texts,
)
from aggregator.store.types import AnyRow, hash64

#: items read in one go: enough to make the statement's cost small, few enough to hold in memory
BATCH = 200

_COLUMNS = (
    *[
        items.c[name]
        for name in (
            "id",
            "key",
            "guid",
            "url",
            "canonical_url",
            "title",
            "summary",
            "base_url",
            "authors",
            "tags",
            "enclosures",
            "language",
            "published",
            "published_source",
            "published_earliest",
            "published_latest",
            "first_seen",
            "updated",
            "text_source",
            "duplicate_of",
            "relation",
            "claims",
            "image",
            "held_until",
            "first_guid",
            "kind",
            "comments",
            "comments_url",
            "comments_feed",
        )
    ],
    texts.c.text,
    texts.c.content_html,
    texts.c.page_html,
    texts.c.method,
    texts.c.score,
    pages.c.reason.label("page_reason"),
    pages.c.attempts.label("page_attempts"),
    pages.c.due_at.label("page_due_at"),
    feeds.c.outlet,
    feeds.c.url.label("feed"),
    feeds.c.title.label("feed_title"),
    feeds.c.site_url,
    feeds.c.tags.label("outlet_tags"),
    story_items.c.story_id,
)
#: what a lead tells of: the outlet's own item
_OWN = items.alias("own")
_BY_ID = (
    select(
        *_COLUMNS,
        leads.c.outlet.label("lead_outlet"),
        func.coalesce(_OWN.c.duplicate_of, _OWN.c.id).label("lead_of"),
    )
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .outerjoin(pages, pages.c.item_id == items.c.id)
    .outerjoin(story_items, story_items.c.item_id == func.coalesce(items.c.duplicate_of, items.c.id))
    .outerjoin(leads, leads.c.item_id == items.c.id)
    .outerjoin(_OWN, _OWN.c.id == leads.c.resolved_to)
    .where(among(items.c.id, "ids"))
)
_SHARED = (
    select(items.c.guid)
    .where(among(items.c.guid_hash, "hashes"))
    .group_by(items.c.guid)
    .having(func.count() > 1)
)

Reading = Callable[[], AbstractContextManager[Connection]]


def matching(which: ItemFilter) -> list[ColumnElement[bool]]:
    """A filter as conditions on ``items``."""
    conditions: list[ColumnElement[bool]] = []
    if which.outlets:
        names = sorted({name_key(name) for name in which.outlets})
        conditions.append(items.c.feed_id.in_(select(feeds.c.id).where(feeds.c.outlet_key.in_(names))))
    if which.tag is not None:
        conditions.append(_tagged(which.tag, copies=which.copies))
    if which.language is not None:
        conditions.append(_in_language(which.language))
    if which.since is not None:
        conditions.append(items.c.sort_at >= which.since)
    if which.until is not None:
        conditions.append(items.c.sort_at < which.until)
    if not which.copies:
        is_first: ColumnElement[bool] = items.c.duplicate_of.is_(None)
        if which.shown_at is not None:
            is_first = or_(is_first, items.c.id.in_(_instead_of_held(which.shown_at)))
        # what an aggregator says of another outlet's article is its own item nowhere
        conditions += [is_first, items.c.kind.is_(None)]
    if which.shown_at is not None:
        conditions.append(_is_shown(items, which.shown_at))
    return conditions


def _tagged(tag: str, *, copies: bool) -> ColumnElement[bool]:
    """The item's own tag or its outlet's; with "#" before it also a hashtag, which has many spellings."""
    keys = sorted({name_key(tag), name_key(tag.lstrip("#"))})
    of_item = select(item_tags.c.item_id).where(item_tags.c.tag_key.in_(keys))
    of_feed = select(feed_tags.c.feed_id).where(feed_tags.c.tag_key.in_(keys))
    tagged = [items.c.id.in_(of_item), items.c.feed_id.in_(of_feed)]
    if tag.startswith("#"):
        marked = select(hashtags.c.item_id).where(hashtags.c.tag_key == key_of(tag))
        tagged.append(items.c.id.in_(marked))
    if not copies:
        # what a section's feed brought as well has the section's label, though that copy is left out
        # (not EXISTS: every item would be looked at)
        other = items.alias()
        of_section = other.c.feed_id.in_(of_feed) & other.c.duplicate_of.is_not(None)
        tagged.append(items.c.id.in_(select(other.c.duplicate_of).where(of_section)))
    return or_(*tagged)


def _is_shown(table: FromClause, at: datetime) -> ColumnElement[bool]:
    return or_(table.c.held_until.is_(None), table.c.held_until <= at)


def _instead_of_held(at: datetime) -> Select[int]:
    """For each item that is held back: the earliest of its copies that is not.

    Held ones are few and have an index: this is done once for a list, whatever the list's length.
    """
    held, copy = items.alias("held"), items.alias("copy")
    earliest = (
        select(copy.c.id)
        .where(copy.c.duplicate_of == held.c.id, _is_shown(copy, at))
        .order_by(copy.c.sort_at, copy.c.id)
        .limit(1)
    )
    return select(earliest.scalar_subquery()).where(held.c.held_until > at)


def _in_language(code: str) -> ColumnElement[bool]:
    """BCP 47 codes compare ignoring case; "en" stands for all of English (RFC 4647, 3.3.1)."""
    wanted = code.strip().lower().replace("_", "-")
    stored = func.replace(func.lower(items.c.language), "_", "-")
    return or_(stored == wanted, stored.startswith(f"{wanted}-", autoescape=True))


def newest_first(which: ItemFilter) -> Select[int]:
    """The ids of matching items."""
    query = select(items.c.id).where(*matching(which)).order_by(items.c.sort_at.desc(), items.c.id.desc())
    return query if which.limit is None else query.limit(which.limit)


def next_release(connection: Connection, now: datetime) -> datetime | None:
    """When the next item that is held back is to be published; None: none is."""
    held = select(func.min(items.c.held_until, type_=items.c.held_until.type)).where(items.c.held_until > now)
    at: datetime | None = connection.execute(held).scalar()
    return at


def release_held(connection: Connection, outlet: str, now: datetime) -> int:
    """Holds nothing of an outlet back any longer; how many items that were."""
    of_outlet = select(feeds.c.id).where(feeds.c.outlet_key == name_key(outlet))
    held = items.c.feed_id.in_(of_outlet) & (items.c.held_until > now)
    return connection.execute(update(items).where(held).values(held_until=None)).rowcount


def read(reading: Reading, query: Select[int]) -> Iterator[Item]:
    """The items whose ids ``query`` gives, in its order, however many there are.

    The ids are read first, then the items in batches: no transaction stays open while the caller works
    (one that does keeps SQLite's log growing), and sorting does not carry the texts along. An item that
    was deleted meanwhile is left out.
    """
    with reading() as connection:
        ids = array("q", connection.execute(query).scalars())
    yield from read_ids(reading, ids)


def read_ids(reading: Reading, ids: Sequence[int]) -> Iterator[Item]:
    """These items in this order, read in batches as they are taken."""
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with reading() as connection:
            found = {item.id: item for item in by_ids(connection, batch)}
        yield from (found[item_id] for item_id in batch if item_id in found)


def by_ids(connection: Connection, ids: Iterable[int]) -> Iterator[Item]:
    """These items, in no particular order."""
    return map(_item, connection.execute(_BY_ID, {"ids": list(ids)}))


def arrivals(connection: Connection, ids: Iterable[int]) -> Mapping[int, tuple[datetime, datetime | None]]:
    """When each of these items was first seen, and until when it is held back."""
    asked = select(items.c.id, items.c.first_seen, items.c.held_until).where(among(items.c.id, "ids"))
    rows = connection.execute(asked, {"ids": list(ids)})
    return {row.id: (row.first_seen, row.held_until) for row in rows}


def copies(connection: Connection, item_id: int) -> tuple[Item, ...]:
    """The other items of an item's group, the first one first."""
    first = connection.execute(
        select(func.coalesce(items.c.duplicate_of, items.c.id)).where(items.c.id == item_id)
    ).scalar()
    if first is None:
        return ()
    group = select(items.c.id).where(or_(items.c.id == first, items.c.duplicate_of == first))
    ids = sorted(set(connection.execute(group).scalars()) - {item_id})
    return tuple(sorted(by_ids(connection, ids), key=lambda item: item.id))


def shared_guids(connection: Connection, guids: Collection[str]) -> frozenset[str]:
    """Those of the guids that more than one stored item carries."""
    hashes = {hash64(guid) for guid in guids if guid}
    return frozenset(connection.execute(_SHARED, {"hashes": hashes}).scalars()) if hashes else frozenset()


def _item(row: AnyRow) -> Item:
    of_page = row.text_source == "page" and row.page_html is not None
    return Item(
        id=row.id,
        outlet=row.lead_outlet or row.outlet,
        feed=row.feed,
        feed_title=row.feed_title,
        site_url=row.site_url,
        guid=row.guid,
        url=row.url,
        canonical_url=row.canonical_url,
        title=row.title,
        summary=row.summary,
        text=row.text,
        text_source=row.text_source,
        content_html=row.page_html if of_page else row.content_html,
        base_url=row.url if of_page else row.base_url,
        authors=tuple(row.authors),
        published=row.published,
        published_source=row.published_source,
        published_earliest=row.published_earliest,
        published_latest=row.published_latest,
        first_seen=row.first_seen,
        updated=row.updated,
        language=row.language,
        tags=tuple(row.tags),
        outlet_tags=tuple(row.outlet_tags),
        enclosures=tuple(Enclosure(url=url, type=kind, length=size) for url, kind, size in row.enclosures),
        duplicate_of=row.lead_of or row.duplicate_of,
        relation="same" if row.lead_of else row.relation,
        key=row.key,
        page_reason=row.page_reason or "",
        page_attempts=row.page_attempts or 0,
        page_due_at=row.page_due_at,
        claims=claims_from_json(row.claims),
        image=row.image,
        text_method=row.method if of_page else "",
        text_score=row.score / 1000 if of_page and row.score is not None else None,
        held_until=row.held_until,
        first_guid=row.first_guid,
        is_lead=row.kind == "lead",
        comments=row.comments,
        comments_url=row.comments_url,
        comments_feed=row.comments_feed,
        story=row.story_id,
    )
