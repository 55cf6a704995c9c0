"""A feed that answers and may yet be dead."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.drift import changed, is_silence, silent
from aggregator.core.rhythm import learn
from aggregator.model import FeedState, ParsedFeed, ParsedItem, Rhythm, WindowEntry
from tests.conftest import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FEED = FeedState(
    id=1,
    url="https://port.example/feed",
    outlet="Port",
    title="Port Courier",
    site_url="https://port.example/",
    language="en",
    last_success=NOW - DAY,
    window=tuple(WindowEntry(digest=bytes([n]), item_id=n) for n in range(1, 26)),
    arrivals=tuple(NOW - n * 6 * HOUR for n in range(25)),
)
DOCUMENT = ParsedFeed(
    version="rss20", title="Port Courier", url="https://port.example/", language="en-GB", items=()
)


def told(feed: FeedState = FEED, *, entries: int = 25, kept: int = 0, **document: Any) -> str | None:
    return changed(
        feed, replace(DOCUMENT, **document), "https://port.example/feed", entries=entries, kept=kept
    )


def item(title: str) -> ParsedItem:
    return ParsedItem(guid="1", url="", title=title, summary="", content_html="", base_url="")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("BBC News - Home", "BBC News"),
        ("Port Courier", "PORT COURIER | Latest News"),
        ("Port Courier: Sport", "Port Courier » Sport and Leisure"),
        ("The Port Courier", "PortCourier.com"),
        ("Le Téléphone", "Le Telephone"),
        ("Port Courier", ""),
        ("News", "Latest headlines"),
        ("Headlines of 19 November 2026", "Headlines of 20 December 2026"),
    ],
)
def test_a_new_suffix_case_or_spelling_of_a_title_is_no_sign(before: str, now: str) -> None:
    assert told(replace(FEED, title=before), title=now) is None


def test_another_title_over_other_items_is_a_sign() -> None:
    assert (
        told(title="Lucky Casino Bonus") == 'it calls itself "Lucky Casino Bonus" now, it was "Port Courier"'
    )


def test_a_new_name_over_the_same_items_is_no_sign() -> None:
    assert told(title="Harbour Mercury", kept=20) is None


def test_another_site_is_a_sign_beside_another_title_or_one_that_says_nothing() -> None:
    moved: dict[str, Any] = {"url": "https://www.casino.example/"}
    assert told(title="Casino", **moved) == (
        'it calls itself "Casino" now, it was "Port Courier"; '
        "its site is www.casino.example now, it was port.example"
    )
    assert told(title="News", **moved) == "its site is www.casino.example now, it was port.example"


def test_a_site_that_takes_its_title_along_or_adds_www_is_no_sign() -> None:
    assert told(url="https://portcourier.example/") is None
    assert told(title="", url="https://www.port.example/home") is None


def test_another_language_is_a_sign_unless_the_configuration_names_one() -> None:
    assert told(language="ru") == 'its language is "ru" now, it was "en"'
    assert told(language="en_US") is None
    assert told(language=None) is None
    document = replace(DOCUMENT, language="ru")
    assert changed(FEED, document, FEED.url, entries=25, kept=0, language="en") is None


@pytest.mark.parametrize(
    "title",
    [
        "port.example: this domain is for sale",
        "Account Suspended",
        "Buy this domain",
        "Site under construction",
    ],
)
def test_parked_words_are_a_sign(title: str) -> None:
    feed = replace(FEED, title="", window=())
    assert told(feed, entries=0, title=title) == f'it looks parked: "{title}"'
    assert told(feed, entries=1, items=(item(title),)) == f'it looks parked: "{title}"'


def test_a_headline_about_parked_domains_among_others_is_no_sign() -> None:
    assert told(entries=25, items=(item("Buy this domain, they said"),)) is None


def test_an_answer_from_a_seller_of_domains_is_a_sign() -> None:
    assert changed(FEED, DOCUMENT, "https://www.hugedomains.com/x", entries=25, kept=25) == (
        "it is answered by hugedomains.com, where domains are sold"
    )


@pytest.mark.parametrize(("entries", "count"), [(0, "none"), (1, "1"), (2, "2")])
def test_a_full_document_that_is_all_but_empty_is_a_sign(entries: int, count: str) -> None:
    assert told(entries=entries, kept=entries) == f"it held 25 items, now {count}"


def test_a_document_that_begins_anew_every_day_is_no_sign() -> None:
    daily = replace(FEED, arrivals=tuple(NOW - n * timedelta(minutes=30) for n in range(25)))
    assert told(daily, entries=1) is None
    assert told(replace(FEED, window=FEED.window[:19]), entries=1) is None
    assert told(entries=3) is None


def test_the_first_poll_has_nothing_to_compare() -> None:
    assert told(FeedState(id=1, url=FEED.url, outlet="Port"), title="Anything", language="ru") is None


def test_a_new_item_ends_silence_and_no_other_suspicion() -> None:
    quiet = replace(FEED, suspicion=silent(every(6 * HOUR, 30 * DAY), NOW))
    assert is_silence(quiet.suspicion)
    assert told(quiet, kept=24) == ""
    assert told(quiet, kept=25) is None
    assert told(replace(FEED, suspicion='it looks parked: "x"'), kept=24) is None


# ── silence ──────────────────────────────────────────────────────────────────────────────────


def every(pause: timedelta, quiet: timedelta, count: int = 50) -> tuple[datetime, ...]:
    """So many items, one a pause, the last one that long ago."""
    return tuple(NOW - quiet - n * pause for n in range(count))


def test_a_feed_of_four_items_a_day_is_silent_after_three_days() -> None:
    assert silent(every(6 * HOUR, 2.9 * DAY), NOW) == ""
    assert silent(every(6 * HOUR, 3 * DAY), NOW) == "silent for 3 d; before that 50 items came in 12 d 6 h"


def test_the_slower_the_feed_the_longer_it_is_waited_for() -> None:
    assert silent(every(DAY, 10 * DAY), NOW) == ""
    assert is_silence(silent(every(DAY, 11 * DAY), NOW))
    assert silent(every(30 * DAY, 400 * DAY, 12), NOW) == ""
    assert is_silence(silent(every(30 * DAY, 500 * DAY, 12), NOW))


def test_a_feed_is_not_called_silent_on_the_day_of_a_first_look_because_its_dates_lie_back() -> None:
    arrivals = every(HOUR, 10 * DAY)
    looked = learn(Rhythm(), arrivals, NOW)
    assert silent(arrivals, NOW + 0.9 * DAY, looked) == ""
    assert is_silence(silent(arrivals, NOW + DAY, looked))


def test_few_items_say_little_about_a_rhythm() -> None:
    assert silent(every(6 * HOUR, 300 * DAY, 9), NOW) == ""
    assert silent(every(6 * HOUR, 2.9 * DAY, 10), NOW) == ""
    assert is_silence(silent(every(6 * HOUR, 5 * DAY, 10), NOW))
    assert silent((), NOW) == ""


def test_a_batch_counts_as_one_event() -> None:
    weekly = tuple(
        NOW - 12 * DAY - week * 7 * DAY - n * timedelta(minutes=1) for week in range(4) for n in range(12)
    )
    assert silent(weekly, NOW) == ""


def test_a_pause_like_one_before_is_no_silence() -> None:
    holiday = (*every(2 * HOUR, 9 * DAY, 40), *every(2 * HOUR, 17 * DAY, 10))
    assert silent(holiday, NOW) == ""


def test_the_weekend_of_a_feed_that_rests_then_is_no_silence() -> None:
    office = tuple(2.0 if hour // 24 < 5 and 8 <= hour % 24 < 18 else 0.0 for hour in range(168))
    monday = datetime(2026, 11, 23, 18, tzinfo=NOW.tzinfo)
    friday = tuple(monday - 3 * DAY - n * timedelta(minutes=61) for n in range(9))
    week = (*friday, *(at - DAY for at in friday), *(at - 2 * DAY for at in friday))
    assert silent(week, monday, Rhythm(counts=office)) == ""
    assert is_silence(silent(week, monday + 4 * DAY, Rhythm(counts=office)))
    assert is_silence(silent(week, monday, Rhythm()))


@given(st.lists(st.integers(0, 60_000).map(lambda hours: NOW - hours * HOUR)))
def test_any_arrivals_give_a_sentence_or_none(arrivals: list[datetime]) -> None:
    told = silent(sorted(arrivals, reverse=True), NOW)
    assert told == "" or is_silence(told)
