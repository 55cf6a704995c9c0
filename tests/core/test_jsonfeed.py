"""JSON documents as feeds (the odd ones are golden pairs in tests/data/feeds)."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.jsonfeed import as_html
from aggregator.core.parse import parse_feed
from aggregator.errors import ParseError
from aggregator.model import Enclosure, ParsedFeed, ParsedItem
from tests.conftest import SHARED, needs_shared

URL = "https://news.example/feed.json"


def parsed(document: Any) -> ParsedFeed:
    return parse_feed(json.dumps(document).encode(), url=URL, headers={})


def feed(*items: object, **more: object) -> dict[str, object]:
    return {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": list(items), **more}


def test_every_field_of_json_feed_is_read() -> None:
    item = {
        "id": "1", "url": "https://news.example/1", "title": "One", "content_html": "<p>Text</p>",
        "content_text": "Text", "summary": "S & s", "date_published": "2026-11-20T10:00:00Z",
        "date_modified": "2026-11-20T11:00:00Z", "authors": [{"name": "Ann"}, {"name": "Bob"}],
        "tags": ["a", "b"], "language": "de", "attachments": [{"url": "a.mp3",
        "mime_type": "audio/mpeg", "size_in_bytes": 12}],
    }  # fmt: skip
    assert parsed(feed(item, home_page_url="https://news.example/", language="en")) == ParsedFeed(
        version="json11",
        title="T",
        url="https://news.example/",
        language="en",
        items=(
            ParsedItem(
                guid="1",
                url="https://news.example/1",
                title="One",
                summary="S & s",
                content_html="<p>Text</p>",
                base_url="https://news.example/1",
                authors=("Ann", "Bob"),
                tags=("a", "b"),
                published=datetime(2026, 11, 20, 10, tzinfo=UTC),
                updated=datetime(2026, 11, 20, 11, tzinfo=UTC),
                language="de",
                enclosures=(Enclosure(url="https://news.example/a.mp3", type="audio/mpeg", length=12),),
            ),
        ),
    )


def test_version_1_has_one_author_and_1_1_a_list() -> None:
    old = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "author": {"name": "Ann"}}]}
    assert parsed(old).version == "json1"
    assert parsed(old).items[0].authors == ("Ann",)


def test_an_item_without_authors_has_its_feeds() -> None:
    assert parsed(feed({"id": "1"}, authors=[{"name": "Desk"}])).items[0].authors == ("Desk",)


@pytest.mark.parametrize("identity", [7, 7.0, "7"])
def test_an_id_is_the_same_as_number_and_as_text(identity: object) -> None:
    assert parsed(feed({"id": identity})).items[0].guid == "7"


def test_a_feed_without_items_is_a_feed() -> None:
    assert parsed(feed()).items == ()
    assert parsed({"rss": {"channel": {"title": "T"}}}).items == ()


@pytest.mark.parametrize(
    ("body", "looks_like"),
    [
        (b'{"a": 1}', "a JSON document that is not a feed"),
        (b'{"items": [1, 2]}', "a JSON document that is not a feed"),
        (b"[1, 2]", "a JSON document that is not a feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": ', "cut short or malformed"),
        (b"[" * 100_000, "cut short or malformed"),
        (b'{"a":' * 100_000, "cut short or malformed"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "cut short or malformed"),
    ],
    ids=range(7),
)
def test_json_that_is_no_feed_says_so(body: bytes, looks_like: str) -> None:
    with pytest.raises(ParseError, match=looks_like):
        parse_feed(body, url=URL, headers={})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_obstacle(encoding: str) -> None:
    body = json.dumps(feed({"id": "ü"}), ensure_ascii=False).encode(encoding)
    assert parse_feed(body, url=URL, headers={}).items[0].guid == "ü"


def test_plain_text_becomes_html_with_the_same_lines() -> None:
    assert as_html("a < b\nc\r\n\r\nd\n\n") == "<p>a &lt; b<br>c</p><p>d</p>"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published",
     "date_modified", "author", "authors", "tags", "language", "attachments"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(VALUES | st.dictionaries(KEYS, VALUES), max_size=4), st.dictionaries(KEYS, VALUES))
def test_any_values_give_a_feed(items: list[Any], more: dict[str, Any]) -> None:
    found = parsed(feed(*items, **{key: value for key, value in more.items() if key != "items"}))
    assert len(found.items) == sum(isinstance(item, dict) for item in items)


@settings(deadline=None)
@given(VALUES)
def test_any_json_gives_a_feed_or_a_parse_error(document: Any) -> None:
    for wrapped in (
        document,
        {"rss": document},
        {"rss": {"channel": document}},
        {"channel": {"item": document}},
    ):
        with suppress(ParseError):
            assert parsed(wrapped).version


@needs_shared
def test_every_captured_json_feed_gives_all_its_items() -> None:
    short = []
    for path in sorted((SHARED / "corpus/feeds/real").glob("*.json")):
        document = json.loads(path.read_bytes())
        items = document["items"] if "items" in document else document["rss"]["channel"]["item"]
        found = parse_feed(path.read_bytes(), url=URL, headers={})
        if len(found.items) != len(items) or not all(item.guid or item.url for item in found.items):
            short.append(path.name)
    assert not short


def test_a_document_of_nothing_but_objects_is_refused_before_it_is_read() -> None:
    """Ten megabytes of "{}," once took 690 MB."""
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b'{"":0},' * 200_000 + b"{}]}"
    with pytest.raises(ParseError, match="more objects and lists than a feed needs"):
        parse_feed(body, url="https://h.example/", headers={})
