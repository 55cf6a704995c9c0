"""Which items are the same article: groups of equal canonical URL or equal text.

Items are in one group when they share a canonical URL or a text digest, or are joined by others that do.
``duplicate_of`` names the group's first item (lowest id), never another copy. What is written depends
on the items as they are, not on the order in which they came to be so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, case, func, or_, select, update

from aggregator.store.tables import items
from aggregator.store.types import AnyRow, hash64

#: bound values in one statement
CHUNK = 5000

#: what items may share: the hash of a canonical URL, or a text digest
Key = tuple[str, int] | bytes

_COLUMNS = (
    items.c.id,
    items.c.canonical_url,
    items.c.text_digest,
    items.c.duplicate_of,
    items.c.relation,
)
_T = TypeVar("_T")
_ROOT = func.coalesce(items.c.duplicate_of, items.c.id)


@dataclass(frozen=True, slots=True)
class Member:
    """An item as grouping sees it, and what is stored of its group now."""

    id: int
    canonical_url: str
    text_digest: bytes | None
    duplicate_of: int | None = None
    relation: str | None = None

    @property
    def root(self) -> int:
        """The first item of its group as stored."""
        return self.duplicate_of or self.id

    @property
    def keys(self) -> list[Key]:
        """What holds it in a group."""
        keys: list[Key] = [("url", hash64(self.canonical_url))] if self.canonical_url else []
        if self.text_digest is not None:
            keys.append(self.text_digest)
        return keys


def members(connection: Connection, ids: Collection[int], roots: Collection[int] = ()) -> list[Member]:
    """The items ``ids``, and all of the groups whose first items are ``roots``."""
    found: dict[int, Member] = {}
    for some in chunks(ids):
        _collect(found, connection.execute(select(*_COLUMNS).where(items.c.id.in_(some))))
    for some in chunks(roots):
        group = or_(items.c.id.in_(some), items.c.duplicate_of.in_(some))
        _collect(found, connection.execute(select(*_COLUMNS).where(group)))
    return list(found.values())


def regroup(connection: Connection, loose: Sequence[Member]) -> None:
    """Puts each of ``loose`` into the group it belongs to now, and joins the groups that it joins.

    An item that lost a key must come with its whole former group: the others may have held together
    only through it.
    """
    if not loose:
        return
    known = {member.id for member in loose}
    groups = _groups(connection, loose, known)
    roots = _roots(loose, groups)
    moved = {root: roots[root] for root in set(groups.values()) if roots[root] != root}
    urls = _canonical_urls(connection, loose, {roots[one.id] for one in loose} | set(moved.values()))
    for member in loose:
        _write_member(connection, member, roots[member.id], urls)
    for old, new in moved.items():
        _move_group(connection, old, new, urls[new], known)


def _groups(connection: Connection, loose: Sequence[Member], known: Collection[int]) -> dict[Key, int]:
    """For each key of ``loose`` that other items have too: the first item of their group.

    All items with one key are in one group, so one of them speaks for the rest.
    """
    found: dict[Key, int] = {}
    others = items.c.id.not_in(known)
    urls = {member.canonical_url for member in loose if member.canonical_url}
    for some in chunks(urls):
        query = select(items.c.canonical_hash, func.min(_ROOT)).where(
            items.c.canonical_hash.in_(some), others
        )
        for hashed, root in connection.execute(query.group_by(items.c.canonical_hash)):
            found["url", hashed] = root
    digests = {member.text_digest for member in loose if member.text_digest is not None}
    for part in chunks(digests):
        query = select(items.c.text_digest, func.min(_ROOT)).where(items.c.text_digest.in_(part), others)
        rows = connection.execute(query.group_by(items.c.text_digest))
        found.update((digest, root) for digest, root in rows)
    return found


def _roots(loose: Iterable[Member], groups: Mapping[Key, int]) -> dict[int, int]:
    """For every item and every group's first item: the first of all that keys join it with."""
    parent: dict[int | Key, int | Key] = {}

    def find(node: int | Key) -> int | Key:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = parent[above]
            node = above
        return node

    def join(one: int | Key, other: int | Key) -> None:
        parent[find(one)] = find(other)

    for member in loose:
        find(member.id)
        for key in member.keys:
            join(member.id, key)
    for key, root in groups.items():
        join(key, root)
    numbers = sorted(node for node in parent if isinstance(node, int))
    lowest: dict[int | Key, int] = {}
    return {number: lowest.setdefault(find(number), number) for number in numbers}


def _canonical_urls(
    connection: Connection, loose: Sequence[Member], roots: Collection[int]
) -> dict[int, str]:
    urls = {member.id: member.canonical_url for member in loose}
    missing = set(roots) - urls.keys()
    for some in chunks(missing):
        rows = connection.execute(select(items.c.id, items.c.canonical_url).where(items.c.id.in_(some)))
        urls.update((row.id, row.canonical_url) for row in rows)
    return urls


def _write_member(connection: Connection, member: Member, root: int, urls: Mapping[int, str]) -> None:
    duplicate_of = None if root == member.id else root
    relation = None
    if duplicate_of is not None:
        same = member.canonical_url != "" and member.canonical_url == urls[root]
        relation = "same" if same else "copy"
    if (duplicate_of, relation) != (member.duplicate_of, member.relation):
        connection.execute(
            update(items).where(items.c.id == member.id).values(duplicate_of=duplicate_of, relation=relation)
        )


def _move_group(connection: Connection, old: int, new: int, url: str, known: Collection[int]) -> None:
    """Makes a group, but for those already written, a part of another."""
    same = (items.c.canonical_url != "") & (items.c.canonical_url == url)
    for part in (items.c.duplicate_of == old, items.c.id == old):
        connection.execute(
            update(items)
            .where(part, items.c.id.not_in(known))
            .values(duplicate_of=new, relation=case((same, "same"), else_="copy"))
        )


def _collect(found: dict[int, Member], rows: Iterable[AnyRow]) -> None:
    for row in rows:
        found[row.id] = Member(row.id, row.canonical_url, row.text_digest, row.duplicate_of, row.relation)


def chunks(values: Collection[_T]) -> Iterable[list[_T]]:
    """The values in lists that fit into one statement."""
    ordered = list(values)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
