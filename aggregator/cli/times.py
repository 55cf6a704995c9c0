"""How are instants told to people and read from them. ``now`` is always given."""

import re
from datetime import UTC, datetime, timedelta

from aggregator.errors import UsageError

#: within it days are counted, as in tables, not months
_YEAR = timedelta(days=365)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def ago(at: datetime | None, now: datetime, never: str = "never") -> str:
    """``3 days ago``; a small step into the future, as clocks differ, is ``now``."""
    if at is None:
        return never
    import humanize

    span = now - at
    if abs(span) < timedelta(seconds=1):
        return "now"
    return _future(at, now) or humanize.naturaltime(span, months=span > _YEAR)


def ahead(at: datetime | None, now: datetime, never: str = "never") -> str:
    """``in 20 minutes``; ``now`` for what is due."""
    if at is None:
        return never
    return _future(at, now) or "now"


def _future(at: datetime, now: datetime) -> str:
    import humanize

    span = at - now
    return f"in {humanize.naturaldelta(span, months=span > _YEAR)}" if span >= timedelta(seconds=1) else ""


def briefly(at: datetime | None, now: datetime, never: str = "never") -> str:
    """``3 h ago``, ``in 20 min``, ``now``: for tables that have much to show."""
    if at is None:
        return never
    span = abs(at - now)
    for unit, size in (
        ("d", timedelta(days=1)),
        ("h", timedelta(hours=1)),
        ("min", timedelta(minutes=1)),
        ("s", timedelta(seconds=1)),
    ):
        if span >= size:
            count = f"{span // size} {unit}"
            return f"in {count}" if at > now else f"{count} ago"
    return "now"


def exact(at: datetime) -> str:
    """``Fri 20 November 2026, 12:00 UTC``."""
    return f"{at.astimezone(UTC):%a %-d %B %Y, %H:%M} UTC"


def instant(text: str, option: str, now: datetime) -> datetime:
    """``7d`` before now, a day (its start in UTC) or an ISO 8601 instant; UsageError for anything else."""
    from aggregator.config import words

    try:
        if _DAY.fullmatch(text.strip()):
            return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
        if "-" in text:
            at = datetime.fromisoformat(text.strip())
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return now - words.duration(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f'{option} "{text}" is not a time; expected a span such as 7d or 12h, or a day such as 2026-01-31'
        ) from None
