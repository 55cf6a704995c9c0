"""Stories as entries: one each, with a lasting id, and every outlet named with its link."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings

from aggregator.core.sanitize import html_to_text
from aggregator.export import atom, jsonfeed, rss, stories
from aggregator.export.feed import FeedInfo
from aggregator.model import Item
from aggregator.model.coverage import Coverage
from aggregator.model.stories import KeyPoints, Point, Sentence
from tests.conftest import needs_shared
from tests.export.making import (
    ATOM,
    FEED_ID,
    SEEN,
    assert_valid_atom,
    assert_valid_json_feed,
    assert_valid_rss,
    bare_item,
    full_item,
    make_coverage,
    make_feed,
    make_item,
    make_story,
    other_item,
    tree,
)
from tests.export.strategies import any_items

MINUTE = timedelta(minutes=1)
PORT, QUAY = other_item(2, "Port News"), other_item(3, "Quay")


def render(kind: str, *coverage: Coverage, **feed: Any) -> str:
    renderers = {"atom": atom.render_entries, "rss": rss.render_entries, "json": jsonfeed.render_entries}
    info = make_feed(**feed)
    return renderers[kind](stories.feed_of(info), stories.entries(info, coverage))


def the_bridge(**changes: Any) -> Coverage:
    """A story of three outlets, one of which has two articles in it."""
    later = other_item(4, "Port News", title="Port News on the bridge again")
    return make_coverage(make_item(), PORT, QUAY, later, **changes)


GOLDEN_ENTRY = """\
  <entry xml:lang="en">
    <id>urn:uuid:8e918269-1c81-56ae-9061-4655403110fc</id>
    <title>Bridge opens</title>
    <link rel="alternate" href="https://gulf.example/bridge"/>
    <published>2026-01-31T08:00:00Z</published>
    <updated>2026-01-31T09:30:00Z</updated>
    <author>
      <name>Layla Ali</name>
    </author>
    <category term="Bridge"/>
    <summary type="text">It opened.</summary>
    <content type="html">&lt;p&gt;The bridge opened today.&lt;/p&gt;&lt;p&gt;Traffic flows.&lt;/p&gt;
&lt;p&gt;Also at:&lt;/p&gt;
&lt;ul&gt;&lt;li&gt;Port News: &lt;a href="https://port-news.example/2"&gt;\
Port News on the bridge&lt;/a&gt;, 2026-01-31 08:02 UTC&lt;/li&gt;&lt;/ul&gt;</content>
    <link rel="related" href="https://gulf.example/bridge" title="Gulf Insider: Bridge opens"/>
    <link rel="related" href="https://port-news.example/2" title="Port News: Port News on the bridge"/>
    <story:outlet xmlns:story="urn:uuid:6a4bd4e1-ad98-5abc-bdd6-7e3d22a4667d">
      <source>
        <id>https://port-news.example/feed</id>
        <title>Port News</title>
        <updated>2026-01-31T08:02:00Z</updated>
        <author>
          <name>Port News</name>
        </author>
        <link rel="self" href="https://port-news.example/feed"/>
        <link rel="alternate" href="https://port-news.example/"/>
      </source>
    </story:outlet>
    <source>
      <id>https://gulf.example/feed/</id>
      <title>Gulf Insider</title>
      <updated>2026-01-31T08:00:00Z</updated>
      <author>
        <name>Gulf Insider</name>
      </author>
      <link rel="self" href="https://gulf.example/feed/"/>
      <link rel="alternate" href="https://gulf.example/"/>
    </source>
  </entry>
"""


def test_an_entry_reads_as_one_would_write_it_by_hand() -> None:
    document = render("atom", make_coverage(make_item(), PORT))
    start = document.index("  <entry")
    assert document[start : document.index("</feed>")] == GOLDEN_ENTRY


@needs_shared
@pytest.mark.parametrize("content", ["full", "summary"])
def test_stories_are_valid_in_every_format(content: Any) -> None:
    coverage = (the_bridge(), make_coverage(bare_item(), story=make_story([bare_item()], id=8)))
    assert_valid_atom(render("atom", *coverage, content=content))
    assert_valid_rss(render("rss", *coverage, content=content))
    assert_valid_json_feed(render("json", *coverage, content=content))


@needs_shared
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=any_items)
def test_stories_of_any_items_are_valid(items: list[Item]) -> None:
    coverage = [make_coverage(*items)] if items else []
    assert_valid_atom(render("atom", *coverage))
    assert_valid_rss(render("rss", *coverage))
    assert_valid_json_feed(render("json", *coverage))


def test_an_entry_has_a_related_link_and_a_source_for_each_outlet() -> None:
    (entry,) = tree(render("atom", the_bridge())).iterfind(f"{ATOM}entry")
    related = [link.get("href") for link in entry.iterfind(f"{ATOM}link") if link.get("rel") == "related"]
    sources = [source.findtext(f"{ATOM}title") for source in entry.iter(f"{ATOM}source")]
    assert related == ["https://gulf.example/bridge", PORT.url, QUAY.url]
    assert sorted(filter(None, sources)) == ["Gulf Insider", "Port News", "Quay"]
    assert len(entry.findall(f"{ATOM}source")) == 1  # RFC 4287, 4.1.2


def test_another_outlet_moves_the_date_and_never_the_id() -> None:
    joined = SEEN + 5 * MINUTE
    grown = make_story([make_item(), PORT], joined_at=joined)
    (before,) = stories.entries(make_feed(), [make_coverage(make_item())])
    (after,) = stories.entries(make_feed(), [make_coverage(make_item(), PORT, story=grown)])
    assert (after.id, after.updated) == (before.id, joined)
    assert before.updated == SEEN


def test_an_id_is_made_of_the_store_and_the_number_of_the_story() -> None:
    expected = uuid.uuid5(uuid.UUID(FEED_ID), "story 7").urn
    renamed = make_coverage(story=make_story([make_item()], headline="Another headline"))
    ids = [one.id for one in stories.entries(make_feed(), [make_coverage(), renamed])]
    assert ids == [expected, expected]


def test_the_feed_of_stories_has_an_id_and_a_title_of_its_own() -> None:
    of_stories = stories.feed_of(make_feed(self_url="https://news.example/feed.atom"))
    assert of_stories == replace(
        make_feed(), id=uuid.uuid5(uuid.UUID(FEED_ID), "stories").urn, title="Gulf news: stories"
    )


def test_a_story_of_one_outlet_reads_as_its_article() -> None:
    (entry,) = stories.entries(make_feed(), [make_coverage()])
    assert entry.html == "<p>The bridge opened today.</p><p>Traffic flows.</p>"
    assert "Also at" not in render("rss", make_coverage())


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_feedparser_reads_back_what_a_story_tells(kind: str) -> None:
    document = render(kind, the_bridge())
    (entry,) = feedparser.parse(BytesIO(document.encode())).entries
    links = {rel: [one.href for one in entry.links if one.rel == rel] for rel in ("alternate", "related")}
    assert (entry.title, entry.id) == ("Bridge opens", stories.story_id(make_feed(), 7))
    assert links == {
        "alternate": ["https://gulf.example/bridge"],
        "related": ["https://gulf.example/bridge", PORT.url, QUAY.url],
    }
    assert entry.source.title == "Gulf Insider"  # the lead's, not the last of the others
    assert [tag.term for tag in entry.tags] == ["Bridge"]
    assert entry.published_parsed[:5] == (2026, 1, 31, 8, 0)
    assert "Also at:" in html_to_text(entry.content[-1].value)


def test_rss_lists_the_outlets_in_its_description_as_well() -> None:
    (item,) = tree(render("rss", the_bridge())).iter("item")
    description = item.findtext("description") or ""
    assert html_to_text(description).split("\n")[0] == "It opened."
    assert f'<a href="{QUAY.url}">Quay on the bridge</a>' in description


def test_json_feed_has_the_outlets_in_an_extension() -> None:
    (item,) = json.loads(render("json", the_bridge()))["items"]
    story = item["_story"]
    assert [one["outlet"] for one in story["outlets"]] == ["Gulf Insider", "Port News", "Quay"]
    assert story["outlets"][1] == {
        "outlet": "Port News",
        "feed": PORT.feed,
        "title": PORT.title,
        "published": "2026-01-31T08:02:00Z",
        "url": PORT.url,
    }
    assert (story["id"], story["size"], story["joined"]) == (7, 4, "2026-01-31T09:30:00Z")


def test_a_line_tells_a_story_with_all_of_its_articles() -> None:
    (line,) = stories.lines([make_coverage(make_item(), PORT)])
    assert json.loads(line) == {
        "id": 7,
        "headline": "Bridge opens",
        "language": "en",
        "first": "2026-01-31T08:00:00Z",
        "last": "2026-01-31T08:02:00Z",
        "joined": "2026-01-31T09:30:00Z",
        "outlets": ["Gulf Insider", "Port News"],
        "size": 2,
        "lead": 1,
        "items": [
            {
                "id": 1,
                "outlet": "Gulf Insider",
                "title": "Bridge opens",
                "url": "https://gulf.example/bridge",
                "published": "2026-01-31T08:00:00Z",
                "first_seen": "2026-01-31T09:30:00Z",
                "summary": "It opened.",
            },
            {
                "id": 2,
                "outlet": "Port News",
                "title": "Port News on the bridge",
                "url": PORT.url,
                "published": "2026-01-31T08:02:00Z",
                "first_seen": "2026-01-31T09:30:00Z",
                "summary": "Port News was there.",
            },
        ],
        "hashtags": ["Bridge"],
        "key_points": {"agreed": [], "alone": [], "differing": []},
    }


# ── what the outlets say ─────────────────────────────────────────────────────────────────────


def said(item_id: int, text: str) -> Sentence:
    return Sentence(item_id=item_id, start=0, end=len(text), text=text)


POINTS = KeyPoints(
    agreed=(
        Point(sentence=said(1, "It <opened>."), outlets=("Gulf Insider", "Quay"), others=(said(3, "Open."),)),
    ),
    alone=(Point(sentence=said(2, "A boat waited."), outlets=("Port News",)),),
    differing=(
        Point(sentence=said(1, "12 came."), outlets=("Gulf Insider",), others=(said(2, "14 came."),)),
    ),
)


def test_what_the_outlets_say_alike_differently_and_alone_is_told_with_their_names() -> None:
    (entry,) = stories.entries(make_feed(), [the_bridge(points=POINTS)])
    assert (
        "<p>What several outlets say:</p>\n<ul><li>It &lt;opened&gt;. (Gulf Insider, Quay)</li></ul>\n"
        "<p>What they tell differently:</p>\n"
        "<ul><li>12 came. (Gulf Insider) / 14 came. (Port News)</li></ul>\n"
        "<p>What one outlet alone says:</p>\n<ul><li>A boat waited. (Port News)</li></ul>"
    ) in entry.html


# ── content = "summary" ──────────────────────────────────────────────────────────────────────

SUMMARY: FeedInfo = make_feed(content="summary")
SECRET = full_item(
    summary="It opened.", content_html="<p>Only in the text, and long enough.</p>", text="Only in the text."
)


@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_nothing_of_the_texts_leaves_with_content_summary(kind: str) -> None:
    points = KeyPoints(alone=(Point(sentence=said(1, "Only in the text."), outlets=("Gulf Insider",)),))
    document = render(kind, make_coverage(SECRET, PORT, points=points), content="summary")
    assert "Only in the text" not in document
    for kept in (SECRET.title, "It opened.", SECRET.url, PORT.url):
        assert kept in document


def test_lines_of_stories_have_no_key_points_with_content_summary() -> None:
    (line,) = stories.lines([the_bridge(points=POINTS)], full=False)
    assert json.loads(line)["key_points"] == {"agreed": [], "alone": [], "differing": []}


def test_times_in_feeds_are_absolute() -> None:
    for kind in ("atom", "rss", "json"):
        document = render(kind, the_bridge())
        assert " ago" not in document
    assert stories.also_at(the_bridge()).count("2026-01-31 08:0") == 2
