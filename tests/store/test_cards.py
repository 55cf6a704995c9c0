"""Items as lists show them: their stamps are others whenever anything that a page tells is another."""

import pytest

from aggregator.model import ItemFilter
from aggregator.model.stories import StoryFilter
from aggregator.store import Store
from tests.store.press import HOUR, NOW, execute, new_item, poll
from tests.store.telling import tell

TEXT = " ".join(f"Word {n} of a long text that two outlets have." for n in range(30))


def print_three(store: Store) -> None:
    for n, outlet in enumerate(("A", "B", "C")):
        poll(
            store,
            new_item(
                f"{outlet}-1", title=f"Of {outlet}", text=f"{outlet} says so.", published=NOW - n * HOUR
            ),
            outlet=outlet,
        )


def test_cards_stand_newest_first_as_the_filter_wants_them(store: Store) -> None:
    print_three(store)

    assert [(card.id, card.outlet, card.title) for card in store.cards(ItemFilter())] == [
        (1, "A", "Of A"),
        (2, "B", "Of B"),
        (3, "C", "Of C"),
    ]
    assert [card.id for card in store.cards(ItemFilter(limit=2))] == [1, 2]


def test_a_stamp_is_the_same_whenever_it_is_read(store: Store) -> None:
    print_three(store)

    assert store.cards(ItemFilter()) == store.cards(ItemFilter())
    assert len({card.stamp for card in store.cards(ItemFilter())}) == 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE items SET title = 'Another' WHERE id = 2",
        "UPDATE items SET summary = 'Another' WHERE id = 2",
        "UPDATE items SET comments = 7 WHERE id = 2",
        "UPDATE texts SET text = text || ' More.' WHERE item_id = 2",
        "UPDATE items SET image = 'https://a.example/1.jpg' WHERE id = 2",
    ],
)
def test_what_changes_of_an_item_changes_its_stamp_alone(store: Store, url: str, change: str) -> None:
    print_three(store)
    before = {card.id: card.stamp for card in store.cards(ItemFilter())}

    execute(url, change)

    after = {card.id: card.stamp for card in store.cards(ItemFilter())}
    assert {one for one in before if before[one] != after[one]} == {2}


def test_copies_stand_with_the_first_of_them(store: Store, url: str) -> None:
    print_three(store)
    execute(url, "UPDATE items SET duplicate_of = 1 WHERE id = 3")

    assert {first: [card.id for card in found] for first, found in store.cards_of_copies([1, 2]).items()} == {
        1: [3]
    }


def test_neighbours_are_those_that_are_stored_the_likest_first(store: Store, url: str) -> None:
    print_three(store)
    execute(url, "DELETE FROM related")
    execute(
        url, "INSERT INTO related (item_id, other_id, score) VALUES (1, 2, 300), (1, 3, 500), (2, 1, 300)"
    )

    assert store.neighbours([1, 2, 3]) == {1: ((3, 500), (2, 300)), 2: ((1, 300),)}


def test_stories_that_were_merged_are_known_by_their_last_heir(store: Store, url: str) -> None:
    print_three(store)
    for story, item in ((11, 1), (12, 2), (13, 3)):
        tell(url, story, item)
    execute(url, "UPDATE stories SET merged_into = 12 WHERE id = 13")
    execute(url, "UPDATE stories SET merged_into = 11 WHERE id = 12")

    assert store.merged_stories([11]) == {12: 11, 13: 11}
    assert store.merged_stories([]) == {}


def test_stories_of_one_article_can_be_left_out(store: Store, url: str) -> None:
    print_three(store)
    execute(url, "DELETE FROM stories")
    tell(url, 11, 1, 2)
    tell(url, 12, 3)

    assert [story.id for story in store.stories(StoryFilter(items=ItemFilter(), size=2))] == [11]
