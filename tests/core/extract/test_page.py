"""The bytes of a page become its article, or nothing: never an exception, never a page that is none."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.extract import extract, text_of
from aggregator.core.extract import page as page_module
from aggregator.core.sanitize import html_to_text
from aggregator.core.similar import normalise
from aggregator.model import Article
from tests.core.extract.pages import PARAGRAPHS, STORY, TEXT, page

URL = "https://news.example/2026/bridge.html"


def read(body: str | bytes, *, charset: str | None = None, want_metadata: bool = False) -> Article | None:
    html = body.encode() if isinstance(body, str) else body
    return extract(html, url=URL, want_metadata=want_metadata, charset=charset)


def test_an_article_is_text_in_paragraphs_and_the_same_as_html() -> None:
    article = read(page())
    assert article is not None
    assert article.method == "blocks"
    assert 0.9 < article.score <= 1
    assert replace(article, method="", score=0.0) == Article(text=TEXT, html=STORY)


def test_text_of_gives_the_text_alone_and_needs_no_address() -> None:
    assert text_of(page().encode(), None) == TEXT
    assert text_of(b"", None) is None


def test_readers_comments_are_not_part_of_the_article() -> None:
    comments = '<section id="comments"><p>First! I always said that this bridge was finished.</p></section>'
    article = read(page(STORY + comments))
    assert article is not None
    assert article.text == TEXT


def test_text_that_stands_only_in_the_pages_data_is_found() -> None:
    data = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{TEXT}"}}</script>'
    article = read(page("<div id=app></div>", head=data.replace("\n\n", " ")))
    assert article is not None
    assert normalise(article.text) == normalise(TEXT)


# ── what is no article ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   \n ",
        b"%PDF-1.7 <p>text</p>" * 100,
        b"\x89PNG\r\n\x1a\n" + STORY.encode(),
        b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40,
        b"PK\x03\x04" + STORY.encode(),
        b'{"title": "Bridge to close", "text": "' + TEXT.encode() + b'"}',
        TEXT.encode(),
        b'<?xml version="1.0"?><rss version="2.0"><channel><item><description>'
        + STORY.encode()
        + b"</description></item></channel></rss>",
        random.Random(7).randbytes(50_000),
    ],
    ids=["empty", "blank", "pdf", "png", "jpeg", "zip", "json", "plain text", "feed", "noise"],
)
def test_what_is_not_html_has_no_article(body: bytes) -> None:
    assert read(body) is None


WALLS = """
Just a moment... : Checking your browser before accessing news.example. This takes some seconds. Ray ID: 8a2b
Bridge to close : Please enable JavaScript and cookies to continue to this page of ours.
Attention Required! : Sorry, you have been blocked. You are unable to access news.example for the time being.
Access Denied : You don't have permission to access this page on this server. Reference #18.2d3c, Tuesday.
Before you continue : We and our 812 partners store cookies. Accept all cookies or manage your choices.
Datenschutz : Wir verwenden Cookies. Ihre Einwilligung in die Verarbeitung können Sie jederzeit widerrufen.
Confidentialité : Nous utilisons des cookies et des traceurs. Gérez vos choix ou retirez votre consentement.
Your privacy choices : We and our 834 partners store and/or access information on a device, such as cookies.
News of the port : Weiter mit Werbung oder mit dem PUR-Abo ab 4,99 Euro. Wir und unsere Partner danken.
Subscribe to continue reading : You have reached your limit of free articles. Subscribe for $1 a week now.
Page not found - The Port : It looks like you followed an old link to a place of ours that is there no longer.
The Port : The page you are looking for might have been removed, had its name changed, or be somewhere else.
Seite nicht gefunden : Leider gibt es diesen Beitrag bei uns nicht mehr. Versuchen Sie es mit der Suche oben.
Bridge to close : Bridge to close
"""


@pytest.mark.parametrize("wall", WALLS.strip().splitlines())
def test_a_consent_notice_or_a_bot_check_is_never_the_article(wall: str) -> None:
    title, _, text = wall.partition(" : ")
    body = f"<body><div><h1>{title}</h1><p>{text}</p></div></body>"
    assert read(f"<html><head><title>{title}</title></head>{body}</html>") is None


def titled(body: str, title: str) -> str:
    return page(body).replace("Bridge to close", title)


LONG_WALLS = {
    "Privacy": "We and our 834 partners store and/or access information on a device, such as cookies, and "
    "process personal data, such as unique identifiers and standard information sent by a device, "
    "for personalised advertising and content, measurement of both, audience research and the making "
    "of services. With your permission we may use precise geolocation data and identification "
    "through device scanning.",
    "The Port": "Besuchen Sie unsere Website wie gewohnt mit Werbung und Tracking. Details zum Tracking "
    "finden Sie in der Datenschutzerklärung und im Privacy Center. Nutzen Sie unser PUR-Abo ganz ohne "
    "Werbetracking für 4,99 Euro im Monat. Wir und unsere bis zu 193 Partner speichern und rufen "
    "Informationen auf Ihrem Gerät ab, um Anzeigen auszuspielen und deren Leistung zu messen, und um "
    "unsere Angebote zu verbessern.",
    "Oops": "It looks like nothing was found at this location. Maybe try one of the links below or a search? "
    "The page you are looking for might have been removed, had its name changed, or is temporarily "
    "unavailable. Return to the home page or use the search box above to find what you were looking "
    "for in our archive.",
}


@pytest.mark.parametrize("title", LONG_WALLS)
def test_a_wall_of_more_words_is_known_by_two_kinds_of_remarks(title: str) -> None:
    text = LONG_WALLS[title]
    assert read(titled(f"<p>{text}</p>", title)) is None
    article = read(titled(f"{STORY * 2}<p>{text}</p>", title))
    assert article is not None


@pytest.mark.parametrize(
    "title",
    ["404 fishermen march on the port", "Page not found in the old register", "Subscribe to the stars"],
)
def test_a_headline_that_begins_like_an_error_page_is_a_headline(title: str) -> None:
    text = (
        "The march on Friday went from the fish market to the town hall, where Ines Calder handed over a "
        "list of demands to the council. It will be talked about on Tuesday, the mayor said to the crowd."
    )
    assert read(titled(f"<p>{text}</p>", title)) is not None


def test_a_short_article_about_cookies_is_an_article() -> None:
    text = (
        "The bakery on Mill Street won the county prize for its oat cookies on Friday. Ines Calder, who has "
        "run the shop since 2009, said that the recipe came from her aunt and that nothing in it was new."
    )
    article = read(page(f"<p>{text}</p>"))
    assert article is not None
    assert article.text == text


# ── character sets ───────────────────────────────────────────────────────────────────────────

RUSSIAN = "Портовый совет решил во вторник закрыть старый разводной мост на одиннадцать месяцев. " * 4
GERMAN = (
    "Der Hafenausschuß beschloß am Dienstag, die alte Drehbrücke für elf Monate zu schließen – „endgültig“. "
    * 4
)
JAPANESE = (
    "港湾委員会は火曜日、古い旋回橋を十一か月間閉鎖することを決めた。軸受けはもう朝の交通量に耐えられない。"
    * 4
)


@pytest.mark.parametrize(
    ("text", "encoding", "header", "meta"),
    [
        (RUSSIAN, "windows-1251", "windows-1251", None),
        (RUSSIAN, "windows-1251", None, "windows-1251"),
        (RUSSIAN, "koi8-r", None, "koi8-r"),
        (RUSSIAN, "windows-1251", None, None),
        (RUSSIAN, "utf-8", "iso-8859-1", "windows-1251"),
        (GERMAN, "windows-1252", "iso-8859-1", None),
        (GERMAN, "windows-1252", "utf-8", None),
        (GERMAN, "utf-8", "us-ascii", "iso-8859-1"),
        (GERMAN, "utf-8-sig", "iso-8859-1", None),
        (GERMAN, "utf-16", None, None),
        (GERMAN, "windows-1252", "no-such-charset", "iso-8859-1"),
        (JAPANESE, "shift_jis", "Shift_JIS", None),
        (JAPANESE, "euc_jp", None, "euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp", None),
    ],
)
def test_the_character_set_is_found_whatever_header_and_page_say(
    text: str, encoding: str, header: str | None, meta: str | None
) -> None:
    head = f'<meta charset="{meta}">' if meta else ""
    html = page(f"<p>{text}</p>", head=head).encode(encoding, "replace")
    article = read(html, charset=header)
    assert article is not None
    assert article.text == text.encode(encoding, "replace").decode(encoding).strip()


def test_a_stray_byte_does_not_turn_utf8_into_something_else() -> None:
    html = page(f"<p>{RUSSIAN}</p>").encode().replace("мост".encode(), b"\xff", 1)
    assert (article := read(html)) is not None
    assert "старый разводной мост" in article.text


# ── size, hostility ──────────────────────────────────────────────────────────────────────────


def test_a_page_over_two_megabytes_loses_its_scripts_first_then_its_end() -> None:
    big = page(f"<script>var x = '{'y' * 3_000_000}'</script>{STORY}<svg>{'<path d=M0>' * 1000}</svg>")
    assert (article := read(big)) is not None
    assert article.text == TEXT
    endless = page(
        STORY + "".join(f"<p>Line {number} of the appendix stands here.</p>" for number in range(60_000))
    )
    assert len(page_module._shortened(endless)) == page_module.MAX_PAGE


def test_scripts_that_never_close_are_skipped_in_linear_time() -> None:
    start = time.process_time()
    text = page_module._without_silent("<script>" * 300_000 + "<style>x</style>end")
    assert time.process_time() - start < 2
    assert text.endswith("<script>end")


@given(
    st.binary(max_size=400), st.sampled_from([None, "utf-8", "utf-16", "idna", "punycode", "nonsense", ""])
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_give_an_article_or_none(body: bytes, charset: str | None) -> None:
    for html in (body, b"<html><body><p>" + body, page().encode()[:200] + body + page().encode()[200:]):
        article = extract(html, url=URL, want_metadata=True, charset=charset)
        assert article is None or article.text


TAGS = st.sampled_from(
    ["<p>", "</p>", "<div>", "</div>", "<b>", "</i>", "<a href='x'>", "</a>", "<ul><li>", "<table><tr><td>",
     "</table>", "<figure><img src=/a.jpg><figcaption>", "</figure>", "<pre>", "<br>", "<h2>", "<blockquote>",
     "<svg>", "<!--", "-->",
     "<script>", "</script>", "&amp;", "&#0;", "\x00", "\ud7ff", "word " * 30, PARAGRAPHS[0]]
)  # fmt: skip


@given(st.lists(TAGS, max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_html_holds_the_words_of_the_text(parts: list[str]) -> None:
    article = read(page(STORY + "".join(parts)))
    if article is not None and "<img" not in article.html:
        assert normalise(html_to_text(article.html)) == normalise(article.text)


def test_of_a_page_of_nothing_but_elements_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """320,000 of them once took 715 MB."""
    monkeypatch.setattr(page_module, "MAX_ELEMENTS", 500)
    paragraphs = "".join(f"<p>{text}</p>" for text in ["The bridge is closed until the storm is over."] * 20)
    body = f"<html><body><article>{paragraphs}{'<b>x</b>' * 500}<p>The end.</p></article>"
    article = extract(body.encode(), url="https://h.example/1", want_metadata=False)
    assert article is not None
    assert "The bridge is closed" in article.text
    assert "The end." not in article.text
