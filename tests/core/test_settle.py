"""When an item was published, after all that was said of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core import relative
from aggregator.core.dates import FIRST_YEAR, claim, edited
from aggregator.core.settle import FORGIVEN_OF_FEED, Settled, settle
from aggregator.model import DateClaim, PublishedSource
from tests.conftest import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0)
TICK = timedelta(microseconds=1)


def said(source: PublishedSource, text: str) -> DateClaim:
    found = relative.claim(text, NOW) if source == "relative" else claim(source, text)
    assert found is not None
    return found


def at(instant: datetime, source: PublishedSource) -> Settled:
    return Settled(published=instant, source=source, earliest=instant, latest=instant)


def test_nothing_said_is_nothing_known() -> None:
    assert settle((), NOW) == Settled()


def test_the_feed_is_trusted_before_the_page() -> None:
    page = said("json-ld", "2026-11-18T08:00:00Z"), said("meta", "2026-11-17T08:00:00Z")
    assert settle((*page, said("feed", "2026-11-19T08:00:00Z")), NOW) == at(NOW - DAY - 4 * HOUR, "feed")
    assert settle(page, NOW) == at(NOW - 3 * DAY - 4 * HOUR, "meta")


def test_the_last_edit_counts_only_where_nobody_says_anything_else() -> None:
    edit = edited("2026-11-19T08:00:00Z")
    assert edit is not None
    at_edit = NOW - DAY - 4 * HOUR
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    assert settle((edit,), NOW) == Settled(
        published=at_edit, source="modified", earliest=first, latest=at_edit
    )
    month = said("url", "2026-01")
    assert settle((edit, month), NOW) == settle((month,), NOW)
    ahead = replace(edit, at=NOW + DAY, latest=NOW + DAY)
    assert settle((ahead,), NOW) == Settled()


@pytest.mark.parametrize(
    "midnight", ["Wed, 18 Nov 2026 00:00:00 GMT", "2026-11-18", "2026-11-18T00:00:00+00:00"]
)
@pytest.mark.parametrize(
    "time", ["2026-11-18T14:05:00Z", "2026-11-18T23:30:00-08:00", "2026-11-18T00:30:00+09:00"]
)
def test_a_midnight_takes_the_time_that_the_page_gives_on_that_day(midnight: str, time: str) -> None:
    exact = said("json-ld", time)
    assert settle((said("feed", midnight), exact), NOW) == at(exact.earliest, "json-ld")


def test_a_midnight_of_another_day_contradicts() -> None:
    day = MIDNIGHT - 2 * DAY
    found = settle((said("feed", "2026-11-18T00:00:00Z"), said("json-ld", "2026-11-16T08:00:00Z")), NOW)
    assert found == Settled(published=day, source="feed", earliest=day, latest=day + DAY - TICK)


def test_a_day_and_a_relative_text_narrow_each_other() -> None:
    found = settle((said("text", "2026-11-20"), said("relative", "2 hours ago")), NOW)
    assert found == Settled(
        published=NOW - 2 * HOUR, source="relative", earliest=NOW - 2.5 * HOUR, latest=NOW - 1.5 * HOUR
    )


def test_two_days_that_may_be_one_somewhere_on_earth_are_two() -> None:
    found = settle((said("meta", "2026-11-18"), said("url", "2026-11-19")), NOW)
    assert (found.published, found.source) == (MIDNIGHT - 2 * DAY, "meta")


def test_a_month_is_narrowed_to_the_day_in_it() -> None:
    found = settle((said("text", "2026-10"), said("url", "2026-10-21")), NOW)
    assert (found.published, found.source) == (datetime.fromisoformat("2026-10-21T00:00Z"), "url")


def test_a_time_without_a_zone_may_be_one_anywhere_and_takes_the_zone_of_another_statement() -> None:
    local = said("feed", "2026-11-19 10:00")
    assert (local.latest - local.earliest, local.at) == (26 * HOUR, NOW - DAY - 2 * HOUR)
    assert settle((local,), NOW).published == local.at
    zoned = said("meta", "2026-11-19T10:00:00+05:30")
    assert settle((local, zoned), NOW) == at(zoned.earliest, "meta")


def test_a_date_in_the_future_is_not_trusted() -> None:
    later = said("feed", "2026-12-24T10:00:00Z")
    assert settle((later,), NOW) == Settled()
    assert settle((later, said("meta", "2026-11-19T08:00:00Z")), NOW) == at(NOW - DAY - 4 * HOUR, "meta")


def test_a_clock_of_the_feed_that_is_ahead_dates_the_item_when_it_was_seen() -> None:
    found = settle((said("feed", "2026-11-20T20:00:00Z"),), NOW)
    assert found == Settled(published=NOW, source="feed", earliest=NOW - 6 * HOUR, latest=NOW)
    assert settle((said("feed", "2026-11-21T12:00:01Z"),), NOW) == Settled()


def test_a_page_is_not_dated_after_its_fetch() -> None:
    # trafilatura#72: an expiry date inside a script
    assert settle((said("json-ld", "2026-11-20T14:00:00Z"),), NOW) == Settled()


claims = st.builds(
    lambda source, start, length, word: DateClaim(
        source=source,
        earliest=NOW + start,
        latest=NOW + start + length,
        at=NOW + start if word else None,
    ),
    st.sampled_from(["feed", "json-ld", "meta", "page", "text", "relative", "url"]),
    st.timedeltas(min_value=-9 * DAY, max_value=9 * DAY),
    st.sampled_from([timedelta(), HOUR, DAY - TICK, 50 * HOUR, 30 * DAY]),
    st.booleans(),
)


@given(st.lists(claims, max_size=6))
def test_a_date_lies_within_its_bounds_and_never_after_the_item_was_seen(said: list[DateClaim]) -> None:
    found = settle(said, NOW)
    if found.published is None or found.earliest is None or found.latest is None:
        assert all(one.earliest > NOW for one in said)
    else:
        assert found.earliest <= found.published <= found.latest <= NOW


@given(st.lists(claims, max_size=6, unique_by=lambda one: one.source))
def test_the_order_in_which_sources_are_heard_does_not_matter(said: list[DateClaim]) -> None:
    assert settle(said, NOW) == settle(said[::-1], NOW)


@given(claims)
def test_what_is_said_twice_is_said_once(one: DateClaim) -> None:
    assert settle((one, one), NOW) == settle((one,), NOW)
    assert one.earliest <= NOW + FORGIVEN_OF_FEED or settle((one,), NOW) == Settled()
