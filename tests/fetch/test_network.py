"""When most sites cannot be reached, it is our own network: nobody is blamed, and a try brings us back."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aggregator.fetch.network import Network
from aggregator.model import FailureKind, FetchFailed
from tests.fakes import FakeSite
from tests.fetch.arrange import ScriptedResolver, a_client


def down(network: Network, *names: str, ours: bool = False) -> None:
    for name in names:
        network.failed(name, URL(f"http://{name}/"), ours=ours)


def up(network: Network, *names: str) -> None:
    for name in names:
        network.connected(name, URL(f"http://{name}/"))


def sites(count: int, prefix: str = "s") -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


def a_failure(kind: FailureKind = FailureKind.CONNECT, status: int | None = None) -> FetchFailed:
    return FetchFailed(url="http://a/", final_url="http://a/", kind=kind, reason="", status=status)


# ── the rule ─────────────────────────────────────────────────────────────────────────────────


def test_the_network_is_out_when_four_fifths_of_the_last_fifty_sites_cannot_be_reached() -> None:
    network = Network()
    for number in range(100):  # three of four
        up(network, f"up{number}")
        down(network, *sites(3, f"down{number}-"))
    assert not network.out
    for number in range(6):  # four of five
        up(network, f"more{number}")
        down(network, *sites(4, f"gone{number}-"))
    assert not network.out  # 24 of the newest 30 and 15 of the 20 before them
    up(network, "last")
    down(network, *sites(4, "end"))
    assert network.out


def test_a_site_that_fails_again_and_again_counts_once() -> None:
    network = Network()
    up(network, "a", "b", "c", "d")
    for _ in range(100):
        down(network, "dead", ours=True)
    assert not network.out


def test_five_sites_in_a_row_are_enough_however_many_answered_before() -> None:
    network = Network()
    up(network, *sites(50))
    down(network, *sites(4))
    assert not network.out
    down(network, "s4")
    assert network.out


def test_an_answer_in_between_begins_the_row_anew() -> None:
    network = Network()
    up(network, *sites(50))
    for name in sites(30):
        down(network, name)
        up(network, "alive")
    assert not network.out


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_user_of_a_few_outlets_profits_when_each_failure_speaks_of_our_own_side(count: int) -> None:
    network = Network()
    up(network, *sites(count))
    down(network, *sites(count - 1), ours=True)
    assert not network.out
    down(network, f"s{count - 1}", ours=True)
    assert network.out


def test_a_few_outlets_that_refuse_the_connection_are_down_themselves() -> None:
    network = Network()
    down(network, *sites(4))
    assert not network.out


def test_one_site_alone_says_nothing() -> None:
    network = Network()
    down(network, "only", ours=True)
    assert not network.out


@pytest.mark.parametrize(
    ("failure", "ours"),
    [
        (a_failure(FailureKind.NAME), True),
        (a_failure(FailureKind.CONNECT), True),
        (a_failure(FailureKind.TIMEOUT), True),
        (a_failure(FailureKind.HTTP, 503), False),
        (a_failure(FailureKind.TIMEOUT, 200), False),
        (a_failure(FailureKind.FORBIDDEN), False),
        (a_failure(FailureKind.TLS), False),
    ],
)
def test_a_failure_to_connect_is_ours_while_the_network_is_out(failure: FetchFailed, ours: bool) -> None:
    network = Network()
    assert not network.is_ours(failure)
    down(network, *sites(5))
    assert network.is_ours(failure) is ours


# ── coming back ──────────────────────────────────────────────────────────────────────────────


def test_sites_are_tried_one_after_another_those_that_answered_before_first() -> None:
    network = Network()
    up(network, "good", "better")
    down(network, *sites(5))
    tried = [str(network.candidate()) for _ in range(8)]
    assert tried == [f"http://{name}/" for name in ("better", "good", "s4", "s3", "s2", "s1", "s0", "better")]


def test_nothing_is_tried_while_the_network_is_in() -> None:
    network = Network()
    up(network, "good")
    assert network.candidate() is None


def test_after_an_outage_everything_counts_anew() -> None:
    network = Network()
    down(network, *sites(5))
    network.candidate()
    network.candidate()
    network.resumed()
    assert not network.out
    down(network, *sites(4))
    assert not network.out
    down(network, "s4")
    assert network.out


def test_a_wrong_guess_is_not_repeated_for_the_same_sites_until_they_answer() -> None:
    network = Network()
    up(network, "good")
    down(network, *sites(5))
    network.candidate()
    network.resumed()
    for _ in range(10):
        down(network, *sites(5))
    assert not network.out
    up(network, *sites(5))
    down(network, *sites(5))
    assert network.out


def test_memory_is_bounded() -> None:
    network = Network()
    for number in range(12_000):
        up(network, f"up{number}")
        down(network, f"down{number}")
    assert (len(network._recent), len(network._good), len(network._failing)) == (50, 5000, 5000)


# ── what the client tells it ─────────────────────────────────────────────────────────────────


class Offline(AbstractResolver):
    """No name server answers until ``back``."""

    def __init__(self) -> None:
        self.back = False

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        if not self.back:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return await ScriptedResolver(["127.0.0.1"]).resolve(host, port, socket.AF_INET)

    async def close(self) -> None:
        return None


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=6) as running:
        running.serve("/feed.xml", "<rss/>")
        yield running


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


async def test_without_name_servers_the_second_of_two_sites_shows_it_and_a_try_ends_it(
    site: FakeSite,
) -> None:
    network, resolver = Network(), Offline()
    urls = [site.url("/feed.xml", host=f"{name}.example") for name in ("one", "two")]
    async with a_client(network=network, resolver=resolver) as client:
        first, second = [await client.get(url) for url in urls]
        assert isinstance(first, FetchFailed)
        assert isinstance(second, FetchFailed)
        assert network.is_ours(second)
        tries = [(await client.probe(), network.out)]
        resolver.back = True
        tries.append((await client.probe(), network.out))
    assert tries == [(False, True), (True, False)]
    async with asyncio.timeout(10):
        while not site.connections:  # the site's thread may not have come to it yet
            await asyncio.sleep(0.01)
    assert (site.connections, site.requests) == (1, [])  # a try connects and asks nothing


async def test_five_sites_that_refuse_connections_show_it_too(site: FakeSite) -> None:
    network, port = Network(), closed_port()
    async with a_client(network=network) as client:
        await client.get(site.url("/feed.xml"))
        for number in range(1, 6):
            await client.get(f"http://127.0.0.{number}:{port}/")
        assert network.out
        assert await client.probe()  # the site that answered before is asked first, and does
        assert not network.out


async def test_what_a_reached_site_answers_is_never_our_networks_fault(site: FakeSite) -> None:
    network = Network()
    site.status("/feed.xml", 503)
    async with a_client(network=network) as client:
        for number in range(6):
            await client.get(site.url("/feed.xml", host=number))
    assert not network.out
    assert network._failing == {}


async def test_forbidden_addresses_say_nothing_of_the_network() -> None:
    network = Network()
    async with a_client(network=network, allow_networks=()) as client:
        for number in range(1, 8):
            await client.get(f"http://127.0.0.{number}:9/")
    assert network._recent == {}


async def test_a_proxy_that_cannot_be_reached_is_our_own_side() -> None:
    network = Network()
    async with a_client(network=network, proxy=f"http://127.0.0.1:{closed_port()}") as client:
        await client.get("http://one.example/")
        await client.get("http://two.example/")
    assert network.out


async def test_a_try_never_connects_to_a_forbidden_address() -> None:
    network = Network()
    with FakeSite.running() as canary:
        down(network, *sites(5))
        network._failing["trap"] = URL(canary.url("/"))
        async with a_client(network=network, allow_networks=()) as client:
            assert not await client.probe()
        assert canary.connections == 0


async def test_without_an_outage_a_try_needs_no_connection(site: FakeSite) -> None:
    async with a_client(network=Network()) as client:
        assert await client.probe()
    assert site.connections == 0
