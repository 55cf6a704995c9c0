"""Which blocks are the article: what trafilatura took is put right, and where nothing is known it stays."""

import json
from collections.abc import Sequence

import pytest
from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor

from aggregator.core.extract import blocks as page_blocks
from aggregator.core.extract import choice, markup
from aggregator.core.extract.blocks import Block
from tests.core.extract.pages import PARAGRAPHS, STORY, TEXT, page

MORE = [
    "The board heard from nine people on the night, most of whom own a business on the northern quay.",
    "A replacement was first asked for in 1998, but the money went to the school on the hill instead.",
    "Work begins on the second of January and will go on through the night, the contractor said.",
]
LONG = "".join(f"<p>{paragraph}</p>" for paragraph in [*PARAGRAPHS, *MORE])
BASE = "https://news.example/"


def chosen(source: str) -> choice.Choice:
    found = choice.choose(html.document_fromstring(source), BASE)
    assert found is not None
    return found


def test_what_stands_beside_the_article_is_dropped_although_trafilatura_took_it() -> None:
    readers = [
        "First! I always said that this bridge was finished.",
        "Nobody asked us about the ferries at all.",
    ]
    discussion = "".join(f"<p>{reader}</p>" for reader in readers)
    source = page(f"<div class=story>{LONG}</div><div class='discussion'>{discussion}</div>")
    document = bare_extraction(html.document_fromstring(source), options=choice.QUICK)
    assert isinstance(document, Document)
    assert readers[1] in str(etree.tostring(document.body, encoding="unicode"))
    found = chosen(source)
    assert readers[1] not in markup.text(found.body)
    assert found.method == "blocks"


def test_an_article_of_one_short_paragraph_stays_as_trafilatura_took_it() -> None:
    found = chosen(page(f"<p>{PARAGRAPHS[0]}</p>"))
    assert markup.text(found.body) == PARAGRAPHS[0]
    assert found.method in ("blocks", "trafilatura")


def test_trafilatura_is_asked_only_where_the_first_model_is_not_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Extractor] = []
    look = choice.look

    def counted(tree: etree._Element, blocks: Sequence[Block], base: str, options: Extractor) -> choice.Look:
        asked.append(options)
        return look(tree, blocks, base, options)

    monkeypatch.setattr(choice, "look", counted)
    assert (
        chosen(page(f"<h1>Bridge to close</h1><div class=article-body>{LONG * 3}</div>")).score >= choice.SURE
    )
    assert asked == []
    assert chosen(page(f"<p>{PARAGRAPHS[0]}</p>")).score < choice.SURE
    assert choice.QUICK in asked


def test_what_is_surely_taken_holds_no_title_caption_or_margin() -> None:
    caption = "The bridge seen from the quay"
    source = page(
        f"<h1>Bridge to close</h1><figure><img src=/a.jpg><figcaption>{caption}</figcaption></figure>"
        f"{LONG * 3}<aside><p>Last in May</p></aside>"
    )
    blocks = page_blocks.walk(html.document_fromstring(source))
    found = choice.by_likelihood(blocks, choice.by_links(blocks), [0.99] * len(blocks))
    assert found is not None
    taken = [block.text for block, is_taken in zip(blocks, found.taken, strict=True) if is_taken]
    assert taken == [*PARAGRAPHS, *MORE] * 3


def data(text: str) -> str:
    return f'<script type="application/ld+json">{json.dumps({"articleBody": text})}</script>'


def test_the_whole_text_in_the_data_is_taken_where_the_page_shows_its_beginning() -> None:
    whole = "\n\n".join([*PARAGRAPHS, *MORE, *(line.replace("the", "this") for line in MORE)])
    found = chosen(page(f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>", head=data(whole)))
    assert (markup.text(found.body), found.method) == (whole, "json-ld")


def test_the_text_in_the_data_does_not_replace_another_one_on_the_page() -> None:
    other = " ".join(f"word{number}" for number in range(900))
    assert markup.text(chosen(page(LONG, head=data(other))).body).startswith(TEXT)


def test_an_article_is_surer_than_a_page_of_teasers() -> None:
    teasers = "".join(
        f"<div class=teaser><h3><a href=/{number}>Headline {number}</a></h3><p>A line on {number}.</p></div>"
        for number in range(20)
    )
    listing = choice.choose(html.document_fromstring(f"<html><body>{teasers}</body></html>"), BASE)
    article = chosen(page(LONG)).score
    assert article > 0.9
    assert listing is None or listing.score < article - 0.05


def test_the_page_is_not_changed() -> None:
    tree = html.document_fromstring(page(STORY + "<aside><p>More</p></aside>"))
    before = etree.tostring(tree)
    choice.choose(tree, BASE)
    assert etree.tostring(tree) == before
