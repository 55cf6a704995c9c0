"""One run of a recording, about to be repeated: its services, with the tape in the place of the world."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from aggregator.app import open_services
from aggregator.config import Config, ExportFormat, PublishConfig
from aggregator.core.surge import Surges
from aggregator.core.tape import RunLine, StepLine, without_credentials
from aggregator.fetch.tape import Player, ReplayedNetwork, ReplayingClient
from aggregator.learning import Learning
from aggregator.model import LEASE, ArticleTask, FeedState, OpenGap
from aggregator.model.articles import Lookout
from aggregator.model.learning import NO_RULES, Learned, Lesson, Rules
from aggregator.outside import Outside
from aggregator.pool import Pool
from aggregator.publish import publish
from aggregator.report import RunOptions
from aggregator.rounds import Round

#: every file that a replay publishes at its end
FORMATS: tuple[ExportFormat, ...] = ("atom", "rss", "json", "jsonl", "opml")
#: what is claimed at once where the recorded run claimed otherwise
_MANY = 1_000


class _Lent:
    """Workers that others will use too."""

    def __init__(self, workers: Pool) -> None:
        self.run = workers.run

    def close(self) -> None:
        """They stay."""


@asynccontextmanager
async def stage(
    config: Config, line: RunLine, player: Player, workers: Pool
) -> AsyncIterator["ReplayedRound"]:
    """The round of one recorded run. ``workers`` serve the next one as well."""
    network = ReplayedNetwork(player)
    outside = Outside(
        clock=player.clock,
        jitter=player.jitter,
        network=lambda: network,
        client=partial(ReplayingClient, player=player),
        pool=lambda _: _Lent(workers),
        remembers=False,
    )
    surges = Surges() if line.mode == "daemon" else None
    async with open_services(config, outside=outside, surges=surges) as services:
        await services.thread.call(services.store.take_feed_uuid, line.feed_id)
        await services.thread.call(services.store.release_stale)
        first = services.articles.learning
        learning = ReplayedLearning(
            store=first.store, thread=first.thread, workers=first.workers, clock=first.clock
        )
        yield ReplayedRound(
            services=replace(services, articles=replace(services.articles, learning=learning)),
            learning=learning,
            started=line.at,
            options=RunOptions(force=line.force, outlets=line.outlets),
            player=player,
            network=network,
            works_off=line.mode == "once",
        )


@dataclass(slots=True, kw_only=True)
class ReplayedLearning(Learning):
    """Knows what was learned before the last lesson as well: pages were under way while there was one."""

    #: when the rules of the next page were learned
    wanted: datetime | None = None
    #: by outlet, site and when they were learned
    learned: dict[tuple[str, str, datetime], Rules] = field(default_factory=dict)

    # ``super()`` without arguments does not find its way through a dataclass with slots

    async def rules(self, outlet: str, site: str) -> tuple[Lookout, Rules]:
        """Those that the recorded run read the page by; where the replay never had them, today's."""
        if self.wanted is None:
            return Lookout(site=site), NO_RULES
        known = self.learned.get((outlet.casefold(), site, self.wanted))
        if known is None:
            return await Learning.rules(self, outlet, site)
        return Lookout(site=site, learned_at=self.wanted), known

    async def learn(self, outlet: str, lesson: Lesson) -> Learned:
        """As always; nothing of it is forgotten."""
        learned = await Learning.learn(self, outlet, lesson)
        for one in filter(None, (lesson.before, learned.profile)):
            self.learned[outlet.casefold(), lesson.site, one.learned_at] = one.rules
        return learned


@dataclass(slots=True, kw_only=True)
class ReplayedRound(Round):
    """A round that does what it is told, and claims nothing by itself."""

    player: Player
    network: ReplayedNetwork
    learning: ReplayedLearning
    #: every item has its story before something is published, as in a run that is no daemon
    works_off: bool = False
    #: by URL of the feed
    feed_ids: dict[str, int] = field(default_factory=dict)
    #: claimed and not read yet
    tasks: dict[int, ArticleTask] = field(default_factory=dict)
    open_gaps: dict[int, OpenGap] = field(default_factory=dict)
    #: asked for and not given yet, by outlet and site
    lessons: dict[tuple[str, str], Lesson | None] = field(default_factory=dict)

    async def perform(self, line: StepLine) -> str:
        """Do this step; why that could not be done, "" when it was."""
        whole = {
            "prepare": self.prepare,
            "forgive": self._repeat_forgiving,
            "health": self.check_health,
            "prune": self.prune,
            "publish": self._repeat_publishing,
        }
        if (do := whole.get(line.kind)) is not None:
            await do()
            return ""
        if line.kind == "stories":
            await self._place_some()
            return ""
        if line.kind == "leads":
            await self._resolve_some()
            return ""
        part = {
            "claim": self._repeat_claim,
            "discover": self._repeat_discovery,
            "poll": self._repeat_poll,
            "delivery": self._repeat_poll,
            "page": self._repeat_page,
            "lesson": self._repeat_lesson,
            "learn": self._repeat_learning,
            "skip": self._repeat_learning,
            "gap": self._repeat_gap,
            "comments": self._repeat_comments,
        }
        return await part[line.kind](line)

    async def resolve_leads(self) -> None:
        """Only where the recorded run did: with the items that it had then."""

    async def end(self) -> None:
        """What a run does at its end whether or not it came to it."""
        await self.services.thread.call(self.services.store.release, self.token)
        await self.index()

    async def publish_all(self) -> None:
        """Every format, whatever the recorded run published."""
        config = self.services.config
        settings = config.publish or PublishConfig(directory=config.path.parent / "public")
        store, now = self.services.store, self.services.clock()
        await self.services.thread.call(
            publish, replace(settings, formats=FORMATS), store, self.specs, now=now
        )

    def held(self) -> int:
        """How many items are stored."""
        return sum(feed.items for feed in self.services.store.health())

    async def _repeat_publishing(self) -> None:
        """How many items a step places depends on how quick the machine is: the rest of them goes first."""
        while self.works_off and await self._place_some():
            pass
        await self.publish()

    async def _repeat_forgiving(self) -> None:
        self.network.out = True
        try:
            await self.forgive()
        finally:
            self.network.out = False

    async def _repeat_claim(self, line: StepLine) -> str:
        self._add(await self._claim_pages(line.limit or _MANY))
        return ""

    def _add(self, tasks: Sequence[ArticleTask]) -> None:
        self.tasks.update((task.item_id, task) for task in tasks)

    async def _repeat_discovery(self, line: StepLine) -> str:
        for outlet in self.services.config.outlets:
            if outlet.name == line.outlet:
                await self._discover(outlet)
                return ""
        return "its outlet is not configured"

    async def _repeat_poll(self, line: StepLine) -> str:
        feed = await self._claimed(line.url)
        if feed is None:
            return "the replay does not poll this feed (any more)"
        if line.kind == "poll":
            await self._poll(feed)
            return ""
        arrived = self.player.delivery()
        if arrived is None:
            return "what the hub brought is not on the tape"
        await self.take(feed, arrived)
        return ""

    async def _claimed(self, url: str) -> FeedState | None:
        store, thread, now = self.services.store, self.services.thread, self.services.clock()
        if url not in self.feed_ids:
            self.feed_ids = {feed.url: feed.id for feed in await thread.call(store.watched)}
        if url not in self.feed_ids:
            return None
        return await thread.call(store.claim_feed, self.feed_ids[url], now, self._lease(LEASE))

    async def _repeat_page(self, line: StepLine) -> str:
        task = self._task(line)
        if task is None:
            self._add(await self._claim_pages(_MANY))
            task = self._task(line)
        if task is None:
            return "the replay has no such page to read"
        del self.tasks[task.item_id]
        self.learning.wanted = line.learned_at
        await self._read(task)
        return ""

    async def _repeat_lesson(self, line: StepLine) -> str:
        """Of the pages as they are now; what comes of it is written where the recorded run had it."""
        self.lessons[line.outlet, line.url] = await self._lesson(line.outlet, line.url)
        return ""

    async def _repeat_learning(self, line: StepLine) -> str:
        lesson = self.lessons.pop((line.outlet, line.url), None)
        if lesson is None:
            return "the replay has nothing to learn there"
        if line.kind == "skip":
            await self._skip(line.outlet, lesson)
        elif not await self._study(line.outlet, lesson):
            return "the replay could learn nothing of these pages"
        return ""

    def _task(self, line: StepLine) -> ArticleTask | None:
        """The page of the step; of several with its address that of the item with its number."""
        known = self.tasks.get(line.number)
        if known is not None and without_credentials(known.url) == line.url:
            return known
        return next((task for task in self.tasks.values() if without_credentials(task.url) == line.url), None)

    async def _repeat_comments(self, line: StepLine) -> str:
        store, thread, now = self.services.store, self.services.thread, self.services.clock()
        task = await thread.call(store.claim_comments_of, line.number, now, self._lease(LEASE))
        if task is None or without_credentials(task.url) != line.url:
            return "the replay has no such comment feed"
        await self._look_at_comments(task)
        return ""

    async def _repeat_gap(self, line: StepLine) -> str:
        if line.number not in self.open_gaps:
            store, now = self.services.store, self.services.clock()
            due = await self.services.thread.call(store.due_gaps, now, limit=_MANY)
            self.open_gaps.update((gap.id, gap) for gap in due)
        known = self.open_gaps.pop(line.number, None)
        if known is None or known.address != line.url:
            alike = [gap for gap in self.open_gaps.values() if gap.address == line.url]
            if not alike:
                return "the replay has no such gap"
            known = self.open_gaps.pop(alike[0].id)
        await self._fill(known)
        return ""
