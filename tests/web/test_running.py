"""The web side as the daemon runs it."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from aggregator import config
from aggregator.app import open_services
from aggregator.config import WebConfig
from aggregator.metrics import Metrics
from aggregator.model import FeedState, Fetched, PollOutcome
from aggregator.web import bind, running
from tests.fakes import FakeSite
from tests.hub import Hub
from tests.press import Entry, Newsroom, outlet, rss
from tests.test_websub import feed_of


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


def nothing_taken(_feed: FeedState, _arrived: Fetched) -> PollOutcome:
    raise AssertionError


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        (None, None),
        ("http://localhost:8000/", None),
        ("http://10.0.0.7/", "10.0.0.7 is a private address"),
        ("http://[fd00::1]:8000/", "fd00::1 is a private address"),
    ],
)
async def test_hubs_are_not_troubled_without_a_public_address(
    newsroom: Newsroom, base_url: str | None, why: str | None
) -> None:
    newsroom.file.write_text("")
    web, sockets = WebConfig(base_url=base_url), bind("127.0.0.1:0")
    with capture_logs() as logs:
        async with (
            open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services,
            running(
                services,
                web,
                sockets,
                metrics=Metrics(),
                take=nothing_taken,  # type: ignore[arg-type]
                secret=str,
                last_tick=newsroom.clock.now,
            ) as subscriber,
        ):
            assert subscriber is None
    told = [str(event["reason"]) for event in logs if event["log_level"] == "warning"]
    assert len(told) == (base_url is not None)
    assert why is None or why in told[0]


async def test_a_delivery_that_was_acknowledged_is_stored_before_the_end(newsroom: Newsroom) -> None:
    with FakeSite.running() as site:
        hub = Hub(site, clock=newsroom.clock.now)
        site.serve("/feed.xml", feed_of(1, hub=hub.url, topic=site.url("/feed.xml")))
        newsroom.outlets(outlet("Port", site.url("/feed.xml")))
        await asyncio.to_thread(newsroom.once)
        sockets = bind("127.0.0.1:0")
        web = WebConfig(base_url=f"http://127.0.0.1:{sockets[0].getsockname()[1]}/")
        may_go_on, ticked = asyncio.Event(), newsroom.clock.now()
        async with open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:

            async def take(feed: FeedState, arrived: Fetched) -> PollOutcome:
                await may_go_on.wait()
                return (await services.poller.poll(feed, arrived=arrived)).outcome

            secrets = iter("abcd")
            async with running(
                services,
                web,
                sockets,
                metrics=Metrics(),
                take=take,
                secret=lambda: next(secrets),
                last_tick=lambda: ticked,
            ) as subscriber:
                assert subscriber is not None
                await subscriber.tick()
                await asyncio.to_thread(hub.verified)
                body = rss([Entry(number=2)])
                assert await asyncio.to_thread(hub.publish, site.url("/feed.xml"), body) == [202]
                async with aiohttp.ClientSession() as session:
                    assert await health(session, web) == {"status": "ok", "last_tick": "2026-11-20T12:00:01Z"}
                asyncio.get_running_loop().call_later(0.2, may_go_on.set)
    assert [item.title for item in newsroom.items()] == ["Headline number 1", "Headline number 2"]


async def health(session: aiohttp.ClientSession, web: WebConfig) -> object:
    async with session.get(f"{web.base_url}healthz") as response:
        return json.loads(await response.text())
