"""Instants as pages tell them: absolute in the file, for a script to turn into "3 days ago" when it is read.

A page may lie in a cache for days, so no file carries a relative time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator.export.text import iso
from aggregator.model.cards import Card

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
#: bounds so far apart mean a day without a time, wherever on Earth that day was meant
_A_DAY = timedelta(days=3)
_EXACT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """An instant for ``<time>``."""

    iso: str
    #: "31 January 2026, 08:00 UTC"
    text: str
    #: the same with its uncertainty
    title: str
    #: seconds that it may be off; 0: it is exact
    span: int = 0


def day(at: datetime) -> str:
    """``31 January 2026``."""
    at = at.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def minute(at: datetime) -> str:
    """``31 January 2026, 08:00 UTC``."""
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def exactly(at: datetime) -> When:
    """An instant that is known to the minute."""
    return When(iso=iso(at), text=minute(at), title=minute(at))


def of_card(card: Card) -> When:
    """When an article appeared, as exactly as that is known."""
    at, earliest, latest = card.sort_at, card.published_earliest, card.published_latest
    if card.published is None or at < card.published:  # a date in the future is not believed
        return When(iso=iso(at), text=minute(at), title=f"First seen {minute(at)}; {_unstated(card)}")
    if earliest is None or latest is None or latest - earliest <= _EXACT:
        return When(iso=iso(at), text=minute(at), title=f"Published {minute(at)}")
    between = f"Published between {minute(earliest)} and {minute(latest)}"
    text = day(at) if latest - earliest <= _A_DAY else f"about {day(at)}"
    return When(iso=iso(at), text=text, title=between, span=int((latest - earliest).total_seconds()))


def _unstated(card: Card) -> str:
    return "its outlet gives no date" if card.published is None else "its outlet gives a later date"
