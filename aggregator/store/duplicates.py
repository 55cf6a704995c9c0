"""Which items are the same article, and what is written of that: groups, each with its first item.

Who belongs together and who is first is decided by ``core/lineage``. What is written depends on the items
as they are, not on the order in which they came to be so: whenever an address, a text, a date or a decision
changes, the groups that it touches are put together anew from all that their items are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Select,
    Text,
    bindparam,
    literal_column,
    not_,
    select,
    union_all,
    update,
)

from aggregator.core import lineage
from aggregator.core.credit import byline_credits, identities
from aggregator.core.lineage import ALONE, Place
from aggregator.core.similar import normalise
from aggregator.core.urls import part_named
from aggregator.model.copies import Sketch, Tie
from aggregator.store import sketches
from aggregator.store.among import among
from aggregator.store.tables import copy_decisions, feeds, items, likenesses
from aggregator.store.tables import sketches as sketch_rows
from aggregator.store.types import AnyRow

_MEMBER = select(
    items.c.id, items.c.canonical_hash, items.c.text_hash, items.c.duplicate_of, items.c.relation
)
_BY_ID = _MEMBER.where(among(items.c.id, "ids"))
_BY_FIRST = _MEMBER.where(among(items.c.duplicate_of, "ids"))
_WRITE = update(items).where(items.c.id == bindparam("b_id"))


@dataclass(frozen=True, slots=True)
class Member:
    """An item as the rows of ``items`` have it: what holds it in a group, and what is stored of that."""

    id: int
    canonical_hash: int | None
    text_hash: int | None
    duplicate_of: int | None = None
    relation: str | None = None

    @property
    def first(self) -> int:
        """The first item of its group, as stored."""
        return self.duplicate_of or self.id


def members(connection: Connection, ids: Collection[int], firsts: Collection[int] = ()) -> list[Member]:
    """The items ``ids``, and all of the groups whose first items are ``firsts``."""
    wanted = {*ids, *firsts}
    found = _members(connection.execute(_BY_ID, {"ids": wanted})) if wanted else {}
    if firsts:
        found |= _members(connection.execute(_BY_FIRST, {"ids": firsts}))
    return list(found.values())


def _members(rows: Iterable[AnyRow]) -> dict[int, Member]:
    return {row[0]: Member(row[0], row[1], row[2], row[3], row[4]) for row in rows}


def rejoin(
    connection: Connection,
    changes: Sequence[tuple[Member, Member]],
    made: Mapping[int, Sketch | None] | None = None,
) -> None:
    """Puts items that were rewritten into their groups: as they were, as they are.

    ``made``: sketches of new texts; one that is not given is made from the text as it is stored now.
    """
    touched = {now.id for _, now in changes}
    fresh = {now.id for was, now in changes if was.text_hash != now.text_hash}
    if fresh:
        touched |= linked(connection, fresh)
        given = {item_id: one for item_id, one in (made or {}).items() if one is not None}
        missing = fresh - given.keys()
        sketches.rewrite(
            connection,
            sketches.made_of_stored(connection, missing)
            | {item_id: one for item_id, one in given.items() if item_id in fresh},
        )
    regroup(connection, touched)


# ── who hangs together with whom ─────────────────────────────────────────────────────────────


def _sharing(kind: str, value: Column[int], other: Column[int], asked: str) -> Select[Any]:
    """Items by something that they share, as the rows of ``items`` have them."""
    query = select(literal_column(f"'{kind}'", Text), value, *_MEMBER.selected_columns)
    if other.table is not items:
        query = query.join_from(other.table, items, items.c.id == other)
    return query.where(among(value, asked), not_(among(items.c.id, "known")))


_LINKED = union_all(
    _sharing("address", items.c.canonical_hash, items.c.id, "addresses"),
    _sharing("text", items.c.text_hash, items.c.id, "texts"),
    *[
        _sharing("item", value, other, "ids")
        for value, other in (
            (items.c.duplicate_of, items.c.id),
            (likenesses.c.low_id, likenesses.c.high_id),
            (likenesses.c.high_id, likenesses.c.low_id),
            (copy_decisions.c.item_id, copy_decisions.c.other_id),
            (copy_decisions.c.other_id, copy_decisions.c.item_id),
        )
    ],
)


def linked(connection: Connection, ids: Collection[int]) -> set[int]:
    """Those of these items that hang together with others, and all that they hang together with.

    Each item, address and text is asked about once, however long the chain.
    """
    found: set[int] = set()
    asked: dict[str, set[int]] = {"ids": set(), "addresses": set(), "texts": set()}
    edge: dict[int, Member | None] = dict.fromkeys(ids)
    known: Collection[int] = ()
    while edge:
        unread = [item_id for item_id, member in edge.items() if member is None]
        if unread:
            edge |= _members(connection.execute(_BY_ID, {"ids": unread}))
        rows = [member for member in edge.values() if member is not None]
        new = {
            "ids": set(edge) - asked["ids"],
            "addresses": {row.canonical_hash for row in rows if row.canonical_hash is not None}
            - asked["addresses"],
            "texts": {row.text_hash for row in rows if row.text_hash is not None} - asked["texts"],
        }
        for kind, values in new.items():
            asked[kind] |= values
        beside = _beside(rows) | _shared(connection, new, known)
        found |= beside.keys()
        edge = {item_id: row for item_id, row in beside.items() if item_id not in asked["ids"]}
        # these are found, and need not be read again; who came before them shares nothing with what is new
        known = new["ids"] | edge.keys()
    return found


def _beside(rows: Iterable[Member]) -> dict[int, Member | None]:
    """The groups that items are in, as stored; also where the first item was deleted just now."""
    beside: dict[int, Member | None] = {}
    for row in rows:
        if row.relation is not None:
            beside[row.id] = row
            if row.duplicate_of is not None:
                beside.setdefault(row.duplicate_of)
    return beside


def _shared(
    connection: Connection, asked: Mapping[str, Collection[int]], known: Collection[int]
) -> dict[int, Member | None]:
    """The items that share something with those asked about, and these with them; without those known."""
    sharing: dict[tuple[str, int], dict[int, Member]] = defaultdict(dict)
    beside: dict[int, Member | None] = {}
    for kind, value, *row in connection.execute(_LINKED, {**asked, "known": known}):
        sharing[kind, value][row[0]] = Member(*row)
    own = {value for kind, value in sharing if kind == "item"}
    for (kind, _), together in sharing.items():
        if known or kind == "item" or len(together) > 1:
            beside |= together
    return beside | dict.fromkeys(own - beside.keys())


_FULL = (
    select(
        items.c.id,
        items.c.canonical_hash,
        items.c.link_hash,
        items.c.text_hash,
        items.c.published,
        items.c.published_latest,
        items.c.first_seen,
        items.c.authors,
        items.c.duplicate_of,
        items.c.relation,
        feeds.c.outlet,
        feeds.c.outlet_key,
        feeds.c.homepage,
        sketch_rows.c.named,
        items.c.url,
        items.c.title,
        items.c.guid_hash,
        sketch_rows.c.words,
        sketch_rows.c.hashes,
    )
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .outerjoin(sketch_rows, sketch_rows.c.item_id == items.c.id)
    .where(among(items.c.id, "ids"))
)
#: without the passage, which only people read
_LIKE = select(
    likenesses.c.low_id,
    likenesses.c.high_id,
    likenesses.c.relation,
    likenesses.c.low_words,
    likenesses.c.high_words,
    likenesses.c.low_shared,
    likenesses.c.high_shared,
    likenesses.c.resemblance,
    literal_column("''", Text).label("passage"),
).where(among(likenesses.c.low_id, "ids"), among(likenesses.c.high_id, "ids"))
_LIKE_TOLD = select(likenesses).where(among(likenesses.c.low_id, "ids"), among(likenesses.c.high_id, "ids"))
_DECIDED = select(copy_decisions).where(among(copy_decisions.c.item_id, "ids"))


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that is known of items that hang together."""

    members: tuple[lineage.Member, ...]
    ties: tuple[Tie, ...]
    #: as it is stored
    places: Mapping[int, Place]


def gather(connection: Connection, ids: Collection[int], *, told: bool = False) -> Group:
    """What is known of these items that hang together; ``told``: also what texts have in common, in words."""
    asked = {"ids": ids}
    decided = connection.execute(_DECIDED, asked).all()
    apart = {row.item_id for row in decided if row.item_id == row.other_id}
    ties = [
        Tie(kind="near", one=row.low_id, other=row.high_id, likeness=sketches.likeness_from(row))
        for row in connection.execute(_LIKE_TOLD if told else _LIKE, asked)
    ]
    ties += [
        Tie(kind="hand", one=row.item_id, other=row.other_id, at=row.at)
        for row in decided
        if row.item_id != row.other_id
    ]
    rows = connection.execute(_FULL, asked).all()
    return Group(
        members=tuple(_member(row, is_apart=row.id in apart) for row in rows),
        ties=tuple(ties),
        places={row.id: Place(row.duplicate_of, row.relation) for row in rows},
    )


def _member(row: AnyRow, *, is_apart: bool) -> lineage.Member:
    stated = row.published
    latest = row.first_seen if stated is None else min(row.published_latest or stated, row.first_seen)
    host = row.homepage.partition("://")[2].partition("/")[0]
    return lineage.Member(
        id=row.id,
        outlet=row.outlet_key,
        names=identities(row.outlet, [host]),
        address=row.canonical_hash,
        link=row.link_hash,
        text=row.text_hash,
        by=latest,
        at=row.first_seen if stated is None else min(stated, row.first_seen),
        named=(*sketches.named_from(row.named), *byline_credits(row.authors)),
        is_apart=is_apart,
        title=normalise(row.title),
        guid=row.guid_hash,
        part=part_named(row.url),
        words=row.words or 0,
        hashes=row.hashes or b"",
    )


def regroup(connection: Connection, ids: Collection[int]) -> None:
    """Puts each of these items into the group it belongs to now, with the groups that it joins or leaves."""
    together = linked(connection, ids) if ids else set()
    if not together:
        return
    group = gather(connection, together)
    changes = [
        {"b_id": item_id, "duplicate_of": place.first, "relation": place.relation}
        for item_id, place in lineage.arrange(group.members, group.ties).items()
        if place != group.places.get(item_id, ALONE)
    ]
    if changes:
        connection.execute(_WRITE, changes)


def sketch_some(connection: Connection, limit: int) -> bool:
    """Makes sketches of some texts that an earlier version stored, and finds their copies; False: all have
    theirs.
    """
    ids = sketches.next_left(connection, limit)
    if ids is None:
        return False
    sketches.write_new(connection, sketches.made_of_stored(connection, ids))
    regroup(connection, ids)
    return True
