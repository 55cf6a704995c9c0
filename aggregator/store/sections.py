"""Addresses that several articles' pages call their own: a section's, named by a template."""

from sqlalchemy import Connection, bindparam, select, update

from aggregator.core.likeness import read
from aggregator.core.similar import normalise
from aggregator.store import singles
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.tables import feeds, items, texts
from aggregator.store.types import AnyRow, hash_or_none

#: stored items that are asked: each of them named the address before anybody doubted it
_ASKED = 5
#: what any two texts of an outlet may share
_PHRASES = 0.1

_OWN = select(items.c.link_hash).where(items.c.id == bindparam("b_id"))
_CLAIMING = (
    select(
        items.c.id,
        items.c.link,
        items.c.link_hash,
        items.c.canonical_hash,
        items.c.text_hash,
        items.c.duplicate_of,
        items.c.relation,
        items.c.title,
        texts.c.text,
    )
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(
        items.c.canonical_hash == bindparam("b_hash"),
        items.c.link_hash != bindparam("b_hash"),
        items.c.id != bindparam("b_id"),
        feeds.c.outlet_key == bindparam("b_outlet"),
    )
    .order_by(items.c.id)
    .limit(_ASKED)
)
_TAKE_BACK = update(items).where(items.c.id == bindparam("b_id"))


def believed(connection: Connection, row: AnyRow, stated: str | None, text: str) -> str | None:
    """The canonical address that an item's page states; None where other articles' pages state it too.

    It is taken back from those then, and not believed of this outlet any more. ``row``: the item as stored.
    """
    own = connection.execute(_OWN, {"b_id": row.id}).scalar()
    named = hash_or_none(stated)
    if named is None or named in (own, row.canonical_hash):
        return stated
    key = f"section {named} {row.outlet_key}"
    if singles.get(connection, key) is not None:
        return None
    asked = {"b_hash": stated, "b_id": row.id, "b_outlet": row.outlet_key}
    claiming = connection.execute(_CLAIMING, asked).all()
    if not any(other.link_hash != own and _is_other(row.title, text, other) for other in claiming):
        return stated
    singles.put(connection, key, stated or "")
    changes = []
    for other in claiming:
        was = Member(other.id, other.canonical_hash, other.text_hash, other.duplicate_of, other.relation)
        now = Member(other.id, other.link_hash, other.text_hash, other.duplicate_of, other.relation)
        values = {"canonical_url": other.link, "canonical_hash": other.link}
        connection.execute(_TAKE_BACK, values | {"b_id": other.id})
        changes.append((was, now))
    rejoin(connection, changes)
    return None


def _is_other(title: str, text: str, other: AnyRow) -> bool:
    """Whether neither the headline nor more than some phrases are the other's."""
    one, two = read(text).distinct, read(other.text).distinct
    return len(one & two) < _PHRASES * min(len(one), len(two)) and normalise(title) != normalise(other.title)
