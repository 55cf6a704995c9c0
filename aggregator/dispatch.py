"""Who works on what right now: claims work from the store and keeps a bounded number of tasks going."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Dispatcher(Generic[T]):
    """Claims work in batches and runs each piece as a task.

    ``claim(n)`` gives at most n pieces, and fewer only when no more are due. ``work`` handles its own
    expected failures; what it raises is raised again by the next :meth:`tick` or :meth:`drain`.
    ``wake`` is set whenever a tick could claim more.
    """

    def __init__(
        self,
        claim: Callable[[int], Awaitable[Sequence[T]]],
        work: Callable[[T], Awaitable[None]],
        *,
        slots: int,
        wake: asyncio.Event,
    ) -> None:
        self._claim = claim
        self._work = work
        self._slots = slots
        self._wake = wake
        self._error: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether anything is in flight."""
        return bool(self._tasks)

    @property
    def _ready(self) -> bool:
        """Claims cost a transaction: worth it for half the slots, or when there is nothing else to do."""
        return len(self._tasks) <= self._slots // 2

    async def tick(self) -> bool:
        """Fill the free slots; False when fewer pieces were due than fit in."""
        self._raise()
        if not self._ready:
            return True
        free = self._slots - len(self._tasks)
        claimed = await self._claim(free)
        for piece in claimed:
            task = asyncio.create_task(self._run(piece))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return len(claimed) == free

    async def _run(self, piece: T) -> None:
        try:
            await self._work(piece)
        except Exception as error:  # noqa: BLE001  kept, and raised where somebody waits for it
            self._error = self._error or error

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks or len(self._tasks) == self._slots // 2 or self._error:
            self._wake.set()

    async def drain(self, patience: float | None = None) -> None:
        """Wait for what is in flight, ``patience`` seconds at most; cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=patience)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        self._raise()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
