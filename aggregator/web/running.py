"""The web side of a running daemon, all of it: server, application, and the subscriber that hubs talk to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from aggregator.config import WebConfig
from aggregator.fetch.guard import Guard
from aggregator.metrics import Metrics
from aggregator.rounds import Services
from aggregator.web.server import serving
from aggregator.web.site import create_app
from aggregator.websub import Subscriber, Take

log = structlog.get_logger()

#: seconds that deliveries which were acknowledged have at the end
_LAST = 5.0


@asynccontextmanager
async def running(
    services: Services,
    web: WebConfig,
    sockets: Sequence[socket.socket],
    *,
    metrics: Metrics,
    take: Take,
    secret: Callable[[], str],
    last_tick: Callable[[], datetime | None],
) -> AsyncIterator[Subscriber | None]:
    """Serve at the sockets of ``bind`` while the block runs; closes them.

    Gives the subscriber, whose ``tick`` wants to be called once a minute; None where no hub can reach us.
    """
    subscriber = _subscriber(services, web, metrics, take, secret)
    app = create_app(services, web, metrics=metrics, subscriber=subscriber, last_tick=last_tick)
    try:
        async with serving(app, sockets):
            yield subscriber
    finally:
        if subscriber is not None:
            await subscriber.drain(_LAST)


def _subscriber(
    services: Services, web: WebConfig, metrics: Metrics, take: Take, secret: Callable[[], str]
) -> Subscriber | None:
    """None without a public address: hubs would only be troubled by callbacks that lead nowhere."""
    if not web.base_url:
        return None
    fetch = services.config.fetch
    host = urlsplit(web.base_url).hostname or ""
    if why := Guard(fetch.allow_networks).host_refusal(host):
        log.warning("hubs are not asked to push: [web] base_url is not public", reason=why)
        return None
    return Subscriber(
        client=services.client,
        store=services.store,
        thread=services.thread,
        clock=services.clock,
        sleep=asyncio.sleep,
        secret=secret,
        base_url=web.base_url,
        max_body=fetch.max_body,
        take=take,
        meter=metrics,
    )
