"""How far a wish for quiet reaches: address, host or site, learned from who else is refused."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.holds import (
    FIRST_PAUSE,
    LEARNED_FOR,
    LONGEST_PAUSE,
    MEMORY,
    Patience,
    Scope,
    Spot,
    own_pause,
    put_off,
    refused,
    succeeded,
    tidied,
)
from tests.conftest import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def at(path: str, host: str = "www.big.example") -> Spot:
    return Spot(url=f"https://{host}{path}", host=host, site="big.example")


A, B, C, D = at("/a"), at("/b"), at("/c"), at("/d")
#: addresses of other hosts of the site
E, F = at("/e", "blog.big.example"), at("/f", "shop.big.example")


class Site:
    """What happens at one site, step by step, at a clock of its own."""

    def __init__(self) -> None:
        self.now = NOW
        self.patience = Patience()

    def refuse(self, spot: Spot, wait: timedelta | None = HOUR, *, status: int = 429) -> "Site":
        until = own_pause(self.patience, spot, self.now, 0.0) if wait is None else self.now + wait
        self.patience = refused(
            self.patience, spot, until=until, now=self.now, status=status, asked=wait is not None
        )
        return self.later(seconds=1)

    def answer(self, spot: Spot) -> "Site":
        self.patience = succeeded(self.patience, spot, self.now)
        return self.later(seconds=1)

    def later(self, **parts: float) -> "Site":
        self.now += timedelta(**parts)
        return self

    def quiet(self, *spots: Spot) -> list[Spot]:
        """Those that are not to be asked now."""
        return [spot for spot in spots if put_off(self.patience, spot, self.now) is not None]

    def until(self, spot: Spot) -> datetime:
        hold = put_off(self.patience, spot, self.now)
        assert hold is not None
        return hold.until


def test_one_refusal_holds_its_address_alone() -> None:
    site = Site().refuse(A)
    assert site.quiet(A, B, E) == [A]
    assert site.until(A) == NOW + HOUR


def test_a_hold_ends_at_the_stated_time() -> None:
    site = Site().refuse(A)
    site.now = NOW + HOUR - timedelta(microseconds=1)
    assert site.quiet(A) == [A]
    site.now = NOW + HOUR
    assert site.quiet(A) == []


def test_a_second_refused_address_holds_the_host_but_not_the_site() -> None:
    site = Site().refuse(A).refuse(B)
    assert site.quiet(A, B, C, E) == [A, B, C]
    assert site.patience.scope is Scope.HOST


def test_a_success_of_another_address_in_between_shows_that_only_addresses_are_meant() -> None:
    # one route's 503 must not stall its siblings (FreshRSS#7870)
    site = Site().refuse(A).answer(C).refuse(B)
    assert site.quiet(A, B, C, D) == [A, B]
    assert site.patience.scope is Scope.URL


def test_refusals_on_two_hosts_hold_the_site() -> None:
    # sub-domains of one service share a limit (FreshRSS#8925)
    site = Site().refuse(A).refuse(E)
    assert site.quiet(A, B, E, F) == [A, B, E, F]
    assert site.patience.scope is Scope.SITE


def test_a_403_with_retry_after_teaches_as_a_429_does() -> None:
    # Reddit (FreshRSS#8928)
    assert Site().refuse(A, status=403).refuse(B, status=403).quiet(C) == [C]


def test_a_success_on_another_host_clears_that_host_only() -> None:
    site = Site().refuse(A).answer(E).refuse(F)
    assert site.quiet(A, B, E, F) == [A, F]
    assert site.answer(E).refuse(B).quiet(A, B, C, E) == [A, B, C]


def test_a_learned_reach_is_applied_to_the_first_refusal_of_the_next_time() -> None:
    site = Site().refuse(A).refuse(B).later(days=2).answer(A).refuse(C)
    assert site.quiet(A, B, C, D, E) == [A, B, C, D]


def test_a_learned_reach_is_believed_for_90_days() -> None:
    site = Site().refuse(A).refuse(B).later(days=90).refuse(C)
    assert site.quiet(A, B, C) == [C]


def test_an_address_that_is_refused_again_while_others_are_answered_is_held_alone() -> None:
    site = Site().refuse(A).refuse(B)
    reach = [site.patience.scope]
    assert site.later(hours=2).answer(B).answer(C).refuse(A).quiet(A, B, C) == [A]
    reach.append(site.patience.scope)
    assert reach == [Scope.HOST, Scope.URL]


def test_a_wider_hold_lasts_as_long_as_the_newest_refusal_asked_and_addresses_keep_their_own() -> None:
    site = Site().refuse(A, timedelta(days=3)).refuse(B, 10 * MINUTE)
    assert (site.until(A), site.until(C)) == (
        NOW + timedelta(days=3),
        NOW + 10 * MINUTE + timedelta(seconds=1),
    )
    assert site.later(hours=1).quiet(A, B, C) == [A]


def test_a_success_ends_the_hold_of_its_address() -> None:
    assert Site().refuse(A).answer(A).quiet(A) == []


def test_retry_after_with_an_answer_holds_that_address_and_says_nothing_of_others() -> None:
    site = Site().refuse(A, status=200).refuse(B, status=200).refuse(C)
    assert site.quiet(A, B, C, D) == [A, B, C]
    assert site.patience.scope is None


def test_without_retry_after_a_third_address_is_needed_to_conclude_that_more_are_meant() -> None:
    site = Site().refuse(A, None, status=503).refuse(B, None, status=503)
    assert site.quiet(A, B, C) == [A, B]
    assert site.refuse(C, None, status=503).quiet(C, D, E) == [C, D]


def test_our_own_pause_doubles_with_each_refusal_in_a_row_up_to_six_hours() -> None:
    site, pauses = Site(), []
    for _ in range(10):
        site.refuse(A, None)
        pauses.append(site.until(A) - site.now + timedelta(seconds=1))
        site.now = site.until(A)
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


def test_our_own_pause_begins_anew_after_a_success_or_a_day() -> None:
    for site in (Site().refuse(A, None).answer(A), Site().refuse(A, None).later(days=1, minutes=2)):
        assert own_pause(site.patience, A, site.now, 0.0) == site.now + FIRST_PAUSE


@given(jitter=st.floats(0, 1), refusals=st.integers(0, 20))
def test_our_own_pause_always_lies_within_its_bounds(jitter: float, refusals: int) -> None:
    site = Site()
    for _ in range(refusals):
        site.refuse(A, None)
        site.now = site.until(A)
    assert FIRST_PAUSE <= own_pause(site.patience, A, site.now, jitter) - site.now <= LONGEST_PAUSE


def test_nothing_is_remembered_for_ever() -> None:
    site = Site().refuse(A)
    assert tidied(site.patience, NOW + HOUR + MEMORY - MINUTE) is not None
    assert tidied(site.patience, NOW + HOUR + MEMORY) is None
    site = Site().refuse(A).refuse(B)
    learned = tidied(site.patience, NOW + 2 * MEMORY)
    assert learned is not None
    assert (learned.holds, learned.successes, learned.scope) == ((), (), Scope.HOST)
    assert tidied(site.patience, NOW + LEARNED_FOR + HOUR) is None


@pytest.mark.parametrize(
    ("spots", "since", "whom"),
    [
        ((A,), "12:00:00", "this address"),
        ((B, A), "12:00:01", "all of www.big.example"),
        ((E, A), "12:00:01", "all of big.example"),
    ],
)
def test_a_hold_says_who_wants_quiet_since_when_and_why(
    spots: tuple[Spot, ...], since: str, whom: str
) -> None:
    site = Site()
    for spot in spots:
        site.refuse(spot)
    hold = put_off(site.patience, A if len(spots) == 1 else C, site.now)
    assert hold is not None
    assert hold.reason == (
        f"www.big.example answered 429 Too Many Requests at 2026-11-20 {since} UTC and asked for quiet until "
        f"2026-11-20 {since.replace('12', '13')} UTC, for {whom}"
    )


def test_our_own_pause_is_called_ours() -> None:
    hold = put_off(Site().refuse(A, None, status=503).patience, A, NOW)
    assert hold is not None
    assert hold.reason == (
        "www.big.example answered 503 Service Unavailable at 2026-11-20 12:00:00 UTC and did not say for how "
        "long; we pause until 2026-11-20 12:02:00 UTC, for this address"
    )
    assert not hold.asked


_SPOTS = st.sampled_from([A, B, C, D, E, F])
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refuse", "answer", "later"]),
        _SPOTS,
        st.sampled_from([None, MINUTE, HOUR, timedelta(days=31)]),
    ),
    max_size=30,
)


@given(_STEPS)
def test_whatever_happens_no_hold_outlasts_the_longest_that_was_asked_for(
    steps: list[tuple[str, Spot, timedelta | None]],
) -> None:
    site, latest = Site(), NOW
    for what, spot, wait in steps:
        if what == "refuse":
            latest = max(latest, site.now + (wait or LONGEST_PAUSE))
            site.refuse(spot, wait)
        elif what == "answer":
            site.answer(spot)
        else:
            site.later(hours=3)
    assert all(hold.until <= latest for hold in site.patience.holds)
    site.now = latest
    assert site.quiet(A, B, C, D, E, F) == []


@given(_STEPS, _SPOTS)
def test_whatever_happened_before_a_stated_wait_is_kept(
    steps: list[tuple[str, Spot, timedelta | None]], last: Spot
) -> None:
    site = Site()
    for what, spot, wait in steps:
        site.refuse(spot, wait) if what == "refuse" else site.answer(spot)
    site.refuse(last, HOUR)
    assert site.later(minutes=59).quiet(last) == [last]
