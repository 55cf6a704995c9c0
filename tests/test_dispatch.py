"""Bounded work: claimed in batches, drained, and honest about faults."""

import asyncio
from collections.abc import Sequence

import pytest

from aggregator.dispatch import Dispatcher


class Bench:
    """Pieces of work that wait until the test lets them go."""

    def __init__(self, pieces: int, *, slots: int) -> None:
        self.left = list(range(pieces))
        self.claims: list[int] = []
        self.done: list[int] = []
        self.go = asyncio.Event()
        self.wake = asyncio.Event()
        self.dispatcher = Dispatcher(self.claim, self.work, slots=slots, wake=self.wake)

    async def claim(self, limit: int) -> Sequence[int]:
        self.claims.append(limit)
        taken, self.left = self.left[:limit], self.left[limit:]
        return taken

    async def work(self, piece: int) -> None:
        await self.go.wait()
        if piece == 13:
            raise ValueError("unlucky")
        self.done.append(piece)


async def test_no_more_than_the_slots_are_in_flight() -> None:
    bench = Bench(10, slots=4)
    assert await bench.dispatcher.tick()
    assert await bench.dispatcher.tick()
    assert (bench.claims, bench.left) == ([4], [4, 5, 6, 7, 8, 9])


async def test_a_tick_says_when_nothing_more_is_due() -> None:
    bench = Bench(3, slots=4)
    assert not await bench.dispatcher.tick()
    assert bench.dispatcher.busy


async def test_finished_work_wakes_whoever_waits_to_claim_more() -> None:
    bench = Bench(4, slots=4)
    await bench.dispatcher.tick()
    assert not bench.wake.is_set()
    bench.go.set()
    await asyncio.wait_for(bench.wake.wait(), 5)
    await bench.dispatcher.drain()
    assert (bench.done, bench.dispatcher.busy) == ([0, 1, 2, 3], False)


async def test_what_work_raises_is_raised_to_whoever_waits_and_the_rest_is_done() -> None:
    bench = Bench(15, slots=20)
    await bench.dispatcher.tick()
    bench.go.set()
    with pytest.raises(ValueError, match="unlucky"):
        await bench.dispatcher.drain()
    assert len(bench.done) == 14


async def test_what_is_late_at_the_drain_is_cancelled() -> None:
    bench = Bench(2, slots=4)
    await bench.dispatcher.tick()
    await bench.dispatcher.drain(0.01)
    assert (bench.done, bench.dispatcher.busy) == ([], False)
