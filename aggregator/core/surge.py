"""When news breaks, it breaks at many outlets: do the polls of the last minutes bring more than usual?

A feed's own rhythm cannot know it, the other feeds can. ``Surges`` counts, for each slot of five minutes,
the feeds that brought something which appeared in it against what was expected of those polled since.
Where far more came than chance explains, the feeds that were not asked since probably hold some too;
``is_due`` says which of them are worth a request now. It only brings polls forward, by the rhythm's own rule:
poll when the items that wait, times how long they wait, reach a constant.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

SLOT: Final = timedelta(minutes=5)
#: surges older than this are over: every feed that matters was asked since, or will soon be
MEMORY: Final = timedelta(hours=6)
#: fewer feeds with news than this in a slot are chance
_FEWEST: Final = 3
#: times the usual from which on it is a surge: the busy hours of a day are none
_LEAST: Final = 8.0
#: times the usual that a slot can be at most
_MOST: Final = 100.0
#: usual slots vary a little, surges a lot: share of slots, shape and rate of the factor's gamma distribution
_USUAL: Final = (0.97, 3.0, 3.0)
_SURGE: Final = (0.03, 0.5, 0.01)
#: expected news that the assumption "as expected" is worth, and the time in which it is re-learned
_LEVEL: Final = 20.0
_LEVEL_HALF_LIFE: Final = timedelta(days=1)
_SLOT_HOURS: Final = SLOT / timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """A slot in which more appeared than usual."""

    #: the middle of the slot
    at: datetime
    #: hours of usual publishing that came on top
    extra: float


@dataclass(slots=True)
class _Slot:
    number: int
    #: that brought something which appeared in it
    feeds: int = 0
    expected: float = 0.0


@dataclass(slots=True)
class Surges:
    """What the polls of the last hours found, for one process; a new one knows nothing and moves nothing."""

    _slots: deque[_Slot] = field(default_factory=deque)
    #: all news found and expected, the older the less: the level to which slots are compared
    _found: float = 0.0
    _expected: float = 0.0

    def observe(self, last: datetime, now: datetime, rate: float, arrivals: Sequence[datetime]) -> None:
        """A poll at ``now`` of a feed polled before at ``last`` that usually brings ``rate`` batches an hour.

        However much it brings of one slot, it is one feed with news: a publisher's own burst is no surge.
        """
        self._reach(now)
        if not self._slots or now <= last or not math.isfinite(rate):
            return
        first = self._slots[0].number
        begin, end = _hours(last), _hours(now)
        for number in range(max(first, _number(last)), _number(now) + 1):
            inside = min(end, (number + 1) * _SLOT_HOURS) - max(begin, number * _SLOT_HOURS)
            if inside > 0:
                self._slots[number - first].expected += rate * inside
                self._expected += rate * inside
        for number in {_number(at) for at in arrivals if last < at <= now}:
            if number >= first:
                self._slots[number - first].feeds += 1
                self._found += 1

    def now(self, now: datetime) -> tuple[Surge, ...]:
        """The surges of the last hours, oldest first."""
        self._reach(now)
        level = (self._found + _LEVEL) / (self._expected + _LEVEL)
        surges = []
        for slot in self._slots:
            if slot.feeds < _FEWEST:
                continue
            factor = min(_factor(slot.feeds, slot.expected * level), _MOST)
            if factor > _LEAST:
                at = datetime.fromtimestamp((slot.number + 0.5) * SLOT.total_seconds(), UTC)
                surges.append(Surge(at=min(at, now), extra=(factor - 1) * _SLOT_HOURS))
        return tuple(surges)

    def _reach(self, now: datetime) -> None:
        """Slots up to ``now``, none older than the memory."""
        slots, number = self._slots, _number(now)
        kept = int(MEMORY / SLOT)
        if slots and not 0 <= number - slots[-1].number <= kept:
            if number < slots[-1].number:
                return
            slots.clear()
        while not slots or slots[-1].number < number:
            slots.append(_Slot(slots[-1].number + 1 if slots else number - kept))
            fade = 0.5 ** (SLOT / _LEVEL_HALF_LIFE)
            self._found *= fade
            self._expected *= fade
        while len(slots) > kept:
            slots.popleft()


def timed(published: Sequence[datetime | None], last: datetime, now: datetime) -> list[datetime]:
    """Those of the dates of new items that tell to the minute when they came, between two polls.

    A time on the quarter of an hour may be a mere day in some time zone, or a plan made long before.
    """
    return [at for at in published if at is not None and last < at < now and not _is_round(at)]


def _is_round(at: datetime) -> bool:
    return at.minute % 15 == 0 and at.second == at.microsecond == 0


def is_due(last: datetime, planned: datetime, now: datetime, surges: Sequence[Surge]) -> bool:
    """Whether ``surges`` make a feed due that was polled at ``last`` and is planned for later.

    With an even rate r, r (planned - last)² / 2 is what the plan lets the items wait in all; each surge adds
    r times its extra hours of publishing, each of which waits as long as the feed has not been asked.
    """
    waited, wait = (now - last).total_seconds() / 3600, (planned - last).total_seconds() / 3600
    extra = sum(surge.extra * (surge.at - last).total_seconds() for surge in surges if surge.at > last) / 3600
    return extra > 0 and waited * waited / 2 + extra >= wait * wait / 2


def is_stirred(last: datetime, surges: Sequence[Surge]) -> bool:
    """Whether a poll now was perhaps brought forward with many others: the next ones should spread again."""
    return any(surge.at > last for surge in surges)


def _factor(found: int, expected: float) -> float:
    """How many times the usual a slot is, given what was found: the mean over both kinds of slots."""
    expected = max(expected, 1e-6)
    weights, means = [], []
    for share, shape, rate in (_USUAL, _SURGE):
        weights.append(
            math.log(share)
            + math.lgamma(shape + found)
            - math.lgamma(shape)
            + shape * math.log(rate / (rate + expected))
            + found * math.log(expected / (rate + expected))
        )
        means.append((shape + found) / (rate + expected))
    most = max(weights)
    odds = [math.exp(weight - most) for weight in weights]
    return sum(odd * one for odd, one in zip(odds, means, strict=True)) / sum(odds)


def _hours(at: datetime) -> float:
    return at.timestamp() / 3600


def _number(at: datetime) -> int:
    return int(at.timestamp() // SLOT.total_seconds())
