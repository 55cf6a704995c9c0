"""Runs that leave sites in peace: what one run learned holds for the next, and our own outage blames none."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator import app, config
from aggregator import poll as poll_module
from aggregator.core.surge import Surges
from aggregator.model import FeedCondition, Rhythm
from aggregator.report import RunOptions, exit_code, no_name_was_found
from aggregator.rounds import Round
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply
from tests.press import Entry, Newsroom, free_port, outlet, page, rss, story


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=6) as running:
        yield running


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


def test_the_next_run_obeys_what_an_earlier_one_was_asked_even_when_forced(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.script("/feed.xml", Reply(status=429, headers={"Retry-After": "7200"}))
    newsroom.once()
    site.serve("/feed.xml", rss([Entry(number=1)]))
    site.forget()
    newsroom.clock.advance(hours=1)
    report = newsroom.once(force=True)
    assert (site.paths(), report.polled, exit_code(report)) == ([], 0, 0)
    newsroom.clock.advance(hours=1)
    assert newsroom.once().items_new == 1


def test_one_routes_503_does_not_stall_its_sibling_feeds(newsroom: Newsroom, site: FakeSite) -> None:
    """Edge case 8 (FreshRSS#7870)."""
    newsroom.outlets(outlet("A", site.url("/a.xml")), outlet("B", site.url("/b.xml")))
    site.script("/a.xml", Reply(status=503, headers={"Retry-After": "7200"}))
    site.serve("/b.xml", rss([Entry(number=1)]))
    newsroom.once()
    assert {name: feed.condition for name, feed in newsroom.health().items()} == {
        "A": FeedCondition.FAILING,
        "B": FeedCondition.OK,
    }


def test_a_site_that_refuses_two_of_its_feeds_is_not_asked_for_the_third(
    newsroom: Newsroom, site: FakeSite
) -> None:
    names = ("a", "b", "c")
    newsroom.outlets(*(outlet(name.upper(), site.url(f"/{name}.xml")) for name in names))
    for name in names:
        site.script(f"/{name}.xml", Reply(status=429, headers={"Retry-After": "7200"}))
    report = newsroom.once()
    assert len(site.paths()) == 2
    assert (report.polled, report.failed) == (2, 2)
    third = newsroom.health()["C"]
    assert (third.condition, third.polls) == (FeedCondition.NEW, 0)  # put off, not failed
    assert third.next_poll_at == NOW + timedelta(hours=2)
    with newsroom.store() as store:
        assert store.history("C") == ()


def test_pages_of_a_site_that_wants_quiet_wait_without_an_attempt(newsroom: Newsroom, site: FakeSite) -> None:
    entries = [Entry(number=n, link=site.url(f"/{n}.html")) for n in range(3)]
    site.serve("/feed.xml", rss(entries))
    for n in range(3):
        site.script(
            f"/{n}.html",
            Reply(status=429, headers={"Retry-After": "18000"}),
        )
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), full_text="always"))
    newsroom.once()
    asked = [path for path in site.paths() if path.endswith(".html")]
    assert len(asked) == 2
    for n in range(3):
        site.serve(f"/{n}.html", page(f"Story {n}", story(f"pier {n}")), content_type="text/html")
    newsroom.clock.advance(hours=6)
    assert newsroom.once(force=True).articles_extracted == 3


def test_an_outage_of_our_own_is_held_against_no_feed(newsroom: Newsroom, site: FakeSite) -> None:
    dead = free_port()
    names = [f"Outlet {n}" for n in range(6)]
    newsroom.outlets(
        *(outlet(name, f"http://127.0.0.{n + 1}:{dead}/feed.xml") for n, name in enumerate(names))
    )
    report = newsroom.once()
    assert exit_code(report) == 1
    assert any("network seems to be out" in note for note in report.notes)
    health = newsroom.health()
    assert {feed.condition for feed in health.values()} == {FeedCondition.NEW}
    assert {feed.reason for feed in health.values()} == {""}
    with newsroom.store() as store:
        assert [event for name in names for event in store.history(name)] == []
        assert store.count_due(newsroom.clock.now()) == 6


def test_one_outlet_that_is_down_is_held_against_that_outlet(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1)]))
    up = [outlet(f"Up {n}", site.url("/feed.xml", host=n)) for n in range(5)]
    newsroom.outlets(outlet("Down", f"http://127.0.0.9:{free_port()}/feed.xml"), *up)
    newsroom.once()
    conditions = {name: feed.condition for name, feed in newsroom.health().items()}
    assert conditions.pop("Down") is FeedCondition.FAILING
    assert set(conditions.values()) == {FeedCondition.OK}


def test_a_bot_wall_is_a_state_of_its_own(newsroom: Newsroom, site: FakeSite) -> None:
    """Edge case 13."""
    challenge = Reply(
        status=403,
        headers={"cf-mitigated": "challenge", "server": "cloudflare"},
        body=b"<!DOCTYPE html><title>Just a moment...</title>",
        content_type="text/html",
    )
    site.script("/feed.xml", challenge)
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    newsroom.once()
    feed = newsroom.health()["Port"]
    assert feed.condition is FeedCondition.BLOCKED
    assert "blocked by a bot wall" in feed.reason


async def test_a_run_waits_for_those_who_stand_behind_too_many_others_of_their_site(
    newsroom: Newsroom, site: FakeSite
) -> None:
    entries = [Entry(number=n, link=site.url(f"/{n}.html")) for n in range(6)]
    for n in range(6):
        site.serve(f"/{n}.html", page(f"Story {n}", story(f"pier {n}")), content_type="text/html")
        site.serve(f"/{n}.xml", rss(entries[n : n + 1]))
    newsroom.outlets(*(outlet(f"Port {n}", site.url(f"/{n}.xml"), full_text="always") for n in range(6)))
    async with app.open_services(config.load(newsroom.file), queue=1) as services:
        report = await Round(services=services, started=services.clock()).run()
    assert (report.polled, report.articles_extracted) == (6, 6)


async def test_breaking_news_at_some_outlets_brings_the_others_polls_forward(
    newsroom: Newsroom, site: FakeSite
) -> None:
    names = [f"Outlet {n}" for n in range(30)]
    usual = [Entry(number=n, age=timedelta(days=1 + n)) for n in range(10)]
    for n in range(30):
        site.serve(f"/{n}.xml", rss(usual))
    newsroom.outlets(*(outlet(name, site.url(f"/{n}.xml", host=n % 6)) for n, name in enumerate(names)))
    clock, surges = newsroom.clock, Surges()
    async with app.open_services(config.load(newsroom.file), clock=clock.now, surges=surges) as services:
        await Round(services=services, started=clock.now()).run()
        planned = {feed.outlet: feed.next_poll_at for feed in services.store.health()}
        clock.advance(minutes=30)
        for n in range(8):
            site.serve(f"/{n}.xml", rss([Entry(number=99, age=timedelta(minutes=-28)), *usual]))
        early = RunOptions(force=True, outlets=tuple(names[:8]))
        await Round(services=services, started=clock.now(), options=early).run()
        assert surges.now(clock.now()) != ()
        moved = services.store.stir(surges.now(clock.now()), clock.now())
    sooner = {
        name
        for name, feed in newsroom.health().items()
        if feed.next_poll_at and feed.next_poll_at <= clock.now() + timedelta(minutes=2)
    }
    assert sooner == set(names[8:])
    assert moved == 22
    assert all((planned[name] or clock.now()) > clock.now() for name in names)


def test_many_dead_outlets_are_not_taken_for_an_outage_of_our_own_run_after_run(
    newsroom: Newsroom, site: FakeSite
) -> None:
    dead = free_port()
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.outlets(
        *(outlet(f"Dead {n}", f"http://127.0.1.{n + 1}:{dead}/feed.xml") for n in range(8)),
        *(outlet(f"Live {n}", site.url("/feed.xml", host=n)) for n in range(3)),
    )
    newsroom.once()
    newsroom.clock.advance(minutes=1)
    only_dead = newsroom.once(force=True, outlets=tuple(f"Dead {n}" for n in range(8)))
    assert (only_dead.polled, only_dead.failed, only_dead.notes) == (8, 8, ())
    health = newsroom.health()
    assert {health[f"Live {n}"].condition for n in range(3)} == {FeedCondition.OK}
    assert {health[f"Dead {n}"].condition for n in range(8)} == {FeedCondition.FAILING}
    with newsroom.store() as store:
        assert {len(store.history(f"Dead {n}")) for n in range(8)} == {2}


def test_a_run_whose_time_is_over_asks_for_nothing_more(newsroom: Newsroom, site: FakeSite) -> None:
    entries = [Entry(number=n, link=site.url(f"/{n}.html")) for n in range(30)]
    site.serve("/feed.xml", rss(entries))
    for n in range(30):
        site.serve(f"/{n}.html", page(f"Story {n}", story(f"pier {n}")), content_type="text/html")
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), full_text="always"))
    newsroom.file.write_text(
        newsroom.file.read_text().replace('per_host_delay = "0s"', 'per_host_delay = "1s"')
    )
    run = newsroom.scheduler("--once", "--json", "--max-seconds", "3", timeout=60)
    assert run.returncode == 0, run.stderr
    assert 1 <= len(site.paths()) <= 8
    assert len(newsroom.items()) == 30


@pytest.mark.parametrize("ahead", [{"hours": 3}, {"days": 365}])
def test_a_clock_that_was_ahead_once_stops_no_polls(
    newsroom: Newsroom, site: FakeSite, ahead: dict[str, float]
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.clock.jump(**ahead)
    newsroom.once()
    newsroom.clock.jump(**{unit: -value for unit, value in ahead.items()})
    newsroom.clock.advance(minutes=10)
    assert newsroom.once().polled == 1
    newsroom.clock.advance(minutes=10)
    assert newsroom.once(force=True).polled == 1


def test_a_fault_of_ours_at_one_feed_does_not_stop_the_others(
    newsroom: Newsroom, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edge case 19."""

    def learn(rhythm: Rhythm, arrivals: Sequence[datetime], now: datetime, *, gap: bool = False) -> Rhythm:
        if len(arrivals) == 3:
            raise OverflowError("too much")
        return rhythm

    monkeypatch.setattr(poll_module, "learn", learn)
    for n in range(4):
        site.serve(f"/{n}.xml", rss([Entry(number=one) for one in range(n + 1)]))
    newsroom.outlets(*(outlet(f"Port {n}", site.url(f"/{n}.xml")) for n in range(4)))
    report = newsroom.once()
    assert (report.polled, report.failed) == (4, 1)
    broken = newsroom.health()["Port 2"]
    assert (broken.condition, "too much" in broken.reason) == (FeedCondition.FAILING, True)


def test_pages_of_an_outlet_that_was_disabled_are_left_alone(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1.html"))]))
    site.script("/1.html", Reply(status=500))
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), full_text="always"))
    newsroom.once()
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), full_text="always", enabled="false"))
    site.forget()
    newsroom.clock.advance(days=2)
    newsroom.once()
    assert site.paths() == []


def test_without_a_network_an_outlet_that_names_only_its_page_fails_by_its_name(newsroom: Newsroom) -> None:
    newsroom.outlets(
        'name = "A"\nhomepage = "https://a.invalid/"\n', outlet("B", "https://b.invalid/feed.xml")
    )
    report = newsroom.once()
    assert (exit_code(report), no_name_was_found(report)) == (1, True)
    assert [failure.reason for failure in report.failures if failure.outlet == "A"] == [
        "the name a.invalid could not be looked up"
    ]
