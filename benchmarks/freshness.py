"""How soon is an item seen, for the same number of requests? Ours against the rules of other aggregators.

    python -m benchmarks.freshness [--seeds 1 2 3] [--requests-an-hour 1] [--write]

A simulation: nothing is fetched and no time passes. Every feed shows its 30 newest entries; an item is
seen by the first poll after it appeared, unless 30 newer ones have pushed it out by then: it is lost. Each
rule's knob is turned until all make the same number of requests. Ends with 1 when ours has more
than 0.7 of the mean delay of the best of the others, or loses an item.
"""

import argparse
import heapq
import math
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from statistics import mean, quantiles
from time import perf_counter

from aggregator.core.surge import Surges, is_due
from benchmarks.arrivals import HOUR, WINDOW, Scene, captured, generated
from benchmarks.results import keep
from benchmarks.rivals import MINUTE, RULES, Poll, Rule

TARGET = 0.7
#: seconds; the shortest interval of ours here
LEAST = 300.0
#: of the number of requests
_EXACT = 0.005
_STEPS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one rule did in one scene; delays in minutes."""

    knob: float
    requests: int
    mean: float
    p90: float
    lost: int
    #: microseconds of CPU a decision, with the learning
    cost: float


class Simulation:
    """One rule in one scene: every feed is polled once in the first hour, and then when the rule says so."""

    def __init__(self, scene: Scene, rule: type[Rule], knob: float, seed: int) -> None:
        self.scene = scene
        self.chance = Random(seed)
        self.rules = [rule(knob, self.chance) for _ in scene.sources]
        self.times = [(*source.history, *source.items) for source in scene.sources]
        self.seen = [0] * len(self.times)
        self.last = [scene.start] * len(self.times)
        self.planned = [scene.start + self.chance.random() * HOUR for _ in self.times]
        self.due = [(at, number) for number, at in enumerate(self.planned)]
        heapq.heapify(self.due)
        self.delays: list[float] = []
        self.requests = self.lost = 0
        self.spent = 0.0
        self.surges = Surges() if rule.shares else None
        for one in self.rules:
            one.surges = self.surges

    def run(self) -> None:
        """Until every item was seen; requests count up to the end of the scene."""
        minute = self.scene.start
        while self.due:
            if self.surges is not None and minute < min(self.due[0][0], self.scene.end):
                minute += MINUTE
                before = perf_counter()
                self._bring_forward(self.surges, minute)
                self.spent += perf_counter() - before
                continue
            now, number = heapq.heappop(self.due)
            if now == self.planned[number]:
                self._poll(now, number)

    def _poll(self, now: float, number: int) -> None:
        times, seen = self.times[number], self.seen[number]
        shown = bisect_right(times, now)
        oldest = max(0, shown - WINDOW)
        if seen:
            self.lost += max(0, oldest - seen)
        new = times[max(seen, oldest) : shown]
        self.delays += [now - at for at in new if self.scene.start <= at <= self.scene.end]
        self.seen[number] = shown
        if now > self.scene.end:
            return  # the poll that sees what came last
        self.requests += 1
        before = perf_counter()
        wait = self.rules[number].wait(Poll(now=now, new=new, window=times[oldest:shown]))
        self.spent += perf_counter() - before
        self.last[number] = now
        self._plan(number, now + max(wait, MINUTE))

    def _plan(self, number: int, at: float) -> None:
        self.planned[number] = at
        heapq.heappush(self.due, (at, number))

    def _bring_forward(self, surges: Surges, now: float) -> None:
        """What the daemon does each minute."""
        moment = datetime.fromtimestamp(now, UTC)
        found = surges.now(moment)
        for rule in self.rules:
            rule.seen = found
        if not found:
            return
        for number, planned in enumerate(self.planned):
            last = self.last[number]
            if planned <= now or now - last < LEAST:
                continue
            polled = datetime.fromtimestamp(last, UTC)
            if found[-1].at > polled and is_due(polled, datetime.fromtimestamp(planned, UTC), moment, found):
                self._plan(number, now)


def simulate(scene: Scene, rule: type[Rule], knob: float, seed: int) -> Outcome:
    """What ``rule`` does in ``scene``."""
    simulation = Simulation(scene, rule, knob, seed)
    simulation.run()
    delays = simulation.delays
    return Outcome(
        knob=knob,
        requests=simulation.requests,
        mean=mean(delays) / 60,
        p90=quantiles(delays, n=10)[-1] / 60,
        lost=simulation.lost,
        cost=simulation.spent / simulation.requests * 1e6,
    )


def at_requests(scene: Scene, rule: type[Rule], wanted: float, seed: int) -> Outcome:
    """The rule with its knob set so that it makes ``wanted`` requests."""
    low, high, knob = 1 / 1024, 1024.0, 1.0
    best: Outcome | None = None
    for _ in range(_STEPS):
        outcome = simulate(scene, rule, knob, seed)
        if best is None or abs(outcome.requests - wanted) < abs(best.requests - wanted):
            best = outcome
        if abs(outcome.requests - wanted) <= _EXACT * wanted:
            break
        if outcome.requests > wanted:
            low = knob
        else:
            high = knob
        # twice the interval, half the requests, more or less; else the middle
        knob *= outcome.requests / wanted
        if not low < knob < high:
            knob = math.sqrt(low * high)
    assert best is not None
    return best


def compared(scene: Scene, an_hour: float, seed: int) -> tuple[list[str], bool]:
    """The table of one scene, and whether the target is reached."""
    wanted = an_hour * len(scene.sources) * (scene.end - scene.start) / HOUR
    outcomes = {name: at_requests(scene, rule, wanted, seed) for name, rule in RULES.items()}
    best = min(outcome.mean for name, outcome in outcomes.items() if not name.startswith("ours"))
    ours = outcomes["ours"]
    reached = ours.mean <= TARGET * best and ours.lost == 0
    lines = [
        f"**{scene.name}**: {len(scene.sources)} feeds, {scene.items} items, {an_hour:g} polls an hour each",
        "",
        "| rule | requests | mean delay, min | of the best other | p90, min | lost | us a decision | knob |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {one.requests} | {one.mean:.1f} | {one.mean / best:.2f} | {one.p90:.1f} "
            f"| {one.lost} | {one.cost:.0f} | {one.knob:.3g} |"
            for name, one in outcomes.items()
        ),
        "",
        f"Target (at most {TARGET} of the best other, none lost): {'reached' if reached else 'missed'}.",
        "",
    ]
    return lines, reached


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare all rules in all scenes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of the generated weeks")
    parser.add_argument("--requests-an-hour", type=float, default=1.0, help="a feed, on the average")
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    options = parser.parse_args(arguments)
    scenes = [captured(), *map(generated, options.seeds)]
    kept: list[str] = []
    all_reached = True
    for scene in scenes:
        lines, reached = compared(scene, options.requests_an_hour, options.seeds[0])
        print("\n".join(lines), flush=True)
        kept += lines
        all_reached = all_reached and reached
    if options.write:
        keep("freshness", kept)
    return 0 if all_reached else 1


if __name__ == "__main__":
    sys.exit(main())
