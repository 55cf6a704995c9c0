"""Instants out of date fields."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.dates import FIRST_YEAR, LAST_YEAR, Dated, claim, local_day, parse_date, read_date

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:00:00.123456789Z",
        "2026-11-20T12:00:00+02:00",
        "2026-11-20 10:00",
        "2026-11-20T100000+00:00",
        "20261120T100000Z",
        "Fri, 20 Nov 2026 10:00:00 GMT",
        "Fri, 20 Nov 26 10:00 UT",
        "20 Nov 2026 10:00:00 -0000",
        "Friday, 20-Nov-26 10:00:00 GMT",
        "Fri Nov 20 10:00:00 2026",
        "Thurs, 20 Nov 2026 10:00:00 +0000",
        "Fri Nov 20 2026 10:00:00 GMT+0000 (Coordinated Universal Time)",
        "Fri, Nov 20 2026 10:00:00 AM",
        "November 20, 2026 10:00",
        "1795168800",
        "1795168800000",
        "2026/11/20 10:00:00",
        "20.11.2026 10:00",
        "20/11/2026 10:00",
        "11/20/2026 10:00",
        "2026년 11월 20일 10:00:00",
        "2026年11月20日 10:00",
    ],
)
def test_one_instant_is_written_in_many_ways(text: str) -> None:
    assert parse_date(text) == TEN


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("EST", 5), ("EDT", 4), ("PDT", 7), ("PST", 8), ("CET", -1), ("CEST", -2), ("MESZ", -2), ("IST", -5.5),
     ("Etc/GMT", 0), ("GMT+3", -3), ("+0530", -5.5), ("+5:30", -5.5), ("nowhere", 0), ("", 0)],
)  # fmt: skip
def test_a_named_zone_counts_and_an_unknown_one_is_utc(zone: str, hours: float) -> None:
    assert parse_date(f"Fri, 20 Nov 2026 10:00:00 {zone}") == TEN + timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["+9900", "-1300", "+1500", "+30:00"])
def test_an_offset_beyond_the_earths_is_repaired_to_utc(zone: str) -> None:
    assert parse_date(f"Fri, 20 Nov 2026 10:00:00 {zone}") == TEN


@pytest.mark.parametrize(
    ("text", "month"),
    [("Fr, 20 Dezember 2026 10:00 +0000", 12), ("ven., 20 févr. 2026 10:00:00", 2), ("20 août 2026 10:00", 8),
     ("mer, 20 nov 2026 10:00", 11), ("20 de enero de 2026, 10:00", 1), ("20 Mär 2026 10:00", 3),
     ("20 марта 2026 10:00", 3), ("Παρ, 20 Νοε 2026 10:00", 11), ("2026. október 20. 10:00", 10),
     ("20 marraskuuta 2026 10:00", 11), ("20 Ağustos 2026 10:00", 8), ("20 czerwca 2026 10:00", 6),
     ("20. července 2026 10:00", 7), ("20 червня 2026 10:00", 6), ("20 Agustus 2026 10:00", 8),
     ("20 نوفمبر 2026 10:00", 11), ("20 تشرين الثاني 2026 10:00", 11), ("20 בנובמבר 2026 10:00", 11),
     ("20 जनवरी 2026 10:00", 1), ("20 พฤศจิกายน 2569 10:00", 11), ("20 tháng 11, 2026 10:00", 11),
     ("٢٠ نوفمبر ٢٠٢٦ ١٠:٠٠", 11)],
)  # fmt: skip
def test_months_are_known_in_the_languages_of_the_news(text: str, month: int) -> None:
    assert parse_date(text) == TEN.replace(month=month)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "0001-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "9999-12-31T23:59:59Z",
    "2026-13-01",
     "2026-02-30",
     "2026-11-20T25:00:00Z", "03/04/2026", "12345", "Nov", "x" * 5000, "2026-11-20 " * 1_000_000, "\x00",
     "\udcff" * 9,
     "20 Foo 2026",
     "40000-01-01T00:00:00Z", "-2026-01-01", "99999999999999999999"],
)  # fmt: skip
def test_what_is_no_date_of_our_times_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_midnight_at_the_end_of_a_day_is_the_next_day() -> None:
    assert parse_date("2026-11-20T24:00:00Z") == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_leap_second_is_the_last_of_its_minute() -> None:
    assert parse_date("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_an_instant_of_our_times_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or (found.tzinfo is UTC and FIRST_YEAR <= found.year <= LAST_YEAR)


@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(FIRST_YEAR, 1, 2), max_value=datetime(LAST_YEAR, 12, 30)),  # noqa: DTZ001
    st.integers(-12 * 4, 14 * 4),
)
def test_rfc_3339_and_rfc_822_say_the_same(local: datetime, quarters: int) -> None:
    sign, offset = "-" if quarters < 0 else "+", timedelta(minutes=15 * abs(quarters))
    hours, minutes = divmod(offset.seconds // 60, 60)
    expected = local.replace(microsecond=0, tzinfo=UTC) - (offset if sign == "+" else -offset)
    rfc3339 = parse_date(f"{local:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{minutes:02}")
    rfc822 = parse_date(f"{local:%a, %d %b %Y %H:%M:%S} {sign}{hours:02}{minutes:02}")
    assert rfc3339 == rfc822 == expected


HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
MIDNIGHT = TEN.replace(hour=0)


def test_a_time_with_a_zone_is_exact() -> None:
    assert read_date("2026-11-20T12:00:00+02:00") == Dated(at=TEN, earliest=TEN, latest=TEN)


def test_a_time_without_a_zone_may_be_one_anywhere_on_earth() -> None:
    expected = Dated(at=TEN, earliest=TEN - 14 * HOUR, latest=TEN + 12 * HOUR)
    assert read_date("2026-11-20 10:00") == expected
    assert read_date("Fri, 20 Nov 2026 10:00:00 nowhere") == expected


@pytest.mark.parametrize("text", ["Fri, 20 Nov 2026 00:00:00 +0200", "2026-11-20T00:00+02:00"])
def test_a_midnight_is_a_day_in_its_own_offset(text: str) -> None:
    start = MIDNIGHT - 2 * HOUR
    assert read_date(text) == Dated(at=start, earliest=start, latest=start + DAY - TICK)


def test_a_day_or_a_month_without_an_offset_is_one_anywhere_on_earth() -> None:
    last = MIDNIGHT + DAY - TICK + 12 * HOUR
    assert read_date("2026-11-20") == Dated(at=MIDNIGHT, earliest=MIDNIGHT - 14 * HOUR, latest=last)
    first = MIDNIGHT.replace(day=1)
    month = Dated(at=first, earliest=first - 14 * HOUR, latest=first + 30 * DAY - TICK + 12 * HOUR)
    assert read_date("2026-11") == month


def test_a_statement_keeps_its_words_and_its_day() -> None:
    found = claim("feed", " Fri, 20 Nov 2026\n 23:00:00 -0800 ")
    assert found is not None
    assert found.stated == "Fri, 20 Nov 2026 23:00:00 -0800"
    assert (local_day(found.stated), found.at) == ("2026-11-20", MIDNIGHT + 31 * HOUR)
    assert claim("feed", "soon") is None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_what_is_stated_lies_within_its_bounds(text: str) -> None:
    found = read_date(text)
    assert (found is None) == (parse_date(text) is None)
    assert found is None or found.earliest <= found.at <= found.latest
