"""Use case: news pushed by hubs (WebSub): subscribe, verify, renew, take what comes the way of a poll."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import structlog

from aggregator.core import hubs
from aggregator.core.polling import ABOUT_TO_COME
from aggregator.errors import StoreError
from aggregator.fetch.client import Client
from aggregator.fetch.guard import Guard
from aggregator.fetch.websub import ask, delivery
from aggregator.metrics import Meter, Silent
from aggregator.model import (
    LEASE,
    FeedState,
    Fetched,
    HubOffer,
    Lease,
    PollOutcome,
    Subscription,
    SubscriptionState,
)
from aggregator.store import Store
from aggregator.store.thread import StoreThread

log = structlog.get_logger()

#: takes a claimed feed and what was delivered for it through the rest of a poll
Take = Callable[[FeedState, Fetched], Awaitable[PollOutcome]]

#: requests to hubs in one tick, and at once
_BATCH = 50
_AT_ONCE = 8
#: seconds between attempts to claim a feed that is just being polled
_CLAIM_PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
#: what waits to be handled, at most: bytes in all, deliveries of one feed
_WAITING_BYTES = 32_000_000
_WAITING_OF_FEED = 5
#: a hub that only says "there is something" makes us poll, not more often than this; other deliveries leave
#: such a poll where it is
_POLL_APART = ABOUT_TO_COME


def unreachable(base_url: str, allow_networks: Collection[str]) -> str:
    """Why no hub can reach us at this address, "" where one may: callbacks that lead nowhere trouble hubs."""
    return Guard(allow_networks).host_refusal(urlsplit(base_url).hostname or "") or ""


@dataclass(slots=True, kw_only=True)
class Subscriber:
    """Everything between hubs and polls; one for the process.

    ``tick`` asks hubs, about once a minute; ``verify`` and ``deliver`` answer them. The address where they
    reach us ends in the subscription's token.
    """

    client: Client
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    #: a text that nobody guesses: 128 bits of chance or more, fit for an address
    secret: Callable[[], str]
    #: the public address of this server, with a slash at its end
    base_url: str
    #: the largest delivery, in bytes
    max_body: int
    take: Take
    meter: Meter = field(default_factory=Silent)
    _reviewed: int = 0
    _prepared: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _waiting: Counter[int] = field(default_factory=Counter)
    _waiting_bytes: int = 0
    #: deliveries of one feed are handled one after another, as they came
    _turns: dict[int, asyncio.Lock] = field(default_factory=dict)
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def callback(self, token: str) -> str:
        """Where the hub of this subscription reaches us."""
        return f"{self.base_url.rstrip('/')}/websub/{token}"

    # ── asking hubs ─────────────────────────────────────────────────────────────────────────

    async def tick(self) -> None:
        """Subscribe to what is offered, renew what runs out, end what is not wanted any more."""
        now = self.clock()
        if not self._prepared:
            await self.thread.call(self.store.push_from, self.base_url)
            self._prepared = True
        work = await self.thread.call(self.store.push_work, now, limit=_BATCH, after=self._reviewed)
        self._reviewed = work.reviewed
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(job: Callable[[], Awaitable[None]]) -> None:
            async with at_once:
                await job()

        jobs = [
            *(partial(self._end, subscription) for subscription in work.unwanted),
            *(partial(self._renew, subscription, offer) for subscription, offer in work.due),
            *(partial(self._begin, offer) for offer in work.offers),
        ]
        await asyncio.gather(*map(one, jobs))

    async def _begin(self, offer: HubOffer) -> None:
        fresh = hubs.begin(offer, token=self.secret(), secret=self.secret(), now=self.clock())
        if await self.thread.call(self.store.add_subscription, fresh):
            await self._subscribe(fresh)

    async def _renew(self, subscription: Subscription, offer: HubOffer) -> None:
        if subscription.state == SubscriptionState.LEAVING:  # nobody asked whether we meant it
            await self._change(subscription, lambda _: None)
            return
        rule = partial(hubs.asking, now=self.clock(), hubs=hubs.hubs_of(offer))
        if (asking := await self._change(subscription, rule)) is not None:
            await self._subscribe(asking)

    async def _subscribe(self, subscription: Subscription) -> None:
        asked = await ask(self.client, subscription, self.callback(subscription.token), "subscribe")
        if asked.accepted:  # what counts is that the hub comes and asks whether we meant it
            return
        log.warning("a hub did not take a subscription", hub=subscription.hub, reason=asked.reason)
        rule = partial(hubs.failed, reason=asked.reason, now=self.clock(), until=asked.until)
        await self._change(subscription, rule)

    async def _end(self, subscription: Subscription) -> None:
        leaving = await self._change(subscription, partial(hubs.ending, now=self.clock()))
        if leaving is None:
            return
        asked = await ask(self.client, leaving, self.callback(leaving.token), "unsubscribe")
        if not asked.accepted:  # the lease will end it, and a delivery be answered with 410
            await self._change(leaving, lambda _: None)

    async def _change(
        self, subscription: Subscription, rule: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        return await self.thread.call(self.store.change_subscription, subscription.token, rule)

    # ── answering hubs ──────────────────────────────────────────────────────────────────────

    async def known(self, token: str) -> Subscription | None:
        """The subscription whose callback was asked for."""
        return await self.thread.call(self.store.subscription, token)

    async def verify(self, token: str, query: Mapping[str, str]) -> tuple[int, str]:
        """Status and text for a hub that asks whether we meant it, or denies."""
        verdict = hubs.Verdict(status=404, text="no such subscription\n", after=None)
        now = self.clock()

        def rule(subscription: Subscription) -> Subscription | None:
            nonlocal verdict
            verdict = hubs.verify(subscription, query, now)
            return verdict.after

        after = await self.thread.call(self.store.change_subscription, token, rule)
        if verdict.status == 200:
            log.info(
                "a hub spoke",
                mode=query.get("hub.mode", ""),
                hub=after.hub if after else "",
                until=str(after.lease_until) if after and after.lease_until else "",
            )
        return verdict.status, verdict.text

    async def deliver(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> int:
        """The status for a delivery; it is handled afterwards. ``headers`` by name in lower case.

        One that is not signed as agreed is acknowledged and ignored (WebSub, section 8): who forges it learns
        nothing.
        """
        if subscription.state == SubscriptionState.LEAVING:
            self.meter.delivered("ended")
            return 410
        if not hubs.is_signed(subscription.secret, headers.get("x-hub-signature", ""), body):
            self.meter.delivered("forged" if "x-hub-signature" in headers else "unsigned")
            log.warning("a delivery was ignored: it is not signed by the hub", hub=subscription.hub)
            return 202
        feed_id, size = subscription.feed_id, len(body)
        if self._waiting[feed_id] >= _WAITING_OF_FEED or self._waiting_bytes + size > _WAITING_BYTES:
            self.meter.delivered("too many")
            return 503
        self._waiting[feed_id] += 1
        self._waiting_bytes += size
        task = asyncio.create_task(self._handle(subscription, dict(headers), body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return 202

    async def drain(self, patience: float) -> None:
        """Wait for the deliveries that are being handled, ``patience`` seconds at most; cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ── deliveries ──────────────────────────────────────────────────────────────────────────

    async def _handle(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> None:
        feed_id = subscription.feed_id
        try:
            async with self._turns.setdefault(feed_id, asyncio.Lock()):
                outcome = await self._read(subscription, headers, body)
        except StoreError as error:
            outcome = "lost"
            log.error("a delivery could not be stored; the next poll will find it", reason=str(error))
        except Exception:
            outcome = "lost"
            log.exception("a delivery could not be read; the next poll will find it")
        finally:
            self._waiting_bytes -= len(body)
            self._waiting[feed_id] -= 1
            if not self._waiting[feed_id]:
                del self._waiting[feed_id], self._turns[feed_id]
        self.meter.delivered(outcome)

    async def _read(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> str:
        """Handle a delivery with a true signature; what became of it, for the figures."""
        now = self.clock()
        before = subscription.delivered_at
        due = now if before is None else max(now, before + _POLL_APART)
        await self._change(subscription, partial(hubs.delivered, now=now))
        arrived = delivery(subscription.topic, headers, body, max_body=self.max_body)
        if arrived is None or not arrived.body.strip():
            await self._poll(subscription, due)
            return "empty" if arrived else "unreadable"
        lease = Lease(token=self.secret(), until=now + LEASE)
        feed = await self._claim(subscription.feed_id, lease)
        if feed is None:
            await self._poll(subscription, self.clock())
            return "put off"
        try:
            async with self._reading:
                outcome = await self.take(feed, arrived)
        except BaseException:  # a poll that was recorded has given its claim up itself
            await self.thread.call(self.store.release, lease.token)
            raise
        if outcome.result in ("failed", "put_off"):
            await self._poll(subscription, due)
            return "unreadable"
        return "new" if outcome.new or outcome.changed else "known"

    async def _claim(self, feed_id: int, lease: Lease) -> FeedState | None:
        """The feed, as soon as nobody else holds it; None when that takes too long, or it is not polled."""
        for pause in _CLAIM_PAUSES:
            if pause:
                await self.sleep(pause)
            claimed = await self.thread.call(self.store.claim_feed, feed_id, self.clock(), lease)
            if claimed is not None:
                return claimed
        return None

    async def _poll(self, subscription: Subscription, at: datetime) -> None:
        """What the delivery did not bring, a poll fetches."""
        await self.thread.call(self.store.poll_by, subscription.feed_id, at)
