"""Use case: hostile documents hold up nobody.

What ended a worker twice is not read again for a day; and large documents, which most often take long, leave
a worker free for the others.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

from aggregator.errors import WorkerEndedError, WorkerError
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

T = TypeVar("T")

#: bytes; 10 of 789 captured pages are larger
LARGE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaryPool:
    """A pool that remembers, across runs, which bytes ended its workers.

    Known by the function's name and the first argument, where that is bytes.
    """

    workers: Pool
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    #: turns for large documents: fewer than there are workers
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def run(self, fn: Callable[..., T], /, *args: Any, deadline: float, **kwargs: Any) -> T:
        """Return ``fn(*args, **kwargs)``; see ``Pool.run``."""
        digest = _digest(fn, args)
        if digest is not None:
            why = await self.thread.call(self.store.is_set_aside, digest, self.clock())
            if why is not None:
                raise WorkerError(f"set aside for a day, as reading it failed twice: {why}")
        try:
            async with self.turns if _is_large(args) else nullcontext():
                return await self.workers.run(fn, *args, deadline=deadline, **kwargs)
        except WorkerEndedError as error:
            if digest is not None:
                await self.thread.call(self.store.strike, digest, str(error), self.clock())
            raise

    def close(self) -> None:
        """End what is running."""
        self.workers.close()


def _is_large(args: tuple[Any, ...]) -> bool:
    return bool(args) and isinstance(args[0], bytes) and len(args[0]) > LARGE


def _digest(fn: Callable[..., object], args: tuple[Any, ...]) -> bytes | None:
    if not args or not isinstance(args[0], bytes):
        return None
    return blake2b(args[0], digest_size=16, person=fn.__name__.encode()[:16]).digest()
