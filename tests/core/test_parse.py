"""Bytes as feeds: what is read, what is refused, and that nothing else ever happens."""

import json
import random
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.core.draft import MAX_ITEMS, SUMMARY_LENGTH, TITLE_LENGTH
from aggregator.core.parse import parse_cut, parse_feed
from aggregator.errors import ParseError
from aggregator.model import ParsedFeed, ParsedItem
from tests.conftest import SHARED, needs_shared

URL = "https://news.example/feed.xml"


def parsed(body: str | bytes, url: str = URL, **headers: str) -> ParsedFeed:
    return parse_feed(body.encode() if isinstance(body, str) else body, url=url, headers=headers)


def rss(*items: str, more: str = "") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>T</title>{more}{inside}</channel></rss>'


def item_of(item: str) -> ParsedItem:
    (found,) = parsed(rss(item)).items
    return found


def test_an_item_of_rss_is_read_whole() -> None:
    body = """<?xml version="1.0"?>
        <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
             xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
        <title>The News</title><link>https://news.example/</link><language>en-gb</language>
        <item><title>One</title><link>https://news.example/1</link><guid isPermaLink="false">g1</guid>
        <description>Short &amp;amp; sweet</description>
        <content:encoded><![CDATA[<p>Long</p> <p>text</p>]]></content:encoded>
        <dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><category>a</category><category>b</category>
        <pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
    assert parsed(body) == ParsedFeed(
        version="rss20",
        title="The News",
        url="https://news.example/",
        language="en-gb",
        items=(
            ParsedItem(
                guid="g1",
                url="https://news.example/1",
                title="One",
                summary="Short & sweet",
                content_html="<p>Long</p> <p>text</p>",
                base_url="https://news.example/1",
                authors=("Ann", "Bob"),
                tags=("a", "b"),
                published=datetime(2026, 11, 20, 10, tzinfo=UTC),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("body", "version"),
    [
        ('<rss version="0.91"><channel><title>T</title></channel></rss>', "rss091u"),
        ('<rss version="2.0"><channel/></rss>', "rss20"),
        ('<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://purl.org/rss/1.0/"/>',
         "rss10"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"/>', "atom10"),
        ('<feed version="0.3" xmlns="http://purl.org/atom/ns#"/>', "atom03"),
        ('<a:feed xmlns:a="http://www.w3.org/2005/Atom"/>', "atom10"),
    ],
)  # fmt: skip
def test_a_feed_with_a_version_and_no_items_is_an_empty_feed(body: str, version: str) -> None:
    feed = parsed(body)
    assert (feed.version, feed.items) == (version, ())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body is empty"),
        (b" \r\n\xef\xbb\xbf ", "the body is empty"),
        (b"<!DOCTYPE html><html><body>Hello</body></html>", "this is an HTML page, not a feed"),
        (b"\n<!-- c --><HTML lang=en><p>Hello", "this is an HTML page, not a feed"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "an HTML page, not a feed"),
        ("<html>".encode("utf-16"), "this is an HTML page, not a feed"),
        (b"<html><body><item>an element of our own</item></body></html>", "this is an HTML page, not a feed"),
        (b'{"status": "ok"}', "a JSON document that is not a feed"),
        (b'<opml version="2.0"><body/></opml>', "an OPML list of feeds"),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "a sitemap, not a feed"),
        (b"<note><to>You</to></note>", "root element <note>"),
        (b"404 page not found", "plain text, not a feed: it begins with '404 page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08\x00", "compressed data"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"<<<<", "not a feed"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused_in_words(body: bytes, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parsed(body)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/feed", "feed:x"])
def test_a_body_that_is_a_path_or_an_address_opens_nothing(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ParseError, match="plain text"):
        parsed(text)


def test_titles_that_are_missing_are_the_first_words() -> None:
    long = "word " * 60
    assert item_of(f"<description>{long}</description>").title == ("word " * 16).strip() + "…"
    assert item_of("<title> </title><description>&lt;p&gt;A&lt;/p&gt;</description>").title == "A"
    assert item_of("<guid>x</guid>").title == ""


def test_texts_are_as_long_as_their_purpose() -> None:
    item = item_of(f"<title>{'t ' * 5000}</title><description>{'word ' * 3000}</description>")
    assert len(item.title) <= TITLE_LENGTH + 1
    assert len(item.summary) <= SUMMARY_LENGTH + 1
    assert len(item.content_html) > 10_000
    many = "".join(f"<category>tag {number}</category>" for number in range(500))
    assert len(item_of(many).tags) == 50


def test_a_summary_comes_from_the_content_when_there_is_none() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="html">&lt;p&gt;One two&lt;/p&gt;
        &lt;p&gt;three&lt;/p&gt;</content></entry></feed>"""
    (item,) = parsed(body).items
    assert item.summary == "One two three"


def test_the_longest_content_is_the_content() -> None:
    encoded = '<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/">short</c:encoded>'
    item = item_of(f"<description>&lt;p&gt;much longer than the other&lt;/p&gt;</description>{encoded}")
    assert item.content_html == "<p>much longer than the other</p>"


def test_updated_is_never_made_of_published() -> None:
    assert item_of("<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>").updated is None


def test_an_item_without_link_takes_its_files() -> None:
    item = item_of('<title>a</title><enclosure url="https://cdn.example/a.ogg"/>')
    assert (item.url, item.enclosures[0].type) == ("https://cdn.example/a.ogg", "audio/ogg")


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("ann@news.example (Ann Lee)", "Ann Lee"),
        ("Ann Lee &lt;ann@news.example&gt;", "Ann Lee"),
        ("ann@news.example", "ann@news.example"),
        ("Ann Lee", "Ann Lee"),
        ("&lt;a href='x'&gt;Ann&lt;/a&gt; Lee", "Ann Lee"),
    ],
)
def test_an_author_is_a_name(author: str, name: str) -> None:
    assert item_of(f"<author>{author}</author>").authors == (name,)


def test_more_than_two_thousand_items_are_capped_by_newest_not_by_place() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    items = [
        f"<guid>{n}</guid><pubDate>{datetime.fromtimestamp(start + n * 60, UTC):%Y-%m-%dT%H:%M:%SZ}</pubDate>"
        for n in range(6_000)
    ]  # oldest first
    feed = parsed(rss(*items))
    assert [item.guid for item in feed.items] == [str(n) for n in range(4_000, 6_000)]
    assert (len(feed.items), feed.cut_off) == (MAX_ITEMS, 4_000)


@pytest.mark.parametrize("breaks", ["", "&nbsp;"], ids=["well-formed", "ill-formed"])
def test_without_dates_the_first_items_stay(breaks: str) -> None:
    feed = parsed(rss(*(f"<guid>{n}</guid><title>a title that is long enough to count{breaks}</title>"
                        f"<description>{'x' * 60}</description>" for n in range(MAX_ITEMS + 5))))  # fmt: skip
    assert (feed.items[0].guid, feed.items[-1].guid, feed.cut_off) == ("0", str(MAX_ITEMS - 1), 5)


def test_leading_white_space_of_any_length_costs_nothing() -> None:
    before = time.process_time()
    for body in (
        b"\n" * 500_000 + rss("").encode(),
        b"<?xml version='1.0'?>" + b" \n" * 250_000 + rss("").encode(),
    ):
        assert parsed(body).version == "rss20"
    assert time.process_time() - before < 3


@pytest.mark.parametrize(
    "body", ["<!--" * 80_000, rss("<description>" + "<!--" * 80_000 + "</description>")], ids=range(2)
)
def test_repeated_comments_cost_nothing(body: str) -> None:
    before = time.process_time()
    parsed(f'<rss version="2.0"><channel>{body}')
    assert time.process_time() - before < 3


@needs_shared
def test_hostile_documents_cost_nothing_and_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("something was opened")

    bodies = [path.read_bytes() for path in sorted((SHARED / "corpus/feeds/hostile").iterdir())]
    assert bodies
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    for body in bodies:
        doctype, _, _ = body.partition(b"]>")
        for document in (body, doctype + b"]>" + rss("<title>&a;&b;&c;&d;&ee;</title>").encode()):
            before = time.process_time()
            try:
                feed = parsed(document)
            except ParseError:
                continue
            finally:
                assert time.process_time() - before < 1
            assert all("root:" not in item.title and len(item.title) < 200 for item in feed.items)


def test_an_entity_may_stand_for_a_name_but_not_for_a_book() -> None:
    body = '<!DOCTYPE rss [\n<!ENTITY name "Acme">\n<!ENTITY book "%s">\n]>\n' % ("x" * 500)
    (item,) = parsed(body + rss("<title>&name;</title><description>&name; &book;</description>")).items
    assert item.title == "Acme"
    assert "xxx" not in item.content_html


# ── any bytes ────────────────────────────────────────────────────────────────────────────────

FRAGMENTS = st.sampled_from(
    ["<rss version='2.0'>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>",
    "<guid>",
     "</guid>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<content type='xhtml'>",
     "</content>", "<div xmlns='http://www.w3.org/1999/xhtml'>", "</div>", "<![CDATA[", "]]>", "<!--",
     "-->", "<?xml ?>",
     "&nbsp;", "&#0;", "&#xD800;", "&#55296;", "&amp;#1;", "<enclosure url='a.mp3'/>", "<pubDate>",
     "</pubDate>",
     "<category term='x'/>", "<author>", "</author>", "<source url='x'>", "<media:content url='x'/>",
     "text ", "é",
     "\x00", "\x1f", "\ufffe", "<image>", "</image>", "<summary>", "</summary>", "<body>", "<svg>", "</svg>",
     "<dc:date>", "<a b='", "'>", "2026", "<itunes:image href='x'/>", "<textinput>", "<!DOCTYPE x [", "]>",
     "{", "[]"]
)  # fmt: skip


@settings(deadline=None)
@given(st.binary(max_size=300) | st.lists(FRAGMENTS, max_size=30).map(lambda parts: "".join(parts).encode()),
       st.sampled_from(["", "text/xml", "text/xml; charset=koi8-r",
       "application/xml; charset=utf-16"]))  # fmt: skip
@example(b"<?xml ?>", "")
@example(b"<rss version='2.0'><channel><item><media:thumbnail/></item></channel></rss>", "")
def test_any_bytes_give_a_feed_or_a_parse_error(body: bytes, content_type: str) -> None:
    try:
        feed = parse_feed(body, url=URL, headers={"content-type": content_type})
    except ParseError as error:
        assert str(error)  # noqa: PT017
        return
    for item in feed.items:
        for text in (
            item.guid,
            item.url,
            item.title,
            item.summary,
            item.content_html,
            *item.authors,
            *item.tags,
        ):
            assert "\x00" not in text
            text.encode()


def _documents(folder: str) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    corpus = Path(SHARED) / "corpus"
    for entry in json.loads((corpus / "feeds/index.json").read_bytes()):
        if entry["file"].startswith(f"feeds/{folder}/"):
            yield entry["file"], (corpus / entry["file"]).read_bytes(), entry["feedparser"] or {}


@needs_shared
@pytest.mark.parametrize("folder", ["real", "conformance"])
def test_every_captured_feed_gives_at_least_the_items_that_feedparser_finds(folder: str) -> None:
    problems = []
    count = 0
    for name, body, observed in _documents(folder):
        count += 1
        try:
            feed = parsed(body)
        except ParseError as error:
            if observed.get("entries") or observed.get("version"):
                problems.append(f"{name}: {error}")
            continue
        if len(feed.items) + feed.cut_off < observed.get("entries", 0):
            problems.append(f"{name}: {len(feed.items)} of {observed['entries']} items")
    assert count > 100
    assert not problems


@needs_shared
def test_mutated_captured_feeds_give_a_feed_or_a_parse_error() -> None:
    chance = random.Random(1)
    for _, body, _ in _documents("real"):
        mutated = bytearray(body[: chance.randrange(2_000, 20_000)])
        for _ in range(10):
            at = chance.randrange(len(mutated))
            mutated[at : at + chance.randrange(4)] = chance.choice(
                [b"", b"<", b"\xff", b"&", b"]]>", b"<item>", b'"']
            )
        try:
            parse_cut(bytes(mutated), digests=None, whole=True, url=URL, headers={})
        except ParseError as error:
            assert str(error)  # noqa: PT017
