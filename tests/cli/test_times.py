"""Instants as people read and write them."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.cli.times import ago, ahead, briefly, exact, instant
from aggregator.errors import UsageError
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=40), "40 seconds ago"),
        (timedelta(hours=1), "an hour ago"),
        (timedelta(days=1, hours=3), "a day ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=400), "1 year, 1 month ago"),
        (timedelta(minutes=-20), "in 20 minutes"),
    ],
)
def test_the_past_is_told_in_words(past: timedelta, said: str) -> None:
    assert ago(NOW - past, NOW) == said


def test_the_future_is_told_in_words_and_what_is_due_is_now() -> None:
    assert ahead(NOW + timedelta(minutes=20), NOW) == "in 20 minutes"
    assert ahead(NOW - timedelta(hours=1), NOW) == "now"
    assert (ago(None, NOW), ahead(None, NOW)) == ("never", "never")
    assert exact(NOW) == "Fri 20 November 2026, 12:00 UTC"


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(seconds=0.9), "now"),
        (timedelta(seconds=-59), "59 s ago"),
        (timedelta(seconds=9), "in 9 s"),
        (timedelta(minutes=-61), "1 h ago"),
        (timedelta(minutes=20, seconds=59), "in 20 min"),
        (timedelta(days=400), "in 400 d"),
    ],
)
def test_tables_tell_instants_briefly(away: timedelta, said: str) -> None:
    assert briefly(NOW + away, NOW) == said
    assert briefly(None, NOW) == "never"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("90m", NOW - timedelta(minutes=90)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00+03:00", datetime(2026, 1, 31, 5, tzinfo=UTC)),
        ("2026-01-31 08:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
    ],
)
def test_an_instant_is_a_span_before_now_a_day_or_a_time(text: str, at: datetime) -> None:
    assert instant(text, "--since", NOW) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "7", "2026-13-01", "2026-1-1", "-7d", "0001-01-01T00:00:00+14:00"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        instant(text, "--since", NOW)
