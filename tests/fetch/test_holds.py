"""Who wants quiet is not asked: Retry-After and refusals, within a run and from run to run."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.core.holds import Remembered, Scope
from aggregator.fetch.client import Client
from aggregator.fetch.holds import Holds, Queued
from aggregator.fetch.hosts import Gate, site_of
from aggregator.fetch.robots import Robots
from aggregator.model import Fetched, FetchFailed, FetchResult, PutOff
from aggregator.store import Store
from tests.conftest import NOW
from tests.fakes import FakeClock, FakeSite, Reply, settle
from tests.fetch.arrange import a_client

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title></channel></rss>"
DAY = timedelta(days=1)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        for path in ("/a", "/b", "/c"):
            running.serve(path, RSS)
        yield running


@dataclass
class Run:
    """One run of the program: its gate, its memory, its client."""

    clock: FakeClock
    gate: Gate
    holds: Holds
    client: Client

    async def get(self, url: str) -> FetchResult:
        return await self.client.get(url)


@asynccontextmanager
async def a_run(
    clock: FakeClock, store: Store | None = None, *, delay: float = 0.0, queue: int | None = None
) -> AsyncIterator[Run]:
    gate = Gate(64, delay, monotonic=clock.monotonic, sleep=clock.sleep, queue=queue)

    async def load(now: datetime) -> Remembered:
        return Remembered() if store is None else store.remembered(now)

    async def save(known: Remembered, present: Remembered, now: datetime) -> None:
        if store is not None:
            store.remember(known, present, now)

    holds = Holds(gate, now=clock.now, jitter=lambda: 0.0, load=load, save=save)
    await holds.load()
    async with a_client(gate=gate, holds=holds) as client:
        yield Run(clock, gate, holds, client)
    await holds.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(skip=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'news.db'}")
    yield opened
    opened.close()


def refuse(site: FakeSite, path: str, wait: str | None = "3600", *, status: int = 429) -> None:
    site.status(path, status, headers={} if wait is None else {"Retry-After": wait})


# ── one run ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("retry_after", "date", "wait"),
    [
        ("120", None, timedelta(seconds=120)),
        ("317100", None, timedelta(seconds=317100)),
        ("Fri, 20 Nov 2026 12:10:00 GMT", "Fri, 20 Nov 2026 12:00:00 GMT", timedelta(minutes=10)),
        # their clock is a year behind ours: the date counts from theirs
        ("Thu, 20 Nov 2025 12:10:00 GMT", "Thu, 20 Nov 2025 12:00:00 GMT", timedelta(minutes=10)),
        ("315360000", None, timedelta(days=31)),
        ("Wed, 20 Nov 2036 12:00:00 GMT", "Fri, 20 Nov 2026 12:00:00 GMT", timedelta(days=31)),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 403, 500, 200])
async def test_the_next_request_goes_out_at_the_stated_time_bounded_at_31_days(
    site: FakeSite, clock: FakeClock, status: int, retry_after: str, date: str | None, wait: timedelta
) -> None:
    """Mark 15: seconds, a date, ten years."""
    headers = {"Retry-After": retry_after} | ({"Date": date} if date else {})
    site.script("/a", Reply(status=status, headers=headers, body=RSS), Reply(body=RSS))
    async with a_run(clock) as run:
        await run.get(site.url("/a"))
        clock.advance(wait - timedelta(seconds=1))
        put_off = await run.get(site.url("/a"))
        assert isinstance(put_off, PutOff)
        assert (put_off.url, put_off.until) == (site.url("/a"), NOW + wait)
        assert len(site.requests) == 1
        clock.advance(seconds=1)
        assert isinstance(await run.get(site.url("/a")), Fetched)


@pytest.mark.parametrize("garbage", ["-5", "soon", "", "1e9", "12:00", "0", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_a_negative_past_or_garbled_retry_after_changes_nothing(
    site: FakeSite, clock: FakeClock, garbage: str
) -> None:
    """Mark 15: garbage, negative. A 500 says nothing of limits by itself."""
    refuse(site, "/a", garbage, status=500)
    async with a_run(clock) as run:
        for _ in range(3):
            assert isinstance(await run.get(site.url("/a")), FetchFailed)
    assert len(site.requests) == 3


async def test_a_429_without_retry_after_is_given_a_growing_pause(site: FakeSite, clock: FakeClock) -> None:
    refuse(site, "/a", None)
    pauses = []
    async with a_run(clock) as run:
        for _ in range(3):
            assert isinstance(await run.get(site.url("/a")), FetchFailed)
            held = await run.get(site.url("/a"))
            assert isinstance(held, PutOff)
            pauses.append(held.until - clock.now())
            clock.advance(pauses[-1])
    assert pauses == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]


async def test_one_routes_503_does_not_stall_its_siblings(site: FakeSite, clock: FakeClock) -> None:
    refuse(site, "/broken", status=503)
    async with a_run(clock) as run:
        await run.get(site.url("/a"))
        await run.get(site.url("/broken"))
        results = [await run.get(site.url(path)) for path in ("/a", "/b", "/broken", "/c")]
    assert [type(result) for result in results] == [Fetched, Fetched, PutOff, Fetched]


async def test_a_host_whose_addresses_refuse_one_after_another_is_left_alone(
    site: FakeSite, clock: FakeClock
) -> None:
    site.status("*", 429, headers={"Retry-After": "60"})
    async with a_run(clock) as run:
        results = [await run.get(site.url(f"/feeds/{n}")) for n in range(10)]
    assert [type(result) for result in results] == [FetchFailed] * 2 + [PutOff] * 8
    assert len(site.requests) == 2


async def test_a_redirect_to_an_address_on_hold_is_not_followed(site: FakeSite, clock: FakeClock) -> None:
    site.redirect("/old", "/busy")
    refuse(site, "/busy")
    async with a_run(clock) as run:
        await run.get(site.url("/busy"))
        result = await run.get(site.url("/old"))
        assert isinstance(result, PutOff)
        assert result.url == site.url("/old")
        assert isinstance(await run.get(site.url("/a")), Fetched)  # the turn was given back
    assert site.paths() == ["/busy", "/old", "/a"]


async def test_who_waits_for_a_turn_learns_of_a_hold_that_came_meanwhile(
    site: FakeSite, clock: FakeClock
) -> None:
    site.on("/a", Reply(status=429, headers={"Retry-After": "60"}, delay=0.05))
    async with a_run(clock) as run:
        results = await asyncio.gather(*[run.get(site.url("/a")) for _ in range(4)])
    assert [type(result) for result in results] == [FetchFailed, PutOff, PutOff, PutOff]
    assert len(site.requests) == 1


async def test_robots_txt_that_is_on_hold_puts_its_pages_off_until_then(
    site: FakeSite, clock: FakeClock
) -> None:
    refuse(site, "/robots.txt", "600")

    async def nothing(_origin: str) -> None:
        return None

    async def never(*_stored: object) -> None:
        raise AssertionError

    async with a_run(clock) as run:
        await run.get(site.url("/robots.txt"))
        clock.advance(minutes=1)
        robots = Robots(run.client, load=nothing, save=never, now=clock.now)
        found = await robots.obstacle(site.url("/page"))
    assert isinstance(found, PutOff)
    assert found.until == NOW + timedelta(minutes=10)
    assert len(site.requests) == 1


async def test_a_put_off_is_a_sentence_without_the_password(site: FakeSite, clock: FakeClock) -> None:
    refuse(site, "/a")
    url = f"http://jo:sesame@127.0.0.1:{site.port}/a"
    async with a_run(clock) as run:
        await run.get(url)
        result = await run.get(url)
    assert result == PutOff(
        url=url,
        until=NOW + timedelta(hours=1),
        reason=(
            f"127.0.0.1:{site.port} answered 429 Too Many Requests at 2026-11-20 12:00:00 UTC and asked for "
            "quiet until 2026-11-20 13:00:00 UTC, for this address"
        ),
    )


# ── a full queue ─────────────────────────────────────────────────────────────────────────────


async def test_many_feeds_of_one_site_are_spread_out_instead_of_filling_every_place(site: FakeSite) -> None:
    name = site_of(site.url("/"))
    async with a_run(FakeClock(), delay=1.0, queue=3) as run:
        await run.gate.enter(name)  # somebody is being served
        asking = [asyncio.ensure_future(run.get(site.url("/a"))) for _ in range(100)]
        await settle()
        told = [task.result() for task in asking if task.done()]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        run.gate.leave(name)
    later = [result for result in told if isinstance(result, Queued)]
    assert len(later) == 97
    waits = [(result.until - NOW).total_seconds() for result in later]
    assert waits == [pytest.approx(4.5 + 1.5 * n + 1.5) for n in range(97)]
    assert later[0].reason == f"others wait for {name}, one request at a time"
    assert site.requests == []


# ── from run to run ──────────────────────────────────────────────────────────────────────────


async def test_the_next_run_obeys_what_this_one_learned(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    refuse(site, "/a")
    refuse(site, "/b")
    async with a_run(clock, store) as run:
        await run.get(site.url("/a"))
        await run.get(site.url("/b"))
    site.forget()
    async with a_run(clock, store) as run:
        results = [await run.get(site.url(path)) for path in ("/a", "/b", "/c")]
    assert [type(result) for result in results] == [PutOff] * 3
    assert site.requests == []


async def test_the_reach_that_was_learned_is_remembered_by_the_next_run(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    for path in ("/x", "/y", "/z"):
        refuse(site, path, "60")
    async with a_run(clock, store) as run:
        await run.get(site.url("/x"))
        await run.get(site.url("/y"))
    clock.advance(DAY)
    async with a_run(clock, store) as run:
        await run.get(site.url("/z"))
        assert isinstance(await run.get(site.url("/a")), PutOff)
    scopes = {name: scope for name, scope, _ in store.remembered(clock.now()).scopes}
    assert scopes == {site_of(site.url("/")): Scope.HOST}


async def test_pauses_that_we_chose_ourselves_do_not_bind_the_next_run(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    refuse(site, "/a", None, status=503)
    for _ in range(2):
        async with a_run(clock, store) as run:
            assert isinstance(await run.get(site.url("/a")), FetchFailed)


async def test_a_run_seconds_after_another_keeps_the_pause_between_two_requests(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    async with a_run(clock, store, delay=10.0) as run:
        await run.get(site.url("/a"))
    clock.advance(seconds=3)
    async with a_run(clock, store, delay=10.0) as run:
        await run.get(site.url("/a"))
    assert clock.slept == [7.0]


async def test_a_site_whose_pause_is_over_needs_no_row(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    async with a_run(clock, store, delay=1.0) as run:
        await run.get(site.url("/a"))
        clock.advance(seconds=2)
    assert store.remembered(NOW - DAY) == Remembered()


async def test_a_crawl_delay_binds_feeds_of_the_next_run_too(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    async with a_run(clock, store) as run:
        run.gate.slow(site.url("").rstrip("/"), 30.0)
    async with a_run(clock, store) as run:
        await run.get(site.url("/a"))
        await run.get(site.url("/a"))
    assert clock.slept == [30.0]


async def test_two_processes_on_one_store_learn_from_each_other(
    site: FakeSite, clock: FakeClock, store: Store
) -> None:
    refuse(site, "/a")
    async with a_run(clock, store) as one, a_run(clock, store) as other:
        await one.get(site.url("/a"))
        await one.holds.sync()
        await other.holds.sync()
        assert isinstance(await other.get(site.url("/a")), PutOff)
    assert len(site.requests) == 1


async def test_a_run_to_which_nothing_happened_writes_nothing(clock: FakeClock) -> None:
    written = []

    async def load(_now: datetime) -> Remembered:
        return Remembered()

    async def save(*values: object) -> None:
        written.append(values)

    holds = Holds(
        Gate(1, 0.0, monotonic=clock.monotonic), now=clock.now, jitter=lambda: 0.0, load=load, save=save
    )
    await holds.load()
    await holds.sync()
    await holds.close()
    assert written == []
