"""A jump of the clock is told from time that passes."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.core.clockwatch import jump
from tests.conftest import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("wall", "passed", "found"),
    [
        (timedelta(seconds=1), 1.0, None),
        (timedelta(seconds=1), 30.9, None),
        (timedelta(seconds=31), 0.9, timedelta(seconds=30.1)),
        (HOUR, 1.0, HOUR - timedelta(seconds=1)),
        (-HOUR, 1.0, -HOUR - timedelta(seconds=1)),
        # a process that was stopped: both went on
        (timedelta(minutes=10), 600.0, None),
        # a machine that slept: only one did
        (timedelta(minutes=10), 0.5, timedelta(minutes=10) - timedelta(seconds=0.5)),
    ],
)
def test_what_the_wall_clock_did_beyond_the_time_that_passed(
    wall: timedelta, passed: float, found: timedelta | None
) -> None:
    assert jump(NOW, 1000.0, NOW + wall, 1000.0 + passed) == found


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_summer_time_is_no_jump(day: str) -> None:
    """Mark 13: both ways, an hour of the wall's face is missing or there twice, and no instant is."""
    zone = ZoneInfo("Europe/Berlin")
    change = datetime.fromisoformat(f"{day}T01:00:00+00:00")
    before, after = change - timedelta(seconds=1), change + timedelta(seconds=1)
    assert before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    assert jump(before, 5.0, after, 7.0) is None
