"""Host names to addresses, without a thread that could keep the program from ending.

``getaddrinfo`` cannot be cancelled and takes up to half a minute when a name server is dead. In an executor's
threads it would hold up both the other lookups (there are only a few) and the end of the program (they are
joined at exit); these are daemon threads, one a lookup.
"""

import asyncio
import socket
import threading
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.fetch.guard import ForbiddenAddressError, Guard

#: lookups under way at once
_LOOKUPS = 64


class SystemResolver(AbstractResolver):
    """The system's ``getaddrinfo``; ``resolve`` raises ``socket.gaierror`` where it finds nothing.

    ``patience``: seconds to wait for an answer. Less than is allowed for a connection, so that dead name
    servers are told from dead hosts.
    """

    def __init__(self, patience: float = 8.0) -> None:
        self._turn = asyncio.Semaphore(_LOOKUPS)
        self._patience = patience

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every stream address of ``host``, in the system's order of preference."""
        try:
            async with asyncio.timeout(self._patience), self._turn:
                found = await _in_thread(host, port, family)
        except TimeoutError as exc:
            raise socket.gaierror(socket.EAI_AGAIN, "no name server answered") from exc
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing to close: a lookup under way ends with its thread."""


class GuardedResolver(AbstractResolver):
    """Another resolver's answers without the addresses that must not be contacted."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The permitted addresses of ``host``. Raises ForbiddenAddressError when it has only others."""
        if why := self._guard.host_refusal(host):  # *.localhost, which many systems do not know by themselves
            raise ForbiddenAddressError(f"{host}: {why}")
        found = await self._inner.resolve(host, port, family)
        permitted = [result for result in found if self._guard.refusal(result["host"]) is None]
        if found and not permitted:
            raise ForbiddenAddressError(f"{host} leads to {self._guard.refusal(found[0]['host'])}")
        return permitted

    async def close(self) -> None:
        """Close the inner one."""
        await self._inner.close()


async def _in_thread(host: str, port: int, family: int) -> list[tuple[Any, ...]]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[tuple[Any, ...]]] = loop.create_future()

    def settle(found: list[tuple[Any, ...]] | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found or [])

    def look_up() -> None:
        found: list[tuple[Any, ...]] | None = None
        error: Exception | None = None
        try:
            found = list(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG))
        except (OSError, UnicodeError) as exc:
            error = exc if isinstance(exc, OSError) else socket.gaierror(socket.EAI_NONAME, str(exc))
        try:
            loop.call_soon_threadsafe(settle, found, error)
        except RuntimeError:
            return  # the loop has ended meanwhile, nobody waits

    threading.Thread(target=look_up, name="lookup", daemon=True).start()
    return await answer


def guarded(
    lookup: AbstractResolver, guard: Guard, *, limit: int, proxied: bool = False, **options: Any
) -> aiohttp.TCPConnector:
    """The connector of everything that goes out: names and sockets are judged by the guard.

    ``limit``: connections at once, 0 for any number. ``proxied``: every socket leads to the configured
    proxy, which may well have a private address, and the names are judged by whoever asks.
    """
    return aiohttp.TCPConnector(
        limit=limit,
        resolver=lookup if proxied else GuardedResolver(lookup, guard),
        socket_factory=None if proxied else guard.socket,
        **options,
    )
