"""Spans, sizes and addresses as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import words


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("6h", timedelta(hours=6)),
        ("2d", timedelta(days=2)),
        ("1w", timedelta(weeks=1)),
        (" 90 m ", timedelta(minutes=90)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert words.duration(text) == span


@pytest.mark.parametrize(
    "text", ["", "5", "m", "-5m", "1.5h", "5 minutes", "1h30m", "٣d", "9999999d", "999999w"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|is longer"):
        words.duration(text)


@given(st.integers(0, 100_000_000).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_span_said_in_words_reads_back(span: timedelta) -> None:
    said = words.in_words(span)
    if len(said) <= 7:
        assert words.duration(said) == span


@pytest.mark.parametrize(
    ("text", "size"), [("10MB", 10**7), ("1.5 MiB", 3 * 2**19), ("500kb", 500_000), ("64B", 64)]
)
def test_a_size_is_a_number_and_a_unit(text: str, size: int) -> None:
    assert words.size(text) == size


def test_an_address_of_2048_characters_in_capitals_is_one() -> None:
    url = "HTTP://example.org/" + "x" * 2029
    assert words.http_url(url) == url


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        url = words.http_url(text)
    except ValueError:
        return
    assert url.lower().startswith("http")
