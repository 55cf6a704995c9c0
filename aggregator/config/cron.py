"""When does a cron expression fire: the five fields of crontab(5), by APScheduler's CronTrigger."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(\*|[a-z]{3}|\d)(?:-([a-z]{3}|\d))?(?:/(\d+))?", re.IGNORECASE)


def cron_trigger(expression: str, timezone: tzinfo = UTC) -> Any:  # APScheduler 3 is untyped
    """A CronTrigger for ``expression``; ValueError in words that continue ``cron "…"``.

    APScheduler counts weekdays from Monday = 0, every crontab from Sunday = 0: the numbers are given
    to it as names, so that ``0 7 * * 1`` is Monday here too.
    """
    from apscheduler.triggers.cron import CronTrigger

    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(
            'is not a cron expression; expected five fields, such as "0 7 * * *" (each day at 7:00)'
        )
    fields[4] = _weekdays(fields[4])
    try:
        return CronTrigger.from_crontab(" ".join(fields), timezone=timezone)
    except ValueError as exc:
        raise ValueError(f"is not a cron expression: {exc}") from exc


def check_cron(expression: str) -> str:
    """The expression itself when it fires at some time; else ValueError in words."""
    trigger = cron_trigger(expression)
    if trigger.get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise ValueError("never comes: there is no such day")
    return expression


def _weekdays(text: str) -> str:
    """The weekday field as names: ``1-5`` -> ``mon,tue,wed,thu,fri``."""
    if text == "*":
        return text
    days = sorted({day for part in text.split(",") for day in _days_of(part)})
    return ",".join(_DAYS[day] for day in days)


def _days_of(part: str) -> range | list[int]:
    found = _PART.fullmatch(part)
    if not found:
        raise ValueError(f'is not a cron expression: "{part}" is not a day of the week')
    step = int(found[3] or 1)
    if step == 0:
        raise ValueError("is not a cron expression: a step of 0")
    if found[1] == "*":
        return range(0, 7, step)
    first = _day(found[1])
    last = _day(found[2]) if found[2] else (6 if found[3] else first)
    if last < first:
        last += 7  # fri-mon, and 5-7 where 7 is Sunday
    return [day % 7 for day in range(first, last + 1, step)]


def _day(text: str) -> int:
    """0 for Sunday, which is also 7."""
    number = _DAYS.index(text.lower()) if text.lower() in _DAYS else int(text) if text.isdecimal() else 8
    if number > 7:
        raise ValueError(f'is not a cron expression: "{text}" is not a day of the week (0 to 7, sun to sat)')
    return number % 7
