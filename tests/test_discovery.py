"""The feeds behind an address that a person typed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from aggregator.core.parse import parse_feed
from aggregator.discovery import FoundFeed, find_feeds
from aggregator.errors import ParseError
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, ParsedFeed, PutOff, Validators
from tests.conftest import NOW, SHARED, needs_shared
from tests.fakes import FakeSite
from tests.fetch.arrange import a_client

CORPUS = SHARED / "corpus" / "feeds" / "discovery"
RSS = "<rss version='2.0'><channel><title>{title}</title></channel></rss>"
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "JSON",
        "items": [{"id": "1", "content_text": "One"}],
    }
)


async def real_parse(body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    return parse_feed(body, url=url, headers=headers)


async def parse(body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    """Just enough of a parser: what begins with <rss is a feed, with <urlset a sitemap."""
    if body.startswith(b"<urlset"):
        kind = "sitemap-news" if b"news" in body else "sitemap"
        return ParsedFeed(version=kind, title="", url="", language=None, items=())
    if not body.lstrip().startswith(b"<rss"):
        raise ParseError("not a feed")
    title = body.partition(b"<title>")[2].partition(b"</title>")[0].decode()
    return ParsedFeed(version="rss20", title=title, url="", language=None, items=())


def found(url: str, title: str) -> FoundFeed:
    return FoundFeed(url=url, title=title, version="rss20", items=0, final_url=url)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as running:
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


async def test_a_redirect_of_a_found_feed_is_told(site: FakeSite) -> None:
    url = page(site, "/", "<link rel=alternate type=application/rss+xml href=/feed>")
    site.redirect("/feed", "/feed.xml", status=301)
    site.serve("/feed.xml", RSS.format(title="Main"))
    async with a_client() as client:
        (one,) = await find_feeds(client, url, parse)  # type: ignore[misc]
    assert (one.url, one.final_url) == (site.url("/feed"), site.url("/feed.xml"))


async def test_a_json_feed_is_found_by_its_link_and_at_its_usual_path(site: FakeSite) -> None:
    for path, html in (("/a", '<link rel=alternate type=application/feed+json href="/f.json">'), ("/b", "")):
        page(site, path, html)
    site.serve("/f.json", JSON_FEED, content_type="application/feed+json")
    site.serve("/feed.json", JSON_FEED, content_type="application/json")
    async with a_client() as client:
        linked = await find_feeds(client, site.url("/a"), real_parse)
        usual = await find_feeds(client, site.url("/b"), real_parse)
    assert [(one.url, one.title, one.items) for one in linked] == [(site.url("/f.json"), "JSON", 1)]  # type: ignore[union-attr]
    assert [one.url for one in usual] == [site.url("/feed.json")]  # type: ignore[union-attr]


async def test_the_last_resort_is_a_news_sitemap_that_robots_txt_names(site: FakeSite) -> None:
    url = page(site, "/", "<p>Welcome")
    robots = f"User-agent: *\nDisallow:\nSitemap: {site.url('/all.xml')}\nsitemap: /maps/news.xml\n"
    site.serve("/robots.txt", robots, content_type="text/plain")
    site.serve("/all.xml", "<urlset>")
    site.serve("/maps/news.xml", "<urlset news>")
    async with a_client() as client:
        (one,) = await find_feeds(client, url, parse)  # type: ignore[misc]
    assert (one.url, one.version) == (site.url("/maps/news.xml"), "sitemap-news")
    assert site.paths()[-2:] == ["/robots.txt", "/maps/news.xml"]


async def test_a_sitemap_of_all_pages_is_a_feed_only_by_its_own_address(site: FakeSite) -> None:
    url = page(site, "/", "<p>Welcome")
    site.serve("/robots.txt", f"Sitemap: {site.url('/sitemap.xml')}", content_type="text/plain")
    site.serve("/sitemap.xml", "<urlset>")
    async with a_client() as client:
        of_page = await find_feeds(client, url, parse)
        of_sitemap = await find_feeds(client, site.url("/sitemap.xml"), parse)
    assert isinstance(of_page, FetchFailed)
    assert isinstance(of_sitemap, tuple)
    assert site.asked("/news-sitemap.xml")


class Scripted:
    """Gives these answers, one after the other."""

    def __init__(self, *answers: FetchResult) -> None:
        self.answers = list(answers)

    async def get(self, url: str) -> FetchResult:
        return replace(self.answers.pop(0), url=url)


QUIET = PutOff(url="", until=NOW, reason="x.example asked for quiet until 12:00 (429)")


async def test_a_site_that_wants_quiet_is_not_asked_and_nothing_is_concluded() -> None:
    html = Fetched(
        url="",
        final_url="https://x.example/",
        status=200,
        headers={},
        body=b"<link rel=feed href=/a><link rel=feed href=/b>",
        validators=Validators(),
        elapsed_ms=1,
    )
    for client in (Scripted(QUIET), Scripted(html, QUIET)):
        result = await find_feeds(client, "https://x.example/", parse)
        assert isinstance(result, FetchFailed)
        assert result.reason == "not asked now: x.example asked for quiet until 12:00 (429)"
        assert client.answers == []


async def test_a_search_that_nobody_asked_for_leaves_out_what_robots_txt_closes(site: FakeSite) -> None:
    url = page(
        site,
        "/",
        """<link rel=alternate type=application/rss+xml href=/closed.xml>
        <link rel=alternate type=application/rss+xml href=/open.xml>""",
    )
    for path in ("/closed.xml", "/open.xml"):
        site.serve(path, RSS.format(title=path))

    async def obstacle(address: str) -> FetchFailed | PutOff | None:
        if "closed" not in address:
            return None
        return FetchFailed(url=address, final_url=address, kind=FailureKind.ROBOTS, reason="closed")

    async with a_client() as client:
        searched = await find_feeds(client, url, parse, obstacle=obstacle)
        asked = site.paths()
        typed = await find_feeds(client, url, parse)
    assert searched == (found(site.url("/open.xml"), "/open.xml"),)
    assert asked == ["/", "/open.xml"]
    assert isinstance(typed, tuple)
    assert [one.title for one in typed] == ["/closed.xml", "/open.xml"]


# ── the pages of others' test suites, and the feeds behind them ──────────────────────────────

ARCHIVE = "https://web.archive.org/web/20110926231958/http://diveintomark.org"
SUITE = "/tests/client/autodiscovery/"


def moved(body: bytes, site: FakeSite) -> bytes:
    """A page of the suite with the addresses of its sites exchanged for ours."""
    places = {ARCHIVE: 0, "http://diveintomark.org": 0, "http://www.ragingplatypus.com": 1}
    for encoding in ("ascii", "utf-16-le"):
        for there, host in places.items():
            body = body.replace(there.encode(encoding), site.url("", host=host).encode(encoding))
    return body


def serve_suite(site: FakeSite) -> list[str]:
    """The feed finder's test suite; the numbers of its pages."""
    numbers = []
    for file in sorted(CORPUS.glob("feedvalidator--feedfinder-tests__*html4-*")):
        number = file.stem.rpartition("html4-")[2]
        body = moved(file.read_bytes(), site)
        if file.suffix == ".html":
            numbers.append(number)
            site.serve(f"{SUITE}html4-{number}.html", body, content_type="text/html")
        else:
            site.serve(f"{SUITE}html4-{number}.xml", body, content_type="application/atom+xml")
    return numbers


@needs_shared
async def test_every_page_of_the_autodiscovery_suite_leads_to_its_feed(site: FakeSite) -> None:
    numbers = serve_suite(site)
    titles = {}
    async with a_client() as client:
        for number in numbers:
            found = await find_feeds(client, site.url(f"{SUITE}html4-{number}.html"), real_parse)
            titles[number] = [one.title for one in found] if isinstance(found, tuple) else [found.reason]
    assert len(numbers) > 20
    assert titles == {number: [f"Atom autodiscovery test HTML4-{number}"] for number in numbers}


@needs_shared
async def test_firefoxs_page_leads_to_each_of_its_feeds_that_is_tried(site: FakeSite) -> None:
    page(site, "/", (CORPUS / "simplepie--fftests.html").read_text())
    feeds = [f"/{number}.{kind}" for number in range(1, 14) for kind in ("atom", "rss", "xml")]
    for path in feeds:
        site.serve(path, RSS.format(title=path))
    async with a_client() as client:
        found = await find_feeds(client, site.url("/"), parse)
    assert isinstance(found, tuple)
    assert [one.title.strip("/").partition(".")[0] for one in found] == [str(n) for n in range(1, 13)]


@needs_shared
@pytest.mark.parametrize(
    ("name", "there", "feeds"),
    [
        ("netnewswire--DaringFireball", "", {"/feeds/main": "Daring Fireball"}),
        ("netnewswire--furbo", "http://furbo.org", {"/feed/": "Furbo"}),
        (
            "netnewswire--sixcolors",
            "http://feedpress.me",
            {"/sixcolors": "RSS", "/sixcolors?type=xml": "XML"},
        ),
        ("feed-io--discovery-dualprotocol", "//example.org", {"/feed.xml": "Main", "/comments.xml": "Talk"}),
    ],
)
async def test_a_real_front_page_leads_to_its_feeds(
    site: FakeSite, name: str, there: str, feeds: dict[str, str]
) -> None:
    body = (CORPUS / f"{name}.html").read_bytes()
    page(site, "/", (body.replace(there.encode(), site.url("").encode()) if there else body).decode())
    for path, title in feeds.items():
        site.serve(path, RSS.format(title=title))
    async with a_client() as client:
        found = await find_feeds(client, site.url("/"), parse)
    assert isinstance(found, tuple)
    assert {one.url: one.title for one in found} == {site.url(path): title for path, title in feeds.items()}


@needs_shared
@pytest.mark.parametrize(
    "name", ["simplepie--microformats__h-feed-simple", "feedvalidator--feedfinder-tests__index"]
)
async def test_a_page_without_a_feed_says_so_unless_one_lies_at_a_usual_path(
    site: FakeSite, name: str
) -> None:
    page(site, "/", moved((CORPUS / f"{name}.html").read_bytes(), site).decode())
    async with a_client() as client:
        nothing = await find_feeds(client, site.url("/"), real_parse)
        site.serve("/atom.xml", (CORPUS / "feedvalidator--feedfinder-tests__html4-001.xml").read_bytes())
        hidden = await find_feeds(client, site.url("/"), real_parse)
    assert isinstance(nothing, FetchFailed)
    assert nothing.reason.startswith("no feed was found at this page")
    assert isinstance(hidden, tuple)
    assert [one.url for one in hidden] == [site.url("/atom.xml")]
