"""Cron expressions mean what they mean in a crontab."""

from datetime import UTC, datetime

import pytest

from aggregator.config.cron import check_cron, cron_trigger
from tests.conftest import NOW  # a Friday, 12:00


def following(expression: str) -> datetime:
    at: datetime = cron_trigger(expression).get_next_fire_time(None, NOW)
    return at


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("0 7 * * *", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 11, 20, 12, 0, tzinfo=UTC)),
        ("0 7 * * 0", datetime(2026, 11, 22, 7, tzinfo=UTC)),
        ("0 7 * * 7", datetime(2026, 11, 22, 7, tzinfo=UTC)),
        ("0 7 * * 1", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ("0 7 * * 1-5", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ("0 7 * * mon-fri", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ("0 7 * * 6-7", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("0 7 * * fri-mon", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("0 7 * * 2,4", datetime(2026, 11, 24, 7, tzinfo=UTC)),
        ("0 7 * * */2", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("0 7 * * 3/2", datetime(2026, 11, 25, 7, tzinfo=UTC)),
    ],
)
def test_weekdays_count_from_sunday_as_in_every_crontab(expression: str, at: datetime) -> None:
    assert following(expression) == at


@pytest.mark.parametrize(
    "expression",
    ["", "x", "@daily", "* * * *", "60 * * * *", "* * * * 8", "* * * * xyz", "*/0 * * * *", "* * * * */0"],
)
def test_what_is_no_expression_is_refused_in_words(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a cron expression"):
        check_cron(expression)


def test_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match="never comes"):
        check_cron("0 0 31 2 *")
