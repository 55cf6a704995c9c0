"""The daemon's jobs, each run when a test says so: nothing of what it does by itself gets lost unnoticed.

The daemon is the real one, over a real store, real sockets and a clock that stands still; only the scheduler
that would start its jobs every few seconds is replaced.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from aggregator import app, config, daemon
from aggregator.model import FeedCondition
from aggregator.report import RunOptions
from aggregator.rounds import Round, Services
from aggregator.store import Store
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply, Request
from tests.hub import Hub
from tests.press import Entry, Newsroom, free_port, outlet, rss
from tests.test_backfill import AFTER, BEFORE, WINDOW, document, numbers, sitemap
from tests.test_websub import feed_of

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Recorder:
    """Stands where APScheduler would: keeps the jobs, and runs none by itself."""

    jobs: dict[str, Callable[[], Any]] = field(default_factory=dict)
    paces: dict[str, timedelta] = field(default_factory=dict)
    first_runs: set[datetime] = field(default_factory=set)
    manners: list[dict[str, Any]] = field(default_factory=list)
    owner: Any = None
    started: asyncio.Event = field(default_factory=asyncio.Event)

    def add_job(
        self, run: Any, trigger: Any, *, args: tuple[Any], next_run_time: datetime, **manner: Any
    ) -> None:
        name = manner.pop("id").removeprefix("_Jobs.")
        self.jobs[name] = lambda: run(*args)
        self.paces[name] = trigger.interval
        self.first_runs.add(next_run_time)
        self.manners.append(manner)
        if name == "tick":
            self.owner = args[0].__self__

    def start(self) -> None:
        self.started.set()

    def shutdown(self, *, wait: bool) -> None:
        del wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A daemon at work, whose jobs run when the test wants them to."""

    newsroom: Newsroom
    recorder: Recorder

    @property
    def services(self) -> Services:
        services: Services = self.recorder.owner.services
        return services

    async def run(self, name: str) -> None:
        """What the scheduler does when it is time for this job."""
        await self.recorder.jobs[name]()

    async def tick(self) -> None:
        """A tick, and the end of the polls that it began."""
        await self.run("tick")
        await self.recorder.owner.round.feeds.drain()


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=20) as running:
        yield running


@asynccontextmanager
async def at_work(newsroom: Newsroom) -> AsyncIterator[Desk]:
    """The daemon over the newsroom's configuration, until the block is left."""

    async def nothing_odd(*_: Any, **__: Any) -> NoReturn:
        await asyncio.Event().wait()  # the clock moves by leaps here: none is to be noticed
        raise AssertionError

    recorder, listening = Recorder(), []

    def listen(signals: Any) -> None:
        listening.append(signals)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon, "AsyncIOScheduler", lambda **_: recorder)
        patch.setattr(daemon._Signals, "listen", listen)
        patch.setattr(daemon, "watch", nothing_odd)
        patch.setattr(daemon, "DRAIN", 0.0)
        loaded = config.load(newsroom.file)
        running = asyncio.create_task(daemon._run(loaded, lambda: loaded, newsroom.clock.now))
        started = asyncio.create_task(recorder.started.wait())
        try:
            await asyncio.wait([running, started], return_when=asyncio.FIRST_COMPLETED)
            assert not running.done(), running.result()
            yield Desk(newsroom=newsroom, recorder=recorder)
        finally:
            started.cancel()
            for signals in listening:
                signals.stop.set()
            assert await running == 0


async def planned(newsroom: Newsroom, times: Mapping[int, datetime]) -> None:
    """The feeds of feeds.toml, numbered from 1, are to be polled at these times."""
    async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        await Round(services=services, started=newsroom.clock.now()).prepare()
        services.store.bring_forward(times)


def connections(newsroom: Newsroom, most: int) -> None:
    """Let the configuration allow so many at once."""
    text = newsroom.file.read_text()
    newsroom.file.write_text(text.replace("[fetch]\n", f"[fetch]\nconnections = {most}\n"))


def crowd(newsroom: Newsroom, site: FakeSite, size: int) -> list[str]:
    """So many outlets on all hosts of a site that has none of their feeds; the paths of these."""
    paths = [f"/{n}.xml" for n in range(size)]
    hosts = len(site.hosts)
    newsroom.outlets(*(outlet(path, site.url(path, host=n % hosts)) for n, path in enumerate(paths)))
    return paths


# ── which jobs there are ─────────────────────────────────────────────────────────────────────


async def test_every_job_runs_at_once_and_then_at_its_pace(newsroom: Newsroom) -> None:
    newsroom.outlets()
    async with at_work(newsroom) as desk:
        recorder = desk.recorder
    assert recorder.paces == {
        "tick": SECOND,
        "look_again": 30 * SECOND,
        "Round.index": 5 * SECOND,
        "Round.place_stories": 5 * SECOND,
        "notify": 15 * SECOND,
        "digest": 30 * SECOND,
        "comments": 30 * SECOND,
        "boxes": 30 * SECOND,
        "publish": 30 * SECOND,
        "upkeep": 10 * MINUTE,
        "health": 10 * MINUTE,
        "prune": 10 * MINUTE,
        "gaps": 30 * SECOND,
        "probe": 30 * SECOND,
        "stir": MINUTE,
        "Holds.sync": 30 * SECOND,
    }
    assert recorder.first_runs == {NOW}
    once_at_a_time = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    assert recorder.manners == [once_at_a_time] * len(recorder.jobs)


async def test_hubs_are_asked_every_minute_where_they_can_reach_us(
    newsroom: Newsroom, site: FakeSite
) -> None:
    port, topic = free_port(), site.url("/feed.xml")
    hub = Hub(site, clock=newsroom.clock.now)
    site.serve("/feed.xml", feed_of(1, hub=hub.url, topic=topic))
    web = f'[web]\nlisten = "127.0.0.1:{port}"\nbase_url = "http://127.0.0.1:{port}/"\n'
    newsroom.outlets(outlet("Port", topic), extra=web)
    async with at_work(newsroom) as desk:
        assert desk.recorder.paces["Subscriber.tick"] == MINUTE
        await desk.tick()
        await desk.run("Subscriber.tick")
        await asyncio.to_thread(hub.verified)
        assert newsroom.health()["Port"].push == "active"


# ── the start ────────────────────────────────────────────────────────────────────────────────


async def test_far_more_than_can_be_asked_at_once_is_asked_one_after_another_at_the_start(
    newsroom: Newsroom, site: FakeSite
) -> None:
    paths = crowd(newsroom, site, 300)
    connections(newsroom, 30)
    asked = []
    async with at_work(newsroom) as desk:
        for _ in range(31):
            await desk.tick()
            asked.append(len(site.requests))
            newsroom.clock.advance(SECOND)
    assert asked == [*range(1, 300, 10), 300]  # a third of a request a second for each connection
    assert sorted(site.paths()) == sorted(paths)


async def test_what_can_be_asked_at_once_is_asked_at_once(newsroom: Newsroom, site: FakeSite) -> None:
    paths = crowd(newsroom, site, 10)
    connections(newsroom, 30)
    async with at_work(newsroom) as desk:
        await desk.tick()
    assert sorted(site.paths()) == sorted(paths)


# ── our own network ──────────────────────────────────────────────────────────────────────────


async def test_an_outage_of_our_own_stops_the_polls_until_a_probe_finds_it_over(newsroom: Newsroom) -> None:
    port = free_port()
    names = [f"Outlet {n}" for n in range(1, 7)]
    newsroom.outlets(
        *(outlet(name, f"http://127.0.0.{n}:{port}/feed.xml") for n, name in enumerate(names, 1))
    )
    await planned(newsroom, dict.fromkeys((5, 6), NOW + MINUTE))
    async with at_work(newsroom) as desk:
        await desk.tick()
        assert conditions(newsroom) == [FeedCondition.FAILING] * 4 + [FeedCondition.NEW] * 2
        newsroom.clock.advance(MINUTE)
        await desk.tick()
        assert desk.services.network.out
        with FakeSite.running(hosts=6, port=port) as site:
            site.serve("/feed.xml", rss([Entry(number=1)]))
            await desk.tick()
            assert site.requests == []
            assert conditions(newsroom) == [FeedCondition.NEW] * 6
            forgiven = newsroom.health().values()
            assert {(feed.reason, feed.polls, feed.failing_since) for feed in forgiven} == {("", 0, None)}
            with newsroom.store() as store:
                assert [event for name in names for event in store.history(name)] == []
            await desk.run("probe")
            assert (desk.services.network.out, site.requests) == (False, [])
            await desk.tick()
            assert site.paths() == ["/feed.xml"] * 6
    assert conditions(newsroom) == [FeedCondition.OK] * 6


def conditions(newsroom: Newsroom) -> list[FeedCondition]:
    """By the outlets' names."""
    return [feed.condition for _, feed in sorted(newsroom.health().items())]


# ── other processes ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def refusing(newsroom: Newsroom, site: FakeSite) -> FakeSite:
    """Outlets Alpha, Beta and Gamma on one host, which wants two hours of quiet from the first two."""
    for name in ("Alpha", "Beta"):
        site.script(f"/{name}.xml", Reply(status=429, headers={"Retry-After": "7200"}))
    site.serve("/Gamma.xml", rss([Entry(number=1)]))
    newsroom.outlets(*(outlet(name, site.url(f"/{name}.xml")) for name in ("Alpha", "Beta", "Gamma")))
    return site


async def test_quiet_that_another_process_was_asked_for_is_kept_here_too(
    newsroom: Newsroom, refusing: FakeSite
) -> None:
    async with at_work(newsroom) as desk:
        async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as other:
            early = RunOptions(outlets=("Alpha", "Beta"))
            await Round(services=other, started=newsroom.clock.now(), options=early).run()
        refusing.forget()
        await desk.run("Holds.sync")
        await desk.tick()
    third = newsroom.health()["Gamma"]
    assert (refusing.paths(), third.polls, third.next_poll_at) == ([], 0, NOW + 2 * HOUR)


async def test_quiet_that_we_were_asked_for_is_told_to_other_processes(
    newsroom: Newsroom, refusing: FakeSite
) -> None:
    await planned(newsroom, {3: NOW + HOUR})
    async with at_work(newsroom) as desk:
        await desk.tick()
        await desk.run("Holds.sync")
        with newsroom.store() as store:
            told = [(hold.key, hold.until) for hold in store.remembered(NOW).holds]
    asked_for = (refusing.url("/Alpha.xml"), refusing.url("/Beta.xml"), f"127.0.0.1:{refusing.port}")
    assert sorted(told) == sorted((key, NOW + 2 * HOUR) for key in asked_for)


# ── beside the polls ─────────────────────────────────────────────────────────────────────────


async def test_what_came_and_went_between_two_polls_is_looked_for_while_the_network_is_there(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), homepage=f'"{site.url("/")}"'))
    site.serve("/sitemap.xml", sitemap(site, range(1, AFTER + 1)))
    site.serve("/feed.xml", document(site, *range(1, BEFORE + 1)), last_modified=None)
    async with at_work(newsroom) as desk:
        await desk.tick()
        newsroom.clock.advance(4 * HOUR)
        desk.services.store.bring_forward({1: newsroom.clock.now()})
        seen = range(AFTER - WINDOW + 1, AFTER + 1)
        site.serve("/feed.xml", document(site, *seen), last_modified=None)
        await desk.tick()
        missing = [*range(1, BEFORE + 1), *seen]
        assert numbers(newsroom.items()) == missing
        desk.services.network.out = True
        await desk.run("gaps")
        assert numbers(newsroom.items()) == missing
        desk.services.network.out = False
        await desk.run("gaps")
    assert numbers(newsroom.items()) == list(range(1, AFTER + 1))


async def test_breaking_news_at_some_outlets_has_the_others_asked(newsroom: Newsroom, site: FakeSite) -> None:
    paths = crowd(newsroom, site, 30)
    usual = [Entry(number=n, age=timedelta(days=1 + n)) for n in range(10)]
    for path in paths:
        site.serve(path, rss(usual))
    async with at_work(newsroom) as desk:
        await desk.tick()
        newsroom.clock.advance(30 * MINUTE)
        for path in paths[:8]:
            site.serve(path, rss([Entry(number=99, age=-28 * MINUTE), *usual]))
        desk.services.store.bring_forward(dict.fromkeys(range(1, 9), newsroom.clock.now()))
        site.forget()
        await desk.tick()
        assert sorted(site.paths()) == sorted(paths[:8])
        await desk.run("stir")
        newsroom.clock.advance(2 * MINUTE)  # those that are brought forward are spread
        await desk.tick()
    assert sorted(site.paths()) == sorted(paths)


async def test_a_crowd_of_feeds_at_one_site_leaves_room_for_the_others(
    newsroom: Newsroom, site: FakeSite
) -> None:
    async def never(_: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    slow, quick = [f"/slow/{n}.xml" for n in range(200)], [f"/quick/{n}.xml" for n in range(10)]
    for path in slow:
        site.on(path, never)
    newsroom.outlets(
        *(outlet(path, site.url(path)) for path in slow),
        *(outlet(path, site.url(path, host=n)) for n, path in enumerate(quick, 1)),
    )
    both = range(1, len(slow) + len(quick) + 1)
    await planned(newsroom, dict.fromkeys(both, NOW + HOUR))
    async with at_work(newsroom) as desk:
        await desk.run("tick")  # nothing is due at the start, so there is nothing to spread
        overdue = {number: NOW - (2 if number <= len(slow) else 1) * MINUTE for number in both}
        desk.services.store.bring_forward(overdue)
        async with asyncio.timeout(20):
            while not set(quick) <= set(site.paths()):
                await desk.run("tick")
                await asyncio.sleep(0.02)


async def test_stored_texts_are_compared_batch_by_batch_for_two_seconds_at_a_time(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.outlets()
    batches = []

    def slow(_store: Store, limit: int) -> bool:
        newsroom.clock.advance(seconds=0.5)
        batches.append(limit)
        return True

    monkeypatch.setattr(Store, "sketch_stored", slow)
    async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        await Round(services=services, started=newsroom.clock.now()).index()

    assert len(batches) == 4


async def test_what_comes_while_files_are_published_is_published_the_next_time(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.outlets(extra='[publish]\ndirectory = "public"\n')
    async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        here = Round(services=services, started=newsroom.clock.now())

        def next_release(*_: Any) -> None:
            here.unpublished = True  # a poll had news just then

        monkeypatch.setattr(Store, "next_release", next_release)
        await here.publish()
        assert here.is_stale()
        monkeypatch.undo()
        await here.publish()
        assert not here.is_stale()


async def test_the_end_of_the_daemon_leaves_the_website_for_the_next_start(newsroom: Newsroom) -> None:
    newsroom.outlets(extra='[publish]\ndirectory = "public"\nformats = ["atom", "html"]\n')
    async with at_work(newsroom) as desk:
        await desk.run("tick")
    public = newsroom.directory / "public"
    assert (public / "feed.atom").exists()
    assert not (public / "index.html").exists()


async def test_nothing_of_a_website_is_begun_when_the_time_is_over_but_the_feeds_are_published(
    newsroom: Newsroom,
) -> None:
    newsroom.outlets(extra='[publish]\ndirectory = "public"\nformats = ["atom", "html"]\n')
    async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        options = RunOptions(max_time=timedelta(0))
        here = Round(services=services, started=newsroom.clock.now(), options=options)
        await here.prepare()
        await here.publish()
    public = newsroom.directory / "public"
    assert (public / "feed.atom").exists()
    assert not (public / "index.html").exists()
    assert here.is_stale()
