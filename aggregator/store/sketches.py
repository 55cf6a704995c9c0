"""The texts' sketches: kept, found by the hashes they share, compared.

``shingles`` is the index by hash. It has no foreign key (that would take a second index of sixteen rows an
item): a sketch takes its rows along when it goes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, cast, delete, func, insert, select, text

from aggregator.core.likeness import Read, compare, is_worth_reading, read
from aggregator.core.sketch import estimate, found_by, sketch_of
from aggregator.core.urls import site_key
from aggregator.model.copies import Credit, Likeness, Sketch
from aggregator.store import singles
from aggregator.store.among import among
from aggregator.store.tables import feeds, items, likenesses, meta, shingles, sketches, texts
from aggregator.store.types import AnyRow

#: items that are looked at for one hash: what more texts have is a phrase, or a text at many outlets
_OF_ONE = 40
#: texts that share most hashes with a new one, and those of them that are read
_CANDIDATES, _READ = 24, 12
#: of one group so many copies hold a new one in it, also when one of them goes; the others are not read
_ENOUGH = 3
#: from here on an edited text is the one that named its source, which may have been cut from it since
_SAME_TEXT = 0.8
#: stored items whose sketches are still to be made have ids up to this, among the single values
BACKLOG = "unsketched_to"

_LOOK_UP = {
    "sqlite": text(
        """
        SELECT wanted.value, (
            SELECT group_concat(item_id) FROM (
                SELECT item_id FROM shingles WHERE hash = wanted.value ORDER BY item_id LIMIT :most
            )
        )
        FROM json_each(:hashes) AS wanted
        """
    ),
    "postgresql": text(
        """
        SELECT wanted.value, array_to_string(ARRAY(
            SELECT item_id FROM shingles WHERE hash = wanted.value ORDER BY item_id LIMIT :most
        ), ',')
        FROM json_array_elements_text(CAST(:hashes AS json)) AS of_text (said),
        LATERAL (SELECT CAST(of_text.said AS bigint) AS value) AS wanted
        """
    ),
}
_INSERT, _INDEX = insert(sketches), insert(shingles)
_STORED = select(sketches.c.item_id, sketches.c.words, sketches.c.hashes, sketches.c.named).where(
    among(sketches.c.item_id, "ids")
)
_DROP = delete(sketches).where(among(sketches.c.item_id, "ids"))
_DROP_INDEX = delete(shingles).where(
    shingles.c.hash == bindparam("b_hash"), shingles.c.item_id == bindparam("b_id")
)
#: two searches: SQLite would read the whole table for an OR
_LIKE_ONE = delete(likenesses).where(among(likenesses.c.low_id, "ids"))
_LIKE_OTHER = delete(likenesses).where(among(likenesses.c.high_id, "ids"))
_COMPARED = (
    select(
        items.c.id,
        items.c.url,
        items.c.title,
        items.c.text_hash,
        items.c.duplicate_of,
        feeds.c.outlet_key,
        sketches.c.words,
        sketches.c.hashes,
    )
    .join_from(sketches, items, items.c.id == sketches.c.item_id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(among(sketches.c.item_id, "ids"))
)
_TEXTS = select(texts.c.item_id, texts.c.text).where(among(texts.c.item_id, "ids"))
_SOURCES = (
    select(items.c.id, items.c.text_source, texts.c.text)
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .where(among(items.c.id, "ids"))
)
_LIKE = insert(likenesses)
_LEFT = (
    select(items.c.id)
    .where(items.c.id <= bindparam("b_to"))
    .order_by(items.c.id.desc())
    .limit(bindparam("b_limit"))
)
_WITH_SKETCH = select(sketches.c.item_id).where(among(sketches.c.item_id, "ids"))


def made_of_stored(connection: Connection, ids: Collection[int]) -> dict[int, Sketch | None]:
    """Sketches of the texts that are stored of these items; None for those that get none."""
    rows = connection.execute(_SOURCES, {"ids": ids}) if ids else ()
    return {row.id: sketch_of(row.text, row.text_source) for row in rows}


def write_new(connection: Connection, made: Mapping[int, Sketch | None]) -> None:
    """Keeps the sketches of items that have none yet, and compares their texts with all others."""
    kept = {item_id: one for item_id, one in made.items() if one is not None}
    if not kept:
        return
    connection.execute(_INSERT, [_row(item_id, one) for item_id, one in kept.items()])
    connection.execute(
        _INDEX,
        sorted(
            ({"hash": value, "item_id": item_id} for item_id, one in kept.items() for value in found_by(one)),
            key=lambda row: row["hash"],
        ),
    )
    _compare(connection, kept)


def rewrite(connection: Connection, made: Mapping[int, Sketch | None]) -> None:
    """The same for items whose texts have changed.

    Who was named as the source stays named where only that line was cut.
    """
    before = {row.item_id: _sketch(row) for row in connection.execute(_STORED, {"ids": made.keys()})}
    forget(connection, before.keys(), before)
    write_new(connection, {item_id: _still_named(one, before.get(item_id)) for item_id, one in made.items()})


def _still_named(now: Sketch | None, before: Sketch | None) -> Sketch | None:
    if now is None or now.named or before is None or not before.named:
        return now
    if min(estimate(now, before)[:2]) < _SAME_TEXT:
        return now
    return Sketch(words=now.words, hashes=now.hashes, named=before.named)


def forget(connection: Connection, ids: Collection[int], known: Mapping[int, Sketch] | None = None) -> None:
    """Takes the sketches of these items away, with what was found by them."""
    if known is None:
        known = {row.item_id: _sketch(row) for row in connection.execute(_STORED, {"ids": ids})}
    if not known:
        return
    connection.execute(
        _DROP_INDEX,
        [{"b_hash": value, "b_id": item_id} for item_id, one in known.items() for value in found_by(one)],
    )
    for drop in (_DROP, _LIKE_ONE, _LIKE_OTHER):
        connection.execute(drop, {"ids": known.keys()})


def next_left(connection: Connection, limit: int) -> list[int] | None:
    """The newest stored items that may have no sketch because an earlier version stored them; None: all have.

    The next call goes on where this one stopped.
    """
    upto = singles.get(connection, BACKLOG)
    if upto is None or upto == "0":
        return None
    ids = list(connection.execute(_LEFT, {"b_to": int(upto), "b_limit": limit}).scalars())
    singles.put(connection, BACKLOG, str(ids[-1] - 1 if ids else 0))
    done = set(connection.execute(_WITH_SKETCH, {"ids": ids}).scalars())
    return [item_id for item_id in ids if item_id not in done]


def count_left() -> Select[int]:
    """Asks how many stored items ``next_left`` has yet to go through."""
    upto = select(cast(meta.c.value, BigInteger)).where(meta.c.key == BACKLOG).scalar_subquery()
    return select(func.count()).select_from(items).where(items.c.id <= upto)


def any_left(connection: Connection) -> bool:
    """Whether ``next_left`` would give some."""
    return singles.get(connection, BACKLOG) not in (None, "0")


def _row(item_id: int, one: Sketch) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "words": one.words,
        "hashes": one.hashes,
        "named": [[credit.name, credit.where, credit.words] for credit in one.named],
    }


def _sketch(row: AnyRow) -> Sketch:
    return Sketch(words=row.words, hashes=row.hashes, named=named_from(row.named))


def named_from(stored: Iterable[Any] | None) -> tuple[Credit, ...]:
    """Whom a text names, as its sketch's row keeps it."""
    return tuple(Credit(name=name, where=where, words=words) for name, where, words in stored or ())


# ── finding and comparing ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Compared:
    """A text that another may be like, without the text."""

    id: int
    house: str
    site: str
    title: str
    text_hash: int | None
    #: the first of its group, as stored
    first: int
    sketch: Sketch

    def is_of_one_house(self, other: "_Compared") -> bool:
        """Whether one outlet, or one site, has both."""
        return self.house == other.house or (bool(self.site) and self.site == other.site)


def _compare(connection: Connection, made: Mapping[int, Sketch]) -> None:
    found = _candidates(connection, made)
    wanted = {one for item_id, others in found.items() if others for one in (item_id, *others)}
    if not wanted:
        return
    rows = connection.execute(_COMPARED, {"ids": wanted})
    compared = {
        row.id: _Compared(
            row.id,
            row.outlet_key,
            site_key(row.url),
            row.title,
            row.text_hash,
            row.duplicate_of or row.id,
            Sketch(words=row.words, hashes=row.hashes),
        )
        for row in rows
    }
    worth = _worth_reading(found, compared)
    ids = {one for item_id, others in worth.items() if others for one in (item_id, *others)}
    if not ids:
        return
    stored = {row.item_id: row.text for row in connection.execute(_TEXTS, {"ids": ids})}
    likes = _likes(worth, compared, stored)
    if likes:
        connection.execute(_LIKE, [_like_row(pair, like) for pair, like in likes.items()])


def _candidates(connection: Connection, made: Mapping[int, Sketch]) -> dict[int, list[int]]:
    """For each item: those that share hashes with it, most first.

    One hash that many share says nothing: it is a turn of speech, or an outlet's standing sentence.
    """
    of_item = {item_id: found_by(one) for item_id, one in made.items()}
    hashes = sorted({value for values in of_item.values() for value in values})
    having = {}
    found = connection.execute(
        _LOOK_UP[connection.dialect.name],
        {"hashes": "[" + ",".join(map(str, hashes)) + "]", "most": _OF_ONE},
    )
    for value, listed in found:
        if listed and "," in listed:
            having[value] = [int(one) for one in listed.split(",")]
    candidates = {}
    for item_id, values in of_item.items():
        hits: Counter[int] = Counter()
        rare: set[int] = set()
        for value in values:
            if value in having:
                hits.update(having[value])
                if len(having[value]) < _OF_ONE:
                    rare.update(having[value])
        hits.pop(item_id, None)
        enough = [one for one, count in hits.items() if count > 1 or one in rare]
        candidates[item_id] = sorted(enough, key=lambda one: (-hits[one], one))[:_CANDIDATES]
    return candidates


def _worth_reading(found: Mapping[int, list[int]], compared: Mapping[int, _Compared]) -> dict[int, list[int]]:
    """For each item those whose texts are worth reading, copies before parts. Equal texts need no reading."""
    worth = {}
    for item_id, others in found.items():
        if item_id not in compared:
            continue
        one, chosen = compared[item_id], []
        for other in (compared[other] for other in others if other in compared):
            if one.text_hash is not None and one.text_hash == other.text_hash:
                continue
            parts = estimate(one.sketch, other.sketch)
            house = one.is_of_one_house(other)
            if is_worth_reading(parts, one.sketch, other.sketch, one_house=house):
                chosen.append((-parts[0] - parts[1], other.id))
        worth[item_id] = [other for _, other in sorted(chosen)]
    return worth


def _likes(
    worth: Mapping[int, list[int]], compared: Mapping[int, _Compared], stored: Mapping[int, str]
) -> dict[tuple[int, int], Likeness]:
    """The pairs, lower id first, that are like each other."""
    reads: dict[int, Read] = {}

    def read_once(item_id: int) -> Read:
        if item_id not in reads:
            reads[item_id] = read(stored[item_id])
        return reads[item_id]

    def judged(pair: tuple[int, int]) -> Likeness | None:
        house = compared[pair[0]].is_of_one_house(compared[pair[1]])
        titles = compared[pair[0]].title, compared[pair[1]].title
        return compare(read_once(pair[0]), read_once(pair[1]), one_house=house, titles=titles)

    known: dict[tuple[int, int], Likeness | None] = {}
    for item_id, others in sorted(worth.items()):
        held: Counter[int] = Counter()
        left = _READ
        for other in others:
            group = compared[other].first
            if left and held[group] < _ENOUGH and item_id in stored and other in stored:
                left -= 1
                pair = (min(item_id, other), max(item_id, other))
                like = known[pair] if pair in known else judged(pair)
                known[pair] = like
                held[group] += like is not None and like.relation == "copy"
    return {pair: like for pair, like in known.items() if like is not None}


def _like_row(pair: tuple[int, int], like: Likeness) -> dict[str, Any]:
    return {
        "low_id": pair[0],
        "high_id": pair[1],
        "relation": like.relation,
        "low_words": like.one_words,
        "high_words": like.other_words,
        "low_shared": like.one_shared,
        "high_shared": like.other_shared,
        "resemblance": round(like.resemblance * 1000),
        "passage": like.passage,
    }


def likeness_from(row: AnyRow) -> Likeness:
    """What a row of ``likenesses`` says; the one is the item of the lower id."""
    return Likeness(
        relation=row.relation,
        one_words=row.low_words,
        other_words=row.high_words,
        one_shared=row.low_shared,
        other_shared=row.high_shared,
        resemblance=row.resemblance / 1000,
        passage=row.passage,
    )
