"""A client for tests: loopback allowed, no pause between requests, unless the test says otherwise."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.config import FetchConfig
from aggregator.fetch.client import Client, Limits
from aggregator.fetch.holds import Holds
from aggregator.fetch.hosts import Gate
from aggregator.fetch.network import Network

CONFIG = FetchConfig(
    user_agent="test-agent/1.0 (+https://example.org/)",
    timeout=timedelta(seconds=5),
    allow_networks=("127.0.0.0/8",),
    per_host_delay=timedelta(0),
)


@asynccontextmanager
async def a_client(
    *,
    limits: Limits | None = None,
    resolver: AbstractResolver | None = None,
    gate: Gate | None = None,
    holds: Holds | None = None,
    network: Network | None = None,
    **changes: Any,
) -> AsyncIterator[Client]:
    """A running client; ``changes`` are fields of FetchConfig."""
    config = replace(CONFIG, **changes)
    gate = gate or Gate(config.connections, config.per_host_delay.total_seconds(), monotonic=time.monotonic)
    async with Client(
        config,
        gate,
        monotonic=time.monotonic,
        limits=limits,
        resolver=resolver,
        holds=holds,
        network=network,
    ) as client:
        yield client


class ScriptedResolver(AbstractResolver):
    """Answers each lookup with the next of ``answers`` (lists of addresses), the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        return None
