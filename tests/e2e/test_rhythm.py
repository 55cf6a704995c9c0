"""How often a feed is polled whose dates say little of when its items come."""

import re
from datetime import timedelta

import pytest

from aggregator import app, config
from aggregator.core.surge import Surges
from aggregator.report import RunOptions
from aggregator.rounds import Round
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

HOUR = timedelta(hours=1)


def hourly(hours: int, back: timedelta | None) -> str:
    """Thirty entries, one an hour up to then, dated that much too early or not at all."""
    entries = [
        Entry(number=n, age=(back or timedelta(0)) - n * HOUR + timedelta(minutes=7))
        for n in range(hours, hours - 30, -1)
    ]
    document = rss(entries)
    return re.sub(r"<pubDate>.*?</pubDate>", "", document) if back is None else document


@pytest.mark.parametrize("back", [timedelta(0), timedelta(days=3), None])
def test_a_lively_feed_is_polled_at_its_pace_whatever_its_dates_say(
    newsroom: Newsroom, site: FakeSite, back: timedelta | None
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")), polling='min_interval = "10m"')
    waits = []
    for hour in range(30):
        site.serve("/feed.xml", hourly(hour, back))
        newsroom.once()
        feed = newsroom.health()["Port"]
        assert (feed.condition, feed.suspicion) == ("ok", "")
        assert feed.next_poll_at is not None
        waits.append(feed.next_poll_at - newsroom.clock.now())
        newsroom.clock.advance(hours=1, seconds=-1)
    assert timedelta(minutes=20) < waits[-1] < timedelta(minutes=70)
    assert waits[0] > timedelta(minutes=20)  # thirty entries without dates are no burst


async def test_news_without_exact_dates_is_no_surge(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(*(outlet(f"Port {n}", site.url(f"/{n}.xml")) for n in range(24)))
    surges, clock = Surges(), newsroom.clock
    async with app.open_services(config.load(newsroom.file), clock=clock.now, surges=surges) as services:
        for hour in range(2):
            for n in range(24):
                back = (None, timedelta(days=10), timedelta(minutes=23))[n % 3]
                site.serve(f"/{n}.xml", hourly(hour, back))
            await Round(services=services, started=clock.now(), options=RunOptions(force=True)).run()
            assert surges.now(clock.now()) == ()
            clock.advance(hours=1)
    assert len(newsroom.items()) == 24 * 31
