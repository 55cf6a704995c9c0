"""A clock set back does not leave every feed waiting until it has caught up."""

from datetime import timedelta

from aggregator.model import FeedSpec, Lease
from aggregator.store import Store
from tests.conftest import NOW
from tests.store.press import claim, outcome, schedule, spec

HOUR = timedelta(hours=1)


def test_what_is_planned_ahead_moves_with_the_clock_and_what_is_due_stays(store: Store) -> None:
    specs: list[FeedSpec] = [spec("Alpha"), spec("Beta")]
    store.sync_feeds(specs, NOW)
    first, second = store.claim_due(NOW, Lease(token="t", until=NOW + HOUR), limit=2)
    store.release("t")
    store.bring_forward({first.id: NOW + timedelta(minutes=5)})

    assert store.shift_plans(NOW - HOUR, -HOUR) == 2
    due = store.claim_due(NOW - HOUR, Lease(token="t", until=NOW), limit=2)
    assert [feed.id for feed in due] == [second.id]
    store.release("t")
    due = store.claim_due(NOW - HOUR + timedelta(minutes=5), Lease(token="t", until=NOW), limit=2)
    assert [feed.id for feed in due] == [second.id, first.id]


def test_what_is_overdue_is_not_moved(store: Store) -> None:
    store.sync_feeds([spec("Alpha")], NOW)
    assert store.shift_plans(NOW, -HOUR) == 0


def test_what_a_clock_that_was_ahead_has_planned_is_made_anew(store: Store) -> None:
    store.sync_feeds([spec("Wrong"), spec("Right")], NOW)
    year = timedelta(days=365)
    [wrong] = claim(store, NOW, outlets=["Wrong"])
    hold = schedule(NOW + year + HOUR, hold_until=NOW + year + HOUR)
    store.record_poll(outcome(wrong, at=NOW + year, schedule=hold))
    [right] = claim(store, NOW, outlets=["Right"])
    store.record_poll(outcome(right, at=NOW, schedule=schedule(NOW + HOUR)))
    assert store.mend_plans(NOW + HOUR / 2) == 1
    assert [feed.outlet for feed in claim(store, NOW + HOUR / 2)] == ["Wrong"]
    health = {feed.outlet: feed for feed in store.health()}
    assert (health["Wrong"].last_attempt, health["Wrong"].last_success) == (NOW + HOUR / 2, NOW + HOUR / 2)
    assert health["Right"].next_poll_at == NOW + HOUR
    assert store.mend_plans(NOW + HOUR / 2) == 0
