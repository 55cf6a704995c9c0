"""What our way out costs beside bare aiohttp: CPU a request that ends in a 304, without the store.

    python -m benchmarks.requests [--runs 9] [--feeds 300] [--rounds 4] [--write]

Both ask the same farm of outlets, each on an address of its own, for the same documents with the same
headers, as many at once; "ours" goes through gate, guard, holds, network and client. They take turns run by
run, and the farm is another process, so that the CPU time of this one is that of the requests alone. A
connection is kept for the next request, or closed after each (what a poll an hour amounts to).
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

import aiohttp

from aggregator.config import FetchConfig
from aggregator.fetch.client import Client, Limits
from aggregator.fetch.headers import FEED, conditions
from aggregator.fetch.holds import Holds
from aggregator.fetch.hosts import Gate
from aggregator.fetch.network import Network
from aggregator.model import Fetched, NotModified, Validators
from benchmarks.farm import Farm
from benchmarks.results import keep

#: milliseconds of CPU that a request may take above bare aiohttp
LIMIT = 0.35
_CONNECTIONS = 64
_AGENT = "benchmark/1.0 (+https://example.org/)"

#: a document's address, and what to ask for it with
Known = dict[str, Validators]
Ask = Callable[[str, Validators], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Way:
    """One of those compared: its name, and the CPU milliseconds a request of each run."""

    name: str
    measured: list[float]


def _config() -> FetchConfig:
    return FetchConfig(
        user_agent=_AGENT,
        timeout=timedelta(seconds=30),
        allow_networks=("127.0.0.0/8",),
        per_host_delay=timedelta(0),
        connections=_CONNECTIONS,
    )


async def _learn(urls: list[str]) -> Known:
    known = {}
    gate = Gate(8, 0.0, monotonic=time.monotonic)
    async with Client(_config(), gate, monotonic=time.monotonic) as client:
        for url in urls:
            result = await client.get(url)
            if not isinstance(result, Fetched):
                raise TypeError(f"{url} gave no document: {result}")
            known[url] = result.validators
    return known


async def _all(known: Known, rounds: int, ask: Ask) -> float:
    """CPU milliseconds a request, after a round that opens what is kept open."""
    turn = asyncio.Semaphore(_CONNECTIONS)

    async def one(url: str, validators: Validators) -> None:
        async with turn:
            await ask(url, validators)

    started = 0.0
    for number in range(rounds + 1):
        if number == 1:
            started = time.process_time()
        await asyncio.gather(*[one(url, validators) for url, validators in known.items()])
    return (time.process_time() - started) / (rounds * len(known)) * 1000


async def _bare(known: Known, rounds: int, *, kept: bool) -> float:
    """aiohttp as its documentation shows it, with the same headers, no cookies, a body read to its end."""
    connector = aiohttp.TCPConnector(limit=0, force_close=not kept)
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate, br"}
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def ask(url: str, validators: Validators) -> None:
            async with session.get(url, headers=conditions(FEED, validators)) as response:
                await response.read()
                if response.status != 304:
                    raise RuntimeError(f"{url} answered {response.status}")

        return await _all(known, rounds, ask)


async def _ours(known: Known, rounds: int, *, kept: bool) -> float:
    gate = Gate(_CONNECTIONS, 0.0, monotonic=time.monotonic)
    holds = Holds(gate, now=lambda: datetime.now(UTC), jitter=Random(1).random)
    limits = Limits(idle=100_000 if kept else 0)
    async with Client(
        _config(), gate, monotonic=time.monotonic, limits=limits, holds=holds, network=Network()
    ) as client:

        async def ask(url: str, validators: Validators) -> None:
            result = await client.get(url, validators=validators)
            if not isinstance(result, NotModified):
                raise TypeError(f"{url} gave {result}")

        return await _all(known, rounds, ask)


def compare(known: Known, *, runs: int, rounds: int) -> list[str]:
    """The table's lines; each way's runs in turn with the others'."""
    lines = [
        "| connection | bare aiohttp | ours | above | limit | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kept, words in ((True, "kept"), (False, "closed after each")):
        bare, ours = Way("bare", []), Way("ours", [])
        for _ in range(runs):
            bare.measured.append(asyncio.run(_bare(known, rounds, kept=kept)))
            ours.measured.append(asyncio.run(_ours(known, rounds, kept=kept)))
        one, other = median(bare.measured), median(ours.measured)
        above = other - one
        verdict = "reached" if above <= LIMIT else "**missed**"
        lines.append(f"| {words} | {one:.3f} | {other:.3f} | {above:.3f} | {LIMIT} | {verdict} |")
    return lines


def main() -> int:
    """Measure and print; 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=4, help="requests to each feed in a run")
    parser.add_argument("--port", type=int, default=8133)
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    options = parser.parse_args()
    with Farm(feeds=options.feeds, port=options.port) as farm:
        known = asyncio.run(_learn(farm.urls()))
        lines = compare(known, runs=options.runs, rounds=options.rounds)
    print("\n".join(lines))
    if options.write:
        keep("requests", lines)
    return int(any("missed" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
