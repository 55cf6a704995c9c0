"""HTML that runs nothing, and the plain text in HTML."""

import io
import re
import time

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.parse import parse_feed
from aggregator.core.sanitize import clean_html, html_to_text, plain
from tests.conftest import SHARED, needs_shared

BASE = "https://news.example/2026/story"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p onclick='x()'>a<script>x()</script><style>p{}</style></p>", "<p>a</p>"),
        ("<a href='javascript:x()'>a</a>", '<a rel="noopener noreferrer nofollow">a</a>'),
        ("<a href='JaVa&#x09;Script:x()'>a</a>", '<a rel="noopener noreferrer nofollow">a</a>'),
        (
            "<a href='/x' target=_top>a</a>",
            '<a href="https://news.example/x" rel="noopener noreferrer nofollow">a</a>',
        ),
        (
            "<a href='mailto:a@b.example'>a</a>",
            '<a href="mailto:a@b.example" rel="noopener noreferrer nofollow">a</a>',
        ),
        ("<img src='//cdn.example/a.png' srcset='b.png 2x'>", '<img src="https://cdn.example/a.png">'),
        ("<img src='p.png' alt='1 > 0' style='color:red'>",
        '<img src="https://news.example/2026/p.png" alt="1 &gt; 0">'),
        ("<img src='data:image/png;base64,AAAA'>", ""),
        ("<img src='mailto:a@b.example'>", ""),
        ("<iframe src='https://video.example/'></iframe>b", "b"),
        ("<form action='/x'><p>kept</p><input value='x'></form>", "<p>kept</p>"),
        ("<svg><script>x()</script></svg><math><mi>x</mi></math>b", "b"),
        ("<video src='/v.mp4' onerror='x()' autoplay></video>",
        '<video src="https://news.example/v.mp4"></video>'),
        ("<!-- a comment --><b>b", "<b>b</b>"),
        ("2 < 3 & 4", "2 &lt; 3 &amp; 4"),
        ("no markup &amp; an entity", "no markup &amp; an entity"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_is_reduced_to_what_news_needs(html: str, expected: str) -> None:
    assert clean_html(html, BASE) == expected


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/p" width="1" height="1">',
        '<img src="https://t.example/p" width=0>',
        '<img src="https://t.example/p" height="1px">',
        '<img src="https://t.example/p" style="display: none">',
        '<img src="https://t.example/p" style="border:0;width:1px;height:1px">',
        '<img src="https://pixel.wp.com/b.gif?x=1">',
        '<img src="http://feeds.feedburner.com/~r/x/~4/y" alt="">',
    ],
)
def test_pictures_that_only_count_readers_are_gone(image: str) -> None:
    assert clean_html(f"<p>a{image}b</p>", BASE) == "<p>ab</p>"


@pytest.mark.parametrize(
    "base", ["", "/x", "javascript:x()", "http://[", "http://exa mple/", "http://x:99999/"]
)
def test_without_a_usable_base_relative_addresses_are_dropped(base: str) -> None:
    assert clean_html('<a href="/x">a</a>', base) == '<a rel="noopener noreferrer nofollow">a</a>'


#: what no cleaned HTML may hold
UNSAFE = re.compile(
    r"<(?:script|style|iframe|object|embed|form|input|base|meta|link|svg|math)\b|<[^>]*\son\w+\s*=|"
    r"""(?:href|src)\s*=\s*["']?\s*(?:javascript|data|vbscript):""",
    re.IGNORECASE,
)
PIECES = st.sampled_from(
    ["<", ">", "</", "/>", "<a href=", "<img src=", "javascript:", "data:", '"', "'", "`", " onload=x() ",
     "<script>", "</script>", "<style>", "<!--", "-->", "<svg>", "<math>", "<p>", "</p>", "&lt;",
     "&#106;", "x",
     "\x00", "\ud800", "<![CDATA[", "]]>", "<noscript>", "<title>", "<iframe srcdoc=", "<table>", "<td>"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_mixture_of_markup_comes_through_unsafe(html: str) -> None:
    assert not UNSAFE.search(clean_html(html, BASE))


@settings(deadline=None)
@given(st.text(max_size=200) | st.lists(PIECES, max_size=25).map("".join))
def test_text_functions_never_raise(html: str) -> None:
    clean_html(html, html)
    assert "\n" not in plain(html)
    assert html_to_text(html) == html_to_text(html).strip()


#: their text stands inside a frame, an object or a title, or behind a comment that ends twice; or an
#: attribute has no address in it
DIFFERS = {
    "acceptable_attribute_cite", "acceptable_attribute_href", "acceptable_attribute_src",
    "entry_content_iframe", "entry_summary_crazy", "entry_summary_iframe", "item_content_encoded_crazy",
    "item_content_encoded_script_nested_cdata", "item_description_crazy", "item_fullitem_iframe",
}  # fmt: skip


@needs_shared
def test_the_result_is_that_of_feedparsers_own_sanitiser_and_resolver() -> None:
    """Text and addresses of every case of feedparser's tests of both, and nothing unsafe in any."""
    where = "http://127.0.0.1:8097/x"
    unlike = set()
    cases = 0
    for kind in ("sanitize", "base"):
        for path in sorted((SHARED / "corpus/feeds/conformance").glob(f"feedparser--wellformed__{kind}__*")):
            body = path.read_bytes()
            headers = {"content-type": "application/xml", "content-location": where}
            theirs = feedparser.parse(io.BytesIO(body), response_headers=headers).entries
            for item, entry in zip(parse_feed(body, url=where, headers={}).items, theirs, strict=True):
                values = [one.value for one in entry.get("content", [])]
                their_html = max([*values, entry.get("summary", "")], key=len)
                our_html = clean_html(item.content_html, item.base_url)
                assert not UNSAFE.search(our_html), path.name
                cases += 1
                if _text_and_addresses(our_html) != _text_and_addresses(their_html):
                    unlike.add(path.stem.rpartition("__")[2])
    assert cases > 300
    assert unlike == DIFFERS


def _text_and_addresses(html: str) -> tuple[str, list[str]]:
    return html_to_text(html), sorted(re.findall(r'(?:href|src|cite)="([^"]*)"', html))


# ── plain text ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One\n two</p><p>Three</p>", "One two\n\nThree"),
        ("<h1>Head</h1>Text<br>line<br/>line", "Head\n\nText\nline\nline"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul><p>d", "a\n\nb c\n\nd"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("a<script>if (a < b) x()</script>b<style>p{}</style><!-- c -->d", "abd"),
        ("<p title='1 > 0'>a</p>", "a"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("caf&eacute;&nbsp;&amp;amp;", "café &amp;"),
        ("cut <a href='http://x", "cut"),
        ("<b>bold</b>face", "boldface"),
        ("", ""),
    ],
)
def test_text_keeps_the_paragraphs_a_reader_would_see(html: str, expected: str) -> None:
    assert html_to_text(html) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<![CDATA[Rain <em>and</em> wind]]>", "Rain and wind"),
        ("AT&amp;amp;T &amp;lt;b&amp;gt;up&amp;lt;/b&amp;gt;", "AT&T up"),
        ("one\n\n two\t three", "one two three"),
        ("a < b", "a < b"),
        ("the <canvas> element", "the <canvas> element"),
        ("a<br>b", "a b"),
        ("&#8220;Q&#8221; &hellip;", "“Q” …"),
        ("R&D; Q&A", "R&D; Q&A"),
        ("", ""),
    ],
)
def test_a_title_is_one_line_of_plain_text(title: str, expected: str) -> None:
    assert plain(title) == expected


@pytest.mark.parametrize(
    "hostile",
    ["<" * 200_000, "<!--" * 50_000, '<a "' * 50_000, "<script>" * 20_000, "<pre>" * 20_000, "&" * 200_000,
     "<a " + "b='" * 50_000, " \n" * 100_000],
    ids=range(8),
)  # fmt: skip
def test_hostile_markup_costs_no_more_than_it_is_long(hostile: str) -> None:
    before = time.process_time()
    html_to_text(hostile)
    plain(hostile)
    assert time.process_time() - before < 2


@pytest.mark.parametrize("markup", ["<script ", "<pre ", "<!--", "<a '\"", "&#", "<title>a</script>"])
def test_markup_that_is_never_closed_costs_what_its_size_costs(markup: str) -> None:
    before = time.process_time()
    html_to_text(markup * 50_000)
    plain(markup * 50_000)
    assert time.process_time() - before < 3


def test_an_open_script_hides_everything_behind_it_and_preformatted_lines_stay() -> None:
    assert html_to_text("<p>One</p><script>two < 3 & so on") == "One"
    assert html_to_text("<p>One</p><pre>two\nthree") == "One\n\ntwo\nthree"


def test_a_character_of_thousands_of_digits_is_none() -> None:
    number = f"&#{'1' * 5_000};"
    assert html_to_text(f"<p>a {number} b</p>") == "a \ufffd b"
    assert plain(f"a {number} &amp; b") == "a \ufffd & b"
    assert clean_html(f"a {number} b", "") == "a \ufffd b"
