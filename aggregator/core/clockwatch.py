"""Did the clock on the wall jump: set by hand or by NTP, or stopped with the machine?"""

from datetime import datetime, timedelta
from typing import Final

#: less is drift, and a machine with much to do
LEAST: Final = timedelta(seconds=30)


def jump(previous_wall: datetime, previous_mono: float, wall: datetime, mono: float) -> timedelta | None:
    """How much further the wall clock went than the time that passed; None while they agree.

    ``mono`` are seconds that nobody can set. Whether they pass while the machine sleeps depends on the
    system: on Linux they do not, so that a wake-up looks like a clock set forward, and is treated as one.
    Summer time is none: instants are in UTC.
    """
    apart = (wall - previous_wall) - timedelta(seconds=mono - previous_mono)
    return apart if abs(apart) > LEAST else None
