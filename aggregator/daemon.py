"""The scheduler that stays: APScheduler ticks the jobs, signals reload and drain them."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator.app import Clock, open_services, system_clock
from aggregator.config import Config
from aggregator.errors import ConfigError, StoreError
from aggregator.rounds import Round, Services
from aggregator.tally import Tally

log = structlog.get_logger()

#: seconds between two looks at what is due: the tick must follow the smallest due time
TICK = 1
#: seconds that what is in flight may take after SIGTERM
DRAIN = 20.0
#: after a fault of the database nothing is tried for so long
STORE_PAUSE = timedelta(seconds=30)
_INDEX_EVERY = 5
_PUBLISH_EVERY = 30
_UPKEEP_EVERY = 600


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

    def __init__(self, services: Services) -> None:
        self.services = services
        self.round = Round(services=services, started=services.clock())
        self.paused_until = services.clock()
        self.prepared = False

    async def tick(self) -> None:
        """Claim what is due, as far as there is room; never waits for a poll."""
        notify("WATCHDOG=1")
        if not self.prepared:  # here, so that a fault of the database at the start is tried again soon
            await self.round.prepare()
            self.prepared = True
        await self.round.feeds.tick()
        if self.round.pages_waiting:
            await self.round.pages.tick()

    async def look_again(self) -> None:
        """Pages that failed come due without a poll to tell of them."""
        self.round.pages_waiting = True

    async def publish(self) -> None:
        """Bring the published files up to date; not before it is known which outlets there are."""
        if self.prepared and self.round.unpublished:
            await self.round.publish()

    async def upkeep(self) -> None:
        """What has its own pace: discovery of outlets without a feed, retention."""
        self.round.tally = Tally()  # nobody reads a daemon's, and its failures would pile up
        await self.round.discover()
        await self.round.prune()

    def schedule(self, scheduler: Any) -> None:
        """Add every job, to run at once and then at its pace; never twice at a time."""
        for job, seconds in (
            (self.tick, TICK),
            (self.look_again, _PUBLISH_EVERY),
            (self.round.index, _INDEX_EVERY),
            (self.publish, _PUBLISH_EVERY),
            (self.upkeep, _UPKEEP_EVERY),
        ):
            scheduler.add_job(
                self._guarded,
                IntervalTrigger(seconds=seconds, timezone=UTC),
                args=(job,),
                id=job.__name__,
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
        except StoreError as error:
            self.paused_until = self.services.clock() + STORE_PAUSE
            log.error("the database failed; trying again", reason=str(error), pause=str(STORE_PAUSE))
        except Exception:
            log.exception("a job failed", job=job.__name__)


def run(config: Config, *, reload: Callable[[], Config], clock: Clock = system_clock) -> int:
    """Poll what is due until SIGTERM or SIGINT; 0 after a clean end.

    ``reload`` reads the configuration again; it is called on SIGHUP and may raise ConfigError.
    Raises StoreError when the database cannot be opened at the start.
    """
    return asyncio.run(_run(config, reload, clock))


async def _run(config: Config, reload: Callable[[], Config], clock: Clock) -> int:
    signals = _Signals()
    signals.listen()
    while not signals.stop.is_set():
        signals.reload.clear()
        async with open_services(config, clock=clock) as services:
            await _serve(services, signals)
        if signals.reload.is_set() and not signals.stop.is_set():
            config = _reloaded(config, reload)
    notify("STOPPING=1")
    log.info("stopped")
    return 0


def _reloaded(config: Config, reload: Callable[[], Config]) -> Config:
    """The configuration as it is now; the old one while the new one has errors."""
    try:
        fresh = reload()
    except ConfigError as error:
        for problem in error.problems:
            log.error("the configuration was not re-read", problem=problem)
        return config
    log.info("the configuration was re-read", outlets=len(fresh.outlets))
    return fresh


async def _serve(services: Services, signals: _Signals) -> None:
    jobs = _Jobs(services)
    await services.thread.call(services.store.release_stale)
    scheduler: Any = AsyncIOScheduler(timezone=UTC)
    jobs.schedule(scheduler)
    scheduler.start()
    notify("READY=1")
    log.info("started", outlets=len(services.config.outlets))
    for sentence in services.config.not_yet:
        log.warning(sentence)
    if services.config.web is not None:
        log.warning("the web reader is not there yet; polling and publishing go on without it")
    try:
        await signals.wait()
    finally:
        scheduler.shutdown(wait=False)
        await _drain(jobs)


async def _drain(jobs: _Jobs) -> None:
    """Lease nothing more, give what is in flight its time, release the rest, publish."""
    log.info("stopping", seconds=DRAIN)
    services = jobs.services
    services.gate.close()  # what only waits for its turn is not in flight
    try:
        await asyncio.gather(jobs.round.feeds.drain(DRAIN), jobs.round.pages.drain(DRAIN))
        await services.thread.call(services.store.release, jobs.round.token)
        await jobs.publish()
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
