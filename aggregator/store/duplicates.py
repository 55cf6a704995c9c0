"""Which items are the same article: groups of equal canonical URL or equal text.

Items are in one group when they share a canonical URL or a text digest, or are joined by others that do.
``duplicate_of`` names the group's first item (lowest id), never another copy. What is written depends
on the items as they are, not on the order in which they came to be so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    select,
    union_all,
    update,
)

from aggregator.store.among import among
from aggregator.store.tables import items
from aggregator.store.types import AnyRow

#: what items may share
Key = tuple[str, int]

_MEMBER = select(
    items.c.id, items.c.canonical_hash, items.c.text_hash, items.c.duplicate_of, items.c.relation
)
_BY_ID = _MEMBER.where(among(items.c.id, "ids"))
_BY_FIRST = _MEMBER.where(among(items.c.duplicate_of, "ids"))

_OTHER = not_(among(items.c.id, "known"))


def _first_with(column: Column[Any], kind: str) -> Select[str, int, int]:
    """For each of some values of a column: the first item of the group that has it."""
    first = func.min(func.coalesce(items.c.duplicate_of, items.c.id))
    query = select(literal_column(f"'{kind}'", Text), column, first)
    return query.where(among(column, kind), _OTHER).group_by(column)


_FIRST_WITH = union_all(_first_with(items.c.canonical_hash, "url"), _first_with(items.c.text_hash, "text"))
_HASH_OF = select(items.c.id, items.c.canonical_hash).where(among(items.c.id, "ids"))

_WRITE = update(items).where(items.c.id == bindparam("b_id"))
_MOVE = update(items).values(
    duplicate_of=bindparam("b_new"),
    relation=case((items.c.canonical_hash == bindparam("b_hash", type_=BigInteger), "same"), else_="copy"),
)
_MOVE_COPIES = _MOVE.where(items.c.duplicate_of == bindparam("b_old"), _OTHER)
_MOVE_FIRST = _MOVE.where(items.c.id == bindparam("b_old"), _OTHER)


@dataclass(frozen=True, slots=True)
class Member:
    """An item as grouping sees it, and what is stored of its group now."""

    id: int
    canonical_hash: int | None
    text_hash: int | None
    duplicate_of: int | None = None
    relation: str | None = None

    @property
    def first(self) -> int:
        """The first item of its group, as stored."""
        return self.duplicate_of or self.id

    @property
    def keys(self) -> list[Key]:
        """What holds it in a group."""
        keys: list[Key] = []
        if self.canonical_hash is not None:
            keys.append(("url", self.canonical_hash))
        if self.text_hash is not None:
            keys.append(("text", self.text_hash))
        return keys


def members(connection: Connection, ids: Collection[int], firsts: Collection[int] = ()) -> list[Member]:
    """The items ``ids``, and all of the groups whose first items are ``firsts``."""
    wanted = {*ids, *firsts}
    found = _members(connection.execute(_BY_ID, {"ids": wanted})) if wanted else {}
    if firsts:
        found |= _members(connection.execute(_BY_FIRST, {"ids": firsts}))
    return list(found.values())


def _members(rows: Iterable[AnyRow]) -> dict[int, Member]:
    return {row[0]: Member(row[0], row[1], row[2], row[3], row[4]) for row in rows}


def rejoin(connection: Connection, changes: Sequence[tuple[Member, Member]]) -> None:
    """Puts items whose canonical URL or text may have changed into their groups: as they were, as they are.

    A group may have held together only through what one of them had; such a group is put together anew.
    """
    loose: dict[int, Member] = {}
    firsts: set[int] = set()
    for was, now in changes:
        if was.keys == now.keys:
            continue
        loose[now.id] = now
        if not set(was.keys) <= set(now.keys) or was.canonical_hash != now.canonical_hash:
            firsts.add(was.first)
    if firsts:
        loose |= {member.id: member for member in members(connection, loose, firsts)}
    regroup(connection, list(loose.values()))


def regroup(connection: Connection, loose: Sequence[Member]) -> None:
    """Puts each of ``loose`` into the group it belongs to now, and joins the groups that it joins.

    An item that lost a key must come with its whole former group: the others may have held together
    only through it.
    """
    if not loose:
        return
    known = {member.id for member in loose}
    groups = _groups(connection, loose, known)
    firsts = _firsts(loose, groups)
    moved = {old: firsts[old] for old in set(groups.values()) if firsts[old] != old}
    hashes = _hashes(connection, loose, {*firsts.values(), *moved.values()})
    changes = [
        change for member in loose if (change := _change(member, firsts[member.id], hashes)) is not None
    ]
    if changes:
        connection.execute(_WRITE, changes)
    for old, new in moved.items():
        move = {"b_old": old, "b_new": new, "b_hash": hashes[new], "known": known}
        connection.execute(_MOVE_COPIES, move)
        connection.execute(_MOVE_FIRST, move)


def _groups(connection: Connection, loose: Sequence[Member], known: Collection[int]) -> dict[Key, int]:
    """For each key of ``loose`` that other items have too: the first item of their group.

    All items with one key are in one group, so the lowest of them speaks for the rest.
    """
    keys = {key for member in loose for key in member.keys}
    if not keys:
        return {}
    urls = [value for kind, value in keys if kind == "url"]
    texts = [value for kind, value in keys if kind == "text"]
    rows = connection.execute(_FIRST_WITH, {"url": urls, "text": texts, "known": known})
    found: dict[Key, int] = {(row[0], row[1]): row[2] for row in rows}
    return found


def _firsts(loose: Iterable[Member], groups: Mapping[Key, int]) -> dict[int, int]:
    """For every item and every group's first item: the first of all that keys join it with."""
    parent: dict[int | Key, int | Key] = {}

    def find(node: int | Key) -> int | Key:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = parent.setdefault(above, above)
            node = above
        return node

    for member in loose:
        own = find(member.id)
        for key in member.keys:
            parent[find(key)] = own
    for key, first in groups.items():
        parent[find(key)] = find(first)
    numbers = sorted(node for node in parent if isinstance(node, int))
    lowest: dict[int | Key, int] = {}
    return {number: lowest.setdefault(find(number), number) for number in numbers}


def _hashes(connection: Connection, loose: Sequence[Member], firsts: set[int]) -> dict[int, int | None]:
    """The canonical URLs' hashes of items and first items."""
    hashes = {member.id: member.canonical_hash for member in loose}
    missing = firsts - hashes.keys()
    if missing:
        hashes.update(tuple(row) for row in connection.execute(_HASH_OF, {"ids": missing}))
    return hashes


def _change(member: Member, first: int, hashes: Mapping[int, int | None]) -> dict[str, object] | None:
    """What is to be written of an item's group; None: nothing."""
    duplicate_of, relation = None, None
    if first != member.id:
        same = member.canonical_hash is not None and member.canonical_hash == hashes[first]
        duplicate_of, relation = first, "same" if same else "copy"
    if (duplicate_of, relation) == (member.duplicate_of, member.relation):
        return None
    return {"b_id": member.id, "duplicate_of": duplicate_of, "relation": relation}
