"""What a hostile or broken server may cost: time, bytes, memory. Short limits stand in for the real ones."""

import asyncio
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from aggregator.fetch.client import Limits
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply
from tests.fetch.arrange import a_client

RSS = b"<rss/>"
QUICK = Limits(connect=0.3, first_byte=0.3, rate_bytes=1000, rate_seconds=0.3)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        yield running


async def hurried(url: str, *, seconds: float = 1.0) -> tuple[FetchFailed, float]:
    """The failure, and how long it took."""
    async with a_client(limits=QUICK, timeout=timedelta(seconds=seconds)) as client:
        started = time.monotonic()
        result = await client.get(url)
        took = time.monotonic() - started
    assert isinstance(result, FetchFailed), result
    return result, took


# ── slow answers ─────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_never_answers_is_given_up(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(delay=30))
    result, took = await hurried(site.url("/feed.xml"))
    assert (result.kind, result.reason) == (FailureKind.TIMEOUT, "no answer came from 127.0.0.1 within 0.3 s")
    assert took < 1


async def test_headers_that_drip_are_given_up_at_the_whole_time_out(site: FakeSite) -> None:
    site.on("/slow", Reply(raw=[b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 1000], drip=0.05))
    result, took = await hurried(site.url("/slow"))
    assert (result.kind, result.reason) == (FailureKind.TIMEOUT, "127.0.0.1 was not done within 1 s")
    assert took < 2


async def test_a_body_that_stops_is_given_up(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(raw=[b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", b""], drip=30))
    result, took = await hurried(site.url("/feed.xml"))
    assert result.kind is FailureKind.TIMEOUT
    assert took < 1


async def test_a_body_that_drips_below_the_least_rate_is_given_up(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=b"<rss>" * 1000, drip=0.02, piece=5))
    result, took = await hurried(site.url("/feed.xml"), seconds=20)
    assert (result.kind, result.reason) == (
        FailureKind.TIMEOUT,
        "127.0.0.1 sent less than 1,000 bytes in 0.3 s",
    )
    assert took < 1


SLOW: dict[str, Reply] = {
    "no answer": Reply(delay=60),
    "headers that drip": Reply(raw=[b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 1000], drip=1),
    "a body that stops": Reply(raw=[b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", b""], drip=60),
    "a body that drips": Reply(body=b"<rss>" * 10_000, drip=0.5, piece=100),
}


@pytest.mark.skipif(
    not os.environ.get("SOAK"), reason="takes half a minute; the same with short limits above"
)
async def test_slow_servers_of_four_kinds_are_over_within_31_s(site: FakeSite) -> None:
    """Mark 7, with the limits that users have: each kind at an address of its own, all at once."""
    with FakeSite.running(hosts=len(SLOW)) as slow:
        slow.on("/feed.xml", lambda request: list(SLOW.values())[int(request.address[-1]) - 1])
        async with a_client(limits=Limits(), timeout=timedelta(seconds=30)) as client:
            started = time.monotonic()
            results = await asyncio.gather(
                *[client.get(slow.url("/feed.xml", host=number)) for number in range(len(SLOW))]
            )
            took = time.monotonic() - started
    assert [getattr(result, "kind", None) for result in results] == [FailureKind.TIMEOUT] * len(SLOW)
    assert took < 31


async def test_a_slow_body_above_the_least_rate_has_until_the_whole_time_out(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=b"x" * 1000 * 200, drip=0.05, piece=1000))
    result, took = await hurried(site.url("/feed.xml"))
    assert (result.kind, result.reason) == (FailureKind.TIMEOUT, "127.0.0.1 was not done within 1 s")
    assert 0.9 < took < 2


async def test_a_slow_body_above_the_least_rate_arrives(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=b"x" * 20_000, drip=0.04, piece=1000))
    async with a_client(limits=QUICK) as client:
        result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, Fetched)
    assert len(result.body) == 20_000


async def test_redirects_share_one_time_out(site: FakeSite) -> None:
    for n in range(1, 6):
        site.on(f"/{n}", Reply(status=302, headers={"Location": f"/{n - 1}"}, delay=0.25))
    site.serve("/0", RSS)
    result, took = await hurried(site.url("/5"), seconds=0.6)
    assert result.kind is FailureKind.TIMEOUT
    assert took < 1


async def test_a_deadline_of_the_caller_replaces_the_configured_one(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(delay=30))
    async with a_client() as client:
        result = await client.get(site.url("/feed.xml"), deadline=timedelta(seconds=0.1))
    assert isinstance(result, FetchFailed)
    assert result.reason == "127.0.0.1 was not done within 0.1 s"


async def test_a_server_that_accepts_no_connection_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        held = [socket.socket() for _ in range(4)]
        try:
            for one in held:  # fill the backlog: the kernel drops whoever comes next
                one.setblocking(False)
                one.connect_ex(address)
            result, took = await hurried(f"http://127.0.0.1:{address[1]}/")
        finally:
            for one in held:
                one.close()
    assert (result.kind, result.reason) == (
        FailureKind.TIMEOUT,
        "127.0.0.1 accepted no connection within 0.3 s",
    )
    assert took < 1


# ── big answers ──────────────────────────────────────────────────────────────────────────────


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


@contextmanager
def peak_growth() -> Iterator[list[float]]:
    """The most that this process' resident memory grew by, in MB, sampled each 5 ms."""
    grown = [0.0]
    before = _resident_mb()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            grown[0] = max(grown[0], _resident_mb() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        done.set()
        watcher.join()


def _gzip_pieces(megabytes: int) -> list[bytes]:
    """A gzip stream of that many megabytes of text that packs 100 to 1."""
    packer = zlib.compressobj(6, wbits=31)
    block = b"".join(b"<item><title>%d</title></item>" % (n * 7919 % 100_003) for n in range(30_000))
    pieces = [packer.compress(block) for _ in range(megabytes * 1_000_000 // len(block))]
    return [*pieces, packer.flush()]


async def test_a_huge_gzip_stops_at_the_cap_while_memory_grows_by_less_than_60_mb(site: FakeSite) -> None:
    """Mark 6: one that packs like text."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n"
    site.on("/feed.xml", Reply(raw=[head, *_gzip_pieces(60), *[b"\0" * 65_536] * 50]))
    async with a_client() as client:
        with peak_growth() as grown:
            result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (FailureKind.TOO_BIG, "the body is larger than 10 MB")
    assert grown[0] < 60


@pytest.mark.parametrize("codings", [("gzip",), ("br",), ("gzip", "gzip")], ids="/".join)
async def test_a_bomb_of_zeros_is_stopped(site: FakeSite, codings: tuple[str, ...]) -> None:
    """Mark 6: those that do not."""
    site.on("/feed.xml", Reply(body=bytes(50_000_000), encode=codings))
    async with a_client() as client:
        with peak_growth() as grown:
            result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.TOO_BIG
    assert grown[0] < 60


async def test_a_body_that_announces_more_than_the_cap_is_not_downloaded(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=b"<rss>", length=2_000_000_000))
    async with a_client() as client:
        result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.status) == (FailureKind.TOO_BIG, 200)


async def test_the_callers_cap_refuses_a_longer_body_or_cuts_it(site: FakeSite) -> None:
    site.on("/page", Reply(body=b"0123456789" * 1000, encode=("gzip",)))
    async with a_client() as client:
        refused = await client.get(site.url("/page"), max_body=5005)
        cut = await client.get(site.url("/page"), max_body=5005, cut=True)
        whole = await client.get(site.url("/page"), max_body=10_000)
    assert isinstance(refused, FetchFailed)
    assert refused.reason == "the body is larger than 5,005 bytes"
    assert isinstance(cut, Fetched)
    assert cut.body == (b"0123456789" * 1000)[:5005]
    assert isinstance(whole, Fetched)


async def test_a_body_shorter_than_its_content_length_is_truncated_not_a_smaller_feed(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(body=b"<rss><item/>", length=500))
    async with a_client() as client:
        result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (
        FailureKind.TRUNCATED,
        "127.0.0.1 closed the connection before the whole body had arrived",
    )


async def test_a_chunked_body_without_its_end_is_truncated(site: FakeSite) -> None:
    site.on("/feed.xml", Reply(raw=[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n"]))
    async with a_client() as client:
        result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.TRUNCATED


async def test_a_gzip_body_that_breaks_off_is_truncated(site: FakeSite) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    site.on("/feed.xml", Reply(raw=[head, _gzip_pieces(1)[0][:5000]]))
    async with a_client() as client:
        result = await client.get(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (FailureKind.TRUNCATED, "the packed body breaks off in the middle")


async def test_bytes_behind_the_announced_length_never_become_the_next_answer(site: FakeSite) -> None:
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    site.on("/feed.xml", Reply(raw=[b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>" + smuggled]))
    site.serve("/other.xml", b"<feed/>")
    async with a_client() as client:
        first = await client.get(site.url("/feed.xml"))
        second = await client.get(site.url("/other.xml"))
    assert isinstance(first, FetchFailed) or (isinstance(first, Fetched) and first.body == b"<rss/>")
    assert isinstance(second, Fetched)
    assert second.body == b"<feed/>"


async def test_idle_connections_do_not_pile_up() -> None:
    with FakeSite.running(hosts=12) as site:
        site.serve("/feed.xml", RSS)
        async with a_client(limits=Limits(idle=4)) as client:
            for host in range(12):
                await client.get(site.url("/feed.xml", host=host))
            asked = [request.headers.get("connection") for request in site.requests]
    assert asked == [None] * 4 + ["close"] * 8


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def tls_site(name: str, *, expired: bool = False) -> Iterator[FakeSite]:
    authority = trustme.CA()
    before = datetime(2020, 1, 1, tzinfo=UTC) if expired else None
    after = datetime(2021, 1, 1, tzinfo=UTC) if expired else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_before=before, not_after=after).configure_cert(context)
    with FakeSite.running(tls=context) as site:
        site.serve("/feed.xml", RSS)
        yield site


async def _tls_failure(url: str) -> FetchResult:
    async with a_client() as client:
        return await client.get(url)


async def test_a_certificate_of_an_unknown_authority_is_a_failure_in_words() -> None:
    with tls_site("127.0.0.1") as site:
        result = await _tls_failure(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (
        FailureKind.TLS,
        "TLS: the certificate of 127.0.0.1 comes from an authority that is not known here",
    )
    assert site.requests == []


async def test_https_to_a_server_that_speaks_plain_http_is_a_failure_in_words(site: FakeSite) -> None:
    result = await _tls_failure(f"https://127.0.0.1:{site.port}/feed.xml")
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.TLS
    assert result.reason.startswith("TLS: no secure connection with 127.0.0.1")


@pytest.mark.parametrize(
    ("name", "expired", "words"),
    [
        ("127.0.0.1", True, "TLS: the certificate of 127.0.0.1 has expired"),
        ("www.other.example", False, "TLS: the certificate is for another address than 127.0.0.1"),
    ],
)
async def test_a_trusted_certificate_that_does_not_hold_is_a_failure_in_words(
    name: str, expired: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    before = datetime(2020, 1, 1, tzinfo=UTC)
    after = datetime(2021, 1, 1, tzinfo=UTC) if expired else NOW + timedelta(days=36_500)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_before=before, not_after=after).configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    with FakeSite.running(tls=server) as site:
        result = await _tls_failure(site.url("/feed.xml"))
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.reason) == (FailureKind.TLS, words)
