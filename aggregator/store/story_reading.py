"""Stories read back: lists in order, single ones, which item is in which and why.

A story is told by the items of it that may be seen. A copy is in the story of its first item, and listed
only where copies are asked for, or in place of a first item that is held back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.sql.expression import FromClause

from aggregator.model.stories import Membership, SharedTerm, Story, StoryFilter
from aggregator.store import shared_terms
from aggregator.store.among import among
from aggregator.store.items import matching
from aggregator.store.tables import feeds, items, stories, story_items
from aggregator.store.types import AnyRow

#: stories read in one go
_BATCH = 200
#: the latest stories, which are looked through one by one before all that an item is in are gathered
_LATEST = 2_000
_GROWS = timedelta(days=1)
#: links of merged stories that are followed: each merge leads to one that was there before
_MERGES = 20


# ── which stories ────────────────────────────────────────────────────────────────────────────


def latest(connection: Connection, which: StoryFilter) -> list[Story]:
    """The stories, those with the latest news first."""
    found: list[Story] = []
    limit = which.items.limit
    ids = list(_ids(connection, which))
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        read = told(connection, batch, shown_at=_shown_at(which), now=which.now, copies=which.items.copies)
        found += [read[one] for one in batch if one in read and len(read[one].outlets) >= which.outlets]
        if limit is not None and len(found) >= limit:
            return found[:limit]
    return found


def _shown_at(which: StoryFilter) -> datetime | None:
    return which.items.shown_at or which.now


def _ids(connection: Connection, which: StoryFilter) -> Iterable[int]:
    """Ids of stories that have an item that matches."""
    limit = which.items.limit
    if limit is not None and which.outlets > 1:
        limit = limit * 2 + 10  # some more: an outlet may only have what is held back
    bounded = _bounded(which)
    if limit is None:
        return connection.execute(_ordered(bounded.where(_has(which)))).scalars().all()
    # Most lists are of what is new and matches often: the walk along the index ends after a few steps.
    walk = _ordered(bounded).limit(_LATEST).subquery("walk")
    near = select(walk.c.id).where(_has(which, walk)).order_by(walk.c.last_at.desc(), walk.c.id.desc())
    ids = connection.execute(near.limit(limit)).scalars().all()
    if len(ids) >= limit or connection.execute(select(func.count()).select_from(walk)).scalar_one() < _LATEST:
        return ids
    # Few of the latest match: those that do are gathered from the side of the items.
    rare = or_(*[stories.c.id.in_(query) for query in _story_ids(which)])
    return connection.execute(_ordered(bounded.where(rare)).limit(limit)).scalars().all()


def _bounded(which: StoryFilter) -> Select[int, datetime]:
    query = select(stories.c.id, stories.c.last_at).where(stories.c.merged_into.is_(None))
    if which.outlets > 1:
        query = query.where(stories.c.outlets >= which.outlets)
    if which.size > 1:
        query = query.where(stories.c.size >= which.size)
    if which.items.since is not None:
        query = query.where(stories.c.last_at >= which.items.since)
    if which.items.until is not None:
        query = query.where(stories.c.last_at < which.items.until)
    return query


def _ordered(query: Select[int, datetime]) -> Select[int, datetime]:
    return query.order_by(stories.c.last_at.desc(), stories.c.id.desc())


def _conditions(which: StoryFilter) -> list[ColumnElement[bool]]:
    """On an item of a story; times are the story's, see ``_bounded``."""
    return matching(replace(which.items, since=None, until=None, limit=None, shown_at=_shown_at(which)))


def _places(which: StoryFilter) -> list[ColumnElement[bool]]:
    """How an item is tied to its story: as itself, and as a copy where that may count."""
    own = and_(items.c.id == story_items.c.item_id, items.c.duplicate_of.is_(None))
    copy = items.c.duplicate_of == story_items.c.item_id
    return [own, copy] if which.items.copies or _shown_at(which) is not None else [own]


def _has(which: StoryFilter, story: FromClause = stories) -> ColumnElement[bool]:
    return or_(
        *[
            exists().where(story_items.c.story_id == story.c.id, place, *_conditions(which))
            for place in _places(which)
        ]
    )


def _story_ids(which: StoryFilter) -> Iterator[Select[int]]:
    for place in _places(which):
        joined = select(story_items.c.story_id).join_from(story_items, items, place)
        yield joined.where(*_conditions(which))


# ── what a story is told as ──────────────────────────────────────────────────────────────────

_ROWS = select(
    stories.c.id,
    stories.c.headline,
    stories.c.language,
    stories.c.lead_id,
    stories.c.first_at,
    stories.c.last_at,
    stories.c.joined_at,
).where(among(stories.c.id, "ids"), stories.c.merged_into.is_(None))
_MEMBERS = (
    select(
        story_items.c.story_id,
        story_items.c.joined_at,
        items.c.id,
        items.c.title,
        items.c.sort_at,
        items.c.held_until,
        feeds.c.outlet,
        items.c.duplicate_of,
    )
    .join_from(story_items, items, items.c.id == story_items.c.item_id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(story_items.c.story_id, "ids"), items.c.duplicate_of.is_(None))
)
_COPIES = (
    select(
        story_items.c.story_id,
        story_items.c.joined_at,
        items.c.id,
        items.c.title,
        items.c.sort_at,
        items.c.held_until,
        feeds.c.outlet,
        items.c.duplicate_of,
    )
    .join_from(items, story_items, story_items.c.item_id == items.c.duplicate_of)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(items.c.duplicate_of, "firsts"))
)


@dataclass(frozen=True, slots=True)
class _Member:
    """An item of a story that may be seen."""

    id: int
    title: str
    outlet: str
    sort_at: datetime
    joined_at: datetime


def told(
    connection: Connection,
    ids: Collection[int],
    *,
    shown_at: datetime | None = None,
    now: datetime | None = None,
    copies: bool = False,
) -> dict[int, Story]:
    """These stories as what may be seen of them tells; without those of which nothing may be seen.

    ``shown_at``: without what is held back then; ``now``: the instant that ``Story.grown`` is told for.
    """
    asked = {"ids": ids}
    members: dict[int, list[_Member]] = defaultdict(list)
    hidden: dict[int, int] = {}
    firsts: list[int] = []
    for row in connection.execute(_MEMBERS, asked).all():
        if shown_at is not None and row.held_until is not None and row.held_until > shown_at:
            hidden[row.id] = row.story_id
        else:
            members[row.story_id].append(_member(row))
        firsts.append(row.id)
    wanted = firsts if copies else list(hidden)
    if wanted:
        _add_copies(connection, wanted, members, shown_at=shown_at, copies=copies)
    partly = set(hidden.values())
    return {
        row.id: _story(row, members[row.id], now=now, is_whole=row.id not in partly)
        for row in connection.execute(_ROWS, asked)
        if members[row.id]
    }


def _member(row: AnyRow) -> _Member:
    return _Member(row.id, row.title, row.outlet, row.sort_at, row.joined_at)


def _add_copies(
    connection: Connection,
    firsts: Collection[int],
    members: dict[int, list[_Member]],
    *,
    shown_at: datetime | None,
    copies: bool,
) -> None:
    """The copies of these items: all, or of each the earliest that may be seen, in its place."""
    seen: set[int] = set()
    rows = connection.execute(_COPIES, {"firsts": firsts}).all()
    for row in sorted(rows, key=lambda row: (row.sort_at, row.id)):
        if shown_at is not None and row.held_until is not None and row.held_until > shown_at:
            continue
        if copies or row.duplicate_of not in seen:
            members[row.story_id].append(_member(row))
        seen.add(row.duplicate_of)


def _story(row: AnyRow, members: Sequence[_Member], *, now: datetime | None, is_whole: bool) -> Story:
    by_time = sorted(members, key=lambda member: (member.sort_at, member.id))
    lead = next((member for member in by_time if member.id == row.lead_id), None)
    joined: dict[str, datetime] = {}
    for member in sorted(by_time, key=lambda member: member.joined_at):
        joined.setdefault(member.outlet, member.joined_at)
    return Story(
        id=row.id,
        headline=row.headline if lead is not None or is_whole else by_time[0].title,
        language=row.language,
        first_at=row.first_at if is_whole else by_time[0].sort_at,
        last_at=row.last_at if is_whole else by_time[-1].sort_at,
        joined_at=row.joined_at if is_whole else max(joined.values()),
        outlets=tuple(joined),
        items=tuple(member.id for member in by_time),
        lead=(lead or by_time[0]).id,
        grown=0 if now is None else sum(now - _GROWS < member.joined_at <= now for member in by_time),
    )


_MERGED = select(stories.c.merged_into).where(stories.c.id == bindparam("b_id"))


def one(connection: Connection, story_id: int, now: datetime | None = None) -> Story | None:
    """A story, or the one that it became part of."""
    for _ in range(_MERGES):
        into = connection.execute(_MERGED, {"b_id": story_id}).scalar()
        if into is None:
            break
        story_id = into
    return told(connection, [story_id], shown_at=now, now=now).get(story_id)


_MERGED_INTO = select(stories.c.id, stories.c.merged_into).where(among(stories.c.merged_into, "ids"))


def merged_into(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """The stories that became part of these, each with the one that it is part of now."""
    heirs: dict[int, int] = {}
    wanted = list(ids)
    for _ in range(_MERGES):
        rows = connection.execute(_MERGED_INTO, {"ids": wanted}).all() if wanted else []
        new = {row.id: heirs.get(row.merged_into, row.merged_into) for row in rows if row.id not in heirs}
        heirs.update(new)
        wanted = list(new)
    return heirs


# ── which item is in which ───────────────────────────────────────────────────────────────────

_PLACES = (
    select(
        items.c.id.label("asked"),
        items.c.duplicate_of,
        story_items.c.story_id,
        story_items.c.joined_at,
        story_items.c.score,
        story_items.c.shared,
        story_items.c.by_hand,
    )
    .join_from(items, story_items, story_items.c.item_id == func.coalesce(items.c.duplicate_of, items.c.id))
    .where(among(items.c.id, "ids"))
)
_TITLES = select(items.c.id, items.c.title).where(among(items.c.id, "ids"))


def memberships(connection: Connection, ids: Collection[int]) -> Mapping[int, Membership]:
    """Where each of these items is and why; those without a place yet are left out.

    A copy is where its first item is, and for that reason.
    """
    rows = connection.execute(_PLACES, {"ids": ids}).all()
    firsts = {row.duplicate_of for row in rows if row.duplicate_of is not None}
    asked = {"ids": firsts}
    titles = {row.id: row.title for row in connection.execute(_TITLES, asked)} if firsts else {}
    return {row.asked: _membership(row, titles.get(row.duplicate_of)) for row in rows}


def _membership(row: AnyRow, title_of_first: str | None) -> Membership:
    if title_of_first is not None:
        shared: tuple[SharedTerm, ...] = (SharedTerm(kind="copy", text=title_of_first, weight=1.0),)
    else:
        shared = shared_terms.from_json(row.shared)
    return Membership(
        item_id=row.asked,
        story_id=row.story_id,
        joined_at=row.joined_at,
        score=row.score / 1000,
        shared=shared,
        by_hand=row.by_hand,
    )


_ITEMS = (
    select(story_items.c.story_id, items.c.id)
    .join_from(story_items, items, items.c.id == story_items.c.item_id)
    .where(among(story_items.c.story_id, "ids"), items.c.duplicate_of.is_(None))
    .order_by(items.c.sort_at, items.c.id)
)


def story_items_of(connection: Connection, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """The items of these stories without copies, the first one first; held ones too."""
    found: dict[int, list[int]] = defaultdict(list)
    for story_id, item_id in connection.execute(_ITEMS, {"ids": ids}):
        found[story_id].append(item_id)
    return {story_id: tuple(members) for story_id, members in found.items()}
