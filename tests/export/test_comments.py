"""Comments in every format: counted and named in its own words, and read back as they were."""

import json

import pytest

from aggregator.core.parse import parse_feed
from aggregator.export import atom, jsonfeed, rss
from aggregator.export.feed import FeedInfo
from aggregator.model import Item
from tests.export.making import SEEN, make_item

INFO = FeedInfo(id="urn:uuid:6f2d1c1e-5d3c-4f0e-9b1a-000000000001", title="News", updated=SEEN)
TALKED_OF = make_item(
    comments=7, comments_url="https://gulf.example/bridge#c", comments_feed="https://gulf.example/bridge/feed"
)
SILENT = make_item(id=2, guid="https://gulf.example/?p=2", key="2")


def read_back(document: str) -> list[tuple[int | None, str, str]]:
    feed = parse_feed(document.encode(), url="https://news.example/feed", headers={})
    return [(item.comments, item.comments_url, item.comments_feed) for item in feed.items]


@pytest.mark.parametrize("kind", [atom, rss, jsonfeed], ids=["atom", "rss", "json"])
def test_comments_come_back_as_they_went_out(kind: object) -> None:
    document = kind.render(INFO, [TALKED_OF, SILENT])  # type: ignore[attr-defined]
    told = (7, "https://gulf.example/bridge#c", "https://gulf.example/bridge/feed")
    assert read_back(document) == [told, (None, "", "")]


@pytest.mark.parametrize("kind", [atom, rss], ids=["atom", "rss"])
def test_where_nothing_is_said_of_comments_no_word_of_them_is_exported(kind: object) -> None:
    document = kind.render(INFO, [SILENT])  # type: ignore[attr-defined]
    assert not any(word in document for word in ("comment", "slash", "thr:", "wfw", "replies"))


def test_an_address_that_is_none_is_not_exported() -> None:
    hostile: Item = make_item(
        comments=1, comments_url="javascript:alert(1)", comments_feed="file:///etc/passwd"
    )
    for document in (atom.render(INFO, [hostile]), rss.render(INFO, [hostile])):
        assert "javascript" not in document
        assert "file:" not in document
    assert json.loads(jsonfeed.render(INFO, [hostile]))["items"][0]["_aggregator"]["comments"]["count"] == 1
