"""What goes out comes back: title, link, date and text, through feedparser and through our own parser."""

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import BytesIO
from time import struct_time
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings

from aggregator.core.parse import parse_feed
from aggregator.core.sanitize import clean_html, html_to_text
from aggregator.errors import ParseError
from aggregator.export import atom, jsonfeed, rss
from aggregator.export.text import iso, printable
from aggregator.model import Item
from tests.conftest import SHARED, needs_shared
from tests.export.making import (
    assert_valid_atom,
    assert_valid_json_feed,
    assert_valid_rss,
    full_item,
    item_of,
    make_feed,
    make_item,
    words,
)
from tests.export.strategies import stored_items

Told = tuple[str, str, str, str]
ADDRESS = "https://news.example/feed"
RENDERERS = {"atom": atom.render, "rss": rss.render, "json": jsonfeed.render}
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(items: Iterable[Item]) -> list[Told]:
    """What a reader should learn of each item."""
    return [
        (
            printable(item.title),
            item.url,
            iso(item.published or item.first_seen),
            words(printable(text_of(item))),
        )
        for item in items
    ]


def text_of(item: Item) -> str:
    if item.content_html:
        return html_to_text(clean_html(item.content_html, item.base_url)) or item.text
    return item.text


def read_by_feedparser(document: str) -> list[Told]:
    read = feedparser.parse(BytesIO(document.encode()), sanitize_html=False, resolve_relative_uris=False)
    assert not read.bozo
    return [_told_by(entry) for entry in read.entries]


def _told_by(entry: Any) -> Told:
    detail = entry.get("title_detail", {"value": "", "type": "text/plain"})
    title = html.unescape(detail["value"]) if detail["type"] == "text/html" else detail["value"]
    content = [one.value for one in entry.get("content", ()) if one.type == "text/html"]
    link = next((one.href for one in entry.get("links", ()) if one.rel == "alternate"), "")
    return title, link, _date(entry.published_parsed), words(html_to_text("".join(content)))


def _date(parsed: struct_time) -> str:
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6])


def read_as_json(document: str) -> list[Told]:
    return [
        (
            item.get("title", ""),
            item.get("url", ""),
            item["date_published"],
            words(html_to_text(item.get("content_html", ""))),
        )
        for item in json.loads(document)["items"]
    ]


@pytest.mark.parametrize("render", [atom.render, rss.render])
@slow
@given(items=stored_items)
def test_feedparser_reads_back_every_title_link_date_and_text(render: Any, items: list[Item]) -> None:
    assert read_by_feedparser(render(make_feed(), items)) == told(items)


@slow
@given(items=stored_items)
def test_a_json_reader_reads_back_every_title_link_date_and_text(items: list[Item]) -> None:
    assert read_as_json(jsonfeed.render(make_feed(), items)) == told(items)


def test_feedparser_reads_back_authors_tags_language_files_and_source() -> None:
    document = atom.render(make_feed(), [full_item()])
    (entry,) = feedparser.parse(BytesIO(document.encode())).entries
    assert [author.name for author in entry.authors] == ["Layla Ali", "Omar Saïd"]
    assert [tag.term for tag in entry.tags] == ["Roads", "Traffic & transport"]
    assert entry.title_detail.language == "en-GB"
    assert [(one.href, one.get("type"), one.get("length")) for one in entry.enclosures] == [
        ("https://gulf.example/bridge.mp3", "audio/mpeg", "1234"),
        ("https://gulf.example/bridge.bin", "application/octet-stream", None),
    ]
    assert (entry.source.id, entry.source.title) == ("https://gulf.example/feed/", "Gulf Insider")


def imported(document: str, like: Sequence[Item]) -> list[Item]:
    """Our own export, parsed as any feed is and stored again as what it was."""
    parsed = parse_feed(document.encode(), url=ADDRESS, headers={}).items
    return [
        # the parser shortens summaries; a lead image is only taken from a page
        replace(item_of(one, item.id, item.text), summary=item.summary, image=item.image)
        for one, item in zip(parsed, like, strict=True)
    ]


@pytest.mark.parametrize("kind", RENDERERS)
def test_an_export_that_is_imported_and_exported_again_is_the_same(kind: str) -> None:
    render = RENDERERS[kind]
    bare = make_item(id=2, guid="2", key="2", title="1 < 2 & 3", summary="", text="", content_html="")
    items = [full_item(), bare]
    once = render(make_feed(), items)
    assert render(make_feed(), imported(once, items)) == once


def spaced(document: str) -> str:
    """A document for comparison: HTML parsers drop a line end after <pre>, one more each time."""
    return "".join(document.replace("\\n", "").split())


def captured() -> list[Any]:
    folder = SHARED / "corpus" / "feeds" / "real"
    return sorted(folder.iterdir()) if folder.is_dir() else []


@needs_shared
@pytest.mark.parametrize("path", captured(), ids=lambda path: path.name)
def test_captured_feeds_go_out_valid_and_come_back_whole(path: Any) -> None:
    try:
        feed = parse_feed(path.read_bytes(), url=ADDRESS, headers={})
    except ParseError:
        return
    items = [
        item_of(one, number, html_to_text(one.content_html)) for number, one in enumerate(feed.items[:10], 1)
    ]
    documents = {kind: render(make_feed(), items) for kind, render in RENDERERS.items()}
    assert_valid_atom(documents["atom"])
    assert_valid_rss(documents["rss"])
    assert_valid_json_feed(documents["json"])
    expected = told(items)
    assert read_by_feedparser(documents["atom"]) == expected
    assert read_by_feedparser(documents["rss"]) == expected
    assert read_as_json(documents["json"]) == expected
    for kind, render in RENDERERS.items():
        again = render(make_feed(), imported(documents[kind], items))
        assert spaced(render(make_feed(), imported(again, items))) == spaced(again)
