"""Sending: what other programs are told, by POST, through the same guard as everything that goes out."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from aggregator.config import FetchConfig
from aggregator.core.polling.headers import retry_after
from aggregator.fetch import words
from aggregator.fetch.address import AddressError, address
from aggregator.fetch.guard import Guard
from aggregator.fetch.headers import received
from aggregator.fetch.resolve import SystemResolver, guarded
from aggregator.model import FailureKind
from aggregator.model.webhooks import Sent

#: seconds for one request, from the look-up of the name to the answer's status
_PATIENCE = 20
#: failures that pass by themselves
_PASSING = frozenset({FailureKind.NAME, FailureKind.CONNECT, FailureKind.TIMEOUT, FailureKind.TRUNCATED})
#: RFC 9110, 15.5.9 and RFC 8470, RFC 6585: the same request may succeed later
_PASSING_STATUS = frozenset({408, 425, 429})


class Sender:
    """As an async context manager. ``resolver`` replaces the system's name lookup.

    No cookies, no redirects (a receiver that moved has to be configured anew: what is signed for one address
    is not handed to another), nothing of the answer but its status and Retry-After.
    """

    def __init__(
        self, config: FetchConfig, *, clock: Callable[[], datetime], resolver: AbstractResolver | None = None
    ) -> None:
        self._config = config
        self._clock = clock
        self._guard = Guard(config.allow_networks)
        self._lookup = resolver or SystemResolver(_PATIENCE * 0.4)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        proxy = self._config.proxy
        self._session = aiohttp.ClientSession(
            connector=guarded(self._lookup, self._guard, limit=8, proxied=bool(proxy)),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            proxy=proxy or None,
            timeout=aiohttp.ClientTimeout(total=_PATIENCE),
            headers={"User-Agent": self._config.user_agent},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)  # transports end in the loop's next turn

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        """What the receiver made of it. Never raises for what happens on the way."""
        if self._session is None:
            raise RuntimeError("a sender is used inside its async with block")
        try:
            at = address(url)
        except AddressError as exc:
            return Sent(status=None, reason=str(exc))
        host = at.host or ""
        if self._config.proxy and (why := self._guard.host_refusal(host)):
            return Sent(status=None, reason=why)
        try:
            async with self._session.post(
                at, data=body, headers=dict(headers), allow_redirects=False
            ) as response:
                return self._answer(response.status, received(response)[0])
        except TimeoutError:
            return Sent(status=None, reason=f"{host} did not answer within {_PATIENCE} s", is_passing=True)
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            kind, reason = words.failure(exc, host)
            return Sent(status=None, reason=reason, is_passing=kind in _PASSING)

    def _answer(self, status: int, headers: Mapping[str, str]) -> Sent:
        if 200 <= status < 300:
            return Sent(status=status)
        said = f"the receiver answered {words.status_words(status)}"
        if 300 <= status < 400:
            return Sent(status=status, reason=f"{said}; redirects are not followed, set its new address")
        return Sent(
            status=status,
            reason=said,
            until=retry_after(headers, self._clock()),
            is_passing=status >= 500 or status in _PASSING_STATUS,
        )
