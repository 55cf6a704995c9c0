"""One pass of everything: what ``--once`` does to its end, and the daemon bit by bit for ever."""

import asyncio
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from aggregator import logs, site
from aggregator.articles import ArticleDone, Articles
from aggregator.backfill import Backfill
from aggregator.box import Boxes
from aggregator.comments import Comments
from aggregator.config import Config, Outlet, PublishConfig
from aggregator.digest import Digests
from aggregator.discovery import Discovery, find_feeds
from aggregator.dispatch import Dispatcher
from aggregator.documents import Documents
from aggregator.errors import AggregatorError, StoreError, WorkerError
from aggregator.fetch.access import Visitor
from aggregator.fetch.client import Client
from aggregator.fetch.holds import Holds
from aggregator.fetch.hosts import Gate
from aggregator.fetch.network import Network
from aggregator.health import EVERY, Health
from aggregator.metrics import Meter
from aggregator.model import (
    LEASE,
    ArticleTask,
    FailureKind,
    FeedSpec,
    FeedState,
    Fetched,
    FetchFailed,
    Lease,
    OpenGap,
    PollOutcome,
)
from aggregator.model.comments import CommentTask
from aggregator.model.learning import Lesson
from aggregator.notify import Notifier
from aggregator.poll import PollDone, Poller
from aggregator.progress import Progress, Silent
from aggregator.publish import publish, publish_searches, publish_site
from aggregator.report import RunOptions, RunReport
from aggregator.store import Store
from aggregator.store.thread import StoreThread
from aggregator.tally import Tally

log = structlog.get_logger()

#: polls in flight for each connection that may be open: some wait at their site's gate
_POLLS_PER_CONNECTION = 2
#: pages in flight; most wait at their site's gate and cost little
_PAGES = 256
#: a page may wait for hundreds of others of its site
_PAGE_LEASE = timedelta(hours=1)
_PRUNE_EVERY = timedelta(days=1)
#: an outlet whose home page showed no feed is asked again after this
_DISCOVER_AGAIN = timedelta(hours=6)
#: texts that are made searchable at once: some 0.1 s
_INDEX_BATCH = 250
#: for what an earlier version has stored, after each round
_INDEX_FOR = timedelta(seconds=10)
#: items that find their stories at once: some 0.1 s; and for so long after a round, where many wait
_STORIES_BATCH = 50
_STORIES_FOR = timedelta(seconds=20)
#: stored texts of an earlier version that are compared with the others after a round: some 0.1 s
_SKETCH_BATCH = 50
#: … and for so long at a time: polls go on in between, and a long run of them is `aggregator db upgrade`
_SKETCH_FOR = timedelta(seconds=2)
#: boxes that a model writes after each round
_BOXES_FOR = timedelta(minutes=2)
#: leads that are compared with what came, after each round
_LEADS_FOR = timedelta(seconds=5)
#: when these were last done, in the store's meta
_PRUNED, _CHECKED = "pruned_at", "health_checked_at"
#: times that a run finds out that it was no outage of our own, and addresses that it tries for that
_OUTAGES, _REACHED = 3, 10
#: gaps that are looked into at once
_GAPS = 8
#: comment feeds that are read after one round; most wait at their site's gate
_COMMENT_FEEDS = 100
#: lessons of a site one after another, of pages that were read meanwhile; the next page brings the next
_LESSONS = 8
#: polls that failed with an outage of our own are taken back for so long, and so many of them
_DOUBTFUL_FOR = timedelta(minutes=10)
_DOUBTFUL = 500
_UNREACHED = frozenset({FailureKind.NAME, FailureKind.CONNECT, FailureKind.TIMEOUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a round works with; built by app.py."""

    config: Config
    store: Store
    thread: StoreThread
    gate: Gate
    holds: Holds
    network: Network
    client: Client
    documents: Documents
    poller: Poller
    articles: Articles
    backfill: Backfill
    comments: Comments
    health: Health
    boxes: Boxes
    digests: Digests
    notifier: Notifier
    meter: Meter
    clock: Callable[[], datetime]


def _advance(pages: Iterator[site.Done]) -> site.Done | None:
    return next(pages, None)


@dataclass(slots=True, kw_only=True)
class Round:
    """Claims and handles what is due. ``started`` bounds a forced run: each feed once."""

    services: Services
    started: datetime
    options: RunOptions = field(default_factory=RunOptions)
    tally: Tally = field(default_factory=Tally)
    progress: Progress = field(default_factory=Silent)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    feeds: Dispatcher[FeedState] = field(init=False)
    pages: Dispatcher[ArticleTask] = field(init=False)
    #: the feeds as configured and discovered
    specs: list[FeedSpec] = field(default_factory=list)
    #: the published files may not show what is stored, or not as the configuration wants it
    unpublished: bool = True
    #: when the next item of a flood is to be published; None: none is held back
    release_at: datetime | None = None
    #: whether a claim may find feeds: at the start, and after a discovery
    feeds_waiting: bool = True
    #: whether a claim may find pages: at the start, and after new items
    pages_waiting: bool = True
    #: when those that stood behind too many others of their site have their turn
    queued: list[datetime] = field(default_factory=list)
    #: times that an outage of our own turned out to be none
    outages: int = 0
    #: feeds that nobody was reached at just now, as they were before, and when that was
    doubtful: dict[int, tuple[FeedState, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        slots = self.services.config.fetch.connections * _POLLS_PER_CONNECTION
        self.feeds = Dispatcher(self._claim_feeds, self._poll, slots=slots, wake=self.wake)
        self.pages = Dispatcher(self._claim_pages, self._page, slots=_PAGES, wake=self.wake)

    # ── claiming ────────────────────────────────────────────────────────────────────────────

    def _lease(self, span: timedelta) -> Lease:
        return Lease(token=self.token, until=self.services.clock() + span)

    @property
    def _outlets(self) -> Collection[str] | None:
        return self.options.outlets or None

    async def _claim_feeds(self, limit: int) -> Sequence[FeedState]:
        return await self.services.thread.call(
            self.services.store.claim_due,
            self.services.clock(),
            self._lease(LEASE),
            limit=limit,
            outlets=self._outlets,
            force=self.options.force,
            not_since=self.started,
        )

    async def _claim_pages(self, limit: int) -> Sequence[ArticleTask]:
        self.pages_waiting = False
        claimed = await self.services.thread.call(
            self.services.store.claim_articles,
            self.services.clock(),
            self._lease(_PAGE_LEASE),
            limit=limit,
            outlets=self._outlets,
        )
        self.pages_waiting = self.pages_waiting or len(claimed) == limit
        return claimed

    async def _poll(self, feed: FeedState) -> None:
        try:
            done = await self.services.poller.poll(feed)
        except StoreError:
            raise
        except Exception as error:  # one odd feed must not end the run (reader#218)
            log.exception("a poll broke", outlet=feed.outlet, feed=feed.url)
            done = await self.services.poller.broken(feed, error)
        self._count(done)
        self.progress.feed_done(feed.outlet)
        if done.outcome.new and feed.pushed_until and feed.pushed_until > done.outcome.at:
            await self.services.thread.call(self.services.store.push_missed, feed.id)

    async def take(self, feed: FeedState, arrived: Fetched) -> PollOutcome:
        """What a hub brought for a feed that was claimed for it."""
        done = await self.services.poller.poll(feed, arrived)
        self._count(done)
        return done.outcome

    def _count(self, done: PollDone) -> None:
        self.tally.polled(done)
        self.services.meter.polled(done.outcome)
        logs.polled(done.feed, done.outcome)
        self.pages_waiting = self.pages_waiting or done.pages_due > 0
        written = done.outcome.new or done.outcome.changed or done.outcome.moved
        self.unpublished = self.unpublished or bool(written)
        self._line_up(done.queued_until)
        self._doubt(done)

    def _line_up(self, until: datetime | None) -> None:
        if until is not None:
            self.queued.append(until)

    def _doubt(self, done: PollDone) -> None:
        """Keep in mind who may have failed with our own network, before that was known."""
        self.doubtful.pop(done.feed.id, None)
        unreached = done.outcome.status is None and done.kind in _UNREACHED
        if unreached and not done.ours and done.recorded:
            self.doubtful[done.feed.id] = (done.feed, done.outcome.at)
            if len(self.doubtful) > _DOUBTFUL:
                del self.doubtful[next(iter(self.doubtful))]

    async def _page(self, task: ArticleTask) -> None:
        done = await self._read(task)
        if done.learn_of is None:
            return
        try:
            await self._learn(task.outlet, done.learn_of)
        except StoreError:
            raise
        except Exception:  # what is learned is no condition for anything
            log.exception("learning of pages broke", outlet=task.outlet, site=done.learn_of)

    async def _read(self, task: ArticleTask) -> ArticleDone:
        try:
            done = await self.services.articles.read(task)
        except StoreError:
            raise
        except Exception as error:  # nor must one odd page
            log.exception("reading a page broke", outlet=task.outlet, page=task.url)
            done = await self.services.articles.broken(task, error)
        self.tally.read(done)
        self.progress.article_done(task.outlet)
        self.unpublished = self.unpublished or done.outcome.result == "extracted"
        self._line_up(done.queued_until)
        self.services.meter.read(done.outcome)
        logs.read(task, done.outcome)
        return done

    # ── learning of pages ───────────────────────────────────────────────────────────────────

    async def _learn(self, outlet: str, site: str) -> None:
        """Learn of the site's latest pages where it is time to, and then of those read meanwhile."""
        with self.services.articles.learning.turn(outlet, site) as is_free:
            for _ in range(_LESSONS if is_free else 0):
                lesson = await self._lesson(outlet, site)
                if lesson is None or not await self._study(outlet, lesson):
                    return

    async def _lesson(self, outlet: str, site: str) -> Lesson | None:
        return await self.services.articles.learning.lesson(outlet, site)

    async def _study(self, outlet: str, lesson: Lesson) -> bool:
        """One lesson; whether anything could be learned of it."""
        try:
            learned = await self.services.articles.learning.learn(outlet, lesson)
        except WorkerError as error:
            log.warning("learning of pages failed", outlet=outlet, site=lesson.site, reason=str(error))
            await self._skip(outlet, lesson)
            return False
        self.unpublished = self.unpublished or bool(learned.corrected)
        log.info(
            "learned",
            outlet=outlet,
            site=lesson.site,
            articles=learned.profile.articles,
            lines=len(learned.profile.lines),
            corrected=len(learned.corrected),
        )
        return True

    async def _skip(self, outlet: str, lesson: Lesson) -> None:
        await self.services.articles.learning.skip(outlet, lesson)

    # ── the whole of it, once ───────────────────────────────────────────────────────────────

    async def run(self) -> RunReport:
        """Everything that is due, then index, publish, prune; a report of it."""
        await self.prepare()
        thread, store = self.services.thread, self.services.store
        due = await thread.call(
            store.count_due,
            self.services.clock(),
            outlets=self._outlets,
            force=self.options.force,
            not_since=self.started,
        )
        self.tally.due += due
        self.progress.start(due)
        discovery = asyncio.create_task(self.discover())
        try:
            await self._until_done(discovery)
        finally:
            discovery.cancel()
            self.progress.stop()
        await thread.call(store.release, self.token)
        await self.finish()
        self.tally.total += await thread.call(store.count_listed)
        next_poll_at = await thread.call(store.next_due_at)
        return self.tally.report(
            started=self.started, finished=self.services.clock(), next_poll_at=next_poll_at
        )

    async def _until_done(self, discovery: asyncio.Task[None]) -> None:
        """Claim and handle until nothing is due, or the time is over and the rest is drained."""
        while not self._time_is_over():
            if self.services.network.out and not await self._goes_on():
                break
            self.wake.clear()
            if self.feeds_waiting:
                self.feeds_waiting = await self.feeds.tick()
            if self.pages_waiting:
                await self.pages.tick()
            waiting = self.feeds_waiting or self.pages_waiting
            if not (self.feeds.busy or self.pages.busy or waiting) and discovery.done():
                discovery.result()
                if not (await self._next_in_line() or await self.fill_gaps()):
                    break
            else:
                await self._pause()
        else:
            self.tally.cut_short = True
            self.services.gate.close()  # what only waits for its turn has not begun
        await asyncio.gather(self.feeds.drain(), self.pages.drain())

    async def _goes_on(self) -> bool:
        """Most sites cannot be reached: whether that is their fault, so that the run goes on."""
        await asyncio.gather(self.feeds.drain(), self.pages.drain())
        if self.outages < _OUTAGES and await self.is_reachable():
            self.outages += 1
            self.tally.ours.clear()  # they are due again, and will count then
            self.feeds_waiting = self.pages_waiting = True
            return True
        await self.forgive()
        self.tally.notes.append("the network seems to be out: what is left waits for the next run")
        return False

    async def is_reachable(self, tries: int = 2) -> bool:
        """Whether our own network lets us connect to sites that answered before."""
        network, client = self.services.network, self.services.client
        for url in await self.services.thread.call(self.services.store.reached, _REACHED):
            network.answered_before(url)
        for _ in range(tries):
            if await client.probe():
                return True
        return False

    async def _next_in_line(self) -> bool:
        """Wait for the turn of who stood behind too many others of a site; False when nobody does."""
        if not self.queued:
            return False
        turn, now = min(self.queued), self.services.clock()
        if self.options.max_time is not None:
            turn = min(turn, self.started + self.options.max_time)
        await asyncio.sleep(max(0.0, (turn - now).total_seconds()) + 0.05)
        turn = max(turn, self.services.clock())
        self.queued = [later for later in self.queued if later > turn]
        self.feeds_waiting = self.pages_waiting = True
        return True

    async def _pause(self) -> None:
        """Until a dispatcher has room, half a second at most: new items bring pages meanwhile."""
        try:
            async with asyncio.timeout(0.5):
                await self.wake.wait()
        except TimeoutError:
            return

    def _time_is_over(self) -> bool:
        limit = self.options.max_time
        return limit is not None and self.services.clock() - self.started >= limit

    # ── before and after ────────────────────────────────────────────────────────────────────

    async def prepare(self) -> None:
        """Tell the store which feeds there are."""
        specs = [
            FeedSpec(
                url=url,
                outlet=outlet.name,
                homepage=outlet.homepage,
                tags=outlet.tags,
                language=outlet.language,
            )
            for outlet in self._enabled()
            for url in await self._addresses(outlet)
        ]
        self.unpublished = self.unpublished or specs != self.specs
        self.specs = specs
        store, thread = self.services.store, self.services.thread
        await thread.call(store.sync_feeds, self.specs, self.services.clock())
        if mended := await thread.call(store.mend_plans, self.services.clock()):
            log.warning("the clock was ahead once: these feeds are planned anew", feeds=mended)
        plans = await thread.call(store.plans)
        sooner = {plan.feed_id: at for plan in plans if (at := self.services.poller.sooner(plan)) is not None}
        if sooner:
            await thread.call(store.bring_forward, sooner)
        await self.services.notifier.begin()

    def _enabled(self) -> list[Outlet]:
        outlets = self.services.config.outlets
        return [outlet for outlet in outlets if outlet.enabled]

    async def _addresses(self, outlet: Outlet) -> tuple[str, ...]:
        """Its feeds, as configured or discovered; an aggregator without any is read from its home page."""
        if outlet.kind == "aggregator" and not outlet.feeds:
            return (outlet.homepage,)
        return outlet.feeds or (await self._remembered(outlet)).feeds

    async def _remembered(self, outlet: Outlet) -> Discovery:
        memory = await self.services.thread.call(self.services.store.meta, Discovery.key(outlet.homepage))
        return Discovery.loads(memory) if memory else Discovery()

    async def discover(self) -> None:
        """Find the feeds of outlets that only name a home page; what is found is remembered."""
        wanted = [one for one in self._enabled() if not one.feeds and one.kind == "feed"]
        found = await asyncio.gather(*map(self._discover, wanted))
        if any(found):
            self.tally.due += sum(found)
            await self.prepare()
            self.feeds_waiting = True

    async def _discover(self, outlet: Outlet) -> bool:
        known, now = await self._remembered(outlet), self.services.clock()
        wanted = not self.options.outlets or outlet.name.casefold() in map(str.casefold, self.options.outlets)
        if known.feeds or not wanted or (known.again > now and not self.options.force):
            return False
        robots = self.services.articles.robots
        found = await find_feeds(
            Visitor(self.services.client, outlet),
            outlet.homepage,
            self.services.documents.parse,
            obstacle=robots.obstacle if robots else None,
        )
        if isinstance(found, FetchFailed):
            self.tally.undiscovered(outlet, found.reason, found.kind)
            log.warning("no feed found", outlet=outlet.name, homepage=outlet.homepage, reason=found.reason)
            known = Discovery(again=now + _DISCOVER_AGAIN, reason=found.reason)
        else:
            log.info("discovered", outlet=outlet.name, feed=found[0].url)
            known = Discovery(feeds=(found[0].url,))
        store, thread = self.services.store, self.services.thread
        await thread.call(store.set_meta, Discovery.key(outlet.homepage), known.dumps())
        return bool(known.feeds)

    # ── what comes beside the polls ─────────────────────────────────────────────────────────

    async def forgive(self) -> None:
        """Once it is known that our own network is out: take back the failures that it caused before."""
        if not (self.services.network.out and self.doubtful):
            return
        now = self.services.clock()
        before = {number: feed for number, (feed, at) in self.doubtful.items() if at > now - _DOUBTFUL_FOR}
        self.doubtful.clear()
        await self.services.thread.call(self.services.store.forgive, before, now)

    async def fill_gaps(self) -> bool:
        """Look for items that came and went between two polls; whether there was anything to look for."""
        thread, store, now = self.services.thread, self.services.store, self.services.clock()
        due = await thread.call(store.due_gaps, now, limit=_GAPS, outlets=self._outlets)
        found = sum(await asyncio.gather(*map(self._fill, due)))
        if found:
            self.pages_waiting = self.unpublished = True
        return bool(due)

    async def _fill(self, gap: OpenGap) -> int:
        filled = await self.services.backfill.fill(gap)
        log.info("looked for missed items", outlet=gap.outlet, found=filled.found, reason=filled.reason)
        self.tally.counts["new"] += filled.found
        return filled.found

    async def read_comments(self) -> None:
        """Look at the comment feeds of young items, where their outlet has ``comments = true``."""
        wanted = {name.casefold() for name in self.options.outlets}
        names = [
            outlet.name
            for outlet in self._enabled()
            if outlet.comments and (not wanted or outlet.name.casefold() in wanted)
        ]
        if self.services.network.out or not names:
            return
        store, now = self.services.store, self.services.clock()
        due = await self.services.thread.call(
            store.claim_comments, now, self._lease(LEASE), limit=_COMMENT_FEEDS, outlets=names
        )
        with self._closing_in_time():
            looks = await asyncio.gather(*map(self._look_at_comments, due), return_exceptions=True)
        for look in looks:
            if isinstance(look, Exception):
                raise look
            if isinstance(look, int) and look:  # those that had no turn in time were cancelled
                self.unpublished = True

    @contextmanager
    def _closing_in_time(self) -> Iterator[None]:
        """Inside, nothing begins any more after ``--max-seconds``."""
        limit = self.options.max_time
        if limit is None:
            yield
            return
        left = max(timedelta(0), self.started + limit - self.services.clock())
        closing = asyncio.get_running_loop().call_later(left.total_seconds(), self.services.gate.close)
        try:
            yield
        finally:
            closing.cancel()

    async def _look_at_comments(self, task: CommentTask) -> int:
        try:
            found = await self.services.comments.look(task)
        except StoreError:
            raise
        except Exception as error:  # nor must one odd comment feed
            log.exception("reading comments broke", outlet=task.outlet, feed=task.url)
            await self.services.comments.broken(task, error)
            return 0
        log.info("read comments", outlet=task.outlet, item=task.item_id, new=found)
        return found

    async def check_health(self) -> None:
        """Once a day: which feeds died, drifted or mirror another, and what their keepers are to know."""
        if self.services.network.out or not await self._is_due(_CHECKED, EVERY):
            return
        for event in await self.services.health.check():
            log.warning("health", outlet=event.outlet, kind=event.kind, text=event.text)
            self.services.meter.raised(event.kind)
            self.tally.events.append(event)
        await self._was_done(_CHECKED)

    async def _is_due(self, key: str, every: timedelta) -> bool:
        """Whether it was done longer ago than that, or at a time that has yet to come (a clock set back)."""
        last = await self.services.thread.call(self.services.store.meta, key)
        now = self.services.clock()
        return last is None or not now - every < datetime.fromisoformat(last) <= now

    async def _was_done(self, key: str) -> None:
        now = self.services.clock().isoformat()
        await self.services.thread.call(self.services.store.set_meta, key, now)

    async def finish(self) -> None:
        """Index what is new, look after the feeds, prune once a day, bring the published files up to date."""
        await self.index()
        await self._place_all()
        if not (self.options.outlets or self._is_cut_short()):
            await self.check_health()
        if not self._is_cut_short():
            await self.read_comments()
        if not self._is_cut_short():
            await self.write_boxes()
        await self.notify()
        await self.post_digest()
        await self.prune()
        await self._place_all()  # what was deleted is no headline any more
        await self.publish()

    def _is_cut_short(self) -> bool:
        return self.tally.cut_short or self._time_is_over()

    def _until(self, span: timedelta) -> datetime:
        """When what may take so long ends: never after ``--max-seconds``."""
        limit, end = self.options.max_time, self.services.clock() + span
        return end if limit is None else min(end, self.started + limit)

    async def write_boxes(self) -> None:
        """Have the model of ``[ai]`` write what is new and shown, within its budget."""
        if await self.services.boxes.write_young(self._until(_BOXES_FOR)):
            self.unpublished = True

    async def notify(self) -> None:
        """Tell webhooks what is new."""
        self.tally.notes += await self.services.notifier.tick()

    async def post_digest(self) -> None:
        """Mail the digest, when ``[mail] cron`` says so; not while our own network is out."""
        if self.services.network.out:
            return
        self.tally.notes += await self.services.digests.tick()

    async def index(self) -> None:
        """Make new texts searchable, batch by batch; look for copies among an earlier version's."""
        until = self._until(_INDEX_FOR)
        while await self.services.thread.call(self.services.store.index_pending, _INDEX_BATCH):
            if self.services.clock() >= until:  # an earlier version's million items; what is new was first
                break
        until = self._until(_SKETCH_FOR)
        while await self.services.thread.call(self.services.store.sketch_stored, _SKETCH_BATCH):
            if self.services.clock() >= until:
                break
        await self.resolve_leads()

    async def resolve_leads(self) -> None:
        """Find the outlets' own items for what aggregators' pages tell of; none of them is worth a run."""
        try:
            until = self._until(_LEADS_FOR)
            while await self._resolve_some() and self.services.clock() < until:
                pass
        except StoreError:
            raise
        except Exception:
            log.exception("resolving leads broke")

    async def _resolve_some(self) -> bool:
        """A few of them; whether there may be more."""
        store, thread = self.services.store, self.services.thread
        if not await thread.call(store.leads_wait):
            return False
        if await thread.call(store.resolve_leads):
            self.unpublished = True
        return True

    async def place_stories(self) -> None:
        """Give new and changed items their place among the stories, a few at a time: polls wait for it."""
        until = self._until(_STORIES_FOR)
        while await self._place_some():
            self.unpublished = True
            if self.services.clock() >= until:
                break

    async def _place_all(self) -> None:
        """Work the queue off before something is published; not where a run is to end soon."""
        if self.tally.cut_short or self.options.max_time is not None:
            await self.place_stories()
            return
        while await self._place_some():
            self.unpublished = True

    async def _place_some(self) -> int:
        store, thread, now = self.services.store, self.services.thread, self.services.clock()
        if not await thread.call(store.stories_wait):
            return 0
        return await thread.call(store.place_stories, now, _STORIES_BATCH)

    async def prune(self) -> None:
        """Delete what is older than ``[store] keep``, once a day."""
        if not await self._is_due(_PRUNED, _PRUNE_EVERY):
            return
        store, thread, now = self.services.store, self.services.thread, self.services.clock()
        while await thread.call(store.prune_history, now):  # a little at a time: polls wait for it
            pass
        removed = await thread.call(store.prune, now, self.services.config.store.keep)
        await self._was_done(_PRUNED)
        if removed:
            log.info("pruned", items=removed)
            self.unpublished = True

    def is_stale(self) -> bool:
        """Whether publishing would change something: after news, and when an item is held back no longer."""
        due = self.release_at is not None and self.release_at <= self.services.clock()
        return self.unpublished or due

    async def _publish_site(self, config: PublishConfig) -> None:
        """Write the website, a few pages at a time: polls wait for the store meanwhile."""
        services, done = self.services, site.Done()
        pages = publish_site(config, services.store, self.specs, now=services.clock(), ai=services.config.ai)
        try:
            while (step := await services.thread.call(_advance, pages)) is not None:
                done = step
                if self._time_is_over():
                    self.unpublished = True
                    self.tally.notes.append("site: the time is over; the next run goes on with its pages")
                    break
        finally:  # in the store's thread: a step that is under way there ends first, also of a cancelled job
            await services.thread.call(pages.close)
        if done.written or done.removed:
            self.tally.notes.append(f"site: {done.files} pages, {done.written} of them new or changed")

    async def publish(self, *, patience: float | None = None) -> None:
        """Write the exports of ``[publish]``, each whole or not at all.

        ``patience``: seconds for it; the website, which may take a minute, is left out then.
        """
        if self.services.config.publish is None:
            return
        self.unpublished = False  # first: what comes while they are written is for the next time
        try:
            is_done = await self._publish(self.services.config.publish, patience)
        except BaseException:
            self.unpublished = True
            raise
        self.unpublished = self.unpublished or not is_done

    async def _publish(self, config: PublishConfig, patience: float | None) -> bool:
        """Whether all of it could be written."""
        end = None if patience is None else time.monotonic() + patience
        searches, began = self.services.config.searches, self.services.clock()
        try:
            published = await self.services.thread.call(
                publish,
                config,
                self.services.store,
                self.specs,
                now=began,
                gives_up=lambda: end is not None and time.monotonic() > end,
            )
            found = await self.services.thread.call(
                publish_searches, config, self.services.store, searches, now=began
            )
            if patience is None and "html" in config.formats:
                await self._publish_site(config)
        except AggregatorError as error:
            log.error("publishing failed", reason=str(error))
            self.tally.unpublished = str(error)
            return False
        # what was let go while they were written is on none of them
        self.release_at = await self.services.thread.call(self.services.store.next_release, began)
        self.tally.published(replace(published, written=published.written + found.written))
        return patience is None or "html" not in config.formats
