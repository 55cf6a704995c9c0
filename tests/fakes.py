"""Stand-ins that behave like the real thing: a web site on a loopback socket, and a clock that a test moves.

``FakeSite`` is a real HTTP/1.1 server in a thread of its own, so the same fixture serves async tests, plain
tests and programs started as subprocesses::

    with FakeSite.running() as site:
        site.serve("/feed.xml", RSS)                  # ETag, Last-Modified and 304 as a good server gives
        site.redirect("/old", "/feed.xml", status=301)
        site.script("/flaky", Reply(status=503), Reply(body=RSS))    # one after another, the last for ever
        site.on("/echo", lambda request: Reply(body=request.headers["user-agent"].encode()))
        run_scheduler(feeds=[site.url("/feed.xml")])
        assert site.paths() == ["/feed.xml"]

Several addresses of one server are several sites for politeness: ``FakeSite.running(hosts=3)`` listens on
127.0.0.1 to 127.0.0.3, and ``site.url("/feed.xml", host=2)`` names the third.
"""

import asyncio
import gzip
import hashlib
import heapq
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from typing import Self
from urllib.parse import urlsplit

import brotli

from tests.conftest import NOW

Headers = Mapping[str, str] | Sequence[tuple[str, str]]

# ── a web site ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked: ``path`` with its query, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    #: the address that the client connected to, "127.0.0.2"
    address: str
    #: seconds on the monotonic clock when the request was read
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the site answers. Content-Length is counted unless ``length`` or ``chunked`` says otherwise."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    content_type: str | None = "application/xml; charset=utf-8"
    #: None: no validator of this kind
    etag: str | None = None
    last_modified: datetime | None = None
    #: content codings to apply, in order: ("gzip",), ("gzip", "gzip"), ("br",), ("deflate",)
    encode: tuple[str, ...] = ()
    #: seconds before the first byte of the answer
    delay: float = 0.0
    #: seconds between the pieces, and their size in bytes: a slow body
    drip: float = 0.0
    piece: int = 1
    #: pretend the body has this many bytes, then close the connection
    length: int | None = None
    chunked: bool = False
    #: sent as it stands instead of all of the above, then the connection is closed
    raw: Iterable[bytes] | None = None


Answer = Reply | Callable[[Request], Reply | Awaitable[Reply]]


def encoded(body: bytes, *codings: str) -> bytes:
    """``body`` under the named content codings, applied in order."""
    for coding in codings:
        if coding in ("gzip", "x-gzip"):
            body = gzip.compress(body, mtime=0)
        elif coding == "deflate":
            body = zlib.compress(body)
        elif coding == "raw-deflate":
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            body = packer.compress(body) + packer.flush()
        elif coding == "br":
            body = brotli.compress(body, quality=5)
        else:
            raise ValueError(coding)
    return body


def etag_of(body: bytes) -> str:
    """The ETag that ``FakeSite.serve`` gives this body."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@dataclass(slots=True, kw_only=True)
class FakeSite:
    """A scripted web site on loopback; see the module. Paths without a route answer 404."""

    port: int = 0
    scheme: str = "http"
    hosts: tuple[str, ...] = ("127.0.0.1",)
    #: everything asked so far, in order of arrival
    requests: list[Request] = field(default_factory=list)
    #: connections accepted so far, whether or not they ever asked for something
    connections: int = 0
    #: the most requests that one address had open at once
    max_in_flight: int = 0
    _routes: dict[str, Callable[[Request], Reply | Awaitable[Reply]]] = field(default_factory=dict)
    _in_flight: dict[str, int] = field(default_factory=dict)
    _stop: asyncio.Event | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def running(cls, *, hosts: int = 1, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Self]:
        """A site that answers until the block is left; ``port`` 0 takes a free one."""
        names = tuple(f"127.0.{n // 250}.{n % 250 + 1}" for n in range(hosts))
        sockets = _listen(names, port)
        site = cls(port=sockets[0].getsockname()[1], scheme="https" if tls else "http", hosts=names)
        ready = threading.Event()
        thread = threading.Thread(
            target=lambda: asyncio.run(site._serve(sockets, tls, ready)), name="fake-site", daemon=True
        )
        thread.start()
        ready.wait(10)
        try:
            yield site
        finally:
            assert site._loop is not None
            assert site._stop is not None
            site._loop.call_soon_threadsafe(site._stop.set)
            thread.join(10)

    # ── what it offers ───────────────────────────────────────────────────────────────────────

    def url(self, path: str = "/", *, host: int | str = 0) -> str:
        """The address of ``path``; ``host`` picks one of several addresses, or gives any name to write."""
        name = self.hosts[host] if isinstance(host, int) else host
        return f"{self.scheme}://{name}:{self.port}{path}"

    def serve(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str = "application/xml; charset=utf-8",
        etag: str | None = "",
        last_modified: datetime | None = NOW - timedelta(hours=1),
        headers: Headers = (),
        status: int = 200,
        encode: tuple[str, ...] = (),
        delay: float = 0.0,
    ) -> None:
        """``body`` at ``path`` as a good server gives it, with 304 for whoever already has it.

        ``etag``: "" derives it from the body, None sends none.
        """
        data = body.encode() if isinstance(body, str) else body
        reply = Reply(
            status=status,
            headers=headers,
            body=data,
            content_type=content_type,
            etag=etag_of(data) if etag == "" else etag,
            last_modified=last_modified,
            encode=encode,
            delay=delay,
        )
        self.on(path, lambda request: _unless_known(request, reply))

    def redirect(self, path: str, target: str, *, status: int = 302, headers: Headers = ()) -> None:
        """``path`` answers with ``Location: target``, relative or absolute."""
        self.on(path, Reply(status=status, headers=[*_pairs(headers), ("Location", target)]))

    def status(self, path: str, status: int, *, body: bytes = b"", headers: Headers = ()) -> None:
        """``path`` answers with nothing but this status."""
        self.on(path, Reply(status=status, body=body, headers=headers, content_type="text/html"))

    def script(self, path: str, *answers: Answer) -> None:
        """``path`` gives these answers one after another, and the last one from then on."""
        turn = count()

        def handler(request: Request) -> Reply | Awaitable[Reply]:
            answer = answers[min(next(turn), len(answers) - 1)]
            return answer if isinstance(answer, Reply) else answer(request)

        self.on(path, handler)

    def on(self, path: str, answer: Answer) -> None:
        """``path`` gives ``answer``; with a query for that query alone; "*" is every other path."""
        self._routes[path] = (lambda _request: answer) if isinstance(answer, Reply) else answer

    def remove(self, path: str) -> None:
        """``path`` answers 404 from now on."""
        self._routes.pop(path, None)

    # ── what it saw ──────────────────────────────────────────────────────────────────────────

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests]

    def asked(self, path: str) -> list[Request]:
        """The requests for this path (query included)."""
        return [request for request in self.requests if request.path == path]

    def forget(self) -> None:
        """Start counting afresh."""
        self.requests.clear()
        self.connections = 0
        self.max_in_flight = 0

    # ── the server ───────────────────────────────────────────────────────────────────────────

    async def _serve(
        self, sockets: list[socket.socket], tls: ssl.SSLContext | None, ready: threading.Event
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # clients may leave as they like
        self._stop = asyncio.Event()
        servers = [await asyncio.start_server(self._accepted, sock=sock, ssl=tls) for sock in sockets]
        ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        await _turns()  # who is being accepted
        writers = dict(self._tasks)
        for task in writers:
            task.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        for writer in writers.values():  # also of those whose task had not begun
            writer.close()
        await _turns()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._connection(reader, writer))
        self._tasks[task] = writer
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (request := await _read_request(reader, writer)) is not None:
                if not await self._answer(request, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is to be closed after it."""
        self.requests.append(request)
        open_now = self._in_flight[request.address] = self._in_flight.get(request.address, 0) + 1
        self.max_in_flight = max(self.max_in_flight, open_now)
        try:
            reply = self._route(request)
            if not isinstance(reply, Reply):
                reply = await reply
            return await _send(reply, request, writer)
        finally:
            self._in_flight[request.address] -= 1

    def _route(self, request: Request) -> Reply | Awaitable[Reply]:
        bare = request.path.partition("?")[0]
        for path in (request.path, bare, "*"):
            if handler := self._routes.get(path):
                return handler(request)
        return Reply(status=404, body=b"nothing here", content_type="text/plain")


def _listen(names: Sequence[str], port: int) -> list[socket.socket]:
    """A listening socket for each address, all on one port; a free one for port 0."""
    for attempt in count():
        sockets: list[socket.socket] = []
        try:
            for name in names:
                chosen = sockets[0].getsockname()[1] if sockets else port
                sockets.append(socket.create_server((name, chosen), backlog=512))
        except OSError:
            for one in sockets:
                one.close()
            if port or attempt == 20:  # a port that is free at the first address may be taken at the next
                raise
        else:
            return sockets
    raise AssertionError


async def _turns() -> None:
    """Let the loop do what it has begun."""
    for _ in range(5):
        await asyncio.sleep(0)


def _unless_known(request: Request, reply: Reply) -> Reply:
    """304 when the client's validators match; If-None-Match decides where there is one (RFC 9110, 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        fresh = reply.etag is not None and reply.etag in (known, *(tag.strip() for tag in known.split(",")))
    else:
        since = request.headers.get("if-modified-since")
        fresh = bool(
            since
            and reply.last_modified
            and reply.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        )
    if not fresh or reply.status != 200:
        return reply
    return Reply(
        status=304,
        headers=reply.headers,
        etag=reply.etag,
        last_modified=reply.last_modified,
        content_type=None,
        delay=reply.delay,
    )


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    first_byte = await reader.readexactly(1)
    if first_byte == b"\x16":  # a TLS handshake: real servers say this and hang up
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        return None
    head = first_byte + await reader.readuntil(b"\r\n\r\n")
    at = time.monotonic()
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _version = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    if target.startswith("http"):  # as a proxy is asked
        parts = urlsplit(target)
        headers["x-fake-proxied"] = f"{parts.scheme}://{parts.netloc}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = writer.get_extra_info("sockname")[0]
    return Request(method=method, path=target, headers=headers, body=body, address=address, at=at)


async def _send(reply: Reply, request: Request, writer: asyncio.StreamWriter) -> bool:
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.raw is not None:
        for piece in reply.raw:
            writer.write(piece)
            await writer.drain()
            if reply.drip:
                await asyncio.sleep(reply.drip)
        return False
    body = b"" if request.method == "HEAD" else encoded(reply.body, *reply.encode)
    writer.write(_head(reply, len(body)))
    if reply.drip:
        for start in range(0, len(body), reply.piece):
            writer.write(body[start : start + reply.piece])
            await writer.drain()
            await asyncio.sleep(reply.drip)
    elif reply.chunked:
        writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n")
    else:
        writer.write(body)
    await writer.drain()
    return reply.length is None and request.headers.get("connection", "").lower() != "close"


def _head(reply: Reply, size: int) -> bytes:
    pairs = _pairs(reply.headers)
    given = {name.lower() for name, _ in pairs}
    if "date" not in given:
        pairs.append(("Date", format_datetime(datetime.now(UTC), usegmt=True)))  # noqa: TID251 (a server has its own clock)
    if reply.content_type is not None and "content-type" not in given:
        pairs.append(("Content-Type", reply.content_type))
    if reply.etag is not None:
        pairs.append(("ETag", reply.etag))
    if reply.last_modified is not None:
        pairs.append(("Last-Modified", format_datetime(reply.last_modified.astimezone(UTC), usegmt=True)))
    if reply.encode and "content-encoding" not in given:
        pairs.append(("Content-Encoding", ", ".join(coding.removeprefix("raw-") for coding in reply.encode)))
    if reply.chunked:
        pairs.append(("Transfer-Encoding", "chunked"))
    elif reply.status != HTTPStatus.NOT_MODIFIED:
        pairs.append(("Content-Length", str(size if reply.length is None else reply.length)))
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in pairs)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return list(headers.items()) if isinstance(headers, Mapping) else list(headers)


# ── a clock ──────────────────────────────────────────────────────────────────────────────────


class FakeClock:
    """Time that passes only when a test says so: ``clock.advance(hours=1)``.

    Hand ``clock.now``, ``clock.monotonic`` and ``clock.sleep`` to what wants a clock. Sleepers wake when the
    time is moved past their end; ``await clock.run(seconds=5)`` moves it in steps, so that whoever wakes and
    sleeps again is woken again in its turn. With ``skip=True`` every sleep moves the time itself and returns.
    """

    def __init__(self, now: datetime = NOW, *, skip: bool = False) -> None:
        self._start = now
        self._elapsed = 0.0
        self._shift = timedelta()
        self._skip = skip
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        #: every sleep asked for, in seconds
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The wall clock, aware and in UTC."""
        return self._start + self._shift + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return 1000.0 + self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when the time has been moved on by ``seconds``."""
        self.slept.append(seconds)
        if self._skip or seconds <= 0:
            self._elapsed += max(0.0, seconds)
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), future))
        await future

    def advance(self, delta: timedelta | None = None, **parts: float) -> None:
        """Move the time on by ``timedelta(**parts)`` at once."""
        self._elapsed += ((delta or timedelta()) + timedelta(**parts)).total_seconds()
        self._wake()

    def jump(self, **parts: float) -> None:
        """Set the wall clock forward or back; the monotonic clock and sleepers notice nothing."""
        self._shift += timedelta(**parts)

    async def run(self, delta: timedelta | None = None, **parts: float) -> None:
        """Move the time on in steps, letting everyone who wakes do what they woke for."""
        end = self._elapsed + ((delta or timedelta()) + timedelta(**parts)).total_seconds()
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._elapsed = max(self._elapsed, self._sleepers[0][0])
            self._wake()
            await settle()
        self._elapsed = end

    def _wake(self) -> None:
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)


async def settle(turns: int = 20) -> None:
    """Let every task that can go on go on."""
    for _ in range(turns):
        await asyncio.sleep(0)
