"""When a feed is polled next, and why."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.polling import (
    MAX_BACKOFF,
    Answer,
    Policy,
    arrivals_with,
    decide,
    retry_after,
    retry_page,
    words,
)
from aggregator.model import FailureKind, FeedCondition, FeedState, Schedule
from tests.conftest import NOW

POLICY = Policy(min_interval=timedelta(minutes=10), max_interval=timedelta(hours=12))
OK = Answer(ok=True, status=200)


def hours_ago(*hours: float) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(hours=h) for h in hours)


def decided(
    answer: Answer = OK,
    arrivals: tuple[datetime, ...] = (),
    failures: int = 0,
    jitter: float = 0.0,
    policy: Policy = POLICY,
) -> Schedule:
    state = FeedState(id=1, url="https://x.example/feed", outlet="X", failures=failures)
    return decide(state, answer, arrivals=arrivals, now=NOW, jitter=jitter, policy=policy)


def wait(schedule: Schedule) -> timedelta:
    assert schedule.next_poll_at is not None
    return schedule.next_poll_at - NOW


def winner(schedule: Schedule) -> str:
    (won,) = (term.name for term in schedule.terms if term.won)
    return won


def test_a_feed_is_asked_twice_for_each_item_it_usually_publishes() -> None:
    schedule = decided(arrivals=hours_ago(2, 4, 6, 8))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=1), "rhythm")


def test_a_feed_that_falls_silent_is_asked_less_and_less() -> None:
    assert wait(decided(arrivals=hours_ago(20, 22, 24))) == timedelta(hours=4)


def test_a_busy_feed_is_not_asked_more_often_than_min_interval() -> None:
    schedule = decided(arrivals=tuple(NOW - timedelta(minutes=n) for n in range(1, 50)))
    assert (wait(schedule), winner(schedule)) == (timedelta(minutes=10), "min_interval")


def test_a_feed_that_died_is_asked_once_in_max_interval() -> None:
    schedule = decided(arrivals=hours_ago(24 * 300))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=12), "max_interval")


def test_every_is_kept_to_the_second_whatever_the_rhythm() -> None:
    policy = Policy(
        min_interval=POLICY.min_interval, max_interval=POLICY.max_interval, every=timedelta(minutes=5)
    )
    schedule = decided(arrivals=hours_ago(1, 2), jitter=1.0, policy=policy)
    assert (wait(schedule), winner(schedule)) == (timedelta(minutes=5), "every")


def test_cron_times_are_kept() -> None:
    at = NOW + timedelta(hours=19)
    policy = Policy(min_interval=POLICY.min_interval, max_interval=POLICY.max_interval, next_cron=at)
    assert decided(policy=policy).next_poll_at == at


def test_the_pause_grows_with_each_failure_and_never_passes_a_day() -> None:
    bad = Answer(ok=False, status=500)
    waits = [wait(decided(bad, hours_ago(2, 4), failures=n, jitter=1.0)) for n in range(12)]
    assert waits[0] == timedelta(hours=3.3)
    assert waits == sorted(waits)
    assert waits[-1] == MAX_BACKOFF


def test_a_failure_keeps_at_least_the_usual_interval() -> None:
    assert wait(decided(Answer(ok=False), hours_ago(2, 4), jitter=0.0)) == timedelta(hours=1)


def test_410_ends_the_polling() -> None:
    schedule = decided(Answer(ok=False, status=410))
    assert (schedule.next_poll_at, schedule.condition) == (None, FeedCondition.GONE)


def test_a_success_ends_the_backoff() -> None:
    schedule = decided(failures=9)
    assert (schedule.failures, schedule.condition) == (0, FeedCondition.OK)


def test_retry_after_is_kept_even_on_a_success() -> None:
    schedule = decided(Answer(ok=True, status=200, headers={"retry-after": "7200"}), hours_ago(1, 2))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=2), "Retry-After")
    assert schedule.hold_until == NOW + timedelta(hours=2)


def test_retry_after_on_a_success_never_brings_a_poll_forward() -> None:
    schedule = decided(Answer(ok=True, status=200, headers={"retry-after": "1"}), hours_ago(2, 4))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=1), "rhythm")


def test_retry_after_on_a_failure_replaces_the_backoff() -> None:
    answer = Answer(ok=False, status=429, headers={"retry-after": "3600"})
    schedule = decided(answer, hours_ago(20, 40), failures=9, jitter=1.0)
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=1), "Retry-After")


def test_a_failing_feed_is_not_asked_before_min_interval_whatever_the_server_says() -> None:
    answer = Answer(ok=False, status=503, headers={"retry-after": "1"})
    assert wait(decided(answer)) == POLICY.min_interval


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Fri, 20 Nov 2026 12:05:00 GMT", 300),
        ("315360000", 31 * 86_400),
        ("9" * 400, 31 * 86_400),
        ("soon", None),
        ("-5", None),
        ("0", None),
        ("Fri, 20 Nov 2020 12:05:00 GMT", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_every_form_and_bounded(value: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert retry_after({"retry-after": value}, NOW) == expected


def test_a_retry_after_date_counts_from_the_servers_own_clock() -> None:
    headers = {"retry-after": "Fri, 20 Nov 2020 12:05:00 GMT", "date": "Fri, 20 Nov 2020 12:00:00 GMT"}
    assert retry_after(headers, NOW) == NOW + timedelta(minutes=5)


@given(
    st.lists(st.datetimes(timezones=st.just(UTC)), max_size=60),
    st.floats(0, 1),
    st.integers(0, 40),
    st.booleans(),
)
def test_an_interval_always_lies_within_the_policy(
    arrivals: list[datetime], jitter: float, failures: int, ok: bool
) -> None:
    schedule = decided(Answer(ok=ok), arrivals_with((), arrivals), failures, jitter)
    assert POLICY.min_interval <= wait(schedule) <= (POLICY.max_interval if ok else MAX_BACKOFF)
    assert sum(term.won for term in schedule.terms) == 1


def test_a_page_is_tried_five_times_and_then_given_up() -> None:
    tries = [retry_page(n, now=NOW, kind=FailureKind.TIMEOUT) for n in range(1, 6)]
    assert tries == [NOW + timedelta(hours=h) for h in (0.5, 2, 8, 24)] + [None]


def test_a_page_that_is_not_there_gets_one_more_chance() -> None:
    tries = [retry_page(n, now=NOW, kind=FailureKind.HTTP, status=404) for n in (1, 2)]
    assert tries == [NOW + timedelta(days=1), None]


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
    ],
)
def test_spans_are_told_in_their_two_largest_units(span: timedelta, text: str) -> None:
    assert words(span) == text
