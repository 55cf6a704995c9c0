"""Requests to hubs, over the one way out."""

import gzip
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from aggregator.fetch.websub import Asked, ask, delivery
from aggregator.model import FailureKind, Fetched, FetchFailed, Subscription, SubscriptionState, Validators
from tests.fakes import FakeSite, Reply
from tests.fetch.arrange import a_client

FORM = {"hub.mode": "subscribe", "hub.topic": "https://x.example/?a=1&b=ü"}


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as site:
        yield site


def subscription(hub: str) -> Subscription:
    return Subscription(
        feed_id=1,
        hub=hub,
        topic="https://x.example/f",
        token="t",
        secret="s",
        state=SubscriptionState.PENDING,
    )


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_form_is_posted_and_every_2xx_is_well(site: FakeSite, status: int) -> None:
    site.on("/hub", Reply(status=status, content_type=None))
    async with a_client() as client:
        result = await client.post(site.url("/hub"), form=FORM)
    assert isinstance(result, Fetched)
    assert result.status == status
    [asked] = site.requests
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert parse_qs(asked.body.decode()) == {name: [value] for name, value in FORM.items()}
    assert asked.headers["user-agent"].startswith("test-agent/")


async def test_a_redirect_gets_the_same_form(site: FakeSite) -> None:
    site.redirect("/hub", site.url("/new", host=1), status=307)
    site.on("/new", Reply(status=202, content_type=None))
    async with a_client() as client:
        await client.post(site.url("/hub"), form=FORM)
    assert [(request.method, request.path) for request in site.requests] == [
        ("POST", "/hub"),
        ("POST", "/new"),
    ]
    assert site.requests[0].body == site.requests[1].body


@pytest.mark.parametrize("url", ["http://10.0.0.1/hub", "http://[::1]/hub", "http://169.254.169.254/latest"])
async def test_a_hub_in_a_private_network_is_never_connected_to(url: str) -> None:
    async with a_client() as client:
        result = await client.post(url, form=FORM)
    assert isinstance(result, FetchFailed)
    assert result.kind == FailureKind.FORBIDDEN


@pytest.mark.parametrize("url", ["ftp://x.example/hub", "file:///etc/passwd", "hub", "http://"])
async def test_what_is_not_http_is_not_asked(url: str) -> None:
    async with a_client() as client:
        result = await client.post(url, form=FORM)
    assert isinstance(result, FetchFailed)
    assert result.kind == FailureKind.FORBIDDEN


async def test_a_redirect_to_a_private_network_is_refused(site: FakeSite) -> None:
    site.redirect("/hub", "http://192.168.0.1/admin", status=308)
    async with a_client() as client:
        result = await client.post(site.url("/hub"), form=FORM)
    assert isinstance(result, FetchFailed)
    assert result.kind == FailureKind.FORBIDDEN


async def test_an_endless_answer_is_cut(site: FakeSite) -> None:
    site.on("/hub", Reply(status=200, body=b"x" * 1_000_000))
    async with a_client() as client:
        result = await client.post(site.url("/hub"), form=FORM)
    assert isinstance(result, Fetched)
    assert len(result.body) == 65_536


async def test_a_hub_learns_callback_topic_secret_and_lease(site: FakeSite) -> None:
    site.on("/hub", Reply(status=202, content_type=None))
    async with a_client() as client:
        asked = await ask(client, subscription(site.url("/hub")), "https://n.example/websub/t", "subscribe")
    assert asked == Asked(accepted=True)
    assert parse_qs(site.requests[0].body.decode()) == {
        "hub.callback": ["https://n.example/websub/t"],
        "hub.mode": ["subscribe"],
        "hub.topic": ["https://x.example/f"],
        "hub.lease_seconds": ["864000"],
        "hub.secret": ["s"],
    }


async def test_a_hub_that_is_left_learns_no_more_than_it_needs(site: FakeSite) -> None:
    site.on("/hub", Reply(status=202, content_type=None))
    async with a_client() as client:
        await ask(client, subscription(site.url("/hub")), "https://n.example/websub/t", "unsubscribe")
    assert parse_qs(site.requests[0].body.decode()) == {
        "hub.callback": ["https://n.example/websub/t"],
        "hub.mode": ["unsubscribe"],
        "hub.topic": ["https://x.example/f"],
    }


async def test_a_refusal_is_told_in_words(site: FakeSite) -> None:
    site.status("/hub", 403)
    async with a_client() as client:
        asked = await ask(client, subscription(site.url("/hub")), "https://n.example/websub/t", "subscribe")
    assert asked == Asked(
        accepted=False, reason="the hub was asked in vain: the server answered 403 Forbidden"
    )


# ── deliveries ───────────────────────────────────────────────────────────────────────────────


def test_a_delivery_looks_as_if_it_had_been_fetched() -> None:
    headers = {"content-type": "application/atom+xml", "link": "<h>; rel=hub", "x-hub-signature": "sha1=0"}
    assert delivery("https://x.example/f", headers, b"<feed/>", max_body=100) == Fetched(
        url="https://x.example/f",
        final_url="https://x.example/f",
        status=200,
        headers={"content-type": "application/atom+xml", "link": "<h>; rel=hub"},
        body=b"<feed/>",
        validators=Validators(),
        elapsed_ms=0,
    )


def test_a_packed_delivery_is_unpacked_within_the_limit() -> None:
    packed = gzip.compress(b"<feed/>" + b" " * 1000)
    headers = {"content-encoding": "gzip"}
    unpacked = delivery("https://x.example/f", headers, packed, max_body=2000)
    assert unpacked is not None
    assert unpacked.body == b"<feed/>" + b" " * 1000
    assert delivery("https://x.example/f", headers, packed, max_body=500) is None


@pytest.mark.parametrize("body", [b"\x1f\x8b\x08 no gzip at all", gzip.compress(b"x" * 99, mtime=0)[:-9]])
def test_what_does_not_unpack_is_no_delivery(body: bytes) -> None:
    assert delivery("https://x.example/f", {"content-encoding": "gzip"}, body, max_body=2000) is None
