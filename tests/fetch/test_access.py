"""An outlet's password and headers: for its own sites, and never seen anywhere else."""

import base64
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from aggregator.config import Outlet
from aggregator.fetch.access import Access, access, fetch_as
from aggregator.fetch.address import AddressError, address
from aggregator.fetch.client import FEED
from aggregator.fetch.holds import Holds
from aggregator.fetch.hosts import Gate
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, PutOff, Validators
from tests.fakes import FakeClock, FakeSite, Reply
from tests.fetch.arrange import a_client

SECRET = "sesame-7f3a"
KEY = "key-91c2"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as running:
        yield running


@pytest.fixture
def outlet(site: FakeSite, tmp_path: Path) -> Outlet:
    (tmp_path / "password").write_text(SECRET + "\n")
    return Outlet(
        name="Gazette",
        feeds=(site.url("/feed.xml"),),
        user="jo",
        password_file=tmp_path / "password",
        headers={"X-Key": KEY},
    )


def test_the_outlets_own_sites_are_told_and_no_others(outlet: Outlet, site: FakeSite) -> None:
    assert access(outlet, site.url("/page")) == Access(headers={"X-Key": KEY}, auth=("jo", SECRET))
    assert access(outlet, site.url("/page", host=1)) == Access()
    assert access(Outlet(name="Other", feeds=(site.url("/"),)), site.url("/")) == Access()


async def test_a_changed_password_file_is_read_anew(outlet: Outlet, site: FakeSite) -> None:
    site.serve("/feed.xml", "<rss/>", etag=None, last_modified=None)
    assert outlet.password_file is not None
    async with a_client() as client:
        for password in ("first", "second"):
            outlet.password_file.write_text(password)
            await fetch_as(client, outlet, outlet.feeds[0], validators=Validators(), accept=FEED)
    sent = [request.headers["authorization"].removeprefix("Basic ") for request in site.requests]
    assert [base64.b64decode(one).decode() for one in sent] == ["jo:first", "jo:second"]


async def test_a_password_file_that_cannot_be_read_is_a_failure_in_words(
    outlet: Outlet, site: FakeSite
) -> None:
    assert outlet.password_file is not None
    outlet.password_file.unlink()
    async with a_client() as client:
        result = await fetch_as(client, outlet, outlet.feeds[0], validators=Validators(), accept=FEED)
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.FORBIDDEN
    assert result.reason.startswith(f"password_file {outlet.password_file} cannot be read: ")
    assert site.requests == []


def _answers(site: FakeSite) -> list[Reply]:
    """Everything that can come back to somebody who sent a secret."""
    to = [("Location", site.url("/else", host=1)), ("Location", "ftp://x/"), ("Location", "/feed.xml")]
    return [
        Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}),
        Reply(status=403, headers={"cf-mitigated": "challenge"}),
        Reply(status=429, headers={"Retry-After": "60"}),
        *[Reply(status=302, headers=[location]) for location in to],
        Reply(raw=[b"SSH-2.0-OpenSSH_9.2\r\n"]),
        Reply(raw=[b""]),
        Reply(body=b"<rss/>", length=100),
        Reply(body=b"<rss/>", headers={"Content-Encoding": "br"}),
        Reply(delay=5),
    ]


async def test_no_answer_makes_a_secret_show_up_in_reasons_put_offs_or_logs(
    outlet: Outlet, site: FakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock, results = FakeClock(skip=True), list[FetchResult]()
    basic = base64.b64encode(f"jo:{SECRET}".encode()).decode()
    with structlog.testing.capture_logs() as logged:
        for answer in _answers(site):
            site.script("/feed.xml", answer)
            gate = Gate(4, 0.0, monotonic=clock.monotonic, sleep=clock.sleep)
            holds = Holds(gate, now=clock.now, jitter=lambda: 0.0)
            async with a_client(gate=gate, holds=holds, timeout=timedelta(seconds=1)) as client:
                for _ in range(2):
                    results.append(
                        await fetch_as(client, outlet, outlet.feeds[0], validators=Validators(), accept=FEED)
                    )
    assert {type(result) for result in results} >= {FetchFailed, PutOff}
    assert len(site.asked("/feed.xml")) > len(_answers(site))
    assert all("authorization" in request.headers for request in site.asked("/feed.xml"))
    assert all("authorization" not in request.headers for request in site.asked("/else"))
    seen = repr(results) + repr(logged) + caplog.text
    assert [secret for secret in (SECRET, KEY, basic) if secret in seen] == []


@pytest.mark.parametrize(
    "url",
    [
        f"http://jo:{SECRET}@127.0.0.1:99999/",
        f"http://jo:{SECRET}@a..b/",
        f"ftp://jo:{SECRET}@example.org/",
        f"http://jo:{SECRET}/x@example.org/",
        f"http://jo:x/{SECRET}@example.org/",
        f"jo:{SECRET}@example.org/feed",
        f"http://jo:{SECRET}@[::1/",
        f"http://{SECRET}@exa mple.org/",
        f"http://jo:{SECRET}@example.org/" + "a" * 9000,
    ],
)
def test_an_address_that_is_refused_is_quoted_without_its_password(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        address(url)
    assert SECRET not in str(caught.value)
    assert "@" in str(caught.value)


async def test_a_password_in_an_address_is_not_part_of_where_it_led(site: FakeSite) -> None:
    site.serve("/feed.xml", "<rss/>")
    async with a_client() as client:
        result = await client.get(f"http://jo:{SECRET}@127.0.0.1:{site.port}/feed.xml")
    assert isinstance(result, Fetched)
    assert result.final_url == site.url("/feed.xml")
