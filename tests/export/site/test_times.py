"""Pages carry absolute times alone: how long ago that was is told where it is read."""

from datetime import timedelta

from aggregator.export.site.times import When, of_card
from tests.export.site.making import AT, make_card


def test_an_exact_time_is_told_to_the_minute() -> None:
    assert of_card(make_card(0)) == When(
        iso="2026-01-31T08:00:00Z",
        text="31 January 2026, 08:00 UTC",
        title="Published 31 January 2026, 08:00 UTC",
    )


def test_a_day_without_a_time_is_told_as_a_day() -> None:
    day = make_card(0, published_earliest=AT - timedelta(hours=20), published_latest=AT + timedelta(hours=20))
    told = of_card(day)
    assert (told.text, told.span) == ("31 January 2026", 144_000)
    assert told.title == "Published between 30 January 2026, 12:00 UTC and 1 February 2026, 04:00 UTC"


def test_wide_bounds_are_told() -> None:
    vague = make_card(0, published_earliest=AT - timedelta(days=4), published_latest=AT)
    assert of_card(vague).text == "about 31 January 2026"


def test_what_has_no_date_was_first_seen() -> None:
    unstated = make_card(0, published=None, published_earliest=None, published_latest=None, sort_at=AT)
    assert of_card(unstated).title == "First seen 31 January 2026, 08:00 UTC; its outlet gives no date"


def test_a_date_in_the_future_is_not_told() -> None:
    ahead = make_card(0, published=AT + timedelta(days=300), sort_at=AT)
    assert of_card(ahead).text == "31 January 2026, 08:00 UTC"
