"""Which article pages and sitemaps a site asks us not to read: robots.txt (RFC 9309), read by protego.

One file an origin, kept for 24 hours in the store, so that ``--once`` and the daemon fetch it once between
them. A 4xx allows all. A server error or an unreachable host means wait: nothing is fetched for up to an
hour, unless a copy of at most 30 days tells what the site wants (RFC 9309, 2.3.1.3 and 2.3.1.4).

Feeds are asked whatever it says, as they are made for programs. A Crawl-delay is kept by the gate for all
requests to the site, feeds included, up to a minute: with more, a site of twenty feeds would not be read
within half an hour, and who writes 86,400 there rarely means it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import assert_never
from urllib.parse import urlsplit

from protego import Protego

from aggregator.core.urls import resolve
from aggregator.fetch.client import Client
from aggregator.fetch.hosts import site_of
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, PutOff

_FRESH = timedelta(hours=24)
_RETRY = timedelta(hours=1)
_STALE = timedelta(days=30)
#: RFC 9309, 2.5: at least 500 KiB are read, the rest is ignored
_LONGEST = 500 * 1024
#: the longest Crawl-delay that is kept, in seconds
MAX_CRAWL_DELAY = 60.0
#: Sitemap lines of one file that are read; one or two are usual
_SITEMAPS = 50
#: origins whose rules are held in memory
_HELD = 512
_ACCEPT = "text/plain, */*;q=0.5"

#: what the store gives for an origin: the text and when it was fetched
Load = Callable[[str], Awaitable[tuple[str, datetime] | None]]
Save = Callable[[str, str, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """One origin's answer, good until ``until``."""

    until: datetime
    #: None: unknown, see ``reason``
    parsed: Protego | None
    reason: str = ""
    #: nobody was reached
    failure: FetchFailed | None = None


class Robots:
    """Asks an origin's robots.txt before its pages are read.

    ``load`` and ``save`` keep the text by origin ("https://www.example.org"); ``now`` is the wall clock.
    The part of the configured User-Agent before its version is the name that rules are looked up for.
    """

    def __init__(self, client: Client, *, load: Load, save: Save, now: Callable[[], datetime]) -> None:
        self._client = client
        self._load = load
        self._save = save
        self._now = now
        self._agent = client.user_agent.partition("/")[0].strip() or "*"
        self._held: OrderedDict[str, _Rules] = OrderedDict()
        #: one fetch an origin, however many pages wait for it
        self._asking: dict[str, asyncio.Lock] = {}

    async def obstacle(self, url: str) -> FetchFailed | PutOff | None:
        """None when this page or sitemap may be read now, else why not.

        A failure where the rules ask us to stay away; put off where they cannot be read.
        """
        parts = urlsplit(url)
        if parts.path == "/robots.txt":
            return None
        rules = await self._rules(_origin(url))
        if rules.parsed is None:
            return PutOff(url=url, until=rules.until, reason=rules.reason, failure=rules.failure)
        if rules.parsed.can_fetch(url, self._agent):
            return None
        reason = f"robots.txt of {parts.hostname} asks not to read this page"
        return FetchFailed(url=url, final_url=url, kind=FailureKind.ROBOTS, reason=reason)

    async def sitemaps(self, origin: str) -> tuple[str, ...]:
        """The addresses in the Sitemap lines of an origin ("https://www.example.org"), in their order.

        They may lie on other hosts (sitemaps.org allows it), and may themselves be disallowed: ask
        :meth:`obstacle` for each. Nothing where the file cannot be read.
        """
        rules = await self._rules(_origin(origin + "/"))
        if rules.parsed is None:
            return ()
        lines = (resolve(origin + "/", line.strip()) for line in rules.parsed.sitemaps)
        return tuple(dict.fromkeys(line for line in lines if line))[:_SITEMAPS]

    async def _rules(self, origin: str) -> _Rules:
        held = self._held.get(origin)
        if held is not None and self._now() < held.until:
            self._held.move_to_end(origin)
            return held
        lock = self._asking.setdefault(origin, asyncio.Lock())
        async with lock:
            held = self._held.get(origin)
            if held is None or self._now() >= held.until:
                held = await self._learn(origin)
                self._held[origin] = held
                self._held.move_to_end(origin)
                if len(self._held) > _HELD:
                    self._held.popitem(last=False)
        if self._asking.get(origin) is lock and not lock.locked():
            del self._asking[origin]
        return held

    async def _learn(self, origin: str) -> _Rules:
        """From the store while it is fresh, else from the origin."""
        stored = await self._load(origin)
        now = self._now()
        if stored is not None and now - stored[1] < _FRESH:
            return self._read(origin, stored[0], stored[1] + _FRESH)
        result = await self._client.get(origin + "/robots.txt", accept=_ACCEPT, max_body=_LONGEST, cut=True)
        text = _text(result)
        if text is not None:
            await self._save(origin, text, now)
            return self._read(origin, text, now + _FRESH, asked=True)
        until = result.until if isinstance(result, PutOff) else now + _RETRY
        if stored is not None and now - stored[1] < _STALE:
            return self._read(origin, stored[0], until)
        why = result.reason if isinstance(result, FetchFailed | PutOff) else "no answer"
        reason = f"robots.txt of {urlsplit(origin).hostname} could not be read ({why}): its pages wait"
        failure = result if isinstance(result, FetchFailed) and result.status is None else None
        return _Rules(until=until, parsed=None, reason=reason, failure=failure)

    def _read(self, origin: str, text: str, until: datetime, *, asked: bool = False) -> _Rules:
        """``asked``: the file came just now, so that the pause it asks for has begun."""
        parsed = Protego.parse(text)
        delay = parsed.crawl_delay(self._agent) or 0.0
        pause = min(delay, MAX_CRAWL_DELAY) if isfinite(delay) else 0.0
        self._client.gate.slow(origin, pause)
        if asked:
            self._client.gate.rest(site_of(origin), pause)
        return _Rules(until=until, parsed=parsed)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def _text(result: FetchResult) -> str | None:
    """The rules; "" where the site has none; None where it does not say."""
    match result:
        case Fetched():
            return result.body.decode("utf-8", "replace").replace("\0", "")
        case NotModified() | PutOff():
            return None
        case FetchFailed(kind=FailureKind.REDIRECT):
            return ""  # RFC 9309, 2.3.1.2: as good as absent
        case FetchFailed(kind=FailureKind.HTTP, status=int(status)) if status < 500 and status != 429:
            return ""
        case FetchFailed(kind=FailureKind.BLOCKED, status=int(status)) if 400 <= status < 500:
            return ""  # a bot wall instead of rules forbids no more than any other refusal
        case FetchFailed():
            return None
    assert_never(result)
