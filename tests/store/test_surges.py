"""A surge of news in the store: the same feeds come earlier that the rule names."""

from datetime import datetime, timedelta
from random import Random

from aggregator.core.surge import Surge, is_due
from aggregator.model import FeedCondition
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, claim, outcome, schedule, spec

SECOND = timedelta(seconds=1)
SURGES = (
    Surge(at=NOW - HOUR / 4, extra=1.5),
    Surge(at=NOW - HOUR, extra=0.7),
    Surge(at=NOW - 3 * HOUR, extra=2.0),
)


def planned(store: Store, name: str, last: datetime, at: datetime, **values: object) -> None:
    """A feed that was polled at ``last`` and is to be polled at ``at``."""
    [feed] = claim(store, NOW + 9 * DAY, outlets=[name], force=True)
    store.record_poll(outcome(feed, at=last, schedule=schedule(at, **values)))


def test_a_surge_brings_forward_the_feeds_that_the_rule_names(store: Store) -> None:
    chance = Random(7)
    names = [f"Outlet {number}" for number in range(60)]
    store.sync_feeds([spec(name) for name in names], NOW - DAY)
    plans: dict[str, tuple[datetime, datetime]] = {}
    for name in names:
        last = NOW - timedelta(minutes=chance.uniform(1, 400))
        plans[name] = last, NOW + timedelta(minutes=chance.uniform(1, 400))
        planned(store, name, *plans[name], movable_from=last)
    moved = store.stir(SURGES, NOW)
    expected = {name for name, (last, at) in plans.items() if is_due(last, at, NOW, SURGES)}
    assert 0 < len(expected) < len(names)
    assert moved == len(expected)
    at_once = {feed.outlet for feed in claim(store, NOW)}
    assert len(at_once) <= 1
    assert at_once | {feed.outlet for feed in claim(store, NOW + 97 * SECOND)} == expected | {
        name for name, (_, at) in plans.items() if at <= NOW + 97 * SECOND
    }


def test_feeds_that_were_brought_forward_are_not_put_off_by_the_next_look(store: Store) -> None:
    names = [f"Outlet {number}" for number in range(100)]
    store.sync_feeds([spec(name) for name in names], NOW - DAY)
    for name in names:
        planned(store, name, NOW - 2 * HOUR, NOW + HOUR, movable_from=NOW - HOUR)
    assert store.stir(SURGES, NOW) == 100
    times = {feed.outlet: feed.next_poll_at for feed in store.health()}
    assert len(set(times.values())) == 97
    assert store.stir(SURGES, NOW + 60 * SECOND) == 0
    assert {feed.outlet: feed.next_poll_at for feed in store.health()} == times


def test_a_feed_that_may_not_be_moved_keeps_its_time(store: Store) -> None:
    store.sync_feeds([spec("Fixed"), spec("Just asked"), spec("Ill"), spec("Mirror")], NOW - DAY)
    last, at = NOW - 2 * HOUR, NOW + HOUR
    planned(store, "Fixed", last, at, movable_from=None)
    planned(store, "Just asked", last, at, movable_from=NOW + HOUR / 2)
    planned(store, "Ill", last, at, movable_from=last, condition=FeedCondition.FAILING, failures=1)
    planned(store, "Mirror", last, at, movable_from=last, condition=FeedCondition.MIRROR)
    assert store.stir(SURGES, NOW) == 0
    assert claim(store, NOW) == ()
