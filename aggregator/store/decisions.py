"""What readers decide of copies: an item that is none, two items that are one. It stays, whatever arrives."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select

from aggregator.core import lineage
from aggregator.errors import UsageError
from aggregator.model.copies import CopyGroup, CopyOf
from aggregator.store import duplicates
from aggregator.store.among import among
from aggregator.store.engine import take_turn
from aggregator.store.tables import copy_decisions, feeds, items

_KNOWN = select(items.c.id).where(among(items.c.id, "ids"))
_OF = copy_decisions.c.item_id == bindparam("b_id")
_APART = select(copy_decisions.c.at).where(_OF, copy_decisions.c.other_id == bindparam("b_id"))
_FORGET_APART = delete(copy_decisions).where(_OF, copy_decisions.c.other_id == bindparam("b_id"))
_FORGET_JOINED = delete(copy_decisions).where(or_(_OF, copy_decisions.c.other_id == bindparam("b_id")))
_DECIDE = insert(copy_decisions)
_JOINED = select(copy_decisions.c.at).where(and_(_OF, copy_decisions.c.other_id == bindparam("b_other")))
_TOLD = (
    select(
        items.c.id,
        items.c.title,
        items.c.url,
        items.c.published,
        items.c.first_seen,
        items.c.relation,
        feeds.c.outlet,
    )
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .where(among(items.c.id, "ids"))
)


def split(connection: Connection, item_id: int, now: datetime) -> None:
    """Takes an item out of its group for good, and takes back that it was joined by hand.

    UsageError for an unknown item, and for one that is in no group.
    """
    take_turn(connection)
    _must_exist(connection, item_id)
    apart = connection.execute(_APART, {"b_id": item_id}).scalar()
    if apart is not None:
        raise UsageError(f"item {item_id} is kept apart already, since {apart:%Y-%m-%d %H:%M} UTC")
    together = duplicates.linked(connection, [item_id])
    if item_id not in _in_groups(connection, together):
        raise UsageError(f"item {item_id} is no copy of another, and no other is one of it")
    connection.execute(_FORGET_JOINED, {"b_id": item_id})
    connection.execute(_DECIDE, {"item_id": item_id, "other_id": item_id, "at": now})
    duplicates.regroup(connection, {item_id, *together})


def join(connection: Connection, one: int, other: int, now: datetime) -> None:
    """Makes two items, and the groups that they are in, one group for good; takes back what kept them apart.

    UsageError for an unknown item, for one item twice, and for two of one group.
    """
    if one == other:
        raise UsageError(f"item {one} cannot be joined with itself; name two items")
    take_turn(connection)
    for item_id in (one, other):
        _must_exist(connection, item_id)
    low, high = sorted((one, other))
    firsts = {member.first for member in duplicates.members(connection, (one, other))}
    if len(firsts) == 1:
        raise UsageError(f"items {one} and {other} are in one group already")
    connection.execute(_FORGET_APART, [{"b_id": one}, {"b_id": other}])
    if connection.execute(_JOINED, {"b_id": low, "b_other": high}).first() is None:
        connection.execute(_DECIDE, {"item_id": low, "other_id": high, "at": now})
    duplicates.regroup(connection, {one, other})


def _must_exist(connection: Connection, item_id: int) -> None:
    if connection.execute(_KNOWN, {"ids": [item_id]}).first() is None:
        raise UsageError(f"there is no item {item_id}; `aggregator items` lists them")


def _in_groups(connection: Connection, ids: set[int]) -> set[int]:
    """Those of these items that are copies, or have some."""
    found = duplicates.members(connection, ids) if ids else []
    firsts = {member.duplicate_of for member in found if member.duplicate_of is not None}
    return {member.id for member in found if member.duplicate_of is not None or member.id in firsts}


def group_of(connection: Connection, item_id: int) -> CopyGroup:
    """The other items of an item's group, the first one first, and why they are together."""
    apart = connection.execute(_APART, {"b_id": item_id}).scalar()
    together = duplicates.linked(connection, [item_id])
    group = duplicates.gather(connection, together, told=True)
    firsts = {known: place.first or known for known, place in group.places.items()}
    mine = {known for known, first in firsts.items() if first == firsts.get(item_id)}
    if len(mine) < 2:
        return CopyGroup(item=item_id, apart_since=apart)
    members = [member for member in group.members if member.id in mine]
    paths = lineage.path(members, group.ties, item_id)
    others = [
        CopyOf(
            id=row.id,
            outlet=row.outlet,
            title=row.title,
            url=row.url,
            published=row.published,
            first_seen=row.first_seen,
            relation=row.relation,
            ties=paths.get(row.id, ()),
        )
        for row in connection.execute(_TOLD, {"ids": mine - {item_id}})
    ]
    first = firsts[item_id]
    return CopyGroup(
        item=item_id,
        others=tuple(sorted(others, key=lambda other: (other.id != first, other.id))),
        crediting=lineage.credited(members),
        apart_since=apart,
    )
