"""Redirects: followed by our own rules, each hop judged anew."""

import asyncio
from collections.abc import Iterator

import pytest

from aggregator.fetch.hosts import Gate
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, Validators
from tests.fakes import FakeClock, FakeSite, Reply
from tests.fetch.arrange import a_client

RSS = b"<rss/>"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=3) as running:
        running.serve("/feed.xml", RSS)
        yield running


async def get(url: str) -> FetchResult:
    async with a_client() as client:
        return await client.get(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_kind_of_redirect_is_followed_and_the_final_address_given(
    site: FakeSite, status: int
) -> None:
    site.redirect("/old", "/feed.xml", status=status)
    result = await get(site.url("/old"))
    assert isinstance(result, Fetched)
    assert (result.url, result.final_url) == (site.url("/old"), site.url("/feed.xml"))


@pytest.mark.parametrize(
    "location", ["feed.xml", "./feed.xml", "?x", "//{host}/feed.xml", " http://{host}/feed.xml "]
)
async def test_a_location_may_be_relative(site: FakeSite, location: str) -> None:
    site.on("/old?x", Reply(body=RSS))
    site.redirect("/old", location.format(host=f"127.0.0.2:{site.port}"))
    assert isinstance(await get(site.url("/old")), Fetched)


async def test_a_location_in_utf_8_is_understood(site: FakeSite) -> None:
    site.on(
        "/old",
        Reply(raw=["HTTP/1.1 302 Found\r\nLocation: /überblick\r\nContent-Length: 0\r\n\r\n".encode()]),
    )
    site.serve("/%C3%BCberblick", RSS)
    assert isinstance(await get(site.url("/old")), Fetched)


async def test_five_redirects_are_followed_and_a_sixth_is_not(site: FakeSite) -> None:
    for n in range(1, 7):
        site.redirect(f"/{n}", f"/{n - 1}")
    site.serve("/0", RSS)
    assert isinstance(await get(site.url("/5")), Fetched)
    result = await get(site.url("/6"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (
        FailureKind.REDIRECT,
        f"more than 5 redirects, the last to {site.url('/0')}",
    )


async def test_a_circle_is_noticed_at_its_first_turn(site: FakeSite) -> None:
    site.redirect("/a", "/b")
    site.redirect("/b", "/a")
    site.redirect("/self", "/self")
    result = await get(site.url("/a"))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.REDIRECT
    assert result.reason == f"127.0.0.1 redirects in a circle, back to {site.url('/a')}"
    assert site.paths() == ["/a", "/b"]
    assert isinstance(await get(site.url("/self")), FetchFailed)


async def test_a_redirect_without_a_target_is_a_failure_in_words(site: FakeSite) -> None:
    site.status("/old", 302)
    result = await get(site.url("/old"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason, result.status) == (
        FailureKind.REDIRECT,
        "the server answered 302 Found without saying where to",
        302,
    )


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1:70/_x",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "unix:///run/docker.sock",
        "http://[::1/",
        "http://127.0.0.1:99999/",
    ],
)
async def test_redirects_to_what_is_not_fetched_are_refused(site: FakeSite, target: str) -> None:
    """Mark 3: other schemes."""
    site.redirect("/old", target)
    result = await get(site.url("/old"))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.FORBIDDEN
    assert result.reason.startswith("127.0.0.1 redirects to what is not fetched: ")
    assert (result.url, site.paths()) == (site.url("/old"), ["/old"])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "[::1]", "169.254.169.254", "10.0.0.1"])
async def test_redirects_to_private_addresses_are_refused(site: FakeSite, host: str) -> None:
    """Mark 3: private addresses."""
    site.redirect("/old", f"http://{host}:{site.port}/feed.xml")
    async with a_client(allow_networks=("127.0.0.2/32",)) as client:
        result = await client.get(site.url("/old", host=1))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.FORBIDDEN
    assert "allow_networks" in result.reason
    assert [request.address for request in site.requests] == ["127.0.0.2"]


async def test_credentials_and_configured_headers_never_cross_origins(site: FakeSite) -> None:
    site.redirect("/1", "/2")
    site.redirect("/2", site.url("/3", host=1))
    site.redirect("/3", site.url("/feed.xml"))
    async with a_client() as client:
        result = await client.get(site.url("/1"), auth=("jo", "secret"), headers={"X-Key": "k"})
    assert isinstance(result, Fetched)
    sent = [(r.path, "authorization" in r.headers, "x-key" in r.headers) for r in site.requests]
    assert sent == [("/1", True, True), ("/2", True, True), ("/3", False, False), ("/feed.xml", False, False)]


async def test_credentials_in_a_location_are_dropped(site: FakeSite) -> None:
    site.redirect("/old", f"http://evil:pw@127.0.0.2:{site.port}/feed.xml")
    result = await get(site.url("/old"))
    assert isinstance(result, Fetched)
    assert result.final_url == site.url("/feed.xml", host=1)
    assert "authorization" not in site.requests[1].headers


async def test_a_redirected_feed_still_answers_304(site: FakeSite) -> None:
    site.redirect("/old", site.url("/feed.xml", host=1), status=301)
    async with a_client() as client:
        first = await client.get(site.url("/old"))
        assert isinstance(first, Fetched)
        second = await client.get(site.url("/old"), validators=first.validators)
    assert isinstance(second, NotModified)
    assert second.final_url == site.url("/feed.xml", host=1)


async def test_an_error_behind_a_redirect_names_who_gave_it(site: FakeSite) -> None:
    site.redirect("/old", site.url("/missing", host=1))
    result = await get(site.url("/old"))
    assert isinstance(result, FetchFailed)
    assert result.reason == "127.0.0.2 (redirected) answered 404 Not Found"
    assert result.final_url == site.url("/missing", host=1)


async def test_each_hop_waits_for_the_turn_of_its_own_site(site: FakeSite) -> None:
    site.redirect("/1", "/2")
    site.redirect("/2", site.url("/feed.xml", host=1))
    clock = FakeClock(skip=True)
    gate = Gate(8, 1.0, monotonic=clock.monotonic, sleep=clock.sleep)
    async with a_client(gate=gate) as client:
        assert isinstance(await client.get(site.url("/1")), Fetched)
    assert clock.slept == [pytest.approx(1.0)]  # from /1 to /2; 127.0.0.2 had not been asked yet
    assert gate.remembered() == 2


async def test_redirects_that_cross_each_other_do_not_block_each_other(site: FakeSite) -> None:
    site.on(
        "/a", lambda r: Reply(status=302, headers={"Location": site.url("/feed.xml", host=1)}, delay=0.02)
    )
    site.on(
        "/b", lambda r: Reply(status=302, headers={"Location": site.url("/feed.xml", host=0)}, delay=0.02)
    )
    async with a_client(connections=2) as client:
        results = await asyncio.wait_for(
            asyncio.gather(
                *(
                    client.get(url)
                    for _ in range(5)
                    for url in (site.url("/a", host=0), site.url("/b", host=1))
                )
            ),
            10,
        )
    assert all(isinstance(result, Fetched) for result in results)
    assert site.max_in_flight == 1


async def test_validators_do_not_make_an_empty_trip(site: FakeSite) -> None:
    site.redirect("/old", "/feed.xml")
    async with a_client() as client:
        await client.get(site.url("/old"), validators=Validators(etag='"x"'))
    assert [request.headers.get("if-none-match") for request in site.requests] == ['"x"', '"x"']


# ── moved for good ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ((), None),
        ((301,), 1),
        ((308,), 1),
        ((302,), None),
        ((307,), None),
        ((303,), None),
        ((301, 308), 2),
        ((301, 302), 1),
        ((302, 301), None),
        ((301, 302, 301), 1),
        ((308, 301, 307, 308), 2),
    ],
)
async def test_a_feed_has_moved_as_far_as_permanent_redirects_alone_lead(
    site: FakeSite, statuses: tuple[int, ...], moved: int | None
) -> None:
    for hop, status in enumerate(statuses):
        site.redirect(f"/{hop}", f"/{hop + 1}#top", status=status)
    site.serve(f"/{len(statuses)}", "<rss/>")
    async with a_client() as client:
        first = await client.get(site.url("/0"))
        assert isinstance(first, Fetched)
        again = await client.get(site.url("/0"), validators=first.validators)
    assert isinstance(again, NotModified)
    assert first.moved_to == again.moved_to == (None if moved is None else site.url(f"/{moved}"))


async def test_an_address_with_a_password_does_not_move_as_it_would_lose_it(site: FakeSite) -> None:
    site.redirect("/0", "/1", status=301)
    site.serve("/1", "<rss/>")
    result = await get(f"http://jo:sesame@127.0.0.1:{site.port}/0")
    assert isinstance(result, Fetched)
    assert (result.moved_to, result.final_url) == (None, site.url("/1"))


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (
            "https://consent.yahoo.com/v2/collectConsent?sessionId=1",
            "blocked by a consent wall: 127.0.0.1 redirects to consent.yahoo.com/v2/collectConsent",
        ),
        (
            "https://geo.captcha-delivery.com/captcha/?cid=1",
            "blocked by a bot wall (DataDome): 127.0.0.1 redirects to geo.captcha-delivery.com/captcha/",
        ),
    ],
)
async def test_a_redirect_to_a_wall_is_not_followed(site: FakeSite, location: str, reason: str) -> None:
    site.redirect("/feed.xml", location)
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (FailureKind.BLOCKED, reason)
