"""What stands beside an article: found as items are placed among the stories, a few rows each.

The rows hold the nearest of other outlets, by content and time. A new item gets its list, and its place in
the lists that it improves: likeness is the same from both sides. What an item costs does not grow with the
store: of each term only the newest items are looked at. The part of a list that is of the same story is made
from the story when it is read, so that it is always true.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, text

from aggregator.core import related as rules
from aggregator.core.related import Article, Neighbour
from aggregator.model.stories import Related
from aggregator.store import features as kept_features
from aggregator.store import shared_terms, vocabulary
from aggregator.store.among import among
from aggregator.store.tables import feeds, items, related, story_items
from aggregator.store.types import AnyRow

#: items that are looked at for one term, the newest
_OF_TERM = 64

_ARTICLES = (
    select(items.c.id, items.c.title, items.c.sort_at, feeds.c.outlet_key)
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .where(among(items.c.id, "ids"), items.c.duplicate_of.is_(None))
)
_HAVING = {
    "sqlite": text(
        """
        SELECT wanted.value, (
            SELECT group_concat(item_id) FROM (
                SELECT item_id FROM item_terms WHERE term = wanted.value ORDER BY item_id DESC LIMIT :most
            )
        )
        FROM json_each(:terms) AS wanted
        """
    ),
    "postgresql": text(
        """
        SELECT wanted.value, array_to_string(ARRAY(
            SELECT item_id FROM item_terms WHERE term = wanted.value ORDER BY item_id DESC LIMIT :most
        ), ',')
        FROM json_array_elements_text(CAST(:terms AS json)) AS of_item (said),
        LATERAL (SELECT CAST(of_item.said AS bigint) AS value) AS wanted
        """
    ),
}
_ENTRY = (related.c.item_id, related.c.other_id, related.c.score, items.c.title, feeds.c.outlet_key)
_LISTED = (
    select(*_ENTRY)
    .join_from(related, items, items.c.id == related.c.other_id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(related.c.item_id, "ids"), items.c.duplicate_of.is_(None))
)
_TOLD = _LISTED.add_columns(related.c.shared)
#: lists that are full, and the least near of each
_FULL = (
    select(related.c.item_id, func.min(related.c.score))
    .where(among(related.c.item_id, "ids"))
    .group_by(related.c.item_id)
    .having(func.count() >= rules.MOST)
)
_FORGET = delete(related).where(
    related.c.item_id == bindparam("b_item"), related.c.other_id == bindparam("b_other")
)
_FORGET_ALL = delete(related).where(or_(among(related.c.item_id, "ids"), among(related.c.other_id, "ids")))
_KEEP = insert(related)


# ── as items are placed ──────────────────────────────────────────────────────────────────────


def relate(connection: Connection, ids: Collection[int]) -> None:
    """Finds anew what stands beside these items, and puts them beside others. Copies stand beside none."""
    if not ids:
        return
    connection.execute(_FORGET_ALL, {"ids": ids})
    placed = _articles(connection, ids)
    if not placed:
        return
    rarity = _rarity(connection, placed.values())
    wanted = {one.id: rules.sought(one, rarity) for one in placed.values()}
    having = _having(connection, {term for terms in wanted.values() for term in terms})
    candidates = {one.id: rules.promising(one, having, rarity) for one in placed.values()}
    known = placed | _others(connection, {one for found in candidates.values() for one in found} - set(ids))
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for item_id, others in candidates.items():
        beside_it = (known[one] for one in others if one in known and one not in found[item_id])
        for other_id, score in rules.near(known[item_id], beside_it, rarity).items():
            found[item_id][other_id] = found[other_id][item_id] = score
    _write(connection, known, found, placed.keys(), rarity)


def _articles(connection: Connection, ids: Collection[int]) -> dict[int, Article]:
    """The items for which neighbours are looked for; copies, and those without a place, are left out."""
    kept = kept_features.read(connection, ids)
    return {
        row.id: Article(
            id=row.id,
            outlet=row.outlet_key,
            title=row.title,
            at=row.sort_at,
            language=kept[row.id].language,
            weights={one.term: one.weight for one in kept[row.id].terms},
            terms=kept[row.id].terms,
        )
        for row in connection.execute(_ARTICLES, {"ids": ids})
        if row.id in kept
    }


def _others(connection: Connection, ids: Collection[int]) -> dict[int, Article]:
    """The items that may be neighbours, in the same way."""
    kept = kept_features.weights(connection, ids)
    found = {}
    for item_id, title, at, outlet in connection.execute(_ARTICLES, {"ids": kept.keys()}) if kept else ():
        language, weights = kept[item_id]
        found[item_id] = Article(
            id=item_id, outlet=outlet, title=title, at=at, language=language, weights=weights
        )
    return found


def _rarity(connection: Connection, articles: Iterable[Article]) -> rules.Rarity:
    terms = {one.term for article in articles for one in article.terms}
    having = vocabulary.counts(connection, {vocabulary.ALL, *terms})
    return rules.rarity_by(having, having[vocabulary.ALL])


def _having(connection: Connection, terms: Collection[int]) -> dict[int, list[int]]:
    """The newest items that have each term."""
    asked = {"terms": json.dumps(sorted(terms)), "most": _OF_TERM}
    rows = connection.execute(_HAVING[connection.dialect.name], asked)
    return {term: [int(one) for one in ids.split(",")] for term, ids in rows if ids}


def _write(
    connection: Connection,
    known: Mapping[int, Article],
    found: Mapping[int, Mapping[int, float]],
    placed: Collection[int],
    rarity: rules.Rarity,
) -> None:
    """What each list has more and less than before."""
    others = [item_id for item_id in found if item_id not in placed]
    full = {row[0]: row[1] for row in connection.execute(_FULL, {"ids": others})}
    improved = [one for one in others if max(found[one].values()) * 1000 > full.get(one, 0)]
    before = _listed(connection, improved)
    gone: list[dict[str, int]] = []
    rows: list[dict[str, Any]] = []
    told: dict[frozenset[int], Any] = {}
    for item_id in (*placed, *improved):
        stored = before.get(item_id, {})
        article = known[item_id]
        new = {one: _neighbour(known[one], score) for one, score in found.get(item_id, {}).items()}
        now = rules.nearest(article, {**stored, **new}.values())
        kept = {one.id for one in now}
        for one in kept - stored.keys():
            pair = frozenset((item_id, one))
            if pair not in told:
                told[pair] = _shared(article, known[one], rarity, placed)
        gone += [{"b_item": item_id, "b_other": one} for one in stored if one not in kept]
        rows += [
            {
                "item_id": item_id,
                "other_id": one.id,
                "score": round(one.score * 1000),
                "shared": told[frozenset((item_id, one.id))],
            }
            for one in now
            if one.id not in stored
        ]
    if gone:
        connection.execute(_FORGET, gone)
    if rows:
        rows.sort(key=lambda row: (row["item_id"], row["other_id"]))
        connection.execute(_KEEP, rows)


def _neighbour(article: Article, score: float) -> Neighbour:
    return Neighbour(id=article.id, outlet=article.outlet, title=article.title, score=score)


def _shared(one: Article, other: Article, rarity: rules.Rarity, placed: Collection[int]) -> Any:
    """From the side of the one that was placed now, whose terms' rarities are known."""
    here, there = (one, other) if one.id in placed else (other, one)
    return shared_terms.to_json(rules.shared(here, there, rarity))


def _listed(
    connection: Connection, ids: Collection[int], *, told: bool = False
) -> dict[int, dict[int, Neighbour]]:
    """The lists of these items as they are stored; ``told``: also what they share."""
    found: dict[int, dict[int, Neighbour]] = defaultdict(dict)
    if ids:
        for item_id, other_id, score, title, outlet, *shared in connection.execute(
            _TOLD if told else _LISTED, {"ids": ids}
        ):
            found[item_id][other_id] = Neighbour(
                id=other_id,
                outlet=outlet,
                title=title,
                score=score / 1000,
                shared=shared_terms.from_json(shared[0]) if told else (),
            )
    return found


# ── as they are read ─────────────────────────────────────────────────────────────────────────

_ASKED = (
    select(
        items.c.id,
        func.coalesce(items.c.duplicate_of, items.c.id).label("first"),
        items.c.title,
        items.c.sort_at,
        feeds.c.outlet_key,
        story_items.c.story_id,
    )
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .outerjoin(story_items, story_items.c.item_id == func.coalesce(items.c.duplicate_of, items.c.id))
    .where(among(items.c.id, "ids"))
)
_MATES = (
    select(
        story_items.c.story_id,
        story_items.c.score,
        story_items.c.shared,
        items.c.id,
        items.c.title,
        items.c.sort_at,
        feeds.c.outlet_key,
    )
    .join_from(story_items, items, items.c.id == story_items.c.item_id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(story_items.c.story_id, "stories"), items.c.duplicate_of.is_(None))
)


def beside(
    connection: Connection, ids: Collection[int], now: datetime | None = None
) -> dict[int, tuple[Related, ...]]:
    """What stands beside each of these items, the best first; () for none.

    A copy has what its first item has. ``now``: without what is held back then.
    """
    asked = connection.execute(_ASKED, {"ids": ids}).all()
    near = _listed(connection, {row.first for row in asked}, told=True)
    mates = _mates(connection, {row.story_id for row in asked if row.story_id is not None})
    hidden = _held(connection, near, mates, now) if now is not None else frozenset()
    return {
        row.id: _beside(row, mates.get(row.story_id, []), near.get(row.first, {}), hidden) for row in asked
    }


def _beside(
    row: AnyRow, mates: Iterable[AnyRow], near: Mapping[int, Neighbour], hidden: Collection[int]
) -> tuple[Related, ...]:
    article = Article(id=row.id, outlet=row.outlet_key, title=row.title, at=row.sort_at)
    unwanted = {row.id, row.first, *hidden}
    return rules.beside(
        article,
        (_mate(article, mate) for mate in mates if mate.id not in unwanted),
        [one for one in near.values() if one.id not in unwanted],
    )


def _mate(article: Article, row: AnyRow) -> Neighbour:
    return Neighbour(
        id=row.id,
        outlet=row.outlet_key,
        title=row.title,
        score=row.score / 1000 * rules.fading(article.at, row.sort_at),
        shared=shared_terms.from_json(row.shared),
    )


def _mates(connection: Connection, stories: Collection[int]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    if stories:
        for row in connection.execute(_MATES, {"stories": stories}):
            found[row.story_id].append(row)
    return found


def _held(
    connection: Connection,
    near: Mapping[int, Mapping[int, Neighbour]],
    mates: Mapping[int, list[AnyRow]],
    now: datetime,
) -> frozenset[int]:
    """Those that may not be seen yet."""
    ids = {one for others in near.values() for one in others}
    ids |= {row.id for rows in mates.values() for row in rows}
    held = select(items.c.id).where(among(items.c.id, "ids"), items.c.held_until > now)
    return frozenset(connection.execute(held, {"ids": ids}).scalars()) if ids else frozenset()
