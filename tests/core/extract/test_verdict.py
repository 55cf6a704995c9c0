"""Is the feed's text enough, and whose text wins? Tables from the look of feeds in the wild."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.extract import Stated, Verdict, better, carries_full_text, judge
from aggregator.core.extract.verdict import count_words, led_away
from aggregator.model import Article, ParsedItem, TextSource

WORDS = "The harbour board voted to close the old swing bridge for eleven months, engineers said on Tuesday. "


def words(count: int) -> str:
    return " ".join((WORDS * (count // 17 + 1)).split()[:count])


def item(content: str, summary: str = "") -> ParsedItem:
    return ParsedItem(
        guid="g",
        url="https://news.example/1",
        title="Bridge",
        summary=summary,
        content_html=content,
        base_url="",
    )


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


ORIGIN = 'The post <a href="/x">Bridge to close</a> appeared first on <a href="/">News</a>.'
HERKUNFT = 'Der Beitrag <a href="/x">Brücke wird geschlossen</a> erschien zuerst auf <a href="/">News</a>.'


@pytest.mark.parametrize(
    ("content", "summary", "full"),
    [
        pytest.param("", words(40), False, id="no content"),
        pytest.param(paragraphs(words(60)), "", False, id="an excerpt"),
        pytest.param(paragraphs(words(400)), words(40), True, id="all of it"),
        pytest.param(paragraphs(words(200), words(150)), words(55) + " […]", True, id="WordPress"),
        pytest.param(paragraphs(words(160)), words(40), True, id="short, but four times the summary"),
        pytest.param(paragraphs(words(200)), words(170), False, id="a long summary, twice"),
        pytest.param(paragraphs(words(500)), words(490), True, id="full text as the description too"),
        pytest.param(paragraphs(words(300) + " […]"), words(40), False, id="[…]"),
        pytest.param(paragraphs(words(300) + " [&#8230;]"), words(40), False, id="[&#8230;]"),
        pytest.param(paragraphs(words(300) + " [...]"), words(40), False, id="[...]"),
        pytest.param(paragraphs(words(300) + "..."), words(40), False, id="three dots"),
        pytest.param(paragraphs(words(300) + "… ”"), words(40), False, id="ellipsis before a quotation mark"),
        pytest.param(paragraphs(words(300), '<a href="/x">Read more</a>'), words(40), False, id="read more"),
        pytest.param(paragraphs(words(300), "Continue reading Bridge →"), words(40), False, id="continue"),
        pytest.param(paragraphs(words(300), "Weiterlesen"), words(40), False, id="German"),
        pytest.param(paragraphs(words(300), "Lire la suite sur le site"), words(40), False, id="French"),
        pytest.param(paragraphs(words(300), "Leer más »"), words(40), False, id="Spanish"),
        pytest.param(paragraphs(words(300), "Leggi tutto"), words(40), False, id="Italian"),
        pytest.param(paragraphs(words(300), "Читать далее"), words(40), False, id="Russian"),
        pytest.param(paragraphs(words(300), "続きを読む"), words(40), False, id="Japanese"),
        pytest.param(paragraphs(words(300), "阅读全文"), words(40), False, id="Chinese"),
        pytest.param(paragraphs(words(300), "اقرأ المزيد"), words(40), False, id="Arabic"),
        pytest.param(
            paragraphs(words(300), ORIGIN), words(40), True, id="with origin"
        ),
        pytest.param(
            paragraphs(words(300) + " […]", ORIGIN), "", False, id="cut"
        ),
        pytest.param(
            paragraphs(words(300) + " …", HERKUNFT), "", False, id="gekürzt"
        ),
        pytest.param("<p>" + "港湾は橋を閉鎖する。" * 50 + "</p>", "港湾は橋を閉鎖。", True, id="no spaces"),
        pytest.param("<p>" + "港湾は橋を閉鎖する。" * 10 + "</p>", "", False, id="short Japanese text"),
        pytest.param('<img src="/a.jpg">' * 200, "", False, id="pictures alone"),
    ],
)  # fmt: skip
def test_a_feed_carries_the_full_text(content: str, summary: str, full: bool) -> None:
    assert carries_full_text(item(content, summary)) is full


@given(st.text(max_size=300), st.text(max_size=300), st.integers(0, 400))
def test_adding_an_ellipsis_never_makes_a_text_whole(content: str, summary: str, count: int) -> None:
    whole = carries_full_text(item(paragraphs(words(count), content), summary))
    assert whole in (True, False)
    assert not carries_full_text(item(paragraphs(words(count), content) + "<p>and so on […]</p>", summary))


@given(st.integers(0, 1000))
def test_the_plain_text_may_be_handed_in(count: int) -> None:
    entry = item(paragraphs(words(count)), words(30))
    assert carries_full_text(entry) == carries_full_text(entry, words(count))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("one, two — three", 4), ("橋を閉鎖", 2), ("bridge 橋を", 2), ("   ", 0), ("สะพาน", 3)],
)
def test_words_are_counted_in_scripts_without_spaces_too(text: str, count: int) -> None:
    assert count_words(text) == count


# ── whose text ───────────────────────────────────────────────────────────────────────────────

TITLE = "Harbour board votes to close swing bridge"
TEASER = (
    "Harbour board closes swing bridge; bearings damaged, ferries planned, engineers worried about traffic."
)
NOTICE = "Our visitors choose how their personal information is handled. " * 6
#: nothing of it is in WORDS
OTHER = (
    "Wine growers along the upper valley expect a poor vintage after late frost damaged young shoots, "
    "according to their association, which asked ministers for emergency support. "
)


def article(text: str, **values: object) -> Article:
    return Article(text=text, html=f"<p>{text}</p>", **values)  # type: ignore[arg-type]


def stated(text: str = "", source: TextSource | None = "summary", title: str = "") -> Stated:
    return Stated(title=title, text=text, source=source, summary=text if source == "summary" else "")


def told(article_: Article | None, what: Stated) -> tuple[str, str]:
    verdict = judge(article_, what)
    return verdict.result, verdict.reason


@pytest.mark.parametrize(
    ("page", "feed", "source", "verdict"),
    [
        pytest.param(
            None, words(300), "feed", ("failed", "no article text was found in the page"), id="nothing"
        ),
        pytest.param(words(400), words(300), "feed", ("extracted", ""), id="more than the feed"),
        pytest.param(words(250), words(300), "feed", ("extracted", ""), id="about as much"),
        pytest.param(
            words(90),
            words(300),
            "feed",
            ("from_feed", "the page gave 90 words, the feed's own text has 300"),
            id="less",
        ),
        pytest.param(words(120), words(40), "summary", ("extracted", ""), id="more than the summary"),
        pytest.param(
            "They close the bridge, engineers and sailors say in the harbour at noon.",
            words(40),
            "summary",
            ("failed", "the page gave 13 words, fewer than the feed's summary with 40"),
            id="less than the summary, in other words",
        ),
        pytest.param(
            words(20),
            words(40),
            "summary",
            ("from_feed", "the page gave 20 words, fewer than the feed's summary with 40"),
            id="a video: the page says a part of the summary",
        ),
        pytest.param(words(30), words(30), "summary", ("extracted", ""), id="a podcast: the same 30 words"),
        pytest.param(words(290), words(300), "summary", ("extracted", ""), id="the summary is the article"),
        pytest.param(words(20), "", None, ("extracted", ""), id="the feed has no text"),
        pytest.param(
            words(400), words(60) + " […]", "feed", ("extracted", ""), id="the content is a teaser"
        ),
        pytest.param(
            words(400), words(60) + "\nRead more", "feed", ("extracted", ""), id="a teaser, and Read more"
        ),
        pytest.param(
            words(20),
            words(60) + " […]",
            "feed",
            ("from_feed", "the page gave 20 words, fewer than the feed's teaser with 61"),
            id="less than a teaser",
        ),
        pytest.param(
            NOTICE,
            TEASER,
            "summary",
            (
                "failed",
                "the page gave 54 words about something else than the feed's headline and summary",
            ),
            id="a notice in words we do not know",
        ),
        pytest.param(words(60), TEASER, "summary", ("extracted", ""), id="about the same"),
    ],
)  # fmt: skip
def test_the_page_is_taken_unless_it_holds_clearly_less(
    page: str | None, feed: str, source: TextSource | None, verdict: tuple[str, str]
) -> None:
    assert told(article(page) if page is not None else None, stated(feed, source)) == verdict


def varied(count: int, what: str) -> str:
    """``count`` words, no three of them in a row twice."""
    return " ".join(f"{what}{n}" for n in range(count))


def test_a_feeds_whole_text_wins_over_a_page_that_lost_parts_of_it_however_long() -> None:
    feed = varied(300, "paragraph")
    lost = " ".join(feed.split()[:150]) + " " + varied(400, "related")
    assert told(article(lost), stated(feed, "feed")) == (
        "from_feed",
        "the page holds 50% of the feed's own text, which has 300 words",
    )
    assert told(article(f"{feed} {varied(100, 'more')}"), stated(feed, "feed")) == ("extracted", "")


@pytest.mark.parametrize("count", [1, 5, 40])
def test_a_page_about_something_else_never_wins(count: int) -> None:
    # The other article, a list of teasers, a privacy policy: whatever came instead of this one.
    strange = article(OTHER * count)
    result, reason = told(strange, stated(TEASER, "summary", TITLE))
    assert (result, "about something else" in reason) == ("failed", True)
    result, _ = told(strange, stated(varied(40, "bridge"), "feed", TITLE))
    assert result == "failed"


def test_a_page_named_like_the_item_is_its_article_in_quite_other_words() -> None:
    page = article(OTHER * 3, title=f"{TITLE} | Port News")
    assert told(page, stated("", None, TITLE)) == ("extracted", "")
    assert told(article(OTHER * 3), stated("", None, TITLE))[0] == "failed"


def test_a_page_named_like_the_item_may_still_hold_only_a_notice() -> None:
    page = article(NOTICE * 4, title=f"{TITLE} | Port News")
    assert told(page, stated(TEASER, "summary", TITLE))[0] == "failed"


def test_the_headline_above_a_notice_does_not_make_it_the_article() -> None:
    menu = "Sections " + " ".join(f"Section {n}" for n in range(30))
    assert told(article(f"{TITLE}\n{menu}"), stated(TEASER, "summary", TITLE))[0] == "failed"


def test_a_feed_that_says_little_lets_any_page_be_its_article() -> None:
    for title, text in (("", ""), ("Briefing", "At noon."), ("Am Abend", ""), ("42", "1 2 3")):
        assert told(article(OTHER * 3), stated(text, "summary", title)) == ("extracted", "")


@pytest.mark.parametrize(
    ("title", "page", "result"),
    [
        ("港湾当局が旋回橋の閉鎖を決定", "港湾当局は火曜日、旋回橋を閉鎖すると発表した。" * 9, "extracted"),
        ("港湾当局が旋回橋の閉鎖を決定", "葡萄農家は遅霜の被害で不作を予想している。" * 9, "failed"),
        ("Портовый совет закрывает мост", "Совет порта решил закрыть поворотный мост. " * 9, "extracted"),
        ("Портовый совет закрывает мост", "Виноделы ждут плохого урожая после заморозков. " * 9, "failed"),
    ],
)  # fmt: skip
def test_what_a_page_is_about_is_told_in_every_script(title: str, page: str, result: str) -> None:
    assert told(article(page), stated("", None, title))[0] == result


def test_a_text_that_hardly_looks_like_an_article_must_hold_what_the_feed_says() -> None:
    unsure = article(words(60), method="trafilatura", score=0.1)
    assert told(unsure, stated("", None, "Minutes")) == (
        "failed",
        "the page gave 60 words that do not look like an article",
    )
    assert told(unsure, stated(TEASER, "summary", TITLE)) == ("extracted", "")
    assert told(article(words(60), method="trafilatura", score=0.7), stated()) == ("extracted", "")


def test_a_list_of_links_is_no_article() -> None:
    teasers = "".join(f'<li><a href="/{n}">{TITLE} for the {n}. time</a> today</li>' for n in range(30))
    text = "\n".join(f"{TITLE} for the {n}. time today" for n in range(30))
    page = Article(text=text, html=f"<ul>{teasers}</ul>")
    assert told(page, stated("", None, TITLE)) == (
        "failed",
        f"the page gave a list of links of {count_words(text)} words, no article",
    )


SITE = "https://port.example"


@pytest.mark.parametrize(
    ("asked", "landed", "where"),
    [
        ("/2026/01/31/bridge-to-close", "/", "the site's front page"),
        ("/2026/01/31/bridge-to-close", "/index.html", "the site's front page"),
        ("/news/local/bridge-to-close", "/news/local/", "a section of the site"),
        ("/news/12345", "/news", "a section of the site"),
        ("/news/12345", "/news/12345", ""),
        ("/?p=12345", "/bridge-to-close", ""),
        ("/short", "/2026/01/31/bridge-to-close", ""),
        ("/bridge-board-votes-to-close/amp", "/bridge-board-votes-to-close", ""),
        ("/article/1234567/rss", "/article/1234567", ""),
        ("/", "/", ""),
        ("", "/", ""),
    ],
)
def test_a_redirect_to_the_front_page_or_a_section_is_known(asked: str, landed: str, where: str) -> None:
    assert led_away(f"{SITE}{asked}" if asked else "", SITE + landed) == where


def test_a_redirect_to_a_section_that_teases_the_item_is_not_its_article() -> None:
    what = Stated(title=TITLE, asked=f"{SITE}/news/bridge-1", landed=f"{SITE}/news/")
    assert told(article(f"{TITLE}. {words(200)}"), what) == (
        "failed",
        "the address leads to a section of the site now, not to the article",
    )
    short = Stated(title="Swing bridge", asked=f"{SITE}/swing-bridge/rss", landed=f"{SITE}/swing-bridge")
    assert told(article(words(200)), short) == ("extracted", "")


@given(
    st.text(max_size=200) | st.none(),
    st.text(max_size=200),
    st.sampled_from(["page", "feed", "summary", None]),
    st.text(max_size=80),
)
def test_what_is_not_taken_has_a_reason(
    page: str | None, feed: str, source: TextSource | None, title: str
) -> None:
    verdict = judge(article(page) if page is not None else None, stated(feed, source, title))
    assert isinstance(verdict, Verdict)
    assert (verdict.reason == "") == (verdict.result == "extracted")


# ── looked at again ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "score", "before", "score_before", "result"),
    [
        (words(400), 0.9, words(300), 0.9, "extracted"),
        (words(250), 0.9, words(300), 0.9, "extracted"),
        (words(150), 0.9, words(300), 0.9, "unchanged"),
        (words(290), 0.5, words(300), 0.9, "unchanged"),
        (words(310), 0.5, words(300), 0.9, "extracted"),
        (words(290), 0.0, words(300), None, "extracted"),
        (words(290), 0.5, words(300), None, "extracted"),
    ],
)
def test_a_worse_look_never_replaces_a_better_text(
    now: str, score: float, before: str, score_before: float | None, result: str
) -> None:
    verdict = better(article(now, score=score), before, score_before)
    assert (verdict.result, verdict.reason == "") == (result, result == "extracted")
