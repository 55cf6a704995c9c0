"""Names are looked up beside the loop, and nothing waits for a dead name server."""

import asyncio
import socket
import threading
import time

import pytest

from aggregator.fetch.client import Limits
from aggregator.fetch.resolve import SystemResolver
from aggregator.model import FailureKind, Fetched, FetchFailed
from tests.fakes import FakeSite
from tests.fetch.arrange import a_client


@pytest.fixture
def dead_name_server(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Lookups hang until the event is set, as they do for half a minute without a name server."""
    over = threading.Event()
    real = socket.getaddrinfo

    def hang(host: str, *rest: object) -> object:
        if host.endswith(".example"):
            over.wait(10)
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    return over


async def test_dead_name_servers_are_a_lookup_failure_not_a_time_out(
    dead_name_server: threading.Event,
) -> None:
    started = time.monotonic()
    async with a_client(limits=Limits(connect=0.5)) as client:
        result = await client.get("http://www.outlet.example/feed.xml")
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (
        FailureKind.NAME,
        "the name www.outlet.example could not be looked up: no name server answered",
    )
    assert time.monotonic() - started < 2
    dead_name_server.set()


def test_a_lookup_that_hangs_does_not_keep_the_program_from_ending(dead_name_server: threading.Event) -> None:
    async def give_up() -> None:
        with pytest.raises(socket.gaierror):
            await SystemResolver(patience=0.05).resolve("slow.example", 80)

    started = time.monotonic()
    asyncio.run(give_up())  # would join the threads of an executor here
    assert time.monotonic() - started < 2
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "lookup")
    dead_name_server.set()


async def test_hanging_lookups_do_not_hold_up_other_sites(dead_name_server: threading.Event) -> None:
    with FakeSite.running() as site:
        site.serve("/feed.xml", "<rss/>")
        async with a_client(limits=Limits(connect=5)) as client:
            hung = [asyncio.ensure_future(client.get(f"http://s{n}.example/")) for n in range(40)]
            await asyncio.sleep(0.05)
            result = await client.get(f"http://localhost:{site.port}/feed.xml")
            dead_name_server.set()
            await asyncio.gather(*hung)
    assert isinstance(result, Fetched)
