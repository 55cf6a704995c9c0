"""Items find their stories: one after another, in the order in which they arrived.

What is compared and when it is enough is decided by ``core/cluster``. Here it is found what an item may be
compared with, and written what comes of it. What is decided of an item rests on what was placed before it
alone, never on how many are placed at once.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import log2
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    TextClause,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from aggregator.core import cluster
from aggregator.core.cluster import Background, Profile
from aggregator.core.features import Features, features_of, forms_of
from aggregator.core.sources import sources
from aggregator.model.stories import SharedTerm
from aggregator.store import features as kept_features
from aggregator.store import shared_terms, singles, vocabulary
from aggregator.store.among import among
from aggregator.store.tables import (
    features as known_features,
)
from aggregator.store.tables import (
    feeds,
    items,
    stories,
    story_decisions,
    story_items,
    story_queue,
    story_repairs,
    texts,
)
from aggregator.store.types import AnyRow, hash64

#: an item and a story that are farther apart tell of two events; a great story reaches farther
_WINDOW, _REACH, _MOST_REACH = timedelta(days=3), timedelta(hours=12), timedelta(days=4)
#: a story without news for so long, counted by arrivals, takes no more items
_GROWS = timedelta(days=10)
#: stories that are looked at for one term, the newest; and those that an item or story is compared with
_OF_ONE, _LOADED, _COMPARED = 48, 192, 6
#: terms by which stories are found that a story may be one with
_FOUND_BY = 8
#: times that an outlet wrote a part of a title before that part is its column's name
_COLUMN = 5
#: a store of fewer items reads all that waits before it places the first of it
_SMALL = 300
#: characters of a text that are read
_READ = 1_500
#: … and of its markup, for links
_MARKUP = 20_000
#: the most items of a story that its profile is made anew of
_REMADE = 1_000
#: another item becomes the lead when it is nearer to the story than the lead by this
_BETTER = 1.25
#: the latest arrival that was placed, how far stories were closed, and the last item that an earlier version
#: stored, but for those of its last days; among the single values
_ARRIVED, _CLOSED, _BACKLOG = "stories_arrived", "stories_closed", "stories_backlog"
#: what arrived so long before the first item was placed is news, and comes before all that is older
_NEWS = timedelta(days=3)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

_QUEUED = (
    select(story_queue.c.item_id)
    .where(story_queue.c.item_id > bindparam("b_after"))
    .order_by(story_queue.c.item_id)
    .limit(bindparam("b_limit"))
)
_LAST_BEFORE = (
    select(items.c.id).where(items.c.first_seen < bindparam("b_at")).order_by(items.c.id.desc()).limit(1)
)
_OLDEST_QUEUED = (
    select(items.c.first_seen)
    .join_from(story_queue, items, items.c.id == story_queue.c.item_id)
    .order_by(story_queue.c.item_id)
    .limit(1)
)
_UNKNOWN = (
    select(story_queue.c.item_id)
    .where(~exists().where(known_features.c.item_id == story_queue.c.item_id))
    .order_by(story_queue.c.item_id)
    .limit(bindparam("b_limit"))
)
_ANYTHING: Select[bool] = select(or_(exists(select(story_queue)), exists(select(story_repairs))))
_UNQUEUE = delete(story_queue).where(among(story_queue.c.item_id, "ids"))
_ROWS = (
    select(
        items.c.id,
        items.c.title,
        items.c.summary,
        func.substr(texts.c.text, 1, _READ).label("text"),
        func.substr(func.coalesce(texts.c.page_html, texts.c.content_html), 1, _MARKUP).label("markup"),
        items.c.url,
        feeds.c.homepage,
        feeds.c.url.label("feed_url"),
        func.coalesce(items.c.language, feeds.c.language, feeds.c.feed_language).label("language"),
        items.c.sort_at,
        items.c.first_seen,
        items.c.duplicate_of,
        feeds.c.outlet,
        feeds.c.outlet_key,
    )
    .join_from(items, feeds, feeds.c.id == items.c.feed_id)
    .outerjoin(texts, texts.c.item_id == items.c.id)
    .where(among(items.c.id, "ids"))
    .order_by(items.c.id)
)
_WHERE = select(story_items.c.item_id, story_items.c.story_id, story_items.c.joined_at).where(
    among(story_items.c.item_id, "ids")
)
_first, _of_first = items.alias("first"), story_items.alias("of_first")
_UNPLACED_FIRSTS = (
    select(items.c.duplicate_of)
    .join_from(items, story_items, story_items.c.item_id == items.c.id)
    .join(_first, _first.c.id == items.c.duplicate_of)
    .where(among(items.c.id, "ids"), _first.c.duplicate_of.is_(None))
    .where(~exists().where(_of_first.c.item_id == _first.c.id))
)
_STORIES = select(stories).where(among(stories.c.id, "ids"))
_DECISIONS = select(story_decisions.c.item_id, story_decisions.c.other_id, story_decisions.c.together)
_MEMBERS = (
    select(
        story_items.c.item_id,
        items.c.title,
        items.c.sort_at,
        feeds.c.outlet_key,
        story_items.c.joined_at,
    )
    .join_from(story_items, items, items.c.id == story_items.c.item_id)
    .join(feeds, feeds.c.id == items.c.feed_id)
    .where(story_items.c.story_id == bindparam("b_story"))
    .order_by(story_items.c.joined_at, story_items.c.item_id)
    .limit(_REMADE)
)
_POSTINGS = {
    "sqlite": text(
        """
        SELECT wanted.value, (
            SELECT group_concat(story_id) FROM (
                SELECT story_id FROM story_terms WHERE term = wanted.value ORDER BY story_id DESC LIMIT :most
            )
        )
        FROM json_each(:terms) AS wanted
        """
    ),
    "postgresql": text(
        """
        SELECT wanted.value, array_to_string(ARRAY(
            SELECT story_id FROM story_terms WHERE term = wanted.value ORDER BY story_id DESC LIMIT :most
        ), ',')
        FROM json_array_elements_text(CAST(:terms AS json)) AS of_story (said),
        LATERAL (SELECT CAST(of_story.said AS bigint) AS value) AS wanted
        """
    ),
}
_LAST_ID = text("SELECT seq FROM sqlite_sequence WHERE name = 'stories'")
_NEXT_ID = text("SELECT nextval(pg_get_serial_sequence('stories', 'id'))")
_NEW_STORY, _NEW_MEMBER = insert(stories), insert(story_items)
_CHANGE_STORY = update(stories).where(stories.c.id == bindparam("b_id"))
_CHANGE_MEMBER = update(story_items).where(story_items.c.item_id == bindparam("b_item"))
_MOVE = update(story_items).where(story_items.c.story_id == bindparam("b_from"))
_LEAD_ON = update(stories).where(stories.c.merged_into == bindparam("b_from"))
_LEAVE = delete(story_items).where(among(story_items.c.item_id, "ids"))
_FIND_BY = text(
    "INSERT INTO story_terms (term, story_id) VALUES (:term, :story_id) "
    "ON CONFLICT (term, story_id) DO NOTHING"
)
_FIND_NO_MORE = text("DELETE FROM story_terms WHERE term = :term AND story_id = :story_id")
_TO_REPAIR = select(story_repairs.c.story_id).order_by(story_repairs.c.story_id).limit(bindparam("b_limit"))
_REPAIRED = delete(story_repairs).where(among(story_repairs.c.story_id, "ids"))
_EMPTY = (
    select(stories.c.id)
    .where(among(stories.c.id, "ids"), stories.c.merged_into.is_(None))
    .where(~exists().where(story_items.c.story_id == stories.c.id))
)
_VANISH = delete(stories).where(among(stories.c.id, "ids"))
_VANISH_WITH = delete(stories).where(among(stories.c.merged_into, "ids"))
_TO_CLOSE = (
    select(stories.c.id, stories.c.last_at)
    .where(stories.c.last_at >= bindparam("b_from"), stories.c.last_at < bindparam("b_to"))
    .where(stories.c.profile.is_not(None))
    .order_by(stories.c.last_at, stories.c.id)
    .limit(bindparam("b_limit"))
)
#: stories that are closed in one transaction
_CLOSED_AT_ONCE = 500


@dataclass(slots=True)
class _Story:
    """A story that is being changed."""

    id: int
    language: str | None
    headline: str
    lead: int | None
    first_at: datetime
    last_at: datetime
    joined_at: datetime
    size: int
    outlets: int
    #: None: it takes no more items
    profile: Profile | None
    merged_into: int | None = None
    is_new: bool = False
    #: the terms that it is found by, as stored
    found_by: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Member:
    """A row of ``story_items`` that is to be written."""

    story: int
    joined_at: datetime
    score: float
    shared: tuple[SharedTerm, ...] = ()
    by_hand: bool = False


@dataclass(slots=True)
class _Postings:
    """Stories that have a term, the newest first."""

    ids: list[int]
    #: there are more than were loaded
    cut: bool


def place_some(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Places items of the queue in the order in which they arrived; their ids.

    What an earlier version stored comes after all that has arrived since, and in the days before.
    """
    placing = _begun(connection, now)
    placing.learn()
    news = {"b_after": _backlog(connection, now), "b_limit": limit}
    ids = list(connection.execute(_QUEUED, news).scalars())
    if not ids:
        ids = list(connection.execute(_QUEUED, {"b_after": 0, "b_limit": limit}).scalars())
    placing.place(ids)
    placing.close()
    return ids


def repair_some(connection: Connection, now: datetime, limit: int) -> int:
    """Puts stories right that lost items; how many there were."""
    return _begun(connection, now).repair(limit)


def _begun(connection: Connection, now: datetime) -> "_Placing":
    arrived, closed = singles.get(connection, _ARRIVED), singles.get(connection, _CLOSED)
    return _Placing(
        connection,
        now,
        latest=datetime.fromisoformat(arrived) if arrived else _EVER,
        closed=datetime.fromisoformat(closed) if closed else _EVER,
    )


def _backlog(connection: Connection, now: datetime) -> int:
    """The last item that was there long before the first was placed; 0: there was none."""
    known = singles.get(connection, _BACKLOG)
    if known is None:
        last = connection.execute(_LAST_BEFORE, {"b_at": now - _NEWS}).scalar()
        singles.put(connection, _BACKLOG, known := str(last or 0))
    return int(known)


def place(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Places these items anew, whatever is queued: after a reader's decision."""
    placing = _begun(connection, now)
    placing.repair(1_000)
    placing.place(sorted(ids))


def anything_queued(connection: Connection) -> bool:
    """Whether an item waits for its place, or a story has lost one."""
    return connection.execute(_ANYTHING).scalar_one()


def count_queued(connection: Connection) -> int:
    """How many items wait for their place."""
    return connection.execute(select(func.count()).select_from(story_queue)).scalar_one()


@dataclass(slots=True)
class _Placing:
    """What one transaction knows and has yet to write."""

    connection: Connection
    now: datetime
    #: the latest arrival that was placed
    latest: datetime
    #: stories whose news are older take no more items
    closed: datetime
    having: dict[int, int] = field(default_factory=dict)
    counted: Counter[int] = field(default_factory=Counter)
    postings: dict[int, _Postings] = field(default_factory=dict)
    stories: dict[int, _Story] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    members: dict[int, _Member] = field(default_factory=dict)
    stored_members: set[int] = field(default_factory=set)
    #: of the index, what is to be written
    indexed: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    unindexed: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    merges: list[tuple[int, int]] = field(default_factory=list)
    #: item -> story, of those that are looked at
    where: dict[int, int] = field(default_factory=dict)
    #: of those that were in a story before: since when
    since: dict[int, datetime] = field(default_factory=dict)
    #: item -> the story that it finds empty, as its copy was the only item there
    vacant: dict[int, int] = field(default_factory=dict)
    together: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    apart: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    features: dict[int, Features] = field(default_factory=dict)
    last_id: int | None = None
    #: when the item arrived that is placed now
    arrived: datetime = _EVER

    # ── the items, one after another ────────────────────────────────────────────────────────

    def place(self, ids: Sequence[int]) -> None:
        """Each of these finds its story."""
        if not ids:
            return
        ids = self._with_firsts(ids)
        rows = self.connection.execute(_ROWS, {"ids": ids}).all()
        before = kept_features.read(self.connection, ids)
        self._load_decisions()
        self._load_where((*ids, *(row.duplicate_of for row in rows if row.duplicate_of is not None)))
        made = self._made(rows, before)
        self._load_terms(made, before)
        for row in rows:
            old, new = before.get(row.id), made.get(row.id)
            if (
                old == new
                and row.id in self.where
                and row.id not in self.together
                and row.id not in self.apart
            ):
                self._retitle(row)
                continue
            self._count(old, -1)
            self._count(new, 1)
            self.arrived = row.first_seen
            if new is None:
                self._drop(row)
            else:
                self._place_one(row, new)
                self.vacant.pop(row.id, None)
        self._flush()
        self._vanish(list(self.vacant.values()))
        same = {one for one in before if before[one] == made.get(one)}
        kept_features.write(
            self.connection,
            {one: features for one, features in made.items() if one not in same},
            {one: features for one, features in before.items() if one not in same},
        )
        self._flush()
        vocabulary.add(self.connection, self.counted)
        self.latest = max(self.latest, *(row.first_seen for row in rows))
        singles.put(self.connection, _ARRIVED, self.latest.isoformat())
        self.connection.execute(_UNQUEUE, {"ids": ids})

    def _with_firsts(self, ids: Sequence[int]) -> Sequence[int]:
        """These, and the first items of their copies that have no place yet: they take over the copies'."""
        firsts = self.connection.execute(_UNPLACED_FIRSTS, {"ids": ids}).scalars()
        return sorted({*ids, *firsts})

    def learn(self) -> None:
        """What waits is counted before the first of it is placed, as long as the store is small.

        The first item of all would find every word unheard-of otherwise, also the name of the place that
        all the others tell of.
        """
        if vocabulary.counts(self.connection, {vocabulary.ALL})[vocabulary.ALL] >= _SMALL:
            return
        ids = list(self.connection.execute(_UNKNOWN, {"b_limit": _SMALL}).scalars())
        if not ids:
            return
        made = self._made(self.connection.execute(_ROWS, {"ids": ids}).all(), {})
        for features in made.values():
            self._count(features, 1)
        kept_features.write(self.connection, made, {})
        vocabulary.add(self.connection, self.counted)
        self.counted.clear()
        self.having.clear()

    def _made(self, rows: Sequence[AnyRow], before: Mapping[int, Features]) -> dict[int, Features]:
        """The features of those that are no copies. What recurs in an outlet's titles is known by then."""
        originals = [row for row in rows if row.duplicate_of is None]
        forms = {row.id: forms_of(row.title, row.outlet_key) for row in originals}
        seen = vocabulary.counts(
            self.connection,
            {one for found in (*forms.values(), *(old.forms for old in before.values())) for one in found},
        )
        made = {}
        for row in rows:
            old = before.get(row.id)
            if old is not None and row.id not in self.where and old.forms == forms.get(row.id):
                made[row.id] = old  # learned, and not placed yet
                continue
            for one in old.forms if old is not None else ():
                seen[one] -= 1
            if row.id not in forms:
                continue
            whole, *parts = forms[row.id]
            recurring = {one for one in parts if seen[one] >= _COLUMN} | (
                {whole} if seen[whole] > 0 else set()
            )
            made[row.id] = features_of(
                row.title,
                outlet=row.outlet,
                forms=forms[row.id],
                stated=row.language,
                body=row.text or row.summary,
                links=sources(row.markup or "", row.url, row.homepage, row.feed_url),
                recurring=frozenset(recurring),
            )
            for one in forms[row.id]:
                seen[one] += 1
        self.features.update(made)
        return made

    def _count(self, features: Features | None, by: int) -> None:
        if features is None:
            return
        for term in (vocabulary.ALL, *features.forms, *(one.term for one in features.terms)):
            self.counted[term] += by
            if term in self.having:
                self.having[term] += by

    def _place_one(self, row: AnyRow, features: Features) -> None:
        number = self.where.get(row.id, self.vacant.get(row.id))
        own = None if number is None else self._story(number)
        led = own is not None and own.lead == row.id
        if own is not None and row.id in self.where:
            if own.profile is None and not self._is_decided(row, own):
                self._retitle(row)  # it takes no more items: who is in it stays
                return
            self._remake(own, but=row.id)
        outlet = hash64(row.outlet_key)
        best, member = self._best(row, features, outlet, own)
        if best is None:
            best = own if own is not None and own.size == 0 else self._new_story(row, features)
        if own is not None and own.size == 0 and own is not best:
            self._end(own, best.id)
        if led and best is own:
            best.lead = row.id  # it was taken out only to be looked at
        member = member or _Member(best.id, row.first_seen, 1.0)
        if best is own and row.id in self.since:
            member.joined_at = self.since[row.id]  # what has changed is its words, not its story
        self.since[row.id] = member.joined_at
        self._join(row, best, features, outlet, member, is_back=best is own)
        self._look_around(best)

    def _is_decided(self, row: AnyRow, story: _Story) -> bool:
        """Whether a reader wants the item elsewhere."""
        if story.id in {self.where.get(one) for one in self.apart.get(row.id, ())}:
            return True
        wanted = {self.where[one] for one in self.together.get(row.id, ()) if one in self.where}
        return bool(wanted) and story.id not in wanted

    def _retitle(self, row: AnyRow) -> None:
        """The headline follows the title of the item that it is of."""
        if row.id not in self.where:
            return
        story = self._story(self.where[row.id])
        if story.lead == row.id and story.headline != row.title:
            story.headline = row.title
            self.changed.add(story.id)

    def _best(
        self, row: AnyRow, features: Features, outlet: int, own: _Story | None
    ) -> tuple[_Story | None, _Member | None]:
        """The story that an item belongs to, if there is one, and how it belongs there."""
        joined_at = self.now if row.id in self.since else row.first_seen
        forbidden = {self.where.get(one) for one in self.apart.get(row.id, ())}
        background = self._background(one.term for one in features.terms)
        for other in sorted(self.together.get(row.id, ())):
            if (wanted := self.where.get(other)) is not None and wanted not in forbidden:
                story = self._story(wanted)
                shared: tuple[SharedTerm, ...] = ()
                if story.profile is not None and story.profile.size:
                    _, shared = cluster.likeness(features, outlet, story.profile, background)
                return story, _Member(story.id, joined_at, 1.0, shared, by_hand=True)
        best: tuple[float, _Story, tuple[SharedTerm, ...]] | None = None
        for story in self._candidates(features, background):
            days = self._days_apart(row, story)
            if story.id in forbidden or story.profile is None or not story.profile.size or days is None:
                continue
            score, shared = cluster.likeness(features, outlet, story.profile, background, days=days)
            bound = cluster.STAYS if story is own else cluster.JOINS
            if score >= bound and (best is None or score > best[0]):
                best = score, story, shared
        if best is None:
            return None, None
        return best[1], _Member(best[1].id, joined_at, best[0], best[2])

    def _days_apart(self, row: AnyRow, story: _Story) -> float | None:
        """How far an item is from a story in time; None: too far."""
        if story.last_at < self.arrived - _GROWS:
            return None
        apart = max(story.first_at - row.sort_at, row.sort_at - story.last_at, timedelta())
        reach = min(_MOST_REACH, _REACH * log2(max(1, story.size)))
        return None if apart > _WINDOW + reach else apart / timedelta(days=1)

    # ── candidates ──────────────────────────────────────────────────────────────────────────

    def _candidates(self, features: Features, background: Background) -> list[_Story]:
        weights = {
            one.term: (one.weight * background.rarity(background.having[one.term], 0)) ** 2
            for one in features.terms
        }
        return self._having_most(weights, None)

    def _having_most(self, weights: Mapping[int, float], but: int | None) -> list[_Story]:
        """The stories that have most of these terms, by weight."""
        self._load_postings(weights)
        found: dict[int, float] = {}
        for term, weight in weights.items():
            for story in self.postings[term].ids[:_OF_ONE]:
                found[story] = found.get(story, 0.0) + weight
        found.pop(but or 0, None)
        ids = sorted(found, key=lambda one: (-found[one], one))[:_COMPARED]
        self._load_stories(ids)
        return [self.stories[one] for one in ids]

    def _background(self, terms: Iterable[int]) -> Background:
        wanted = set(terms)
        self._load_counts(wanted)
        return Background(
            items=self.having[vocabulary.ALL], having={term: self.having[term] for term in wanted}
        )

    # ── stories change ──────────────────────────────────────────────────────────────────────

    def _new_story(self, row: AnyRow, features: Features) -> _Story:
        story = _Story(
            id=self._next_id(),
            language=features.language,
            headline=row.title,
            lead=row.id,
            first_at=row.sort_at,
            last_at=row.sort_at,
            joined_at=row.first_seen,
            size=0,
            outlets=0,
            profile=cluster.EMPTY,
            is_new=True,
        )
        self.stories[story.id] = story
        return story

    def _next_id(self) -> int:
        if self.connection.dialect.name == "postgresql":
            number: int = self.connection.execute(_NEXT_ID).scalar_one()
            return number
        if self.last_id is None:
            self.last_id = self.connection.execute(_LAST_ID).scalar() or 0
        self.last_id += 1
        return self.last_id

    def _join(
        self,
        row: AnyRow,
        story: _Story,
        features: Features,
        outlet: int,
        member: _Member,
        *,
        is_back: bool = False,
    ) -> None:
        profile = self._gathered(story)[1] if story.profile is None else story.profile
        background = self._background(one.term for one in features.terms)
        first = story.size == 0
        story.profile = cluster.with_item(profile, features.terms, outlet, background)
        if len(story.profile.outlets) > len(profile.outlets):
            story.joined_at = max(story.joined_at, member.joined_at)
        story.size += 1
        story.outlets = len(story.profile.outlets)
        if first:
            story.first_at = story.last_at = row.sort_at
            story.headline, story.lead, story.language = row.title, row.id, features.language
        story.first_at = min(story.first_at, row.sort_at)
        story.last_at = max(story.last_at, row.sort_at)
        self.members[row.id] = member
        self.where[row.id] = story.id
        if story.lead == row.id:
            story.headline = row.title
        self._touch(story)
        if not first and not is_back and story.size.bit_count() == 1:
            self._lead(row, story, features, outlet)

    def _lead(self, row: AnyRow, story: _Story, features: Features, outlet: int) -> None:
        """When a story has doubled, the newcomer may tell it better than the item that led so far."""
        lead = story.lead
        if lead is None or lead == row.id or story.profile is None or features.significant < 3:
            return
        if lead not in self.features:
            self.features.update(kept_features.read(self.connection, [lead]))
        if (led := self.features.get(lead)) is None:
            return
        background = self._background(one.term for one in (*features.terms, *led.terms))
        here, _ = cluster.likeness(features, outlet, story.profile, background)
        there, _ = cluster.likeness(led, outlet, story.profile, background)
        if here > _BETTER * there:
            story.lead, story.headline = row.id, row.title

    def _look_around(self, story: _Story) -> None:
        """Whether it is one with another story now; the older id stays."""
        while story.profile is not None and cluster.is_turn(story.size):
            profile = story.profile
            background = self._background(profile.counts)
            terms = cluster.strongest(profile, background, _FOUND_BY)
            weights = {
                term: (profile.sums[term] / profile.size * background.rarity(profile.others[term], 0)) ** 2
                for term in terms
            }
            best: tuple[float, _Story] | None = None
            for other in self._having_most(weights, story.id):
                if other.profile is None or not self._may_be_one(story, other):
                    continue
                near = cluster.nearness(profile, other.profile, background)
                if cluster.is_one(near, profile, other.profile) and (best is None or near > best[0]):
                    best = near, other
            if best is None:
                return
            story = self._merge(*sorted((story, best[1]), key=lambda one: one.id))

    def _may_be_one(self, story: _Story, other: _Story) -> bool:
        if other.last_at < self.arrived - _GROWS:
            return False
        apart = max(story.first_at - other.last_at, other.first_at - story.last_at, timedelta())
        if apart > _WINDOW or story.language != other.language:
            return False
        ours = {story.id, other.id}
        return not any(
            {self.where.get(one), self.where.get(two)} == ours
            for one, others in self.apart.items()
            for two in others
        )

    def _merge(self, one: _Story, other: _Story) -> _Story:
        assert one.profile is not None and other.profile is not None  # noqa: S101, PT018 - for the types
        if other.size > one.size:
            one.lead, one.headline = other.lead, other.headline
        one.profile = cluster.joined(one.profile, other.profile)
        one.outlets = len(one.profile.outlets)
        one.size += other.size
        one.first_at = min(one.first_at, other.first_at)
        one.last_at = max(one.last_at, other.last_at)
        one.joined_at = max(one.joined_at, other.joined_at)
        self._end(other, one.id)
        self._touch(one)
        return one

    def _end(self, story: _Story, heir: int | None) -> None:
        """It is part of another one from now on."""
        story.merged_into, story.size, story.outlets, story.profile = heir, 0, 0, None
        if heir is not None:
            self.merges.append((story.id, heir))
        for item, member in self.members.items():
            if member.story == story.id and heir is not None:
                member.story = heir
                self.where[item] = heir
        for item, where in self.where.items():
            if where == story.id and heir is not None:
                self.where[item] = heir
        self._touch(story)

    def _touch(self, story: _Story) -> None:
        """It has changed: the index in memory follows at once."""
        self.changed.add(story.id)
        if story.last_at < max(self.closed, self.arrived - _GROWS):
            story.profile = None
        now = frozenset(story.profile.counts) if story.profile is not None else frozenset()
        for term in now - story.found_by:
            self.unindexed[term].discard(story.id)
            self.indexed[term].add(story.id)
            if (known := self.postings.get(term)) is not None and story.id not in known.ids:
                known.ids.append(story.id)
                known.ids.sort(reverse=True)
        for term in story.found_by - now:
            self.indexed[term].discard(story.id)
            self.unindexed[term].add(story.id)
            if (known := self.postings.get(term)) is not None and story.id in known.ids:
                known.ids.remove(story.id)
                if known.cut and len(known.ids) < _OF_ONE:
                    del self.postings[term]
        story.found_by = now

    # ── leaving ─────────────────────────────────────────────────────────────────────────────

    def _drop(self, row: AnyRow) -> None:
        """A copy is in no story by itself."""
        if row.id not in self.where:
            return
        story = self._story(self.where.pop(row.id))
        self.members.pop(row.id, None)
        self._flush()
        self.stored_members.discard(row.id)
        self.connection.execute(_LEAVE, {"ids": [row.id]})
        self.connection.execute(_REPAIRED, {"ids": [story.id]})
        self._remake(story)
        if story.size:
            return
        heir = self.where.get(row.duplicate_of)
        if heir is None or heir == story.id:
            self.vacant[row.duplicate_of] = story.id  # its number goes on with the first of the copies
        else:
            self._end(story, heir)

    def _remake(self, story: _Story, but: int | None = None) -> None:
        """What a story is, of the items that it has without ``but``."""
        rows, story.profile = self._gathered(story, but)
        story.size, story.outlets = len(rows), len(story.profile.outlets)
        if rows:
            story.first_at = min(row.sort_at for row in rows)
            story.last_at = max(row.sort_at for row in rows)
            if story.lead not in {row.item_id for row in rows}:
                story.lead, story.headline = rows[0].item_id, rows[0].title
        self._touch(story)

    def _gathered(self, story: _Story, but: int | None = None) -> tuple[list[AnyRow], Profile]:
        self._flush()
        rows = [row for row in self.connection.execute(_MEMBERS, {"b_story": story.id}) if row.item_id != but]
        found = kept_features.read(self.connection, [row.item_id for row in rows])
        background = self._background({one.term for kept in found.values() for one in kept.terms})
        profile = cluster.EMPTY
        for row in rows:
            terms = found[row.item_id].terms if row.item_id in found else ()
            profile = cluster.with_item(profile, terms, hash64(row.outlet_key), background)
        return rows, profile

    def repair(self, limit: int) -> int:
        """Stories that lost items, which were deleted, are what is left of them; empty ones vanish."""
        ids = list(self.connection.execute(_TO_REPAIR, {"b_limit": limit}).scalars())
        if not ids:
            return 0
        empty = list(self.connection.execute(_EMPTY, {"ids": ids}).scalars())
        self._load_stories(ids)
        for number in ids:
            story = self.stories.get(number)
            if story is None or story.merged_into is not None:
                continue
            if number in empty:
                story.profile, story.size = None, 0
                self._touch(story)
            else:
                self._remake(story)
        self._flush()
        self._vanish(empty)
        self.connection.execute(_REPAIRED, {"ids": ids})
        return len(ids)

    def _vanish(self, ids: Sequence[int]) -> None:
        if ids:
            self.connection.execute(_VANISH_WITH, {"ids": ids})
            self.connection.execute(_VANISH, {"ids": ids})
            for number in ids:
                self.stories.pop(number, None)

    def close(self) -> None:
        """Stories that have had no news for long take no more items, and are not looked for any more.

        As long as items of an earlier version wait, their stories stay open.
        """
        waiting = self.connection.execute(_OLDEST_QUEUED).scalar()
        since, until = self.closed, min(self.latest, waiting or self.latest) - _GROWS
        if until <= since:
            return
        bounds = {"b_from": since, "b_to": until, "b_limit": _CLOSED_AT_ONCE}
        rows = self.connection.execute(_TO_CLOSE, bounds).all()
        self._load_stories([row.id for row in rows])
        for row in rows:
            story = self.stories[row.id]
            story.profile = None
            self._touch(story)
        self._flush()
        done = rows[-1].last_at if len(rows) == _CLOSED_AT_ONCE else until
        singles.put(self.connection, _CLOSED, done.isoformat())

    # ── reading ─────────────────────────────────────────────────────────────────────────────

    def _load_decisions(self) -> None:
        for row in self.connection.execute(_DECISIONS):
            which = self.together if row.together else self.apart
            which[row.item_id].add(row.other_id)
            which[row.other_id].add(row.item_id)

    def _load_where(self, ids: Iterable[int]) -> None:
        wanted = {*ids, *self.together, *self.apart}
        for row in self.connection.execute(_WHERE, {"ids": wanted}):
            self.where[row.item_id] = row.story_id
            self.since[row.item_id] = row.joined_at
            self.stored_members.add(row.item_id)

    def _load_terms(self, made: Mapping[int, Features], before: Mapping[int, Features]) -> None:
        terms = {one.term for features in made.values() for one in features.terms}
        self._load_postings(terms)
        for features in before.values():
            terms.update(one.term for one in features.terms)
        self._load_counts(terms)

    def _load_counts(self, terms: Collection[int]) -> None:
        missing = [term for term in (vocabulary.ALL, *terms) if term not in self.having]
        if missing:
            found = vocabulary.counts(self.connection, missing)
            self.having.update((term, count + self.counted[term]) for term, count in found.items())

    def _load_postings(self, terms: Iterable[int]) -> None:
        missing = [term for term in terms if term not in self.postings]
        if not missing:
            return
        wanted = {"terms": "[" + ",".join(map(str, missing)) + "]", "most": _LOADED}
        for term, listed in self.connection.execute(_POSTINGS[self.connection.dialect.name], wanted):
            stored = {int(one) for one in listed.split(",")} if listed else set()
            there = (stored - self.unindexed[term]) | self.indexed[term]
            self.postings[term] = _Postings(sorted(there, reverse=True), cut=len(stored) == _LOADED)

    def _load_stories(self, ids: Iterable[int]) -> None:
        missing = [one for one in ids if one not in self.stories]
        if not missing:
            return
        for row in self.connection.execute(_STORIES, {"ids": missing}):
            profile = None if row.profile is None else cluster.unpacked(row.profile)
            self.stories[row.id] = _Story(
                id=row.id,
                language=row.language,
                headline=row.headline,
                lead=row.lead_id,
                first_at=row.first_at,
                last_at=row.last_at,
                joined_at=row.joined_at,
                size=row.size,
                outlets=row.outlets,
                profile=profile,
                merged_into=row.merged_into,
                found_by=frozenset() if profile is None else frozenset(profile.counts),
            )

    def _story(self, number: int) -> _Story:
        self._load_stories([number])
        return self.stories[number]

    # ── writing ─────────────────────────────────────────────────────────────────────────────

    def _flush(self) -> None:
        """Writes what has changed so far."""
        changed = [self.stories[one] for one in sorted(self.changed) if one in self.stories]
        new = [story for story in changed if story.is_new]
        if new:
            self.connection.execute(_NEW_STORY, [{"id": story.id, **_told(story)} for story in new])
        for before, after in self.merges:
            self.connection.execute(_MOVE, {"b_from": before, "story_id": after})
            self.connection.execute(_LEAD_ON, {"b_from": before, "merged_into": after})
        self._write_members()
        old = [story for story in changed if not story.is_new]
        if old:
            self.connection.execute(_CHANGE_STORY, [{"b_id": story.id, **_told(story)} for story in old])
        for story in new:
            story.is_new = False
        self._write_index(_FIND_NO_MORE, self.unindexed)
        self._write_index(_FIND_BY, self.indexed)
        self.changed.clear()
        self.merges.clear()

    def _write_members(self) -> None:
        fresh = [_row(one, member) for one, member in self.members.items() if one not in self.stored_members]
        known = [
            {"b_item": one, **_row(one, member)}
            for one, member in self.members.items()
            if one in self.stored_members
        ]
        if fresh:
            self.connection.execute(_NEW_MEMBER, fresh)
        if known:
            self.connection.execute(_CHANGE_MEMBER, known)
        self.stored_members.update(self.members)
        self.members.clear()

    def _write_index(self, statement: TextClause, having: dict[int, set[int]]) -> None:
        rows = [{"term": term, "story_id": one} for term in sorted(having) for one in sorted(having[term])]
        if rows:
            self.connection.execute(statement, rows)
        having.clear()


def _told(story: _Story) -> dict[str, Any]:
    return {
        "language": story.language,
        "headline": story.headline,
        "lead_id": story.lead,
        "first_at": story.first_at,
        "last_at": story.last_at,
        "joined_at": story.joined_at,
        "size": story.size,
        "outlets": story.outlets,
        "profile": None if story.profile is None else cluster.packed(story.profile),
        "merged_into": story.merged_into,
    }


def _row(item_id: int, member: _Member) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "story_id": member.story,
        "joined_at": member.joined_at,
        "score": round(member.score * 1000),
        "shared": shared_terms.to_json(member.shared),
        "by_hand": member.by_hand,
    }
