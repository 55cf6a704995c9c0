"""The store as the other rooms see it: every call is one transaction, or reads and returns."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Self

from aggregator.core.holds import Remembered
from aggregator.core.query import Query
from aggregator.core.surge import Surge
from aggregator.model import (
    ArticleOutcome,
    ArticleTask,
    Carried,
    Corrected,
    Decision,
    FeedHealth,
    FeedSpec,
    FeedState,
    FetchEvent,
    Figures,
    Filled,
    Finding,
    Gap,
    Habits,
    HealthEvent,
    Item,
    ItemFilter,
    Keyed,
    KnownItem,
    Lease,
    Offer,
    OpenGap,
    Plan,
    PollOutcome,
    PushWork,
    Recorded,
    Revision,
    RevisionKind,
    Subscription,
    Watched,
)
from aggregator.model.answers import Answer
from aggregator.model.cards import Card
from aggregator.model.comments import CommentsOutcome, CommentTask
from aggregator.model.copies import CopyGroup
from aggregator.model.leads import Place, Proposal
from aggregator.model.learning import Fared, Learned, Lesson, Profile
from aggregator.model.searching import Hit
from aggregator.model.stories import Comment, Hashtag, Membership, Related, Story, StoryFilter, Trend
from aggregator.store import (
    answers,
    articles,
    cards,
    comments,
    contents,
    decisions,
    doctor,
    duplicates,
    events,
    feeds,
    figures,
    gaps,
    health,
    items,
    leads,
    mirrors,
    polls,
    profiles,
    related,
    schema,
    search,
    set_aside,
    shift,
    singles,
    sites,
    sketches,
    story_decisions,
    story_reading,
    subscriptions,
    tombstones,
    upkeep,
)
from aggregator.store import hashtags as tagging
from aggregator.store import revisions as edits
from aggregator.store import stories as placing
from aggregator.store import surges as waves
from aggregator.store.backup import backup
from aggregator.store.deliveries import Deliveries
from aggregator.store.engine import WAIT, Database, take_turn

#: items that find their stories, and seconds after which no more do, in one transaction
_PLACED_AT_ONCE, _PLACES_FOR = 10, 0.1


class Store:
    """Everything that is kept. Plain calls, safe from several threads; SQLite or PostgreSQL.

    What goes wrong is a ``StoreError`` whose text says what to do. Outlets' names and tags are compared
    ignoring case everywhere.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        #: what webhooks are told
        self.deliveries = Deliveries(database)

    # ── opening ─────────────────────────────────────────────────────────────────────────────

    @classmethod
    def open(cls, url: str, *, wait: timedelta = WAIT) -> Self:
        """Opens a database of this version; creates it when it is empty.

        ``wait``: how long a call waits for another process before it raises StoreLockedError.
        """
        database = Database(url, wait=wait)
        try:
            schema.prepare(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @staticmethod
    def upgrade(url: str) -> None:
        """Brings the tables of an older database to this version."""
        database = Database(url)
        try:
            schema.migrate(database)
        finally:
            database.close()

    def close(self) -> None:
        """Gives up the connections."""
        self._database.close()

    # ── single values ───────────────────────────────────────────────────────────────────────

    def meta(self, key: str) -> str | None:
        """A value kept beside the items."""
        with self._database.reading() as connection:
            return singles.get(connection, key)

    def set_meta(self, key: str, value: str) -> None:
        """Keeps a value beside the items."""
        with self._database.writing() as connection:
            singles.put(connection, key, value)

    def feed_uuid(self) -> str:
        """``urn:uuid:…`` of everything that this store exports; the same for ever."""
        with self._database.reading() as connection:
            known = singles.feed_id(connection)
        if known is not None:
            return known
        with self._database.writing() as connection:
            return singles.make_feed_id(connection)

    def take_feed_uuid(self, uuid: str) -> None:
        """Exports under the id of another store from now on, whose news this one holds."""
        with self._database.writing() as connection:
            singles.put(connection, singles.FEED_ID, uuid)

    def digest(self) -> str:
        """The same for all stores that hold the same rows; reads everything."""
        with self._database.reading() as connection:
            return contents.digest(connection)

    def robots(self, site: str) -> tuple[str, datetime] | None:
        """A site's robots.txt, and when it was fetched."""
        with self._database.reading() as connection:
            return singles.robots_of(connection, site)

    def save_robots(self, site: str, text: str, fetched_at: datetime) -> None:
        """Keeps a site's robots.txt."""
        with self._database.writing() as connection:
            singles.put_robots(connection, site, text, fetched_at)

    # ── sites' patience ─────────────────────────────────────────────────────────────────────

    def remembered(self, now: datetime) -> Remembered:
        """What earlier runs learned of who wants quiet, without what is over."""
        with self._database.reading() as connection:
            return sites.remembered(connection, now)

    def remember(self, known: Remembered, present: Remembered, now: datetime) -> None:
        """Writes what has changed from ``known`` to ``present``; other processes' lines stay."""
        with self._database.writing() as connection:
            sites.remember(connection, known, present, now)

    # ── feeds ───────────────────────────────────────────────────────────────────────────────

    def sync_feeds(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        """Makes the listed feeds those of the configuration; a feed is known by its URL.

        Feeds that are not in it any more are no longer polled and keep their items.
        """
        with self._database.reading() as connection:
            if feeds.in_step(connection, specs):
                return
        with self._database.writing() as connection:
            feeds.sync(connection, specs, now)

    def claim_due(
        self,
        now: datetime,
        lease: Lease,
        *,
        limit: int,
        outlets: Collection[str] | None = None,
        force: bool = False,
        not_since: datetime | None = None,
    ) -> tuple[FeedState, ...]:
        """Takes due feeds, the longest overdue first; nobody else gets them before ``lease.until``.

        ``force`` takes those not due too, but for feeds that are gone, or told to wait by their server;
        with ``not_since`` only feeds not polled since then, so that a run polls each of them once.
        """
        with self._database.writing() as connection:
            return feeds.claim_due(
                connection, now, lease, limit=limit, outlets=outlets, force=force, not_since=not_since
            )

    def claim_feed(self, feed_id: int, now: datetime, lease: Lease) -> FeedState | None:
        """Takes this feed, due or not; None when somebody holds it, or it is not polled."""
        with self._database.writing() as connection:
            return feeds.claim_feed(connection, feed_id, now, lease)

    def count_due(
        self,
        now: datetime,
        *,
        outlets: Collection[str] | None = None,
        force: bool = False,
        not_since: datetime | None = None,
    ) -> int:
        """How many feeds are due, claimed or not."""
        with self._database.reading() as connection:
            return feeds.count_due(connection, now, outlets, force=force, not_since=not_since)

    def count_listed(self, outlets: Collection[str] | None = None) -> int:
        """How many feeds are configured."""
        with self._database.reading() as connection:
            return feeds.count_listed(connection, outlets)

    def next_due_at(self) -> datetime | None:
        """When the next feed falls due, perhaps in the past; None when none ever will."""
        with self._database.reading() as connection:
            return feeds.next_due_at(connection)

    def plans(self) -> tuple[Plan, ...]:
        """The planned polls of the configured feeds that are well."""
        with self._database.reading() as connection:
            return feeds.plans(connection)

    def bring_forward(self, times: Mapping[int, datetime]) -> None:
        """Plans these feeds, by id, for these times."""
        with self._database.writing() as connection:
            feeds.bring_forward(connection, times)

    def spread_overdue(self, now: datetime, pause: timedelta) -> int:
        """Plans the overdue feeds one after another, ``pause`` apart; how many there are."""
        with self._database.writing() as connection:
            return feeds.spread(connection, now, pause)

    def forgive(self, before: Mapping[int, FeedState], now: datetime) -> None:
        """Takes back the last polls of these feeds, which failed through no fault of theirs; due at once.

        ``before``: each as it was handed out to be polled. A feed polled again meanwhile is left alone.
        """
        with self._database.writing() as connection:
            feeds.forgive(connection, before, now)

    def reached(self, limit: int) -> tuple[str, ...]:
        """The addresses that answered last, the latest at the end."""
        with self._database.reading() as connection:
            return feeds.reached(connection, limit)

    def mend_plans(self, now: datetime) -> int:
        """Makes anew what a clock that was ahead has planned; how many feeds."""
        with self._database.reading() as connection:
            if not shift.any_ahead(connection, now):
                return 0
        with self._database.writing() as connection:
            return shift.mend_plans(connection, now)

    def stir(self, surges: Sequence[Surge], now: datetime) -> int:
        """Has the feeds polled now that a surge of news makes worth it; how many."""
        with self._database.writing() as connection:
            return waves.bring_forward(connection, surges, now)

    def outlet_names(self) -> tuple[str, ...]:
        """Every outlet of which something is stored, in alphabetical order."""
        with self._database.reading() as connection:
            return feeds.outlet_names(connection)

    def release(self, token: str) -> None:
        """Gives up every claim of this token, on feeds and on pages."""
        with self._database.writing() as connection:
            feeds.release(connection, token)

    def release_stale(self) -> None:
        """Gives up the claims that a killed run left on an SQLite database.

        Only for the holder of the lock that keeps two runs on one database apart. Runs on PostgreSQL
        may be on other machines: their claims are left to expire.
        """
        if not self._database.is_sqlite:
            return
        with self._database.reading() as connection:
            if not feeds.any_claimed(connection):
                return
        with self._database.writing() as connection:
            feeds.release(connection, None)

    def listed(self, urls: Collection[str]) -> frozenset[str]:
        """Those of these addresses that are feeds of the configuration."""
        with self._database.reading() as connection:
            return polls.listed(connection, urls)

    # ── polls ───────────────────────────────────────────────────────────────────────────────

    def known_items(
        self,
        feed_id: int,
        *,
        guids: Collection[str] = (),
        canonical_urls: Collection[str] = (),
        titles: Collection[str] = (),
        keys: Collection[str] = (),
    ) -> tuple[KnownItem, ...]:
        """The feed's items that have one of these guids, canonical links or keys, oldest first.

        ``titles`` find only items that have neither guid nor link; without one it is the digest in hex.
        """
        with self._database.reading() as connection:
            return polls.known_items(
                connection, feed_id, guids=guids, canonical_urls=canonical_urls, titles=titles, keys=keys
            )

    def recent_items(
        self, feed_id: int, *, shown: Collection[int] = (), limit: int = 500
    ) -> tuple[KnownItem, ...]:
        """The feed's latest items and those ``shown``, with what else than names tells them apart."""
        with self._database.reading() as connection:
            return polls.recent_items(connection, feed_id, shown=shown, limit=limit)

    def buried(self, feed_id: int, new: Sequence[Keyed], habits: Habits) -> frozenset[int]:
        """Which of these, by their place, were stored once and deleted because they were old."""
        with self._database.reading() as connection:
            return tombstones.buried(connection, feed_id, new, habits)

    def held_until(self, feed_id: int) -> datetime | None:
        """When the last of the feed's items that were ever held back is published."""
        with self._database.reading() as connection:
            return polls.held_until(connection, feed_id)

    def next_release(self, now: datetime) -> datetime | None:
        """When the next item that is held back is to be published; None: none is."""
        with self._database.reading() as connection:
            return items.next_release(connection, now)

    def release_held(self, outlet: str, now: datetime) -> int:
        """Holds no item of an outlet back any longer; how many that were."""
        with self._database.writing() as connection:
            return items.release_held(connection, outlet, now)

    def record_poll(self, outcome: PollOutcome) -> Recorded:
        """Writes everything a poll found in one transaction, unless its claim was lost meanwhile."""
        with self._database.writing() as connection:
            return polls.record_poll(connection, outcome)

    # ── comments ────────────────────────────────────────────────────────────────────────────

    def claim_comments(
        self, now: datetime, lease: Lease, *, limit: int, outlets: Collection[str]
    ) -> tuple[CommentTask, ...]:
        """Takes due comment feeds of these outlets' young items, the longest overdue first."""
        with self._database.writing() as connection:
            return comments.claim(connection, now, lease, limit=limit, outlets=outlets)

    def claim_comments_of(self, item_id: int, now: datetime, lease: Lease) -> CommentTask | None:
        """Takes one item's comment feed, due or not; None where it has none."""
        with self._database.writing() as connection:
            return comments.claim_one(connection, item_id, now, lease)

    def record_comments(self, outcome: CommentsOutcome) -> int | None:
        """Writes what a comment feed brought; how many comments were new, None when the claim was lost."""
        with self._database.writing() as connection:
            return comments.record(connection, outcome)

    def comments(self, ids: Collection[int]) -> Mapping[int, tuple[Comment, ...]]:
        """The stored comments of these items, the oldest first; items without any are left out."""
        with self._database.reading() as connection:
            return comments.of_items(connection, ids)

    # ── leads ───────────────────────────────────────────────────────────────────────────────

    def leads_wait(self) -> bool:
        """Whether leads are to be looked at, because new items have come."""
        with self._database.reading() as connection:
            return leads.Pass.stored(connection) is not None

    def resolve_leads(self) -> int:
        """Finds the outlets' own items for some of the leads without one; for how many it did."""
        with self._database.writing() as connection:
            now = leads.Pass.stored(connection)
            return 0 if now is None else leads.resolve(connection, now)

    def lead(self, item_id: int) -> Place | None:
        """Where a lead stood, and whose article it tells of; None for what is no lead."""
        with self._database.reading() as connection:
            return leads.place(connection, item_id)

    def proposed_outlets(self, *, least: int = 1) -> tuple[Proposal, ...]:
        """Outlets that aggregators' pages name and that are not polled, the most frequent first."""
        with self._database.reading() as connection:
            return leads.proposed(connection, least=least)

    # ── articles ────────────────────────────────────────────────────────────────────────────

    def claim_articles(
        self, now: datetime, lease: Lease, *, limit: int, outlets: Collection[str] | None = None
    ) -> tuple[ArticleTask, ...]:
        """Takes items whose page is due, the longest overdue first."""
        with self._database.reading() as connection:
            if not articles.any_due(connection, now):
                return ()
        with self._database.writing() as connection:
            return articles.claim_articles(connection, now, lease, limit=limit, outlets=outlets)

    def count_articles_due(self, now: datetime, *, outlets: Collection[str] | None = None) -> int:
        """How many pages are due and not claimed."""
        with self._database.reading() as connection:
            return articles.count_due(connection, now, outlets)

    def record_article(self, outcome: ArticleOutcome) -> ArticleOutcome | None:
        """Writes what a page gave, and gives what was written.

        A failure where other articles' pages show the same text. None when the claim was lost, or the item
        deleted, meanwhile.
        """
        with self._database.writing() as connection:
            if outcome.lookout is not None:
                take_turn(connection)
            return articles.record_article(connection, outcome)

    # ── what is learned of outlets' pages ───────────────────────────────────────────────────

    def profile(self, outlet: str, site: str) -> Profile | None:
        """What is known of an outlet's pages on a site."""
        with self._database.reading() as connection:
            return profiles.profile_of(connection, outlet, site)

    def lesson(self, outlet: str, site: str) -> Lesson | None:
        """The latest pages of an outlet on a site, where there is something to learn or to correct."""
        with self._database.reading() as connection:
            return profiles.lesson(connection, outlet, site)

    def record_learned(self, outlet: str, lesson: Lesson, learned: Learned) -> None:
        """Keeps what was learned, and the articles that are others by it. That is no edit of theirs."""
        with self._database.writing() as connection:
            profiles.write(connection, outlet, lesson, learned)

    def skip_lesson(self, outlet: str, lesson: Lesson) -> None:
        """Nothing could be learned of these pages: it is tried again with others."""
        with self._database.writing() as connection:
            profiles.skip(connection, outlet, lesson)

    def fared(self, outlet: str | None = None) -> tuple[Fared, ...]:
        """How the pages of each site fare and what was learned of them; of an outlet, or of all."""
        with self._database.reading() as connection:
            return profiles.fared(connection, outlet)

    def watch_pages(self, now: datetime) -> tuple[Fared, ...]:
        """The sites whose pages give worse texts than before; they are learned anew."""
        with self._database.writing() as connection:
            return profiles.watch(connection, now)

    # ── reading back ────────────────────────────────────────────────────────────────────────

    def items(self, which: ItemFilter | None = None) -> Iterator[Item]:
        """The items, newest first. However many: they are read in batches as they are taken."""
        return items.read(self._database.reading, items.newest_first(which or ItemFilter()))

    def item(self, item_id: int) -> Item | None:
        """One item."""
        with self._database.reading() as connection:
            return next(items.by_ids(connection, [item_id]), None)

    def items_of(self, ids: Collection[int]) -> Mapping[int, Item]:
        """These items by their ids; those that are not there are left out."""
        with self._database.reading() as connection:
            return {item.id: item for item in items.by_ids(connection, ids)}

    def arrivals(self, ids: Collection[int]) -> Mapping[int, tuple[datetime, datetime | None]]:
        """When each of these items was first seen, and until when it is held back; no text is read for it."""
        with self._database.reading() as connection:
            return items.arrivals(connection, ids)

    def cards(self, which: ItemFilter) -> tuple[Card, ...]:
        """The items as lists show them, newest first, without their texts."""
        with self._database.reading() as connection:
            return cards.newest(connection, which)

    def cards_of_copies(self, ids: Collection[int]) -> Mapping[int, tuple[Card, ...]]:
        """The copies of these items, the first one first; items without copies are left out."""
        with self._database.reading() as connection:
            return cards.copies(connection, ids)

    def neighbours(self, ids: Collection[int]) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """What is stored as related beside each of these items: the others' ids and scores."""
        with self._database.reading() as connection:
            return cards.neighbours(connection, ids)

    def copies(self, item_id: int) -> tuple[Item, ...]:
        """The other items of its group of copies, the first one first."""
        with self._database.reading() as connection:
            return items.copies(connection, item_id)

    def revisions(self, item_id: int) -> tuple[Revision, ...]:
        """How an item's words changed since it was first stored, the oldest edit first."""
        with self._database.reading() as connection:
            return edits.of_item(connection, item_id)

    def corrections(self, which: ItemFilter, kinds: Collection[RevisionKind]) -> Iterator[Corrected]:
        """Edits of these kinds with their items, the latest first; ``since``, ``until`` are of the edit."""
        return edits.corrections(self._database.reading, which, kinds)

    def copy_group(self, item_id: int) -> CopyGroup:
        """The same with the evidence: why they are together, and who is credited."""
        with self._database.reading() as connection:
            return decisions.group_of(connection, item_id)

    def split(self, item_id: int, now: datetime) -> None:
        """Takes an item out of its group for good; UsageError where it is in none."""
        with self._database.writing() as connection:
            decisions.split(connection, item_id, now)

    def join(self, one: int, other: int, now: datetime) -> None:
        """Makes two items copies for good; UsageError where they are already."""
        with self._database.writing() as connection:
            decisions.join(connection, one, other, now)

    def split_story(self, item_id: int, now: datetime) -> int:
        """Takes an item out of its story for good, and gives the number of its story then.

        UsageError where it is alone in it.
        """
        with self._database.writing() as connection:
            return story_decisions.split(connection, item_id, now)

    def join_stories(self, one: int, other: int, now: datetime) -> int:
        """Makes the stories of two items one for good, and gives its number; UsageError where they are."""
        with self._database.writing() as connection:
            return story_decisions.join(connection, one, other, now)

    def place_stories(self, now: datetime, limit: int = 100) -> int:
        """Gives items their place among the stories, and puts right those that lost items; how many.

        What stands beside the items is found as well, and their hashtags are made. Others wait for it: it
        ends at ``limit``, or after some 0.1 s; 0: nothing is left.
        """
        done, until = 0, monotonic() + _PLACES_FOR
        with self._database.writing() as connection:
            take_turn(connection)
            while done < limit:
                some = min(_PLACED_AT_ONCE, limit - done)
                now_done = placing.repair_some(connection, now, some)
                if not now_done:
                    placed = placing.place_some(connection, now, some)
                    related.relate(connection, placed)
                    tagging.place(connection, placed)
                    now_done = len(placed)
                done += now_done
                if not now_done or monotonic() >= until:
                    break
        return done

    def stories_wait(self) -> bool:
        """Whether ``place_stories`` would have anything to do."""
        with self._database.reading() as connection:
            return placing.anything_queued(connection)

    def count_unplaced(self) -> int:
        """How many items ``place_stories`` has yet to go through."""
        with self._database.reading() as connection:
            return placing.count_queued(connection)

    def sketch_stored(self, limit: int = 200) -> bool:
        """Looks for copies among some texts that an earlier version stored; False: none is left."""
        with self._database.reading() as connection:
            if not sketches.any_left(connection):
                return False
        with self._database.writing() as connection:
            take_turn(connection)
            return duplicates.sketch_some(connection, limit)

    def count_unsketched(self) -> int:
        """How many stored items ``sketch_stored`` has yet to go through."""
        with self._database.reading() as connection:
            return connection.execute(sketches.count_left()).scalar_one()

    def shared_guids(self, guids: Collection[str]) -> frozenset[str]:
        """Those of the guids that more than one stored item carries."""
        with self._database.reading() as connection:
            return items.shared_guids(connection, guids)

    def search(
        self, query: str | Query, which: ItemFilter | None = None, *, now: datetime | None = None
    ) -> Iterator[Item]:
        """The items that a query finds, the best first; see ``hits``."""
        return (hit.item for hit in self.hits(query, which, now=now))

    def hits(
        self, query: str | Query, which: ItemFilter | None = None, *, now: datetime | None = None
    ) -> Iterator[Hit]:
        """The items that a query finds, the best first, with their rank; see ``store/search.py``.

        Ages, and spans in a text, count back from ``now``, or else from the newest item. UsageError for a
        text that is no query. Only items that were indexed are found.
        """
        with self._database.reading() as connection:
            asked, at = search.asked(connection, query, now)
            ranked = search.best_first(connection, asked, which or ItemFilter(), at)
        ranks = {each.id: each.rank for each in ranked}
        found = items.read_ids(self._database.reading, list(ranks))
        return (Hit(item=item, rank=ranks[item.id]) for item in found)

    def found(
        self, query: str | Query, which: ItemFilter | None = None, *, now: datetime | None = None
    ) -> Iterator[Item]:
        """The items that a query finds, newest first; as ``hits`` otherwise."""
        with self._database.reading() as connection:
            asked, _ = search.asked(connection, query, now)
            ids = search.newest_first(connection, asked, which or ItemFilter())
        return items.read_ids(self._database.reading, ids)

    def count_pending(self) -> int:
        """How many items are not searchable yet."""
        with self._database.reading() as connection:
            return search.count_pending(connection)

    def index_pending(self, batch: int = 1000) -> int:
        """Makes up to ``batch`` new or edited items searchable; how many there were, 0 when none is left."""
        with self._database.reading() as connection:
            if not search.any_pending(connection):
                return 0
        with self._database.writing() as connection:
            return search.index_pending(connection, batch)

    # ── stories as they are read ────────────────────────────────────────────────────────────

    def stories(self, which: StoryFilter) -> list[Story]:
        """The stories that hold a matching item, those with the latest news first.

        ``since``, ``until`` and the limit are of the stories. Without what is held back at
        ``which.items.shown_at`` or else ``which.now``; copies only where the filter wants them.
        """
        with self._database.reading() as connection:
            return story_reading.latest(connection, which)

    def story(self, story_id: int, now: datetime | None = None) -> Story | None:
        """A story, or the one that it became part of; ``now`` leaves out what is held back then."""
        with self._database.reading() as connection:
            return story_reading.one(connection, story_id, now)

    def merged_stories(self, ids: Collection[int]) -> Mapping[int, int]:
        """The stories that became part of these, each with the one that it is part of now."""
        with self._database.reading() as connection:
            return story_reading.merged_into(connection, ids)

    def memberships(self, item_ids: Collection[int]) -> Mapping[int, Membership]:
        """In which story each of these items is, and why; those without a place yet are left out."""
        with self._database.reading() as connection:
            return story_reading.memberships(connection, item_ids)

    def story_items(self, story_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The items of these stories, the first one first, without copies; held ones too."""
        with self._database.reading() as connection:
            return story_reading.story_items_of(connection, story_ids)

    def related(self, ids: Collection[int], now: datetime | None = None) -> Mapping[int, tuple[Related, ...]]:
        """What stands beside each of these items: its story at other outlets, then what is near.

        ``now`` leaves out what is held back then.
        """
        with self._database.reading() as connection:
            return related.beside(connection, ids, now)

    # ── hashtags ────────────────────────────────────────────────────────────────────────────

    def hashtags(self, ids: Collection[int]) -> Mapping[int, tuple[Hashtag, ...]]:
        """The hashtags of each of these items, the strongest first; () where there is none."""
        with self._database.reading() as connection:
            return tagging.of_items(connection, ids)

    def trends(self, which: ItemFilter, *, since: datetime, until: datetime) -> tuple[Trend, ...]:
        """The hashtags that are on the rise among the items that match, at most ``which.limit``.

        From ``since`` until ``until``, against the time before; the filter's own bounds are left aside.
        """
        with self._database.reading() as connection:
            return tagging.trends(connection, which, since=since, until=until)

    # ── health ──────────────────────────────────────────────────────────────────────────────

    def health(self, now: datetime | None = None) -> tuple[FeedHealth, ...]:
        """How every stored feed is doing, by outlet; items a day and open gaps as of ``now``."""
        with self._database.reading() as connection:
            return health.health(connection, now)

    def history(self, outlet: str, limit: int = 50) -> tuple[FetchEvent, ...]:
        """The latest fetches of an outlet, newest first."""
        with self._database.reading() as connection:
            return health.history(connection, outlet, limit)

    def decisions(self, outlet: str, limit: int = 10) -> tuple[Decision, ...]:
        """The last decisions on each feed of an outlet, feed by feed, the newest first."""
        with self._database.reading() as connection:
            return health.decisions(connection, outlet, limit)

    def watched(self) -> tuple[Watched, ...]:
        """Every listed feed with what was learned of when its items come."""
        with self._database.reading() as connection:
            return health.watched(connection)

    def suspect(self, feed_id: int, suspicion: str, at: datetime) -> None:
        """Keeps why a feed may have died although it answers; "" clears it, and its offers."""
        with self._database.writing() as connection:
            health.suspect(connection, feed_id, suspicion, at)

    def offer(self, feed_id: int, offers: Sequence[Offer]) -> None:
        """Keeps the feeds that could take the place of this one."""
        with self._database.writing() as connection:
            health.offer(connection, feed_id, offers)

    def carried(self, since: datetime) -> tuple[Carried, ...]:
        """The feeds that have siblings on their site, each with its items since then."""
        with self._database.reading() as connection:
            return mirrors.carried(connection, since)

    def set_mirror(self, feed_id: int, url: str | None, now: datetime) -> None:
        """Has the feed at ``url`` polled in place of this one, or (None) this one itself again."""
        with self._database.writing() as connection:
            mirrors.set_mirror(connection, feed_id, url, now)

    def has_own(self, feed_id: int, since: datetime) -> bool:
        """Whether a mirror brought, since then, an item that the feed polled in its place lacks."""
        with self._database.reading() as connection:
            return mirrors.has_own(connection, feed_id, since)

    def add_event(self, event: HealthEvent) -> bool:
        """Keeps a health event; False when its outlet has one of that day already."""
        with self._database.writing() as connection:
            return events.add(connection, event)

    def events(self, since: datetime, outlet: str | None = None) -> tuple[HealthEvent, ...]:
        """The health events from then on, of one outlet or of all, the newest first."""
        with self._database.reading() as connection:
            return events.since(connection, since, outlet)

    # ── gaps ────────────────────────────────────────────────────────────────────────────────

    def due_gaps(
        self, now: datetime, limit: int, *, outlets: Collection[str] | None = None
    ) -> tuple[OpenGap, ...]:
        """Takes gaps that are due, the longest overdue first; nobody else gets them for ten minutes."""
        with self._database.reading() as connection:
            if not gaps.any_due(connection, now, outlets):
                return ()
        with self._database.writing() as connection:
            return gaps.due(connection, now, limit, outlets)

    def fill_gap(self, filled: Filled) -> Recorded:
        """Writes what was found of a gap in one transaction, unless it was closed meanwhile."""
        with self._database.writing() as connection:
            return gaps.fill(connection, filled)

    def gaps(self, outlet: str | None = None, *, limit: int = 50) -> tuple[Gap, ...]:
        """The latest gaps of an outlet, or of all, the newest first."""
        with self._database.reading() as connection:
            return gaps.told(connection, outlet, limit)

    def has_open_gap(self, feed_id: int) -> bool:
        """Whether a gap of this feed is being looked for."""
        with self._database.reading() as connection:
            return gaps.has_open(connection, feed_id)

    def item_date(self, item_id: int) -> datetime | None:
        """When a stored item was published or, where that is later or not known, first seen."""
        with self._database.reading() as connection:
            return gaps.date_of(connection, item_id)

    def open_gaps(self, now: datetime) -> Mapping[str, int]:
        """How many gaps of the last 30 days were not filled, by the feed's URL; none: left out."""
        with self._database.reading() as connection:
            return gaps.count_open(connection, now)

    # ── push ────────────────────────────────────────────────────────────────────────────────

    def push_from(self, base_url: str) -> None:
        """Hubs reach us at this address from now on; subscriptions made with another are forgotten."""
        with self._database.writing() as connection:
            subscriptions.call_back(connection, base_url)

    def push_work(self, now: datetime, *, limit: int, after: int = 0) -> PushWork:
        """What is to be done about subscriptions, ``limit`` of each kind.

        Those that are due, and some of the others, are compared with what their feeds say today: the first
        after the feed ``after``, which is the ``reviewed`` of the call before.
        """
        with self._database.reading() as connection:
            return subscriptions.work(connection, now, limit=limit, after=after)

    def subscription(self, token: str) -> Subscription | None:
        """The subscription whose callback this is."""
        with self._database.reading() as connection:
            return subscriptions.by_token(connection, token)

    def add_subscription(self, subscription: Subscription) -> bool:
        """Keeps a new subscription; False where the feed has one already."""
        with self._database.writing() as connection:
            return subscriptions.add(connection, subscription)

    def change_subscription(self, token: str, rule: subscriptions.Rule) -> Subscription | None:
        """Makes of the subscription what ``rule`` makes of it; None when it is, or becomes, forgotten."""
        with self._database.writing() as connection:
            return subscriptions.change(connection, token, rule)

    def pushed(self, feed_ids: Collection[int]) -> Mapping[int, datetime]:
        """Until when polls of these feeds may rely on a hub, perhaps in the past; only those that may."""
        with self._database.reading() as connection:
            return subscriptions.pushed(connection, feed_ids)

    def push_missed(self, feed_id: int) -> None:
        """A poll found what the feed's hub should have pushed: no trust before its next delivery."""
        with self._database.writing() as connection:
            subscriptions.push_missed(connection, feed_id)

    def poll_by(self, feed_id: int, at: datetime) -> None:
        """Plans the feed's next poll for ``at``, unless it comes earlier anyway, or never."""
        with self._database.writing() as connection:
            subscriptions.poll_by(connection, feed_id, at)

    def figures(self, now: datetime) -> Figures:
        """Counts of the whole store."""
        with self._database.reading() as connection:
            return figures.figures(connection, now)

    # ── a clock that was set ────────────────────────────────────────────────────────────────

    def shift_plans(self, now: datetime, by: timedelta) -> int:
        """Moves every plan that lies ahead of ``now``; how many feeds that are."""
        with self._database.writing() as connection:
            return shift.shift_plans(connection, now, by)

    # ── hostile documents ───────────────────────────────────────────────────────────────────

    def strike(self, digest: bytes, reason: str, now: datetime) -> int:
        """Notes that these bytes ended a worker; how often they did within a day."""
        with self._database.writing() as connection:
            return set_aside.strike(connection, digest, reason, now)

    def is_set_aside(self, digest: bytes, now: datetime) -> str | None:
        """Why these bytes are not to be read now; None: they may be."""
        with self._database.reading() as connection:
            return set_aside.is_set_aside(connection, digest, now)

    # ── what a model wrote ──────────────────────────────────────────────────────────────────

    def answers(self, digests: Collection[bytes]) -> Mapping[bytes, str]:
        """What may be shown of a model's answers, "" for nothing, by the digest of what it was asked."""
        with self._database.reading() as connection:
            return answers.bodies(connection, digests)

    def record_answer(self, answer: Answer) -> None:
        """Keeps what a model wrote."""
        with self._database.writing() as connection:
            answers.record(connection, answer)

    def tokens_since(self, since: datetime) -> int:
        """Tokens that answers took since then."""
        with self._database.reading() as connection:
            return answers.spent_since(connection, since)

    # ── upkeep ──────────────────────────────────────────────────────────────────────────────

    def prune(self, now: datetime, keep: timedelta | None) -> int:
        """Deletes items older than ``keep`` (None: none) that no feed shows any more, and old history.

        Puts right what ``doctor`` finds and can be put right. How many items were deleted.
        """
        doctor.repair(self._database, now)
        return upkeep.prune(self._database, now, keep)

    def prune_history(self, now: datetime) -> bool:
        """Does a small part of what ``prune`` does to the history of polls; False: nothing is left of it."""
        return upkeep.prune_history(self._database, now)

    def purge(self, feed_urls: Collection[str]) -> int:
        """Deletes feeds with everything that came from them; how many items that was."""
        with self._database.writing() as connection:
            return upkeep.purge(connection, feed_urls)

    def backup(self, path: Path) -> None:
        """Writes a copy of the whole database to ``path`` while others go on using it."""
        backup(self._database, path)

    def doctor(self, now: datetime) -> tuple[Finding, ...]:
        """Every known fault that this database has, with its remedy; none: it is well."""
        return doctor.examine(self._database, now)
