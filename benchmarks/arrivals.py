"""When the items of many feeds appear: as captured, and for four weeks from a model fitted to captures.

The model, for each feed: batches arrive as a Poisson process whose rate is (items an hour) / (items a
batch) times a profile of the 168 hours of the week. A batch's size is geometric, up to the largest that was
seen; none is so large that it pushes an item out of the document within a quarter of an hour. One feed of
it stands for each captured feed with ten dates or more (rate, batch, hours and weekdays are that feed's own;
hours and weekdays are drawn towards those of all captured feeds, with the weight of ``_PULL`` items), and one
for each of ``HOSTS`` hosts of the stories, drawn by chance (rate and batch are the host's own, the week is
that of all captured feeds: 36 hours show none).
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from random import Random

from aggregator.core.parse import parse_feed
from aggregator.errors import ParseError
from benchmarks.farm import SHARED

HOUR = 3600.0
DAY = 24 * HOUR
#: hosts of the stories beside the captured feeds
HOSTS = 80
#: days of the model before and within the measurement
BEFORE, MEASURED = 56, 28
#: a Monday
BEGINNING = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
_TOGETHER = 600.0
#: entries of a document
WINDOW = 30
#: nobody pushes items out of the own document sooner than this: a batch that would does not come
_VISIBLE = 900.0
_DATES = 10
_PULL = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One feed: the instants (in seconds) at which its items appear."""

    #: before the measurement: what the first document shows
    history: tuple[float, ...] = ()
    items: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All feeds of one measurement."""

    name: str
    start: float
    end: float
    sources: tuple[Source, ...]

    @property
    def items(self) -> int:
        """How many appear in it."""
        return sum(len(source.items) for source in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Habit:
    """What a captured feed shows of its publisher."""

    #: items an hour
    rate: float
    batch: float
    #: the largest batch seen
    largest: int
    hours: tuple[float, ...] = (0.0,) * 24
    days: tuple[float, ...] = (0.0,) * 7


def captured() -> Scene:
    """The 36 hours of the stories, each host a feed, as they are."""
    hosts = _hosts()
    start = min(min(times) for times in hosts)
    return Scene(
        name="36 captured hours",
        start=start,
        end=start + 36 * HOUR,
        sources=tuple(Source(items=tuple(sorted(times))) for times in hosts),
    )


def generated(seed: int) -> Scene:
    """Four weeks of the model; eight weeks before fill the first documents."""
    chance = Random(seed)
    habits = _captured_habits()
    pooled = _pooled(habits)
    hosts = chance.sample(_hosts(), HOSTS)
    habits = (*habits, *(_habit_of_host(times) for times in hosts))
    sources = []
    for habit in habits:
        times = list(_times(chance, habit, _week(habit, pooled)))
        sources.append(
            Source(
                history=tuple(at for at in times if at < BEGINNING),
                items=tuple(at for at in times if at >= BEGINNING),
            )
        )
    return Scene(
        name=f"four generated weeks, seed {seed}",
        start=BEGINNING,
        end=BEGINNING + MEASURED * DAY,
        sources=tuple(sources),
    )


def _times(chance: Random, habit: _Habit, week: Sequence[float]) -> Iterable[float]:
    rate = habit.rate / habit.batch
    end = BEGINNING + MEASURED * DAY
    at = BEGINNING - BEFORE * DAY
    most = rate * max(week)
    recent: list[float] = []
    while True:
        # thinning: candidates at the highest rate, kept with the hour's share of it
        at += chance.expovariate(most) * HOUR
        if at >= end:
            return
        if chance.random() * max(week) > week[int((at - BEGINNING) // HOUR) % 168]:
            continue
        size = 1
        while size < habit.largest and chance.random() < 1 - 1 / habit.batch:
            size += 1
        recent = [one for one in recent if at - one < _VISIBLE]
        if len(recent) + size <= WINDOW:
            recent += [at] * size
            yield from [at] * size


def _week(habit: _Habit, pooled: _Habit) -> tuple[float, ...]:
    """Relative rates of the hours of the week, 1 on the average."""
    hours = _drawn(habit.hours, pooled.hours)
    days = _drawn(habit.days, pooled.days)
    return tuple(days[hour // 24] * 7 * hours[hour % 24] * 24 for hour in range(168))


def _drawn(own: Sequence[float], pooled: Sequence[float]) -> list[float]:
    whole = sum(own) + _PULL
    return [(count + _PULL * share) / whole for count, share in zip(own, pooled, strict=True)]


def _pooled(habits: Sequence[_Habit]) -> _Habit:
    """The hours and weekdays of all feeds, each feed with the same weight."""

    def mean(values: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        shares = [[count / sum(one) for count in one] for one in values]
        return tuple(sum(column) / len(shares) for column in zip(*shares, strict=True))

    return _Habit(
        rate=1,
        batch=1,
        largest=1,
        hours=mean([one.hours for one in habits]),
        days=mean([one.days for one in habits]),
    )


@cache
def _captured_habits() -> tuple[_Habit, ...]:
    found = []
    for path in sorted((SHARED / "corpus" / "feeds" / "real").iterdir()):
        try:
            feed = parse_feed(path.read_bytes(), url="https://feed.example/", headers={})
        except ParseError:
            continue
        times = sorted(at.timestamp() for item in feed.items if (at := item.published))
        if len(times) >= _DATES and times[-1] - times[0] >= HOUR:
            found.append(_habit(times))
    return tuple(found)


def _habit(times: Sequence[float]) -> _Habit:
    hours, days = [0.0] * 24, [0.0] * 7
    for at in times:
        moment = datetime.fromtimestamp(at, UTC)
        hours[moment.hour] += 1
        days[moment.weekday()] += 1
    span = (times[-1] - times[0]) / HOUR
    sizes = _batches(times)
    return _Habit(
        rate=(len(times) - 1) / span,
        batch=len(times) / len(sizes),
        largest=max(sizes),
        hours=tuple(hours),
        days=tuple(days),
    )


def _habit_of_host(times: Sequence[float]) -> _Habit:
    sizes = _batches(sorted(times))
    return _Habit(rate=len(times) / 36, batch=len(times) / len(sizes), largest=max(sizes))


def _batches(times: Sequence[float]) -> list[int]:
    sizes = [1]
    for earlier, later in pairwise(times):
        if later - earlier > _TOGETHER:
            sizes.append(1)
        else:
            sizes[-1] += 1
    return sizes


@cache
def _hosts() -> tuple[tuple[float, ...], ...]:
    hosts: dict[str, list[float]] = {}
    path = SHARED / "corpus" / "stories" / "uci-news-aggregator-2014-03.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            hosts.setdefault(row["hostname"], []).append(int(row["timestamp_ms"]) / 1000)
    return tuple(tuple(times) for times in hosts.values())
