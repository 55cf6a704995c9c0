"""The composition root: the one place that builds clock, client, store, workers and round."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aggregator.articles import Articles
from aggregator.config import Config
from aggregator.documents import Documents
from aggregator.fetch.client import Client
from aggregator.fetch.hosts import Gate
from aggregator.fetch.robots import Robots
from aggregator.poll import Poller
from aggregator.pool import Inline, ProcessPool
from aggregator.progress import Progress, Silent
from aggregator.report import RunOptions, RunReport
from aggregator.rounds import Round, Services
from aggregator.store import Store
from aggregator.store.thread import StoreThread

Clock = Callable[[], datetime]

#: more workers than this are of no use to parsers that wait for one event loop
_MAX_WORKERS = 8


def system_clock() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the one clock


@asynccontextmanager
async def open_services(config: Config, *, clock: Clock = system_clock) -> AsyncIterator[Services]:
    """Everything a round works with, closed again at the end."""
    store = await asyncio.to_thread(Store.open, config.store.url)
    thread = StoreThread()
    workers = ProcessPool(workers=min(_MAX_WORKERS, os.cpu_count() or 1))
    gate = Gate(
        connections=config.fetch.connections,
        per_host_delay=config.fetch.per_host_delay.total_seconds(),
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
    )
    outlets = {outlet.name: outlet for outlet in config.outlets}
    try:
        async with Client(config.fetch, gate, monotonic=time.monotonic) as client:
            documents = Documents(
                client=client, store=store, thread=thread, workers=workers, inline=Inline(), clock=clock
            )
            yield Services(
                config=config,
                store=store,
                thread=thread,
                gate=gate,
                client=client,
                clock=clock,
                documents=documents,
                poller=Poller(
                    client=client,
                    documents=documents,
                    store=store,
                    thread=thread,
                    clock=clock,
                    jitter=random.random,
                    polling=config.polling,
                    outlets=outlets,
                ),
                articles=Articles(
                    client=client,
                    robots=_robots(config, client, store, thread, clock),
                    workers=workers,
                    store=store,
                    thread=thread,
                    clock=clock,
                    outlets=outlets,
                ),
            )
    finally:
        workers.close()
        thread.close()
        store.close()


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
) -> RunReport:
    """``scheduler.py --once``: poll what is due, extract, publish, prune; what was done.

    Raises StoreError when the database cannot be used.
    """

    async def run() -> RunReport:
        async with open_services(config, clock=clock) as services:
            round_ = Round(services=services, started=clock(), options=options, progress=progress or Silent())
            await services.thread.call(services.store.release_stale)
            return await round_.run()

    return asyncio.run(run())
