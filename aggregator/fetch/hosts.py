"""Politeness: one connection a site, a pause between two requests to it, a limit on all connections.

A site is what one operator runs (core/urls.site_key). Waiting here costs a request none of its time-outs:
they start when its turn has come. A slow site holds up nobody else, as the limit on all connections is taken
only by those whose site is free.

A thousand feeds of one site must not fill every place of a run while they wait for each other, nor outlive
their claims. So a site's queue is bounded: who finds it full is told when to come back, each at a time of its
own.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import lru_cache

from aggregator.core.urls import site_key

#: sites whose Crawl-delay is kept
_SLOW_SITES = 5000
#: turns in a row that patient ones leave to others
_IN_A_ROW = 3
#: seconds that a request may have to wait in a queue, far less than its claim lasts; and a patient one
_LONGEST_WAIT = 300.0
_LONGEST_PATIENT_WAIT = 1500.0
#: seconds that a request is taken to last when places in a queue are given out
_USUAL = 0.5


@lru_cache(maxsize=8192)
def _site_of_origin(origin: str) -> str:
    return site_key(origin + "/")


def site_of(url: str) -> str:
    """The site that this http(s) URL belongs to."""
    return _site_of_origin("/".join(url.split("/", 3)[:3]))


class _Site:
    """A site that is being talked to, or was a moment ago."""

    __slots__ = ("booked", "busy", "free_at", "in_a_row", "patient", "waiting")

    def __init__(self) -> None:
        self.busy = False
        #: the earliest instant for the next request, on the gate's clock
        self.free_at = 0.0
        #: the last time that was given to somebody who found the queue full
        self.booked = 0.0
        self.waiting: deque[asyncio.Future[None]] = deque()
        #: those who let the others go first, and the turns that they did so
        self.patient: deque[asyncio.Future[None]] = deque()
        self.in_a_row = 0


class Gate:
    """Who may send a request now. First come, first served within a site.

    ``connections``: at once, in all. ``per_host_delay``: seconds from the end of one request to the start of
    the next to the same site. ``queue``: how many may wait for one site, None for as many as come to their
    turn in time; as many again of the patient, who let three others go first each time. ``sleep`` and
    ``monotonic`` measure in seconds.
    """

    def __init__(
        self,
        connections: int,
        per_host_delay: float,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        queue: int | None = None,
    ) -> None:
        self._longest = queue
        self._free = connections
        self._delay = per_host_delay
        self._monotonic = monotonic
        self._sleep = sleep
        self._sites: dict[str, _Site] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        #: pauses that origins ask for, by site; and the longest of each site where it is above ours
        self._asked: dict[str, dict[str, float]] = {}
        self._slow: dict[str, float] = {}
        #: a heap of sites by the end of their pause, to forget them by then
        self._resting: list[tuple[float, str]] = []
        self._closed = False

    @asynccontextmanager
    async def slot(self, url: str) -> AsyncIterator[None]:
        """Hold the one connection to the site of ``url`` for the time of the block."""
        site = site_of(url)
        await self.enter(site)
        try:
            yield
        finally:
            self.leave(site)

    async def enter(self, site: str, *, patient: bool = False) -> None:
        """Wait for the turn of a request to ``site``; every ``enter`` that returned needs one ``leave``."""
        state = self._sites.get(site)
        if state is None:
            state = self._sites[site] = _Site()
        if state.busy:
            queue = state.patient if patient else state.waiting
            await self._queue(queue, lambda: self._next(site, state))
        state.busy = True
        try:
            await self._proceed(state)
        except BaseException:
            self._next(site, state)
            raise

    def leave(self, site: str) -> None:
        """The request is over: the pause of its site begins, its connection is another's."""
        state = self._sites[site]
        state.free_at = self._monotonic() + self._slow.get(site, self._delay)
        self._release()
        self._next(site, state)

    async def again(self, site: str) -> None:
        """From one request to the next of the same caller (a redirect within a site), keeping its turn.

        When this raises (the caller was cancelled), the turn is given up: no ``leave`` after it.
        """
        state = self._sites[site]
        state.free_at = self._monotonic() + self._slow.get(site, self._delay)
        self._release()
        try:
            await self._proceed(state)
        except BaseException:
            self._next(site, state)
            raise

    def slow(self, origin: str, seconds: float) -> None:
        """Keep this pause (a Crawl-delay) where it is longer than ours; 0 forgets what was asked before."""
        site = site_of(origin)
        asked = {**self._asked.pop(site, {}), origin: seconds}
        asked = {one: pause for one, pause in asked.items() if pause > self._delay}
        self._slow.pop(site, None)
        if asked:
            self._asked[site] = asked
            self._slow[site] = max(asked.values())
        if len(self._asked) > _SLOW_SITES:  # the one that was read longest ago
            oldest = next(iter(self._asked))
            del self._asked[oldest], self._slow[oldest]

    def full(self, site: str, *, patient: bool = False) -> float | None:
        """None while somebody more may wait for ``site``, else in how many seconds to come back.

        Each call books the next place, so that they do not all come back at once.
        """
        state = self._sites.get(site)
        if state is None or not state.busy:
            return None
        pace = self._slow.get(site, self._delay) + _USUAL
        if patient:
            queue, longest, ahead = (
                state.patient,
                _LONGEST_PATIENT_WAIT,
                len(state.patient) + len(state.waiting),
            )
        else:
            queue, longest, ahead = state.waiting, _LONGEST_WAIT, len(state.waiting)
        if (self._longest is None or len(queue) < self._longest) and ahead * pace <= longest:
            return None
        now = self._monotonic()
        state.booked = max(state.booked, now + ahead * pace) + pace
        return state.booked - now

    def rest(self, site: str, seconds: float) -> None:
        """No request to ``site`` for so long: an earlier run has just asked, or its rules came."""
        if seconds <= 0:
            return
        state = self._sites.get(site)
        if state is None:
            state = self._sites[site] = _Site()
        state.free_at = max(state.free_at, self._monotonic() + seconds)
        if not state.busy:
            heapq.heappush(self._resting, (state.free_at, site))

    def resting(self) -> tuple[tuple[str, float], ...]:
        """The sites whose pause is not over, and how many seconds of it are left."""
        now = self._monotonic()
        return tuple(
            (site, state.free_at - now) for site, state in self._sites.items() if state.free_at > now
        )

    def crawl_delays(self) -> tuple[tuple[str, float], ...]:
        """The pauses that origins ask for and that are longer than ours."""
        return tuple(sorted(pair for asked in self._asked.values() for pair in asked.items()))

    def close(self) -> None:
        """No more turns: whoever waits for one is cancelled, requests under way are not."""
        self._closed = True
        for state in self._sites.values():
            _cancel(state.waiting)
            _cancel(state.patient)
        _cancel(self._waiting)

    def remembered(self) -> int:
        """How many sites are kept in mind: those in use, and those in their pause."""
        self._forget()
        return len(self._sites)

    async def _proceed(self, state: _Site) -> None:
        """The site's turn has come: sit out its pause, then take one of all the connections."""
        while (pause := state.free_at - self._monotonic()) > 0 and not self._closed:
            await self._sleep(pause)
        if self._closed:
            raise asyncio.CancelledError
        if self._free > 0:
            self._free -= 1
        else:
            await self._queue(self._waiting, self._release)

    async def _queue(self, queue: deque[asyncio.Future[None]], pass_on: Callable[[], None]) -> None:
        """Wait at the end of ``queue``; whoever is cancelled with the turn already in hand passes it on."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                pass_on()
            raise

    def _release(self) -> None:
        if not _wake(self._waiting):
            self._free += 1

    def _next(self, site: str, state: _Site) -> None:
        """Hand the site to whoever waits longest for it, or let it rest."""
        if state.in_a_row < _IN_A_ROW and _wake(state.waiting):
            state.in_a_row += bool(state.patient)
            return
        state.in_a_row = 0
        if _wake(state.patient) or _wake(state.waiting):
            return
        state.busy = False
        heapq.heappush(self._resting, (state.free_at, site))
        self._forget()

    def _forget(self) -> None:
        """Drop the sites whose pause is over, so that a year of redirects does not pile up."""
        now = self._monotonic()
        resting = self._resting
        while resting and resting[0][0] <= now:
            _, site = heapq.heappop(resting)
            state = self._sites.get(site)
            if state is not None and not state.busy and state.free_at <= now:
                del self._sites[site]


def _cancel(queue: deque[asyncio.Future[None]]) -> None:
    while queue:
        queue.popleft().cancel()


def _wake(queue: deque[asyncio.Future[None]]) -> bool:
    """Give the turn to the first who still waits for it."""
    while queue:
        turn = queue.popleft()
        if not turn.done():
            turn.set_result(None)
            return True
    return False
