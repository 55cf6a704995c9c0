"""What ended a worker twice is set aside for a day, on both databases."""

from datetime import timedelta

from aggregator.store import Store
from tests.conftest import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WHY = "took longer than 5 s"


def test_the_second_strike_sets_a_document_aside_for_a_day(store: Store) -> None:
    assert store.strike(b"a", WHY, NOW) == 1
    assert store.is_set_aside(b"a", NOW) is None
    assert store.strike(b"a", "the worker died (signal 11)", NOW + HOUR) == 2
    assert store.is_set_aside(b"a", NOW + HOUR) == "the worker died (signal 11)"
    assert store.is_set_aside(b"a", NOW + HOUR + DAY - timedelta(seconds=1)) is not None
    assert store.is_set_aside(b"a", NOW + HOUR + DAY) is None


def test_a_strike_is_forgotten_after_a_day(store: Store) -> None:
    assert [store.strike(b"a", WHY, NOW + n * DAY) for n in range(3)] == [1, 1, 1]
    assert store.is_set_aside(b"a", NOW + 2 * DAY) is None


def test_each_document_has_strikes_of_its_own(store: Store) -> None:
    assert [store.strike(digest, WHY, NOW) for digest in (b"a", b"b", b"a")] == [1, 1, 2]
    assert (store.is_set_aside(b"a", NOW), store.is_set_aside(b"b", NOW)) == (WHY, None)


def test_what_is_over_is_pruned(store: Store) -> None:
    for _ in range(2):
        store.strike(b"old", WHY, NOW - DAY)
        store.strike(b"new", WHY, NOW)
    store.prune(NOW, None)
    # were it still there, an earlier moment would find it
    assert store.is_set_aside(b"old", NOW - HOUR) is None
    assert store.is_set_aside(b"new", NOW) == WHY
