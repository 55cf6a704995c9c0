"""When a page says it was published, and what in it only looks as if it said so."""

from datetime import datetime, timedelta

import pytest

from aggregator.core.extract import extract
from aggregator.core.relative import claim as relative_claim
from aggregator.model import Article, DateClaim
from tests.conftest import NOW
from tests.core.extract.pages import STORY, page

URL = "https://news.example/bridge.html"
HEADLINE = "Harbour bridge to close for eleven months"


def read(
    body: str = "", *, head: str = "", url: str = URL, lang: str = "en", now: datetime | None = NOW
) -> Article:
    """An article of this headline with something above its text."""
    head = f"<title>{HEADLINE} - The News</title>{head}"
    html = page(f"<article><h1>{HEADLINE}</h1>{body}{STORY}</article>", head=head, lang=lang)
    article = extract(html.encode(), url=url, want_metadata=True, now=now)
    assert article is not None
    return article


def said(*claims: DateClaim) -> list[tuple[str, str]]:
    return [(one.source, one.stated) for one in claims]


def linked(json: str) -> str:
    return f'<script type="application/ld+json">{json}</script>'


def test_every_source_is_heard_once_the_surest_first() -> None:
    article = read(
        '<time datetime="2026-11-17T18:30:00Z">Tuesday</time>',
        head=linked('{"@type": "NewsArticle", "datePublished": "2026-11-17T18:30:00+00:00"}')
        + '<meta property="article:published_time" content="2026-11-17T18:31:00Z">',
        url="https://news.example/2026/11/17/bridge",
    )
    assert said(*article.claims) == [
        ("json-ld", "2026-11-17T18:30:00+00:00"),
        ("meta", "2026-11-17T18:31:00Z"),
        ("text", "2026-11-17T18:30:00Z"),
        ("url", "2026-11-17"),
    ]
    assert article.published == datetime.fromisoformat("2026-11-17T18:30:00Z")


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        ('<p class="meta">Posted on 17 November 2026 by Ann</p>', "17 November 2026"),
        ("<p>Berlin, 17. November 2026</p>", "17. November 2026"),
        ('<div class="date">Nov 17th, 2026 at 6:30 pm</div>', "Nov 17, 2026 6:30 pm"),
        ('<span class="fecha">17 de noviembre de 2026, 18:30</span>', "17 de noviembre de 2026 18:30"),
        ('<span class="date">17.11.2026, 18.30</span>', "17.11.2026 18:30"),
        ('<span class="date">2026年11月17日 18:30</span>', "2026年11月17日 18:30"),
        ('<span class="date">17 ноября 2026</span>', "17 ноября 2026"),
        ('<span class="date">17 نوفمبر 2026</span>', "17 نوفمبر 2026"),
    ],
)
def test_the_line_by_the_headline_tells_the_date(body: str, stated: str) -> None:
    assert said(*read(body).claims) == [("text", stated)]


@pytest.mark.parametrize(
    "body",
    [
        '<p class="date">Updated 17 November 2026</p>',
        '<p class="date">Zuletzt aktualisiert: 17.11.2026</p>',
        '<time class="updated" datetime="2026-11-17T10:00Z">17 November</time>',
        '<div class="comments"><time datetime="2026-11-17T10:00Z">17 November 2026</time></div>',
        '<div class="related-posts"><span class="date">17 November 2026</span></div>',
        "<p>© 17 November 2026 The News</p>",
        "<p>Retrieved 17 November 2026</p>",
        '<script>var expires = "17 November 2026"</script>',
    ],
)
def test_edits_comments_other_articles_and_the_copyright_tell_no_date(body: str) -> None:
    assert read(body).claims == ()


@pytest.mark.parametrize(
    "head",
    [
        linked('{"@type": "NewsArticle", "dateModified": "2026-11-17T18:30:00Z"}'),
        '<meta property="article:modified_time" content="2026-11-17T18:30:00Z">',
        '<meta property="og:updated_time" content="2026-11-17T18:30:00Z">',
        '<meta name="expires" content="2026-12-17">',
        linked('{"@type": "Comment", "datePublished": "2026-11-17T18:30:00Z"}'),
        linked('{"@type": "NewsArticle", "datePublished": "soon"}'),
        linked('{"@type": "NewsArticle", "datePublished": {"@value": 17}}'),
    ],
)
def test_what_is_stated_of_an_edit_or_of_something_else_is_no_date(head: str) -> None:
    assert read(head=head).claims == ()


def test_a_date_in_broken_data_is_told_all_the_same() -> None:
    head = linked('{"headline": "The "harbour" bridge", "datePublished": "2026-11-17T18:30:00Z"}')
    assert said(*read(head=head).claims) == [("json-ld", "2026-11-17T18:30:00Z")]


@pytest.mark.parametrize(
    "name", ["w-published-date", "published_on", "publish_time", "date-published", "DC.date"]
)
def test_the_names_of_meta_elements_vary(name: str) -> None:
    head = f'<meta name="{name}" content="2026-11-17T18:30:00Z">'
    assert said(*read(head=head).claims) == [("meta", "2026-11-17T18:30:00Z")]


@pytest.mark.parametrize(
    ("text", "away"),
    [
        ("3 days ago", timedelta(days=3)),
        ("vor 2 Stunden", timedelta(hours=2)),
        ("il y a 3 jours", timedelta(days=3)),
        ("2 часа назад", timedelta(hours=2)),
        ("قبل 3 أيام", timedelta(days=3)),
        ("3日前", timedelta(days=3)),
    ],
)
def test_a_relative_text_counts_from_when_the_page_was_fetched(text: str, away: timedelta) -> None:
    article = read(f'<time class="age">{text}</time>')
    assert article.claims == (relative_claim(text, NOW),)
    assert article.published == NOW - away
    assert read(f'<time class="age">{text}</time>', now=None).claims == ()


def test_a_relative_text_of_an_edit_or_a_comment_is_no_date() -> None:
    assert read('<p class="meta">Updated 3 days ago</p>').claims == ()
    assert read('<div class="comment"><time>3 days ago</time></div>').claims == ()


@pytest.mark.parametrize(
    ("url", "stated"),
    [
        ("https://news.example/2026/01/31/bridge", "2026-01-31"),
        ("https://news.example/news/2026-01-31-bridge.html", "2026-01-31"),
        ("https://news.example/20260131/bridge", "2026-01-31"),
        ("https://news.example/2026-01/31/c_1129.htm", "2026-01-31"),
        ("https://news.example/2026/01/bridge", "2026-01"),
    ],
)
def test_an_address_may_hold_the_day_or_the_month(url: str, stated: str) -> None:
    assert said(*read(url=url).claims) == [("url", stated)]


@pytest.mark.parametrize(
    "url", ["https://news.example/2026/13/45/x", "https://news.example/id/20261999", URL]
)
def test_other_numbers_of_an_address_are_no_date(url: str) -> None:
    assert read(url=url).claims == ()


@pytest.mark.parametrize(("lang", "day"), [("en-GB", 3), ("de", 3), ("en-US", 4)])
def test_the_language_tells_whether_the_day_or_the_month_is_first(lang: str, day: int) -> None:
    article = read('<p class="date">03/04/2026</p>', lang=lang)
    assert article.published is not None
    assert article.published.day == day


def test_the_text_is_looked_through_only_where_a_date_is_wanted() -> None:
    html = page(f'<article><h1>{HEADLINE}</h1><p class="date">17 November 2026</p>{STORY}</article>').encode()
    article = extract(html, url=URL, want_metadata=True, now=NOW, want_date=False)
    assert article is not None
    assert article.claims == ()


@pytest.mark.parametrize(
    "head",
    [
        linked('{"@type": "NewsArticle", "datePublished": "' + "9" * 400_000 + '"}'),
        linked('{"@type": "NewsArticle", "datePublished": "40000-01-01T00:00:00Z"}'),
        linked('{"@type": "NewsArticle", "datePublished": "-2026-01-01"}'),
        '<meta property="article:published_time" content="&#xD800;2026&#xDFFF;">',
        '<meta property="article:published_time" content="' + "2026-11-17 " * 50_000 + '">',
    ],
)
def test_hostile_dates_are_none(head: str) -> None:
    assert read(head=head).claims == ()
