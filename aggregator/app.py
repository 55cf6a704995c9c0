"""The composition root: the one place that builds clock, client, store, workers and round."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.articles import Articles
from aggregator.backfill import Backfill
from aggregator.box import Boxes
from aggregator.comments import Comments
from aggregator.config import Config
from aggregator.core.holds import Remembered
from aggregator.core.surge import Surges
from aggregator.digest import Digests
from aggregator.documents import Documents
from aggregator.errors import StoreError
from aggregator.fetch.client import Client
from aggregator.fetch.holds import Holds
from aggregator.fetch.hosts import Gate
from aggregator.fetch.network import Network
from aggregator.fetch.robots import Robots
from aggregator.health import Health
from aggregator.learning import Learning
from aggregator.metrics import Meter
from aggregator.metrics import Silent as NoMeter
from aggregator.notify import Notifier
from aggregator.outside import Outside
from aggregator.poll import Poller
from aggregator.pool import Inline
from aggregator.progress import Progress, Silent
from aggregator.report import RunOptions, RunReport
from aggregator.rounds import Services
from aggregator.store import Store
from aggregator.store.thread import StoreThread
from aggregator.wary import WaryPool

if TYPE_CHECKING:  # loaded by runs that are recorded
    from aggregator.recording import Recording

Clock = Callable[[], datetime]

#: more workers than this are of no use to parsers that wait for one event loop
_MAX_WORKERS = 8


def system_clock() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the one clock


@asynccontextmanager
async def open_services(
    config: Config,
    *,
    clock: Clock = system_clock,
    outside: Outside | None = None,
    meter: Meter | None = None,
    queue: int | None = None,
    surges: Surges | None = None,
) -> AsyncIterator[Services]:
    """Everything a round works with, closed again at the end.

    ``outside``: other than the real chance and network, and in the place of ``clock``. ``queue``: polls that
    may wait for one site, and as many pages; whoever finds it full is put off.
    ``surges`` learns of breaking news, where somebody asks it.
    """
    outside = outside or Outside(clock=clock)
    store = await asyncio.to_thread(Store.open, config.store.url)
    thread, clock = outside.thread(), outside.clock
    count = min(_MAX_WORKERS, max(2, os.cpu_count() or 1))  # one may be held up by a hostile document
    workers = WaryPool(
        workers=outside.pool(count),
        store=store,
        thread=thread,
        clock=clock,
        turns=asyncio.Semaphore(count // 2),
    )
    gate = Gate(
        connections=config.fetch.connections,
        per_host_delay=config.fetch.per_host_delay.total_seconds(),
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        queue=queue,
    )
    holds = _holds(config, gate, store, thread, outside)
    network = outside.network()
    try:
        await holds.load()
        async with outside.client(
            config.fetch, gate, monotonic=time.monotonic, holds=holds, network=network
        ) as client:
            try:
                yield _services(
                    _Parts(
                        config=config,
                        store=store,
                        thread=thread,
                        workers=workers,
                        gate=gate,
                        holds=holds,
                        network=network,
                        client=client,
                        outside=outside,
                        meter=meter or NoMeter(),
                        surges=surges,
                    )
                )
            finally:
                with suppress(StoreError):  # pauses of seconds are not worth another complaint
                    await holds.close()
    finally:
        workers.close()
        thread.close()
        store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the use cases are made of."""

    config: Config
    store: Store
    thread: StoreThread
    workers: WaryPool
    gate: Gate
    holds: Holds
    network: Network
    client: Client
    outside: Outside
    meter: Meter
    surges: Surges | None


def _services(parts: _Parts) -> Services:
    config, client, store, thread = parts.config, parts.client, parts.store, parts.thread
    workers, clock, network = parts.workers, parts.outside.clock, parts.network
    outlets = {outlet.name: outlet for outlet in config.outlets}
    robots = _robots(config, client, store, thread, clock)
    documents = Documents(
        client=client, store=store, thread=thread, workers=workers, inline=Inline(), clock=clock
    )
    return Services(
        config=config,
        store=store,
        thread=thread,
        gate=parts.gate,
        holds=parts.holds,
        network=network,
        client=client,
        documents=documents,
        clock=clock,
        meter=parts.meter,
        poller=Poller(
            client=client,
            network=network,
            documents=documents,
            store=store,
            thread=thread,
            clock=clock,
            jitter=parts.outside.jitter,
            polling=config.polling,
            outlets=outlets,
            surges=parts.surges,
            robots=robots,
        ),
        articles=Articles(
            client=client,
            network=network,
            robots=robots,
            workers=workers,
            store=store,
            thread=thread,
            clock=clock,
            outlets=outlets,
            learning=Learning(store=store, thread=thread, workers=workers, clock=clock),
        ),
        backfill=Backfill(
            client=client,
            robots=robots,
            documents=documents,
            store=store,
            thread=thread,
            clock=clock,
            outlets=outlets,
        ),
        comments=Comments(
            client=client,
            network=network,
            documents=documents,
            store=store,
            thread=thread,
            clock=clock,
            outlets=outlets,
        ),
        health=Health(
            client=client,
            robots=robots,
            store=store,
            thread=thread,
            parse=documents.parse,
            clock=clock,
            outlets=outlets,
        ),
        boxes=Boxes(
            ai=config.ai, fetch=config.fetch, store=store, thread=thread, clock=parts.outside.wall or clock
        ),
        digests=Digests(config=config, store=store, thread=thread, clock=parts.outside.wall or clock),
        notifier=Notifier(
            hooks=config.webhooks,
            fetch=config.fetch,
            store=store,
            thread=thread,
            clock=parts.outside.wall or clock,
            jitter=random.random,
        ),
    )


def _holds(config: Config, gate: Gate, store: Store, thread: StoreThread, outside: Outside) -> Holds:
    async def load(now: datetime) -> Remembered:
        return await thread.call(store.remembered, now)

    async def save(known: Remembered, present: Remembered, now: datetime) -> None:
        await thread.call(store.remember, known, present, now)

    return Holds(
        gate,
        now=outside.wall or outside.clock,
        jitter=random.random,
        load=load if outside.remembers else None,
        save=save if outside.remembers else None,
        crawl_delays=config.fetch.robots == "obey",
    )


def _robots(config: Config, client: Client, store: Store, thread: StoreThread, clock: Clock) -> Robots | None:
    if config.fetch.robots == "ignore":
        return None

    async def load(site: str) -> tuple[str, datetime] | None:
        return await thread.call(store.robots, site)

    async def save(site: str, text: str, fetched_at: datetime) -> None:
        await thread.call(store.save_robots, site, text, fetched_at)

    return Robots(client, load=load, save=save, now=clock)


def run_once(
    config: Config,
    options: RunOptions,
    *,
    progress: Progress | None = None,
    clock: Clock = system_clock,
    record: Path | None = None,
) -> RunReport:
    """``scheduler.py --once``: poll what is due, extract, publish, prune; what was done.

    ``record``: the folder of the tape that keeps every response. Raises StoreError when the database cannot
    be used, OutputError when the folder cannot, LockedError while another process records there.
    """
    if record is None:
        return asyncio.run(_once(config, options, progress or Silent(), clock, None))
    from aggregator.recording import recording

    with recording(record, clock) as tape:
        report = asyncio.run(_once(config, options, progress or Silent(), clock, tape))
        return replace(report, notes=(*report.notes, tape.told()))


async def _once(
    config: Config, options: RunOptions, progress: Progress, clock: Clock, tape: "Recording | None"
) -> RunReport:
    outside = Outside(clock=clock) if tape is None else tape.outside
    async with open_services(config, outside=outside) as services:
        with nullcontext() if tape is None else tape.run(services, "once", options):
            round_ = outside.round(services=services, started=clock(), options=options, progress=progress)
            await services.thread.call(services.store.release_stale)
            return await round_.run()
