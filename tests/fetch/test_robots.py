"""robots.txt before article pages: asked once, kept a day, waited for when it cannot be read."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from aggregator.fetch.hosts import Gate
from aggregator.fetch.robots import Robots
from aggregator.model import FailureKind, FetchFailed, PutOff
from tests.fakes import FakeClock, FakeSite, Reply
from tests.fetch.arrange import a_client

RULES = """
User-agent: *
Disallow: /private
Allow: /private/press

User-agent: test-agent
Disallow: /not-for-us
"""


class Shelf:
    """Where the texts are kept between runs."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, datetime]] = {}
        self.loads = 0

    async def load(self, origin: str) -> tuple[str, datetime] | None:
        self.loads += 1
        return self.kept.get(origin)

    async def save(self, origin: str, text: str, fetched_at: datetime) -> None:
        self.kept[origin] = (text, fetched_at)


@asynccontextmanager
async def asking(shelf: Shelf, clock: FakeClock, agent: str = "other-agent/2.0") -> AsyncIterator[Robots]:
    async with a_client(user_agent=agent) as client:
        yield Robots(client, load=shelf.load, save=shelf.save, now=clock.now)


async def refusal(robots: Robots, url: str) -> str | None:
    """Why this page is not to be read now."""
    found = await robots.obstacle(url)
    return None if found is None else found.reason


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_pages_are_allowed_or_not_by_the_rules_for_all(site: FakeSite, clock: FakeClock) -> None:
    site.serve("/robots.txt", RULES, content_type="text/plain")
    async with asking(Shelf(), clock) as robots:
        assert await refusal(robots, site.url("/news/1")) is None
        assert await refusal(robots, site.url("/private/press/2")) is None
        assert await refusal(robots, site.url("/not-for-us")) is None
        assert (
            await refusal(robots, site.url("/private/1"))
            == "robots.txt of 127.0.0.1 asks not to read this page"
        )


async def test_rules_for_our_own_name_replace_those_for_all(site: FakeSite, clock: FakeClock) -> None:
    site.serve("/robots.txt", RULES, content_type="text/plain")
    async with asking(Shelf(), clock, agent="test-agent/1.0 (+https://example.org/)") as robots:
        assert await refusal(robots, site.url("/private/1")) is None
        assert await refusal(robots, site.url("/not-for-us")) is not None


async def test_it_is_asked_once_a_day_however_many_pages_wait_for_it(
    site: FakeSite, clock: FakeClock
) -> None:
    site.serve("/robots.txt", RULES, content_type="text/plain", delay=0.05)
    shelf = Shelf()
    async with asking(shelf, clock) as robots:
        await asyncio.gather(*(refusal(robots, site.url(f"/{n}")) for n in range(20)))
        clock.advance(hours=23)
        await refusal(robots, site.url("/x"))
        assert site.paths() == ["/robots.txt"]
        clock.advance(hours=2)
        await refusal(robots, site.url("/x"))
    assert len(site.paths()) == 2
    assert shelf.kept[site.url("")] == (RULES, clock.now())


async def test_what_another_run_learned_is_used_until_it_is_a_day_old(
    site: FakeSite, clock: FakeClock
) -> None:
    shelf = Shelf()
    shelf.kept[site.url("")] = ("User-agent: *\nDisallow: /", clock.now() - timedelta(hours=20))
    site.serve("/robots.txt", "", content_type="text/plain")
    async with asking(shelf, clock) as robots:
        assert await refusal(robots, site.url("/x")) is not None
        assert site.paths() == []
        clock.advance(hours=5)
        assert await refusal(robots, site.url("/x")) is None
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_site_without_rules_allows_all(site: FakeSite, clock: FakeClock, status: int) -> None:
    site.status("/robots.txt", status)
    shelf = Shelf()
    async with asking(shelf, clock) as robots:
        assert await refusal(robots, site.url("/x")) is None
    assert shelf.kept == {site.url(""): ("", clock.now())}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_site_that_cannot_say_is_waited_for_and_asked_again_within_the_hour(
    site: FakeSite, clock: FakeClock, status: int
) -> None:
    site.script("/robots.txt", Reply(status=status), Reply(body=b"", content_type="text/plain"))
    shelf = Shelf()
    async with asking(shelf, clock) as robots:
        reason = await refusal(robots, site.url("/x"))
        assert reason is not None
        assert reason.startswith("robots.txt of 127.0.0.1 could not be read (the server answered ")
        clock.advance(minutes=50)
        assert await refusal(robots, site.url("/x")) == reason
        assert shelf.kept == {}
        clock.advance(minutes=11)
        assert await refusal(robots, site.url("/x")) is None


async def test_an_old_copy_stands_in_while_the_site_cannot_say(site: FakeSite, clock: FakeClock) -> None:
    shelf = Shelf()
    shelf.kept[site.url("")] = ("User-agent: *\nDisallow: /a", clock.now() - timedelta(days=3))
    site.status("/robots.txt", 503)
    async with asking(shelf, clock) as robots:
        assert await refusal(robots, site.url("/b")) is None
        assert await refusal(robots, site.url("/a")) is not None
        clock.advance(days=28)
        assert "could not be read" in (await refusal(robots, site.url("/b")) or "")


async def test_an_unreachable_site_is_waited_for(clock: FakeClock) -> None:
    with FakeSite.running() as gone:
        url = gone.url("/x")
    async with asking(Shelf(), clock) as robots:
        assert await refusal(robots, url) == (
            "robots.txt of 127.0.0.1 could not be read (127.0.0.1 refused the connection): its pages wait"
        )


async def test_of_a_huge_file_the_first_500_kb_count(site: FakeSite, clock: FakeClock) -> None:
    filler = "# nothing\n" * 60_000
    site.serve(
        "/robots.txt", f"User-agent: *\nDisallow: /a\n{filler}Disallow: /b\n", content_type="text/plain"
    )
    async with asking(Shelf(), clock) as robots:
        assert await refusal(robots, site.url("/a")) is not None
        assert await refusal(robots, site.url("/b")) is None


async def test_a_circle_of_redirects_is_as_good_as_no_rules(site: FakeSite, clock: FakeClock) -> None:
    site.redirect("/robots.txt", "/robots.txt")
    async with asking(Shelf(), clock) as robots:
        assert await refusal(robots, site.url("/x")) is None


async def test_each_origin_has_its_own_rules_and_its_own_file_is_always_allowed(clock: FakeClock) -> None:
    with FakeSite.running(hosts=2) as site:
        site.on(
            "/robots.txt",
            lambda r: Reply(body=b"User-agent: *\nDisallow: /" if r.address.endswith("2") else b""),
        )
        async with asking(Shelf(), clock) as robots:
            assert await refusal(robots, site.url("/x", host=0)) is None
            assert await refusal(robots, site.url("/x", host=1)) is not None
            assert await refusal(robots, site.url("/robots.txt", host=1)) is None


async def test_a_file_that_is_no_robots_txt_at_all_forbids_nothing(site: FakeSite, clock: FakeClock) -> None:
    site.on("/robots.txt", Reply(body=b"\x00\xff\xfe<html><body>Welcome</body>\r\n: : :\x00"))
    async with asking(Shelf(), clock) as robots:
        assert await refusal(robots, site.url("/x")) is None


async def test_origins_in_memory_are_bounded(clock: FakeClock) -> None:
    shelf = Shelf()
    async with asking(shelf, clock) as robots:
        for n in range(600):
            shelf.kept[f"https://s{n}.example"] = ("", clock.now())
            await refusal(robots, f"https://s{n}.example/x")
        await refusal(robots, "https://s599.example/y")
        assert shelf.loads == 600
        await refusal(robots, "https://s0.example/y")
        assert shelf.loads == 601


async def test_the_sitemaps_of_an_origin_are_its_sitemap_lines(site: FakeSite, clock: FakeClock) -> None:
    lines = "Sitemap: /news.xml\nSitemap: https://cdn.example.com/all.xml\nSitemap: javascript:x\n" * 2
    site.serve("/robots.txt", RULES + lines, content_type="text/plain")
    async with asking(Shelf(), clock) as robots:
        found = await robots.sitemaps(site.url("").rstrip("/"))
    assert found == (site.url("/news.xml"), "https://cdn.example.com/all.xml")
    assert site.paths() == ["/robots.txt"]


async def test_an_origin_that_cannot_say_has_no_sitemaps(site: FakeSite, clock: FakeClock) -> None:
    site.status("/robots.txt", 503)
    async with asking(Shelf(), clock) as robots:
        assert await robots.sitemaps(site.url("").rstrip("/")) == ()


async def test_sitemaps_obey_the_rules_like_pages(site: FakeSite, clock: FakeClock) -> None:
    site.serve("/robots.txt", RULES + "Sitemap: /private/news.xml\n", content_type="text/plain")
    url = site.url("/private/news.xml")
    async with asking(Shelf(), clock) as robots:
        assert await robots.obstacle(url) == FetchFailed(
            url=url,
            final_url=url,
            kind=FailureKind.ROBOTS,
            reason="robots.txt of 127.0.0.1 asks not to read this page",
        )


async def test_rules_that_cannot_be_read_put_pages_off(site: FakeSite, clock: FakeClock) -> None:
    site.status("/robots.txt", 503)
    url = site.url("/news/1")
    async with asking(Shelf(), clock) as robots:
        assert await robots.obstacle(url) == PutOff(
            url=url,
            until=clock.now() + timedelta(hours=1),
            reason=(
                "robots.txt of 127.0.0.1 could not be read (the server answered 503 Service Unavailable): "
                "its pages wait"
            ),
        )


@pytest.mark.parametrize(
    ("line", "pause"),
    [
        ("Crawl-delay: 7", 7.0),
        ("Crawl-delay: 2.5", 2.5),
        ("Crawl-delay: 86400", 60.0),
        ("Crawl-delay: 0", 0.0),
        ("Crawl-delay: -3", 0.0),
        ("Crawl-delay: soon", 0.0),
        ("Crawl-delay: nan", 0.0),
        ("Crawl-delay: 1e999", 0.0),
    ],
)
async def test_a_crawl_delay_lengthens_the_pause_of_its_site_within_a_minute(
    site: FakeSite, line: str, pause: float
) -> None:
    clock = FakeClock(skip=True)
    site.serve("/robots.txt", f"User-agent: *\n{line}\n", content_type="text/plain")
    site.serve("/feed.xml", "<rss/>")
    gate = Gate(1, 0.0, monotonic=clock.monotonic, sleep=clock.sleep)
    async with a_client(gate=gate) as client:
        robots = Robots(client, load=Shelf().load, save=Shelf().save, now=clock.now)
        assert await robots.obstacle(site.url("/page")) is None
        for _ in range(3):
            await client.get(site.url("/feed.xml"))
    assert clock.slept == [pause] * 3 * bool(pause), "also between the rules and what comes first after them"


async def test_a_crawl_delay_that_is_withdrawn_is_forgotten(site: FakeSite) -> None:
    clock = FakeClock(skip=True)
    gate = Gate(1, 0.0, monotonic=clock.monotonic, sleep=clock.sleep)
    shelf = Shelf()
    async with a_client(gate=gate) as client:
        robots = Robots(client, load=shelf.load, save=shelf.save, now=clock.now)
        for rules, slept in (("User-agent: *\nCrawl-delay: 7\n", [7.0]), ("", [])):
            site.serve("/robots.txt", rules, content_type="text/plain")
            await robots.obstacle(site.url("/page"))
            clock.advance(days=2)
            clock.slept.clear()
            await client.get(site.url("/feed.xml"))
            await client.get(site.url("/feed.xml"))
            assert clock.slept == slept
            clock.advance(days=2)
