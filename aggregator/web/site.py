"""The routes. Until the reader is there: hubs' callbacks, /healthz and /metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Generic, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from aggregator.config import WebConfig
from aggregator.errors import StoreError
from aggregator.metrics import MOST_FEEDS, Metrics
from aggregator.rounds import Services
from aggregator.web.shield import Shield, host_name, hosts_of
from aggregator.websub import Subscriber

T = TypeVar("T")

#: a daemon whose last tick is older than this does not work any more
_TICK_WITHIN = timedelta(seconds=60)
#: seconds that the database may take to answer
_PATIENCE = 5.0
#: answers of the database serve so long: whoever asks often must not hold up polls
_HEALTH_FRESH = timedelta(seconds=2)
_FIGURES_FRESH = timedelta(seconds=10)
#: seconds that a hub may take to send what it has
_DELIVERY = 30.0
#: headers that a reverse proxy adds: who is connected is not who asks
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_NEVER = {"Cache-Control": "no-store"}
_READ = ["GET", "HEAD"]


def create_app(
    services: Services,
    web: WebConfig,
    *,
    metrics: Metrics,
    subscriber: Subscriber | None,
    last_tick: Callable[[], datetime | None],
) -> Shield:
    """The application. ``subscriber`` is None while no hub can reach us."""
    app = FastAPI(title="News", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, _in_words)
    _add_start(app)
    _add_health(app, services, last_tick)
    _add_metrics(app, services, metrics, web)
    if subscriber is not None:
        _add_callback(app, subscriber)
    return Shield(app, hosts_of(web))


async def _in_words(_request: Request, error: Exception) -> Response:
    """404, 405 and the like as a line of text."""
    assert isinstance(error, HTTPException)  # noqa: S101  the only kind this is registered for
    return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code, headers=error.headers)


def _add_start(app: FastAPI) -> None:
    @app.api_route("/", methods=_READ)
    async def start() -> Response:
        """A word for who looks for the reader."""
        return PlainTextResponse(
            "The reader is not there yet. `aggregator items` and `aggregator search` show the news, and "
            "[publish] writes feeds. Here are /healthz and /metrics.\n"
        )


# ── is it well? ──────────────────────────────────────────────────────────────────────────────


def _add_health(app: FastAPI, services: Services, last_tick: Callable[[], datetime | None]) -> None:
    async def ask_database() -> str:
        """What is wrong with the database, "" for nothing."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await services.thread.call(services.store.next_due_at)
        except TimeoutError:
            return f"the database did not answer within {_PATIENCE:g} s"
        except StoreError as error:
            return str(error)
        return ""

    database = _Fresh(ask_database, services.clock, _HEALTH_FRESH)

    @app.api_route("/healthz", methods=_READ)
    async def healthz() -> Response:
        """200 while polls go on, else 503 with the reason."""
        tick = last_tick()
        reasons = [_late(tick, services.clock()), await database.get()]
        wrong = "; ".join(filter(None, reasons))
        content: dict[str, Any] = {"status": "failing", "reason": wrong} if wrong else {"status": "ok"}
        content["last_tick"] = tick and tick.isoformat(timespec="seconds").replace("+00:00", "Z")
        return JSONResponse(content, status_code=503 if wrong else 200, headers=_NEVER)


def _late(tick: datetime | None, now: datetime) -> str:
    if tick is None:
        return "nothing has been polled yet"
    age = now - tick
    return f"the last look at what is due was {age.total_seconds():.0f} s ago" if age > _TICK_WITHIN else ""


@dataclass(slots=True)
class _Fresh(Generic[T]):
    """A value that is fetched when it is asked for and older than ``span``; by one at a time."""

    fetch: Callable[[], Awaitable[T]]
    clock: Callable[[], datetime]
    span: timedelta
    _held: tuple[datetime, T] | None = None
    _lock: asyncio.Lock | None = None

    async def get(self) -> T:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            now = self.clock()
            if self._held is None or not timedelta(0) <= now - self._held[0] < self.span:
                self._held = now, await self.fetch()
            return self._held[1]


# ── figures ──────────────────────────────────────────────────────────────────────────────────


def _add_metrics(app: FastAPI, services: Services, metrics: Metrics, web: WebConfig) -> None:
    async def fetch() -> bytes:
        store, call = services.store, services.thread.call
        figures = await call(store.figures, services.clock())
        few = sum(figures.feeds.values()) <= MOST_FEEDS
        feeds = await call(store.health, services.clock()) if few else ()
        listed = [feed for feed in feeds if feed.listed]
        return await asyncio.to_thread(metrics.exposition, figures, listed)  # 0.1 s for 2,000 feeds

    exposition = _Fresh(fetch, services.clock, _FIGURES_FRESH)

    @app.api_route("/metrics", methods=_READ)
    async def read_metrics(request: Request) -> Response:
        """Prometheus' text format; for this machine and its private network."""
        if not _is_near(request, web):
            raise HTTPException(404)
        try:
            text = await exposition.get()
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", status_code=503, headers=_NEVER)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers=_NEVER)


def _is_near(request: Request, web: WebConfig) -> bool:
    """Whether this machine or its private network asks, and not the world through a proxy.

    The figures name feeds, whose addresses may be known to few.
    """
    if any(name in request.headers for name in _PROXIED):
        return False
    if web.base_url and _is_public_name(host_name(request.headers.get("host", "")), web):
        return False
    try:
        peer = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return peer.is_loopback or peer.is_private


def _is_public_name(host: str, web: WebConfig) -> bool:
    """Whether this is the name that the world asks for, and no name of this machine."""
    return host in hosts_of(WebConfig(base_url=web.base_url)) - hosts_of(WebConfig(listen=web.listen))


# ── hubs ─────────────────────────────────────────────────────────────────────────────────────


def _add_callback(app: FastAPI, subscriber: Subscriber) -> None:
    @app.get("/websub/{token}")
    async def verify(token: str, request: Request) -> Response:
        """A hub asks whether we meant it."""
        status, text = await subscriber.verify(token, dict(request.query_params))
        return PlainTextResponse(text, status_code=status)

    @app.post("/websub/{token}")
    async def deliver(token: str, request: Request) -> Response:
        """A hub brings news; they are handled after the answer."""
        subscription = await subscriber.known(token)
        if subscription is None:  # before anything is read
            subscriber.meter.delivered("unknown")
            raise HTTPException(410)
        try:
            async with asyncio.timeout(_DELIVERY):
                body = await _body(request, subscriber.max_body)
        except TimeoutError:
            raise HTTPException(408) from None
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            subscriber.meter.delivered("too big")
            raise HTTPException(413)
        headers = {name.lower(): value for name, value in request.headers.items()}
        status = await subscriber.deliver(subscription, headers, body)
        return Response(status_code=status, headers={"Retry-After": "60"} if status == 503 else None)


async def _body(request: Request, most: int) -> bytes | None:
    """The body as it was sent; None when it is too big."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        return None
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return b"".join(pieces)
