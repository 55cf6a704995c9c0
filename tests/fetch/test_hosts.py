"""One connection a site, a pause between requests, and nobody held up by somebody else's slow site."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dispatch import Dispatcher
from aggregator.fetch.hosts import Gate, site_of
from tests.fakes import FakeClock, settle


def a_gate(clock: FakeClock, *, connections: int = 64, delay: float = 1.0) -> Gate:
    return Gate(connections, delay, monotonic=clock.monotonic, sleep=clock.sleep)


class Visitors:
    """Requests that take as long as the test says, and a log of when each began and ended."""

    def __init__(self, clock: FakeClock, gate: Gate) -> None:
        self._clock = clock
        self._gate = gate
        self._zero = clock.monotonic()
        self.began: list[tuple[float, str]] = []
        self.now_at: dict[str, int] = {}
        self.most_at: dict[str, int] = {}
        self.most = 0

    async def visit(self, name: str, url: str, seconds: float = 0.0) -> None:
        site = site_of(url)
        async with self._gate.slot(url):
            self.began.append((self._clock.monotonic() - self._zero, name))
            self.now_at[site] = self.now_at.get(site, 0) + 1
            self.most_at[site] = max(self.most_at.get(site, 0), self.now_at[site])
            self.most = max(self.most, sum(self.now_at.values()))
            try:
                await self._clock.sleep(seconds)
            finally:
                self.now_at[site] -= 1


@asynccontextmanager
async def running(*visits: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        await settle()
        yield
    finally:
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


def start(visitors: Visitors, *visits: tuple[str, str, float]) -> list[asyncio.Task[None]]:
    return [asyncio.ensure_future(visitors.visit(*visit)) for visit in visits]


async def test_two_requests_to_one_site_are_a_pause_apart_from_the_end_of_the_first() -> None:
    clock = FakeClock()
    visitors = Visitors(clock, a_gate(clock, delay=1.0))
    tasks = start(visitors, ("a", "http://example.org/1", 3.0), ("b", "http://www.example.org/2", 0.0))
    async with running(*tasks):
        await clock.run(seconds=20)
    assert visitors.began == [(0.0, "a"), (4.0, "b")]


async def test_waiting_requests_of_a_site_go_first_come_first_served() -> None:
    clock = FakeClock()
    visitors = Visitors(clock, a_gate(clock, delay=0.5))
    tasks = start(visitors, *((name, "http://x.example/", 0.0) for name in "abcde"))
    async with running(*tasks):
        await clock.run(seconds=20)
    assert visitors.began == [(0.0, "a"), (0.5, "b"), (1.0, "c"), (1.5, "d"), (2.0, "e")]


async def test_a_slow_site_holds_up_nobody_else_even_with_a_queue_before_it() -> None:
    clock = FakeClock()
    visitors = Visitors(clock, a_gate(clock, connections=2))
    slow = [("slow", "http://slow.example/", 60.0)] * 5
    quick = [(f"q{n}", f"http://q{n}.example/", 0.0) for n in range(10)]
    tasks = start(visitors, *slow, *quick)
    async with running(*tasks):
        assert [name for at, name in visitors.began if at == 0.0] == ["slow", *(name for name, _, _ in quick)]


async def test_no_more_connections_than_allowed_are_open_at_once() -> None:
    clock = FakeClock()
    visitors = Visitors(clock, a_gate(clock, connections=3))
    tasks = start(visitors, *((str(n), f"http://s{n}.example/", 1.0) for n in range(10)))
    async with running(*tasks):
        await clock.run(seconds=20)
    assert visitors.most == 3
    assert [at for at, _ in visitors.began] == [0.0] * 3 + [1.0] * 3 + [2.0] * 3 + [3.0]


async def test_without_a_delay_requests_to_a_site_still_go_one_at_a_time() -> None:
    clock = FakeClock()
    visitors = Visitors(clock, a_gate(clock, delay=0.0))
    tasks = start(visitors, *((str(n), "http://s.example/", 1.0) for n in range(4)))
    async with running(*tasks):
        await clock.run(seconds=10)
    assert visitors.most_at == {"s.example": 1}
    assert [at for at, _ in visitors.began] == [0.0, 1.0, 2.0, 3.0]


async def test_sites_are_forgotten_when_their_pause_is_over() -> None:
    clock = FakeClock()
    gate = a_gate(clock, delay=1.0)
    for n in range(500):
        async with gate.slot(f"http://s{n}.example/"):
            pass
        clock.advance(seconds=0.01)
    assert 90 <= gate.remembered() <= 101
    clock.advance(seconds=1)
    assert gate.remembered() == 0


async def test_a_waiter_that_is_cancelled_costs_the_others_nothing() -> None:
    clock = FakeClock()
    gate = a_gate(clock, connections=1, delay=1.0)
    visitors = Visitors(clock, gate)
    first, second, third = start(
        visitors,
        ("a", "http://x.example/", 2.0),
        ("b", "http://x.example/", 0.0),
        ("c", "http://x.example/", 0.0),
    )
    async with running(first, second, third):
        second.cancel()
        await clock.run(seconds=2)
        third_waits_out_the_pause = clock.slept[-1]
        await clock.run(seconds=5)
    assert third_waits_out_the_pause == 1.0
    assert visitors.began == [(0.0, "a"), (3.0, "c")]
    assert gate.remembered() == 0


async def test_a_waiter_cancelled_during_its_pause_passes_its_turn_on() -> None:
    clock = FakeClock()
    visitors = Visitors(clock, a_gate(clock, connections=1, delay=5.0))
    tasks = start(visitors, *((name, "http://x.example/", 1.0) for name in "abc"))
    async with running(*tasks):
        await clock.run(seconds=3)  # b holds the turn and sits out the pause
        tasks[1].cancel()
        await clock.run(seconds=30)
    assert visitors.began == [(0.0, "a"), (6.0, "c")]


async def test_a_request_that_fails_frees_its_site_and_its_connection() -> None:
    clock = FakeClock()
    gate = a_gate(clock, connections=1, delay=0.0)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            async with gate.slot("http://x.example/"):
                raise RuntimeError
    async with gate.slot("http://x.example/"):
        pass


async def test_a_redirect_within_a_site_keeps_its_turn_but_not_its_connection_during_the_pause() -> None:
    clock = FakeClock()
    gate = a_gate(clock, connections=1, delay=1.0)
    visitors = Visitors(clock, gate)
    site = "x.example"
    await gate.enter(site)
    tasks = start(visitors, ("next", "http://x.example/", 0.0), ("other", "http://y.example/", 0.0))
    again = asyncio.ensure_future(gate.again(site))
    async with running(*tasks, again):
        await clock.run(seconds=1)
        assert again.done()
        assert visitors.began == [(0.0, "other")]
        gate.leave(site)
        await clock.run(seconds=5)
    assert visitors.began == [(0.0, "other"), (2.0, "next")]


def test_sub_domains_of_one_publisher_are_one_site_and_addresses_are_their_own_with_their_port() -> None:
    assert site_of("https://www.bbc.co.uk/news") == site_of("http://feeds.bbc.co.uk/rss") == "bbc.co.uk"
    assert site_of("http://127.0.0.1:8001/a") != site_of("http://127.0.0.1:8002/a")


@settings(max_examples=50, deadline=None)
@given(
    visits=st.lists(st.tuples(st.integers(0, 3), st.floats(0, 3), st.booleans()), min_size=1, max_size=15),
    connections=st.integers(1, 4),
    delay=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_whatever_comes_a_site_sees_one_at_a_time_and_everyone_gets_through(
    visits: list[tuple[int, float, bool]], connections: int, delay: float
) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        gate = a_gate(clock, connections=connections, delay=delay)
        visitors = Visitors(clock, gate)
        tasks = start(
            visitors,
            *((str(n), f"http://s{site}.example/", took) for n, (site, took, _) in enumerate(visits)),
        )
        async with running(*tasks):
            for task, (_, _, cancelled) in zip(tasks, visits, strict=True):
                if cancelled:
                    task.cancel()
            await clock.run(seconds=1000)
            assert all(task.done() for task in tasks)
        assert max(visitors.most_at.values(), default=0) <= 1
        assert visitors.most <= connections
        assert len(visitors.began) >= sum(1 for *_, cancelled in visits if not cancelled)
        clock.advance(seconds=10)
        assert gate.remembered() == 0

    asyncio.run(scenario())


async def test_a_closed_gate_cancels_who_waits_and_lets_requests_under_way_end() -> None:
    clock = FakeClock()
    gate = a_gate(clock, connections=2)
    visitors = Visitors(clock, gate)
    site = "https://a.example.org/"
    under_way, same_site, elsewhere, no_connection = visits = start(
        visitors,
        ("1", site, 5),
        ("2", site, 0),
        ("3", "http://other.test/", 5),
        ("4", "http://third.test/", 0),
    )
    async with running(*visits):
        gate.close()
        await settle()
        assert [same_site.cancelled(), no_connection.cancelled()] == [True, True]
        await clock.run(seconds=6)
        assert [under_way.done(), under_way.cancelled(), elsewhere.cancelled()] == [True, False, False]
        late = asyncio.ensure_future(visitors.visit("5", "http://fourth.test/"))
        await settle()
        assert late.cancelled()


# ── feeds before pages, bounded queues, pauses of other lengths ──────────────────────────────


class Patient(Visitors):
    """Visitors of whom those with a name in lower case let the others go first."""

    async def visit(self, name: str, url: str, seconds: float = 0.0) -> None:
        site = site_of(url)
        await self._gate.enter(site, patient=name.islower())
        self.began.append((self._clock.monotonic() - self._zero, name))
        self._gate.leave(site)


async def test_feeds_go_before_the_pages_of_their_site_but_not_for_ever() -> None:
    clock = FakeClock()
    visitors = Patient(clock, a_gate(clock))
    url = "https://news.example/"
    pages = start(visitors, *[(name, url, 0.0) for name in "abcd"])
    await settle()
    feeds = start(visitors, *[(name, url, 0.0) for name in "STUVWX"])
    async with running(*pages, *feeds):
        await clock.run(seconds=20)
    assert "".join(name for _, name in visitors.began) == "abSTUcVWXd"


async def test_patient_and_other_requests_have_queues_of_their_own() -> None:
    clock = FakeClock()
    gate = Gate(64, 1.0, monotonic=clock.monotonic, sleep=clock.sleep, queue=2)
    visitors = Patient(clock, gate)
    site = "news.example"
    assert gate.full(site) is None
    async with running(*start(visitors, *[(name, "https://news.example/", 0.0) for name in "Aabc"])):
        assert gate.full(site) is None
        assert gate.full(site, patient=True) == pytest.approx(4.5)  # two wait, at 1.5 s each
        assert gate.full(site, patient=True) == pytest.approx(6.0)  # that place is taken
        await clock.run(seconds=1)
        assert gate.full(site, patient=True) is None
        assert gate.full("other.example", patient=True) is None


@pytest.mark.parametrize(("name", "most"), [("A", 200), ("a", 1000)])
async def test_no_more_wait_than_come_to_their_turn_before_their_claims_end(name: str, most: int) -> None:
    clock = FakeClock()
    gate = a_gate(clock)
    patient = name.islower()
    visits = start(Patient(clock, gate), *[(name, "https://news.example/", 0.0)] * (most + 2))
    async with running(*visits):
        assert gate.full("news.example", patient=patient) is None
        more = start(Patient(clock, gate), (name, "https://news.example/", 0.0))
        async with running(*more):
            assert gate.full("news.example", patient=patient) == pytest.approx((most + 2) * 1.5)


async def test_where_a_long_crawl_delay_is_kept_only_a_few_wait() -> None:
    clock = FakeClock()
    gate = a_gate(clock)
    gate.slow("https://news.com", 60.0)
    async with running(*start(Patient(clock, gate), *[("A", "https://news.com/", 0.0)] * 7)):
        assert gate.full("news.com") == pytest.approx(6 * 60.5)


async def test_a_crowd_at_one_site_does_not_hold_up_the_feeds_of_others() -> None:
    """1,000 feeds of one site and 300 of others, all overdue at once, with 64 places for polls."""
    clock = FakeClock()
    gate = Gate(32, 1.0, monotonic=clock.monotonic, sleep=clock.sleep, queue=16)
    begin = clock.monotonic()
    crowd = [(0.0, "https://crowd.com/") for _ in range(1000)]
    due = [*crowd[:500], *[(0.0, f"https://site-{n}.com/") for n in range(300)], *crowd[500:]]
    heapq.heapify(due)
    polled: dict[str, list[float]] = {}

    async def claim(limit: int) -> list[str]:
        now = clock.monotonic() - begin
        return [heapq.heappop(due)[1] for _ in range(limit) if due and due[0][0] <= now]

    async def poll(url: str) -> None:
        if (seconds := gate.full(site_of(url))) is not None:
            heapq.heappush(due, (clock.monotonic() - begin + seconds, url))
            return
        async with gate.slot(url):
            polled.setdefault(site_of(url), []).append(clock.monotonic() - begin)
            await clock.sleep(0.2)

    dispatcher = Dispatcher(claim, poll, slots=64, wake=asyncio.Event())
    for _ in range(1700):
        await dispatcher.tick()
        await clock.run(seconds=1)
    crowd_times = polled.pop("crowd.com")
    assert len(crowd_times) == 1000
    assert min(later - earlier for earlier, later in pairwise(crowd_times)) >= 1.2 - 1e-6
    assert crowd_times[-1] < 1600
    assert len(polled) == 300
    assert max(times[0] for times in polled.values()) < 60


async def test_a_site_with_a_crawl_delay_has_a_longer_pause_than_others() -> None:
    clock = FakeClock()
    gate = a_gate(clock)
    gate.slow("https://www.slow.com", 10.0)
    gate.slow("https://blog.slow.com", 20.0)
    gate.slow("https://fast.com", 0.5)  # less than ours
    visitors = Visitors(clock, gate)
    visits = [(name, f"https://{name}.com/", 0.0) for name in ("slow", "slow", "fast", "fast")]
    async with running(*start(visitors, *visits)):
        await clock.run(seconds=30)
    assert visitors.began == [(0.0, "slow"), (0.0, "fast"), (1.0, "fast"), (20.0, "slow")]
    assert gate.crawl_delays() == (("https://blog.slow.com", 20.0), ("https://www.slow.com", 10.0))


async def test_crawl_delays_are_remembered_of_a_bounded_number_of_sites() -> None:
    clock = FakeClock()
    gate = a_gate(clock)
    for number in range(5100):
        gate.slow(f"https://site-{number}.example", 9.0)
    assert len(gate.crawl_delays()) == 5000
    assert gate.crawl_delays()[0] == ("https://site-100.example", 9.0)
    assert ("https://site-99.example", 9.0) not in gate.crawl_delays()


async def test_a_pause_that_an_earlier_run_began_is_sat_out() -> None:
    clock = FakeClock()
    gate = a_gate(clock)
    gate.rest("news.example", 0.75)
    gate.rest("old.example", -3.0)
    assert gate.resting() == (("news.example", 0.75),)
    visitors = Visitors(clock, gate)
    async with running(*start(visitors, ("A", "https://news.example/", 0.0))):
        await clock.run(seconds=5)
    assert visitors.began == [(0.75, "A")]
    assert gate.remembered() == 0


@given(
    st.lists(st.tuples(st.sampled_from("ABCabc"), st.sampled_from(["p", "q"]), st.floats(0, 3)), max_size=30)
)
@settings(max_examples=30, deadline=None)
async def test_whoever_comes_patient_or_not_gets_a_turn(visits: list[tuple[str, str, float]]) -> None:
    clock = FakeClock()
    visitors = Patient(clock, a_gate(clock))
    named = [(name, f"https://{site}.example/", seconds) for name, site, seconds in visits]
    async with running(*start(visitors, *named)):
        await clock.run(seconds=60)
    assert sorted(name for _, name in visitors.began) == sorted(name for name, _, _ in visits)
