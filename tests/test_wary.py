"""What ended a worker twice is left alone for a day; everything else is read as ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import ParseError, WorkerEndedError, WorkerError
from aggregator.store import Store
from aggregator.store.thread import StoreThread
from aggregator.wary import LARGE, WaryPool
from tests.fakes import FakeClock


@dataclass(slots=True)
class Workers:
    """A pool in which some bytes end the worker."""

    deadly: dict[bytes, Exception]
    asked: list[bytes] = field(default_factory=list)

    async def run(self, fn: Any, /, *args: Any, deadline: float, **kwargs: Any) -> Any:
        self.asked.append(args[0])
        await asyncio.sleep(0)
        if args[0] in self.deadly:
            raise self.deadly[args[0]]
        return fn(*args, **kwargs)

    def close(self) -> None:
        self.deadly.clear()


ENDED = {
    b"bomb": WorkerEndedError("took longer than 5 s"),
    b"odd": WorkerError("ValueError: odd"),
    b"page": ParseError("a page"),
}


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[WaryPool]:
    store, thread = Store.open(f"sqlite:///{tmp_path / 'news.db'}"), StoreThread()
    yield WaryPool(workers=Workers(dict(ENDED)), store=store, thread=thread, clock=FakeClock().now)
    thread.close()
    store.close()


def asked(pool: WaryPool) -> list[bytes]:
    assert isinstance(pool.workers, Workers)
    return pool.workers.asked


async def attempt(pool: WaryPool, body: bytes, fn: Any = len) -> str:
    try:
        return str(await pool.run(fn, body, deadline=5))
    except (WorkerError, ParseError) as error:
        return str(error)


async def test_the_third_time_it_is_not_tried(pool: WaryPool) -> None:
    said = [await attempt(pool, b"bomb") for _ in range(3)]
    assert said == [
        "took longer than 5 s",
        "took longer than 5 s",
        "set aside for a day, as reading it failed twice: took longer than 5 s",
    ]
    assert asked(pool) == [b"bomb"] * 2


async def test_a_day_later_it_is_tried_again(pool: WaryPool) -> None:
    clock = FakeClock()
    wary = WaryPool(workers=pool.workers, store=pool.store, thread=pool.thread, clock=clock.now)
    for _ in range(2):
        await attempt(wary, b"bomb")
    clock.advance(hours=24)
    await attempt(wary, b"bomb")
    assert asked(pool) == [b"bomb"] * 3


async def test_what_only_cannot_be_read_is_tried_each_time(pool: WaryPool) -> None:
    for body in (b"odd", b"page", b"good"):
        for _ in range(3):
            await attempt(pool, body)
    assert asked(pool) == [b"odd"] * 3 + [b"page"] * 3 + [b"good"] * 3


async def test_the_same_bytes_may_be_read_by_another_function(pool: WaryPool) -> None:
    for _ in range(2):
        await attempt(pool, b"bomb")
    assert await attempt(pool, b"bomb", fn=hash) == "took longer than 5 s"


async def test_work_on_anything_but_bytes_has_no_memory(pool: WaryPool) -> None:
    assert [await pool.run(len, "text", deadline=5) for _ in range(3)] == [4, 4, 4]


async def test_large_documents_take_turns_and_others_pass_them(pool: WaryPool) -> None:
    """Mark 5: else two dozen hostile ones, five seconds each, would occupy every worker."""
    held, order = asyncio.Event(), []

    class Slow(Workers):
        async def run(self, fn: Any, /, *args: Any, deadline: float, **kwargs: Any) -> Any:
            if len(args[0]) > LARGE:
                order.append("large begins")
                await held.wait()
            order.append("large ends" if len(args[0]) > LARGE else "small")

    wary = WaryPool(workers=Slow({}), store=pool.store, thread=pool.thread, clock=FakeClock().now)
    large = [asyncio.create_task(wary.run(len, bytes(LARGE + n), deadline=5)) for n in (1, 2)]
    await wary.run(len, b"small", deadline=5)
    while "large begins" not in order:
        await asyncio.sleep(0.01)
    await wary.run(len, b"small", deadline=5)
    held.set()
    await asyncio.gather(*large)
    assert [one for one in order if one != "small"] == ["large begins", "large ends"] * 2
    assert order.count("small") == 2
    assert order.index("large ends") > len(order) - 1 - order[::-1].index("small")
