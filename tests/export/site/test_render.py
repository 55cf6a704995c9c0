"""Pages as HTML: escaped, absolute in time, and of what an article brings only what is harmless."""

from html.parser import HTMLParser

import pytest

from aggregator.core.sanitize import clean_html
from aggregator.export.site import render
from aggregator.export.site.article import Beside, article_page, reason
from aggregator.export.site.compose import Newsroom
from aggregator.export.site.pages import Frame, MovedPage
from aggregator.export.site.sitemap import sitemap
from aggregator.model import Item
from aggregator.model.cards import Card
from aggregator.model.stories import Box, Comment, Related, Sentence, SharedTerm
from tests.export.making import full_item, make_item
from tests.export.site.making import AT, make_card

FRAME = Frame(title="News <of> the bay")
EVIL = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>{{ 7*7 }}"


class Elements(HTMLParser):
    """Elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


def card_of(item: Item, **changes: object) -> Card:
    return make_card(item.id, outlet=item.outlet, title=item.title, summary=item.summary, **changes)


def shown(item: Item, *, full: bool = True, beside: Beside | None = None, frame: Frame = FRAME) -> str:
    room = Newsroom(cards=[card_of(item), make_card(2, title="Beside it", outlet="Port News")])
    page = article_page(room, item, beside or Beside(), full=full)
    return render.page(frame, page, f"items/{item.id}.html")


def test_an_article_stands_in_full_and_leads_to_its_outlet() -> None:
    html = shown(full_item())
    assert "<p>The bridge opened today.</p><p>Traffic flows.</p>" in html
    assert "Read at <bdi>Gulf Insider</bdi>" in html
    assert {"rel": "canonical", "href": "https://gulf.example/bridge"} in Elements(html).all("link")


def test_with_summaries_alone_nothing_of_the_text_is_told() -> None:
    box = Box(summary=(Sentence(item_id=1, start=0, end=13, text="Traffic flows"),))
    html = shown(full_item(), full=False, beside=Beside(box=box))
    assert "Traffic flows" not in html
    assert "It opened." in html
    assert "The whole article stands at" in html


def test_no_page_says_how_long_ago_something_was() -> None:
    html = shown(full_item())
    assert " ago" not in html
    assert '<time datetime="2026-01-31T07:00:00Z"' in html
    assert "31 January 2026, 07:00 UTC</time>" in html


@pytest.mark.parametrize(
    "field", ["title", "summary", "outlet", "authors", "language", "image", "url", "comments_url", "text"]
)
def test_nothing_that_an_outlet_says_becomes_an_element(field: str) -> None:
    value = (EVIL,) if field == "authors" else EVIL
    plain = Elements(shown(make_item(content_html="")))
    evil = Elements(shown(make_item(**{"content_html": "", field: value})))
    assert len(evil.all("script")) == len(plain.all("script")) == 1
    assert not any(name.startswith("on") for _, attributes in evil.found for name in attributes)
    assert all((link.get("href") or "").startswith(("http", "..", "#")) for link in evil.all("a"))


def test_the_text_is_cleaned() -> None:
    html = shown(
        make_item(content_html=f"<p onclick=x>{EVIL}</p><iframe src=//x></iframe>" + "<p>long</p>" * 9)
    )
    assert len(Elements(html).all("script")) == 1
    assert not Elements(html).all("iframe")


def test_pictures_come_late_and_are_told_nothing() -> None:
    cleaned = clean_html(
        '<img src="https://x.example/a.png" alt="A"><video src="https://x.example/a.mp4">', ""
    )
    html = render.for_page(cleaned)
    assert (
        'loading="lazy" decoding="async" referrerpolicy="no-referrer" src="https://x.example/a.png"' in html
    )
    assert '<video preload="none"' in html


def test_what_looks_like_a_tag_in_an_attribute_stays_there() -> None:
    html = render.for_page(clean_html("<p title='<img alt=\"x\" onerror=alert(1)>'>x</p>", ""))
    elements = Elements(html)
    assert not elements.all("img")
    assert list(elements.all("p")[0]) == ["title"]


def test_a_page_has_one_main_part_and_one_first_heading() -> None:
    html = shown(make_item(content_html="<main><h1>Inside</h1><nav>x</nav></main>" + "<p>text text</p>" * 9))
    elements = Elements(html)
    assert (len(elements.all("main")), len(elements.all("h1")), len(elements.all("nav"))) == (1, 1, 1)


def test_an_arabic_article_is_written_from_right_to_left() -> None:
    html = shown(make_item(language="ar", title="افتتاح الجسر"))
    assert '<h1 lang="ar" dir="rtl">افتتاح الجسر</h1>' in html
    assert '<div class="prose" lang="ar" dir="rtl">' in html


def test_related_articles_copies_and_comments_stand_below() -> None:
    beside = Beside(
        related=[
            Related(item_id=2, same_story=False, score=0.5),
            Related(item_id=99, same_story=False, score=0.4),
        ],
        copies=[make_card(3, outlet="Bay Times"), make_card(4)],
        comments=[
            Comment(item_id=1, author="Ann", text="Good <b>news</b>", url="", published=AT, first_seen=AT)
        ],
    )
    html = shown(make_item(comments=1), beside=beside)
    related = html[html.index("Related Articles") :]
    assert '<a href="../items/2.html">Beside it</a>' in related
    also = html[html.index("Also at") : html.index("Comments at")]
    assert "Bay Times" in also
    assert "Headline 4" not in also  # the outlet's own section is nowhere else
    assert "Good &lt;b&gt;news&lt;/b&gt;" in html


def test_a_related_article_says_why_it_is_there() -> None:
    common = (
        SharedTerm(kind="link", text="https://news.example/source", weight=0.5),
        SharedTerm(kind="term", text="ferry", weight=0.3),
        SharedTerm(kind="name", text="Ellery <b>", weight=0.2),
        SharedTerm(kind="term", text="harbour", weight=0.1),
    )
    near = Related(item_id=2, same_story=False, score=0.5, shared=common)
    told = Related(item_id=2, same_story=True, score=0.5, shared=common)
    unknown = Related(item_id=2, same_story=False, score=0.5)

    assert reason(near) == "ferry, Ellery <b>"
    assert reason(told) == "Same story"
    assert reason(unknown) == ""
    html = shown(make_item(), beside=Beside(related=[near]))
    assert '<p class="reason"><bdi>ferry, Ellery &lt;b&gt;</bdi></p>' in html
    assert "reason" not in shown(make_item(), beside=Beside(related=[unknown]))


def test_a_models_words_stand_above_the_sentences_that_they_cite() -> None:
    text = "A sentence that is long enough. " * 20
    cited = Sentence(item_id=1, start=0, end=31, text=text[:31])
    box = Box(summary=(cited,), written="A <short> word [1][2].", cited=(cited,), model="small")

    html = shown(make_item(text=text), beside=Beside(box=box))
    alone = shown(make_item(text=text), beside=Beside(box=box), full=False)

    assert "A &lt;short&gt; word [1][2]." in html
    assert "<li>A sentence that is long enough.</li>" in html
    assert "Written by the model small" in html
    assert "A &lt;short&gt; word." in alone  # the sentences are the outlet's
    assert "long enough" not in alone


def test_an_old_page_of_a_merged_story_leads_to_the_new_one() -> None:
    html = render.page(FRAME, MovedPage(headline="Bridge <opens>", href="stories/1.html"), "stories/2.html")

    assert '<meta http-equiv="refresh" content="0; url=../stories/1.html">' in html
    assert '<link rel="canonical" href="../stories/1.html">' in html
    assert '<a href="../stories/1.html">Bridge &lt;opens&gt;</a>' in html


def test_the_box_is_left_out_where_it_would_repeat_the_article() -> None:
    text = "A sentence that is long enough. " * 20
    short = Box(summary=(Sentence(item_id=1, start=0, end=31, text=text[:31]),))
    assert "In short" in shown(make_item(text=text), beside=Beside(box=short))
    assert "In short" not in shown(make_item(text=text[:40]), beside=Beside(box=short))


def test_a_page_names_its_own_address_only_where_that_is_known() -> None:
    assert "og:url" not in shown(make_item())
    known = shown(make_item(), frame=Frame(title="News", base_url="https://news.example/"))
    assert '<meta property="og:url" content="https://news.example/items/1.html">' in known


def test_the_page_for_what_is_gone_works_at_any_depth() -> None:
    html = render.not_found(Frame(title="News", base_url="https://news.example/bay"))
    assert 'href="/bay/index.html"' in html
    assert f'href="/{FRAME.style}"' in render.not_found(FRAME)


def test_a_page_may_load_nothing_but_its_style_script_and_pictures() -> None:
    html = shown(full_item())
    policies = [one.get("content") or "" for one in Elements(html).all("meta")]
    assert any("default-src 'none'" in one for one in policies)
    outside = [
        value
        for tag, attributes in Elements(html).found
        for name, value in attributes.items()
        if value and name in {"src", "href"} and tag in {"script", "link", "iframe"} and "://" in value
    ]
    assert outside == ["https://gulf.example/bridge"]  # rel=canonical, which nobody loads


def test_a_sitemap_lists_pages_with_their_latest_news() -> None:
    assert sitemap("https://news.example/", {"tags/öl.html": None, "stories/1.html": AT}) == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        "<url><loc>https://news.example/tags/%C3%B6l.html</loc></url>\n"
        "<url><loc>https://news.example/stories/1.html</loc><lastmod>2026-01-31T08:00:00Z</lastmod></url>\n"
        "</urlset>\n"
    )
