"""What is a copy of what, however it came to be so."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import Article, ChangedItem, ItemFilter
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, all_items, digest, groups, new_item, poll, read_page, rows, spec

URL, OTHER_URL = "https://x.example/a", "https://x.example/b"
TEXT, OTHER_TEXT = digest("a"), digest("b")


def test_an_article_in_two_feeds_is_stored_twice_and_marked_once(store: Store) -> None:
    poll(store, new_item("1", canonical_url=URL), outlet="A")
    poll(store, new_item("1", canonical_url=URL), outlet="B")
    assert groups(store) == {1: (None, None), 2: (1, "same")}
    assert [item.id for item in store.items(ItemFilter(copies=False))] == [1]
    assert [item.id for item in store.copies(1)] == [2]
    assert [item.id for item in store.copies(2)] == [1]


def test_the_same_text_at_another_address_is_a_copy(store: Store) -> None:
    poll(store, new_item("1", text_digest=TEXT), outlet="A")
    poll(store, new_item("2", text_digest=TEXT), outlet="B")
    assert groups(store) == {1: (None, None), 2: (1, "copy")}


def test_copies_in_one_poll_are_marked(store: Store) -> None:
    poll(store, *[new_item(str(n), canonical_url=URL) for n in range(3)])
    assert groups(store) == {1: (None, None), 2: (1, "same"), 3: (1, "same")}


def test_items_without_address_and_with_short_texts_are_no_copies(store: Store) -> None:
    poll(store, *[new_item(str(n), canonical_url="", text_digest=None) for n in range(3)])
    assert set(groups(store).values()) == {(None, None)}


def test_a_copy_of_a_copy_names_the_first_item(store: Store) -> None:
    poll(store, new_item("1", canonical_url=URL, text_digest=TEXT))
    poll(store, new_item("2", canonical_url=OTHER_URL, text_digest=TEXT))
    poll(store, new_item("3", canonical_url=OTHER_URL, text_digest=OTHER_TEXT))
    assert groups(store) == {1: (None, None), 2: (1, "copy"), 3: (1, "copy")}


def test_an_item_that_joins_two_groups_makes_them_one(store: Store) -> None:
    poll(store, new_item("1", canonical_url=URL))
    poll(store, new_item("2", canonical_url=URL))
    poll(store, new_item("3", text_digest=TEXT))
    poll(store, new_item("4", text_digest=TEXT))
    assert groups(store)[4] == (3, "copy")
    poll(store, new_item("5", canonical_url=URL, text_digest=TEXT))
    assert groups(store) == {1: (None, None), 2: (1, "same"), 3: (1, "copy"), 4: (1, "copy"), 5: (1, "same")}


def test_a_page_whose_text_is_stored_elsewhere_makes_its_item_a_copy(store: Store) -> None:
    poll(store, new_item("1", text_digest=TEXT), outlet="A")
    poll(store, new_item("2", page_due_at=NOW), outlet="B")
    read_page(store, 2, Article(text="Text", html=""), text_digest=TEXT)
    assert groups(store) == {1: (None, None), 2: (1, "copy")}


def test_a_page_that_names_another_address_moves_its_item_there(store: Store) -> None:
    poll(store, new_item("1", canonical_url=URL), new_item("2", canonical_url=OTHER_URL, page_due_at=NOW))
    poll(store, new_item("3", canonical_url=OTHER_URL))
    read_page(store, 2, Article(text="Text", html=""), canonical_url=URL)
    assert groups(store) == {1: (None, None), 2: (1, "same"), 3: (None, None)}


def test_an_edit_that_ends_the_match_takes_the_item_out_of_its_group(store: Store) -> None:
    poll(store, *[new_item(str(n), text_digest=TEXT) for n in (1, 2, 3)])
    poll(store, changed=(ChangedItem(id=2, item=new_item("2", text_digest=OTHER_TEXT)),))
    assert groups(store) == {1: (None, None), 2: (None, None), 3: (1, "copy")}


def test_an_edit_of_the_first_item_gives_the_group_another_first(store: Store) -> None:
    poll(store, *[new_item(str(n), text_digest=TEXT, canonical_url=URL if n > 1 else "") for n in (1, 2, 3)])
    assert groups(store) == {1: (None, None), 2: (1, "copy"), 3: (1, "copy")}
    poll(store, changed=(ChangedItem(id=1, item=new_item("1", text_digest=OTHER_TEXT)),))
    assert groups(store) == {1: (None, None), 2: (None, None), 3: (2, "same")}


def test_what_held_together_through_an_edited_item_falls_apart(store: Store) -> None:
    poll(
        store,
        new_item("1", canonical_url=URL),
        new_item("2", canonical_url=URL, text_digest=TEXT),
        new_item("3", text_digest=TEXT),
    )
    assert groups(store)[3] == (1, "copy")
    poll(store, changed=(ChangedItem(id=2, item=new_item("2", canonical_url=OTHER_URL)),))
    assert set(groups(store).values()) == {(None, None)}


def test_deleting_the_first_item_gives_the_group_another_first(store: Store) -> None:
    poll(store, new_item("1", canonical_url=URL, published=NOW - 9 * DAY), outlet="A")
    poll(store, new_item("2", canonical_url=URL), new_item("3", canonical_url=URL), outlet="B")
    store.prune(NOW, 5 * DAY)
    assert groups(store) == {2: (None, None), 3: (2, "same")}


def test_purging_an_outlet_gives_its_groups_another_first(store: Store) -> None:
    poll(store, new_item("1", canonical_url=URL), outlet="A")
    poll(store, new_item("2", canonical_url=URL, text_digest=TEXT), outlet="B")
    poll(store, new_item("3", text_digest=TEXT), outlet="C")
    assert store.purge([spec("B").url]) == 1
    assert groups(store) == {1: (None, None), 3: (None, None)}


def test_a_page_that_shows_every_reader_the_same_costs_no_more_for_each_copy(store: Store) -> None:
    # A paywall's text stands under hundreds of items: joining them must not rewrite the group.
    poll(store, *[new_item(str(n), text_digest=TEXT) for n in range(300)])
    poll(store, new_item("late", text_digest=TEXT), now=NOW + HOUR)
    assert groups(store)[301] == (1, "copy")


# ── any order ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class State:
    """What an item shares with others at the end."""

    url: str
    text: bytes | None


STATES = st.builds(
    State,
    url=st.sampled_from(["", *(f"https://x.example/{n}" for n in range(3))]),
    text=st.sampled_from([None, *(digest(str(n)) for n in range(3))]),
)


def expected(states: Sequence[State]) -> dict[int, tuple[int | None, str | None]]:
    """The groups of items 1, 2, … worked out the slow way."""
    first = list(range(len(states)))
    for _ in states:
        for i, one in enumerate(states):
            for j, other in enumerate(states):
                if (one.url and one.url == other.url) or (one.text and one.text == other.text):
                    first[i] = first[j] = min(first[i], first[j])
    return {
        i + 1: (None, None)
        if first[i] == i
        else (first[i] + 1, "same" if states[i].url and states[i].url == states[first[i]].url else "copy")
        for i in range(len(states))
    }


@given(
    states=st.lists(st.tuples(STATES, STATES), min_size=2, max_size=7),
    order=st.randoms(use_true_random=False),
    deleted=st.sets(st.integers(1, 7), max_size=3),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_groups_depend_on_the_items_and_not_on_the_order_of_what_happened(
    store: Store, url: str, states: list[tuple[State, State]], order: object, deleted: set[int]
) -> None:
    """Items come with one state each, then all are edited to another, in any order, some are deleted."""
    store.purge([spec().url])
    begin = [new_item(str(n), canonical_url=a.url, text_digest=a.text) for n, (a, _) in enumerate(states)]
    ids = poll(store, *begin).new_ids
    offset = ids[0] - 1
    assert _groups(store, offset) == expected([first for first, _ in states])
    edits = [
        ChangedItem(id=item_id, item=new_item(str(n), canonical_url=b.url, text_digest=b.text))
        for n, (item_id, (_, b)) in enumerate(zip(ids, states, strict=True))
    ]
    order.shuffle(edits)  # type: ignore[attr-defined]
    for part in (edits[: len(edits) // 2], edits[len(edits) // 2 :]):
        poll(store, changed=tuple(part), now=NOW + HOUR)
    assert _groups(store, offset) == expected([last for _, last in states])
    gone = {one for one in deleted if one <= len(states)}
    _delete(store, {one + offset for one in gone})
    kept = [one for one in range(1, len(states) + 1) if one not in gone]
    renumbered = dict(enumerate(kept, 1))
    wanted = {
        renumbered[one]: (None if first is None else renumbered[first], relation)
        for one, (first, relation) in expected([states[one - 1][1] for one in kept]).items()
    }
    assert _groups(store, offset) == wanted
    assert store.doctor(NOW) == () or rows(url, "SELECT count(*) FROM search_queue") != [(0,)]


def _groups(store: Store, offset: int) -> dict[int, tuple[int | None, str | None]]:
    return {
        item_id - offset: (None if first is None else first - offset, relation)
        for item_id, (first, relation) in groups(store).items()
    }


def _delete(store: Store, ids: set[int]) -> None:
    from aggregator.store.upkeep import delete_items

    with store._database.writing() as connection:
        delete_items(connection, ids)


@pytest.mark.parametrize("backwards", [False, True])
def test_pages_may_be_read_in_any_order(store: Store, backwards: bool) -> None:
    poll(store, *[new_item(str(n), title=f"Title {n % 2}", page_due_at=NOW) for n in range(4)])
    texts = [TEXT, OTHER_TEXT, TEXT, OTHER_TEXT]
    ids = [4, 3, 2, 1] if backwards else [1, 2, 3, 4]
    for item_id in ids:
        read_page(store, item_id, Article(text="Text", html=""), text_digest=texts[item_id - 1])
    assert groups(store) == {1: (None, None), 2: (None, None), 3: (1, "copy"), 4: (2, "copy")}
    assert {item.text_source for item in all_items(store).values()} == {"page"}
