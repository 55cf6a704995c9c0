"""The fakes behave like what they stand for."""

import asyncio
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.fakes import FakeClock, FakeSite, settle


async def test_sleepers_wake_in_order_when_the_clock_is_moved() -> None:
    clock = FakeClock()
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woke.append((name, clock.monotonic()))

    tasks = [asyncio.ensure_future(sleeper("a", 1, 1)), asyncio.ensure_future(sleeper("b", 1.5))]
    await clock.run(seconds=10)
    await asyncio.gather(*tasks)
    assert woke == [("a", 1001.0), ("b", 1001.5), ("a", 1002.0)]
    assert clock.now() == NOW + timedelta(seconds=10)


async def test_a_jump_of_the_wall_clock_wakes_nobody() -> None:
    clock = FakeClock()
    task = asyncio.ensure_future(clock.sleep(60))
    await settle()
    clock.jump(hours=-1)
    clock.jump(hours=3)
    await settle()
    assert not task.done()
    assert (clock.now(), clock.monotonic()) == (NOW + timedelta(hours=2), 1000.0)
    clock.advance(minutes=1)
    await task


def test_a_subprocess_can_talk_to_the_site() -> None:
    with FakeSite.running(hosts=2) as site:
        site.serve("/feed.xml", "<rss/>")
        code = f"import urllib.request as u; print(u.urlopen({site.url('/feed.xml', host=1)!r}).read())"
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert out.stdout == "b'<rss/>'\n"
        assert [(request.path, request.address) for request in site.requests] == [("/feed.xml", "127.0.0.2")]


def test_a_site_on_a_taken_port_says_so() -> None:
    with FakeSite.running() as site, pytest.raises(OSError, match="in use"), FakeSite.running(port=site.port):
        pass
