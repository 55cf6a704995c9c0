"""Which tags are on the rise."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.tagkeys import key_of
from aggregator.core.trends import Used, folded, trending
from aggregator.model.stories import Trend


def used(key: str = "flood", items: int = 10, *, outlets: int = 2, before: int = 0) -> Used:
    return Used(key=key, label=key.title(), items=items, outlets=outlets, before=before)


def keys(*tags: Used, items: int = 100, before: int = 700, outlets: int = 5, **values: Any) -> list[str]:
    return [one.key for one in trending(tags, items=items, before=before, outlets=outlets, **values)]


def test_what_is_as_frequent_as_before_is_no_trend() -> None:
    assert keys(used("weather", 10, before=70), used("flood", 10)) == ["flood"]


def test_many_where_one_was_expected_rank_above_two_where_none_was() -> None:
    assert keys(used("fair", 2), used("flood", 10, before=7)) == ["flood", "fair"]


def test_a_day_with_much_news_is_no_trend_of_everything() -> None:
    assert keys(used("weather", 40, before=70), items=400, before=700) == []


def test_one_outlet_makes_no_trend_among_several_but_alone() -> None:
    assert keys(used(outlets=1), outlets=5) == []
    assert keys(used(outlets=1), outlets=1) == ["flood"]


def test_one_item_is_no_trend() -> None:
    assert keys(used(items=1, outlets=1), outlets=1) == []


def test_in_a_new_store_what_several_say_trends() -> None:
    assert keys(used(items=3), items=20, before=0) == ["flood"]


_USED = st.builds(
    used,
    st.text(min_size=1, max_size=3),
    st.integers(0, 50),
    outlets=st.integers(0, 5),
    before=st.integers(0, 300),
)


@given(st.lists(_USED, unique_by=lambda one: one.key), st.integers(1, 100), st.integers(0, 500))
def test_trends_are_above_what_was_expected_and_in_order(tags: list[Used], items: int, before: int) -> None:
    found = trending(tags, items=items, before=before, outlets=3)
    assert all(one.items > one.expected > 0 and one.score >= 0 and one.outlets >= 2 for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_what_is_hardly_more_than_expected_is_no_rise() -> None:
    assert keys(used("corrected", 2, before=13), used("flood", 10)) == ["flood"]
    assert keys(used("corrected", 11, before=70)) == []


def trend(label: str) -> Trend:
    return Trend(key=key_of(label), label=label, items=2, outlets=2, expected=0.5, score=1.0)


def test_a_part_is_folded_into_its_whole_where_both_have_the_same_items() -> None:
    creek, whole, palace = trend("Creek"), trend("CrippleCreek"), trend("Palace")
    having = {"creek": {1, 2}, "cripplecreek": {1, 2}, "palace": {3}}
    assert folded([creek, whole, palace], having) == (whole, palace)
    assert folded([creek, whole, palace], having, limit=1) == (whole,)
    assert folded([creek, whole], having | {"creek": {1, 2, 3}}) == (creek, whole)
