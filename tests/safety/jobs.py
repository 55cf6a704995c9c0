"""Work in a worker that is watched from outside: how long it took, and the most memory it held."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError
from aggregator.pool import ProcessPool


def marked(
    marker: str, fn: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> object:
    """``fn``'s result, after its process left its number in ``marker``."""
    Path(marker).write_text(str(os.getpid()))
    return fn(*args, **kwargs)


def peak_mb(pid: int) -> float:
    """The most memory that a process ever held (VmHWM), 0.0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM:")), 0.0)


async def watch(
    pool: ProcessPool, marker: Path, args: tuple[Any, ...], kwargs: Mapping[str, Any], deadline: float
) -> tuple[object, float]:
    """What the work gave, or the error of our own that it ended with; and its worker's peak in MB."""
    fn, *rest = args
    task = asyncio.create_task(pool.run(marked, str(marker), fn, tuple(rest), kwargs, deadline=deadline))
    peak = 0.0
    while not task.done():
        if marker.exists() and (number := marker.read_text()):
            peak = max(peak, peak_mb(int(number)))
        await asyncio.wait([task], timeout=0.02)
    try:
        return await task, peak
    except AggregatorError as error:
        return error, peak
