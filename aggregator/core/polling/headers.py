"""What an answer's headers say about the next request."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

#: the longest Retry-After that is believed (317,100 s and ten years were seen)
MAX_RETRY_AFTER: Final = timedelta(days=31)
#: seconds; larger numbers are cut before they are calculated with
_MANY_SECONDS: Final = 10**10
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]+)\"?\s*(?:$|,)", re.IGNORECASE)
_HAS_MAX_AGE = re.compile(r"(?:^|[,\s])(?:max-age\b|no-cache\b|no-store\b)", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant a Retry-After asks for (RFC 9110, section 10.2.3), at most 31 days ahead.

    Seconds count from ``now``; a date counts from the server's own ``Date``, so that its clock does
    not matter. Garbage and the past give None.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    wait = _seconds(value)
    if wait is None:
        asked = _http_date(value)
        if asked is None:
            return None
        wait = asked - (_http_date(headers.get("date", "")) or now)
    return now + min(wait, MAX_RETRY_AFTER) if wait > timedelta(0) else None


def fresh_for(headers: Mapping[str, str], now: datetime) -> tuple[timedelta, str] | None:
    """How long the copy that came stays fresh (RFC 9111, section 4.2), and by which header; unbounded.

    ``max-age`` less ``Age``, else ``Expires`` less ``Date``. None where neither says anything that
    makes sense and lies ahead: ``Expires: 0``, ``max-age=soon``, ``no-cache``.
    """
    control = headers.get("cache-control", "")
    if control and _HAS_MAX_AGE.search(control):
        found = _MAX_AGE.search(control)
        if found is None:
            return None
        # Age is what a cache on the way has used up already
        left = (_seconds(found[1]) or timedelta(0)) - (
            _seconds(headers.get("age", "").strip()) or timedelta(0)
        )
        return (left, "Cache-Control") if left > timedelta(0) else None
    expires = _http_date(headers.get("expires", ""))
    if expires is None:
        return None
    left = expires - (_http_date(headers.get("date", "")) or now)
    return (left, "Expires") if left > timedelta(0) else None


def _seconds(value: str) -> timedelta | None:
    # int() refuses thousands of digits
    if not (value.isascii() and value.isdigit()):
        return None
    return timedelta(seconds=int(value) if len(value) <= 10 else _MANY_SECONDS)


def _http_date(value: str) -> datetime | None:
    if len(value) < 6:
        return None
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
