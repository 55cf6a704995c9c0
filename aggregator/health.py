"""Use case: once a day, which feeds died or mirror each other, and what their keepers are told of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin

import structlog

from aggregator.config import Outlet
from aggregator.core import ailments, drift
from aggregator.core.discover import alike
from aggregator.core.mirrors import SPAN, mirrors
from aggregator.discovery import Discovery, Parse, find_feeds
from aggregator.fetch.access import Visitor
from aggregator.fetch.client import Client
from aggregator.fetch.robots import Robots
from aggregator.model import FailureKind, FeedCondition, FeedHealth, FetchFailed, HealthEvent, Offer, Watched
from aggregator.store import Store
from aggregator.store.thread import StoreThread

log = structlog.get_logger()

#: how often the check is due
EVERY = timedelta(days=1)
#: how often an outlet's page is searched for another feed
_SEARCH_EVERY = timedelta(weeks=1)
#: searches of one check, all at once, for each is of another site; the rest come the next day
_SEARCHES = 64
#: feeds of one page that are offered
_OFFERS = 5
#: a feed that goes on bringing items under its new look for so long is what it is now
_ACCEPTED = timedelta(days=14)
#: gaps that are read for those that were given up today
_GAPS = 1000
_LEFT = (FeedCondition.GONE, FeedCondition.SUSPENDED)
#: nobody was reached: perhaps our own network is out
_UNREACHED = (FailureKind.NAME, FailureKind.CONNECT, FailureKind.TIMEOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Looks after the feeds; one instance serves a whole run."""

    client: Client
    #: None: robots.txt is neither read nor obeyed
    robots: Robots | None
    store: Store
    thread: StoreThread
    parse: Parse
    clock: Callable[[], datetime]
    #: by name as in feeds.toml
    outlets: Mapping[str, Outlet] = field(default_factory=dict)

    async def check(self) -> tuple[HealthEvent, ...]:
        """The whole of it. The events that are new today, one an outlet at most."""
        watched = await self._judge(await self.thread.call(self.store.watched))
        await self._search(watched)
        await self._compare(watched)
        return await self._tell()

    # ── silence, and suspicions that are over ───────────────────────────────────────────────

    async def _judge(self, watched: Sequence[Watched]) -> Sequence[Watched]:
        """The feeds with what is suspected of them now."""
        # a third of a second for ten thousand feeds: polls go on meanwhile
        suspicions = await asyncio.to_thread(lambda: list(map(self._suspicion, watched)))
        return [await self._note(*judged) for judged in zip(watched, suspicions, strict=True)]

    async def _note(self, feed: Watched, suspicion: str) -> Watched:
        """Keep what has changed."""
        if suspicion != feed.suspicion:
            await self.thread.call(self.store.suspect, feed.id, suspicion, self.clock())
            return replace(feed, suspicion=suspicion, offers=feed.offers if suspicion else ())
        if feed.offers and not _is_in_trouble(feed):
            await self.thread.call(self.store.offer, feed.id, ())
        return feed

    def _suspicion(self, feed: Watched) -> str:
        if feed.condition is not FeedCondition.OK or feed.last_success is None:
            return feed.suspicion
        quiet = drift.silent(feed.arrivals, feed.last_success, feed.rhythm)
        if not feed.suspicion or drift.is_silence(feed.suspicion):
            return quiet
        return "" if not quiet and self._is_accepted(feed) else feed.suspicion

    def _is_accepted(self, feed: Watched) -> bool:
        since = feed.suspected_at
        return (
            since is not None
            and self.clock() - since >= _ACCEPTED
            and bool(feed.arrivals)
            and feed.arrivals[0] > since
        )

    # ── another feed in its place ───────────────────────────────────────────────────────────

    async def _search(self, watched: Sequence[Watched]) -> None:
        """Search the pages of outlets whose feeds died for others, each page once a week at most."""
        pages: dict[str, list[Watched]] = {}
        for feed in watched:
            if _is_in_trouble(feed):
                pages.setdefault(_page(feed), []).append(feed)
        due = [page for page in pages if await self._is_due(page)][:_SEARCHES]
        listed = {alike(url) for feed in watched for url in (feed.url, feed.moved_to) if url}
        await asyncio.gather(*[self._search_page(page, pages[page], listed) for page in due])

    async def _is_due(self, page: str) -> bool:
        last = await self.thread.call(self.store.meta, _searched(page))
        return last is None or self.clock() - datetime.fromisoformat(last) >= _SEARCH_EVERY

    async def _search_page(self, page: str, feeds: Sequence[Watched], listed: set[str]) -> None:
        obstacle = self.robots.obstacle if self.robots else None
        outlet = self.outlets.get(feeds[0].outlet) or Outlet(name=feeds[0].outlet)
        found = await find_feeds(Visitor(self.client, outlet), page, self.parse, obstacle=obstacle)
        if isinstance(found, FetchFailed) and found.kind in _UNREACHED:
            return
        await self.thread.call(self.store.set_meta, _searched(page), self.clock().isoformat())
        if isinstance(found, FetchFailed):
            log.info("no other feed found", outlet=feeds[0].outlet, page=page, reason=found.reason)
            return
        offers = [
            Offer(url=one.url, title=one.title)
            for one in found
            if not {alike(one.url), alike(one.final_url or one.url)} & listed
        ][:_OFFERS]
        for feed in feeds:
            await self.thread.call(self.store.offer, feed.id, offers)
        if offers and any(feed.condition in _LEFT and self._is_followed(feed) for feed in feeds):
            # nobody listed it: forgotten, it is looked for anew with the outlets that have no feed yet
            await self.thread.call(self.store.set_meta, Discovery.key(page), Discovery().dumps())

    def _is_followed(self, feed: Watched | FeedHealth) -> bool:
        """Whether it was found on its outlet's page, and is not listed itself."""
        outlet = self.outlets.get(feed.outlet)
        return outlet is not None and not outlet.feeds

    # ── mirrors ─────────────────────────────────────────────────────────────────────────────

    async def _compare(self, watched: Sequence[Watched]) -> None:
        """Feeds that bring nothing of their own are polled in the feed that brings it all."""
        now = self.clock()
        carried = await self.thread.call(self.store.carried, now - SPAN)
        never = {feed.id for feed in carried if self._has_times_of_its_own(feed.outlet)}
        found = await asyncio.to_thread(mirrors, carried, now, never=never)
        before = {feed.id: feed.merged_into for feed in carried if feed.condition is FeedCondition.MIRROR}
        alone = {feed.id for feed in watched if feed.condition is FeedCondition.MIRROR} - set(before)
        for feed_id in sorted({*found, *before, *alone}):
            url = found.get(feed_id)
            if feed_id in alone or url != before.get(feed_id):
                log.info("mirror" if url else "no mirror any more", feed=feed_id, of=url)
                await self.thread.call(self.store.set_mirror, feed_id, url, now)

    def _has_times_of_its_own(self, name: str) -> bool:
        """Whether its keeper said when it is polled."""
        outlet = self.outlets.get(name)
        return outlet is not None and bool(outlet.every or outlet.cron)

    # ── events ──────────────────────────────────────────────────────────────────────────────

    async def _tell(self) -> tuple[HealthEvent, ...]:
        now = self.clock()
        feeds = await self.thread.call(self.store.health, now)
        gaps = await self.thread.call(self.store.gaps, limit=_GAPS)
        followed = {feed.feed for feed in feeds if self._is_followed(feed)}
        worse = await self.thread.call(self.store.watch_pages, now)
        found = ailments.events(feeds, gaps, now, followed=followed, worse=worse)
        return tuple([event for event in found if await self.thread.call(self.store.add_event, event)])


def _is_in_trouble(feed: Watched) -> bool:
    return feed.condition in _LEFT or (bool(feed.suspicion) and feed.condition is not FeedCondition.MERGED)


def _page(feed: Watched) -> str:
    """Where another feed of its outlet may be linked."""
    return feed.homepage or feed.site_url or urljoin(feed.url, "/")


def _searched(page: str) -> str:
    """Where the store keeps when a page was searched last."""
    return f"searched:{page}"
