"""Did time itself do something odd: was the clock set, did the machine sleep, was the process stopped?

APScheduler plans by the wall clock: set back an hour, it would run nothing for an hour. So this watch is a
task of its own, on the event loop's clock, which nobody can set.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import structlog

from aggregator.core.clockwatch import LEAST, jump

log = structlog.get_logger()

#: seconds between two looks
EVERY = 1.0


async def watch(
    replan: Callable[[timedelta], Awaitable[None]],
    *,
    clock: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> NoReturn:
    """Call ``replan`` whenever plans made before may be wrong now, with what the wall clock jumped by.

    That is nothing after a stop of the process: much may be due at once then, but all plans stand.
    """
    wall, mono = clock(), monotonic()
    while True:
        await sleep(EVERY)
        before_wall, before_mono = wall, mono
        wall, mono = clock(), monotonic()
        apart = jump(before_wall, before_mono, wall, mono)
        paused = timedelta(seconds=mono - before_mono)
        if apart is not None:
            log.warning("the clock jumped; planning anew", by=str(apart), now=wall.isoformat())
        elif paused > LEAST:
            log.warning("the program stood still; planning anew", seconds=paused.total_seconds())
        else:
            continue
        await replan(apart or timedelta())


def wake(scheduler: Any, now: datetime) -> None:
    """Let every job of an APScheduler run at ``now``, and at its pace from there."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)
