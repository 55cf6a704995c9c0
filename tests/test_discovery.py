"""The feeds behind an address that a person typed."""

from collections.abc import Iterator, Mapping

import pytest

from aggregator.discovery import FoundFeed, find_feeds
from aggregator.errors import ParseError
from aggregator.model import FailureKind, FetchFailed, ParsedFeed
from tests.fakes import FakeSite
from tests.fetch.arrange import a_client

RSS = "<rss version='2.0'><channel><title>{title}</title></channel></rss>"


async def parse(body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    """Just enough of a parser: what begins with <rss is a feed."""
    if not body.lstrip().startswith(b"<rss"):
        raise ParseError("not a feed")
    title = body.partition(b"<title>")[2].partition(b"</title>")[0].decode()
    return ParsedFeed(version="rss20", title=title, url="", language=None, items=())


def found(url: str, title: str) -> FoundFeed:
    return FoundFeed(url=url, title=title, version="rss20", items=0)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        yield running


def page(site: FakeSite, path: str, html: str) -> str:
    site.serve(path, html, content_type="text/html")
    return site.url(path)


async def test_a_feeds_own_address_is_that_feed(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS.format(title="News"))
    async with a_client() as client:
        assert await find_feeds(client, site.url("/feed.xml"), parse) == (
            found(site.url("/feed.xml"), "News"),
        )
    assert site.paths() == ["/feed.xml"]


async def test_a_page_gives_each_feed_that_it_links_to_and_that_parses(site: FakeSite) -> None:
    url = page(
        site,
        "/",
        """<link rel=alternate type=application/rss+xml href=/gone.xml>
        <link rel=alternate type=application/rss+xml href=/main.xml>
        <link rel=alternate type=application/rss+xml href=/sport.xml title=Sport>
        <a href=/about/rss>RSS</a>""",
    )
    site.serve("/main.xml", RSS.format(title="Main"))
    site.serve("/sport.xml", RSS.format(title=""))
    page(site, "/about/rss", "<p>How to use RSS")
    async with a_client() as client:
        assert await find_feeds(client, url, parse) == (
            found(site.url("/main.xml"), "Main"),
            found(site.url("/sport.xml"), "Sport"),
        )


async def test_two_links_to_one_feed_are_one_feed(site: FakeSite) -> None:
    url = page(
        site,
        "/",
        """<link rel=alternate type=application/rss+xml href=/feed/>
        <link rel=alternate type=application/rss+xml href=/feed>""",
    )
    site.serve("/feed/", RSS.format(title="Main"))
    site.redirect("/feed", "/feed/", status=301)
    async with a_client() as client:
        assert await find_feeds(client, url, parse) == (found(site.url("/feed/"), "Main"),)


async def test_a_page_without_links_is_asked_at_the_usual_paths(site: FakeSite) -> None:
    url = page(site, "/", "<p>Welcome")
    site.serve("/atom.xml", RSS.format(title="Hidden"))
    async with a_client() as client:
        assert await find_feeds(client, url, parse) == (found(site.url("/atom.xml"), "Hidden"),)
    assert site.paths() == ["/", "/feed/", "/rss.xml", "/feed.xml", "/atom.xml"]


async def test_a_page_with_no_feed_at_all_is_a_failure_in_words(site: FakeSite) -> None:
    url = page(site, "/", "<p>Welcome <a href=/rss-help/rss>RSS</a>")
    async with a_client() as client:
        result = await find_feeds(client, url, parse)
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.CONTENT
    assert result.reason == (
        "no feed was found at this page: none of its 1 links that looked like one held a feed, "
        "and none lies at the usual paths"
    )


async def test_a_page_that_cannot_be_fetched_says_why(site: FakeSite) -> None:
    async with a_client() as client:
        result = await find_feeds(client, site.url("/nowhere"), parse)
    assert isinstance(result, FetchFailed)
    assert result.reason == "the server answered 404 Not Found"
