"""What a poll writes: items new, changed and known, in one transaction."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.model import (
    Article,
    ArticleOutcome,
    ChangedItem,
    DateClaim,
    Enclosure,
    Item,
    ItemFilter,
    KnownItem,
    Recorded,
)
from aggregator.store import Store
from tests.store.press import (
    DAY,
    HOUR,
    NOW,
    all_items,
    claim_one,
    digest,
    lease,
    new_item,
    outcome,
    parsed,
    poll,
    read_page,
    rows,
    spec,
)


def change(store: Store, item_id: int, *, now: datetime = NOW + HOUR, **values: Any) -> Item:
    """A poll in which a stored item's entry says something else; the item afterwards."""
    changed = ChangedItem(id=item_id, item=new_item(str(item_id), **values))
    poll(store, changed=(changed,), now=now)
    item = store.item(item_id)
    assert item is not None
    return item


def test_a_new_item_comes_back_as_it_was_given(store: Store) -> None:
    entry = parsed(
        "tag:1",
        summary="Summary",
        content_html="<p>Content</p>",
        authors=("Ann", "Ben"),
        tags=("Gulf", "World"),
        updated=NOW - HOUR,
        enclosures=(
            Enclosure(url="https://x.example/1.mp3", type="audio/mpeg", length=9),
            Enclosure(url="u"),
        ),
    )
    store.sync_feeds([spec(tags=("bahrain",), language="en")], NOW)
    item = new_item(
        "tag:1",
        entry=entry,
        canonical_url="https://x.example/1",
        text="Text",
        published=NOW - DAY,
        language="en-GB",
        page_due_at=NOW,
    )
    recorded = poll(store, item, title="The Insider", site_url="https://gulf-insider.example/")
    assert recorded == Recorded(written=True, new_ids=(1,))
    assert store.item(1) == Item(
        id=1,
        outlet="Gulf Insider",
        feed="https://gulf-insider.example/feed",
        feed_title="The Insider",
        site_url="https://gulf-insider.example/",
        guid="tag:1",
        key="tag:1",
        url="https://gulf-insider.example/tag:1",
        canonical_url="https://x.example/1",
        title="Title tag:1",
        summary="Summary",
        text="Text",
        text_source="feed",
        content_html="<p>Content</p>",
        base_url="https://gulf-insider.example/",
        authors=("Ann", "Ben"),
        published=NOW - DAY,
        published_source="feed",
        published_earliest=NOW - DAY,
        published_latest=NOW - DAY,
        first_seen=NOW,
        updated=NOW - HOUR,
        language="en-GB",
        tags=("Gulf", "World"),
        outlet_tags=("bahrain",),
        enclosures=(
            Enclosure(url="https://x.example/1.mp3", type="audio/mpeg", length=9),
            Enclosure(url="u"),
        ),
        duplicate_of=None,
        relation=None,
        page_due_at=NOW,
    )


def test_an_item_with_nothing_in_it_is_stored(store: Store) -> None:
    bare = parsed("", url="", title="", summary="", content_html="", base_url="")
    poll(store, new_item(entry=bare, key="digest", text="", text_source=None))
    (item,) = store.items()
    assert (item.guid, item.url, item.title, item.text, item.text_source) == ("", "", "", "", None)


def test_an_empty_poll_changes_nothing_but_the_feed(store: Store) -> None:
    poll(store, new_item())
    before = all_items(store)
    assert poll(store, result="not_modified", now=NOW + HOUR) == Recorded(written=True)
    assert all_items(store) == before


def test_a_key_that_is_stored_by_now_is_an_edit_and_not_a_second_item(store: Store) -> None:
    poll(store, new_item("1"))
    window = ((b"aaaaaaaa", None, 0), (b"bbbbbbbb", None, 1))
    recorded = poll(store, new_item("1", title="Edited"), new_item("2"), window=window, now=NOW + HOUR)
    assert recorded.new_ids == (2,)
    assert {item.id: item.title for item in store.items()} == {1: "Edited", 2: "Title 2"}
    assert [entry.item_id for entry in claim_one(store).window] == [1, 2]


def test_one_key_twice_in_a_poll_is_one_item(store: Store) -> None:
    window = ((b"aaaaaaaa", None, 0), (b"bbbbbbbb", None, 1))
    assert poll(store, new_item("1"), new_item("1", title="Again"), window=window).new_ids == (1,)
    assert [entry.item_id for entry in claim_one(store).window] == [1, 1]


def test_one_key_in_two_feeds_is_two_items(store: Store) -> None:
    poll(store, new_item("1"), outlet="A")
    assert poll(store, new_item("1"), outlet="B").new_ids == (2,)


def test_keys_and_guids_are_told_apart_by_case(store: Store) -> None:
    # FreshRSS#2077
    assert poll(store, new_item("a"), new_item("A")).new_ids == (1, 2)
    assert [item.id for item in store.known_items(1, guids=["A"])] == [2]


def test_an_id_is_never_used_again(store: Store) -> None:
    poll(store, new_item("1"), new_item("2"))
    store.purge([spec().url])
    assert poll(store, new_item("3")).new_ids == (3,)


# ── what identity asks for ───────────────────────────────────────────────────────────────────


def test_known_items_are_found_by_guid_link_and_key(store: Store) -> None:
    poll(store, *[new_item(str(n)) for n in range(1, 6)])
    poll(store, new_item("1"), outlet="Other")
    (feed,) = [feed.feed for feed in store.health() if feed.outlet == "Gulf Insider"]
    assert feed == spec().url
    url = new_item("2").canonical_url
    found = store.known_items(1, guids=["1", "nothing"], canonical_urls=[url], titles=[], keys=["3"])
    assert [item.id for item in found] == [1, 2, 3]
    assert found[0] == KnownItem(
        id=1,
        key="1",
        guid="1",
        canonical_url=new_item("1").canonical_url,
        title="Title 1",
        digest=new_item("1").digest,
    )
    assert store.known_items(1) == ()


def test_a_title_finds_only_what_nothing_better_names(store: Store) -> None:
    nameless = parsed("", url="", title="Briefing")
    poll(store, new_item("1", title="Briefing"), new_item(entry=nameless, key="k"))
    assert [item.key for item in store.known_items(1, titles=["Briefing"])] == ["k"]


def test_an_item_is_known_by_its_feeds_link_whatever_its_page_calls_canonical(store: Store) -> None:
    item = new_item("1", page_due_at=NOW)
    poll(store, item)
    read_page(store, 1, Article(text="Text", html=""), canonical_url="https://elsewhere.example/canonical")
    (known,) = store.known_items(1, canonical_urls=[item.canonical_url])
    assert known.canonical_url == item.canonical_url
    assert all_items(store)[1].canonical_url == "https://elsewhere.example/canonical"


# ── edits ────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_rewrites_what_the_feed_states(store: Store) -> None:
    poll(store, new_item("1", tags=("Old",), enclosures=(Enclosure(url="https://x.example/a.mp3"),)))
    item = change(store, 1, title="Edited", summary="New", text="New text", tags=("New",), authors=("Ann",))
    assert (item.title, item.summary, item.text) == ("Edited", "New", "New text")
    # An update that drops enclosures drops them (miniflux ffed2b4f).
    assert (item.tags, item.authors, item.enclosures) == (("New",), ("Ann",), ())
    assert (item.first_seen, item.updated) == (NOW, NOW + HOUR)
    assert [item.id for item in store.items(ItemFilter(tag="new"))] == [1]
    assert list(store.items(ItemFilter(tag="old"))) == []


def test_an_edit_is_dated_as_the_publisher_says_when_that_is_news(store: Store) -> None:
    poll(store, new_item("1", updated=NOW - DAY))
    assert change(store, 1, title="B", updated=NOW - HOUR).updated == NOW - HOUR
    assert change(store, 1, title="C", updated=NOW - HOUR, now=NOW + 2 * HOUR).updated == NOW + 2 * HOUR


def test_a_bumped_date_does_not_bring_an_old_item_up_again(store: Store) -> None:
    # python/planet#570
    poll(store, new_item("1", published=NOW - 9 * DAY))
    item = change(store, 1, title="Edited", published=NOW)
    assert (item.published, item.sort_at) == (NOW - 9 * DAY, NOW - 9 * DAY)


def test_an_edit_may_set_the_date_back(store: Store) -> None:
    poll(store, new_item("1", published=NOW))
    item = change(store, 1, title="Edited", published=NOW - DAY)
    assert (item.published, item.sort_at) == (NOW - DAY, NOW - DAY)


def test_a_date_that_the_feed_brings_later_is_taken(store: Store) -> None:
    poll(store, new_item("1"))
    item = change(store, 1, published=NOW - DAY)
    assert (item.published, item.published_source, item.sort_at) == (NOW - DAY, "feed", NOW - DAY)


def test_an_item_without_a_date_keeps_the_time_it_was_first_seen(store: Store) -> None:
    poll(store, new_item("1"))
    item = change(store, 1, title="Edited")
    assert (item.published, item.first_seen, item.sort_at) == (None, NOW, NOW)


def test_an_edit_of_a_deleted_item_changes_nothing(store: Store) -> None:
    poll(store, new_item("1"))
    changed = ChangedItem(id=77, item=new_item("77"))
    assert poll(store, changed=(changed,), now=NOW + HOUR).written
    assert list(all_items(store)) == [1]


def test_a_back_dated_new_item_is_listed_by_its_date_and_seen_by_its_id(store: Store) -> None:
    # Edge case 35: the list goes by the earlier of the two dates; ids go by arrival.
    poll(store, new_item("1", published=NOW - DAY))
    poll(store, new_item("2", published=NOW - 9 * DAY), now=NOW + HOUR)
    assert [item.id for item in store.items()] == [1, 2]
    assert all_items(store)[2].first_seen == NOW + HOUR


def test_a_future_date_does_not_pin_an_item_to_the_top(store: Store) -> None:
    poll(store, new_item("1", published=NOW + 9 * DAY))
    poll(store, new_item("2"), now=NOW + HOUR)
    assert [item.id for item in store.items()] == [2, 1]


# ── texts from outside ───────────────────────────────────────────────────────────────────────


def test_nul_and_lone_surrogates_do_not_break_the_insert(store: Store) -> None:
    # Edge case 43
    odd = parsed(
        "a\x00\ud800b",
        title="A\x00B",
        summary="half \udc00 pair \ud83d\ude00",
        content_html="\x00",
        authors=("\ud800",),
        tags=("t\x00ag", "TAG", "\\u0000"),
        url="https://x.example/\x00\ud800",
    )
    poll(store, new_item(entry=odd, key="a\x00\ud800b", text="text \x00\ud800", language="e\x00n"))
    (item,) = store.items()
    assert (item.guid, item.key, item.title) == ("a\ufffdb", "a\ufffdb", "AB")
    assert (item.summary, item.text, item.content_html) == ("half \ufffd pair 😀", "text \ufffd", "")
    assert (item.authors, item.tags, item.language) == (("\ufffd",), ("tag", "TAG", "\\u0000"), "en")
    assert [known.id for known in store.known_items(1, guids=["a\x00\ud800b"])] == [1]
    assert poll(store, new_item(entry=odd, key="a\x00\ud800b"), now=NOW + HOUR).new_ids == ()


@pytest.mark.parametrize("length", [3_000, 100_000])
def test_guids_links_titles_and_tags_of_any_length_are_stored_and_found(store: Store, length: int) -> None:
    # PostgreSQL indexes no text of over 2,700 bytes.
    long = "".join(digest(str(n)).hex() for n in range(length // 32))
    entry = parsed(long, url=f"https://x.example/{long}", title=long, tags=(long,))
    poll(store, new_item(entry=entry, key=long, language=long), reason=long)
    (item,) = store.items(ItemFilter(tag=long))
    assert (item.guid, item.language) == (long, long[:35])
    assert len(store.known_items(1, guids=[long], canonical_urls=[entry.url], keys=[long])) == 1
    assert poll(store, new_item(entry=entry, key=long), now=NOW + HOUR).new_ids == ()


# ── the page's text and the feed's ───────────────────────────────────────────────────────────

PAGE = Article(text="The page's text", html="<p>page</p>")


def test_an_edit_in_the_feed_leaves_the_pages_text_until_the_page_is_read_again(store: Store) -> None:
    poll(store, new_item("1", text="Teaser", text_source="summary", page_due_at=NOW))
    read_page(store, 1, PAGE)
    item = change(store, 1, title="Edited", text="Other", text_source="summary", page_due_at=NOW + HOUR)
    assert (item.title, item.text, item.text_source) == ("Edited", "The page's text", "page")
    assert item.page_due_at == NOW + HOUR
    task = read_page(store, 1, Article(text="Longer text", html=""), now=NOW + HOUR)
    assert (task.text, task.text_source) == ("Other", "summary")
    assert all_items(store)[1].text == "Longer text"


def test_a_feed_that_carries_the_full_text_now_takes_the_place_of_the_page(store: Store) -> None:
    poll(store, new_item("1", text="Teaser", text_source="summary", page_due_at=NOW))
    read_page(store, 1, PAGE)
    item = change(store, 1, text="The whole text", text_source="feed", content_html="<p>whole</p>")
    assert (item.text, item.text_source, item.content_html) == ("The whole text", "feed", "<p>whole</p>")
    assert (item.page_due_at, item.base_url) == (None, "https://gulf-insider.example/")


def test_a_summary_never_takes_the_place_of_the_pages_text(store: Store) -> None:
    poll(store, new_item("1", text="Teaser", text_source="summary", page_due_at=NOW))
    read_page(store, 1, PAGE)
    item = change(store, 1, title="Edited", text="Teaser 2", text_source="summary")
    assert (item.text, item.text_source, item.content_html) == ("The page's text", "page", "<p>page</p>")


def test_what_the_page_filled_in_survives_an_edit_that_still_lacks_it(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    said = DateClaim(source="meta", earliest=NOW - DAY, latest=NOW - DAY)
    article = Article(text="Text", html="", authors=("Ann",), language="en", claims=(said,))
    read_page(store, 1, article)
    item = change(store, 1, title="Edited", page_due_at=NOW + HOUR)
    assert (item.authors, item.language, item.published) == (("Ann",), "en", NOW - DAY)


def test_another_link_makes_what_the_old_page_called_canonical_void(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    read_page(store, 1, PAGE, canonical_url="https://elsewhere.example/1")
    assert change(store, 1, page_due_at=NOW, title="Edited").canonical_url == "https://elsewhere.example/1"
    moved = change(store, 1, url="https://gulf-insider.example/moved", now=NOW + 2 * HOUR)
    assert moved.canonical_url == "https://gulf-insider.example/moved"


def test_an_edit_takes_a_page_away_from_whoever_is_reading_it(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    (task,) = store.claim_articles(NOW, lease(), limit=1)
    change(store, 1, title="Edited", page_due_at=NOW + timedelta(minutes=1), now=NOW + timedelta(minutes=1))
    late = ArticleOutcome(
        item_id=1, lease_token=task.lease_token, at=NOW, result="extracted", reason="", article=PAGE
    )
    assert not store.record_article(late)
    assert store.count_articles_due(NOW + HOUR) == 1


def test_a_poll_that_fails_halfway_leaves_nothing(store: Store, url: str) -> None:
    store.sync_feeds([spec()], NOW)
    broken = ((b"short", None, 0), (b"of another length", None, 0))
    with pytest.raises(ValueError, match="one length"):
        store.record_poll(outcome(claim_one(store), new=(new_item("1"),), window=broken))
    assert list(store.items()) == []
    assert rows(url, "SELECT polls FROM feeds") == [(0,)]
    assert rows(url, "SELECT count(*) FROM search_queue") == [(0,)]
