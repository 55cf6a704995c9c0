"""When many feeds bring more than usual, the others are asked sooner."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.surge import MEMORY, Surge, Surges, is_due, is_stirred, timed
from tests.conftest import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def usual_hours(surges: Surges) -> None:
    """A hundred feeds, polled each hour for a day; each brings an item every ten hours."""
    for hour in range(24, 0, -1):
        now = NOW - HOUR * hour
        for feed in range(100):
            new = [now - MINUTE * (feed % 50 + 1)] if feed % 10 == hour % 10 else []
            surges.observe(now - HOUR, now, 0.1, new)


def test_the_usual_news_is_no_surge() -> None:
    surges = Surges()
    usual_hours(surges)
    assert surges.now(NOW) == ()


def test_many_items_at_once_are_a_surge() -> None:
    surges = Surges()
    usual_hours(surges)
    broke = NOW - MINUTE * 12
    for feed in range(20):
        surges.observe(NOW - HOUR, NOW - MINUTE, 0.1, [broke] if feed % 2 else [])
    (surge,) = surges.now(NOW)
    assert abs(surge.at - broke) <= MINUTE * 5
    assert surge.extra > 1


def test_one_publishers_burst_is_no_surge() -> None:
    surges = Surges()
    usual_hours(surges)
    surges.observe(NOW - HOUR, NOW, 0.1, [NOW - MINUTE * 12] * 40)
    assert surges.now(NOW) == ()


def test_a_surge_ends() -> None:
    surges = Surges()
    usual_hours(surges)
    for _ in range(20):
        surges.observe(NOW - HOUR, NOW, 0.1, [NOW - MINUTE * 7])
    assert surges.now(NOW) != ()
    assert surges.now(NOW + MEMORY + HOUR) == ()


def test_only_dates_that_tell_when_an_item_came_count() -> None:
    exact = NOW - MINUTE * 7
    dates = [None, exact, NOW, NOW + MINUTE, NOW - HOUR, NOW.replace(hour=0), NOW - MINUTE * 30]
    assert timed(dates, NOW - HOUR, NOW) == [exact]


def test_a_feed_that_was_asked_since_is_not_asked_again() -> None:
    surge = Surge(at=NOW - MINUTE * 10, extra=8.0)
    planned = NOW + HOUR
    assert is_due(NOW - HOUR, planned, NOW, [surge])
    assert not is_due(NOW - MINUTE * 5, planned, NOW, [surge])
    assert not is_due(NOW - HOUR, planned, NOW, [])
    assert (is_stirred(NOW - HOUR, [surge]), is_stirred(NOW, [surge])) == (True, False)


def test_a_small_surge_brings_forward_only_what_was_not_asked_for_long() -> None:
    surge = Surge(at=NOW - MINUTE * 10, extra=0.5)
    assert is_due(NOW - HOUR * 2, NOW + HOUR / 4, NOW, [surge])
    assert not is_due(NOW - HOUR, NOW + HOUR, NOW, [surge])


@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500), st.floats(0, 1e9), st.integers(0, 9)))
)
def test_no_order_of_polls_and_no_jump_of_the_clock_breaks_it(
    polls: list[tuple[int, int, float, int]],
) -> None:
    surges = Surges()
    for last, now, rate, items in polls:
        surges.observe(NOW + HOUR * last, NOW + HOUR * now, rate, [NOW + HOUR * now - MINUTE] * items)
        assert all(surge.extra > 0 for surge in surges.now(NOW + HOUR * now))
