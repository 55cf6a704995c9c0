"""A page is walked once: every word of it stands in one block, in order, with what surrounds it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from aggregator.core.extract import blocks
from tests.core.extract.pages import PARAGRAPHS, STORY


def walked(body: str) -> list[blocks.Block]:
    return blocks.walk(
        html.document_fromstring(f"<html><head><title>T</title></head><body>{body}</body></html>")
    )


def texts(body: str) -> list[str]:
    return [block.text for block in walked(body)]


def test_paragraphs_items_cells_and_loose_text_are_blocks() -> None:
    body = (
        "<h1>Head</h1>loose <b>bold</b> text<p>One</p>tail<ul><li>a</li><li>b</li></ul><table><tr><td>c<td>d"
    )
    assert texts(body) == ["Head", "loose bold text", "One", "tail", "a", "b", "c", "d"]


def test_a_line_break_is_part_of_a_block_and_two_of_them_end_it() -> None:
    assert texts("<div>one<br>two<br> <br>three<hr>four</div>") == ["one two", "three", "four"]


def test_what_nobody_reads_is_no_text_and_what_follows_it_is() -> None:
    body = "<p>a<script>x</script>b<!-- c -->d<?e f?><svg><text>g</text></svg>h</p>j"
    assert [text.replace(" ", "") for text in texts(body)] == ["abdh", "j"]


def test_text_in_noscript_is_text_of_the_page() -> None:
    """Forums made of script keep their posts there."""
    assert texts("<div id=app></div><noscript><p>Post</p></noscript>") == ["Post"]


def test_a_block_knows_its_links() -> None:
    block = walked('<li>See <a href="/a">this page</a> and <a href="/b">that</a></li>')[0]
    assert (block.links, block.linked, block.chars) == (2, 12, 18)
    assert block.link_density == 12 / 18


def test_a_link_around_blocks_counts_in_each_of_them() -> None:
    assert [block.link_density for block in walked('<a href="/a"><h3>One</h3><p>Two</p></a>')] == [1.0, 1.0]


def test_boxes_sum_up_what_is_in_them() -> None:
    first, last = walked("<div class='Body x1'><p>abc</p><p>de <a href=x>f</a></p></div>")
    assert last.box.parent is first.box.parent
    assert first.box.parent is not None
    assert (first.box.parent.chars, first.box.parent.linked, first.box.parent.blocks) == (6, 1, 2)
    assert first.box.parent.names == "body x1"


def test_what_stands_in_a_hidden_box_is_hidden() -> None:
    body = '<div hidden><p>a</p></div><div style="x:y; display : none"><p>b</p></div><p>c</p>'
    assert [block.box.hidden for block in walked(body)] == [True, True, False]


def test_blocks_of_one_template_share_a_path_whatever_their_numbers() -> None:
    body = (
        '<article class="story post-7"><p>a</p><div class="15 body"><p>b</p></div><div class="body b2"><p>c'
    )
    assert [block.path for block in walked(body)] == ["article.story>p", *["article.story>div.body>p"] * 2]


def test_blocks_of_an_extracted_text_are_found_in_the_page() -> None:
    page = walked(f"<nav><p>Share</p></nav>{STORY}<p>Share</p><p>More of {PARAGRAPHS[0]}</p>")
    body = html.fragment_fromstring(f"{STORY}<p>Share</p>", create_parent="body")
    assert blocks.kept_in(page, body) == [True, True, True, True, False, False]


PIECES = st.sampled_from(
    ["<p>", "</p>", "<div>", "</div>", "<b>", "</i>", "<a href='x'>", "</a>", "<li>", "<td>", "</table>",
     "<br>", "<hr>", "<span>", "<!--", "-->", "<my-box>", "</my-box>", "word", " two words ", "\n", "\u3042"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40))
@settings(max_examples=100, deadline=None)
def test_every_word_of_a_page_stands_in_one_block_and_in_order(pieces: list[str]) -> None:
    page = html.document_fromstring(f"<html><body>x{''.join(pieces)}")
    read = "".join("".join(block.text.split()) for block in blocks.walk(page))
    assert read == "".join(etree.tostring(page, method="text", encoding="unicode").split())
