"""A clock set back does not leave every feed waiting until it has caught up."""

from datetime import timedelta

from aggregator.model import FeedSpec, Lease
from aggregator.store import Store
from tests.conftest import NOW
from tests.store.press import spec

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
