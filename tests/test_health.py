"""The daily look after the feeds, over real feeds on loopback and a clock that the test moves."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import app, config
from aggregator.health import Health
from aggregator.model import FeedCondition, HealthEvent, Offer
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

DAY = timedelta(days=1)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as running:
        yield running


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


def poll(newsroom: Newsroom, *, force: bool = True) -> None:
    """A run that only polls: those of some outlets leave the daily check out."""
    names = tuple(one.name for one in config.load(newsroom.file).outlets)
    newsroom.once(force=force, outlets=names)


def check(newsroom: Newsroom) -> tuple[HealthEvent, ...]:
    """What the daily check finds at the newsroom's time."""
    settings = config.load(newsroom.file)

    async def run() -> tuple[HealthEvent, ...]:
        async with app.open_services(settings, clock=newsroom.clock.now) as services:
            return await Health(
                client=services.client,
                robots=services.articles.robots,
                store=services.store,
                thread=services.thread,
                parse=services.documents.parse,
                clock=newsroom.clock.now,
                outlets={one.name: one for one in settings.outlets},
            ).check()

    return asyncio.run(run())


def entries(site: FakeSite, numbers: range, age: timedelta = timedelta()) -> list[Entry]:
    """One item every six hours, the first one an hour (and ``age``) ago."""
    return [Entry(number=n, link=site.url(f"/{n}"), age=age + timedelta(hours=1 + 6 * n)) for n in numbers]


def home(site: FakeSite, *feeds: str) -> str:
    links = "".join(f'<link rel=alternate type="application/rss+xml" href="{path}">' for path in feeds)
    site.serve("/", f"<html>{links}</html>", content_type="text/html")
    return f'"{site.url("/")}"'


def test_a_feed_that_is_gone_is_told_once_a_day_with_the_one_that_took_its_place(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.status("/feed", 410)
    site.serve("/feed2", rss(entries(site, range(3)), title="Port again"))
    newsroom.outlets(outlet("Port", site.url("/feed"), homepage=home(site, "/feed", "/feed2")))
    poll(newsroom, force=False)

    first = check(newsroom)
    newsroom.clock.advance(hours=1)
    again = check(newsroom)
    newsroom.clock.advance(days=1)
    (next_day,) = check(newsroom)

    url = site.url("/feed2")
    (event,) = first
    assert (event.outlet, event.kind) == ("Port", "died")
    assert event.text == (
        "its feed answers 410 Gone and is not polled any more; "
        f'its home page links {url}: run "aggregator add {url}"'
    )
    assert again == ()
    assert next_day.text == event.text
    assert newsroom.health()["Port"].offers == (Offer(url=url, title="Port again"),)
    with newsroom.store() as store:
        assert store.events(event.at) == (next_day, event)


def test_a_run_that_finds_the_check_due_reports_what_it_told(newsroom: Newsroom, site: FakeSite) -> None:
    site.status("/feed", 410)
    newsroom.outlets(outlet("Port", site.url("/feed"), homepage=home(site)))

    first, again = newsroom.once(), newsroom.once()
    newsroom.clock.advance(days=1)
    next_day = newsroom.once()

    assert [(event.outlet, event.kind) for event in first.events] == [("Port", "died")]
    assert again.events == ()
    assert [event.text for event in next_day.events] == [event.text for event in first.events]


def test_an_outlet_that_names_only_its_page_follows_it_to_the_next_feed(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve("/feed", rss(entries(site, range(3))))
    newsroom.outlets(f'name = "Port"\nhomepage = {home(site, "/feed", "/feed2")}\nfull_text = "never"')
    newsroom.once()
    site.status("/feed", 410)
    site.serve("/feed2", rss(entries(site, range(3, 6))))
    newsroom.clock.advance(days=2)

    (event,) = newsroom.once().events
    newsroom.once()

    url = site.url("/feed2")
    assert event.text == (
        f"its feed answers 410 Gone; its home page links {url}, which is polled from now on"
    )
    with newsroom.store() as store:
        assert [feed.url for feed in store.watched()] == [url]
        assert len(list(store.items())) == 6


def test_a_page_is_searched_once_a_week(newsroom: Newsroom, site: FakeSite) -> None:
    site.status("/feed", 410)
    newsroom.outlets(outlet("Port", site.url("/feed"), homepage=home(site)))
    poll(newsroom, force=False)

    for _ in range(7):
        check(newsroom)
        newsroom.clock.advance(days=1)
    assert len(site.asked("/")) == 1
    check(newsroom)
    assert len(site.asked("/")) == 2


def test_a_page_that_robots_txt_closes_is_not_searched(newsroom: Newsroom, site: FakeSite) -> None:
    site.status("/feed", 410)
    site.serve("/feed2", rss(entries(site, range(3))))
    site.serve("/robots.txt", "User-agent: *\nDisallow: /\n", content_type="text/plain")
    newsroom.outlets(outlet("Port", site.url("/feed"), homepage=home(site, "/feed2")))
    poll(newsroom, force=False)

    check(newsroom)
    assert site.paths() == ["/feed", "/robots.txt"]
    assert newsroom.health()["Port"].offers == ()


def test_a_silent_feed_is_told_and_forgotten_when_it_speaks(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed", rss(entries(site, range(30))))
    newsroom.outlets(outlet("Port", site.url("/feed"), homepage=home(site, "/feed")))
    poll(newsroom, force=False)
    assert check(newsroom) == ()

    newsroom.clock.advance(days=5)
    poll(newsroom)
    (event,) = check(newsroom)

    assert event.kind == "silent"
    assert event.text.startswith(
        "its feed has been silent for 5 d 1 h; before that 30 items came in 7 d 6 h; "
    )
    assert newsroom.health()["Port"].offers == ()

    site.serve(
        "/feed", rss([*entries(site, range(30)), Entry(number=99, link=site.url("/99"), age=-5 * DAY)])
    )
    poll(newsroom)
    newsroom.clock.advance(days=1)
    assert check(newsroom) == ()
    assert newsroom.health()["Port"].suspicion == ""


def test_a_feed_that_was_swapped_is_told_and_accepted_after_two_weeks_of_items(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve("/feed", rss(entries(site, range(5)), title="Port News"))
    newsroom.outlets(outlet("Port", site.url("/feed"), homepage=home(site, "/feed")))
    poll(newsroom, force=False)
    site.serve("/feed", rss(entries(site, range(50, 55)), title="Lucky Casino"))
    newsroom.clock.advance(days=1)
    poll(newsroom)

    (event,) = check(newsroom)
    assert event.kind == "drifted"
    assert 'it calls itself "Lucky Casino" now, it was "Port News"' in event.text

    newsroom.clock.advance(days=13)
    new = Entry(number=60, link=site.url("/60"), age=-13 * DAY)
    site.serve("/feed", rss([new, *entries(site, range(50, 55))], title="Lucky Casino"))
    poll(newsroom)
    assert [one.kind for one in check(newsroom)] == ["drifted"]
    newsroom.clock.advance(days=2)
    assert check(newsroom) == ()


def test_nobody_is_troubled_while_all_is_well(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed", rss(entries(site, range(5))))
    site.status("/down", 500)
    newsroom.outlets(
        outlet("Port", site.url("/feed")),
        outlet("Down", site.url("/down", host=1)),
        outlet("Off", site.url("/off"), enabled="false"),
    )
    poll(newsroom, force=False)
    asked = len(site.requests)

    assert check(newsroom) == ()
    assert len(site.requests) == asked


# ── mirrors ──────────────────────────────────────────────────────────────────────────────────


def serve_sections(site: FakeSite, *, sport: Mapping[int, str] | None = None) -> None:
    """All items, and every second of them once more, each with the same page."""
    site.serve("/all", rss(entries(site, range(30)), title="All"))
    own = [Entry(number=n, link=site.url(path), age=timedelta(hours=5)) for n, path in (sport or {}).items()]
    site.serve("/sport", rss([*own, *entries(site, range(0, 30, 2))], title="Sport"))


def poll_thrice(newsroom: Newsroom) -> None:
    for _ in range(3):
        poll(newsroom)
        newsroom.clock.advance(hours=2)


def test_a_section_within_another_feed_rests_and_comes_back_with_an_item_of_its_own(
    newsroom: Newsroom, site: FakeSite
) -> None:
    serve_sections(site)
    newsroom.outlets(
        outlet("Port", site.url("/all"), tags='["port"]'),
        outlet("Port sport", site.url("/sport"), tags='["sport"]'),
    )
    poll_thrice(newsroom)

    check(newsroom)

    mirror = newsroom.health()["Port sport"]
    assert (mirror.condition, mirror.merged_into) == (FeedCondition.MIRROR, site.url("/all"))
    assert mirror.next_poll_at == newsroom.clock.now() + DAY
    site.forget()
    newsroom.clock.advance(hours=23)
    poll(newsroom, force=False)
    assert site.paths() == ["/all"]
    newsroom.clock.advance(hours=1)
    poll(newsroom, force=False)
    assert "/sport" in site.paths()
    assert newsroom.health()["Port sport"].condition is FeedCondition.MIRROR

    serve_sections(site, sport={100: "/own"})
    newsroom.clock.advance(days=1)
    poll(newsroom, force=False)
    newsroom.clock.advance(days=1)
    poll(newsroom, force=False)
    assert newsroom.health()["Port sport"].condition is FeedCondition.OK


def test_a_feed_whose_keeper_says_when_it_is_polled_is_never_a_mirror(
    newsroom: Newsroom, site: FakeSite
) -> None:
    serve_sections(site)
    newsroom.outlets(outlet("Port", site.url("/all")), outlet("Port sport", site.url("/sport"), every='"1h"'))
    poll_thrice(newsroom)

    check(newsroom)

    assert newsroom.health()["Port sport"].condition is FeedCondition.OK


def test_a_mirror_is_polled_again_when_the_other_feed_leaves_the_list_or_dies(
    newsroom: Newsroom, site: FakeSite
) -> None:
    serve_sections(site)
    both = (outlet("Port", site.url("/all")), outlet("Port sport", site.url("/sport")))
    newsroom.outlets(*both)
    poll_thrice(newsroom)
    check(newsroom)
    assert newsroom.health()["Port sport"].condition is FeedCondition.MIRROR

    site.status("/all", 410)
    poll(newsroom)
    check(newsroom)

    assert newsroom.health()["Port sport"].condition is FeedCondition.OK
