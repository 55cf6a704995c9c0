"""When a digest is due: at its time, again after a pause when it failed, and never for having been missed."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.mailing import Posted, is_due
from tests.conftest import NOW

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SINCE = Posted(until=NOW - 24 * HOUR, item=7)

instants = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=NOW.tzinfo)
)


def test_a_digest_is_due_from_its_planned_time_on() -> None:
    due = [is_due(SINCE, planned, NOW) for planned in (None, NOW + MINUTE, NOW, NOW - 9 * HOUR)]
    assert due == [False, False, True, True]


@pytest.mark.parametrize(("attempts", "pause"), [(1, 10), (2, 20), (3, 40), (6, 320), (7, 360), (99, 360)])
def test_each_failure_doubles_the_pause_up_to_six_hours(attempts: int, pause: int) -> None:
    for minutes, due in ((pause - 1, False), (pause, True)):
        failed = Posted(until=SINCE.until, attempts=attempts, tried_at=NOW - minutes * MINUTE)
        assert is_due(failed, NOW - 9 * HOUR, NOW) is due


def test_an_attempt_that_has_yet_to_come_was_made_by_a_clock_set_back_since() -> None:
    assert is_due(Posted(until=SINCE.until, attempts=3, tried_at=NOW + HOUR), NOW - HOUR, NOW)


def test_an_attempt_is_counted_as_it_begins() -> None:
    assert SINCE.trying(NOW) == Posted(until=SINCE.until, item=7, attempts=1, tried_at=NOW)


@given(
    posted=st.builds(
        Posted,
        until=instants,
        first=st.booleans(),
        item=st.integers(0, 2**62),
        attempts=st.integers(0, 99),
        tried_at=st.none() | instants,
    )
)
def test_what_is_kept_is_read_back(posted: Posted) -> None:
    assert Posted.loads(posted.dumps()) == posted
