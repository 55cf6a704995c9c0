"""A surge of news in the store: the same feeds come earlier that the rule names."""

from datetime import datetime, timedelta
from random import Random

from aggregator.core.surge import Surge, is_due
from aggregator.model import FeedCondition
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, claim, outcome, schedule, spec

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
    assert {feed.outlet for feed in claim(store, NOW)} == expected
    assert moved == len(expected)


def test_a_feed_that_may_not_be_moved_keeps_its_time(store: Store) -> None:
    store.sync_feeds([spec("Fixed"), spec("Just asked"), spec("Ill"), spec("Mirror")], NOW - DAY)
    last, at = NOW - 2 * HOUR, NOW + HOUR
    planned(store, "Fixed", last, at, movable_from=None)
    planned(store, "Just asked", last, at, movable_from=NOW + HOUR / 2)
    planned(store, "Ill", last, at, movable_from=last, condition=FeedCondition.FAILING, failures=1)
    planned(store, "Mirror", last, at, movable_from=last, condition=FeedCondition.MIRROR)
    assert store.stir(SURGES, NOW) == 0
    assert claim(store, NOW) == ()
