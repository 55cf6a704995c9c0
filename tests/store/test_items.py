"""Lists of items: order, filters, any length."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.model import ItemFilter
from aggregator.store import Store
from aggregator.store.items import BATCH
from tests.store.press import DAY, HOUR, NOW, new_item, poll, spec


def ids(store: Store, **which: object) -> list[int]:
    return [item.id for item in store.items(ItemFilter(**which))]  # type: ignore[arg-type]


def test_the_newest_comes_first_by_the_earlier_of_published_and_first_seen(store: Store) -> None:
    poll(
        store,
        new_item("1", published=NOW - DAY),
        new_item("2"),
        new_item("3", published=NOW + DAY),
        new_item("4", published=NOW - HOUR),
    )
    assert ids(store) == [3, 2, 4, 1]
    assert ids(store, limit=2) == [3, 2]
    assert ids(store, limit=0) == []


def test_since_is_included_and_until_is_not(store: Store) -> None:
    poll(store, *[new_item(str(n), published=NOW - n * DAY) for n in range(4)])
    assert ids(store, since=NOW - 2 * DAY) == [1, 2, 3]
    assert ids(store, until=NOW - DAY) == [3, 4]
    assert ids(store, since=NOW - 2 * DAY, until=NOW) == [2, 3]
    assert ids(store, since=NOW - DAY + timedelta(microseconds=1)) == [1]


def test_outlets_are_compared_ignoring_case(store: Store) -> None:
    for outlet in ("Gulf Insider", "Ö1", "Other"):
        poll(store, new_item("1"), outlet=outlet)
    assert ids(store, outlets=("GULF insider", "ö1")) == [2, 1]
    assert ids(store, outlets=("nobody",)) == []


def test_a_tag_is_the_items_or_the_outlets_ignoring_case(store: Store) -> None:
    store.sync_feeds([spec("A", tags=("Bahrain", "Gulf")), spec("B")], NOW)
    poll(store, new_item("1"), outlet="A")
    poll(store, new_item("1", tags=("BAHRAIN", " World ")), new_item("2", tags=("Sport",)), outlet="B")
    assert ids(store, tag="bahrain") == [2, 1]
    assert ids(store, tag="world") == [2]
    assert ids(store, tag="Gulf") == [1]
    assert ids(store, tag="bah") == []
    assert ids(store, tag="bahrain", outlets=("b",)) == [2]


def test_a_tag_of_the_outlet_of_a_copy_finds_the_first_where_copies_are_left_out(store: Store) -> None:
    store.sync_feeds([spec("All"), spec("Sport", tags=("sport",)), spec("Quay", tags=("sport",))], NOW)
    shared = new_item("1", url="https://x.example/1")
    poll(store, shared, new_item("2", url="https://x.example/2"), outlet="All")
    poll(store, shared, outlet="Sport")
    poll(store, new_item("4", url="https://x.example/4"), outlet="Quay")
    assert ids(store, tag="sport") == [4, 3]
    assert ids(store, tag="sport", copies=False) == [4, 1]
    assert ids(store, tag="sport", copies=False, outlets=("All",)) == [1]


def test_an_outlets_tags_are_those_it_has_now(store: Store) -> None:
    store.sync_feeds([spec("A", tags=("old",))], NOW)
    poll(store, new_item("1"), outlet="A")
    store.sync_feeds([spec("A", tags=("new",))], NOW)
    assert (ids(store, tag="old"), ids(store, tag="new")) == ([], [1])


def test_a_language_includes_its_regions(store: Store) -> None:
    languages = ["en", "en-GB", "EN_us", "eng", "de", None]
    poll(store, *[new_item(str(n), language=code) for n, code in enumerate(languages)])
    assert sorted(ids(store, language="en")) == [1, 2, 3]
    assert ids(store, language="EN-gb") == [2]
    assert ids(store, language="e%") == []


def test_filters_combine(store: Store) -> None:
    poll(store, new_item("1", language="en", tags=("x",), canonical_url="https://x.example/"), outlet="A")
    poll(store, new_item("1", language="en", tags=("x",), canonical_url="https://x.example/"), outlet="B")
    poll(store, new_item("2", language="de", tags=("x",)), outlet="B")
    assert ids(store, tag="x", language="en") == [2, 1]
    assert ids(store, tag="x", language="en", copies=False) == [1]
    assert ids(store, tag="x", language="en", outlets=("B",)) == [2]
    assert ids(store, tag="x", language="en", outlets=("B",), copies=False) == []


def test_copies_of_an_item_that_is_held_back_are_not_held_back_with_it(store: Store) -> None:
    shared: dict[str, Any] = {"canonical_url": "https://x.example/"}
    until = NOW + DAY
    poll(store, new_item("1", published=NOW - DAY, held_until=until, **shared), new_item("0"), outlet="A")
    poll(store, new_item("2", published=NOW - HOUR, held_until=until, **shared), outlet="B")
    poll(store, new_item("3", published=NOW - 2 * HOUR, **shared), outlet="C")
    poll(store, new_item("4", published=NOW - 3 * HOUR, **shared), outlet="D")
    assert store.item(5).duplicate_of == 1  # type: ignore[union-attr]
    assert ids(store, copies=False) == [2, 1]
    assert ids(store, copies=False, shown_at=NOW) == [2, 5]
    assert ids(store, copies=False, shown_at=NOW, outlets=("D",)) == [5]
    assert ids(store, shown_at=NOW) == [2, 4, 5]
    assert ids(store, copies=False, shown_at=until) == [2, 1]


def test_an_item_that_is_not_there_is_none(store: Store) -> None:
    assert store.item(7) is None
    assert store.copies(7) == ()


@pytest.mark.parametrize("count", [BATCH, BATCH + 1])
def test_long_lists_are_complete_and_in_order(store: Store, count: int) -> None:
    poll(store, *[new_item(str(n), published=NOW - n * HOUR) for n in range(count)])
    assert ids(store) == list(range(1, count + 1))


def test_a_list_can_be_written_to_while_it_is_read(store: Store) -> None:
    poll(store, *[new_item(str(n), published=NOW - n * HOUR) for n in range(BATCH + 50)])
    seen: list[int] = []
    for item in store.items():
        if not seen:
            poll(store, new_item("late"), now=NOW + HOUR)
            store.prune(NOW, timedelta(hours=BATCH + 9.5))
        seen.append(item.id)
    assert seen == list(range(1, BATCH + 11))  # what was deleted meanwhile is left out


def test_shared_guids_are_those_of_more_than_one_item(store: Store) -> None:
    poll(store, new_item("1"), new_item("2"), outlet="A")
    poll(store, new_item("1"), outlet="B")
    assert store.shared_guids(["1", "2", "3", ""]) == {"1"}
    assert store.shared_guids([]) == set()
