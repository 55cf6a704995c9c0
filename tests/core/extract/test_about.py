"""What a page's head and data say of its article is read, however it is escaped."""

import json

import pytest
from lxml import html

from aggregator.core.extract import about
from tests.core.extract.pages import page


def said(head: str) -> about.About:
    return about.of(html.document_fromstring(page(head=head)))


def data(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def test_title_and_description_are_those_for_previews() -> None:
    head = '<meta property="og:title" content="The bridge"><meta name="description" content="It  closes.">'
    assert said(head) == about.About(title="Thebridge", description="Itcloses.")


def test_without_them_the_title_is_the_pages() -> None:
    assert said("") == about.About(title="Bridgetoclose")


def test_the_text_in_the_data_is_read_in_paragraphs() -> None:
    escaped = "&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;Three&lt;/p&gt;"
    graph = {"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "articleBody": escaped}]}
    assert said(data(graph)).paragraphs == ("One & two", "Three")
    assert said(data([{"articleBody": "One\n\nTwo\nlines"}])).paragraphs == ("One", "Two lines")


def test_the_longest_text_in_the_data_counts() -> None:
    assert said(data({"articleBody": "x"}) + data({"articleBody": "longer"})).body == "longer"


def test_data_that_is_none_says_nothing() -> None:
    nested = '{"articleBody": {"a": ' * 500
    for broken in ('{"articleBody": ', f"{nested}", '{"articleBody": 7}', '"articleBody"'):
        assert said(f'<script type="application/ld+json">{broken}</script>').paragraphs == ()


@pytest.mark.parametrize(
    "image",
    [
        "https://news.example/a.jpg",
        ["https://news.example/a.jpg", "https://news.example/b.jpg"],
        {"@type": "ImageObject", "url": "https://news.example/a.jpg"},
        [{"@type": "ImageObject", "contentUrl": "https://news.example/a.jpg"}],
    ],
)
def test_the_picture_of_the_article_is_read_in_all_its_forms(image: object) -> None:
    logo = {"@type": "Organization", "image": "https://news.example/logo.png"}
    graph = {"@graph": [logo, {"@type": ["NewsArticle"], "image": image}]}
    tree = html.document_fromstring(page(head=data(graph)))
    assert about.picture(tree) == "https://news.example/a.jpg"


@pytest.mark.parametrize("image", [None, 7, [], {}, [[[[[[[[[["https://news.example/a.jpg"]]]]]]]]]]])
def test_what_is_no_picture_is_none(image: object) -> None:
    tree = html.document_fromstring(page(head=data({"@type": "Article", "image": image})))
    assert about.picture(tree) == ""
