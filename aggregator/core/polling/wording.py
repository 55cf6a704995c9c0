"""Time spans for people."""

from datetime import timedelta
from typing import Final

_LONGEST: Final = timedelta(days=366)


def words(span: timedelta) -> str:
    """A time span in its two largest units: "3 d 4 h", "15 min", "40 s"; years are not counted."""
    if span > _LONGEST:
        return "more than a year"
    seconds = max(0, round(span.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"
