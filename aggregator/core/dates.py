"""When a publisher says it was: instants out of whatever stands in a date field."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

#: years outside are a server's default value or a typing error, not a publication date
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
#: a clock that is a little ahead is forgiven
TRUSTED_AHEAD: Final = timedelta(days=1)

_ISO = re.compile(
    r"([12]\d{3})-(\d\d?)(?:-(\d\d?))?"
    r"(?:[Tt ]\s*(\d\d?):?(\d\d)(?::?(\d\d?)(?:[.,]\d+)?)?\s*(.*))?"
)
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt]?(\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?\s*(.*))?")
_UNIX = re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}")
_TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\b\.?)?")
_AFTERNOON = re.compile(r"오후|下午|午後")
_NUMERIC = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)\b")
#: 2026/11/20, 2026. 11. 20., 2026年11月20日, 2026년 11월 20일
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[./年년-]\s?(\d{1,2})\s?[./月월-]\s?(\d{1,2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?(?!\d)")

#: months by the first letters that tell them apart, in the languages of the feeds we have met
_MONTHS: Final[dict[str, int]] = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "jan jän ene gen янв ιαν",
            "feb fév fev фев φεβ",
            "mar mär mrz maa már мар μαρ μάρ",
            "apr avr abr ápr апр απρ",
            "may mai mei mag maj máj мая май μαι μαΐ μάι",
            "jun juin giu jún июн ιουν ιούν",
            "jul juil lug júl июл ιουλ ιούλ",
            "aug aoû aou ago авг αυγ αύγ",
            "sep set sze сен σεπ",
            "oct okt ott out окт οκτ",
            "nov ноя νοε νοέ",
            "dec dez déc dic дек δεκ",
        ),
        1,
    )
    for prefix in prefixes.split()
}
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


def parse_date(text: str) -> datetime | None:
    """The instant in UTC, or None for what is no date between 1990 and 2100.

    RFC 3339 and 822, their everyday misspellings, month names of ten languages, bare Unix
    seconds. A missing zone is UTC; an offset beyond -12 to +14 hours is taken for UTC.
    """
    text = text.strip()
    if not 6 <= len(text) <= 100:
        return None
    try:
        found = _unix(text) or _iso(text) or _spelled(text)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def clamp_published(value: datetime | None, first_seen: datetime) -> datetime | None:
    """``value``, unless it lies more than a day after ``first_seen``: such a date is not trusted."""
    return value if value is not None and value <= first_seen + TRUSTED_AHEAD else None


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text) or _BASIC.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    return _instant(int(year), int(month), int(day or 1), (hour, minute, second), zone or "")


def _unix(text: str) -> datetime | None:
    if not _UNIX.fullmatch(text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if len(text) == 13 else seconds, UTC).replace(microsecond=0)


def _spelled(text: str) -> datetime | None:
    """ "Thurs, 01 Januar 2026 10:00 MEZ" and its like: each part is known by its form."""
    time = _TIME.search(text)
    day_text, zone = (text[: time.start()], text[time.end() :]) if time else (text, "")
    date = _numeric(day_text) or _named(day_text)
    if not date and time:  # asctime has the year behind the time: "Thu Jan  1 10:00:00 2026"
        year = re.search(r"\b(\d{4})\s*$", zone)
        date = _named(f"{day_text} {year[1]}") if year else None
        zone = zone[: year.start()] if year else zone
    if not date:
        return None
    half = "PM" if time and not time[4] and _AFTERNOON.search(day_text) else time and time[4]
    clock = (_half_day(time[1], half), time[2], time[3]) if time else (None, None, None)
    return _instant(*date, clock, zone)


def _half_day(hour: str, half: str | None) -> str:
    if not half:
        return hour
    return str(int(hour) % 12 + (12 if half[0] in "Pp" else 0))


def _numeric(text: str) -> tuple[int, int, int] | None:
    if match := _YEAR_FIRST.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    match = _NUMERIC.search(text)
    if not match:
        return None
    first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
    if match[2] == "." or first > 12:
        return year, second, first
    # 03/04/2026 is March to some and April to others: no date is better than a wrong one
    return (year, first, second) if second > 12 or first == second else None


def _named(text: str) -> tuple[int, int, int] | None:
    month = next((m for word in _WORD.findall(text) if (m := _month(word.lower()))), None)
    numbers = _NUMBER.findall(text)
    if month is None or len(numbers) < 2:
        return None
    first, second = numbers[0], numbers[1]
    if len(first) == 4:
        first, second = second, first
    return _full_year(second), month, int(first)


def _month(word: str) -> int | None:
    return _MONTHS.get(word[:4]) or _MONTHS.get(word[:3])


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _instant(
    year: int, month: int, day: int, clock: tuple[str | None, str | None, str | None], zone: str
) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock)
    extra = timedelta(days=1) if hour == 24 else timedelta()
    # a leap second is the last second of its minute to us
    local = datetime(year, month, day, 0 if extra else hour, minute, min(second, 59), tzinfo=UTC)
    return local + extra - _offset(zone)


def _offset(zone: str) -> timedelta:
    zone = zone.partition("(")[0].strip()
    if match := _OFFSET.search(zone):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        minutes = -minutes if match[1] == "-" else minutes
    else:
        name = zone.rpartition("/")[2].partition(" ")[0].lower()
        minutes = int(_ZONES.get(name, 0) * 60)
    return timedelta(minutes=minutes) if -720 <= minutes <= 840 else timedelta()
