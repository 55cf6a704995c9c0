"""What is learned of outlets' pages: samples of the latest, profiles of what repeats, how they fared."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from struct import Struct
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.core.extract.fare import KEPT, judge
from aggregator.core.sanitize import html_to_text
from aggregator.model import ArticleOutcome
from aggregator.model.learning import (
    ContentPlace,
    Corrected,
    Decline,
    Fared,
    Learned,
    Lesson,
    Line,
    Look,
    Profile,
    Sampled,
)
from aggregator.store.duplicates import Member, rejoin
from aggregator.store.engine import take_turn
from aggregator.store.feeds import name_key
from aggregator.store.tables import feeds, items, profiles, samples, texts
from aggregator.store.types import AnyRow, digest64, from_microseconds, to_microseconds

#: pages of a site that are learned from: the latest
SAMPLES: Final = 20
#: pages that are corrected at once
_MOST: Final = 60
#: the numbers of pages at which a profile is learned; every so many pages later on
_LESSONS: Final = (3, 5, 10, 20)
#: how long a site is remembered that no page is read of
_REMEMBERED: Final = timedelta(days=90)

_OUTLET = (
    select(feeds.c.outlet_key)
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .where(items.c.id == bindparam("b_id"))
)
_OF_SITE = (profiles.c.outlet_key == bindparam("b_outlet"), profiles.c.site == bindparam("b_site"))
_ROW = select(profiles).where(*_OF_SITE)
_WRITE_ROW = update(profiles).where(*_OF_SITE)
_FORGET_SAMPLE = delete(samples).where(samples.c.item_id == bindparam("b_id")).returning(samples.c.site)
_LATEST = (
    select(
        samples.c.item_id,
        samples.c.sample,
        samples.c.learned_at,
        items.c.title,
        items.c.summary,
        items.c.text_source,
        texts.c.page_html,
        texts.c.feed_text,
    )
    .join_from(samples, items, items.c.id == samples.c.item_id)
    .join(texts, texts.c.item_id == samples.c.item_id)
    .where(samples.c.outlet_key == bindparam("b_outlet"), samples.c.site == bindparam("b_site"))
    .order_by(samples.c.at.desc(), samples.c.item_id.desc())
)
_ITEM = (
    select(
        items.c.id,
        items.c.canonical_hash,
        items.c.text_hash,
        items.c.duplicate_of,
        items.c.relation,
        items.c.text_source,
        texts.c.page_html,
    )
    .join_from(items, texts, texts.c.item_id == items.c.id)
    .where(items.c.id == bindparam("b_id"))
)
_WRITE_TEXT = update(texts).where(texts.c.item_id == bindparam("b_id"))
_WRITE_HASH = update(items).where(items.c.id == bindparam("b_id"))


# ── a page was read ──────────────────────────────────────────────────────────────────────────


def record(connection: Connection, outcome: ArticleOutcome) -> None:
    """Keeps what is to be learned of a page that arrived, in the transaction that writes its text.

    Its turn is taken already. A page that was read again is no more to learn from than it was.
    """
    seen = outcome.lookout
    if seen is None or outcome.result not in ("extracted", "failed"):
        return
    outlet = connection.execute(_OUTLET, {"b_id": outcome.item_id}).scalar()
    if outlet is None:
        return
    article = outcome.article if outcome.result == "extracted" else None
    sample = article.sample if article else b""
    row = connection.execute(_ROW, {"b_outlet": outlet, "b_site": seen.site}).first()
    looks = _unpack_looks(row.looks if row else None)
    look = Look(
        at=outcome.at,
        score=round(article.score * 1000) if article else None,
        words=len(article.text.split()) if article else 0,
    )
    was = connection.execute(_FORGET_SAMPLE, {"b_id": outcome.item_id}).scalar() if sample else None
    values: dict[str, Any] = {
        "pages": (row.pages if row else 0) + (bool(sample) and was != seen.site),
        "read_at": outcome.at,
        "looks": _pack_looks([*looks, look][-KEPT:]),
    }
    if row is None:
        values |= {"outlet_key": outlet, "site": seen.site, "learn_at": _LESSONS[0]}
        connection.execute(insert(profiles), values)
    else:
        connection.execute(_WRITE_ROW, values | {"b_outlet": outlet, "b_site": seen.site})
    if sample:
        kept = {"outlet_key": outlet, "site": seen.site, "at": outcome.at, "learned_at": seen.learned_at}
        connection.execute(insert(samples), kept | {"item_id": outcome.item_id, "sample": sample})


# ── learning ─────────────────────────────────────────────────────────────────────────────────


def profile_of(connection: Connection, outlet: str, site: str) -> Profile | None:
    """What is known of a site of an outlet."""
    row = connection.execute(_ROW, {"b_outlet": name_key(outlet), "b_site": site}).first()
    return None if row is None else _unpack(row.profile)


def by_rules(connection: Connection, outlet_key: str, outcome: ArticleOutcome, text: str) -> str:
    """A stored text as the rules of today would have it, to be compared with what its page gives now."""
    seen, article = outcome.lookout, outcome.article
    if seen is None or seen.learned_at is None or article is None:
        return text
    from aggregator.core.extract.learned import without  # loads lxml: a second look alone needs it

    known = profile_of(connection, outlet_key, seen.site)
    return text if known is None else without(text, known.rules, article.text)


def lesson(connection: Connection, outlet: str, site: str) -> Lesson | None:
    """The pages to learn from, where enough new ones were read since the last time; or those whose articles
    were read by another profile than there is now.
    """
    asked = {"b_outlet": name_key(outlet), "b_site": site}
    row = connection.execute(_ROW, asked).first()
    if row is None or (row.pages < row.learn_at and row.learned_at is None):
        return None
    anew = row.pages >= row.learn_at
    others = samples.c.learned_at.is_distinct_from(row.learned_at)
    query = (_LATEST if anew else _LATEST.where(others)).limit(_MOST)
    pages = tuple(map(_sampled, connection.execute(query, asked)))
    if not pages:
        return None
    return Lesson(site=site, pages=pages, before=_unpack(row.profile), anew=anew, read=row.pages)


def _sampled(row: AnyRow) -> Sampled:
    own = (row.feed_text or "", html_to_text(row.summary))
    return Sampled(
        item_id=row.item_id,
        title=row.title,
        sample=row.sample,
        html=(row.page_html or "") if row.text_source == "page" else "",
        feed_text="\n".join(filter(None, own)),
        learned_at=row.learned_at,
    )


def write(connection: Connection, outlet: str, lesson: Lesson, learned: Learned) -> None:
    """Keeps what was learned, and the articles that are others by it; no reader calls that an edit."""
    take_turn(connection)
    asked = {"b_outlet": name_key(outlet), "b_site": lesson.site}
    row = connection.execute(_ROW, asked).first()
    if row is None:
        return
    if lesson.anew:
        values = {"learned_at": learned.profile.learned_at, "profile": _pack(learned.profile)}
        connection.execute(_WRITE_ROW, values | asked | {"learn_at": _next_lesson(lesson.read)})
    changes = [change for one in learned.corrected for change in _correct(connection, one)]
    rejoin(connection, changes)
    mine = (samples.c.outlet_key == asked["b_outlet"], samples.c.site == lesson.site)
    done = (*mine, samples.c.item_id.in_(learned.pages))
    connection.execute(update(samples).where(*done).values(learned_at=learned.profile.learned_at))
    latest = [row.item_id for row in connection.execute(_LATEST.limit(SAMPLES), asked)]
    connection.execute(delete(samples).where(*done, samples.c.item_id.not_in(latest)))


def _correct(connection: Connection, one: Corrected) -> Iterator[tuple[Member, Member]]:
    row = connection.execute(_ITEM, {"b_id": one.item_id}).first()
    if row is None or row.text_source != "page" or row.page_html != one.was:
        return
    was = Member(row.id, row.canonical_hash, row.text_hash, row.duplicate_of, row.relation)
    now = replace(was, text_hash=digest64(one.text_digest))
    connection.execute(_WRITE_TEXT, {"b_id": row.id, "text": one.text, "page_html": one.html})
    connection.execute(_WRITE_HASH, {"b_id": row.id, "text_hash": now.text_hash})
    yield was, now


def skip(connection: Connection, outlet: str, lesson: Lesson) -> None:
    """The next lesson is without these pages."""
    take_turn(connection)
    asked = {"b_outlet": name_key(outlet), "b_site": lesson.site}
    row = connection.execute(_ROW, asked).first()
    if row is not None:
        connection.execute(_WRITE_ROW, asked | {"learn_at": _next_lesson(row.pages)})
    gone = [page.item_id for page in lesson.pages]
    connection.execute(delete(samples).where(samples.c.item_id.in_(gone)))


def _next_lesson(pages: int) -> int:
    """Always at more pages than were read: no lesson is due of nothing but those of the last one."""
    return next((number for number in _LESSONS if number > pages), pages + SAMPLES)


def forget(connection: Connection, now: datetime) -> None:
    """Deletes what is known of sites that no page was read of for a quarter of a year."""
    connection.execute(delete(samples).where(samples.c.at < now - _REMEMBERED))
    connection.execute(delete(profiles).where(profiles.c.read_at < now - _REMEMBERED))


# ── how its pages fare ───────────────────────────────────────────────────────────────────────


def fared(connection: Connection, outlet: str | None = None) -> tuple[Fared, ...]:
    """How the pages of each site fared, of one outlet or of all, the most pages first."""
    names = select(feeds.c.outlet_key, feeds.c.outlet).where(feeds.c.listed).distinct()
    by_key = {row.outlet_key: row.outlet for row in connection.execute(names)}
    query = select(profiles).order_by(profiles.c.pages.desc(), profiles.c.outlet_key, profiles.c.site)
    if outlet is not None:
        query = query.where(profiles.c.outlet_key == name_key(outlet))
    return tuple(
        Fared(
            outlet=by_key.get(row.outlet_key, row.outlet_key),
            site=row.site,
            pages=row.pages,
            read_at=row.read_at,
            profile=_unpack(row.profile),
            looks=_unpack_looks(row.looks),
            decline=_decline(row.decline),
        )
        for row in connection.execute(query)
        if outlet is not None or row.outlet_key in by_key
    )


def watch(connection: Connection, now: datetime) -> tuple[Fared, ...]:
    """Judges anew whether pages got worse; the sites whose pages did. Their profiles are learned anew."""
    take_turn(connection)
    worse: list[Fared] = []
    for one in fared(connection):
        decline = judge(one.looks, one.decline, now)
        if decline != one.decline:
            values: dict[str, Any] = {"decline": None if decline is None else _decline_to_json(decline)}
            if decline is not None and one.decline is None:
                values["learn_at"] = 0
            connection.execute(_WRITE_ROW, values | {"b_outlet": name_key(one.outlet), "b_site": one.site})
        if decline is not None:
            worse.append(replace(one, decline=decline))
    return tuple(worse)


# ── as bytes ─────────────────────────────────────────────────────────────────────────────────

_LOOK = Struct("<qhI")
_NO_SCORE: Final = -1


def _pack_looks(looks: Sequence[Look]) -> bytes:
    return b"".join(
        _LOOK.pack(
            to_microseconds(look.at),
            _NO_SCORE if look.score is None else look.score,
            min(look.words, 2**32 - 1),
        )
        for look in looks
    )


def _unpack_looks(packed: bytes | None) -> tuple[Look, ...]:
    return tuple(
        Look(at=from_microseconds(at), score=None if score == _NO_SCORE else score, words=words)
        for at, score, words in _LOOK.iter_unpack(packed or b"")
    )


def _decline_to_json(decline: Decline) -> dict[str, Any]:
    usual = [[to_microseconds(look.at), look.score, look.words] for look in decline.usual]
    return {"since": to_microseconds(decline.since), "reason": decline.reason, "usual": usual}


def _decline(stored: dict[str, Any] | None) -> Decline | None:
    if not stored:
        return None
    usual = tuple(
        Look(at=from_microseconds(at), score=score, words=words) for at, score, words in stored["usual"]
    )
    return Decline(since=from_microseconds(stored["since"]), reason=stored["reason"], usual=usual)


def _pack(profile: Profile) -> bytes:
    stored = {
        "learned_at": to_microseconds(profile.learned_at),
        "articles": profile.articles,
        "lines": [
            [
                line.kind,
                line.key,
                line.text,
                line.articles,
                to_microseconds(line.since),
                to_microseconds(line.seen),
            ]
            for line in profile.lines
        ],
        "content": [[place.path, place.articles, place.share] for place in profile.content],
        "teasers": profile.teasers,
        "repeated": profile.repeated,
    }
    return zlib.compress(json.dumps(stored, ensure_ascii=False).encode("utf-8", "replace"))


def _unpack(packed: bytes | None) -> Profile | None:
    if packed is None:
        return None
    stored = json.loads(zlib.decompress(packed))
    return Profile(
        learned_at=from_microseconds(stored["learned_at"]),
        articles=stored["articles"],
        lines=tuple(
            Line(
                kind=kind,
                key=key,
                text=text,
                articles=articles,
                since=from_microseconds(since),
                seen=from_microseconds(seen),
            )
            for kind, key, text, articles, since, seen in stored["lines"]
        ),
        content=tuple(
            ContentPlace(path=path, articles=articles, share=share)
            for path, articles, share in stored["content"]
        ),
        teasers=tuple(stored["teasers"]),
        repeated=tuple(stored["repeated"]),
    )
