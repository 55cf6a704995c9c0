"""When a feed is polled next, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.polling import (
    MAX_BACKOFF,
    WEEKLY,
    Answer,
    Policy,
    arrivals_with,
    ask_anew,
    decide,
    put_off,
    redirected,
    retry_after,
    retry_page,
    sooner,
    words,
)
from aggregator.core.rhythm import learn
from aggregator.model import (
    FailureKind,
    FeedCondition,
    FeedHints,
    FeedState,
    Plan,
    Rhythm,
    Schedule,
    Sighting,
    Term,
)
from tests.conftest import NOW

POLICY = Policy(min_interval=timedelta(minutes=10), max_interval=timedelta(hours=12))
OK = Answer(ok=True, status=200)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def hours_ago(*hours: float) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(hours=h) for h in hours)


def every(gap: timedelta, *, for_: timedelta = timedelta(days=28)) -> tuple[datetime, ...]:
    """Items at even distances up to now, newest first."""
    return tuple(NOW - gap * n for n in range(int(for_ / gap)))


def feed(arrivals: tuple[datetime, ...] = (), **values: Any) -> FeedState:
    rhythm = learn(Rhythm(), arrivals, NOW) if arrivals else Rhythm()
    state = FeedState(id=1, url="https://x.example/feed", outlet="X", rhythm=rhythm, arrivals=arrivals[:50])
    return replace(state, **values)


def decided(
    answer: Answer = OK,
    arrivals: tuple[datetime, ...] = (),
    failures: int = 0,
    jitter: float = 0.0,
    policy: Policy = POLICY,
    **values: Any,
) -> Schedule:
    state = feed(arrivals, failures=failures, **values)
    return decide(state, answer, arrivals=state.arrivals, now=NOW, jitter=jitter, policy=policy)


def wait(schedule: Schedule) -> timedelta:
    assert schedule.next_poll_at is not None
    return schedule.next_poll_at - NOW


def winner(schedule: Schedule) -> str:
    (won,) = (term.name for term in schedule.terms if term.won)
    return won


def term(schedule: Schedule, name: str) -> Term:
    (found,) = (term for term in schedule.terms if term.name == name)
    return found


# ── our own wish ─────────────────────────────────────────────────────────────────────────────


def test_a_feed_of_which_nothing_is_known_is_asked_in_an_hour() -> None:
    schedule = decided()
    assert (wait(schedule), schedule.terms) == (
        HOUR,
        (Term(name="rhythm", value="nothing known yet", at=NOW + HOUR, won=True),),
    )


def test_a_feed_with_an_item_an_hour_is_asked_about_twice_an_hour() -> None:
    schedule = decided(arrivals=every(HOUR))
    assert timedelta(minutes=28) < wait(schedule) < timedelta(minutes=33)
    assert winner(schedule) == "rhythm"


def test_the_poll_rate_grows_with_the_root_of_the_publishing_rate() -> None:
    rare, often = (wait(decided(arrivals=every(gap))) for gap in (timedelta(hours=16.3), HOUR))
    assert 3.3 < rare / often < 4.3


def test_a_feed_that_publishes_in_the_morning_is_asked_then_and_not_at_night() -> None:
    mornings = tuple(
        NOW.replace(hour=9) - DAY * day - timedelta(minutes=7 * n) for day in range(28) for n in range(9)
    )
    waits = []
    for hour in (8, 20):
        now = NOW.replace(hour=hour)
        plan = decide(feed(mornings), OK, arrivals=mornings, now=now, jitter=0, policy=POLICY)
        waits.append((plan.next_poll_at or now) - now)
    assert waits[1] > 3 * waits[0]


def test_a_feed_that_falls_silent_is_asked_less_and_less() -> None:
    arrivals = every(2 * HOUR)
    waits = [
        decide(feed(arrivals), OK, arrivals=arrivals, now=NOW + DAY * days, jitter=0, policy=POLICY)
        for days in (0, 7, 28, 60)
    ]
    spans = [
        (plan.next_poll_at or NOW) - NOW - DAY * days
        for plan, days in zip(waits, (0, 7, 28, 60), strict=True)
    ]
    assert spans == sorted(set(spans))


def test_a_busy_feed_is_not_asked_more_often_than_min_interval() -> None:
    schedule = decided(arrivals=every(timedelta(minutes=1), for_=DAY))
    assert (wait(schedule), winner(schedule)) == (timedelta(minutes=10), "min_interval")


def test_a_feed_that_died_is_asked_once_in_max_interval() -> None:
    schedule = decided(arrivals=hours_ago(24 * 300))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=12), "max_interval")


def test_a_stated_update_period_counts_while_little_is_known_and_is_no_floor_later() -> None:
    hints = FeedHints(update_interval=DAY)
    unknown, known = decided(hints=hints), decided(arrivals=every(HOUR), hints=hints)
    assert timedelta(hours=2) < wait(unknown) < timedelta(hours=3)
    assert wait(known) < timedelta(minutes=35)
    assert (term(known, "sy:updatePeriod").won, term(known, "sy:updatePeriod").at) == (False, NOW + DAY)


def test_polls_after_a_surge_spread_wide() -> None:
    waits = [wait(decided(replace(OK, surge=True), jitter=jitter)) for jitter in (0.0, 0.5, 1.0)]
    assert waits == [HOUR / 2, HOUR, HOUR * 1.5]


def test_a_surge_may_bring_forward_only_what_nobody_asked_to_wait() -> None:
    cached = Answer(ok=True, status=200, headers={"cache-control": "max-age=1800"})
    assert decided().movable_from == NOW + POLICY.min_interval
    assert decided(cached).movable_from == NOW + HOUR / 2
    assert decided(hints=FeedHints(ttl=DAY)).movable_from == NOW + 12 * HOUR
    for schedule in (
        decided(policy=replace(POLICY, every=HOUR)),
        decided(hints=FeedHints(skip_hours=frozenset({3}))),
        decided(arrivals=every(HOUR), pushed_until=NOW + DAY),
        decided(Answer(ok=False, status=500)),
    ):
        assert schedule.movable_from is None


# ── nothing missed ───────────────────────────────────────────────────────────────────────────


def test_the_interval_is_short_enough_for_the_documents_window() -> None:
    arrivals = tuple(NOW - DAY * day - timedelta(minutes=m) for day in range(28) for m in range(12))
    small = decided(replace(OK, window=8), arrivals)
    large = decided(replace(OK, window=100), arrivals)
    assert winner(small) == "loss"
    assert wait(small) < wait(large)
    assert term(large, "loss").at > large.next_poll_at  # type: ignore[operator]


def test_the_stored_window_counts_where_nothing_new_came() -> None:
    from aggregator.model import WindowEntry

    entries = tuple(WindowEntry(digest=bytes([n]), item_id=None) for n in range(30))
    assert "30 entries" in term(decided(arrivals=every(HOUR), window=entries), "loss").value


def test_a_gap_shortens_the_interval_and_the_shortening_wears_off() -> None:
    answer, arrivals = replace(OK, window=4), every(timedelta(minutes=20), for_=DAY * 7)
    rhythm = learn(Rhythm(), arrivals, NOW)
    before = term(decided(answer, arrivals), "loss").at
    missed = learn(rhythm, (), NOW, gap=True)
    after = term(decided(replace(answer, gap=True), arrivals, rhythm=missed), "loss").at
    assert before is not None
    assert after is not None
    assert after - NOW < (before - NOW) * 0.6
    assert learn(missed, (), NOW, gap=True).gaps == 2
    assert missed.gaps_left(NOW + timedelta(days=14), timedelta(days=7)) == pytest.approx(0.25)


def test_a_publishers_wish_that_may_cost_items_says_so() -> None:
    schedule = decided(
        replace(OK, window=4), every(timedelta(minutes=10), for_=DAY), hints=FeedHints(ttl=timedelta(hours=6))
    )
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=6), "ttl")
    assert "items may be missed" in term(schedule, "ttl").value


def test_a_fixed_interval_that_may_cost_items_says_so() -> None:
    schedule = decided(
        replace(OK, window=4), every(timedelta(minutes=10), for_=DAY), policy=replace(POLICY, every=DAY)
    )
    assert (wait(schedule), winner(schedule)) == (DAY, "every")
    assert "items may be missed" in term(schedule, "loss").value


# ── feeds.toml ───────────────────────────────────────────────────────────────────────────────


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


def test_fixed_times_go_before_the_publishers_cache_and_sleep() -> None:
    schedule = decided(
        Answer(ok=True, status=200, headers={"cache-control": "max-age=7200"}),
        policy=replace(POLICY, every=timedelta(minutes=15)),
        hints=FeedHints(ttl=HOUR, skip_hours=frozenset({NOW.hour})),
    )
    assert (wait(schedule), winner(schedule)) == (timedelta(minutes=15), "every")
    assert [one.name for one in schedule.terms] == ["every", "ttl", "Cache-Control", "skipHours"]


def test_fixed_times_do_not_go_before_retry_after() -> None:
    schedule = decided(
        Answer(ok=True, status=200, headers={"retry-after": "7200"}),
        policy=replace(POLICY, every=timedelta(minutes=15)),
    )
    assert (wait(schedule), winner(schedule)) == (2 * HOUR, "Retry-After")


# ── what the publisher says ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "hours", "won"),
    [
        ({"cache-control": "public, max-age=7200"}, 2.0, "Cache-Control"),
        ({"cache-control": 'max-age="7200"', "age": "3600"}, 1.0, "rhythm"),
        ({"cache-control": "max-age=10800", "age": "3600"}, 2.0, "Cache-Control"),
        ({"cache-control": "max-age=300"}, 1.0, "rhythm"),
        ({"cache-control": "max-age=317100"}, 12.0, "Cache-Control"),
        ({"cache-control": "max-age=" + "9" * 5000}, 12.0, "Cache-Control"),
        ({"expires": "Fri, 20 Nov 2026 15:00:00 GMT"}, 3.0, "Expires"),
        (
            {"expires": "Fri, 20 Nov 2020 14:00:00 GMT", "date": "Fri, 20 Nov 2020 12:00:00 GMT"},
            2.0,
            "Expires",
        ),
        ({"cache-control": "max-age=60", "expires": "Fri, 20 Nov 2026 15:00:00 GMT"}, 1.0, "rhythm"),
    ],
)
def test_a_copy_that_is_fresh_is_not_asked_for_again_and_the_delay_is_bounded(
    headers: dict[str, str], hours: float, won: str
) -> None:
    schedule = decided(Answer(ok=True, status=304, headers=headers))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=hours), won)


@pytest.mark.parametrize(
    "headers",
    [
        {"expires": "0"},
        {"expires": "-1"},
        {"expires": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"cache-control": "max-age=soon"},
        {"cache-control": "no-cache", "expires": "Fri, 20 Nov 2026 15:00:00 GMT"},
        {"cache-control": "max-age=-1"},
        {"cache-control": "max-age=7200", "age": "86400"},
        {"cache-control": "s-maxage=86400, =,, ;"},
    ],
)
def test_bad_cache_headers_are_ignored(headers: dict[str, str]) -> None:
    assert decided(Answer(ok=True, status=200, headers=headers)).terms == decided().terms


def test_a_ttl_is_kept() -> None:
    schedule = decided(hints=FeedHints(ttl=timedelta(minutes=90)))
    assert (wait(schedule), winner(schedule)) == (timedelta(minutes=90), "ttl")


def test_a_poll_in_hours_that_the_feed_skips_moves_to_their_end() -> None:
    skipped = FeedHints(skip_hours=frozenset({13, 14, 15}))
    early, late = decided(hints=skipped), decided(hints=skipped, jitter=1.0)
    assert (early.next_poll_at, winner(early)) == (NOW.replace(hour=16), "skipHours")
    assert late.next_poll_at == NOW.replace(hour=16, minute=10)


def test_a_poll_on_days_that_the_feed_skips_moves_to_their_end() -> None:
    # the 20th is a Friday
    schedule = decided(hints=FeedHints(skip_days=frozenset({4, 5, 6}), skip_hours=frozenset({0})))
    assert schedule.next_poll_at == datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_a_feed_that_skips_every_hour_is_polled_all_the_same() -> None:
    assert wait(decided(hints=FeedHints(skip_hours=frozenset(range(24))))) == HOUR
    assert wait(decided(hints=FeedHints(skip_days=frozenset(range(7))))) == HOUR


def planned(schedule: Schedule, hints: FeedHints) -> Plan:
    assert schedule.next_poll_at is not None
    at, hold = schedule.next_poll_at, schedule.hold_until
    return Plan(feed_id=1, outlet="X", last_attempt=NOW, next_poll_at=at, hold_until=hold, hints=hints)


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_a_poll_that_waits_for_the_end_of_skipped_days_is_not_brought_forward(jitter: float) -> None:
    hints = FeedHints(skip_days=frozenset({NOW.weekday(), (NOW + DAY).weekday()}))
    plan = planned(decided(hints=hints, jitter=jitter), hints)
    assert plan.next_poll_at > NOW + POLICY.max_interval
    assert sooner(plan, POLICY, NOW + HOUR) is None
    assert sooner(replace(plan, hints=FeedHints()), POLICY, NOW + HOUR) == NOW + POLICY.max_interval


def test_a_poll_planned_under_another_policy_is_brought_forward_but_into_no_skipped_time() -> None:
    hints = FeedHints(skip_hours=frozenset(range(4, 20)))
    plan = planned(
        Schedule(next_poll_at=NOW + 9 * DAY, condition=FeedCondition.OK, failures=0, terms=()), hints
    )
    night = (NOW + 2 * DAY).replace(hour=20, minute=0, second=0)
    assert sooner(plan, POLICY, night - 3 * HOUR) == night
    assert sooner(plan, POLICY, night + HOUR / 4) == night + HOUR / 4
    assert sooner(plan, replace(POLICY, every=HOUR), NOW) == NOW + HOUR


def test_a_plan_that_retry_after_made_later_is_brought_forward_to_its_end_at_most() -> None:
    plan = planned(decided(Answer(ok=True, status=200, headers={"retry-after": "90000"})), FeedHints())
    assert sooner(plan, POLICY, NOW) is None
    assert sooner(replace(plan, next_poll_at=NOW + 9 * DAY), POLICY, NOW) == NOW + timedelta(seconds=90_000)


def test_polling_slows_while_the_hub_pushes_and_returns_when_it_stops() -> None:
    pushed = decided(arrivals=every(HOUR), pushed_until=NOW + DAY)
    ending = decided(arrivals=every(HOUR), pushed_until=NOW + 2 * HOUR)
    ended = decided(arrivals=every(HOUR), pushed_until=NOW - HOUR)
    assert (wait(pushed), winner(pushed)) == (timedelta(hours=12), "push")
    assert (wait(ending), winner(ending)) == (2 * HOUR, "push")
    assert winner(ended) == "rhythm"


# ── failures ─────────────────────────────────────────────────────────────────────────────────


def test_the_pause_grows_with_each_failure_and_never_passes_a_day() -> None:
    bad = Answer(ok=False, status=500)
    waits = [wait(decided(bad, failures=n, jitter=1.0)) for n in range(12)]
    assert waits[0] == timedelta(hours=3.3)
    assert waits == sorted(waits)
    assert waits[-1] == MAX_BACKOFF


def test_a_failure_keeps_at_least_the_usual_interval() -> None:
    assert wait(decided(Answer(ok=False), jitter=0.0)) == HOUR


def test_404_and_5xx_are_soft_the_feed_is_asked_again_and_comes_back() -> None:
    for status in (404, 500, 502):
        failed = decided(Answer(ok=False, status=status), failures=3, failing_since=NOW - DAY)
        assert failed.condition is FeedCondition.FAILING
        assert wait(failed) <= MAX_BACKOFF
    back = decided(failures=4, failing_since=NOW - DAY, condition=FeedCondition.FAILING)
    assert (back.condition, back.failures, back.failing_since) == (FeedCondition.OK, 0, None)


def test_the_first_failure_is_remembered_until_a_success() -> None:
    first = decided(Answer(ok=False, status=500))
    later = decided(Answer(ok=False, status=500), failures=1, failing_since=NOW - DAY)
    assert (first.failing_since, later.failing_since) == (NOW, NOW - DAY)


@pytest.mark.parametrize("status", [400, 404, 405, 451])
def test_a_feed_absent_ten_times_over_a_week_is_asked_once_a_week(status: int) -> None:
    answer = Answer(ok=False, status=status)
    early = decided(answer, failures=9, absences=9, absent_since=NOW - timedelta(days=6))
    few = decided(answer, failures=8, absences=8, absent_since=NOW - timedelta(days=9))
    now = decided(answer, failures=9, absences=9, absent_since=NOW - timedelta(days=7))
    assert {early.condition, few.condition} == {FeedCondition.FAILING}
    assert (now.condition, wait(now), winner(now)) == (FeedCondition.SUSPENDED, WEEKLY, "suspended")


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503, None])
def test_other_failures_never_suspend_a_feed(status: int | None) -> None:
    long_ago = NOW - timedelta(days=90)
    schedule = decided(
        Answer(ok=False, status=status),
        failures=90,
        failing_since=long_ago,
        absences=90,
        absent_since=long_ago,
    )
    assert schedule.condition is FeedCondition.FAILING
    assert wait(schedule) <= MAX_BACKOFF


def test_absences_are_counted_apart_from_other_failures_and_until_a_success() -> None:
    absent, down = Answer(ok=False, status=404), Answer(ok=False, status=503)
    long_ago = NOW - timedelta(days=8)
    once = decided(absent, failures=12, failing_since=long_ago)
    meanwhile = decided(down, failures=12, failing_since=long_ago, absences=12, absent_since=long_ago)
    back = decided(absences=12, absent_since=long_ago)
    assert [(one.condition, one.absences, one.absent_since) for one in (once, meanwhile, back)] == [
        (FeedCondition.FAILING, 1, NOW),
        (FeedCondition.FAILING, 12, long_ago),
        (FeedCondition.OK, 0, None),
    ]


def test_one_success_restores_a_suspended_feed() -> None:
    schedule = decided(failures=40, failing_since=NOW - timedelta(days=90), condition=FeedCondition.SUSPENDED)
    assert (schedule.condition, schedule.failures, wait(schedule)) == (FeedCondition.OK, 0, HOUR)


def test_a_bot_wall_is_a_state_of_its_own_and_is_asked_again() -> None:
    schedule = decided(Answer(ok=False, status=403, kind=FailureKind.BLOCKED))
    assert (schedule.condition, winner(schedule)) == (FeedCondition.BLOCKED, "backoff")
    assert wait(schedule) <= MAX_BACKOFF


def test_410_ends_the_polling() -> None:
    schedule = decided(Answer(ok=False, status=410))
    assert (schedule.next_poll_at, schedule.condition) == (None, FeedCondition.GONE)


def test_a_429_without_a_word_on_how_long_backs_off_an_hour_and_more_with_jitter() -> None:
    answer, arrivals = (
        Answer(ok=False, status=429, kind=FailureKind.HTTP),
        every(timedelta(minutes=10), for_=DAY),
    )
    waits = [wait(decided(answer, arrivals, jitter=jitter)) for jitter in (0.0, 0.5, 1.0)]
    assert waits == [HOUR, 2 * HOUR, 3 * HOUR]
    assert "429 and no word on how long" in term(decided(answer), "backoff").value


def test_retry_after_is_kept_even_on_a_success() -> None:
    schedule = decided(Answer(ok=True, status=200, headers={"retry-after": "7200"}))
    assert (wait(schedule), winner(schedule)) == (timedelta(hours=2), "Retry-After")
    assert schedule.hold_until == NOW + timedelta(hours=2)


def test_a_retry_after_that_is_past_or_negative_changes_nothing() -> None:
    for value in ("-5", "0", "Fri, 20 Nov 2020 12:05:00 GMT"):
        assert decided(Answer(ok=True, status=200, headers={"retry-after": value})) == decided()


def test_retry_after_on_a_success_never_brings_a_poll_forward() -> None:
    schedule = decided(Answer(ok=True, status=200, headers={"retry-after": "1"}))
    assert (wait(schedule), winner(schedule)) == (HOUR, "rhythm")


def test_retry_after_on_a_failure_replaces_the_backoff_unless_it_is_too_short_to_mean_it() -> None:
    def answer(seconds: int) -> Answer:
        return Answer(ok=False, status=429, headers={"retry-after": str(seconds)})

    first, later = decided(answer(7200)), decided(answer(1), failures=80, jitter=0.5)
    assert (wait(first), winner(first)) == (2 * HOUR, "Retry-After")
    assert (wait(later), winner(later)) == (DAY, "backoff")
    assert "no word" not in term(later, "backoff").value
    stated = decided(answer(3600), failures=80, jitter=0.5)
    assert (wait(stated), winner(stated)) == (HOUR, "Retry-After")
    busy = decided(answer(1200), every(timedelta(minutes=10), for_=DAY))
    assert (wait(busy), winner(busy)) == (HOUR / 3, "Retry-After")


def test_retry_after_is_never_cut_below_what_the_server_asked_within_31_days() -> None:
    headers = {"retry-after": str(30 * 86_400)}
    for answer in (
        Answer(ok=ok, status=status, headers=headers) for ok, status in ((True, 200), (False, 503))
    ):
        assert wait(decided(answer)) == timedelta(days=30)


def test_a_failing_feed_is_not_asked_before_min_interval_whatever_the_server_says() -> None:
    arrivals = every(timedelta(minutes=1), for_=DAY)
    schedule = decided(Answer(ok=False, status=503, headers={"retry-after": "1"}), arrivals)
    assert (wait(schedule), winner(schedule)) == (POLICY.min_interval, "backoff")


def test_a_poll_put_off_changes_nothing_but_the_time() -> None:
    state = feed(failures=3, failing_since=NOW - DAY, condition=FeedCondition.FAILING)
    assert put_off(state, NOW + HOUR, "x.example wants quiet", NOW) == Schedule(
        next_poll_at=NOW + HOUR,
        condition=FeedCondition.FAILING,
        failures=3,
        failing_since=NOW - DAY,
        terms=(Term(name="put off", value="x.example wants quiet", at=NOW + HOUR, won=True),),
    )
    assert put_off(state, NOW - HOUR, "", NOW).next_poll_at == NOW


# ── headers ──────────────────────────────────────────────────────────────────────────────────


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


# ── what always holds ────────────────────────────────────────────────────────────────────────

GARBAGE = st.one_of(
    st.text(max_size=40), st.sampled_from(["0", "-1", "9" * 400, "max-age=5, max-age=x", "Fri,"])
)
HINTS = st.builds(
    FeedHints,
    ttl=st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=400)),
    update_interval=st.none() | st.timedeltas(timedelta(minutes=10), timedelta(days=31)),
)
INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(
    st.lists(INSTANTS, max_size=60),
    st.floats(0, 1),
    st.integers(0, 40),
    st.booleans(),
    HINTS,
    st.integers(0, 2000),
    st.none() | INSTANTS,
)
def test_the_next_poll_always_lies_within_the_policy(
    arrivals: list[datetime],
    jitter: float,
    failures: int,
    ok: bool,
    hints: FeedHints,
    window: int,
    pushed_until: datetime | None,
) -> None:
    answer = Answer(ok=ok, window=window, gap=window == 7)
    newest = arrivals_with((), arrivals)
    schedule = decided(answer, newest, failures, jitter, hints=hints, pushed_until=pushed_until)
    assert POLICY.min_interval <= wait(schedule) <= (POLICY.max_interval if ok else MAX_BACKOFF)
    (won,) = (one for one in schedule.terms if one.won)
    assert won.at == schedule.next_poll_at


@given(
    st.dictionaries(st.sampled_from(["cache-control", "age", "expires", "date", "retry-after"]), GARBAGE),
    st.sampled_from([None, 200, 304, 404, 410, 429, 503]),
    st.booleans(),
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
)
def test_any_header_and_any_sleep_give_a_poll_that_is_not_past_with_one_reason(
    headers: dict[str, str], status: int | None, ok: bool, hours: frozenset[int], days: frozenset[int]
) -> None:
    schedule = decided(
        Answer(ok=ok, status=status, headers=headers), hints=FeedHints(skip_hours=hours, skip_days=days)
    )
    (won,) = (one for one in schedule.terms if one.won)
    assert won.at == schedule.next_poll_at
    if schedule.next_poll_at is None:
        assert status == 410
        return
    assert wait(schedule) >= POLICY.min_interval
    if len(hours) < 24 and len(days) < 7:
        assert schedule.next_poll_at.hour not in hours
        assert schedule.next_poll_at.weekday() not in days


@given(st.floats(0, 1), st.integers(0, 30), st.sampled_from([None, 404, 429, 500]))
def test_more_failures_never_bring_a_poll_forward(jitter: float, failures: int, status: int | None) -> None:
    answer = Answer(ok=False, status=status)
    once, again = (
        wait(decided(answer, failures=n, jitter=jitter, failing_since=NOW - DAY * 30))
        for n in (failures, failures + 1)
    )
    assert once <= again


# ── doubts ───────────────────────────────────────────────────────────────────────────────────


def answering(arrivals: tuple[datetime, ...], last_body: datetime | None) -> FeedState:
    return feed(arrivals, last_body=last_body, condition=FeedCondition.OK)


def test_a_304_for_ever_is_doubted_when_items_should_have_come() -> None:
    state = answering(every(2 * HOUR), NOW)
    assert [ask_anew(state, NOW + HOUR * hours) for hours in (1, 9, 23, 25)] == [False, False, False, True]


def test_a_whole_document_ends_the_doubt() -> None:
    assert not ask_anew(answering(every(2 * HOUR), NOW + 20 * HOUR), NOW + 25 * HOUR)


def test_a_quiet_feed_is_asked_anew_in_one_of_fifty_polls_at_most() -> None:
    state = answering(hours_ago(24 * 20, 24 * 40), NOW)
    now, polls, anew = NOW, 0, 0
    while polls < 400:
        polls += 1
        if ask_anew(state, now):
            anew += 1
            state = replace(state, last_body=now)
        plan = decide(
            state, Answer(ok=True, status=304), arrivals=state.arrivals, now=now, jitter=0, policy=POLICY
        )
        assert plan.next_poll_at is not None
        now = plan.next_poll_at
    assert 1 <= anew <= polls / 50


def test_a_failing_feed_and_one_never_read_are_not_asked_anew() -> None:
    late = NOW + timedelta(days=90)
    assert not ask_anew(replace(answering(every(HOUR), NOW), condition=FeedCondition.FAILING), late)
    assert not ask_anew(answering((), None), late)


OLD, NEW = "https://x.example/feed", "https://y.example/feed"


def seen(count: int, first: datetime, target: str = NEW) -> FeedState:
    return feed(sighting=Sighting(target=target, first=first, count=count))


def test_a_permanent_redirect_is_adopted_after_three_sightings_over_two_days() -> None:
    first = redirected(feed(), NEW, OLD, NOW)
    assert first == (None, Sighting(target=NEW, first=NOW, count=1))
    assert redirected(seen(1, NOW), NEW, OLD, NOW + DAY) == (None, Sighting(target=NEW, first=NOW, count=2))
    assert redirected(seen(2, NOW), NEW, OLD, NOW + DAY * 2) == (NEW, None)
    assert redirected(seen(8, NOW), NEW, OLD, NOW + DAY)[0] is None


def test_another_target_starts_again_so_a_captive_portal_rewrites_nothing() -> None:
    portal = "https://portal.example/login"
    assert redirected(seen(2, NOW - DAY * 3), portal, OLD, NOW) == (
        None,
        Sighting(target=portal, first=NOW, count=1),
    )


def test_a_poll_without_a_redirect_forgets_the_sighting() -> None:
    assert redirected(seen(2, NOW - DAY * 3), None, OLD, NOW) == (None, None)


@pytest.mark.parametrize(
    ("asked", "target", "at_once"),
    [
        ("http://x.example/feed?a=1", "https://X.example/feed?a=1", True),
        ("http://x.example:80/feed", "https://x.example:443/feed", True),
        ("http://x.example", "https://x.example/", True),
        ("http://x.example/feed", "https://www.x.example/feed", False),
        ("http://x.example/feed", "https://x.example/feed/", False),
        ("http://x.example/feed?a=1", "https://x.example/feed", False),
        ("https://x.example/feed", "http://x.example/feed", False),
        ("http://x.example:8080/feed", "https://x.example/feed", False),
        ("http://x.example/feed", "https://x.example:99999/feed", False),
    ],
)
def test_http_to_https_of_the_same_host_and_path_is_adopted_at_once(
    asked: str, target: str, at_once: bool
) -> None:
    assert redirected(feed(), target, asked, NOW)[0] == (target if at_once else None)


# ── pages ────────────────────────────────────────────────────────────────────────────────────


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


def test_spans_beyond_a_year_are_not_counted() -> None:
    assert words(timedelta(days=366)) == "366 d"
    assert words(timedelta(days=2_912_117)) == "more than a year"
