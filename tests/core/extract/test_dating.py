"""When a page says it was published, and what in it only looks as if it said so."""

from datetime import datetime, timedelta

import pytest

from aggregator.core.dates import edited
from aggregator.core.extract import extract
from aggregator.core.relative import claim as relative_claim
from aggregator.core.settle import settle
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
        ("meta", "2026-11-17T18:31:00Z"),
        ("json-ld", "2026-11-17T18:30:00+00:00"),
        ("text", "2026-11-17T18:30:00Z"),
        ("url", "2026-11-17"),
    ]
    assert settle(article.claims, NOW).published == datetime.fromisoformat("2026-11-17T18:31:00Z")


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
        '<time class="updated" datetime="2026-11-17T10:00Z">17 November</time>',
        '<div class="todays-date">17 November 2026</div>',
        '<div class="comments"><time datetime="2026-11-17T10:00Z">17 November 2026</time></div>',
        '<div class="related-posts"><span class="date">17 November 2026</span></div>',
        "<p>© 17 November 2026 The News</p>",
        "<p>Retrieved 17 November 2026</p>",
        '<script>var expires = "17 November 2026"</script>',
    ],
)
def test_comments_other_articles_the_copyright_and_the_day_of_the_visit_tell_no_date(body: str) -> None:
    assert read(body).claims == ()


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="Last-Modified" content="Tue, 17 Nov 2026 18:30:00 GMT">',
        '<meta name="event:updated_time" content="2026-11-17">',
        '<meta name="expires" content="2026-12-17">',
        linked('{"@type": "Comment", "datePublished": "2026-11-17T18:30:00Z"}'),
        linked('{"@type": "NewsArticle", "datePublished": "soon"}'),
        linked('{"@type": "NewsArticle", "datePublished": {"@value": 17}}'),
    ],
)
def test_what_is_stated_of_something_else_is_no_date(head: str) -> None:
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
    assert settle(article.claims, NOW).published == NOW - away
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
    published = settle(article.claims, NOW).published
    assert published is not None
    assert published.day == day


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


# ── the last edit ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "head", "stated"),
    [
        ("", linked('{"@type": "NewsArticle", "dateModified": "2026-11-17 18:30"}'), "2026-11-17 18:30"),
        ("", linked('{"@type": "WebPage", "dateModified": "2026-11-17"}'), "2026-11-17"),
        ("", '<meta property="article:modified_time" content="2026-11-17T18:30Z">', "2026-11-17T18:30Z"),
        ("", '<meta property="og:updated_time" content="2026-11-17T18:30Z">', "2026-11-17T18:30Z"),
        ("", '<meta name="cms:modificationDate" content="2026-11-17">', "2026-11-17"),
        ('<span itemprop="dateModified">17 November 2026</span>', "", "17 November 2026"),
        ('<p class="date">Updated 17 November 2026</p>', "", "17 November 2026"),
        ('<p class="date">Zuletzt aktualisiert: 17.11.2026</p>', "", "17.11.2026"),
        ("<div><p>Last updated</p><time>Nov 17, 2026</time></div>", "", "Nov 17, 2026"),
        ("<p>Mis à jour le 17 novembre 2026</p>", "", "17 novembre 2026"),
        ('<p class="date">17 November 2026 (updated)</p>', "", "17 November 2026"),
    ],
)  # fmt: skip
def test_where_only_the_last_edit_is_told_that_is_what_is_known(body: str, head: str, stated: str) -> None:
    assert read(body, head=head).claims == (edited(stated),)


@pytest.mark.parametrize(
    ("body", "url", "expected"),
    [
        ('<time datetime="2026-11-15">15 November</time>', URL, ("text", "2026-11-15")),
        ("<p>Published 15 November 2026</p>", URL, ("text", "15 November 2026")),
        ("", "https://news.example/2026/11/15/bridge", ("url", "2026-11-15")),
    ],
)
def test_the_last_edit_is_left_out_where_the_publication_is_told(
    body: str, url: str, expected: tuple[str, str]
) -> None:
    head = '<meta property="article:modified_time" content="2026-11-17T18:30:00Z">'
    assert said(*read(body, head=head, url=url).claims) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "Published 15 November 2026 | Updated 17 November 2026",
        "Updated: 17 November 2026, published: 15 November 2026",
        "15 November 2026 (updated 17 November 2026)",
    ],
)
def test_each_date_of_a_line_has_the_label_before_it(line: str) -> None:
    assert said(*read(f'<p class="meta">{line}</p>').claims) == [("text", "15 November 2026")]


def test_of_two_dates_side_by_side_the_earlier_one_is_the_publications() -> None:
    body = "<div><span>15 November 2026</span> <span>17 November 2026</span></div>"
    assert said(*read(body).claims) == [("text", "15 November 2026")]


def test_a_publication_stamped_at_the_last_edit_gives_way_to_an_earlier_day_that_is_shown() -> None:
    head = (
        '<meta property="article:published_time" content="2026-11-17T10:33:13Z">'
        '<meta property="article:modified_time" content="2026-11-17T10:32:18Z">'
    )
    shown = '<p class="meta">Published 9 March 2026</p>'
    assert said(*read(shown, head=head).claims) == [
        ("modified", "2026-11-17T10:33:13Z"),
        ("text", "9 March 2026"),
    ]
    # without an edit on that day, the stamp is believed
    stamp = head.partition('<meta property="article:mod')[0]
    assert said(*read(shown, head=stamp).claims) == [("meta", "2026-11-17T10:33:13Z")]


@pytest.mark.parametrize(
    ("shown", "url"),
    [
        ("11.03.26", URL),  # the third of November, the American way
        ("9 March 2026", "https://news.example/2026/11/03/bridge"),
    ],
)
def test_a_stamp_of_the_last_edit_stands_that_is_the_day_shown_or_the_addresss(shown: str, url: str) -> None:
    head = (
        '<meta property="article:published_time" content="2026-11-03T10:33:13Z">'
        '<meta property="article:modified_time" content="2026-11-03T10:33:13Z">'
    )
    claims = read(f'<p class="date">{shown}</p>', head=head, url=url).claims
    assert settle(claims, NOW).source == "meta"


def test_a_local_day_that_is_shown_beside_an_instant_of_greenwich_is_the_same_date() -> None:
    shown = '<time datetime="2026-11-18T02:05:00Z">November 17, 2026</time>'
    claims = read(shown).claims
    assert said(*claims) == [("text", "2026-11-18T02:05:00Z"), ("text", "November 17, 2026")]
    assert settle(claims, NOW).published == datetime.fromisoformat("2026-11-18T02:05:00Z")


# ── which line is the article's ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        "<p>Datum: <b>17.11.2026</b></p><p>Das Gesetz vom 14. Oktober 2026 gilt.</p>",
        "<p>Pressemitteilung vom 17.11.2026 | Berlin</p>",
        "<p>17.11.2026 - " + "The harbour board met again in the evening. " * 8 + "</p>",
        "<h6>17.11.2026 <span>| Originally published</span></h6>",
        '<div class="topbar-nav"><time datetime="2026-11-20">20.11.2026</time></div><p>17.11.2026</p>',
    ],
)
def test_labels_and_the_beginnings_of_paragraphs_tell_the_articles_date(body: str) -> None:
    assert said(*read(body, lang="de").claims) == [("text", "17.11.2026")]


def test_dates_one_after_the_other_are_of_other_articles() -> None:
    cards = "".join(f'<p class="card-date">{day} November 2026</p>' for day in (3, 4, 5))
    assert read(cards).claims == ()


def test_the_entry_that_links_to_the_page_itself_tells_its_date() -> None:
    url = "https://news.example/harbour-bridge-to-close"
    entries = (
        '<ul class="recent"><li><a href="/harbour-bridge-to-close/">Bridge</a> <i>17 November 2026</i></li>'
        '<li><a href="/ferry">Ferry</a> <i>19 November 2026</i></li></ul>'
    )
    assert said(*read(f"<aside>{entries}</aside>", url=url).claims) == [("text", "17 November 2026")]


def test_a_title_may_begin_with_the_date() -> None:
    html = page(
        f"<article><h1>{HEADLINE}</h1>{STORY}</article>", head=f"<title>17.11.2026 | {HEADLINE}</title>"
    )
    article = extract(html.encode(), url=URL, want_metadata=True, now=NOW)
    assert article is not None
    assert said(*article.claims) == [("text", "17.11.2026")]


def test_data_in_a_meta_element_is_read_as_that_of_a_script() -> None:
    stated = "{&quot;@type&quot;: &quot;Article&quot;, &quot;datePublished&quot;: &quot;2026-11-17&quot;}"
    head = f'<meta name="script:ld+json" content="{stated}">'
    assert said(*read(head=head).claims) == [("json-ld", "2026-11-17")]


# ── day or month first ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        ('<meta property="og:locale" content="en_GB">', '<p class="date">03/04/2026</p>', 3),
        ('<meta property="og:locale" content="en_US">', '<p class="date">03/04/2026</p>', 4),
        ("", '<p class="date">03/04/2026</p><p>Paid on 26/10/2025</p>', 3),
        ("", '<p class="date">03/04/2026</p><p>Paid on 10/26/2025</p>', 4),
        ("", '<time datetime="03-04-2026">03-04-2026</time>', 3),
    ],
)
def test_the_locale_or_another_date_of_the_page_tells_which_number_is_the_day(
    head: str, body: str, day: int
) -> None:
    published = settle(read(body, head=head).claims, NOW).published
    assert published is not None
    assert published.day == day


def test_a_page_whose_dates_contradict_tells_no_order() -> None:
    body = '<p class="date">03/04/2026</p><p>Paid on 26/10/2025</p><p>Paid on 10/26/2025</p>'
    assert all(one.stated != "03/04/2026" for one in read(body).claims)
