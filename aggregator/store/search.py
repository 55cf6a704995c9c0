"""Full text: a query's items on both databases, and the index behind it.

Both hold the words that ``core/lexemes`` makes, and are asked for such words alone: what a person typed
reaches no query language. The index finds; ``core/ranking`` reads what was found and puts it in order. A word
that many items hold cannot be ranked over all of them in reasonable time (bm25 over 270,000 took 260 ms), so
the newest are looked at closely, and the newest that have it in their title.
"""

import json
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    cast,
    delete,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from aggregator.config.query_syntax import Label, LabelKey
from aggregator.core.lexemes import lexemes
from aggregator.core.query import LIMITS, Fields, Query, Term, is_hashtag, is_language, parse_query, spellings
from aggregator.core.ranking import LOOKED_AT, rank
from aggregator.core.tagkeys import key_of
from aggregator.model import ItemFilter
from aggregator.store.among import among
from aggregator.store.engine import take_turn
from aggregator.store.feeds import name_key
from aggregator.store.items import matching
from aggregator.store.tables import (
    feed_tags,
    feeds,
    hashtags,
    item_tags,
    items,
    search,
    search_queue,
    stories,
    story_items,
    texts,
)

#: items that are looked at closely, of the newest and of those with the words in their title each
_LOOKED_AT = 100
#: matches up to which they are all known: more are walked from the newest on
_KNOWN = 20_000
#: items asked about in one go
_CHUNK = 500
#: items that a key may name to be looked up by it first
_FEW = 10_000
#: … and to be asked about one by one (20 us each); more are picked from all that match (0.3 us)
_ASKED_EACH = 2_000
_HIGHEST = 2**62
#: how much further back titles are looked through: where a phrase is frequent in texts and hardly ever in
#: titles, all that has been stored would be gone through
_BACK = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """An item that was found; ``rank`` is None behind those that were looked at closely."""

    id: int
    rank: float | None


# ── looking up ───────────────────────────────────────────────────────────────────────────────


def asked(connection: Connection, query: str | Query, now: datetime | None) -> tuple[Query, datetime]:
    """The query, and the instant that ages count from: the newest item's where nobody gives one."""
    if now is None:
        now = connection.execute(select(func.max(items.c.sort_at, type_=items.c.sort_at.type))).scalar()
    at = now or datetime.fromtimestamp(0, UTC)
    return (query if isinstance(query, Query) else parse_query(query, now=at)), at


def best_first(connection: Connection, query: Query, which: ItemFilter, now: datetime) -> tuple[Ranked, ...]:
    """The matching items: the best first, the newer of equals first; without a limit all of them.

    Where more match than are looked at closely, those that were come first.
    """
    query, which = _one_place(query, which)
    conditions = _conditions(query, which)
    least = _LOOKED_AT if which.limit is None else max(which.limit, _LOOKED_AT)
    chosen = list(_find(connection, query, conditions, least))
    if len(chosen) == least and _may_stand_in_titles(query):
        low = max(chosen) - (max(chosen) - min(chosen)) * _BACK
        titled = _find(connection, _in_title(query), conditions, least, low)
        chosen = list(dict.fromkeys([*chosen, *titled]))
    ranked = _ranked(connection, query, chosen, now)
    if which.limit is not None:
        return ranked[: which.limit]
    if len(chosen) < least:
        return ranked
    known = set(chosen)
    others = (number for number in _find(connection, query, conditions, None) if number not in known)
    return (*ranked, *(Ranked(id=number, rank=None) for number in others))


def newest_first(connection: Connection, query: Query, which: ItemFilter) -> "array[int]":
    """The ids of matching items, by ``sort_at``."""
    query, which = _one_place(query, which)
    conditions = _conditions(query, which)
    if connection.dialect.name == "postgresql" or not (query.wanted or query.unwanted):
        chosen = _by_time([*_holds(query), *conditions], which.limit)
        return array("q", connection.execute(chosen).scalars())
    if query.wanted and len(matches := _latest(connection, query, _KNOWN + 1)) <= _KNOWN:
        chosen = _by_time([among(items.c.id, "ids"), *conditions], which.limit)
        return array("q", connection.execute(chosen, {"ids": matches}).scalars())
    return array("q", islice(_walk(connection, query, conditions), which.limit))


def _one_place(query: Query, which: ItemFilter) -> tuple[Query, ItemFilter]:
    """Filters that the query's syntax has as well, as its own: they are looked up the same way."""
    labels = list(query.labels)
    if which.outlets:
        labels.append(Label(key="outlet", values=which.outlets))
    if which.language is not None:
        labels.append(Label(key="lang", values=(which.language,)))
    if which.tag is not None and which.copies:  # without copies their sections' labels count, see matching
        labels.append(Label(key="tag", values=(which.tag,)))
        which = replace(which, tag=None)
    after = max(filter(None, (query.after, which.since)), default=None)
    before = min(filter(None, (query.before, which.until)), default=None)
    whole = replace(query, labels=tuple(labels), after=after, before=before)
    return whole, replace(which, outlets=(), language=None, since=None, until=None)


def _conditions(query: Query, which: ItemFilter) -> list[ColumnElement[bool]]:
    """What the filter and the query's keys ask of the columns of ``items``."""
    conditions = matching(which)
    conditions += matching(ItemFilter(since=query.after, until=query.before))
    for label in query.labels:
        has = or_(*(_has(label.key, value) for value in label.values))
        conditions.append(has.is_not(true()) if label.absent else has)
    return conditions


def _has(key: LabelKey, value: str) -> ColumnElement[bool]:
    """The items are known by their number when this is asked: nothing is gathered for all of them."""
    if key == "story":
        first = func.coalesce(items.c.duplicate_of, items.c.id)
        return select(1).where(story_items.c.item_id == first, _is_in_story(value)).exists()
    if key == "tag":
        of_item = item_tags.c.item_id == items.c.id
        of_feed = feed_tags.c.feed_id == items.c.feed_id
        keys = _tag_keys([value])
        marked = hashtags.c.item_id == items.c.id
        return or_(
            select(1).where(item_tags.c.tag_key.in_(keys), of_item).exists(),
            select(1).where(feed_tags.c.tag_key.in_(keys), of_feed).exists(),
            *(select(1).where(hashtags.c.tag_key == key, marked).exists() for key in _hashtags([value])),
        )
    if key == "outlet":
        return and_(*matching(ItemFilter(outlets=(value,))))
    return and_(*matching(ItemFilter(language=value)))


def _tag_keys(values: Iterable[str]) -> list[str]:
    return sorted({name_key(each) for value in values for each in spellings(value)})


def _hashtags(values: Iterable[str]) -> list[str]:
    """The keys of those that are asked for among hashtags as well."""
    return sorted({key for value in values if is_hashtag(value) and (key := key_of(value))})


def _is_in_story(value: str) -> ColumnElement[bool]:
    """A number that was shown stays good when its story became part of another."""
    heir = select(stories.c.merged_into).where(stories.c.id == int(value))
    return or_(story_items.c.story_id == int(value), story_items.c.story_id.in_(heir))


def _find(
    connection: Connection,
    query: Query,
    conditions: Sequence[ColumnElement[bool]],
    limit: int | None,
    low: int = 0,
) -> Iterable[int]:
    """Matching items, the newest first: as they were stored, or by ``sort_at`` where that is quicker."""
    if connection.dialect.name == "postgresql" or not (query.wanted or query.unwanted):
        return connection.execute(_by_time([*_holds(query), *conditions], limit)).scalars()
    return islice(_find_sqlite(connection, query, conditions, low), limit)


def _may_stand_in_titles(query: Query) -> bool:
    """Whether looking through the titles can find more. What a ``*`` stands for is gathered anew each time,
    which takes longer than all the rest: once is enough.
    """
    terms = [term for group in query.wanted for term in group]
    return any(not term.title for term in terms) and not any(term.prefix for term in terms)


def _in_title(query: Query) -> Query:
    """The same, all of it in the title."""
    wanted = tuple(tuple(replace(term, title=True) for term in group) for group in query.wanted)
    return replace(query, wanted=wanted)


def _by_time(conditions: Iterable[ColumnElement[bool]], limit: int | None) -> Select[int]:
    found = select(items.c.id).where(*conditions).order_by(items.c.sort_at.desc(), items.c.id.desc())
    return found if limit is None else found.limit(limit)


_FIELDS = (
    select(
        items.c.id,
        items.c.sort_at,
        func.substr(items.c.title, 1, 2_000).label("title"),
        func.substr(items.c.summary, 1, 4_000).label("summary"),
        func.substr(texts.c.text, 1, 12_000).label("text"),
    )
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .where(among(items.c.id, "ids"))
)


def _ranked(connection: Connection, query: Query, ids: Sequence[int], now: datetime) -> tuple[Ranked, ...]:
    rows = connection.execute(_FIELDS, {"ids": ids}).all()
    found = [
        (rank(query, Fields.of(row.title, row.summary, row.text, LOOKED_AT), row.sort_at, now), row)
        for row in rows
    ]
    found.sort(key=lambda each: (each[0], each[1].sort_at, each[1].id), reverse=True)
    return tuple(Ranked(id=row.id, rank=score) for score, row in found)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────

_ROWIDS = text(
    "SELECT rowid FROM search WHERE search MATCH :query AND rowid BETWEEN :low AND :high"
    " ORDER BY rowid DESC LIMIT :limit"
)
_PROBE = text(
    "SELECT asked.value FROM json_each(:ids) AS asked CROSS JOIN search ON search.rowid = asked.value"
    " WHERE search MATCH :query"
)
_LANGUAGES = text(
    "WITH RECURSIVE known (code) AS (SELECT min(language) FROM items UNION ALL"
    " SELECT (SELECT min(language) FROM items WHERE language > code) FROM known WHERE code IS NOT NULL)"
    " SELECT code FROM known WHERE code IS NOT NULL"
)


def _find_sqlite(
    connection: Connection, query: Query, conditions: Sequence[ColumnElement[bool]], low: int
) -> Iterator[int]:
    """FTS5 gives ids from the latest on, as fast as they are taken; their columns are looked at afterwards.

    Where a key names few items (an outlet, a rare language), those are looked up first: going through all
    that hold a frequent word would take seconds.
    """
    if not query.wanted:
        yield from _walk(connection, query, conditions)
    elif not conditions:
        for part in _rowids(connection, query, low):
            yield from part
    else:
        few = _fewest(connection, query)
        parts: Iterable[Sequence[int]] = (
            _rowids(connection, query, *_bounds(connection, query, low))
            if few is None
            else [_among_few(connection, query, few)]
        )
        for ids in parts:
            for start in range(0, len(ids), _CHUNK):
                yield from _chosen(connection, ids[start : start + _CHUNK], conditions)


def _chosen(
    connection: Connection, ids: Sequence[int], conditions: Sequence[ColumnElement[bool]]
) -> Sequence[int]:
    """Those of the items that the columns let pass, those stored last first."""
    chosen = select(items.c.id).where(among(items.c.id, "ids"), *conditions).order_by(items.c.id.desc())
    return connection.execute(chosen, {"ids": ids}).scalars().all()


def _fewest(connection: Connection, query: Query) -> Collection[int] | None:
    """The items that one of the keys names, where it names few; of several keys that with the fewest."""
    found: set[int] | None = None
    for label in query.labels:
        lookups = [] if label.absent else list(_lookups(connection, label))
        if lookups and all(_are_few(connection, ids) for ids in lookups):
            named = {number for ids in lookups for number in connection.execute(ids).scalars()}
            found = named if found is None or len(named) < len(found) else found
    return found


def _are_few(connection: Connection, ids: Select[int]) -> bool:
    counted = select(func.count()).select_from(ids.limit(_FEW + 1).subquery())
    return connection.execute(counted).scalar_one() <= _FEW


def _lookups(connection: Connection, label: Label) -> Iterator[Select[int]]:
    keys = [name_key(value) for value in label.values]
    if label.key == "outlet":
        of_outlet = select(feeds.c.id).where(feeds.c.outlet_key.in_(keys))
        yield select(items.c.id).where(items.c.feed_id.in_(of_outlet))
    elif label.key == "tag":
        keys = _tag_keys(label.values)
        if marked := _hashtags(label.values):
            yield select(hashtags.c.item_id).where(hashtags.c.tag_key.in_(marked))
        of_feed = select(feed_tags.c.feed_id).where(feed_tags.c.tag_key.in_(keys))
        yield select(item_tags.c.item_id).where(item_tags.c.tag_key.in_(keys))
        yield select(items.c.id).where(items.c.feed_id.in_(of_feed))
    elif label.key == "lang":
        known = connection.execute(_LANGUAGES).scalars()
        codes = [code for code in known if any(is_language(code, value) for value in label.values)]
        yield select(items.c.id).where(items.c.language.in_(codes))
    else:
        firsts = select(story_items.c.item_id).where(or_(*map(_is_in_story, label.values)))
        yield firsts
        yield select(items.c.id).where(items.c.duplicate_of.in_(firsts))


def _among_few(connection: Connection, query: Query, few: Collection[int]) -> Sequence[int]:
    """Those of a few items that have the words, those stored last first."""
    if not few:
        return ()
    if len(few) <= _ASKED_EACH:
        held: set[int] = set()
        ids = sorted(few, reverse=True)
        for start in range(0, len(ids), _CHUNK):
            held |= _probed(connection, ids[start : start + _CHUNK], _whole_match(query))
        return [number for number in ids if number in held]
    bounds = {"query": _whole_match(query), "low": min(few), "high": max(few), "limit": -1}
    return [number for number in connection.execute(_ROWIDS, bounds).scalars().all() if number in few]


def _bounds(connection: Connection, query: Query, low: int) -> tuple[int, int]:
    """From which id on items can be of the time that is asked for, and up to which most of them are.

    What came later was stored later; only of what was stored lately some is old, or was found elsewhere.
    """
    high = _HIGHEST
    if query.after is not None:
        later = select(items.c.id).where(items.c.sort_at >= query.after)
        if connection.execute(later.offset(_KNOWN).limit(1)).scalar() is None:
            # with a limit: without one SQLite looks for the least id from the first item on
            least = select(func.min(later.limit(_KNOWN).subquery().c.id))
            low = max(connection.execute(least).scalar() or 0, low)
    if query.before is not None:
        earlier = select(items.c.id).where(items.c.sort_at < query.before)
        last = list(connection.execute(earlier.order_by(items.c.sort_at.desc()).limit(_CHUNK)).scalars())
        high = sorted(last)[len(last) * 9 // 10] if last else _HIGHEST
    return low, high


def _rowids(
    connection: Connection, query: Query, low: int = 0, high: int = _HIGHEST
) -> Iterator["array[int]"]:
    """The ids of items with the words, those stored last first, from ``low`` on; above ``high`` at last.

    In growing parts: mostly the first is enough.
    """
    ranges = [(low, high)] if high == _HIGHEST else [(low, high), (high + 1, _HIGHEST)]
    for bottom, top in ranges:
        size, last = 1_000, top
        while last >= bottom:
            bounds = {"query": _whole_match(query), "low": bottom, "high": last, "limit": size}
            part = array("q", connection.execute(_ROWIDS, bounds).scalars().all())
            yield part
            if len(part) < size:
                break
            size, last = size * 4, part[-1] - 1


def _latest(connection: Connection, query: Query, limit: int) -> "array[int]":
    """The ids of the items with the words that were stored last."""
    bounds = {"query": _whole_match(query), "low": 0, "high": _HIGHEST, "limit": limit}
    return array("q", connection.execute(_ROWIDS, bounds).scalars().all())


def _whole_match(query: Query) -> str:
    match = _match(query.wanted)
    return f"({match}) NOT ({_match([query.unwanted])})" if query.unwanted else match


def _walk(connection: Connection, query: Query, conditions: Sequence[ColumnElement[bool]]) -> Iterator[int]:
    """Items by their columns, the newest first; the index is asked about each."""
    ids = connection.execute(_by_time(conditions, None).execution_options(yield_per=_CHUNK)).scalars()
    wanted, unwanted = _match(query.wanted), _match([query.unwanted]) if query.unwanted else ""
    size = 100
    while chunk := list(islice(ids, size)):
        if wanted:
            kept = _probed(connection, chunk, f"({wanted}) NOT ({unwanted})" if unwanted else wanted)
        else:
            kept = set(chunk) - _probed(connection, chunk, unwanted)
        yield from (number for number in chunk if number in kept)
        size = _CHUNK


def _probed(connection: Connection, ids: Sequence[int], match: str) -> set[int]:
    return set(connection.execute(_PROBE, {"ids": json.dumps(ids), "query": match}).scalars())


def _match(groups: Iterable[Sequence[Term]]) -> str:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax, every word within quotes."""
    return " AND ".join(f"({' OR '.join(map(_fts5, group))})" for group in groups)


def _fts5(term: Term) -> str:
    phrase = f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")
    return f"title : {phrase}" if term.title else phrase


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────


def _holds(query: Query) -> list[ColumnElement[bool]]:
    """Whether an item's words are those of the query; no condition where it names none."""
    parts = [f"({' | '.join(map(_tsquery, group))})" for group in query.wanted]
    parts += [f"!({_tsquery(term)})" for term in query.unwanted]
    if not parts:
        return []
    asked = cast(" & ".join(parts), TSQUERY)
    return [items.c.id == search.c.item_id, search.c.words.op("@@")(asked)]


def _tsquery(term: Term) -> str:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html: no word holds a quote or a ``\\``."""
    marks = [""] * len(term.words)
    if term.prefix:
        marks[-1] = "*"
    if term.title:
        marks = [f"{mark}A" for mark in marks]
    words = [f"'{word}'" + (f":{mark}" if mark else "") for word, mark in zip(term.words, marks, strict=True)]
    return f"({' <-> '.join(words)})"


# ── indexing ─────────────────────────────────────────────────────────────────────────────────


def any_pending(connection: Connection) -> bool:
    """Whether an item waits to be indexed."""
    return bool(connection.execute(select(select(search_queue.c.item_id).exists())).scalar())


def count_pending(connection: Connection) -> int:
    """How many items wait to be indexed."""
    return connection.execute(select(func.count()).select_from(search_queue)).scalar_one()


def index_pending(connection: Connection, batch: int) -> int:
    """Takes up to ``batch`` items into the index, those stored last first; how many there were.

    An earlier version's items wait as well: what is new does not wait for them.
    """
    take_turn(connection)
    waiting = select(search_queue.c.item_id).order_by(search_queue.c.item_id.desc()).limit(batch)
    ids = list(connection.execute(waiting).scalars())
    if ids:
        if connection.dialect.name == "postgresql":
            _index_postgresql(connection, ids)
        else:
            connection.execute(_INDEX_SQLITE, {"first": ids[-1]})
        connection.execute(delete(search_queue).where(search_queue.c.item_id >= ids[-1]))
    return len(ids)


_INDEX_SQLITE = text(
    "INSERT INTO search (rowid, title, summary, text)"
    " SELECT content.id, content.title, content.summary, content.text"
    " FROM search_queue JOIN search_content AS content ON content.id = search_queue.item_id"
    " WHERE search_queue.item_id >= :first ORDER BY search_queue.item_id"
)


def _index_postgresql(connection: Connection, ids: list[int]) -> None:
    """The server's own rules of what a word is know neither accents (without the extension unaccent) nor, in
    the C locale, any letter beyond ASCII: it is given words and their places.
    """
    rows = connection.execute(
        select(items.c.id, items.c.title, items.c.summary, texts.c.text)
        .join(texts, texts.c.item_id == items.c.id)
        .where(among(items.c.id, "ids")),
        {"ids": ids},
    )
    values = [{"id": row.id, "words": _tsvector(row.title, row.summary, row.text)} for row in rows]
    if values:
        connection.execute(_INDEX_POSTGRESQL, values)


def _tsvector(*fields: str) -> str:
    """Words with places and weights as PostgreSQL reads them; between fields a place stays empty, so that no
    phrase reaches over it.
    """
    places: dict[str, list[str]] = {}
    start = 1
    for field, weight, limit in zip(fields, "ABD", LIMITS, strict=True):
        words = lexemes(field, limit)
        for place, word in enumerate(words, start):
            said = places.setdefault(word, [])
            if len(said) < _PLACES:
                said.append(f"{place}{weight}")
        start += len(words) + 1
    return " ".join(f"'{word}':{','.join(said)}" for word, said in places.items())


#: of one word, as many as PostgreSQL keeps
_PLACES = 255

_INDEX_POSTGRESQL = text(
    "INSERT INTO search (item_id, words) VALUES (:id, CAST(:words AS tsvector))"
    " ON CONFLICT (item_id) DO UPDATE SET words = excluded.words"
)
