"""What readers decide of stories: applied at once, and never undone by what arrives."""

import pytest

from aggregator.errors import UsageError
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, execute, rows
from tests.store.test_related import BRIDGE, BRIDGES, print_

THIRD = "Northern bridge at harbour will be rebuilt after council vote"


def stories(store: Store) -> dict[int, int | None]:
    return {item.id: item.story for item in store.items()}


def together(store: Store) -> None:
    """Three outlets of one event: one story."""
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]), ("C", BRIDGES[1]))
    assert len(set(stories(store).values())) == 1


def test_a_split_item_has_a_story_of_its_own_and_stays_apart_when_others_arrive(store: Store) -> None:
    together(store)
    alone = store.split_story(2, NOW + HOUR)
    before = stories(store)
    assert (before[1], before[2]) == (before[3], alone)
    assert before[1] != alone

    print_(store, ("D", THIRD), now=NOW + HOUR)
    now = stories(store)
    assert now[1] == now[3] != now[2]


def test_a_split_item_stays_apart_when_its_title_changes(store: Store, url: str) -> None:
    together(store)
    store.split_story(2, NOW + HOUR)
    execute(url, f"UPDATE items SET title = '{BRIDGE} now' WHERE id = 2")
    while store.place_stories(NOW):
        pass
    now = stories(store)
    assert now[1] == now[3] != now[2]


def test_join_makes_two_stories_one_and_the_older_number_stays(store: Store) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]), ("C", "Rates rise as central bank acts"))
    old, other = stories(store)[1], stories(store)[3]
    assert store.join_stories(3, 2, NOW) == old
    assert stories(store) == {1: old, 2: old, 3: old}
    assert store.memberships([3])[3].by_hand
    assert other is not None
    merged = store.story(other)
    assert merged is not None
    assert merged.id == old


def test_split_takes_back_a_join_and_join_a_split(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", "Rates rise as central bank acts"))
    store.join_stories(1, 2, NOW)
    alone = store.split_story(2, NOW)
    assert stories(store)[2] == alone != stories(store)[1]
    assert rows(url, "SELECT item_id, other_id, together FROM story_decisions") == [(1, 2, False)]
    store.join_stories(1, 2, NOW + DAY)
    assert stories(store)[1] == stories(store)[2]
    assert rows(url, "SELECT item_id, other_id, together FROM story_decisions") == [(1, 2, True)]


def test_decisions_that_say_nothing_are_errors_that_say_why(store: Store) -> None:
    together(store)
    print_(store, ("D", "Rates rise as central bank acts"))
    with pytest.raises(UsageError, match="alone in its story"):
        store.split_story(4, NOW)
    with pytest.raises(UsageError, match="in one story already"):
        store.join_stories(1, 2, NOW)
    with pytest.raises(UsageError, match="cannot be joined with itself"):
        store.join_stories(1, 1, NOW)
    with pytest.raises(UsageError, match="there is no item 99"):
        store.split_story(99, NOW)


def test_an_item_without_a_place_yet_is_told(store: Store, url: str) -> None:
    together(store)
    execute(url, "DELETE FROM story_items WHERE item_id = 1")
    with pytest.raises(UsageError, match="the next run gives it one"):
        store.split_story(1, NOW)
