"""Odd feeds of the wild, each beside what we read in it: changing an expectation is a visible diff.

Each ``tests/data/feeds/<what-is-odd>.xml`` (or .json) was fetched, so to speak, from
https://feeds.example/news/feed.xml. After a change that is meant to show,
``python -m tests.core.test_golden_feeds`` writes the expectations anew.
"""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.core.parse import parse_feed
from aggregator.model import ParsedFeed, ParsedItem

FOLDER = Path(__file__).resolve().parent.parent / "data" / "feeds"
FEEDS = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://feeds.example/news/feed.xml"


def _read(path: Path) -> ParsedFeed:
    return parse_feed(path.read_bytes(), url=URL, headers={"content-type": "application/xml"})


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_json(feed: ParsedFeed) -> Any:
    """Without what is empty, so that an expectation shows what was found."""
    found = asdict(feed)
    found["hints"] = {key: value for key, value in found["hints"].items() if value}
    found["items"] = [{key: value for key, value in item.items() if value} for item in found["items"]]
    return json.loads(json.dumps({key: value for key, value in found.items() if value}, default=_plain))


def _expected(path: Path) -> Path:
    return path.with_name(path.stem + ".expected.json")


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_an_odd_feed_is_read_as_expected(path: Path) -> None:
    assert _as_json(_read(path)) == json.loads(_expected(path).read_text())


def test_every_expectation_has_its_feed() -> None:
    assert {_expected(path) for path in FEEDS} == set(FOLDER.glob("*.expected.json"))


def test_no_text_of_a_golden_feed_holds_what_a_database_refuses() -> None:
    texts = [
        text
        for path in FEEDS
        for item in _read(path).items
        for field in ParsedItem.__slots__
        if isinstance(text := getattr(item, field), str)
    ]
    assert all("\x00" not in text and text.encode() for text in texts if text)


if __name__ == "__main__":
    for feed_path in FEEDS:
        text = json.dumps(_as_json(_read(feed_path)), indent=1, ensure_ascii=False)
        _expected(feed_path).write_text(text + "\n")
