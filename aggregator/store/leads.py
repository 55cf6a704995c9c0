"""What aggregators' pages say of other outlets: leads, whose article each tells of, outlets to propose."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, or_, select, update

from aggregator.core import resolving
from aggregator.core.outlet_names import MORE, outlet_key, site_name
from aggregator.core.resolving import Candidate, Match
from aggregator.core.settle import settle
from aggregator.core.urls import canonicalise, is_http
from aggregator.model import ArticleOutcome, NewItem, ParsedItem
from aggregator.model.leads import Lead, Place, Proposal
from aggregator.store import singles
from aggregator.store.among import among
from aggregator.store.inserts import insert_items
from aggregator.store.tables import feeds, items, leads, story_queue, tombstones
from aggregator.store.types import AnyRow, hash64

#: leads that are looked at in one go, and the pairs of titles that are enough for one: some 0.1 s
_LOOKED_AT, _PAIRS = 500, 2_000
#: a lead waits so long for its outlet's own item
_WAITS = timedelta(days=30)
_DAY = timedelta(days=1)
_UNBOUNDED = datetime.min.replace(tzinfo=UTC)
#: items of an outlet that a lead is compared with
_COMPARED = 500
#: articles beside which a lead stood that are remembered
_SEEN_ON = 10
#: where a page gives no date: what it shows is news
_RECENT = timedelta(days=7)
#: the newest item when unresolved leads were last looked at, or how far that is, among the single values
_LOOKED_TO = "leads_looked_to"

# ── writing ──────────────────────────────────────────────────────────────────────────────────


def write(connection: Connection, outcome: ArticleOutcome) -> None:
    """Stores the leads of an article's page; those that are known are seen there as well."""
    feed_id = connection.execute(select(items.c.feed_id).where(items.c.id == outcome.item_id)).scalar()
    named = {_name(lead): lead for lead in outcome.leads}
    if feed_id is None or not named:
        return
    hashes = {hash64(name): name for name in named}
    # in any feed: the pages of one site may be listed as several, and sites show the same cards
    known = connection.execute(
        select(items.c.id, items.c.key_hash, leads.c.evidence)
        .join_from(items, leads, leads.c.item_id == items.c.id)
        .where(among(items.c.guid_hash, "hashes")),
        {"hashes": hashes.keys()},
    ).all()
    for row in known:
        _seen_again(connection, row, outcome.item_id)
    gone = connection.execute(
        select(tombstones.c.guid_hash).where(
            tombstones.c.feed_id == feed_id, among(tombstones.c.guid_hash, "hashes")
        ),
        {"hashes": hashes.keys()},
    ).scalars()
    old = {row.key_hash for row in known} | set(gone)
    fresh = {name: named[name] for number, name in hashes.items() if number not in old}
    new = [_item(name, lead, outcome.at) for name, lead in fresh.items()]
    ids = insert_items(connection, feed_id, new, outcome.at)
    if ids:
        rows = [
            _row(item_id, lead, outcome.item_id) for item_id, lead in zip(ids, fresh.values(), strict=True)
        ]
        connection.execute(insert(leads), rows)
        # what somebody says of an article is no text of its own that makes a story grow
        connection.execute(delete(story_queue).where(among(story_queue.c.item_id, "ids")), {"ids": ids})


def _name(lead: Lead) -> str:
    title = blake2b(lead.title.casefold().encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"lead:{outlet_key(lead.outlet)}:{title}"


def _item(name: str, lead: Lead, at: datetime) -> NewItem:
    """Without a canonical address and a sketch: it takes no part in who copies whom."""
    claims = (lead.claim,) if lead.claim else ()
    dated = settle(claims, at)
    parsed = ParsedItem(
        guid=name,
        url=lead.url,
        title=lead.title,
        summary=lead.summary,
        content_html="",
        base_url=lead.url,
        published=dated.published,
    )
    return NewItem(
        key=name,
        parsed=parsed,
        canonical_url="",
        digest=blake2b(f"{lead.title}\n{lead.summary}".encode("utf-8", "replace"), digest_size=16).digest(),
        text=lead.summary,
        text_source="summary" if lead.summary else None,
        text_digest=None,
        published=dated.published,
        published_source=dated.source,
        published_earliest=dated.earliest,
        published_latest=dated.latest,
        language=None,
        page_due_at=None,
        claims=claims,
        kind="lead",
    )


def _row(item_id: int, lead: Lead, seen_on: int) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "outlet": lead.outlet,
        "outlet_key": outlet_key(lead.outlet),
        "seen_on": seen_on,
        "said": lead.said,
        "evidence": {"seen": [seen_on]},
    }


def _seen_again(connection: Connection, row: AnyRow, item_id: int) -> None:
    evidence = dict(row.evidence or {})
    seen = list(evidence.get("seen", ()))
    if item_id not in seen and len(seen) < _SEEN_ON:
        told = update(leads).where(leads.c.item_id == row.id)
        connection.execute(told.values(evidence=evidence | {"seen": [*seen, item_id]}))


# ── whose article is it? ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Outlets:
    """Which feeds are of an outlet, by all of its names."""

    feeds_of: Mapping[str, frozenset[int]]

    @classmethod
    def stored(cls, connection: Connection) -> "_Outlets":
        found: dict[str, set[int]] = {}
        columns = (feeds.c.id, feeds.c.outlet, feeds.c.url, feeds.c.homepage, feeds.c.site_url, feeds.c.title)
        for row in connection.execute(select(*columns).where(feeds.c.listed)):
            sites = map(site_name, (row.url, row.homepage, row.site_url))
            for name in (row.outlet, row.title, *sites):
                if key := outlet_key(name):
                    found.setdefault(key, set()).add(row.id)
        return cls({key: frozenset(ids) for key, ids in found.items()})

    def named(self, key: str) -> frozenset[int]:
        """The feeds of the outlet that is called so, give or take a word like "News"."""
        keys = [key, *(key + more for more in MORE), *(key.removesuffix(more) for more in MORE)]
        return frozenset().union(*(self.feeds_of.get(one, frozenset()) for one in keys if len(one) > 2))


_WAITING = (
    select(
        leads.c.item_id,
        leads.c.outlet_key,
        leads.c.evidence,
        items.c.feed_id,
        items.c.title,
        items.c.url,
        items.c.first_seen,
        items.c.published_earliest,
        items.c.published_latest,
    )
    .join_from(leads, items, items.c.id == leads.c.item_id)
    .where(
        leads.c.resolved_to.is_(None),
        leads.c.item_id < bindparam("b_before"),
        items.c.first_seen >= bindparam("b_since"),
    )
    .order_by(leads.c.item_id.desc())
    .limit(_LOOKED_AT)
)
_CANDIDATES = (
    select(items.c.id, items.c.title, items.c.sort_at, items.c.canonical_url, items.c.link)
    .where(items.c.kind.is_(None))
    .order_by(items.c.id.desc())
    .limit(_COMPARED)
)
_RESOLVE = update(leads).where(leads.c.item_id == bindparam("b_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """How far a look at all leads is that have no item yet; the newest leads are looked at first."""

    #: leads up to this one were compared with all items up to it
    looked_to: int
    #: the newest item as the look began
    upto: int
    #: leads from this one on are done with
    before: int

    @classmethod
    def stored(cls, connection: Connection) -> "Pass | None":
        """The one that is under way or due; None where no item has come since the last."""
        kept = [int(number) for number in (singles.get(connection, _LOOKED_TO) or "0").split()]
        if len(kept) == 3:
            return cls(looked_to=kept[0], upto=kept[1], before=kept[2])
        if connection.execute(select(leads.c.item_id).limit(1)).first() is None:
            return None
        latest: int | None = connection.execute(select(func.max(items.c.id))).scalar()
        if latest is None or latest == kept[0]:
            return None
        return cls(looked_to=min(kept[0], latest), upto=latest, before=latest + 1)

    def keep(self, connection: Connection, done_with: int | None) -> None:
        """Leads from ``done_with`` on are done with; None: all are."""
        told = str(self.upto) if done_with is None else f"{self.looked_to} {self.upto} {done_with}"
        singles.put(connection, _LOOKED_TO, told)


def resolve(connection: Connection, now: Pass) -> int:
    """Finds the outlets' own items for some of the leads that have none yet; for how many it did.

    It takes some 0.1 s. A lead is compared with all items once, and then with those that came since.
    """
    newest = connection.execute(select(func.max(items.c.first_seen)).where(items.c.id <= now.upto)).scalar()
    since = _UNBOUNDED if newest is None else newest - _WAITS
    rows = connection.execute(_WAITING, {"b_before": now.before, "b_since": since}).all()
    desk, found, done_with = _Comparing(connection, now), 0, now.before
    for row in rows:
        if desk.compared > _PAIRS:
            break
        done_with = row.item_id
        if (match := desk.match(row)) is not None:
            evidence = dict(row.evidence or {}) | {"why": match.evidence}
            connection.execute(_RESOLVE, {"b_id": row.item_id, "resolved_to": match.id, "evidence": evidence})
            found += 1
    is_whole = len(rows) < _LOOKED_AT and (not rows or done_with == rows[-1].item_id)
    now.keep(connection, None if is_whole else done_with)
    return found


class _Comparing:
    """Leads compared with items of the outlets that they name, which are read once each."""

    def __init__(self, connection: Connection, now: Pass) -> None:
        self._connection = connection
        self._now = now
        self._outlets = _Outlets.stored(connection)
        self._read: dict[tuple[object, ...], Sequence[Candidate]] = {}
        #: pairs so far
        self.compared = 0

    def match(self, row: AnyRow) -> Match | None:
        """The outlet's own item."""
        of = self._outlets.named(row.outlet_key) - {row.feed_id}
        if not of:
            return None
        if row.item_id <= self._now.looked_to and self._find(row, self._fresh(of)) is None:
            return None
        # of several that are as likely it is none: so they are looked at together
        return self._find(row, self._all(row, of))

    def _find(self, row: AnyRow, candidates: Sequence[Candidate]) -> Match | None:
        self.compared += len(candidates)
        return resolving.find(row.title, _link(row), *_bounds(row), candidates)

    def _fresh(self, of: frozenset[int]) -> Sequence[Candidate]:
        """What came since the last look."""
        key = (of,)
        if key not in self._read:
            self._read[key] = self._candidates(of, items.c.id > self._now.looked_to)
        return self._read[key]

    def _all(self, row: AnyRow, of: frozenset[int]) -> Sequence[Candidate]:
        first, last = (
            bound.replace(hour=0, minute=0, second=0, microsecond=0)
            for bound in resolving.around(*_bounds(row))
        )
        last = min(last, datetime.max.replace(tzinfo=UTC) - _DAY) + _DAY
        key = (of, first, last)
        if key not in self._read:  # days: leads of one page are of about the same time
            self._read[key] = self._candidates(of, items.c.sort_at.between(first, last))
        link = _link(row)
        same = or_(items.c.canonical_hash == link, items.c.link_hash == link)
        return [*(self._candidates(of, same) if link else ()), *self._read[key]]

    def _candidates(self, of: Collection[int], which: ColumnElement[bool]) -> Sequence[Candidate]:
        asked = _CANDIDATES.where(items.c.feed_id.in_(sorted(of)), items.c.id <= self._now.upto, which)
        return [
            Candidate(id=one.id, title=one.title, at=one.sort_at, links=(one.canonical_url, one.link))
            for one in self._connection.execute(asked)
        ]


def _bounds(row: AnyRow) -> tuple[datetime, datetime]:
    return (row.published_earliest or row.first_seen - _RECENT, row.published_latest or row.first_seen)


def _link(row: AnyRow) -> str:
    return canonicalise(row.url) if row.url else ""


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def place(connection: Connection, item_id: int) -> Place | None:
    """Where a lead stood; None for what is no lead."""
    row = connection.execute(select(leads).where(leads.c.item_id == item_id)).first()
    if row is None:
        return None
    return Place(
        outlet=row.outlet,
        said=row.said,
        seen_on=row.seen_on,
        resolved_to=row.resolved_to,
        evidence=str((row.evidence or {}).get("why", "")),
    )


def proposed(connection: Connection, *, least: int) -> tuple[Proposal, ...]:
    """Outlets with at least so many leads that are not polled, those that are named most often first."""
    outlets = _Outlets.stored(connection)
    rows = connection.execute(
        select(leads.c.outlet, leads.c.outlet_key, items.c.first_seen, items.c.title, items.c.url)
        .join_from(leads, items, items.c.id == leads.c.item_id)
        .order_by(items.c.first_seen.desc(), items.c.id.desc())
    )
    by_key: dict[str, list[AnyRow]] = {}
    for row in rows:
        by_key.setdefault(row.outlet_key, []).append(row)
    found = [_proposal(told) for key, told in by_key.items() if len(told) >= least and not outlets.named(key)]
    return tuple(sorted(found, key=lambda one: (-one.leads, one.outlet.casefold())))


def _proposal(told: Sequence[AnyRow]) -> Proposal:
    names = [row.outlet for row in told]
    return Proposal(
        outlet=max(dict.fromkeys(names), key=names.count),
        leads=len(told),
        last_seen=told[0].first_seen,
        homepage=_home(row.url for row in told),
        example=told[0].title,
    )


def _home(urls: Iterable[str]) -> str:
    for url in urls:
        if is_http(url):
            parts = urlsplit(url)
            return f"{parts.scheme}://{parts.netloc}/"
    return ""
