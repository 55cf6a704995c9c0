"""Which addresses are refused, and that nothing gets around it."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any, cast

import pytest
from aiohttp.abc import ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.client import FEED, PAGE
from aggregator.fetch.guard import ForbiddenAddressError, Guard, networks, numeric_host, refusal
from aggregator.fetch.robots import Robots
from aggregator.model import FailureKind, Fetched, FetchFailed
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply
from tests.fetch.arrange import ScriptedResolver, a_client

HOSTILE_HOSTS = (
    *("127.0.0.1", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1"),
    *("017700000001", "0", "0.0.0.0", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127.0.0.1."),
    *("localhost", "localhost.", "LOCALHOST", "feeds.localhost"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]"),
    *("[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2001:db8::1]"),
    *("169.254.169.254", "[::ffff:169.254.169.254]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("user@127.0.0.1", "example.com@127.0.0.1", "example.com:80@127.0.0.1"),
)


@pytest.fixture
def canary() -> Iterator[FakeSite]:
    """A server on this machine that must never hear of us."""
    with FakeSite.running() as site:
        site.on("*", Reply(body=b"secret"))
        yield site


@pytest.mark.parametrize("accept", [FEED, PAGE])
async def test_no_hostile_target_is_contacted_for_a_feed_or_a_page(canary: FakeSite, accept: str) -> None:
    """Mark 1: 40 hostile targets and more, for feeds and for pages."""
    assert len(set(HOSTILE_HOSTS)) >= 40
    reached = []
    async with a_client(allow_networks=()) as client:
        for host in HOSTILE_HOSTS:
            result = await client.get(f"http://{host}:{canary.port}/", accept=accept)
            if not isinstance(result, FetchFailed) or result.kind is not FailureKind.FORBIDDEN:
                reached.append((host, result))
    assert reached == []
    assert canary.connections == 0


async def test_no_hostile_target_is_contacted_for_its_robots_txt(canary: FakeSite) -> None:
    """Mark 1: the same targets, for robots.txt."""

    async def nothing(_origin: str) -> None:
        return None

    async def never(*_stored: object) -> None:
        raise AssertionError("nothing was fetched, so there is nothing to store")

    async with a_client(allow_networks=()) as client:
        robots = Robots(client, load=nothing, save=never, now=lambda: NOW)
        verdicts = [await robots.obstacle(f"http://{host}:{canary.port}/page") for host in HOSTILE_HOSTS]
    assert None not in verdicts
    assert canary.connections == 0


async def test_a_refusal_names_the_address_and_what_would_allow_it(canary: FakeSite) -> None:
    async with a_client(allow_networks=()) as client:
        result = await client.get(f"http://2130706433:{canary.port}/feed.xml")
    assert isinstance(result, FetchFailed)
    assert result.reason == (
        "127.0.0.1 is a loopback address, not a public one; to allow it, list its network in [fetch] "
        "allow_networks"
    )


class _Turncoat(dict[str, Any]):
    """A looked-up address that is public when it is checked and loopback when it is used."""

    def __init__(self, port: int) -> None:
        super().__init__(hostname="x", host="", port=port, family=socket.AF_INET, proto=0, flags=0)
        self._answers = ["93.184.216.34", "127.0.0.1"]

    def __getitem__(self, key: str) -> Any:
        if key != "host":
            return super().__getitem__(key)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class _TurncoatResolver(ScriptedResolver):
    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [cast("ResolveResult", _Turncoat(port))]


async def test_a_name_that_turns_to_loopback_between_check_and_connect_never_connects(
    canary: FakeSite,
) -> None:
    """Mark 2: twenty names."""
    async with a_client(allow_networks=(), resolver=_TurncoatResolver()) as client:
        for n in range(20):
            result = await client.get(f"http://rebind-{n}.example:{canary.port}/feed.xml")
            assert isinstance(result, FetchFailed)
            assert result.kind is FailureKind.FORBIDDEN
            assert "127.0.0.1 is a loopback address" in result.reason
    assert canary.connections == 0


async def test_a_name_that_is_public_at_one_lookup_and_private_at_the_next_is_refused_then() -> None:
    with FakeSite.running(hosts=2) as site:
        site.serve("/feed.xml", "<rss/>")
        resolver = ScriptedResolver(["127.0.0.2"], ["127.0.0.1"])
        for expected in (Fetched, FetchFailed):
            async with a_client(allow_networks=("127.0.0.2/32",), resolver=resolver) as client:
                result = await client.get(f"http://rebind.example:{site.port}/feed.xml")
                assert isinstance(result, expected)
        assert [request.address for request in site.requests] == ["127.0.0.2"]


async def test_of_a_names_addresses_only_the_permitted_ones_are_tried() -> None:
    with FakeSite.running(hosts=2) as site:
        site.serve("/feed.xml", "<rss/>")
        resolver = ScriptedResolver(["127.0.0.1", "10.0.0.1", "127.0.0.2"])
        async with a_client(allow_networks=("127.0.0.2/32",), resolver=resolver) as client:
            result = await client.get(f"http://mixed.example:{site.port}/feed.xml")
        assert isinstance(result, Fetched)
        assert [request.address for request in site.requests] == ["127.0.0.2"]


async def test_allowed_networks_may_be_contacted_in_every_spelling(canary: FakeSite) -> None:
    async with a_client() as client:
        for host in ("127.0.0.1", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "localhost"):
            result = await client.get(f"http://{host}:{canary.port}/")
            assert isinstance(result, Fetched), host


async def test_behind_a_proxy_the_proxy_may_be_private_but_the_target_may_not(canary: FakeSite) -> None:
    canary.on("/feed.xml", lambda request: Reply(body=request.headers["x-fake-proxied"].encode()))
    async with a_client(allow_networks=(), proxy=canary.url("")) as client:
        fetched = await client.get("http://www.example.org/feed.xml")
        assert isinstance(fetched, Fetched)
        assert fetched.body == b"http://www.example.org"
        for host in ("169.254.169.254", "127.1", "0x7f000001", "[::1]", "localhost", "[64:ff9b::a9fe:a9fe]"):
            refused = await client.get(f"http://{host}/")
            assert isinstance(refused, FetchFailed), host
            assert refused.kind is FailureKind.FORBIDDEN, host
    assert len(canary.requests) == 1


async def test_proxies_of_the_environment_are_ignored(
    canary: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, canary.url(""))
    with FakeSite.running() as site:
        site.serve("/feed.xml", "<rss/>")
        async with a_client() as client:
            assert isinstance(await client.get(site.url("/feed.xml")), Fetched)
    assert canary.connections == 0


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "the unspecified address"),
        ("::", "the unspecified address"),
        ("127.0.0.1", "a loopback address"),
        ("::ffff:127.0.0.1", "a loopback address"),
        ("::7f00:1", "an IPv4-compatible address"),
        ("169.254.169.254", "a link-local address"),
        ("fe80::1%eth0", "a link-local address"),
        ("fec0::1", "a site-local address"),
        ("fd00::1", "a private address"),
        ("10.1.2.3", "a private address"),
        ("100.64.0.1", "a carrier-grade NAT address"),
        ("64:ff9b::8.8.8.8", "a NAT64 address"),
        ("2002:808:808::", "a 6to4 address"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "a Teredo address"),
        ("224.0.0.251", "a multicast address"),
        ("ff0e::1", "a multicast address"),
        ("240.0.0.1", "a reserved address"),
        ("255.255.255.255", "a reserved address"),
    ],
)
def test_what_is_not_public_is_called_by_its_kind(address: str, kind: str) -> None:
    assert f"is {kind}, not a public one" in (refusal(address) or "")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "1.1.1.1"]
)
def test_public_addresses_are_contacted(address: str) -> None:
    assert refusal(address) is None


def test_what_is_no_address_is_refused() -> None:
    assert refusal("example.org") == "example.org is not an IP address"


def test_allowing_a_translating_network_does_not_allow_what_it_translates_to() -> None:
    allowed = networks(["64:ff9b::/96"])
    assert refusal("64:ff9b::8.8.8.8", allowed) is None
    assert "169.254.169.254 is a link-local address" in (refusal("64:ff9b::169.254.169.254", allowed) or "")


def test_an_allowed_network_covers_its_own_addresses_alone() -> None:
    allowed = networks(["192.168.5.0/24", "fd00::/8"])
    assert refusal("192.168.5.7", allowed) is None
    assert refusal("::ffff:192.168.5.7", allowed) is None
    assert refusal("fd12::1", allowed) is None
    assert refusal("192.168.6.7", allowed) is not None


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_as_itself_and_as_mapped(address: IPv4Address) -> None:
    assert refusal(str(address)) == refusal(f"::ffff:{address}")


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_that_python_calls_not_global_is_contacted(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast:
        assert refusal(str(address)) is not None


def test_numeric_hosts_are_read_as_the_system_reads_them() -> None:
    assert {
        host: numeric_host(host) for host in ("127.1", "0x7f000001", "017700000001", "2130706433")
    } == dict.fromkeys(("127.1", "0x7f000001", "017700000001", "2130706433"), "127.0.0.1")
    assert numeric_host("[::1]") == "::1"
    assert [numeric_host(host) for host in ("example.org", "1.example", "999.1.1.1", "")] == [None] * 4


def test_the_guards_socket_is_made_for_a_permitted_address_only() -> None:
    guard = Guard(["127.0.0.0/8"])
    guard.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))).close()
    with pytest.raises(ForbiddenAddressError, match=r"10\.0\.0\.1 is a private address"):
        guard.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80)))
