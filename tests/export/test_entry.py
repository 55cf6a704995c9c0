"""What every feed format says of an item: ids that last, dates that stand, HTML that is clean."""

import uuid

import pytest

from aggregator.export.entry import entries, entry_id, paragraphs
from aggregator.model import Enclosure, Item
from tests.export.making import PUBLISHED, SEEN, bare_item, make_feed, make_item


def urn(feed: str, name: str) -> str:
    return uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, feed), name).urn


@pytest.mark.parametrize(
    "guid",
    [
        "https://gulf.example/?p=1",
        "tag:gulf.example,2026:1",
        "urn:isbn:0451450523",
        "http://пример.example/é",
    ],
)
def test_a_guid_that_is_an_absolute_uri_is_the_id(guid: str) -> None:
    assert entry_id(make_item(guid=guid), shared_guids=()) == guid


@pytest.mark.parametrize(
    "guid",
    ["1", "N/A", "/bridge", "a b:c", "Update: bridge opens", "https:", "http://x/\x00", "http://x/ y", "0",
     "javascript:alert(1)", "data:text/html,x"],
)  # fmt: skip
def test_any_other_guid_gives_a_uuid_of_feed_and_guid(guid: str) -> None:
    item = make_item(guid=guid, key=guid)
    assert entry_id(item, shared_guids=()) == urn(item.feed, guid)


def test_a_guid_that_several_items_carry_is_no_id() -> None:
    guid = "https://gulf.example/?p=1"
    ours, theirs = make_item(), make_item(id=2, feed="https://other.example/feed")
    assert entry_id(ours, shared_guids={guid}) == urn(ours.feed, guid)
    assert entry_id(ours, shared_guids={guid}) != entry_id(theirs, shared_guids={guid})


def test_guids_shared_among_the_rendered_items_are_noticed() -> None:
    items = (make_item(id=2, feed="https://other.example/feed"), make_item(id=1))
    ids = [entry.id for entry in entries(make_feed(), items)]
    assert ids == [urn("https://other.example/feed", items[0].guid), urn(items[1].feed, items[1].guid)]


def test_items_of_one_feed_that_share_a_guid_are_told_apart_by_their_keys() -> None:
    items = [make_item(id=n, guid="N/A", key=key) for n, key in enumerate(("N/A", "N/A https://x/2"), 1)]
    alone = entries(make_feed(), items[1:])
    assert alone[0].id == entries(make_feed(), items)[1].id
    assert len({entry.id for entry in entries(make_feed(), items)}) == 2


def test_an_item_without_guid_takes_its_link_for_its_id() -> None:
    item = make_item(guid="", key="")
    assert entry_id(item, shared_guids=()) == urn(item.feed, item.url)


def test_no_two_entries_carry_one_id_and_the_first_stored_keeps_its_own() -> None:
    items = [make_item(id=2, guid="", key=""), make_item(id=1, guid="", key="")]
    second, first = entries(make_feed(), items)
    assert first.id == urn(items[1].feed, items[1].url)
    assert second.id != first.id


def test_an_undated_item_is_dated_by_when_it_was_first_seen() -> None:
    entry = entries(make_feed(), [make_item(published=None)])[0]
    assert (entry.published, entry.updated) == (SEEN, SEEN)
    entry = entries(make_feed(), [make_item()])[0]
    assert (entry.published, entry.updated) == (PUBLISHED, PUBLISHED)


def content(item: Item) -> str:
    return entries(make_feed(), [item])[0].html


def test_html_is_cleaned_and_its_addresses_made_absolute() -> None:
    html = '<p onclick="x()">A <a href="/b">b</a><script>alert(1)</script></p>'
    clean = content(make_item(content_html=html, text="A b", base_url="https://gulf.example/"))
    assert "https://gulf.example/b" in clean
    assert "alert" not in clean
    assert "onclick" not in clean


def test_text_without_html_becomes_paragraphs() -> None:
    item = make_item(content_html="", text="1 < 2 & so on\n\nOne line\nand another")
    assert content(item) == "<p>1 &lt; 2 &amp; so on</p>\n<p>One line<br>\nand another</p>"


def test_html_without_a_word_does_not_hide_the_text() -> None:
    assert content(make_item(content_html="<script>x</script><div></div>", text="News")) == "<p>News</p>"


def test_html_without_a_tag_is_still_html() -> None:
    assert (
        content(make_item(content_html="Fish &amp; chips &lt;3", text="")) == "<p>Fish &amp; chips &lt;3</p>"
    )


def test_a_teaser_in_html_does_not_stand_for_the_whole_text() -> None:
    item = make_item(content_html="<p>The bridge…</p>", text="The bridge opened today after years of work.")
    assert content(item) == "<p>The bridge opened today after years of work.</p>"


def test_a_summary_feed_holds_no_text() -> None:
    assert entries(make_feed(content="summary"), [make_item()])[0].html == ""


def test_only_web_addresses_become_links() -> None:
    item = make_item(
        url="javascript:alert(1)",
        enclosures=(Enclosure(url="javascript:alert(2)"), Enclosure(url="HTTPS://gulf.example/a.mp3")),
    )
    entry = entries(make_feed(), [item])[0]
    assert entry.url == ""
    assert [one.url for one in entry.enclosures] == ["HTTPS://gulf.example/a.mp3"]


@pytest.mark.parametrize("kind", [None, "", "mp3", "audio/", "/mpeg", "audio mpeg/x"])
def test_a_file_of_no_known_type_is_bytes_and_not_a_page(kind: str | None) -> None:
    file = Enclosure(url="https://gulf.example/a", type=kind)
    assert entries(make_feed(), [make_item(enclosures=(file,))])[0].enclosures == (
        Enclosure(url="https://gulf.example/a", type="application/octet-stream"),
    )


def test_names_and_tags_are_told_once_each() -> None:
    entry = entries(make_feed(), [make_item(authors=("A\n B", "A B", " "), tags=("x", "", "x", "X"))])[0]
    assert (entry.authors, entry.tags) == (("A B",), ("x", "X"))


@pytest.mark.parametrize(
    ("language", "tag"), [("en_GB", "en-GB"), ("ar", "ar"), ("english!", None), ("", None), (None, None)]
)
def test_only_a_language_tag_is_a_language(language: str | None, tag: str | None) -> None:
    assert entries(make_feed(), [make_item(language=language)])[0].language == tag


def test_an_item_with_nothing_is_an_entry_all_the_same() -> None:
    entry = entries(make_feed(), [bare_item()])[0]
    assert entry.id.startswith("urn:uuid:")
    assert (entry.title, entry.html) == ("", "")


def test_paragraphs_of_nothing_are_nothing() -> None:
    assert paragraphs(" \n\n ") == ""
