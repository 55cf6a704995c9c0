"""Is the feed's text enough, and whose text wins? Tables from the look of feeds in the wild."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.extract import Verdict, carries_full_text, judge
from aggregator.core.extract.verdict import count_words
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

TEASER = (
    "Harbour board closes swing bridge; bearings damaged, ferries planned, engineers worried about traffic."
)
NOTICE = "Our visitors choose how their personal information is handled. " * 6


def article(text: str) -> Article:
    return Article(text=text, html=f"<p>{text}</p>")


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
            words(20),
            words(40),
            "summary",
            ("failed", "the page gave 20 words, fewer than the feed's summary with 40"),
            id="less than the summary",
        ),
        pytest.param(words(20), "", None, ("extracted", ""), id="the feed has no text"),
        pytest.param(
            NOTICE,
            TEASER,
            "summary",
            ("failed", "the page gave 54 words which share none with the feed's: a notice, not the article"),
            id="a notice in words we do not know",
        ),
        pytest.param(NOTICE * 3, TEASER, "summary", ("extracted", ""), id="long, in other words"),
        pytest.param(words(60), TEASER, "summary", ("extracted", ""), id="about the same"),
    ],
)
def test_the_page_is_taken_unless_it_holds_clearly_less(
    page: str | None, feed: str, source: TextSource | None, verdict: tuple[str, str]
) -> None:
    found = judge(article(page) if page is not None else None, feed, source)
    assert (found.result, found.reason) == verdict


@given(
    st.text(max_size=200) | st.none(),
    st.text(max_size=200),
    st.sampled_from(["page", "feed", "summary", None]),
)
def test_what_is_not_taken_has_a_reason(page: str | None, feed: str, source: TextSource | None) -> None:
    verdict = judge(article(page) if page is not None else None, feed, source)
    assert isinstance(verdict, Verdict)
    assert (verdict.reason == "") == (verdict.result == "extracted")
