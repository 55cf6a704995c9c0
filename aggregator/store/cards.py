"""Items as lists show them, read many at a time, and stamps that tell whether anything of them has changed.

No text is read: a text that is another has another digest, length, way in which it was found or time of its
last edit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b

from sqlalchemy import Connection, Select, func, select

from aggregator.model import ItemFilter
from aggregator.model.cards import Card
from aggregator.store.among import among
from aggregator.store.items import newest_first
from aggregator.store.tables import feeds, items, related, texts
from aggregator.store.types import AnyRow

_SHOWN = (
    items.c.id,
    feeds.c.outlet,
    feeds.c.site_url,
    items.c.url,
    items.c.title,
    items.c.summary,
    items.c.published,
    items.c.published_earliest,
    items.c.published_latest,
    items.c.sort_at,
    items.c.language,
    items.c.image,
    items.c.duplicate_of,
    items.c.comments,
)
#: what else changes with an article's page
_STAMPED = (
    items.c.digest,
    items.c.text_hash,
    items.c.text_source,
    items.c.published_source,
    items.c.first_seen,
    items.c.updated,
    items.c.comments_url,
    items.c.kind,
    items.c.base_url,
    texts.c.method,
    texts.c.score,
    func.length(texts.c.text),
    func.length(texts.c.content_html),
    func.length(texts.c.page_html),
)
_CARDS = (
    select(*_SHOWN, *_STAMPED)
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .join(feeds, feeds.c.id == items.c.feed_id)
)
_OF_IDS = _CARDS.where(among(items.c.id, "ids"))
_COPIES = _CARDS.where(among(items.c.duplicate_of, "ids")).order_by(items.c.sort_at, items.c.id)
_RELATED = (
    select(related.c.item_id, related.c.other_id, related.c.score)
    .where(among(related.c.item_id, "ids"))
    .order_by(related.c.item_id, related.c.score.desc(), related.c.other_id)
)


def newest(connection: Connection, which: ItemFilter) -> tuple[Card, ...]:
    """The cards of matching items, newest first."""
    wanted: Select[int] = newest_first(which)
    ids = connection.execute(wanted).scalars().all()
    found = {card.id: card for card in _read(connection, _OF_IDS, ids)}
    return tuple(found[one] for one in ids if one in found)


def copies(connection: Connection, ids: Collection[int]) -> Mapping[int, tuple[Card, ...]]:
    """The copies of these items, the first one first; items without copies are left out."""
    found: dict[int, list[Card]] = defaultdict(list)
    for card in _read(connection, _COPIES, ids):
        if card.duplicate_of is not None:
            found[card.duplicate_of].append(card)
    return {first: tuple(group) for first, group in found.items()}


def neighbours(connection: Connection, ids: Collection[int]) -> Mapping[int, tuple[tuple[int, int], ...]]:
    """What is stored beside each of these items as related: the others' ids and scores in thousandths."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for item_id, other_id, score in connection.execute(_RELATED, {"ids": ids}).all():
        found[item_id].append((other_id, score))
    return {item_id: tuple(others) for item_id, others in found.items()}


def _read(connection: Connection, query: Select[*tuple[object, ...]], ids: Collection[int]) -> Iterator[Card]:
    return map(_card, connection.execute(query, {"ids": ids}).all())  # all: a row each takes twice as long


def _card(row: AnyRow) -> Card:
    (
        item_id, outlet, site_url, url, title, summary, published, earliest, latest, sort_at, language, image,
        duplicate_of, comments, *_,
    ) = row  # fmt: skip
    return Card(
        id=item_id,
        outlet=outlet,
        site_url=site_url,
        url=url,
        title=title,
        summary=summary,
        published=published,
        published_earliest=earliest,
        published_latest=latest,
        sort_at=sort_at,
        language=language,
        image=image,
        duplicate_of=duplicate_of,
        comments=comments,
        stamp=blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=16).digest(),
    )
