"""Stories read back: lists in order, by filter, and which item is where and why."""

from typing import Any

from aggregator.model import ItemFilter
from aggregator.model.stories import Membership, SharedTerm, Story, StoryFilter
from aggregator.store import Store, story_reading
from tests.store.press import DAY, HOUR, NOW, execute, new_item, poll, spec
from tests.store.telling import tell


def which(*, several: int = 1, now: Any = NOW, copies: bool = False, **filters: Any) -> StoryFilter:
    """A filter as commands make it: copies are left out unless they are asked for."""
    return StoryFilter(items=ItemFilter(copies=copies, **filters), outlets=several, now=now)


def ids(store: Store, **filters: Any) -> list[int]:
    return [story.id for story in store.stories(which(**filters))]


def newsroom(store: Store, url: str) -> None:
    """Outlet A has items 1 to 3, B has 4 and 5; story 1 is of both, 2 of A, 3 of B, the latest first."""
    store.sync_feeds([spec("A", tags=("gulf",)), spec("B")], NOW)
    aged = [new_item(str(n), title=f"A {n}", published=NOW - n * DAY, language="en") for n in (1, 2, 3)]
    poll(store, *aged, outlet="A")
    poll(
        store,
        new_item("4", title="B 4", published=NOW - HOUR, language="en-GB", tags=("Oil",)),
        new_item("5", title="B 5", published=NOW - 5 * DAY, language="de"),
        outlet="B",
    )
    tell(url, 1, 1, 4)
    tell(url, 2, 2, 3)
    tell(url, 3, 5)


def test_a_story_tells_its_outlets_in_the_order_in_which_they_joined_and_its_items_by_time(
    store: Store, url: str
) -> None:
    newsroom(store, url)
    tell(url, 9, 2, 5, 4, language="en", joined_at=NOW - HOUR)
    execute(
        url,
        "UPDATE story_items SET joined_at = (SELECT first_at FROM stories WHERE id = 9) WHERE item_id = 5",
    )

    assert store.story(9, NOW) == Story(
        id=9,
        headline="A 2",
        language="en",
        first_at=NOW - 5 * DAY,
        last_at=NOW - HOUR,
        joined_at=NOW - HOUR,
        outlets=("B", "A"),
        items=(5, 2, 4),
        lead=2,
        grown=2,
    )


def test_stories_come_with_the_latest_news_first(store: Store, url: str) -> None:
    newsroom(store, url)
    assert ids(store) == [1, 2, 3]
    assert ids(store, limit=2) == [1, 2]
    assert ids(store, limit=0) == []


def test_since_and_until_are_of_a_storys_latest_news(store: Store, url: str) -> None:
    newsroom(store, url)
    assert ids(store, since=NOW - 2 * DAY) == [1, 2]
    assert ids(store, until=NOW - 2 * DAY) == [3]
    assert store.stories(which(since=NOW - HOUR, limit=5))[0].items == (1, 4)


def test_a_story_is_found_by_any_of_its_items(store: Store, url: str) -> None:
    newsroom(store, url)
    assert ids(store, outlets=("b",)) == [1, 3]
    assert ids(store, tag="gulf") == [1, 2]
    assert ids(store, tag="oil", limit=10) == [1]
    assert ids(store, language="en") == [1, 2]
    assert ids(store, language="de", limit=1) == [3]
    assert ids(store, outlets=("nobody",), limit=1) == []


def test_stories_that_match_rarely_are_found_behind_many_that_do_not(
    store: Store, url: str, monkeypatch: Any
) -> None:
    newsroom(store, url)
    monkeypatch.setattr(story_reading, "_LATEST", 1)
    assert ids(store, language="de", limit=1) == [3]
    assert ids(store, limit=2) == [1, 2]


def test_stories_of_several_outlets_can_be_asked_for(store: Store, url: str) -> None:
    newsroom(store, url)
    assert ids(store, several=2) == [1]
    assert ids(store, several=3, limit=5) == []


def test_a_merged_story_leads_to_what_it_became_and_is_not_listed(store: Store, url: str) -> None:
    newsroom(store, url)
    tell(url, 7, merged_into=1)
    tell(url, 8, merged_into=7)
    assert ids(store) == [1, 2, 3]
    assert store.story(8) == store.story(1)
    assert store.story(99) is None


def test_copies_are_in_the_story_of_their_first_and_listed_only_where_they_are_wanted(
    store: Store, url: str
) -> None:
    shared = new_item("1", url="https://x.example/1", title="First")
    poll(store, shared, outlet="A")
    poll(store, new_item("1", url="https://x.example/1", title="Second"), outlet="B")
    tell(url, 1, 1)

    assert [item.story for item in store.items()] == [1, 1]
    (story,) = store.stories(which())
    assert (story.items, story.outlets) == ((1,), ("A",))
    (story,) = store.stories(which(copies=True, limit=3))
    assert (story.items, story.outlets) == ((1, 2), ("A", "B"))
    assert ids(store, copies=True, language=None) == [1]
    assert [one.id for one in store.stories(StoryFilter(items=ItemFilter(outlets=("B",), copies=True)))] == [
        1
    ]
    assert store.memberships([2])[2].shared == (SharedTerm(kind="copy", text="First", weight=1.0),)
    assert store.story_items([1]) == {1: (1,)}


def test_what_is_held_back_is_told_by_no_story_and_its_copy_stands_in_for_it(store: Store, url: str) -> None:
    held = NOW + HOUR
    poll(
        store,
        new_item("1", url="https://x.example/1", title="Held", held_until=held),
        new_item("2", title="Held alone", held_until=held),
        new_item("3", title="Out", published=NOW - DAY),
        outlet="A",
    )
    poll(store, new_item("1", url="https://x.example/1", title="Copy"), outlet="B")
    tell(url, 1, 1, 3)
    tell(url, 2, 2)

    (story,) = store.stories(which())
    assert (story.headline, story.items, story.outlets) == ("Out", (3, 4), ("A", "B"))
    assert store.story(2, NOW) is None
    assert ids(store, now=held) == [2, 1]
    later = store.story(1, held)
    assert later is not None
    assert (later.headline, later.items) == ("Held", (3, 1))


def test_an_item_tells_its_story_and_why_it_is_there(store: Store, url: str) -> None:
    poll(store, new_item("1"), new_item("2"), new_item("3"))
    why = (
        SharedTerm(kind="name", text="Manama", weight=0.75),
        SharedTerm(kind="link", text="https://x.example/", weight=0.25),
    )
    tell(url, 5, 1, 2, shared=why, score=0.625)

    assert store.memberships([2, 3]) == {
        2: Membership(item_id=2, story_id=5, joined_at=NOW, score=0.625, shared=why)
    }
    assert {item.id: item.story for item in store.items()} == {1: 5, 2: 5, 3: None}
