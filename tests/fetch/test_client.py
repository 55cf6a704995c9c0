"""One address, one answer: conditional requests, statuses, and failures in words."""

import asyncio
import base64
import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from aiohttp.abc import AbstractResolver

from aggregator.fetch.client import FEED, PAGE
from aggregator.fetch.hosts import Gate
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, Validators
from tests.fakes import FakeClock, FakeSite, Reply, etag_of
from tests.fetch.arrange import CONFIG, a_client

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title></channel></rss>"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        yield running


async def get(url: str, validators: Validators | None = None) -> FetchResult:
    async with a_client() as client:
        return await client.get(url, validators=validators or Validators())


def reason_of(result: FetchResult) -> tuple[FailureKind, str]:
    assert isinstance(result, FetchFailed), result
    return result.kind, result.reason


# ── what a good server gives ─────────────────────────────────────────────────────────────────


async def test_a_feed_is_fetched_with_its_headers_and_validators(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, headers={"X-Generator": "by hand"})
    url = site.url("/feed.xml")
    result = await get(url)
    assert isinstance(result, Fetched)
    assert (result.url, result.final_url, result.status, result.body) == (url, url, 200, RSS)
    assert result.headers["x-generator"] == "by hand"
    assert result.validators == Validators(etag=etag_of(RSS), last_modified="Fri, 20 Nov 2026 11:00:00 GMT")
    assert 0 <= result.elapsed_ms < 5000


async def test_a_request_says_who_asks_and_for_what(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS)
    async with a_client() as client:
        await client.get(site.url("/feed.xml"))
        await client.get(site.url("/feed.xml"), accept=PAGE, headers={"X-Key": "k"}, auth=("jo", "pä:ss"))
    first, second = (request.headers for request in site.requests)
    assert first["user-agent"] == CONFIG.user_agent
    assert (first["accept"], first["accept-encoding"]) == (FEED, "gzip, deflate, br")
    assert {"cookie", "authorization", "if-none-match", "if-modified-since"}.isdisjoint(first)
    assert (second["accept"], second["x-key"]) == (PAGE, "k")
    assert base64.b64decode(second["authorization"].removeprefix("Basic ")).decode() == "jo:pä:ss"


async def test_credentials_in_the_address_become_a_header_and_are_shown_nowhere(site: FakeSite) -> None:
    site.redirect("/feed.xml", "/real.xml")
    site.serve("/real.xml", RSS)
    result = await get(f"http://jo:secret@127.0.0.1:{site.port}/feed.xml")
    assert isinstance(result, Fetched)
    assert "secret" not in result.final_url
    assert all("authorization" in request.headers for request in site.requests)


async def test_cookies_are_neither_kept_nor_sent_nor_shown(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, headers={"Set-Cookie": "id=1; Path=/"})
    async with a_client() as client:
        result = await client.get(site.url("/feed.xml"))
        await client.get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert "set-cookie" not in result.headers
    assert "cookie" not in site.requests[1].headers


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw-deflate", "br"])
@pytest.mark.parametrize("chunked", [True, False])
async def test_packed_bodies_are_unpacked(site: FakeSite, coding: str, chunked: bool) -> None:
    site.on("/feed.xml", Reply(body=RSS * 5000, encode=(coding,), chunked=chunked))
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert result.body == RSS * 5000


async def test_a_body_mislabelled_gzip_is_read_raw(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=RSS, headers={"Content-Encoding": "gzip"}))
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert result.body == RSS


async def test_a_body_that_is_a_path_or_an_address_is_only_a_body(site: FakeSite) -> None:
    """Mark 4, as far as the network goes; what parsers make of such bodies is tested with them."""
    with FakeSite.running() as canary:
        for body in (b"/etc/passwd", b"file:///etc/passwd", canary.url("/x").encode()):
            site.on("/feed.xml", Reply(body=body, content_type="text/plain"))
            result = await get(site.url("/feed.xml"))
            assert isinstance(result, Fetched)
            assert result.body == body
        assert canary.connections == 0


async def test_a_connection_is_used_again_for_the_same_site(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS)
    async with a_client() as client:
        for _ in range(3):
            await client.get(site.url("/feed.xml"))
    assert (len(site.requests), site.connections) == (3, 1)


async def test_one_site_sees_one_request_at_a_time_whatever_is_asked_at_once(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, delay=0.01)
    async with a_client() as client:
        await asyncio.gather(*(client.get(site.url("/feed.xml")) for _ in range(8)))
    assert (len(site.requests), site.max_in_flight) == (8, 1)


async def test_waiting_for_the_sites_turn_counts_neither_as_time_out_nor_as_elapsed(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, delay=0.15)
    async with a_client(timeout=timedelta(seconds=0.4)) as client:
        results = await asyncio.gather(*(client.get(site.url("/feed.xml")) for _ in range(4)))
    assert all(isinstance(result, Fetched) and result.elapsed_ms < 400 for result in results), results


# ── conditional requests (edge cases 1 to 3) ─────────────────────────────────────────────────


async def test_unchanged_is_not_modified_and_both_validators_are_sent_verbatim(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, etag='W/"a,b"')
    async with a_client() as client:
        first = await client.get(site.url("/feed.xml"))
        assert isinstance(first, Fetched)
        second = await client.get(site.url("/feed.xml"), validators=first.validators)
    asked = site.requests[1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == (
        'W/"a,b"',
        "Fri, 20 Nov 2026 11:00:00 GMT",
    )
    assert isinstance(second, NotModified)
    assert (second.status, second.validators) == (304, first.validators)


async def test_a_304_without_validators_keeps_those_that_were_sent(site: FakeSite) -> None:
    sent = Validators(etag='"1"', last_modified="Thu, 19 Nov 2026 11:00:00 GMT")
    site.on("/feed.xml", Reply(status=304, content_type=None))
    result = await get(site.url("/feed.xml"), sent)
    assert isinstance(result, NotModified)
    assert result.validators == sent


async def test_a_304_with_a_new_validator_gives_that_one(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(status=304, content_type=None, etag='"2"'))
    result = await get(site.url("/feed.xml"), Validators(etag='"1"', last_modified="yesterday"))
    assert isinstance(result, NotModified)
    assert result.validators == Validators(etag='"2"')


async def test_the_same_last_modified_with_another_etag_is_modified(site: FakeSite) -> None:
    day = "Fri, 20 Nov 2026 11:00:00 GMT"
    site.on("/feed.xml", Reply(body=RSS, etag='"2"', headers={"Last-Modified": day}))
    result = await get(site.url("/feed.xml"), Validators(etag='"1"', last_modified=day))
    assert isinstance(result, Fetched)
    assert result.validators == Validators(etag='"2"', last_modified=day)


async def test_the_same_etag_on_a_200_is_unmodified(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=RSS, etag='"1"'))
    result = await get(site.url("/feed.xml"), Validators(etag='"1"'))
    assert isinstance(result, NotModified)
    assert (result.status, result.validators) == (200, Validators(etag='"1"'))


async def test_expires_0_means_that_no_validators_are_kept(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, headers={"Expires": "0"})
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert result.validators == Validators()


async def test_a_bad_cache_control_is_ignored(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, headers={"Cache-Control": "max-age=soon, ,=;", "Expires": "-1"})
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert result.validators.etag == etag_of(RSS)


async def test_a_304_to_an_unconditional_request_is_a_failure_in_words(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(status=304, content_type=None, etag='"1"'))
    assert reason_of(await get(site.url("/feed.xml"))) == (
        FailureKind.HTTP,
        "the server answered 304 Not Modified although nothing is stored here yet",
    )


# ── statuses and headers ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "404 Not Found"),
        (410, "410 Gone"),
        (429, "429 Too Many Requests"),
        (500, "500 Internal Server Error"),
        (503, "503 Service Unavailable"),
        (521, "521"),
        (204, "204 No Content, which holds nothing to read"),
    ],
)
async def test_an_error_status_is_a_failure_with_status_headers_and_words(
    site: FakeSite, status: int, words: str
) -> None:
    site.status("/feed.xml", status, headers={"Retry-After": "120"})
    result = await get(site.url("/feed.xml"))
    assert reason_of(result) == (FailureKind.HTTP, f"the server answered {words}")
    assert isinstance(result, FetchFailed)
    assert (result.status, result.headers["retry-after"]) == (status, "120")


async def test_more_than_a_hundred_headers_are_read(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, headers=[(f"X-{n}", str(n)) for n in range(300)])
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert result.headers["x-299"] == "299"


async def test_repeated_headers_are_joined(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, headers=[("Link", "<a>; rel=hub"), ("Link", "<b>; rel=self")])
    result = await get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert result.headers["link"] == "<a>; rel=hub, <b>; rel=self"


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Long", "x" * 40_000)],
        [(f"X-{n}", "x" * 1000) for n in range(40)],
        [(f"X-{n}", "x") for n in range(3000)],
    ],
    ids=["one", "many long", "very many"],
)
async def test_headers_over_32_kb_are_refused(site: FakeSite, headers: list[tuple[str, str]]) -> None:
    site.serve("/feed.xml", RSS, headers=headers)
    kind, reason = reason_of(await get(site.url("/feed.xml")))
    assert kind is FailureKind.TOO_BIG
    assert "headers" in reason


async def test_what_is_not_http_is_a_failure_in_words(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(raw=[b"SSH-2.0-OpenSSH_9.9\r\n\r\n"]))
    assert reason_of(await get(site.url("/feed.xml"))) == (
        FailureKind.HTTP,
        "what 127.0.0.1 answered is not HTTP",
    )


async def test_a_connection_closed_without_an_answer_is_a_failure_in_words(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(raw=[]))
    assert reason_of(await get(site.url("/feed.xml"))) == (
        FailureKind.CONNECT,
        "127.0.0.1 closed the connection without an answer",
    )


# ── no connection ────────────────────────────────────────────────────────────────────────────


async def test_a_refused_connection_is_a_failure_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert reason_of(await get(f"http://127.0.0.1:{port}/")) == (
        FailureKind.CONNECT,
        "127.0.0.1 refused the connection",
    )


class _NoName(AbstractResolver):
    """A resolver that knows no name, in the given way."""

    def __init__(self, code: int) -> None:
        self._code = code

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[object]:  # type: ignore[override]
        raise socket.gaierror(self._code, "as the system says it")

    async def close(self) -> None:
        return None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (socket.EAI_NONAME, "the name www.outlet.example could not be looked up"),
        (socket.EAI_AGAIN, "the name www.outlet.example could not be looked up: no name server answered"),
    ],
)
async def test_a_name_that_cannot_be_looked_up_is_a_failure_in_words(code: int, words: str) -> None:
    async with a_client(resolver=_NoName(code)) as client:
        assert reason_of(await client.get("http://www.outlet.example/feed.xml")) == (FailureKind.NAME, words)


async def test_the_systems_resolver_says_that_an_invalid_name_has_no_address() -> None:
    kind, reason = reason_of(await get("http://no-such-host.invalid/feed.xml"))
    assert (kind, reason.startswith("the name no-such-host.invalid could not be looked up")) == (
        FailureKind.NAME,
        True,
    )


async def test_the_systems_resolver_finds_localhost(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS)
    async with a_client(allow_networks=("127.0.0.0/8", "::1/128")) as client:
        assert isinstance(await client.get(f"http://localhost:{site.port}/feed.xml"), Fetched)


async def test_a_failure_leaves_the_client_usable(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS)
    async with a_client() as client:
        await client.get(site.url("/missing"))
        await client.get("http://no-such-host.invalid/")
        assert isinstance(await client.get(site.url("/feed.xml")), Fetched)


async def test_a_cancelled_fetch_gives_its_turn_back(site: FakeSite) -> None:
    site.script("/feed.xml", Reply(delay=30), Reply(body=RSS))
    async with a_client() as client:
        hung = asyncio.ensure_future(client.get(site.url("/feed.xml")))
        while not site.requests:
            await asyncio.sleep(0.01)
        hung.cancel()
        assert isinstance(await client.get(site.url("/feed.xml")), Fetched)


async def test_the_gate_is_used_with_the_clock_that_was_given(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS)
    clock = FakeClock(skip=True)
    gate = Gate(4, 1.0, monotonic=clock.monotonic, sleep=clock.sleep)
    started = time.monotonic()
    async with a_client(gate=gate) as client:
        for _ in range(5):
            await client.get(site.url("/feed.xml"))
    assert clock.slept == [pytest.approx(1.0)] * 4
    assert time.monotonic() - started < 3


# ── walls ────────────────────────────────────────────────────────────────────────────────────

CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>wait</body></html>"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            Reply(status=403, headers={"cf-mitigated": "challenge"}, content_type="text/html"),
            "blocked by a bot wall (Cloudflare) (403 Forbidden)",
        ),
        (
            Reply(status=503, body=CHALLENGE, encode=("gzip",), content_type="text/html"),
            "blocked by a bot wall (Cloudflare) (503 Service Unavailable)",
        ),
        (Reply(body=CHALLENGE, content_type="text/html"), "blocked by a bot wall (Cloudflare)"),
        (
            Reply(status=202, headers={"x-amzn-waf-action": "challenge"}, content_type=None),
            "blocked by a bot wall (AWS WAF) (202 Accepted)",
        ),
        (
            Reply(status=403, body=CHALLENGE + b" " * 5_000_000, content_type="text/html"),
            "blocked by a bot wall (Cloudflare) (403 Forbidden)",
        ),
    ],
)
async def test_a_wall_is_blocked_whatever_its_status_and_never_a_body(
    site: FakeSite, reply: Reply, reason: str
) -> None:
    site.on("/feed.xml", reply)
    assert reason_of(await get(site.url("/feed.xml"))) == (FailureKind.BLOCKED, reason)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x1f\x8b\x08broken", CHALLENGE[:20]])
async def test_an_error_whose_page_cannot_be_read_is_that_error(site: FakeSite, body: bytes) -> None:
    site.on("/feed.xml", Reply(status=403, body=body, length=len(body) + 50, content_type="text/html"))
    assert reason_of(await get(site.url("/feed.xml"))) == (
        FailureKind.HTTP,
        "the server answered 403 Forbidden",
    )


async def test_a_feed_served_as_html_is_a_feed(site: FakeSite) -> None:
    site.serve("/feed.xml", RSS, content_type="text/html")
    assert isinstance(await get(site.url("/feed.xml")), Fetched)
