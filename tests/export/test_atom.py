"""Atom 1.0: valid by the grammar of RFC 4287, naming where each entry comes from."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from aggregator.export import atom
from aggregator.model import Item
from tests.conftest import needs_shared
from tests.export.making import (
    ATOM,
    FEED_ID,
    PUBLISHED,
    assert_valid_atom,
    bare_item,
    full_item,
    make_feed,
    make_item,
    tree,
)
from tests.export.strategies import any_items

GOLDEN = """\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>urn:uuid:9f5f6e0a-3c3a-4d53-9d6c-0d1c1c9b7a10</id>
  <title>Gulf news</title>
  <updated>2026-01-31T08:45:30Z</updated>
  <author>
    <name>Gulf news</name>
  </author>
  <link rel="self" href="https://news.example/feed.atom" type="application/atom+xml"/>
  <link rel="alternate" href="https://news.example/"/>
  <generator version="VERSION">news-aggregator</generator>
  <entry xml:lang="en-GB">
    <id>https://gulf.example/?p=1</id>
    <title>Bridge opens</title>
    <link rel="alternate" href="https://gulf.example/bridge"/>
    <published>2026-01-31T08:00:00Z</published>
    <updated>2026-01-31T08:45:30Z</updated>
    <author>
      <name>Layla Ali</name>
    </author>
    <author>
      <name>Omar Saïd</name>
    </author>
    <category term="Roads"/>
    <category term="Traffic &amp; transport"/>
    <link rel="enclosure" href="https://gulf.example/bridge.mp3" type="audio/mpeg" length="1234"/>
    <link rel="enclosure" href="https://gulf.example/bridge.bin" type="application/octet-stream"/>
    <summary type="text">It opened.</summary>
    <content type="html">&lt;p&gt;The bridge opened today.&lt;/p&gt;\
&lt;p&gt;Traffic flows.&lt;/p&gt;</content>
    <source>
      <id>https://gulf.example/feed/</id>
      <title>Gulf Insider</title>
      <updated>2026-01-31T08:45:30Z</updated>
      <author>
        <name>Gulf Insider</name>
      </author>
      <link rel="self" href="https://gulf.example/feed/"/>
      <link rel="alternate" href="https://gulf.example/"/>
    </source>
  </entry>
</feed>
"""


def test_a_feed_reads_as_one_would_write_it_by_hand() -> None:
    from aggregator import __version__

    feed = make_feed(self_url="https://news.example/feed.atom", home_url="https://news.example/")
    assert atom.render(feed, [full_item()]) == GOLDEN.replace("VERSION", __version__)


@needs_shared
@pytest.mark.parametrize(
    "items",
    [(), (bare_item(),), (make_item(),), (full_item(), bare_item(id=2), make_item(id=3, guid="3"))],
    ids=["empty", "bare", "plain", "mixed"],
)
@pytest.mark.parametrize(
    "changes", [{}, {"content": "summary"}, {"self_url": "https://news.example/feed.atom"}]
)
def test_every_feed_is_valid(items: tuple[Item, ...], changes: dict[str, Any]) -> None:
    assert_valid_atom(atom.render(make_feed(**changes), items))


@needs_shared
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_items)
def test_whatever_outlets_write_the_feed_is_valid(items: list[Item]) -> None:
    assert_valid_atom(atom.render(make_feed(), items))


def test_the_feed_is_as_old_as_its_newest_entry() -> None:
    late = make_item(id=2, guid="2", updated=PUBLISHED + timedelta(hours=3))
    root = tree(atom.render(make_feed(), [make_item(), late]))
    assert root.findtext(f"{ATOM}updated") == "2026-01-31T11:00:00Z"


def test_an_empty_feed_is_as_old_as_its_store() -> None:
    root = tree(atom.render(make_feed(), []))
    assert root.findtext(f"{ATOM}updated") == "2026-01-01T06:00:00Z"
    assert root.findtext(f"{ATOM}id") == FEED_ID


def test_there_is_no_self_link_without_an_address() -> None:
    root = tree(atom.render(make_feed(), [make_item()]))
    assert root.find(f"{ATOM}link") is None


def test_a_source_is_as_old_as_its_own_newest_entry() -> None:
    other = make_item(id=2, guid="2", feed="https://other.example/f", published=PUBLISHED + timedelta(days=1))
    root = tree(atom.render(make_feed(), [make_item(), other]))
    updated = [element.text for element in root.iterfind(f"{ATOM}entry/{ATOM}source/{ATOM}updated")]
    assert updated == ["2026-01-31T08:00:00Z", "2026-02-01T08:00:00Z"]


def test_an_entry_without_a_page_has_its_words_as_content() -> None:
    root = tree(atom.render(make_feed(), [bare_item(title="Curfew lifted")]))
    assert root.findtext(f"{ATOM}entry/{ATOM}content") == "Curfew lifted"


def test_rendering_again_gives_the_same_bytes() -> None:
    items = [full_item(), make_item(id=2, guid="2")]
    assert atom.render(make_feed(), items) == atom.render(make_feed(), items)
