"""What a page says about itself, and what it only seems to say."""

from datetime import UTC, datetime

import pytest

from aggregator.core.extract import extract
from aggregator.model import Article
from tests.core.extract.pages import STORY, page

URL = "https://news.example/2026/11/bridge.html"


def about(head: str, body: str = STORY, *, url: str = URL, lang: str = "en") -> Article:
    article = extract(page(body, head=head, lang=lang).encode(), url=url, want_metadata=True)
    assert article is not None
    return article


def data(json: str) -> str:
    return f'<script type="application/ld+json">{json}</script>'


def test_names_are_read_only_when_they_are_wanted_and_stated_dates_always() -> None:
    head = data('{"@type": "NewsArticle", "headline": "H", "author": "A B", "datePublished": "2026-11-17"}')
    article = extract(page(head=head).encode(), url=URL, want_metadata=False)
    assert article is not None
    assert (article.title, article.authors, article.language) == (None, (), None)
    assert article.published == datetime(2026, 11, 17, tzinfo=UTC)


# ── the canonical address ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("links", "canonical"),
    [
        ('<link rel="canonical" href="https://news.example/bridge">', "https://news.example/bridge"),
        ('<link rel="nofollow CANONICAL" href="/bridge">', "https://news.example/bridge"),
        (
            '<base href="https://www.news.example/a/"><link rel=canonical href=b>',
            "https://www.news.example/a/b",
        ),
        ('<link rel="canonical" href="//origin.example/story">', "https://origin.example/story"),
        ('<link rel="canonical" href="/a"><link rel="canonical" href="/a">', "https://news.example/a"),
        ('<link rel="canonical" href="/a"><link rel="canonical" href="/b">', ""),
        ('<link rel="canonical" href="https://news.example/">', ""),
        ('<link rel="canonical" href="javascript:alert(1)">', ""),
        ('<link rel="canonical">', ""),
        ("", ""),
    ],
)
def test_the_canonical_address_is_absolute_and_unambiguous(links: str, canonical: str) -> None:
    assert about(links).canonical_url == canonical


def test_the_home_page_may_name_itself() -> None:
    assert (
        about('<link rel="canonical" href="/">', url="https://news.example/").canonical_url
        == "https://news.example/"
    )


# ── title, authors, date, language ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (
            data('{"@graph": [{"@type": "WebSite"}, {"@type": ["NewsArticle"], "headline": "A &amp; B"}]}'),
            "A & B",
        ),
        ('<meta property="og:title" content="Bridge  to close for months">', "Bridge to close for months"),
        (data("{broken") + '<meta name="twitter:title" content="Bridge">', "Bridge"),
        ("", "Bridge to close"),
    ],
)
def test_the_title_is_what_the_page_states(head: str, title: str) -> None:
    assert about(head).title == title


@pytest.mark.parametrize(
    ("head", "authors"),
    [
        (data('{"@type": "Article", "author": [{"name": "Ines Calder"}, {"name": "Tom Reyes"}]}'),
         ("Ines Calder", "Tom Reyes")),
        (data('{"@type": "BlogPosting", "author": "By Ines Lee and Tom Reyes"}'), ("Ines Lee", "Tom Reyes")),
        (data('{"@type": "Report", "author": {"name": ["Ines Calder", "Ines Calder"]}}'), ("Ines Calder",)),
        ('<meta name="author" content="Ines Calder, Tom Reyes">', ("Ines Calder", "Tom Reyes")),
        ('<meta name="author" content="Jobs & Hire">', ("Jobs & Hire",)),
        ('<meta property="article:author" content="http://fb.example"><meta name="byl" content="By I. Lee">',
         ("I. Lee",)),
        (data('{"@type": "Article", "author": ' + '[' * 3000 + ']' * 3000 + "}"), ()),
        ("", ()),
    ],
)  # fmt: skip
def test_authors_are_names_each_once(head: str, authors: tuple[str, ...]) -> None:
    assert about(head).authors == authors


def test_at_most_ten_authors_are_taken() -> None:
    names = ", ".join(f'"Ines Calder{chr(97 + number)}"' for number in range(20))
    assert len(about(data(f'{{"@type": "Article", "author": [{names}]}}')).authors) == 10


@pytest.mark.parametrize(
    ("head", "published", "is_day"),
    [
        (data('{"@type": "NewsArticle", "datePublished": "2026-11-17T18:30:00+01:00"}'), (17, 17, 30), False),
        ('<meta property="article:published_time" content="2026-11-17T18:30:00Z">', (17, 18, 30), False),
        ('<meta name="dc.date" content="2026-11-17">', (17, 0, 0), True),
        (data('{"@type": "WebPage", "datePublished": "2020-01-01"}')
         + '<meta name="pubdate" content="20261117">', (17, 0, 0), True),
    ],
)  # fmt: skip
def test_a_date_is_an_instant_or_known_to_be_a_day(
    head: str, published: tuple[int, int, int], is_day: bool
) -> None:
    article = about(head)
    assert article.published == datetime(2026, 11, *published, tzinfo=UTC)
    assert article.published_is_day is is_day


def test_a_date_in_microdata_or_in_the_address_is_found() -> None:
    time = '<time itemprop="datePublished" datetime="2026-11-17T18:30Z">Tuesday</time>'
    assert about("", time + STORY).published == datetime(2026, 11, 17, 18, 30, tzinfo=UTC)
    dated = about("", url="https://news.example/2025/10/21/bridge")
    assert (dated.published, dated.published_is_day) == (datetime(2025, 10, 21, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("lang", "head", "language"),
    [
        ("en-GB", "", "en-GB"),
        ("de_AT", "", "de-AT"),
        ("", '<meta property="og:locale" content="pt_BR">', "pt-BR"),
        ("", data('{"@type": "Article", "inLanguage": "nl"}'), "nl"),
        ("<?php lang ?>", "", None),
    ],
)
def test_the_language_is_the_declared_one(lang: str, head: str, language: str | None) -> None:
    assert about(head, lang=lang).language == language
