"""The scheduler that stays: APScheduler ticks the jobs, signals reload and drain them."""

import asyncio
import os
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator.app import Clock, open_services, system_clock
from aggregator.config import Config
from aggregator.core.surge import Surges
from aggregator.errors import ConfigError, StoreError
from aggregator.fetch.network import PROBE_EVERY
from aggregator.outside import Outside
from aggregator.rounds import Round, Services
from aggregator.tally import Tally
from aggregator.timewatch import wake, watch

if TYPE_CHECKING:  # loaded where a [web] table asks for it
    from aggregator.metrics import Metrics
    from aggregator.recording import Recording
    from aggregator.websub import Subscriber

log = structlog.get_logger()

#: seconds between two looks at what is due: the tick must follow the smallest due time
TICK = 1
#: seconds that what is in flight may take after SIGTERM
DRAIN = 20.0
#: … and of these for the last writes: the exports, a digest that is being sent
_LAST = 5.0
#: after a fault of the database nothing is tried for so long
STORE_PAUSE = timedelta(seconds=30)
_INDEX_EVERY = 5
_PUBLISH_EVERY = 30
_NOTIFY_EVERY = 15
_DIGEST_EVERY = 30
_UPKEEP_EVERY = 600
_GAPS_EVERY = 30
#: polls that may wait for one site, and as many pages: the rest of the places are for other sites
_QUEUE = 32
_SYNC_EVERY = 30
_STIR_EVERY = 60
_HUBS_EVERY = 60
#: more feeds than fit into the connections, due at once, are asked one after another: so many a second for
#: each connection
_STARTS = 1 / 3


@dataclass(slots=True)
class _Signals:
    """What the outside asked for."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    reload: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)

    async def wait(self) -> None:
        """Until either was asked for."""
        waits = [asyncio.create_task(event.wait()) for event in (self.stop, self.reload)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()


class _Jobs:
    """The fixed jobs over one configuration."""

    def __init__(
        self, services: Services, surges: Surges, *, new_round: Callable[..., Round] = Round
    ) -> None:
        self.services = services
        self.surges = surges
        self.round = new_round(services=services, started=services.clock())
        self.paused_until = services.clock()
        self.prepared = False
        self.last_tick: datetime | None = None

    async def tick(self) -> None:
        """Claim what is due, as far as there is room; never waits for a poll."""
        notify("WATCHDOG=1")
        self.last_tick = self.services.clock()
        if not self.prepared:  # here, so that a fault of the database at the start is tried again soon
            await self.round.prepare()
            await self._spread()
            self.prepared = True
        if self.services.network.out:
            await self.round.forgive()
            return
        await self.round.feeds.tick()
        if self.round.pages_waiting:
            await self.round.pages.tick()

    async def _spread(self) -> None:
        """When far more is due than can be asked at once: one feed after another, and no burst ever after."""
        store, thread, now = self.services.store, self.services.thread, self.services.clock()
        connections = self.services.config.fetch.connections
        if await thread.call(store.count_due, now) > connections:
            pause = timedelta(seconds=1 / (connections * _STARTS))
            overdue = await thread.call(store.spread_overdue, now, pause)
            log.info(
                "many feeds are due: they are asked one after another", feeds=overdue, over=pause * overdue
            )

    async def replan(self, scheduler: Any, by: timedelta) -> None:
        """The clock was set, or the program stood still: go on within a second, and not all at once."""
        store, now = self.services.store, self.services.clock()
        self.paused_until = now
        try:
            if by < timedelta(0):
                await self.services.thread.call(store.shift_plans, now, by)
            await self._spread()
        except StoreError as error:
            log.error("the plans could not be moved", reason=str(error))
        wake(scheduler, now)

    async def probe(self) -> None:
        """While our own network is out, see whether it is back."""
        if self.services.network.out and await self.round.is_reachable(1):
            log.info("the network is back")

    async def stir(self) -> None:
        """News that breaks breaks at many outlets: ask those earlier that were not asked since."""
        now = self.services.clock()
        if not self.services.network.out and (found := self.surges.now(now)):
            store, thread = self.services.store, self.services.thread
            if moved := await thread.call(store.stir, found, now):
                log.info("news is breaking: feeds are asked earlier", feeds=moved)

    async def gaps(self) -> None:
        """Look for what came and went between two polls."""
        if self.prepared and not self.services.network.out:
            await self.round.fill_gaps()

    async def comments(self) -> None:
        """Look at young items' comment feeds."""
        if self.prepared:
            await self.round.read_comments()

    async def boxes(self) -> None:
        """Have the model of ``[ai]`` write the boxes of what is new."""
        if self.prepared:
            await self.round.write_boxes()

    async def look_again(self) -> None:
        """Pages that failed come due without a poll to tell of them."""
        self.round.pages_waiting = True

    async def notify(self) -> None:
        """Tell webhooks what is new; what could not be told stands in the log."""
        if self.prepared:
            await self.services.notifier.tick()

    async def digest(self) -> None:
        """Mail the digest when it is time; what could not be sent stands in the log."""
        if self.prepared and not self.services.network.out:
            await self.services.digests.tick()

    async def publish(self) -> None:
        """Bring the published files up to date; not before it is known which outlets there are."""
        if self.prepared and self.round.is_stale():
            await self.round.publish()

    async def publish_last(self) -> None:
        """The same at the end: the website, a build of many steps, waits for the next start."""
        if self.prepared and self.round.is_stale():
            await self.round.publish(patience=_LAST / 2)

    async def upkeep(self) -> None:
        """Find the feeds of outlets that only name a home page."""
        self.round.queued.clear()  # what is due is claimed anyway
        self.round.tally = Tally()  # nobody reads a daemon's, and its failures would pile up
        if not self.services.network.out:
            await self.round.discover()

    async def health(self) -> None:
        """The daily look after the feeds."""
        if self.prepared:
            await self.round.check_health()

    async def prune(self) -> None:
        """Retention, once a day."""
        await self.round.prune()

    def schedule(self, scheduler: Any) -> None:
        """Add every job, to run at once and then at its pace; never twice at a time."""
        for job, seconds in (
            (self.tick, TICK),
            (self.look_again, _PUBLISH_EVERY),
            (self.round.index, _INDEX_EVERY),
            (self.round.place_stories, _INDEX_EVERY),
            (self.notify, _NOTIFY_EVERY),
            (self.digest, _DIGEST_EVERY),
            (self.publish, _PUBLISH_EVERY),
            (self.upkeep, _UPKEEP_EVERY),
            (self.health, _UPKEEP_EVERY),
            (self.prune, _UPKEEP_EVERY),
            (self.gaps, _GAPS_EVERY),
            (self.comments, _GAPS_EVERY),
            (self.boxes, _GAPS_EVERY),
            (self.probe, PROBE_EVERY),
            (self.stir, _STIR_EVERY),
            (self.services.holds.sync, _SYNC_EVERY),
        ):
            self.add(scheduler, job, seconds)

    def add(self, scheduler: Any, job: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Run ``job`` now and then every so often, never twice at a time."""
        scheduler.add_job(
            self._guarded,
            IntervalTrigger(seconds=seconds, timezone=UTC),
            args=(job,),
            id=job.__qualname__,
            next_run_time=self.services.clock(),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    async def _guarded(self, job: Callable[[], Awaitable[None]]) -> None:
        """A fault of the database stops the fetching, not the daemon; it resumes by itself."""
        if self.services.clock() < self.paused_until:
            return
        try:
            await job()
        except asyncio.CancelledError:
            return  # the scheduler has ended; it would tell of that as of a fault
        except StoreError as error:
            self.paused_until = self.services.clock() + STORE_PAUSE
            log.error("the database failed; trying again", reason=str(error), pause=str(STORE_PAUSE))
        except Exception:
            log.exception("a job failed", job=job.__name__)


def run(
    config: Config,
    *,
    reload: Callable[[], Config],
    clock: Clock = system_clock,
    record: Path | None = None,
) -> int:
    """Poll what is due until SIGTERM or SIGINT; 0 after a clean end.

    ``reload`` reads the configuration again; it is called on SIGHUP and may raise ConfigError. ``record``:
    the folder of the tape that keeps every response.
    Raises StoreError when the database cannot be opened at the start, ConfigError when ``[web] listen``
    cannot be listened on, OutputError or LockedError when nothing can be recorded in that folder.
    """
    if record is None:
        return asyncio.run(_run(config, reload, clock))
    from aggregator.recording import recording

    with recording(record, clock) as tape:
        return asyncio.run(_run(config, reload, clock, tape))


async def _run(
    config: Config, reload: Callable[[], Config], clock: Clock, tape: "Recording | None" = None
) -> int:
    signals = _Signals()
    signals.listen()
    sockets = _listen(config)
    meter, surges = _meter(config), Surges()
    outside = Outside(clock=clock) if tape is None else tape.outside
    while not signals.stop.is_set():
        async with open_services(
            config, outside=outside, meter=meter, queue=_QUEUE, surges=surges
        ) as services:
            with nullcontext() if tape is None else tape.run(services, "daemon"):
                jobs = _Jobs(services, surges, new_round=outside.round)
                fresh = await _serve(jobs, signals, sockets, meter, reload=reload)
        if fresh is not None:
            config = fresh
            sockets = _listen_again(config)
            meter = meter or _meter(config)
    notify("STOPPING=1")
    log.info("stopped")
    return 0


def _reloaded(reload: Callable[[], Config]) -> Config | None:
    """The configuration as it is now; None while it has errors."""
    try:
        fresh = reload()
    except ConfigError as error:
        for problem in error.problems:
            log.error("the configuration was not re-read", problem=problem)
        return None
    log.info("the configuration was re-read", outlets=len(fresh.outlets))
    return fresh


async def _serve(
    jobs: _Jobs,
    signals: _Signals,
    sockets: Sequence[socket.socket],
    meter: "Metrics | None",
    *,
    reload: Callable[[], Config],
) -> Config | None:
    """Work until the end, or until a new configuration is there; that one, or None."""
    services = jobs.services
    await services.thread.call(services.store.release_stale)
    subscriber = _subscriber(jobs, listening=bool(sockets))
    scheduler: Any = AsyncIOScheduler(timezone=UTC)
    jobs.schedule(scheduler)
    if subscriber is not None:
        jobs.add(scheduler, subscriber.tick, _HUBS_EVERY)
    async with _web(jobs, sockets, meter, subscriber), _watching(jobs, scheduler):
        scheduler.start()
        notify("READY=1")
        log.info("started", outlets=len(services.config.outlets))
        try:
            fresh = await _until_told(signals, reload)
        finally:
            scheduler.shutdown(wait=False)
        log.info("stopping" if fresh is None else "going on with the new configuration", patience=DRAIN)
        await _drain(jobs, subscriber)
    return fresh


async def _until_told(signals: _Signals, reload: Callable[[], Config]) -> Config | None:
    """The new configuration once there is one without errors; None when it is time to stop."""
    while True:
        await signals.wait()
        if signals.stop.is_set():
            return None
        signals.reload.clear()
        if (fresh := _reloaded(reload)) is not None:
            return fresh


@asynccontextmanager
async def _watching(jobs: _Jobs, scheduler: Any) -> AsyncIterator[None]:
    """Notice when the clock is set, or the process was stopped, and plan anew."""
    replan = partial(jobs.replan, scheduler)
    task = asyncio.create_task(
        watch(replan, clock=jobs.services.clock, monotonic=time.monotonic, sleep=asyncio.sleep)
    )
    try:
        yield
    finally:
        task.cancel()


# ── the web side ─────────────────────────────────────────────────────────────────────────────


def _listen(config: Config) -> Sequence[socket.socket]:
    """The sockets of ``[web] listen``; ConfigError when they cannot be had."""
    if config.web is None:
        return ()
    from aggregator.web import bind

    return bind(config.web.listen)


def _listen_again(config: Config) -> Sequence[socket.socket]:
    """The same after the configuration was re-read: polling goes on without them."""
    try:
        return _listen(config)
    except ConfigError as error:
        log.error("the web side is off until the configuration is re-read", reason=str(error))
        return ()


def _meter(config: Config) -> "Metrics | None":
    if config.web is None:
        return None
    from aggregator.metrics import Metrics

    return Metrics()


def _subscriber(jobs: _Jobs, *, listening: bool) -> "Subscriber | None":
    """Who talks to hubs, where they can reach us."""
    services = jobs.services
    web = services.config.web
    if web is None or not web.base_url or not listening:
        return None
    from aggregator.websub import Subscriber, unreachable

    if why := unreachable(web.base_url, services.config.fetch.allow_networks):
        log.warning("hubs are not asked to push: [web] base_url is not public", reason=why)
        return None
    return Subscriber(
        client=services.client,
        store=services.store,
        thread=services.thread,
        clock=services.clock,
        sleep=asyncio.sleep,
        secret=secrets.token_urlsafe,
        base_url=web.base_url,
        max_body=services.config.fetch.max_body,
        take=jobs.round.take,
        meter=services.meter,
    )


@asynccontextmanager
async def _web(
    jobs: _Jobs, sockets: Sequence[socket.socket], meter: "Metrics | None", subscriber: "Subscriber | None"
) -> AsyncIterator[None]:
    web = jobs.services.config.web
    if web is None or meter is None or not sockets:
        yield
        return
    from aggregator.web import create_app, serving

    app = create_app(
        jobs.services, web, metrics=meter, subscriber=subscriber, last_tick=lambda: jobs.last_tick
    )
    log.info("the web reader is not there yet: hubs and monitoring are answered")
    async with serving(app, sockets):
        yield


async def _drain(jobs: _Jobs, subscriber: "Subscriber | None") -> None:
    """Lease nothing more, give what is in flight its time, release the rest, publish."""
    services = jobs.services
    services.gate.close()  # what only waits for its turn is not in flight
    try:
        patience = max(0.0, DRAIN - _LAST)
        pushed = [subscriber.drain(patience)] if subscriber is not None else []
        await asyncio.gather(
            jobs.round.feeds.drain(patience),
            jobs.round.pages.drain(patience),
            services.digests.drain(patience),
            *pushed,
        )
        async with asyncio.timeout(_LAST):
            await services.thread.call(services.store.release, jobs.round.token)
            await jobs.publish_last()
    except TimeoutError:
        log.warning("the last writes took too long: what is left waits for the next start")
    except StoreError as error:
        log.error("the last writes failed", reason=str(error))


def notify(state: str) -> None:
    """Tell systemd, where it listens (sd_notify(3)); anywhere else nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(state.encode())
