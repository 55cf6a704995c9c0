"""When do a feed's items come? A rate over the hours of the week, learned from when they came.

The rate of an hour is a compromise between what was counted in that hour of the week, in that hour of
the day, and overall: each pulls as strongly as its count is large, so a feed with little history has
an even rate and one with months of it has its real week. All hours are UTC.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from aggregator.model import Rhythm

HOURS: Final = 168
#: what was seen this long ago counts half
HALF_LIFE: Final = timedelta(days=28)
#: items within this of each other came as one batch
TOGETHER: Final = timedelta(minutes=15)
#: items an hour, of a feed of which nothing is known: asked once an hour
UNKNOWN_RATE: Final = 0.25
#: hours of watching that the assumption about an unknown feed is worth
_ASSUMED_HOURS: Final = 12.0
#: items that the coarser count is worth against the finer one
_PULL: Final = 2.0
#: the longest history that one document is believed to show
_SPAN: Final = timedelta(days=56)
#: after a gap, expectations of loss are doubled; that wears off by half in this time
GAP_HALF_LIFE: Final = timedelta(days=7)

_HOUR: Final = 3600.0
_DECAY: Final = math.log(2) / (HALF_LIFE.total_seconds() / _HOUR)


def learn(rhythm: Rhythm, arrivals: Sequence[datetime], now: datetime, *, gap: bool = False) -> Rhythm:
    """``rhythm`` with items that came at ``arrivals`` and were seen first in the poll at ``now``.

    To be called for every poll that brought items, or a gap; the first one's older items tell how long it
    took to fill the document.
    """
    came = sorted(at for at in arrivals if at <= now)
    if rhythm.since is None or rhythm.until is None:
        came = [at for at in came if now - at <= _SPAN]
        if not came:
            return rhythm
        rhythm = Rhythm(counts=(0.0,) * HOURS, since=min(came[0], now - timedelta(hours=1)), until=now)
    assert rhythm.since is not None  # noqa: S101  set above
    assert rhythm.until is not None  # noqa: S101  set above
    fade = _faded(rhythm.until, now)
    counts = [count * fade for count in rhythm.counts]
    for at in came:
        weight = _faded(at, now)
        for hour, share in _around(at):
            counts[hour] += weight * share
    return replace(
        rhythm,
        counts=tuple(counts),
        until=max(now, rhythm.until),
        batch=_batch(rhythm.batch, came),
        gaps=rhythm.gaps_left(now, GAP_HALF_LIFE) + 1 if gap else rhythm.gaps,
        gap_at=now if gap else rhythm.gap_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is expected of a feed from ``now`` on; times are hours."""

    rhythm: Rhythm
    now: datetime
    #: items an hour, on the average of the week
    usual: float
    #: weight that brings the stored counts to ``now``
    fade: float
    #: hours watched, faded like the counts
    watched: float
    #: how many items come together
    batch: float
    #: False: all this is assumed
    learned: bool

    def rate(self, hour: int) -> float:
        """Items expected in an hour of the week."""
        if not self.rhythm.counts:
            return self.usual
        counts = self.rhythm.counts
        base = max(self.usual, 1e-6)
        by_day = sum(counts[hour % 24 :: 24]) * self.fade
        day = (by_day + _PULL) / (self.watched / 24 + _PULL / base)
        return (counts[hour] * self.fade + _PULL) / (self.watched / HOURS + _PULL / day)

    def wait(self, effort: float, limit: float) -> float:
        """Hours until the integral of the root of the rate reaches ``effort``; even beyond ``limit``."""
        spent = 0.0
        for at, length, rate in self._hours(limit):
            pace = math.sqrt(rate)
            if spent + pace * length >= effort:
                return at + (effort - spent) / pace
            spent += pace * length
        return limit + (effort - spent) / math.sqrt(max(self.usual, 1e-9))

    def until_items(self, count: float, limit: float) -> float:
        """Hours until ``count`` items are expected; beyond ``limit`` hours the rate is taken as even."""
        seen = 0.0
        for at, length, rate in self._hours(limit):
            if seen + rate * length >= count:
                return at + (count - seen) / rate
            seen += rate * length
        return limit + (count - seen) / max(self.usual, 1e-9)

    def words(self) -> str:
        """The expectation for people."""
        if not self.learned:
            return "nothing known yet"
        hour = self.now.weekday() * 24 + self.now.hour
        return (
            f"about {24 * self.usual:.2g} items a day, {self.rate(hour):.2g} an hour at this time of the week"
        )

    def typical_wait(self) -> float:
        """Hours between two polls on the average, for the default constant."""
        return min(12.0, 0.5 / math.sqrt(max(self.usual, 1e-6)))

    def _hours(self, limit: float) -> Iterator[tuple[float, float, float]]:
        """From now on, hour by hour: the beginning in hours from now, the length, the rate."""
        hour = self.now.weekday() * 24 + self.now.hour
        at, length = 0.0, 1 - (self.now.minute * 60 + self.now.second) / _HOUR
        while at < limit:
            yield at, min(length, limit - at), self.rate(hour % HOURS)
            at, length, hour = at + length, 1.0, hour + 1


def expect(
    rhythm: Rhythm, arrivals: Sequence[datetime], now: datetime, *, stated: timedelta | None = None
) -> Outlook:
    """What ``rhythm`` and the newest ``arrivals`` let one expect.

    ``stated`` is the publisher's own time between two updates: it counts while little is known.
    """
    assumed = _HOUR / stated.total_seconds() if stated else UNKNOWN_RATE
    if rhythm.since is None and arrivals:
        rhythm = learn(rhythm, arrivals, now)
    if rhythm.since is None or rhythm.until is None:
        return Outlook(rhythm=rhythm, now=now, usual=assumed, fade=1, watched=0, batch=1, learned=False)
    fade = _faded(rhythm.until, now)
    watched = (1 - _faded(rhythm.since, now)) / _DECAY
    usual = (sum(rhythm.counts) * fade + assumed * _ASSUMED_HOURS) / (watched + _ASSUMED_HOURS)
    return Outlook(
        rhythm=rhythm,
        now=now,
        usual=usual,
        fade=fade,
        watched=watched,
        batch=rhythm.batch,
        learned=True,
    )


def _faded(at: datetime, now: datetime) -> float:
    return math.exp(-_DECAY * max(0.0, (now - at).total_seconds() / _HOUR))


def _around(at: datetime) -> tuple[tuple[int, float], ...]:
    """An item's hour of the week and the two beside it: nobody publishes to the minute every week."""
    hour = at.weekday() * 24 + at.hour
    return (hour, 0.5), ((hour - 1) % HOURS, 0.25), ((hour + 1) % HOURS, 0.25)


def _batch(before: float, came: Sequence[datetime]) -> float:
    """How many items come together, seen from an item; the newest fifty count half."""
    size, sizes = 1, []
    for earlier, later in pairwise(came):
        if later - earlier <= TOGETHER:
            size += 1
        else:
            sizes.append(size)
            size = 1
    if came:
        sizes.append(size)
    for size in sizes:
        share = min(0.5, size / 50)
        before += (size - before) * share
    return before
