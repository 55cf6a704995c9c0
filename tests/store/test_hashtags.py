"""Hashtags: made with an item's place among the stories, kept, found, counted over time."""

from datetime import datetime
from typing import Any

from aggregator.model import Article, ChangedItem, ItemFilter
from aggregator.model.stories import Hashtag, Trend
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, all_items, claim_one, new_item, outcome, poll, read_page, spec

_TEXT = (
    "Oil prices rose after the Organization of Ports met in Manama on Monday. Traders said that oil prices "
    "may rise again. Fatima Rahman, who leads the harbour, told reporters that Manama expects more ships."
)


def placed(store: Store, *ids: int, now: datetime = NOW) -> list[tuple[str, ...]]:
    """The labels of these items' hashtags, once all that is queued has its place."""
    while store.place_stories(now):
        pass
    found = store.hashtags(ids)
    return [tuple(tag.label for tag in found[one]) for one in ids]


def story(guid: str, *tags: str, **values: Any) -> Any:
    plain = {"title": f"Harbour report {guid}", "text": f"Something else {guid}.", "language": "en"}
    return new_item(guid, tags=tags, **plain | values)


def test_a_publishers_categories_come_first_then_the_phrases_of_its_text(store: Store) -> None:
    item = story("1", "Oil prices", "News", title="Oil prices rise as ports meet", text=_TEXT)
    poll(store, item)
    (labels,) = placed(store, 1)
    assert labels[0] == "OilPrices"
    assert "News" not in labels
    assert "Manama" in labels


def test_what_a_page_says_that_it_is_about_is_among_its_hashtags(store: Store) -> None:
    poll(store, story("1", page_due_at=NOW))
    assert "Dredging" not in placed(store, 1)[0]
    read_page(
        store, 1, Article(text="The port of Norhaven is dredged.", html="", tags=("Dredging", "Norhaven"))
    )
    placed(store, 1)
    found = {tag.label: tag.source for tag in store.hashtags([1])[1]}
    assert found["Norhaven"] == "page"
    assert found["Dredging"] == "page"


def test_a_pages_tags_count_although_its_text_is_not_taken(store: Store) -> None:
    poll(store, story("1", page_due_at=NOW))
    placed(store, 1)
    read_page(store, 1, None, result="from_feed", tags=("Dredging",))
    assert "Dredging" in placed(store, 1)[0]


def test_hashtags_are_made_again_when_the_feed_changes_its_categories(store: Store) -> None:
    poll(store, story("1", "Tides"))
    assert "Tides" in placed(store, 1)[0]
    feed = claim_one(store)
    changed = ChangedItem(id=1, item=story("1", "Harbours"))
    store.record_poll(outcome(feed, changed=(changed,)))
    assert "Harbours" in (labels := placed(store, 1)[0])
    assert "Tides" not in labels


def test_what_an_outlet_puts_on_everything_is_no_hashtag(store: Store) -> None:
    poll(store, *(story(str(n), "Courier Plus", f"Topic{n}") for n in range(1, 9)))
    for number, labels in enumerate(placed(store, *range(1, 9)), 1):
        assert f"Topic{number}" in labels
        assert "CourierPlus" not in labels


def test_a_phrase_below_every_article_of_an_outlet_says_nothing(store: Store) -> None:
    bye = " Follow Harbour Weekly Podcast wherever you listen to Harbour Weekly Podcast."
    texts = ("The ferry sank.", "Bread is dear.", "Snow fell.", "A bridge opened.", "Bees swarmed.")
    poll(store, *(story(str(n), title=text, text=text + bye) for n, text in enumerate(texts, 1)))
    assert all("HarbourWeeklyPodcast" not in labels for labels in placed(store, 1, 2, 3, 4, 5))


def test_hashtags_are_read_back_whole_the_strongest_first(store: Store) -> None:
    poll(store, story("1", "Oil", "Ports", title="Oil at sea", text="Nothing."))
    placed(store, 1)
    assert store.hashtags([1, 7]) == {
        1: (
            Hashtag(key="oil", label="Oil", source="publisher", weight=0.9),
            Hashtag(key="port", label="Ports", source="publisher", weight=0.55),
        ),
        7: (),
    }


def test_a_tag_with_a_hash_finds_hashtags_however_they_are_spelt(store: Store) -> None:
    poll(store, story("1", "Oil prices"), story("2", "#MeToo"), story("3"))
    placed(store, 1, 2, 3)

    def found(tag: str) -> list[int]:
        return sorted(item.id for item in store.items(ItemFilter(tag=tag)))

    assert found("#oilprice") == [1]
    assert found("#Oil-Prices") == [1]
    assert found("oilprice") == []
    assert found("oil prices") == [1]
    assert found("#metoo") == [2]


def test_an_outlets_tag_is_found_with_and_without_a_hash(store: Store) -> None:
    store.sync_feeds([spec("A", tags=("gulf",)), spec("B")], NOW)
    poll(store, new_item("1"), outlet="A")
    poll(store, new_item("2"), outlet="B")
    assert [item.id for item in store.items(ItemFilter(tag="gulf"))] == [1]
    assert [item.id for item in store.items(ItemFilter(tag="#Gulf"))] == [1]


def test_hashtags_go_with_their_item(store: Store) -> None:
    poll(store, story("1", "Oil", published=NOW - 400 * DAY))
    placed(store, 1)
    store.prune(NOW + 500 * DAY, 30 * DAY)
    assert all_items(store) == {}
    assert store.hashtags([1]) == {1: ()}


# ── trends ───────────────────────────────────────────────────────────────────────────────────


def newsroom(store: Store) -> None:
    """Two outlets: of the last day "Flood" is everywhere, "Weather" as every day, "Fair" at one outlet."""
    store.sync_feeds([spec("A"), spec("B")], NOW)
    for outlet in ("A", "B"):
        before = [
            story(f"{outlet}-{day}-{n}", "Weather", f"Topic {outlet}{day}", published=NOW - day * DAY)
            for day in range(2, 8)
            for n in range(2)
        ]
        today = [
            story(f"{outlet}-today-{n}", "Flood", "Weather", published=NOW - (2 + n) * HOUR) for n in range(2)
        ]
        fair = [story(f"fair-{n}", "Fair", published=NOW - HOUR) for n in range(3)] if outlet == "B" else []
        poll(store, *before, *today, *fair, outlet=outlet)
    placed(store)


def test_what_several_outlets_tag_more_than_before_is_a_trend(store: Store) -> None:
    newsroom(store)
    (trend,) = (
        one
        for one in store.trends(ItemFilter(), since=NOW - DAY, until=NOW)
        if one.label in ("Flood", "Weather", "Fair")
    )
    assert trend == Trend(
        key="flood",
        label="Flood",
        items=4,
        outlets=2,
        expected=0.5,
        score=trend.score,
        course=(0, 0, 0, 0, 0, 0, 0, 4),
    )
    assert trend.score > 4


def test_one_outlet_makes_a_trend_where_it_is_the_only_one_asked_for(store: Store) -> None:
    newsroom(store)
    found = store.trends(ItemFilter(outlets=("B",)), since=NOW - DAY, until=NOW)
    assert {"Flood", "Fair"} <= {one.label for one in found}


def test_copies_count_once_in_trends(store: Store) -> None:
    store.sync_feeds([spec("A"), spec("B")], NOW)
    for outlet in ("A", "B"):
        poll(store, new_item("1", tags=("Flood",), canonical_url="https://wire.example/1"), outlet=outlet)
    placed(store)
    assert store.trends(ItemFilter(), since=NOW - DAY, until=NOW + HOUR) == ()


def test_there_are_no_trends_without_items(store: Store) -> None:
    assert store.trends(ItemFilter(), since=NOW - DAY, until=NOW) == ()
