"""What sites asked of us, kept in memory while we run and in the store between two runs.

The rules stand in core/holds. Asking costs a look into an empty dictionary while nobody wants quiet; writing
happens in batches, as no request should wait for the store.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from yarl import URL

from aggregator.core.holds import (
    REFUSALS,
    Hold,
    Patience,
    Remembered,
    Scope,
    Spot,
    own_pause,
    put_off,
    refused,
    succeeded,
    tidied,
)
from aggregator.core.polling import retry_after
from aggregator.fetch.hosts import Gate, site_of
from aggregator.model import PutOff

#: shorter pauses are written only at the end: the next batch would find them over
_LONG_PAUSE = 5.0

#: what the store remembers, as of now
Load = Callable[[datetime], Awaitable[Remembered]]
#: what the store should remember from now on, in place of what it has
Save = Callable[[Remembered, Remembered, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued(PutOff):
    """Too many wait for this site already: soon, in the same run, there is room again."""


class Holds:
    """Who is not to be asked now.

    ``now`` is the wall clock, ``jitter`` gives random numbers from 0 to 1. ``load`` and ``save`` are the
    store; without them nothing outlives the process. ``crawl_delays``: whether those that were learned count.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        now: Callable[[], datetime],
        jitter: Callable[[], float],
        load: Load | None = None,
        save: Save | None = None,
        crawl_delays: bool = True,
    ) -> None:
        self._crawl_delays = crawl_delays
        self._gate = gate
        self._now = now
        self._jitter = jitter
        self._load = load
        self._save = save
        #: by site; those of which nothing is known are not in it
        self._sites: dict[str, Patience] = {}
        #: as the store has it
        self._stored = Remembered()

    # ── asking and learning ─────────────────────────────────────────────────────────────────

    def put_off(self, url: str, at: URL, site: str) -> PutOff | None:
        """None when ``at`` may be asked now. ``url``: what the caller asked for first."""
        patience = self._sites.get(site)
        if patience is None:
            return None
        hold = put_off(patience, _spot(at, site), self._now())
        return None if hold is None else PutOff(url=url, until=hold.until, reason=hold.reason)

    def crowded(self, url: str, site: str, *, patient: bool) -> Queued | None:
        """None while there is room in the queue of ``site``."""
        seconds = self._gate.full(site, patient=patient)
        if seconds is None:
            return None
        until = self._now() + timedelta(seconds=seconds)
        return Queued(url=url, until=until, reason=f"others wait for {site}, one request at a time")

    def answered(self, at: URL, site: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer of ``at``."""
        if status in REFUSALS or "retry-after" in headers:
            self._refused(_spot(at, site), status, headers)
        elif (patience := self._sites.get(site)) is not None and status < 500 and status not in (401, 403):
            self._keep(site, succeeded(patience, _spot(at, site), self._now()))

    def _refused(self, spot: Spot, status: int, headers: Mapping[str, str]) -> None:
        now = self._now()
        patience = self._sites.get(spot.site, Patience())
        until = retry_after(headers, now)
        if until is None:
            if status not in REFUSALS:
                return  # garbage, or the past
            pause = own_pause(patience, spot, now, self._jitter())
            patience = refused(patience, spot, until=pause, now=now, status=status, asked=False)
        else:
            patience = refused(patience, spot, until=until, now=now, status=status, asked=True)
        self._keep(spot.site, patience)

    def _keep(self, site: str, patience: Patience) -> None:
        kept = tidied(patience, self._now())
        if kept is None:
            self._sites.pop(site, None)
        else:
            self._sites[site] = kept

    # ── between two runs ────────────────────────────────────────────────────────────────────

    async def load(self) -> None:
        """Take over what earlier runs learned, pauses at the gate included."""
        if self._load is None:
            return
        now = self._now()
        self._stored = await self._load(now)
        self._take(self._stored)
        for site, free_at in self._stored.pauses:
            self._gate.rest(site, (free_at - now).total_seconds())
        for origin, seconds in self._stored.crawl_delays if self._crawl_delays else ():
            self._gate.slow(origin, seconds)

    async def sync(self) -> None:
        """Write what changed and read what other processes wrote: now and then, while running."""
        await self._write(_LONG_PAUSE)
        if self._load is not None:
            known = self._stored
            found = await self._load(self._now())
            self._stored = replace(found, pauses=known.pauses, crawl_delays=known.crawl_delays)
            self._take(found)

    async def close(self) -> None:
        """Write what changed, pauses that have just begun included: at the end."""
        await self._write(0.0)

    async def _write(self, least_pause: float) -> None:
        if self._save is None:
            return
        now = self._now()
        known, present = self._stored, self._present(now, least_pause)
        if present != known:
            self._stored = present
            await self._save(known, present, now)

    def _present(self, now: datetime, least_pause: float) -> Remembered:
        holds: list[Hold] = []
        scopes: list[tuple[str, Scope, datetime]] = []
        for site, patience in self._sites.items():
            holds += [hold for hold in patience.holds if hold.asked and hold.until > now]
            if patience.scope is not None and patience.learned_at is not None:
                scopes.append((site, patience.scope, patience.learned_at))
        resting = self._gate.resting()
        pauses = [(site, now + timedelta(seconds=left)) for site, left in resting if left > least_pause]
        return Remembered(
            holds=tuple(sorted(holds, key=lambda hold: (hold.scope, hold.key))),
            scopes=tuple(sorted(scopes)),
            pauses=tuple(sorted(pauses)),
            crawl_delays=self._gate.crawl_delays(),
        )

    def _take(self, found: Remembered) -> None:
        """Join what the store has to what is known here; of one hold the later end counts."""
        for site, scope, at in found.scopes:
            patience = self._sites.get(site, Patience())
            if patience.learned_at is None or patience.learned_at < at:
                self._sites[site] = replace(patience, scope=scope, learned_at=at)
        for hold in found.holds:
            site = hold.key if hold.scope is Scope.SITE else site_of(_address(hold))
            patience = self._sites.get(site, Patience())
            same = [one for one in patience.holds if (one.scope, one.key) == (hold.scope, hold.key)]
            if not any(one.until >= hold.until for one in same):
                others = tuple(one for one in patience.holds if one not in same)
                self._sites[site] = replace(patience, holds=(*others, hold))


def _spot(at: URL, site: str) -> Spot:
    return Spot(url=str(at.with_fragment(None)), host=at.host_port_subcomponent or "", site=site)


def _address(hold: Hold) -> str:
    return hold.key if hold.scope is Scope.URL else f"https://{hold.key}/"
