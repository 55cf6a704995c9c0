"""Which article pages a site asks us not to read: robots.txt (RFC 9309), read by protego.

One file an origin, kept for 24 hours in the store, so that ``--once`` and the daemon fetch it once between
them. A 4xx allows all. A server error or an unreachable host means wait: nothing is fetched for up to an
hour, unless a copy of at most 30 days tells what the site wants (RFC 9309, 2.3.1.3 and 2.3.1.4).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from urllib.parse import urlsplit

from protego import Protego

from aggregator.fetch.client import Client
from aggregator.model import FailureKind, Fetched, FetchFailed, NotModified

_FRESH = timedelta(hours=24)
_RETRY = timedelta(hours=1)
_STALE = timedelta(days=30)
#: RFC 9309, 2.5: at least 500 KiB are read, the rest is ignored
_LONGEST = 500 * 1024
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

    async def allowed(self, url: str) -> str | None:
        """None when this page may be read, else the reason in words."""
        parts = urlsplit(url)
        if parts.path == "/robots.txt":
            return None
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
        rules = await self._rules(origin)
        if rules.parsed is None:
            return rules.reason
        if rules.parsed.can_fetch(url, self._agent):
            return None
        return f"robots.txt of {parts.hostname} asks not to read this page"

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
            return _Rules(until=stored[1] + _FRESH, parsed=Protego.parse(stored[0]))
        result = await self._client.get(origin + "/robots.txt", accept=_ACCEPT, max_body=_LONGEST, cut=True)
        text = _text(result)
        if text is not None:
            await self._save(origin, text, now)
            return _Rules(until=now + _FRESH, parsed=Protego.parse(text))
        if stored is not None and now - stored[1] < _STALE:
            return _Rules(until=now + _RETRY, parsed=Protego.parse(stored[0]))
        why = result.reason if isinstance(result, FetchFailed) else "no answer"
        reason = f"robots.txt of {urlsplit(origin).hostname} could not be read ({why}): its pages wait"
        return _Rules(until=now + _RETRY, parsed=None, reason=reason)


def _text(result: Fetched | NotModified | FetchFailed) -> str | None:
    """The rules; "" where the site has none; None where it does not say."""
    match result:
        case Fetched():
            return result.body.decode("utf-8", "replace").replace("\0", "")
        case NotModified():
            return None
        case FetchFailed(kind=FailureKind.REDIRECT):
            return ""  # RFC 9309, 2.3.1.2: as good as absent
        case FetchFailed(kind=FailureKind.HTTP, status=int(status)) if status < 500 and status != 429:
            return ""
        case FetchFailed():
            return None
    assert_never(result)
