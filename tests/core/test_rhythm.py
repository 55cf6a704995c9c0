"""What is learned of when a feed's items come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.rhythm import HOURS, expect, learn, placed
from aggregator.model import Rhythm
from aggregator.store.packing import pack_rhythm, unpack_rhythm
from tests.conftest import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def hour_of_week(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


def test_a_first_document_tells_how_often_items_come() -> None:
    rhythm = learn(Rhythm(), [NOW - HOUR * 6 * n for n in range(30)], NOW)
    assert rhythm.since == NOW - HOUR * 6 * 29
    assert expect(rhythm, (), NOW).usual * 24 == pytest.approx(4, abs=0.5)


def test_a_feed_that_has_nothing_is_expected_to_bring_less_and_less() -> None:
    rhythm = learn(Rhythm(), (), NOW)
    rates = [expect(rhythm, (), NOW + DAY * days).usual for days in (0, 1, 7, 28)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < rates[0] / 10


def test_an_hour_of_the_week_is_learned_and_others_are_not_forgotten_at_once() -> None:
    mondays = [NOW - timedelta(days=4) + timedelta(days=7 * week) for week in range(-8, 1)]
    rhythm = Rhythm()
    for at in mondays:
        rhythm = learn(rhythm, [at] * 4, at)
    outlook = expect(rhythm, (), NOW)
    rates = [outlook.rate(hour) for hour in range(HOURS)]
    assert max(range(HOURS), key=rates.__getitem__) == hour_of_week(mondays[0])
    assert min(rates) > 0


def test_what_was_seen_long_ago_counts_less() -> None:
    early = learn(Rhythm(), [NOW - HOUR * n for n in range(100)], NOW)
    late = learn(early, [NOW + timedelta(days=56)], NOW + timedelta(days=56))
    assert sum(late.counts) == pytest.approx(sum(early.counts) / 4 + 1)


def test_an_item_came_after_the_poll_that_did_not_bring_it() -> None:
    last, between = NOW - 2 * HOUR, NOW - HOUR / 2
    dates = [None, between, last, NOW.replace(hour=0), NOW - DAY * 9, NOW + HOUR]
    assert placed(dates, last, NOW) == [NOW - HOUR, between, *[NOW - HOUR] * 4]
    assert placed([None, between], NOW - DAY * 90, NOW) == [NOW - DAY / 2, between]
    assert placed([None, between, NOW - DAY * 9], NOW, NOW) == [NOW] * 3
    assert placed([None, NOW - HOUR], NOW + HOUR, NOW) == [NOW] * 2


def test_a_first_document_tells_nothing_by_items_without_dates() -> None:
    assert placed([None, NOW - DAY, NOW + HOUR], None, NOW) == [NOW - DAY]


@pytest.mark.parametrize("back", [timedelta(0), DAY, 10 * DAY, None])
def test_a_feed_whose_dates_lie_back_or_lack_is_expected_to_bring_what_it_brings(
    back: timedelta | None,
) -> None:
    """An item an hour for four weeks, and thirty in the first document."""

    def dates(*came: datetime) -> list[datetime | None]:
        return [None if back is None else at - back for at in came]

    rhythm = learn(Rhythm(), placed(dates(*[NOW - HOUR * n for n in range(30)]), None, NOW), NOW)
    for hour in range(1, 28 * 24):
        now = NOW + HOUR * hour
        rhythm = learn(rhythm, placed(dates(now), now - HOUR, now), now)
    outlook = expect(rhythm, [now - HOUR / 2], now)
    assert 24 * outlook.usual == pytest.approx(24, rel=0.35)
    assert outlook.wait(0.5, 12) == pytest.approx(0.5, rel=0.35)


def test_items_that_come_together_are_a_batch() -> None:
    alone = learn(Rhythm(), [NOW - HOUR * n for n in range(40)], NOW)
    together = learn(
        Rhythm(), [NOW - DAY * n - timedelta(minutes=m) for n in range(8) for m in range(6)], NOW
    )
    assert alone.batch == 1
    assert 3 < together.batch < 6


def test_a_silence_of_a_night_changes_nothing_one_of_weeks_does() -> None:
    arrivals = [NOW - HOUR * n for n in range(500)]
    rhythm = learn(Rhythm(), arrivals, NOW)
    night, weeks = NOW + HOUR * 10, NOW + DAY * 21
    assert expect(rhythm, arrivals, night).usual == expect(rhythm, (), night).usual
    assert expect(rhythm, arrivals, weeks).usual < expect(rhythm, (), weeks).usual / 10


def test_arrivals_stand_in_for_a_rhythm_that_was_never_learned() -> None:
    arrivals = [NOW - HOUR * n for n in range(30)]
    assert expect(Rhythm(), arrivals, NOW) == expect(learn(Rhythm(), arrivals, NOW), arrivals, NOW)


def test_the_wait_follows_the_root_of_the_rate() -> None:
    outlook = expect(Rhythm(), (), NOW)
    assert (outlook.wait(0.5, 12), outlook.wait(1.0, 12), outlook.wait(12.0, 12)) == pytest.approx((1, 2, 24))
    assert outlook.until_items(5, 48) == pytest.approx(20)
    assert outlook.until_items(50, 12) == pytest.approx(200)


def test_a_rhythm_survives_its_packing() -> None:
    rhythm = learn(Rhythm(), [NOW - HOUR * n for n in range(30)], NOW, gap=True)
    packed = pack_rhythm(rhythm)
    again = unpack_rhythm(packed)
    assert len(packed) < 800
    assert pack_rhythm(again) == packed
    assert (again.since, again.until, again.gap_at, again.gaps) == (rhythm.since, rhythm.until, NOW, 1)
    assert again.counts == pytest.approx(rhythm.counts)
    assert unpack_rhythm(pack_rhythm(Rhythm())) == Rhythm()


@given(
    st.lists(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=40), max_size=6),
    st.datetimes(timezones=st.just(UTC)),
)
def test_whatever_came_and_however_the_clock_jumped_the_expectation_makes_sense(
    polls: list[list[datetime]], now: datetime
) -> None:
    rhythm = Rhythm()
    for number, arrivals in enumerate(polls):
        rhythm = learn(rhythm, arrivals, NOW + HOUR * number, gap=number == 2)
    outlook = expect(rhythm, polls[-1] if polls else (), now)
    assert all(0 < outlook.rate(hour) < 1e6 for hour in range(HOURS))
    assert 0 < outlook.wait(0.5, 12) < 1e9
    assert rhythm.batch >= 1
