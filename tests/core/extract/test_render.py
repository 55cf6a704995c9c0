"""Kept blocks become HTML again: what holds them together stays, what only lays the page out goes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from aggregator.core.extract import blocks, markup
from aggregator.core.extract.render import render
from aggregator.core.sanitize import html_to_text
from aggregator.core.similar import normalise

BASE = "https://news.example/2026/"


def rendered(body: str, *, without: str = "") -> str:
    walked = blocks.walk(html.document_fromstring(f"<html><body>{body}</body></html>"))
    kept = [block for block in walked if block.text not in without.split("|")]
    return markup.serialise(render(kept, BASE))


@pytest.mark.parametrize(
    "body",
    [
        "<h1>One</h1><h3>Two</h3><p>Three</p>",
        "<p>a <strong>b <em>c</em></strong> d</p>",
        '<p>a<a href="https://b.example/">b</a>, c<sup>2</sup></p>',
        "<p>one<br>two</p>",
        "<ul><li>a</li><li>b</li></ul>",
        "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>",
        "<dl><dt>a</dt><dd>b</dd></dl>",
        "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>",
        "<blockquote><p>a</p><p>b</p></blockquote>",
        "<pre><code>if x:\n    y = 1</code></pre>",
        "<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>",
    ],
)
def test_what_is_plain_html_stays_as_it_is(body: str) -> None:
    assert rendered(body) == body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<div class=x><section>a</section><div>b</div></div>", "<p>a</p><p>b</p>"),
        ("<div>one<br><br>two</div>", "<p>one</p><p>two</p>"),
        ("<p>  a\n <b> b </b>\u00a0c  </p>", "<p>a <strong>b </strong>c</p>"),
        ('<p><a href="../x?y=1">a</a> <a href="javascript:b()">b</a></p>',
         '<p><a href="https://news.example/x?y=1">a</a> b</p>'),
        ("<p onclick=x style=y><font color=red>a</font></p>", "<p>a</p>"),
        ("<ul><li><p>a</p></li></ul>", "<ul><li>a</li></ul>"),
        ("<ul>a<li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<blockquote>a</blockquote>", "<blockquote><p>a</p></blockquote>"),
    ],
)  # fmt: skip
def test_what_only_lays_out_goes(body: str, expected: str) -> None:
    assert rendered(body) == expected


def test_a_table_that_lays_the_page_out_is_none() -> None:
    paragraphs = "".join(f"<p>{'word ' * 30}{number}</p>" for number in range(12))
    assert rendered(f"<table><tr><td>{paragraphs}</td></tr></table>").count("<table>") == 0


def test_a_list_stays_one_when_an_item_is_left_out() -> None:
    body = "<ul><li>a</li><li>Share</li><li>b</li></ul><p>c</p>"
    assert rendered(body, without="Share") == "<ul><li>a</li><li>b</li></ul><p>c</p>"


PIECES = st.sampled_from(
    ["<p>", "</p>", "<div>", "</div>", "<b>", "</i>", "<a href='x'>", "</a>", "<ul><li>", "<li>", "</ul>",
     "<table><tr><td>", "<td>", "</table>", "<br>", "<hr>", "<pre>", "</pre>", "<blockquote>", "<h2>",
     "<dl><dt>", " ", "word", " two words ", "\n", "\u3042", "&amp;", "<!-- c -->"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_or_joined_to_another(pieces: list[str]) -> None:
    walked = blocks.walk(html.document_fromstring(f"<html><body>x{''.join(pieces)}"))
    body = render(walked, BASE)
    assert markup.text(body).split() == [word for block in walked for word in block.text.split()]
    assert normalise(html_to_text(markup.serialise(body))) == normalise(markup.text(body))
