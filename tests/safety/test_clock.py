"""Clocks that are set, machines that sleep, processes that stand still."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator import config, daemon
from aggregator.timewatch import wake, watch
from tests.conftest import SOAK
from tests.fakes import FakeClock, FakeSite, settle
from tests.press import Entry, Newsroom, outlet, rss

HOUR = timedelta(hours=1)


async def told(clock: FakeClock, *happenings: Any) -> list[timedelta]:
    """What the watch says while these happen, one a second and a second after each."""
    found: list[timedelta] = []

    async def replan(by: timedelta) -> None:
        found.append(by)

    task = asyncio.create_task(watch(replan, clock=clock.now, monotonic=clock.monotonic, sleep=clock.sleep))
    await settle()
    for happen in happenings:
        happen()
        await clock.run(seconds=2)
    task.cancel()
    return found


async def test_a_clock_set_either_way_is_told_once_with_how_far() -> None:
    """Mark 13."""
    clock = FakeClock()
    jumps = await told(
        clock, lambda: clock.jump(hours=-1), lambda: clock.jump(hours=1), lambda: clock.jump(seconds=20)
    )
    assert jumps == [-HOUR, HOUR]


async def test_a_stop_of_ten_minutes_is_told_as_no_jump() -> None:
    """Mark 13: much may be due at once, but no plan is wrong."""
    clock = FakeClock()
    assert await told(clock, lambda: clock.advance(minutes=10)) == [timedelta()]


async def test_time_that_merely_passes_is_not_told() -> None:
    clock = FakeClock()
    assert await told(clock, *[lambda: clock.advance(seconds=20)] * 5) == []


class Wall(datetime):
    """The clock on the wall that APScheduler reads, ``ahead`` of the true one."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Wall":
        return cls.fromtimestamp((datetime.now(UTC) + cls.ahead).timestamp(), tz)  # noqa: TID251


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Wall]]:
    for module in ("schedulers.base", "triggers.interval"):
        monkeypatch.setattr(f"apscheduler.{module}.datetime", Wall)
    yield Wall
    Wall.ahead = timedelta()


@pytest.mark.parametrize("hours", [-1, 1])
async def test_jobs_go_on_after_the_clock_was_set(wall: type[Wall], hours: int) -> None:
    """Mark 13: at once, and at their pace: neither an hour of silence nor 3,600 runs to catch up."""
    runs: list[float] = []
    scheduler: Any = AsyncIOScheduler(timezone=UTC)
    loop = asyncio.get_running_loop()

    async def job() -> None:
        runs.append(loop.time())

    scheduler.add_job(job, IntervalTrigger(seconds=0.2, timezone=UTC), coalesce=True, misfire_grace_time=None)
    scheduler.start()
    try:
        async with asyncio.timeout(30):
            while not runs:
                await asyncio.sleep(0.01)
            wall.ahead = timedelta(hours=hours)
            await asyncio.sleep(0.5)  # whatever was on its way when the clock was set
            runs.clear()
            wake(scheduler, wall.now(UTC))
            while len(runs) < 6:
                await asyncio.sleep(0.01)
    finally:
        scheduler.shutdown(wait=False)
    # after the first two, which may come together, at the pace of the trigger
    assert runs[-1] - runs[1] > 0.5


@pytest.mark.parametrize("hours", [-1, 1])
async def test_the_daemon_polls_on_after_the_clock_was_set(
    wall: type[Wall], hours: int, tmp_path: Path
) -> None:
    """Mark 13: within two ticks, each feed at its pace, whatever the plans in the database say."""

    def clock() -> datetime:
        return datetime.now(UTC) + wall.ahead  # noqa: TID251

    paths = [f"/{n}.xml" for n in range(10)]
    newsroom = Newsroom(directory=tmp_path)
    with FakeSite.running(hosts=10) as site:
        for path in paths:
            site.serve(path, rss([Entry(number=1)]))
        newsroom.outlets(
            *(outlet(path, site.url(path, host=n), every='"2s"') for n, path in enumerate(paths))
        )
        loaded = config.load(newsroom.file)
        running = asyncio.create_task(daemon._run(loaded, lambda: loaded, clock))
        try:
            async with asyncio.timeout(120):
                await asked(site, paths, times=2)
                wall.ahead = timedelta(hours=hours)
                site.forget()
                set_at = time.monotonic()
                await asked(site, paths, times=4)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            assert await running == 0
    first = max(site.asked(path)[0].at for path in paths) - set_at
    gaps = [b.at - a.at for path in paths for a, b in pairwise(site.asked(path))]
    # the feed's two seconds, two ticks, and what a machine with other work may add
    assert first < (5 if SOAK else 20)
    assert min(gaps) > 1.9


async def asked(site: FakeSite, paths: Sequence[str], *, times: int) -> None:
    """Return when each was asked so often."""
    while min(len(site.asked(path)) for path in paths) < times:
        await asyncio.sleep(0.05)
