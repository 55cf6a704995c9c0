"""What readers decide of stories: an item that does not belong, two stories that are one. It stays.

Decisions are of pairs of items and rest on what the items are, not on the stories' numbers: stories merge
and vanish. The rows are read by ``stories``, which never puts together what was put apart. Of a copy its
first item is meant: copies are in the story of their first.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select

from aggregator.errors import UsageError
from aggregator.store import stories as placing
from aggregator.store.among import among
from aggregator.store.engine import take_turn
from aggregator.store.tables import items, story_decisions, story_items

_PLACE = (
    select(func.coalesce(items.c.duplicate_of, items.c.id).label("first"), story_items.c.story_id)
    .outerjoin_from(
        items, story_items, story_items.c.item_id == func.coalesce(items.c.duplicate_of, items.c.id)
    )
    .where(items.c.id == bindparam("b_id"))
)
_MEMBERS = (
    select(story_items.c.item_id)
    .join_from(story_items, items, items.c.id == story_items.c.item_id)
    .where(story_items.c.story_id == bindparam("b_story"), items.c.duplicate_of.is_(None))
    .order_by(story_items.c.item_id)
)
_JOINED_BY_HAND = delete(story_decisions).where(
    or_(story_decisions.c.item_id == bindparam("b_id"), story_decisions.c.other_id == bindparam("b_id")),
    story_decisions.c.together.is_(True),
)
_BETWEEN = delete(story_decisions).where(
    or_(
        among(story_decisions.c.item_id, "ones") & among(story_decisions.c.other_id, "others"),
        among(story_decisions.c.item_id, "others") & among(story_decisions.c.other_id, "ones"),
    )
)
_DECIDE = insert(story_decisions)


def split(connection: Connection, item_id: int, now: datetime) -> int:
    """Takes an item out of its story for good, and takes back that it was put there by hand; its story now.

    It never comes together again with what was in the story. UsageError for an unknown item, one without a
    place yet, and one that is alone in its story.
    """
    take_turn(connection)
    first, story = _place(connection, item_id)
    others = set(_members(connection, story)) - {first}
    if not others:
        raise UsageError(
            f"item {item_id} is alone in its story, and no copy of another: it stands for itself"
        )
    connection.execute(_JOINED_BY_HAND, {"b_id": first})
    _decide(connection, {first}, others, together=False, now=now)
    placing.place(connection, [first], now)
    return _place(connection, item_id)[1]


def join(connection: Connection, one: int, other: int, now: datetime) -> int:
    """Makes the stories that two items are in one story for good; takes back what kept them apart.

    The number of the older story stays, and is returned. UsageError for an unknown item, one without a
    place yet, and for two of one story.
    """
    if one == other:
        raise UsageError(f"item {one} cannot be joined with itself; name two items")
    take_turn(connection)
    (first, story), (second, other_story) = _place(connection, one), _place(connection, other)
    if story == other_story:
        raise UsageError(f"items {one} and {other} are in one story already: `aggregator story {story}`")
    if story > other_story:
        first, second, story, other_story = second, first, other_story, story
    staying, moving = _members(connection, story), _members(connection, other_story)
    connection.execute(_BETWEEN, {"ones": staying, "others": moving})
    _decide(connection, [first], moving, together=True, now=now)
    placing.place(connection, moving, now)
    return _place(connection, second)[1]


def _place(connection: Connection, item_id: int) -> tuple[int, int]:
    """The first item of an item's copies, and its story."""
    row = connection.execute(_PLACE, {"b_id": item_id}).first()
    if row is None:
        raise UsageError(f"there is no item {item_id}; `aggregator items` lists them")
    if row.story_id is None:
        raise UsageError(f"item {item_id} has no place among the stories yet; the next run gives it one")
    return row.first, row.story_id


def _members(connection: Connection, story: int) -> list[int]:
    return list(connection.execute(_MEMBERS, {"b_story": story}).scalars())


def _decide(
    connection: Connection,
    ones: Collection[int],
    others: Collection[int],
    *,
    together: bool,
    now: datetime,
) -> None:
    """Writes a decision for each pair, in place of an earlier one."""
    pairs = sorted((min(one, other), max(one, other)) for one in ones for other in others)
    connection.execute(_BETWEEN, {"ones": ones, "others": others})
    connection.execute(
        _DECIDE,
        [{"item_id": low, "other_id": high, "together": together, "at": now} for low, high in pairs],
    )
