"""When a publisher says it was: instants, and the bounds of what is stated less exactly, out of date fields.

What is stated is taken at its word, and its bounds say how far that may be off:

- a time with a zone is exact;
- a time without one is read as UTC, and may be a time anywhere on earth;
- a day, and a midnight, which is how most systems write a day, may be any instant of that day: in its own
  offset where one is given, else anywhere on earth;
- a month likewise.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from aggregator.core.months import month_of, with_plain_months
from aggregator.model import DateClaim, PublishedSource

#: years outside are a server's default value or a typing error, not a publication date
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
#: no date is longer; what is longer is not even looked at
_MAX_LENGTH: Final = 100
#: an instant is ahead of UTC by 14 hours at most where it is stated, and behind by 12
EAST: Final = timedelta(hours=14)
WEST: Final = timedelta(hours=12)
_DAY: Final = timedelta(days=1)
#: ends are included
_TICK: Final = timedelta(microseconds=1)

_ISO = re.compile(
    r"([12]\d{3})-(\d\d?)(?:-(\d\d?))?"
    r"(?:(?:[Tt]|,?\s)\s*(\d\d?):?(\d\d)(?::?(\d\d?)(?:[.,:]\d+)?)?\s*(.*))?"
)
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt]?(\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?\s*(.*))?")
_UNIX = re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}")
_TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\b\.?)?")
_AFTERNOON = re.compile(r"오후|下午|午後")
_NUMERIC = re.compile(r"\b(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d\d)\b")
#: 2026/11/20, 2026. 11. 20., 2026年11月20日, 2026년 11월 20일
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[./年년-]\s?(\d{1,2})\s?[./月월-]\s?(\d{1,2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?(?!\d)")

#: hours east of Greenwich of the abbreviations that feeds use; where one has two meanings, RFC 822's
_ZONES: Final[dict[str, float]] = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "mez": 1,
    "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "sast": 2, "cat": 2, "wat": 1, "eat": 3, "eest": 3,
    "msk": 3, "ist": 5.5, "pkt": 5, "sgt": 8, "hkt": 8, "awst": 8, "pht": 8, "wib": 7, "ict": 7,
    "jst": 9, "kst": 9, "acst": 9.5, "aest": 10, "acdt": 10.5, "aedt": 11, "nzst": 12, "nzdt": 13,
    "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "et": -5, "est": -5, "edt": -4, "ct": -6, "cst": -6,
    "cdt": -5, "mt": -7, "mst": -7, "mdt": -6, "pt": -8, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8,
    "hst": -10, "brt": -3, "art": -3, "clt": -4,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What a text states: ``at`` at its word, in UTC, and the first and last instant that it may mean."""

    at: datetime
    earliest: datetime
    latest: datetime

    @property
    def exact(self) -> bool:
        """Whether it is one instant."""
        return self.earliest == self.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """The parts of a date: the reading of its clock, the offset where one is stated, how long it is."""

    local: datetime
    offset: timedelta | None
    #: of a day or a month, None for a time of day
    span: timedelta | None


def parse_date(text: str) -> datetime | None:
    """The instant in UTC, or None for what is no date between 1990 and 2100.

    RFC 3339 and 822, their everyday misspellings, month names of some forty languages, bare Unix
    seconds. A missing zone is UTC; an offset beyond -12 to +14 hours is taken for UTC.
    """
    written = _written(text)
    return _utc(written) if written else None


def read_date(text: str, *, day_first: bool | None = None) -> Dated | None:
    """What ``parse_date`` reads, with its bounds.

    ``day_first`` says how 03/04/2026 is meant, where the language of the text tells it; else that is no date.
    """
    written = _written(text, day_first=day_first)
    if written is None:
        return None
    at = _utc(written)
    length = (written.span or _DAY) - _TICK if _is_day(written) else timedelta()
    if written.offset is not None:
        return Dated(at=at, earliest=at, latest=at + length)
    return Dated(at=at, earliest=at - EAST, latest=at + length + WEST)


def claim(source: PublishedSource, text: str, *, day_first: bool | None = None) -> DateClaim | None:
    """The text of a date as a statement by ``source``; None where it is no date."""
    found = read_date(text, day_first=day_first)
    if found is None:
        return None
    return DateClaim(
        source=source,
        earliest=found.earliest,
        latest=found.latest,
        stated=" ".join(text.split()),
        at=found.at,
    )


def edited(text: str, *, day_first: bool | None = None) -> DateClaim | None:
    """The text of the date of an edit as a statement of when something was published at the latest.

    It goes by that date where nobody says more, and may have been published at any time before.
    """
    found = read_date(text, day_first=day_first)
    if found is None:
        return None
    return DateClaim(
        source="modified",
        earliest=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC),
        latest=found.latest,
        stated=" ".join(text.split()),
        at=found.at,
    )


def local_day(text: str) -> str | None:
    """The day that a date states where it was written: "2026-11-20"; None where it is no date."""
    written = _written(text)
    return None if written is None else f"{written.local:%Y-%m-%d}"


def is_local(text: str) -> bool:
    """Whether a date is stated at a place other than Greenwich, or for people who know the place."""
    written = _written(text)
    return written is not None and written.offset != timedelta()


def _is_day(written: _Written) -> bool:
    return written.span is not None or (
        written.local.hour == written.local.minute == written.local.second == 0
    )


def _written(text: str, *, day_first: bool | None = None) -> _Written | None:
    if len(text) > 10 * _MAX_LENGTH:  # before anything is copied: there are fields of 10 MB
        return None
    text = text.strip()
    if not 6 <= len(text) <= _MAX_LENGTH or text.startswith("-"):  # a year before our era
        return None
    try:
        found = _unix(text) or _iso(text) or _spelled(with_plain_months(text), day_first=day_first)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and FIRST_YEAR <= _utc(found).year <= LAST_YEAR else None


def _utc(written: _Written) -> datetime:
    return written.local - (written.offset or timedelta())


def _iso(text: str) -> _Written | None:
    match = _ISO.fullmatch(text) or _BASIC.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if day is None:
        return _month(int(year), int(month))
    return _put_together(int(year), int(month), int(day), (hour, minute, second), zone or "")


def _unix(text: str) -> _Written | None:
    if not _UNIX.fullmatch(text):
        return None
    seconds = float(text)
    at = datetime.fromtimestamp(seconds / 1000 if len(text) == 13 else seconds, UTC).replace(microsecond=0)
    return _Written(local=at, offset=timedelta(), span=None)


def _spelled(text: str, *, day_first: bool | None) -> _Written | None:
    """ "Thurs, 01 Januar 2026 10:00 MEZ" and its like: each part is known by its form."""
    time = _TIME.search(text)
    day_text, zone = (text[: time.start()], text[time.end() :]) if time else (text, "")
    date = _numeric(day_text, day_first=day_first) or _named(day_text)
    if not date and time:  # asctime has the year behind the time: "Thu Jan  1 10:00:00 2026"
        year = re.search(r"\b(\d{4})\s*$", zone)
        date = _named(f"{day_text} {year[1]}") if year else None
        zone = zone[: year.start()] if year else zone
    if not date:
        return None
    half = "PM" if time and not time[4] and _AFTERNOON.search(day_text) else time and time[4]
    clock = (_half_day(time[1], half), time[2], time[3]) if time else (None, None, None)
    return _put_together(*date, clock, zone)


def _half_day(hour: str, half: str | None) -> str:
    if not half:
        return hour
    return str(int(hour) % 12 + (12 if half[0] in "Pp" else 0))


def _numeric(text: str, *, day_first: bool | None) -> tuple[int, int, int] | None:
    if match := _YEAR_FIRST.search(text):
        return _full_year(match[1]), int(match[2]), int(match[3])
    match = _NUMERIC.search(text)
    if not match:
        return None
    first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
    if match[2] == "." or first > 12:
        return year, second, first
    if second > 12 or first == second:
        return year, first, second
    # 03/04/2026 is March to some and April to others: no date is better than a wrong one
    if day_first is None:
        return None
    return (year, second, first) if day_first else (year, first, second)


def _named(text: str) -> tuple[int, int, int] | None:
    month = next((m for word in _WORD.findall(text) if (m := month_of(word.lower()))), None)
    numbers = _NUMBER.findall(text)
    if month is None or len(numbers) < 2:
        return None
    first, second = numbers[0], numbers[1]
    if len(first) == 4:
        first, second = second, first
    return _full_year(second), month, int(first)


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        # Thailand counts from the death of the Buddha
        return year - 543 if FIRST_YEAR + 543 <= year <= LAST_YEAR + 543 else year
    return year + (2000 if year < 70 else 1900)


def _month(year: int, month: int) -> _Written:
    first = datetime(year, month, 1, tzinfo=UTC)
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return _Written(local=first, offset=None, span=following - first)


def _put_together(
    year: int, month: int, day: int, clock: tuple[str | None, str | None, str | None], zone: str
) -> _Written:
    hour, minute, second = (int(part or 0) for part in clock)
    extra = _DAY if hour == 24 else timedelta()
    # a leap second is the last second of its minute to us
    local = datetime(year, month, day, 0 if extra else hour, minute, min(second, 59), tzinfo=UTC) + extra
    return _Written(local=local, offset=_offset(zone), span=_DAY if clock[0] is None else None)


def _offset(zone: str) -> timedelta | None:
    """Of UTC; None where it is not stated, unknown, or not of this earth."""
    zone = zone.partition("(")[0].strip()
    if match := _OFFSET.search(zone):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        minutes = -minutes if match[1] == "-" else minutes
        return timedelta(minutes=minutes) if -720 <= minutes <= 840 else None
    hours = _ZONES.get(zone.rpartition("/")[2].partition(" ")[0].lower())
    return None if hours is None else timedelta(hours=hours)
