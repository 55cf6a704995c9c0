"""JSON Feed 1.1: valid by its schema, our own values under ``_aggregator``."""

import json

from hypothesis import HealthCheck, given, settings

from aggregator.export import jsonfeed
from aggregator.model import Item
from tests.conftest import needs_shared
from tests.export.making import assert_valid_json_feed, bare_item, full_item, make_feed, make_item
from tests.export.strategies import any_items


def test_a_feed_holds_what_is_known_of_its_items() -> None:
    feed = make_feed(self_url="https://news.example/feed.json", home_url="https://news.example/")
    assert json.loads(jsonfeed.render(feed, [full_item()])) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Gulf news",
        "home_page_url": "https://news.example/",
        "feed_url": "https://news.example/feed.json",
        "language": "en-GB",
        "items": [
            {
                "id": "https://gulf.example/?p=1",
                "url": "https://gulf.example/bridge",
                "title": "Bridge opens",
                "content_html": "<p>The bridge opened today.</p><p>Traffic flows.</p>",
                "summary": "It opened.",
                "image": "https://gulf.example/bridge.jpg",
                "date_published": "2026-01-31T08:00:00Z",
                "date_modified": "2026-01-31T08:45:30Z",
                "authors": [{"name": "Layla Ali"}, {"name": "Omar Saïd"}],
                "tags": ["Roads", "Traffic & transport"],
                "language": "en-GB",
                "attachments": [
                    {
                        "url": "https://gulf.example/bridge.mp3",
                        "mime_type": "audio/mpeg",
                        "size_in_bytes": 1234,
                    },
                    {"url": "https://gulf.example/bridge.bin", "mime_type": "application/octet-stream"},
                ],
                "_aggregator": {
                    "outlet": "Gulf Insider",
                    "feed": "https://gulf.example/feed/",
                    "outlet_tags": ["bahrain"],
                    "first_seen": "2026-01-31T09:30:00Z",
                    "published_source": "feed",
                    "text_source": "feed",
                },
            }
        ],
    }


def test_what_is_not_known_is_left_out() -> None:
    item = json.loads(jsonfeed.render(make_feed(), [bare_item(title="Curfew lifted")]))["items"][0]
    assert sorted(item) == ["_aggregator", "content_text", "date_published", "id", "title"]
    assert item["content_text"] == ""


def test_a_summary_feed_holds_no_text() -> None:
    item = json.loads(jsonfeed.render(make_feed(content="summary"), [make_item()]))["items"][0]
    assert "content_html" not in item
    assert item["content_text"] == "It opened."


def test_letters_of_every_language_stand_as_they_are() -> None:
    assert "جسر" in jsonfeed.render(make_feed(), [make_item(title="جسر")])


@needs_shared
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_items)
def test_whatever_outlets_write_the_feed_is_valid(items: list[Item]) -> None:
    document = jsonfeed.render(make_feed(), items)
    document.encode()
    assert_valid_json_feed(document)
    assert_valid_json_feed(jsonfeed.render(make_feed(content="summary"), items))
