"""Saved searches as feeds."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.config import PublishConfig, SearchConfig
from aggregator.errors import UsageError
from aggregator.publish import publish_searches
from aggregator.saved import feed_of, named, slugs
from aggregator.store import Store
from tests.export.making import make_feed
from tests.store.press import DAY, HOUR, NOW, new_item, poll

OIL = SearchConfig(name="Oil & gas", query="oil OR gas -stock after:7d")


def test_a_slug_is_plain_and_no_two_are_alike() -> None:
    first, again, other, mixed = slugs(["Oil & gas", "OIL gas", "東京", "Zürich 東京"])
    assert first == "oil-gas"
    assert re.fullmatch(r"oil-gas-[0-9a-f]{8}", again)
    assert re.fullmatch(r"[0-9a-f]{8}", other)
    assert re.fullmatch(r"zurich-[0-9a-f]{8}", mixed)
    assert slugs(["../../etc/passwd", "CON"]) == ("etc-passwd", "con")


def test_a_saved_search_is_known_by_its_name_ignoring_case() -> None:
    assert named([OIL], " oil & GAS ") == OIL
    with pytest.raises(UsageError, match='there is no saved search "x"; there are "Oil & gas"'):
        named([OIL], "x")
    with pytest.raises(UsageError, match=r"feeds.toml has no \[\[search\]\]"):
        named([], "x")


def test_the_feed_of_a_saved_search_keeps_its_id_while_its_query_changes() -> None:
    feed = feed_of(make_feed(), OIL)
    assert (feed.title, feed.id) == ("Oil & gas", feed_of(make_feed(), replace(OIL, query="oil")).id)
    assert feed.id not in (make_feed().id, feed_of(make_feed(), replace(OIL, name="Gas")).id)
    assert feed.id.startswith("urn:uuid:")


def test_each_saved_search_is_published_as_a_feed_of_what_it_finds(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'news.db'}")
    poll(
        store,
        new_item("1", title="Oil rises", published=NOW - DAY),
        new_item("2", title="Gas falls", published=NOW - HOUR),
        new_item("3", title="Oil stock", published=NOW - HOUR),
        new_item("4", title="Oil of old", published=NOW - 9 * DAY),
    )
    while store.index_pending():
        pass
    config = PublishConfig(
        directory=tmp_path / "public",
        formats=("atom", "json", "jsonl", "opml"),
        base_url="https://x.example/",
    )

    published = publish_searches(config, store, [OIL], now=NOW)

    folder = tmp_path / "public" / "search"
    assert published.written == (folder / "oil-gas.atom", folder / "oil-gas.json")
    atom = (folder / "oil-gas.atom").read_text()
    made = json.loads((folder / "oil-gas.json").read_text())
    assert (made["title"], [each["title"] for each in made["items"]]) == (
        OIL.name,
        ["Gas falls", "Oil rises"],
    )
    assert 'href="https://x.example/search/oil-gas.atom"' in atom
    assert publish_searches(config, store, [OIL], now=NOW).written == ()
    assert publish_searches(config, store, [], now=NOW).written == ()
    store.close()
