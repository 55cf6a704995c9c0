"""The web server in a loop that is not its own."""

import asyncio
import signal
import socket
import subprocess
import sys
from typing import Any

import aiohttp
import pytest

from aggregator.errors import ConfigError
from aggregator.web import bind, serving
from tests.conftest import ROOT


async def hello(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def port_of(sockets: tuple[socket.socket, ...]) -> int:
    return int(sockets[0].getsockname()[1])


async def get(port: int, host: str = "127.0.0.1") -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as response:
        return await response.text()


async def test_it_answers_while_the_block_runs_and_not_after() -> None:
    sockets = bind("127.0.0.1:0")
    port = port_of(sockets)
    async with serving(hello, sockets):
        assert await get(port) == "hello"
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(port)
    bind(f"127.0.0.1:{port}")[0].close()


async def test_signals_stay_the_daemons() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    sockets = bind("127.0.0.1:0")
    async with serving(hello, sockets):
        await get(port_of(sockets))
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_a_name_with_several_addresses_is_listened_on_at_each() -> None:
    sockets = bind("localhost:0")
    async with serving(hello, sockets):
        for one in sockets:
            host, port = one.getsockname()[:2]
            assert await get(port, f"[{host}]" if ":" in host else host) == "hello"


async def test_a_request_under_way_at_the_end_is_answered() -> None:
    begun = asyncio.Event()
    go_on = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await go_on.wait()
        await hello(scope, receive, send)

    sockets = bind("127.0.0.1:0")
    async with serving(slow, sockets):
        asked = asyncio.create_task(get(port_of(sockets)))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.2, go_on.set)
    assert await asked == "hello"


async def test_a_request_that_is_no_http_harms_nobody() -> None:
    sockets = bind("127.0.0.1:0")
    async with serving(hello, sockets):
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(sockets))
        writer.write(b"\x16\x03\x01 not http\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        assert await get(port_of(sockets)) == "hello"


def test_a_port_that_is_taken_is_told_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError) as caught:
            bind(listen)
    assert str(caught.value) == (
        f'feeds.toml: [web] listen "{listen}": another program listens there already; '
        "stop it, or choose another port"
    )


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("203.0.113.1:8000", "this machine has no such address"),
        ("no-such-host.invalid:8000", "this host is not known"),
    ],
)
def test_an_address_that_is_not_ours_is_told_with_the_remedy(listen: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        bind(listen)


def test_runs_without_a_web_server_do_not_load_one() -> None:
    """FastAPI alone takes 0.4 s of CPU."""
    code = """
import sys, aggregator.daemon, aggregator.cli.schedule, aggregator.metrics, aggregator.websub
print([name for name in ("fastapi", "uvicorn", "starlette", "prometheus_client") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
