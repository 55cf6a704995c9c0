"""Feeds that bring nothing that a sibling does not bring as well."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.mirrors import checked, mirrors
from aggregator.model import Carried, FeedCondition, Schedule, Term
from tests.conftest import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def feed(number: int, items: Iterable[int], **values: Any) -> Carried:
    """Item n came n hours ago, two hours at least."""
    plain = Carried(
        id=number,
        url=f"https://port.example/{number}",
        outlet="Port",
        sites=frozenset({"port.example"}),
        condition=FeedCondition.OK,
        failing_since=None,
        last_success=NOW,
        polls=3,
        items={item: NOW - (item + 2) * HOUR for item in items},
    )
    return replace(plain, **values)


ALL = feed(1, range(100))
SPORT = feed(2, range(0, 100, 3))


def test_a_feed_inside_another_is_its_mirror() -> None:
    assert mirrors([ALL, SPORT], NOW) == {2: ALL.url}
    assert mirrors([replace(SPORT, id=1), replace(ALL, id=2)], NOW) == {1: ALL.url}


def test_planets_that_carry_a_feed_do_not_hide_its_own_site() -> None:
    planets = [feed(n, range(200), sites=frozenset({"planet.example"})) for n in range(3, 30)]
    assert mirrors([ALL, SPORT, *planets], NOW)[2] == ALL.url


def test_of_two_equal_feeds_the_first_listed_stays() -> None:
    twins = [feed(number, range(30)) for number in (1, 2, 3)]
    assert mirrors(twins, NOW) == {2: twins[0].url, 3: twins[0].url}


def test_a_section_of_a_section_is_polled_in_the_feed_that_holds_both() -> None:
    rugby = feed(3, range(0, 100, 6))
    assert mirrors([rugby, SPORT, ALL], NOW) == {2: ALL.url, 3: ALL.url}


@pytest.mark.parametrize(
    ("why", "other"),
    [
        ("few items", feed(2, range(9))),
        ("few polls", replace(SPORT, polls=2)),
        ("another site", replace(SPORT, sites=frozenset({"quay.example"}))),
        ("own items", replace(SPORT, items={**SPORT.items, 500: NOW - 8 * DAY, 501: NOW - 9 * DAY})),
        ("an own item of this week", replace(SPORT, items={**SPORT.items, 500: NOW - 3 * DAY})),
        ("it fails", replace(SPORT, condition=FeedCondition.FAILING, failing_since=NOW - HOUR)),
    ],
)
def test_what_is_no_mirror(why: str, other: Carried) -> None:
    assert mirrors([feed(1, range(300)), other], NOW) == {}, why


def test_items_that_the_other_could_not_have_do_not_count() -> None:
    before = {900 + n: NOW - 10 * DAY for n in range(5)}
    since = {950: NOW - timedelta(minutes=30)}
    assert mirrors([ALL, replace(SPORT, items={**SPORT.items, **before, **since})], NOW) == {2: ALL.url}


def test_a_feed_that_is_excepted_is_no_mirror() -> None:
    assert mirrors([ALL, SPORT], NOW, never={2}) == {}


def test_what_is_a_mirror_stays_one_until_it_has_items_of_its_own() -> None:
    mirror = replace(feed(2, range(5)), condition=FeedCondition.MIRROR, merged_into=ALL.url)
    assert mirrors([ALL, mirror], NOW) == {2: ALL.url}
    own = replace(mirror, items={**mirror.items, 500: NOW - 3 * HOUR})
    assert mirrors([ALL, own], NOW) == {}


def test_a_mirror_is_polled_itself_again_when_the_other_fails_for_a_day() -> None:
    mirror = replace(SPORT, condition=FeedCondition.MIRROR, merged_into=ALL.url)
    failing = replace(ALL, condition=FeedCondition.FAILING, failing_since=NOW - 2 * HOUR)
    assert mirrors([failing, mirror], NOW) == {2: ALL.url}
    assert mirrors([replace(failing, failing_since=NOW - DAY), mirror], NOW) == {}
    assert mirrors([mirror], NOW) == {}


@given(st.lists(st.sets(st.integers(0, 30), min_size=1), max_size=6))
def test_a_mirror_always_has_a_feed_that_is_polled(items: list[set[int]]) -> None:
    feeds = [feed(number, [*range(1000, 1020), *own]) for number, own in enumerate(items, 1)]
    found = mirrors(feeds, NOW)
    polled = {one.url for one in feeds if one.id not in found}
    assert set(found.values()) <= polled


def test_a_look_at_a_mirror_is_followed_by_one_a_day_later() -> None:
    term = Term(name="rhythm", value="3 a day", at=NOW + HOUR, won=True)
    plain = Schedule(next_poll_at=NOW + HOUR, condition=FeedCondition.OK, failures=0, terms=(term,))

    look = checked(plain, NOW, "https://port.example/1")

    assert (look.next_poll_at, look.condition) == (NOW + DAY, FeedCondition.MIRROR)
    assert [(one.name, one.won) for one in look.terms] == [("rhythm", False), ("mirror", True)]
    assert checked(replace(plain, hold_until=NOW + 3 * DAY), NOW).next_poll_at == NOW + 3 * DAY
    gone = replace(plain, next_poll_at=None, condition=FeedCondition.GONE)
    assert checked(gone, NOW) == gone
