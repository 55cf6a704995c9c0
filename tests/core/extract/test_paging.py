"""Articles over several pages: which address is the next page's, and what the joined text holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from aggregator.core.extract.pager import joined, links
from aggregator.core.extract.paging import first_page, holds, is_same_again, is_whole, join_texts, page_number

SITE = "https://port.example"


def paragraph(n: int) -> str:
    return f"The {n}. engineer told the harbour board that pier number {n} would need {n + 3} more piles."


@pytest.mark.parametrize(
    ("first", "other", "number"),
    [
        ("/story", "/story/2", 2),
        ("/story/", "/story/2/", 2),
        ("/story", "/story/page/3", 3),
        ("/story", "/story/page-3/", 3),
        ("/story", "/story?page=2", 2),
        ("/story?id=7", "/story?id=7&page=2", 2),
        ("/story?id=7&page=1", "/story?id=7&page=2", 2),
        ("/story?utm_source=rss", "/story?page=2", 2),
        ("/story.html", "/story.html?page=2", 2),
        ("/story.html", "/story-2.html", 2),
        ("/story.html", "/story_p4.html", 4),
        ("/story.html", "/story,2.html", 2),
        ("/story.html", "/story/2.html", 2),
        ("/story.html", "/story-seite-2.html", 2),
        ("/a.html", "/a.html/2", 2),
        ("/zeit/story", "/zeit/story/seite-2", 2),
        ("/show.php?id=7", "/show.php?id=7&pagina=2", 2),
        ("/story", "/story", None),
        ("/story", "/story/1", None),
        ("/story", "/story-three", None),
        ("/story", "/story/comment-page-2", None),
        ("/story", "/story?cpage=2", None),
        ("/story", "/story?replytocom=2", None),
        ("/story", "/story/2026", None),
        ("/story", "/other/2", None),
        ("/story", "/page/2", None),
        ("/story?id=7", "/story?id=8", None),
        ("/story?id=7", "/story?page=2", None),
        ("/story?page=2", "/story?page=3", None),
        ("/news/12345", "/news/12346", None),
        ("/news/12", "/news/13", None),
        ("/", "/page/2", None),
        ("/", "/?page=2", None),
        ("/story", "https://elsewhere.example/story/2", None),
        ("/story", "http://www.port.example/story/2", 2),
        ("/story", "http://[", None),
    ],
)
def test_the_pages_of_an_article_are_numbered_in_its_address(
    first: str, other: str, number: int | None
) -> None:
    assert page_number(SITE + first, other if ":" in other else SITE + other) == number


@pytest.mark.parametrize(
    ("other", "whole"),
    [
        ("/story?page=all", True),
        ("/story/komplettansicht", True),
        ("/story/all", True),
        ("/story?singlepage=true", True),
        ("/story?page=2", False),
        ("/story/amp", False),
        ("/all", False),
        ("/story?id=all", False),
    ],
)
def test_an_address_may_offer_all_pages_on_one(other: str, whole: bool) -> None:
    assert is_whole(SITE + "/story", SITE + other) is whole


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("/story/2", "/story"),
        ("/story?page=2", "/story"),
        ("/story?id=7&page=2", "/story?id=7"),
        ("/story-2.html", "/story.html"),
        ("/story", "/story"),
    ],
)
def test_the_first_page_is_known_from_a_later_ones_address(address: str, first: str) -> None:
    assert first_page(SITE + address) == SITE + first


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_addresses_may_be_compared(one: str, other: str) -> None:
    for prefix in ("", SITE + "/"):
        assert page_number(prefix + one, prefix + one) is None
        assert is_whole(prefix + one, prefix + other) in (True, False)
        assert isinstance(first_page(SITE + "/" + other.replace("[", "")), str)


# ── links ────────────────────────────────────────────────────────────────────────────────────


def found(body: str, *, head: str = "", url: str = f"{SITE}/story") -> tuple[tuple[str, ...], str]:
    page = document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    further, whole = links(page, url, url)
    return tuple(address.removeprefix(SITE) for address in further), whole.removeprefix(SITE)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/story/2">2</a>',
        '<a href="/story/2">Page 2</a>',
        '<a href="/story/2">Next page</a>',
        '<a href="/story/2">Weiter auf Seite 2</a>',
        '<a href="/story/2">Nächste Seite</a>',
        '<a href="/story/2">Page suivante</a>',
        '<a href="/story/2">Página siguiente</a>',
        '<a href="/story/2">Далее</a>',
        '<a href="/story/2">التالي</a>',
        '<a href="/story/2">次のページ</a>',
        '<a href="/story/2">下一页</a>',
        '<a href="/story/2">다음</a>',
        '<a href="/story/2">»</a>',
        '<a href="/story/2" rel="next"><img src="/arrow.png"></a>',
        '<a href="/story/2" title="Next page"><i class="arrow"></i></a>',
        '<div class="pagination"><span>1</span><a href="/story/2"><span>2</span></a></div>',
    ],
)
def test_a_link_to_the_next_page_is_found_by_what_it_says(link: str) -> None:
    assert found(f"<article><p>{paragraph(1)}</p>{link}</article>") == (("/story/2",), "")


def test_rel_next_in_the_head_is_followed_only_to_the_same_article() -> None:
    assert found("", head='<link rel="next" href="/story/2">') == (("/story/2",), "")
    # WordPress names the next article so
    assert found("", head='<link rel="next" href="/another-story">') == ((), "")


@pytest.mark.parametrize(
    "link",
    [
        '<div id="comments"><a href="/story?page=2">2</a></div>',
        '<ul class="comment-pager"><li><a href="/story/2" rel="next">Older</a></li></ul>',
        '<div class="related-teasers"><a href="/story/2">2</a></div>',
        '<a href="/page/2">2</a>',
        '<a href="/category/port/2">Next page</a>',
        '<a href="/story/2">2 reasons why the harbour board had no choice but to close the old bridge</a>',
        '<a href="/story/3">2</a>',
        '<a href="/story/2">Print</a>',
        '<a href="/story#2">2</a>',
    ],
)
def test_pagers_of_comments_archives_and_other_things_are_left_alone(link: str) -> None:
    assert found(f"<p>{paragraph(1)}</p>{link}") == ((), "")


def test_addresses_are_compared_however_they_are_escaped() -> None:
    link = '<a href="https://port.example/橋の閉鎖/2">2</a>'
    assert found(link, url=f"{SITE}/%E6%A9%8B%E3%81%AE%E9%96%89%E9%8E%96")[0] == ("/橋の閉鎖/2",)


def test_a_later_page_leads_on_too() -> None:
    pager = "".join(f'<a href="/story/{n}">{n}</a> ' for n in range(2, 6))
    assert found(pager, url=f"{SITE}/story/3") == (("/story/2", "/story/4", "/story/5"), "")


def test_all_on_one_page_counts_only_beside_a_pager() -> None:
    whole = '<a href="/story?page=all">View all on one page</a>'
    assert found(f'<a href="/story?page=2">2</a>{whole}') == (("/story?page=2",), "/story?page=all")
    assert found(whole) == ((), "")


# ── texts ────────────────────────────────────────────────────────────────────────────────────


def text(*numbers: int, head: str = "", foot: str = "") -> str:
    return "\n\n".join([*filter(None, [head]), *map(paragraph, numbers), *filter(None, [foot])])


def test_pages_are_joined_in_order_with_one_head_and_one_foot() -> None:
    head, foot = "Bridge to close", "Ann Ek writes about harbours and has done so for twenty years."
    pages = [
        text(1, 2, head=head, foot=foot),
        text(3, 4, head=head, foot=foot),
        text(5, head=head, foot=foot),
    ]
    assert join_texts(pages).text == text(1, 2, 3, 4, 5, head=head, foot=foot)


def test_what_tells_the_page_is_no_part_of_the_text() -> None:
    pages = [
        text(1, foot="Continued on page 2"),
        text(2, head="Page 2 of 2", foot="1 2"),
        text(3, foot="2/3"),
    ]
    assert join_texts(pages).text == text(1, 2, 3)


def test_a_paragraph_that_is_repeated_on_the_next_page_stands_once() -> None:
    assert join_texts([text(1, 2), text(2, 3)]).text == text(1, 2, 3)


def test_short_lines_may_recur_within_a_text() -> None:
    pages = [f"{paragraph(1)}\nYes.\n{paragraph(2)}", f"{paragraph(3)}\nYes.\n{paragraph(4)}"]
    assert join_texts(pages).text.count("Yes.") == 2


def test_numbers_that_are_the_text_stay() -> None:
    assert join_texts([f"10.\n{paragraph(1)}", f"9.\n{paragraph(2)}"]).text.split("\n")[0] == "10."


@given(st.lists(st.text(max_size=60), min_size=1, max_size=3))
def test_one_page_joined_is_itself_but_for_its_pager_and_joining_never_fails(pages: list[str]) -> None:
    together = join_texts(pages)
    assert len(together.dropped) == len(pages)
    assert set(together.text.split()) <= set(" ".join(pages).split())


def test_html_and_text_lose_the_same() -> None:
    head = "Bridge to close before the winter storms come"
    texts = [text(1, head=head), text(2, head=head, foot="Page 2 of 2")]
    htmls = [
        f'<h1>{head}</h1><p>{paragraph(1)}</p><figure><img src="{SITE}/a.jpg"></figure>',
        f"<div><h1>{head}</h1><p>The <b>2.</b>{paragraph(2)[6:]}</p></div><p>Page 2 of 2</p>",
    ]
    together, html = joined(texts, htmls)
    assert together == text(1, 2, head=head)
    assert html == f"{htmls[0]}<div><p>The <b>2.</b>{paragraph(2)[6:]}</p></div>"


def test_a_pager_that_shows_the_same_article_again_is_known() -> None:
    first = text(1, 2, 3)
    assert is_same_again(first, text(1, 2, 3, foot="12 comments"))
    assert is_same_again(first, "")
    assert not is_same_again(first, text(3, 4, 5, 6))


def test_all_pages_on_one_must_hold_the_first() -> None:
    assert holds(text(1, 2, 3, 4), text(1, 2))
    assert not holds(text(1, 2), text(1, 2))
    assert not holds(text(5, 6, 7, 8), text(1, 2))
