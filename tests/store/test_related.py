"""What stands beside stored items: found as they are placed, told by their stories, true whatever happens."""

from typing import Any

from aggregator.model import ItemFilter
from aggregator.model.stories import Related
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, new_item, poll, rows, spec
from tests.store.telling import tell

BRIDGE = "Harbour council votes to rebuild northern bridge"
BRIDGES = (
    "Northern bridge to be rebuilt, harbour council says",
    "Council wants northern bridge rebuilt at harbour",
)


def titled(guid: str, title: str, outlet: str, **values: Any) -> Any:
    """An item that has a title alone."""
    url = f"https://{outlet.lower()}.example/{guid}"
    plain = {"url": url, "title": title, "summary": "", "content_html": "", "text": "", "text_source": None}
    return new_item(guid, **plain | {"language": "en"} | values)


def print_(store: Store, *told: tuple[str, str], now: Any = NOW, **values: Any) -> None:
    """Items of outlets, one after another: all of them are placed."""
    for outlet, title in told:
        guid = f"{outlet} {title}"
        poll(store, titled(guid.replace(" ", "-"), title, outlet, **values), outlet=outlet, now=now)
    while store.place_stories(NOW):
        pass


def beside(store: Store, item_id: int, **values: Any) -> list[int]:
    return [one.item_id for one in store.related([item_id], **values)[item_id]]


def alone(store: Store, url: str) -> None:
    """Every item in a story of its own, so that only what is near counts."""
    for item in list(store.items(ItemFilter(copies=False))):
        tell(url, 1000 + item.id, item.id)


def test_items_of_other_outlets_stand_beside_each_other_whichever_came_first(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]), ("C", "Central bank raises interest rates"))
    alone(store, url)
    (related,) = store.related([1])[1]
    assert (related.item_id, related.same_story) == (2, False)
    assert any("northern" in one.text.lower() for one in related.shared)
    assert 0 < related.score <= 1
    assert beside(store, 2) == [1]
    assert store.related([3, 99]) == {3: ()}


def test_a_story_comes_before_what_is_near_and_follows_it_at_once(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]), ("C", "Ferry strike ends in Manama"), ("D", BRIDGES[1]))
    alone(store, url)
    tell(url, 9, 1, 3)
    assert store.related([1])[1][0] == Related(item_id=3, same_story=True, score=0.5)
    assert set(beside(store, 1)[1:]) == {2, 4}


def test_copies_stand_beside_nothing_and_have_what_their_first_has(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]))
    poll(
        store, titled("copy", "Bridge: the agency's story", "C", url="https://a.example/A-" + "x"), outlet="C"
    )
    store.join(1, 3, NOW)
    while store.place_stories(NOW):
        pass
    alone(store, url)
    assert beside(store, 2) == [1]
    assert beside(store, 3) == [2]
    assert beside(store, 1) == [2]


def test_an_item_that_became_a_copy_is_not_shown_although_it_is_stored_there(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]), ("C", BRIDGES[1]))
    alone(store, url)
    assert sorted(beside(store, 1)) == [2, 3]
    store.join(2, 3, NOW)
    assert beside(store, 1) == [2]


def test_an_edited_title_changes_what_stands_beside_an_item_on_both_sides(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]))
    with_title = titled("A-Harbour-council-votes-to-rebuild-northern-bridge", "Rates rise", "A")
    assert rows(url, "SELECT count(*) FROM related") == [(2,)]
    store_title(store, 1, with_title.parsed.title, url)
    while store.place_stories(NOW):
        pass
    assert rows(url, "SELECT count(*) FROM related") == [(0,)]


def store_title(store: Store, item_id: int, title: str, url: str) -> None:
    from tests.store.press import execute

    execute(url, f"UPDATE items SET title = '{title}' WHERE id = {item_id}")


def test_what_is_held_back_stands_beside_nothing_until_then(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE))
    print_(store, ("B", BRIDGES[0]), held_until=NOW + HOUR)
    alone(store, url)
    assert beside(store, 1, now=NOW) == []
    assert beside(store, 1, now=NOW + HOUR) == [2]
    tell(url, 9, 1, 2)
    assert beside(store, 1, now=NOW) == []


def test_a_language_stands_beside_itself(store: Store, url: str) -> None:
    store.sync_feeds([spec("A"), spec("B")], NOW)
    print_(store, ("A", "Volkswagen Hannover Messe 2026"), language="de")
    print_(store, ("B", "Volkswagen Hannover Messe 2026 fair"), language="en")
    alone(store, url)
    assert beside(store, 1) == []


def test_lists_stay_short_and_hold_the_nearest_however_many_come(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE))
    for number in range(12):
        print_(store, (f"O{number}", f"{BRIDGES[0]} {number + 100}"), now=NOW + (12 - number) * DAY)
    alone(store, url)
    kept = rows(url, "SELECT other_id FROM related WHERE item_id = 1")
    assert {one for (one,) in kept} == set(range(6, 14))


def test_deleted_items_leave_the_lists(store: Store, url: str) -> None:
    print_(store, ("A", BRIDGE), ("B", BRIDGES[0]))
    store.purge(["https://b.example/feed"])
    assert beside(store, 1) == []
    assert rows(url, "SELECT count(*) FROM related") == [(0,)]
