"""Hashtags: made of what an item, its page and its outlet say, kept with the item, counted over time.

They are made when the item's place among the stories is looked for, and again whenever that is.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, or_, select
from sqlalchemy import text as sql

from aggregator.core import keyphrases
from aggregator.core.hashtags import Tagged, TagUse, Wording, hashtags_of
from aggregator.core.trends import Used, folded, trending
from aggregator.model import ItemFilter
from aggregator.model.stories import Hashtag, Trend
from aggregator.store import vocabulary
from aggregator.store.among import among
from aggregator.store.items import matching
from aggregator.store.tables import feeds, hashtags, items, page_tags, texts
from aggregator.store.types import AnyRow

#: items of an outlet that its habits are learned from, the newest; and texts that a phrase is looked for in
_HABITS, _TEXTS = 200, 8
#: share of an outlet's other texts from which a phrase says nothing; fewer texts prove nothing
_REPEATED, _PROOF = 0.6, 4
#: weights are stored in thousandths
_WHOLE = 1000
#: tags of a window that are looked at for trends: those of the most items
_COUNTED = 2_000
#: how much longer the time before a window is that it is compared with
_BEFORE = 7
#: parts of a trend's course
_PARTS = 8

_LANGUAGE = func.coalesce(items.c.language, feeds.c.language, feeds.c.feed_language)
_ROWS = (
    select(
        items.c.id,
        items.c.title,
        items.c.summary,
        items.c.authors,
        items.c.tags,
        _LANGUAGE.label("language"),
        func.substr(texts.c.text, 1, keyphrases.LONGEST).label("text"),
        feeds.c.outlet,
        feeds.c.outlet_key,
        page_tags.c.tags.label("page_tags"),
    )
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .outerjoin(texts, texts.c.item_id == items.c.id)
    .outerjoin(page_tags, page_tags.c.item_id == items.c.id)
    .where(among(items.c.id, "ids"))
    .order_by(items.c.id)
)
_OF_ITEMS = (
    select(hashtags)
    .where(among(hashtags.c.item_id, "ids"))
    .order_by(hashtags.c.item_id, hashtags.c.weight.desc(), hashtags.c.tag_key)
)
_DROP = delete(hashtags).where(among(hashtags.c.item_id, "ids"))
_ADD = insert(hashtags)
_DROP_PAGE = delete(page_tags).where(among(page_tags.c.item_id, "ids"))
_OF_PAGE = select(page_tags.c.tags).where(among(page_tags.c.item_id, "ids"))
_QUEUE = sql("INSERT INTO story_queue (item_id) VALUES (:item_id) ON CONFLICT DO NOTHING")


# ── made ─────────────────────────────────────────────────────────────────────────────────────


def place(connection: Connection, ids: Collection[int]) -> None:
    """Makes the hashtags of these items anew."""
    if not ids:
        return
    rows = connection.execute(_ROWS, {"ids": ids}).all()
    readings = {row.id: _read(row) for row in rows}
    rarity = _rarity(connection, readings.values())
    outlets = {key: _outlet(connection, key) for key in sorted({row.outlet_key for row in rows})}
    made = []
    for row in rows:
        outlet = outlets[row.outlet_key]
        phrases = keyphrases.phrases(readings[row.id], rarity)
        tagged = Tagged(
            wording=Wording(
                title=row.title,
                text=row.text or row.summary,
                language=row.language,
                authors=tuple(row.authors),
            ),
            outlet=row.outlet,
            feed_tags=tuple(row.tags),
            page_tags=tuple(row.page_tags or ()),
            phrases=phrases,
        )
        made += [
            _row(row.id, tag)
            for tag in hashtags_of(tagged, outlet.use, repeated=outlet.unsaid(row.id, phrases))
        ]
    connection.execute(_DROP, {"ids": ids})
    if made:
        connection.execute(_ADD, made)


def _row(item_id: int, tag: Hashtag) -> dict[str, object]:
    return {
        "item_id": item_id,
        "tag_key": tag.key,
        "label": tag.label,
        "source": tag.source,
        "weight": round(tag.weight * _WHOLE),
    }


def _read(row: AnyRow) -> keyphrases.Reading:
    return keyphrases.read(row.title, row.text or row.summary, row.language)


def _rarity(connection: Connection, readings: Collection[keyphrases.Reading]) -> keyphrases.Rarity:
    terms = {vocabulary.ALL}.union(*(reading.terms for reading in readings))
    counts = vocabulary.counts(connection, terms)
    return keyphrases.Rarity(items=counts[vocabulary.ALL], counts=counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlet:
    """What is learned of an outlet from its latest items."""

    use: TagUse
    #: id and folded text of the latest few
    texts: tuple[tuple[int, str], ...]
    #: keys of words in capitals that stand before many of its headlines
    labels: frozenset[str] = frozenset()

    def repeated(self, item_id: int, phrases: Sequence[keyphrases.Phrase]) -> frozenset[str]:
        """Those that stand in most of its other texts: what it writes below every article."""
        others = [text for other, text in self.texts if other != item_id]
        if len(others) < _PROOF:
            return frozenset()
        return frozenset(
            phrase.key
            for phrase in phrases
            if sum(phrase.text.casefold() in text for text in others) >= _REPEATED * len(others)
        )

    def unsaid(self, item_id: int, phrases: Sequence[keyphrases.Phrase]) -> frozenset[str]:
        """Phrases that say nothing of this item: what is repeated, and labels before headlines."""
        return self.labels | self.repeated(item_id, phrases)


def _outlet(connection: Connection, key: str) -> _Outlet:
    latest = (
        select(items.c.id, items.c.title, items.c.tags, page_tags.c.tags.label("page_tags"))
        .join_from(items, feeds, feeds.c.id == items.c.feed_id)
        .outerjoin(page_tags, page_tags.c.item_id == items.c.id)
        .where(feeds.c.outlet_key == key)
        .order_by(items.c.sort_at.desc(), items.c.id.desc())
        .limit(_HABITS)
    )
    rows = connection.execute(latest).all()
    use = TagUse.of((*row.tags, *(row.page_tags or ())) for row in rows)
    read = (
        select(texts.c.item_id, func.substr(texts.c.text, 1, keyphrases.LONGEST).label("text"))
        .where(among(texts.c.item_id, "ids"))
        .order_by(texts.c.item_id)
    )
    ids = [row.id for row in rows[:_TEXTS]]
    found = tuple((row.item_id, row.text.casefold()) for row in connection.execute(read, {"ids": ids}))
    return _Outlet(use=use, texts=found, labels=keyphrases.labels_of(row.title for row in rows))


def write_page_tags(connection: Connection, item_id: int, tags: Sequence[str]) -> None:
    """Keeps what a page says that its article is about; where that is new, hashtags are made again."""
    stored = connection.execute(_OF_PAGE, {"ids": [item_id]}).scalar()
    if list(stored or ()) == list(tags):
        return
    connection.execute(_DROP_PAGE, {"ids": [item_id]})
    if tags:
        connection.execute(insert(page_tags), {"item_id": item_id, "tags": list(tags)})
    requeue(connection, [item_id])


def requeue(connection: Connection, ids: Collection[int]) -> None:
    """Has the hashtags of these items made again, with their places among the stories."""
    if ids:
        connection.execute(_QUEUE, [{"item_id": one} for one in sorted(ids)])


# ── read back ────────────────────────────────────────────────────────────────────────────────


def of_items(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Hashtag, ...]]:
    """The hashtags of each of these items, the strongest first; () for an item without any."""
    found: dict[int, list[Hashtag]] = defaultdict(list)
    for row in connection.execute(_OF_ITEMS, {"ids": ids}).all() if ids else ():
        found[row.item_id].append(
            Hashtag(key=row.tag_key, label=row.label, source=row.source, weight=row.weight / _WHOLE)
        )
    return {one: tuple(found.get(one, ())) for one in ids}


def trends(
    connection: Connection, which: ItemFilter, *, since: datetime, until: datetime
) -> tuple[Trend, ...]:
    """The tags on the rise among the items that match, from ``since`` until ``until``, the strongest first.

    The time before is up to seven times as long, as far back as anything is stored. Copies count once; so
    does an outlet's flood, which is held back.
    """
    wanted = replace(which, since=None, until=None, limit=None, copies=False)
    kept = matching(replace(wanted, shown_at=which.shown_at or until))
    window = and_(items.c.sort_at >= since, items.c.sort_at < until)
    earlier = and_(items.c.sort_at >= since - _BEFORE * (until - since), items.c.sort_at < since)
    totals = connection.execute(
        select(
            func.count(case((window, items.c.id))).label("items"),
            func.count(case((earlier, items.c.id))).label("before"),
            func.count(case((window, feeds.c.outlet_key)).distinct()).label("outlets"),
        )
        .join_from(items, feeds, feeds.c.id == items.c.feed_id)
        .where(*kept, or_(window, earlier))
    ).one()
    counted = connection.execute(
        select(
            hashtags.c.tag_key,
            func.count().label("items"),
            func.count(feeds.c.outlet_key.distinct()).label("outlets"),
        )
        .join_from(items, hashtags, hashtags.c.item_id == items.c.id)
        .join(feeds, feeds.c.id == items.c.feed_id)
        .where(*kept, window)
        .group_by(hashtags.c.tag_key)
        .having(func.count() > 1)
        .order_by(func.count().desc(), hashtags.c.tag_key)
        .limit(_COUNTED)
    ).all()
    before = _before(connection, [*kept, earlier], {row.tag_key for row in counted})
    found = trending(
        (
            Used(
                key=row.tag_key,
                label=row.tag_key,
                items=row.items,
                outlets=row.outlets,
                before=before.get(row.tag_key, 0),
            )
            for row in counted
        ),
        items=totals.items,
        before=totals.before,
        outlets=totals.outlets,
    )
    return _told(connection, found, [*kept, window], since, until - since, which.limit)


def _before(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], keys: Collection[str]
) -> Mapping[str, int]:
    """How many items each of the tags had then."""
    query = (
        select(hashtags.c.tag_key, func.count().label("items"))
        .join_from(items, hashtags, hashtags.c.item_id == items.c.id)
        .where(*conditions)
        .group_by(hashtags.c.tag_key)
    )
    return {row.tag_key: row.items for row in connection.execute(query) if row.tag_key in keys}


def _told(
    connection: Connection,
    found: Sequence[Trend],
    conditions: Sequence[ColumnElement[bool]],
    since: datetime,
    span: timedelta,
    limit: int | None,
) -> tuple[Trend, ...]:
    """The trends, a part folded into its whole, with the label that most of their items write and their
    course over the window.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    courses: dict[str, list[int]] = defaultdict(lambda: [0] * _PARTS)
    having: dict[str, set[int]] = defaultdict(set)
    keys = [trend.key for trend in found]
    for start in range(0, len(keys), _HABITS):
        query = (
            select(hashtags.c.tag_key, hashtags.c.label, items.c.id, items.c.sort_at)
            .join_from(hashtags, items, items.c.id == hashtags.c.item_id)
            .where(hashtags.c.tag_key.in_(keys[start : start + _HABITS]), *conditions)
        )
        for row in connection.execute(query):
            labels[row.tag_key][row.label] += 1
            having[row.tag_key].add(row.id)
            courses[row.tag_key][min(_PARTS - 1, int(_PARTS * ((row.sort_at - since) / span)))] += 1
    told = (
        replace(
            trend,
            label=min(labels[trend.key], key=lambda label: (-labels[trend.key][label], label)),
            course=tuple(courses[trend.key]),
        )
        for trend in found
    )
    return folded(told, having, limit)
