"""When do a feed's items come? A rate over the hours of the week, learned from when they came.

The rate of an hour is a compromise between what was counted in that hour of the week, in that hour of
the day, and overall: each pulls as strongly as its count is large, so a feed with little history has
an even rate and one with months of it has its real week. All hours are UTC.

``benchmarks/freshness.py`` measures it. Tried there without gain: weekday times hour of day as a middle step,
wider kernels, a rate that rises after each item.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from aggregator.model import Rhythm

HOURS: Final = 168
#: root-hours from one poll to the next. The mean delay of all items is least for a given number of polls
#: when each feed is polled at a rate that grows with the root of its publishing rate (with n polls an hour
#: the items of a feed that publishes r an hour wait r / 2n in all: Lagrange). At 0.5 a feed with an item an
#: hour is asked twice an hour, one with an item a day every two and a half hours, one with an item a week
#: every six and a half.
EFFORT: Final = 0.5
#: what was seen this long ago counts half
HALF_LIFE: Final = timedelta(days=28)
#: items within this of each other came as one batch
TOGETHER: Final = timedelta(minutes=15)
#: items an hour, of a feed of which nothing is known: asked once an hour
UNKNOWN_RATE: Final = 0.25
#: hours of watching that the assumption about an unknown feed is worth
_ASSUMED_HOURS: Final = 10.0
#: batches that the coarser count is worth against the finer one
_PULL: Final = 0.5
#: no feed is thought dead before it was silent for a weekend
_WEEKEND: Final = timedelta(hours=60)
#: batches that may fail to come by chance; a longer silence means that the feed has slowed down
_MISSED: Final = 3.0
#: the longest history that one document is believed to show
_SPAN: Final = timedelta(days=56)
#: after a gap, expectations of loss are doubled; that wears off by half in this time
GAP_HALF_LIFE: Final = timedelta(days=7)

#: no hour of the week is expected to bring more than this many times the usual, over hours on end
_PEAK: Final = 6.0

_HOUR: Final = 3600.0
_DECAY: Final = math.log(2) / (HALF_LIFE.total_seconds() / _HOUR)


#: a poll before this long ago says nothing of when undated items came
_LATELY: Final = timedelta(days=1)


def placed(published: Sequence[datetime | None], last: datetime | None, now: datetime) -> list[datetime]:
    """When items came that a poll at ``now`` brought and one at ``last`` did not; None: it was the first.

    No item came while it was not there: one without a date, or dated back (many write the mere day), came
    somewhere between the two polls. Of a first document only dates tell anything.
    """
    if last is None:
        return [at for at in published if at is not None and at <= now]
    begin = max(min(last, now), now - _LATELY)
    middle = begin + (now - begin) / 2
    return [at if at is not None and last < at <= now else middle for at in published]


def learn(rhythm: Rhythm, arrivals: Sequence[datetime], now: datetime, *, gap: bool = False) -> Rhythm:
    """``rhythm`` with items that came at ``arrivals`` and were seen first in the poll at ``now``.

    To be called for every poll that brought items or a gap, and for the first: its older items tell how long
    it took to fill the document.
    """
    came = sorted(at for at in arrivals if at <= now)
    if rhythm.since is None or rhythm.until is None:
        came = [at for at in came if now - at <= _SPAN]
        since = min((*came[:1], now - timedelta(hours=1)))
        rhythm = Rhythm(counts=(0.0,) * HOURS, since=since, until=now)
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


@dataclass(slots=True, kw_only=True)
class Outlook:
    """What is expected of a feed from ``now`` on; times are hours."""

    now: datetime
    #: items an hour, on the average of the week
    usual: float
    #: items per hour of the week, with their weights now; empty: nothing learned
    counts: tuple[float, ...] = ()
    #: what brings ``counts`` to now
    fade: float = 1.0
    #: hours watched, weighted like the counts
    watched: float = 0.0
    #: how many items come together
    batch: float = 1.0
    #: items that the coarser count is worth
    pull: float = _PULL
    _hours: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def learned(self) -> bool:
        """False: all this is assumed."""
        return bool(self.counts)

    def rate(self, hour: int) -> float:
        """Items expected in an hour of the week."""
        if not self.counts:
            return self.usual
        pull, watched = self.pull, self.watched
        day = (sum(self.counts[hour % 24 :: 24]) * self.fade + pull) / (watched / 24 + pull / self.usual)
        return (self.counts[hour] * self.fade + pull) / (watched / HOURS + pull / day)

    def wait(self, effort: float, limit: float) -> float:
        """Hours until the integral of the root of the rate reaches ``effort``; even beyond ``limit``."""
        spent = at = 0.0
        number = 0
        while at < limit:
            at, length, rate = self._hour(number)
            pace = math.sqrt(rate)
            if spent + pace * length >= effort:
                return at + (effort - spent) / pace
            spent += pace * length
            at += length
            number += 1
        return at + (effort - spent) / math.sqrt(self.usual)

    def until_items(self, count: float, limit: float) -> float:
        """Hours until ``count`` items are expected; beyond ``limit`` hours the rate is taken as even."""
        if self.usual * limit * _PEAK < count:
            return count / self.usual
        seen = at = 0.0
        number = 0
        while at < limit:
            at, length, rate = self._hour(number)
            if seen + rate * length >= count:
                return at + (count - seen) / rate
            seen += rate * length
            at += length
            number += 1
        return at + (count - seen) / self.usual

    def words(self) -> str:
        """The expectation for people."""
        if not self.counts:
            return "nothing known yet"
        rate = self._hour(0)[2]
        return f"about {24 * self.usual:.2g} items a day, {rate:.2g} an hour at this time of the week"

    def _hour(self, number: int) -> tuple[float, float, float]:
        """From now on, hour by hour: the beginning in hours from now, the length, the rate."""
        hours = self._hours
        while len(hours) <= number:
            if hours:
                at, length = hours[-1][0] + hours[-1][1], 1.0
            else:
                at, length = 0.0, 1 - (self.now.minute * 60 + self.now.second) / _HOUR
            hour = self.now.weekday() * 24 + self.now.hour + len(hours)
            hours.append((at, length, self.rate(hour % HOURS)))
        return hours[number]


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
        return Outlook(now=now, usual=assumed)
    fade = _faded(rhythm.until, now)
    watched = (1 - _faded(rhythm.since, now)) / _DECAY
    usual = (sum(rhythm.counts) * fade + assumed * _ASSUMED_HOURS) / (watched + _ASSUMED_HOURS)
    if arrivals and (silent := now - max(arrivals)) > _WEEKEND:
        missed = usual * silent.total_seconds() / _HOUR / rhythm.batch
        if missed > _MISSED:
            slowed = _MISSED / missed
            usual, fade = usual * slowed, fade * slowed
    return Outlook(
        now=now,
        usual=usual,
        counts=rhythm.counts,
        fade=fade,
        watched=watched,
        batch=rhythm.batch,
        pull=_PULL * rhythm.batch,
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
