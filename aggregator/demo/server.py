"""Where the sample outlets answer: a server in a thread, on loopback alone.

Each outlet has an address of its own (127.0.0.1, .2, …), so that a client which keeps one connection
a site shows it. Where the system has only one loopback address (macOS, BSD) they share 127.0.0.1 and
are told apart by path.
"""

import asyncio
import errno
import socket
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from aggregator.demo import library
from aggregator.demo.sites import Document, Site, build_site, feeds_toml


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One request that was answered."""

    host: str
    path: str
    status: int


class DemoSites:
    """The sample outlets, up while the ``with`` block lasts, as they stand at ``now``."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-outlets", daemon=True)
        self._addresses: list[tuple[str, int]] = []
        self._documents: dict[tuple[str, str], Document] = {}
        #: what the outlets were asked for, in order
        self.served: list[Served] = []
        self.sites: tuple[Site, ...] = ()

    def __enter__(self) -> Self:
        sockets = _listen(len(library.OUTLETS))
        self._addresses = [listener.getsockname() for listener in sockets]
        self._print(corrected=False)
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._start(sockets), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def feeds_toml(self, directory: Path) -> Path:
        """Write a configuration that lists the outlets, with a database beside it."""
        path = directory / "feeds.toml"
        path.write_text(feeds_toml(self.sites), encoding="utf-8")
        return path

    def correct(self) -> None:
        """From now on the outlets show their articles as they corrected them."""
        self._print(corrected=True)

    def _print(self, *, corrected: bool) -> None:
        outlets = library.outlets()
        shared = len(self._addresses) < len(outlets)
        sites: list[Site] = []
        documents: dict[tuple[str, str], Document] = {}
        for number, outlet in enumerate(outlets):
            host, port = self._addresses[0 if shared else number]
            site = build_site(
                outlet,
                origin=f"http://{host}:{port}",
                prefix=f"/{outlet.key}/" if shared else "/",
                now=self._now,
                corrected=corrected,
            )
            sites.append(site)
            documents |= {(host, path): document for path, document in site.documents.items()}
        self.sites, self._documents = tuple(sites), documents

    async def _start(self, sockets: list[socket.socket]) -> web.ServerRunner:
        runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        for listener in sockets:
            await web.SockSite(runner, listener).start()
        return runner

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        # the address that was called, not the Host header: a wrong header must not choose the outlet
        transport = request.transport
        host = transport.get_extra_info("sockname")[0] if transport else ""
        document = self._documents.get((host, request.path), _NOT_FOUND)
        response = _response(document, request)
        self.served.append(Served(host=host, path=request.path_qs, status=response.status))
        return response


_NOT_FOUND = Document(status=404, body=b"Not Found", headers={"Content-Type": "text/plain"})


def _response(document: Document, request: web.BaseRequest) -> web.Response:
    if _is_current(document, request):
        validators = {k: v for k, v in document.headers.items() if k in ("ETag", "Last-Modified")}
        return web.Response(status=304, headers=validators)
    if document.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers = {**document.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return web.Response(status=document.status, body=document.gzipped, headers=headers)
    return web.Response(status=document.status, body=document.body, headers=document.headers)


def _is_current(document: Document, request: web.BaseRequest) -> bool:
    """Whether the client has it already; an ETag goes before a date (RFC 9110, section 13.2.2)."""
    etag = document.headers.get("ETag")
    modified = document.headers.get("Last-Modified")
    if etag and (asked := request.headers.get("If-None-Match")):
        return asked.removeprefix("W/") == etag
    return bool(modified) and request.headers.get("If-Modified-Since") == modified


def _listen(count: int) -> list[socket.socket]:
    """Sockets on ``count`` loopback addresses and one free port; a single one where there is one address."""
    for _ in range(20):
        sockets = [_bind("127.0.0.1", 0)]
        port = sockets[0].getsockname()[1]
        try:
            for number in range(2, count + 1):
                # one by one: those bound so far must be known when the next fails
                sockets.append(_bind(f"127.0.0.{number}", port))  # noqa: PERF401
        except OSError as error:
            keep = 1 if error.errno == errno.EADDRNOTAVAIL else 0
            for listener in sockets[keep:]:
                listener.close()
            if keep:
                return sockets[:1]
        else:
            return sockets
    raise OSError(errno.EADDRINUSE, "no port is free on all the loopback addresses that the demo needs")


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
