"""When would they poll next? The rules of other aggregators, written anew from their behaviour, and ours.

Each rule has one knob that stretches it in time, so that all can be compared at the same number of
requests; at 1 it is the rule with its own defaults. A rule's bounds stretch with it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from random import Random

from aggregator.core.polling import Answer, Policy, arrivals_with, decide
from aggregator.core.rhythm import EFFORT, expect, learn
from aggregator.core.surge import Surge, Surges, is_stirred
from aggregator.model import FeedState, Rhythm
from benchmarks.arrivals import DAY, HOUR

MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll found; instants in seconds."""

    now: float
    #: appeared since the last poll
    new: Sequence[float]
    #: all that the document shows
    window: Sequence[float]


class Rule(ABC):
    """One feed's planner; ``wait`` is called after each of its polls."""

    #: whether the feeds share what they find (core/surge)
    shares = False

    def __init__(self, knob: float, chance: Random) -> None:
        self.knob = knob
        self.chance = chance
        self.surges: Surges | None = None
        self.seen: tuple[Surge, ...] = ()

    @abstractmethod
    def wait(self, poll: Poll) -> float:
        """Seconds to the next poll."""


class Fixed(Rule):
    """Once an hour, whatever comes."""

    def wait(self, poll: Poll) -> float:  # noqa: ARG002
        """Seconds to the next poll."""
        return HOUR * self.knob


class Miniflux(Rule):
    """POLLING_SCHEDULER=entry_frequency: a week over the entries of the last week, 5 minutes to 24 hours.

    The number of entries is a virtual one: a week over their mean distance, rounded up; fewer than two
    give none, and the longest interval.
    """

    def __init__(self, knob: float, chance: Random) -> None:
        super().__init__(knob, chance)
        self._stored: list[float] = []

    def wait(self, poll: Poll) -> float:
        """Seconds to the next poll."""
        self._stored = [at for at in (*self._stored, *poll.new) if at >= poll.now - 7 * DAY]
        interval = DAY
        if len(self._stored) > 1 and (span := max(self._stored) - min(self._stored)) > 0:
            interval = 7 * DAY / ceil(7 * DAY / (span / (len(self._stored) - 1)))
        return self.knob * min(max(interval, 5 * MINUTE), DAY)


class CommaFeed(Rule):
    """refresh-interval-empirical: half the mean distance of the document's entries, 5 minutes to an hour.

    Longer for a feed that is silent: an hour from 7 days on, 2 from 14, 4 from 30 and where nothing is known.
    """

    def wait(self, poll: Poll) -> float:
        """Seconds to the next poll."""
        return self.knob * max(5 * MINUTE, self._interval(poll.now, poll.window))

    @staticmethod
    def _interval(now: float, window: Sequence[float]) -> float:
        longest = 4 * HOUR
        if not window or now - max(window) >= 30 * DAY:
            return longest
        silent = now - max(window)
        if silent >= 14 * DAY:
            return longest / 2
        if silent >= 7 * DAY:
            return longest / 4
        times = sorted(window)
        if len(times) < 2:
            return longest
        mean = sum(later - earlier for earlier, later in pairwise(times)) / (len(times) - 1)
        return min(max(mean / 2, 5 * MINUTE), longest / 4)


class MediaCloud(Rule):
    """rss-fetcher: an hour less where under 33 % of the entries are known ones, 10 minutes more over 67 %.

    From 6 hours on, 10 minutes to 24 hours; an hour more instead where nothing came for 31 days.
    """

    def __init__(self, knob: float, chance: Random) -> None:
        super().__init__(knob, chance)
        self._minutes = 360.0
        self._newest: float | None = None
        self._first = True

    def wait(self, poll: Poll) -> float:
        """Seconds to the next poll."""
        if poll.new:
            self._newest = poll.now
        known = 100.0 * (len(poll.window) - len(poll.new)) / len(poll.window) if poll.window else 100.0
        if self._first:
            self._first, self._newest = False, poll.now
        elif known < 33:
            self._minutes = max(self._minutes - 60, 10)
        elif known > 67:
            silent = self._newest is None or poll.now - self._newest > 31 * DAY
            self._minutes = min(self._minutes + (60 if silent else 10), 24 * 60)
        return self.knob * self._minutes * MINUTE


@dataclass
class _Memory:
    rhythm: Rhythm
    arrivals: tuple[datetime, ...] = ()


class Ours(Rule):
    """The product's own: core/polling.decide on what core/rhythm.learn learned; the knob stretches EFFORT."""

    def __init__(self, knob: float, chance: Random) -> None:
        super().__init__(knob, chance)
        self._last: datetime | None = None
        self._memory = _Memory(rhythm=Rhythm())
        self._policy = Policy(
            min_interval=timedelta(minutes=5), max_interval=timedelta(hours=12), effort=EFFORT * knob
        )

    def wait(self, poll: Poll) -> float:
        """Seconds to the next poll."""
        memory, moment = self._memory, datetime.fromtimestamp(poll.now, UTC)
        if poll.new or memory.rhythm.since is None:
            came = [datetime.fromtimestamp(at, UTC) for at in poll.new]
            memory.arrivals = arrivals_with(memory.arrivals, came)
            memory.rhythm = learn(memory.rhythm, came, moment)
        stirred = self._last is not None and is_stirred(self._last, self.seen)
        self._tell(moment, poll.new)
        schedule = decide(
            FeedState(id=1, url="https://feed.example/", outlet="", rhythm=memory.rhythm),
            Answer(ok=True, status=200 if poll.new else 304, window=len(poll.window), surge=stirred),
            arrivals=memory.arrivals,
            now=moment,
            jitter=self.chance.random(),
            policy=self._policy,
        )
        assert schedule.next_poll_at is not None
        return schedule.next_poll_at.timestamp() - poll.now

    def _tell(self, now: datetime, new: Sequence[float]) -> None:
        if self.surges is not None and self._last is not None:
            outlook = expect(self._memory.rhythm, self._memory.arrivals, now)
            rate = outlook.usual / outlook.batch
            came = [datetime.fromtimestamp(at, UTC) for at in new]
            self.surges.observe(self._last, now, rate, came)
        self._last = now


class OursTogether(Ours):
    """Ours, with polls brought forward when the other feeds show that news breaks."""

    shares = True


RULES: dict[str, type[Rule]] = {
    "fixed interval": Fixed,
    "miniflux": Miniflux,
    "CommaFeed": CommaFeed,
    "mediacloud": MediaCloud,
    "ours, each feed alone": Ours,
    "ours": OursTogether,
}
