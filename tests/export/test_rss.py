"""RSS 2.0 with content, Dublin Core and Atom modules, as validators and old readers want it."""

import html
from io import BytesIO
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings

from aggregator.export import rss
from aggregator.model import Item
from tests.export.making import (
    FEED_ID,
    assert_valid_rss,
    bare_item,
    full_item,
    make_feed,
    make_item,
    tree,
)
from tests.export.strategies import any_items

GOLDEN = """\
<?xml version="1.0" encoding="utf-8"?>
<rss xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" version="2.0">
  <channel>
    <title>Gulf news</title>
    <link>https://news.example/</link>
    <description>Gulf news</description>
    <language>en-GB</language>
    <lastBuildDate>Sat, 31 Jan 2026 08:45:30 GMT</lastBuildDate>
    <generator>news-aggregator VERSION</generator>
    <docs>https://www.rssboard.org/rss-specification</docs>
    <atom:link rel="self" href="https://news.example/feed.rss" type="application/rss+xml"/>
    <item>
      <title>Bridge opens</title>
      <link>https://gulf.example/bridge</link>
      <guid isPermaLink="false">https://gulf.example/?p=1</guid>
      <pubDate>Sat, 31 Jan 2026 08:00:00 GMT</pubDate>
      <dcterms:modified>2026-01-31T08:45:30Z</dcterms:modified>
      <dc:creator>Layla Ali</dc:creator>
      <dc:creator>Omar Saïd</dc:creator>
      <category>Roads</category>
      <category>Traffic &amp; transport</category>
      <enclosure url="https://gulf.example/bridge.mp3" length="1234" type="audio/mpeg"/>
      <enclosure url="https://gulf.example/bridge.bin" length="0" type="application/octet-stream"/>
      <description>It opened.</description>
      <content:encoded>&lt;p&gt;The bridge opened today.&lt;/p&gt;\
&lt;p&gt;Traffic flows.&lt;/p&gt;</content:encoded>
      <dc:language>en-GB</dc:language>
      <source url="https://gulf.example/feed/">Gulf Insider</source>
    </item>
  </channel>
</rss>
"""


def test_a_feed_reads_as_one_would_write_it_by_hand() -> None:
    from aggregator import __version__

    feed = make_feed(self_url="https://news.example/feed.rss", home_url="https://news.example/")
    assert rss.render(feed, [full_item()]) == GOLDEN.replace("VERSION", __version__)


@pytest.mark.parametrize(
    "items",
    [(), (bare_item(),), (make_item(),), (full_item(), bare_item(id=2), make_item(id=3, guid="3"))],
    ids=["empty", "bare", "plain", "mixed"],
)
@pytest.mark.parametrize(
    "changes", [{}, {"content": "summary"}, {"self_url": "https://news.example/feed.rss"}]
)
def test_every_feed_is_valid(items: tuple[Item, ...], changes: dict[str, Any]) -> None:
    assert_valid_rss(rss.render(make_feed(**changes), items))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_items)
def test_whatever_outlets_write_the_feed_is_valid(items: list[Item]) -> None:
    assert_valid_rss(rss.render(make_feed(), items))


def test_without_an_address_of_ours_the_channel_links_to_where_its_articles_are() -> None:
    other = make_item(id=2, guid="2", url="https://bay.example/ferry", site_url="https://bay.example/")
    links = [
        tree(rss.render(make_feed(), items)).findtext("channel/link")
        for items in ([make_item()], [make_item(), other], [bare_item(), other], [])
    ]
    assert links == [
        "https://gulf.example/",
        "https://gulf.example/bridge",
        "https://bay.example/ferry",
        FEED_ID,
    ]


def test_a_feed_of_several_languages_names_none() -> None:
    items = [make_item(), make_item(id=2, guid="2", language="ar")]
    root = tree(rss.render(make_feed(), items))
    assert root.find("channel/language") is None
    assert [element.text for element in root.iterfind(".//{*}item/{*}language")] == ["en", "ar"]


@pytest.mark.parametrize(
    "title", ["1 < 2 & 3 > 2", "How to use <b> and &amp;", "AT&T; and &nbsp;", "A <em>word</em>", "R&D", "<3"]
)
def test_a_title_that_looks_like_html_is_not_taken_for_it(title: str) -> None:
    entry = feedparser.parse(BytesIO(rss.render(make_feed(), [make_item(title=title)]).encode())).entries[0]
    told = entry.title_detail
    assert (html.unescape(told.value) if told.type == "text/html" else told.value) == title
