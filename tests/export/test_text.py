"""Which characters and which spelling of an instant an export may carry."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from aggregator.export.text import iso, printable, rfc822

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def test_control_characters_and_half_characters_are_left_out() -> None:
    assert printable("a\x00b\x1bc\ud83dd\ufffe\x7fe\tf") == "abcde\tf"


def test_line_ends_are_one_character() -> None:
    assert printable("a\r\nb\rc\n") == "a\nb\nc\n"


def test_quotes_of_a_wrong_charset_are_read_as_browsers_read_them() -> None:
    assert printable("it\x92s\x85") == "it’s…"


@given(ANY_TEXT)
def test_what_is_printable_stays_so(text: str) -> None:
    once = printable(text)
    assert printable(once) == once
    once.encode()


def test_instants_are_absolute_in_utc_and_to_the_second() -> None:
    at = datetime(2026, 1, 31, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert iso(at) == "2026-01-31T08:00:00Z"
    assert rfc822(at) == "Sat, 31 Jan 2026 08:00:00 GMT"


def test_early_years_keep_four_digits() -> None:
    at = datetime(99, 3, 1, tzinfo=UTC)
    assert iso(at) == "0099-03-01T00:00:00Z"
    assert rfc822(at) == "Sun, 01 Mar 0099 00:00:00 GMT"
