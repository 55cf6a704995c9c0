"""Which blocks of a page are its article: trafilatura's, judged and put right block by block.

1. A first model tells of each block how likely it is part of the article, whoever took it.
2. trafilatura's quick result is held against that; where the two hardly agree, its thorough one is
   made too, and the better one goes on.
3. A second model, which knows both, decides on each block.

The models are small trees, fitted to pages whose articles people marked (``benchmarks/fit_extraction.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final

from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor

from aggregator.core.extract import about as page_about
from aggregator.core.extract import blocks as page_blocks
from aggregator.core.extract import markup, traits, weights
from aggregator.core.extract.about import About
from aggregator.core.extract.blocks import Block
from aggregator.core.extract.render import render
from aggregator.core.extract.verdict import count_words

#: comments off: they are readers' and cost a percent of F1; links and emphasis change nothing in the text
QUICK: Final = Extractor(output_format="html", comments=False, formatting=True, links=True, fast=True)
THOROUGH: Final = Extractor(output_format="html", comments=False, formatting=True, links=True)
#: agreement with the first model below which the thorough way is tried: one page in eight
DOUBTFUL: Final = 0.7
#: what it must be better by
BETTER: Final = 0.02
#: share of links from which on a block is no part of an article unless trafilatura took it
_LINKED: Final = 0.9
#: likelihood from which on a block is kept
_KEPT: Final = 0.5
#: share of the words of trafilatura's text below which the blocks are not what it read: its text stands
#: in the page's data
_FOUND: Final = 0.5
#: words, and share of trafilatura's, below which next to nothing was kept
_LITTLE: Final = 30
_REST: Final = 0.06
#: words from which on the article in the page's data is believed to be one; how much longer it must be
_STATED: Final = 80
_LONGER: Final = 2
_BY_DATA: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An article's tree (HTML names), how it was found, how sure that is (0..1), the page's blocks."""

    body: etree._Element
    method: str
    score: float
    blocks: list[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A page's blocks beside what trafilatura took of them."""

    #: trafilatura's tree, None where it found nothing
    body: etree._Element | None
    method: str
    taken: list[bool]
    #: the blocks that may be of the article, and the figures of each
    wanted: list[int]
    rows: list[list[float]]


def choose(page: etree._Element, base: str) -> Choice | None:
    """The article of a page, None where there is no text in it; the page is not changed."""
    blocks, about = page_blocks.walk(page), page_about.of(page)
    look, first = _looked_at(page, blocks, about, base)
    likely = [_likely(weights.second(row)) for row in second_rows(blocks, look, first)]
    kept = [blocks[index] for index, share in zip(look.wanted, likely, strict=True) if share >= _KEPT]
    score = round(agreement(blocks, _flags(len(blocks), kept), look.wanted, likely), 3)
    words = sum(block.words for block in kept)
    stated = _stated(about, kept, words)
    if stated is not None:
        return Choice(body=stated, method="json-ld", score=_BY_DATA, blocks=blocks)
    if look.body is not None and _is_left_alone(look, blocks, words):
        alone = round(agreement(blocks, look.taken, look.wanted, likely), 3)
        return Choice(body=look.body, method=f"{look.method}, alone", score=alone, blocks=blocks)
    if not kept:
        return None
    changed = "" if _flags(len(blocks), kept) == look.taken else ", corrected"
    return Choice(body=render(kept, base), method=look.method + changed, score=score, blocks=blocks)


def _looked_at(
    page: etree._Element, blocks: Sequence[Block], about: About, base: str
) -> tuple[Look, list[float]]:
    """trafilatura's result, the thorough one where the quick one does not agree with the first model."""
    quick = look(page, blocks, about, base, QUICK)
    likely = [_likely(weights.first(row)) for row in quick.rows]
    agreed = agreement(blocks, quick.taken, quick.wanted, likely)
    if agreed >= DOUBTFUL:
        return quick, likely
    thorough = look(page, blocks, about, base, THOROUGH)
    also = [_likely(weights.first(row)) for row in thorough.rows]
    if agreement(blocks, thorough.taken, thorough.wanted, also) <= agreed + BETTER:
        return quick, likely
    return thorough, also


def second_rows(blocks: Sequence[Block], look: Look, likely: Sequence[float]) -> list[list[float]]:
    """The figures for the second model: those of the first, and what was found out since."""
    shares = [0.0] * len(blocks)
    for index, share in zip(look.wanted, likely, strict=True):
        shares[index] = share
    more = traits.second(blocks, look.wanted, look.taken, shares)
    return [[*row, *further] for row, further in zip(look.rows, more, strict=True)]


def _likely(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def look(
    page: etree._Element,
    blocks: Sequence[Block],
    about: About,
    base: str,
    options: Extractor,
) -> Look:
    """What trafilatura takes of a page in one of its ways."""
    document = bare_extraction(page, options=options)  # works on a copy
    body: etree._Element | None = document.body if isinstance(document, Document) else None
    if body is not None:
        markup.to_html(body, base)
    taken = [False] * len(blocks) if body is None else page_blocks.kept_in(blocks, body)
    wanted = [index for index, block in enumerate(blocks) if taken[index] or block.link_density <= _LINKED]
    return Look(
        body=body,
        method="trafilatura" if options.fast else "trafilatura, thorough",
        taken=taken,
        wanted=wanted,
        rows=traits.first(blocks, wanted, about),
    )


def agreement(
    blocks: Sequence[Block], taken: Sequence[bool], wanted: Sequence[int], likely: Sequence[float]
) -> float:
    """The F1 to be expected of the blocks taken, by how likely each is."""
    expected = sum(blocks[index].chars * share for index, share in zip(wanted, likely, strict=True))
    both = sum(
        blocks[index].chars * share for index, share in zip(wanted, likely, strict=True) if taken[index]
    )
    chosen = sum(block.chars for block, is_taken in zip(blocks, taken, strict=True) if is_taken)
    return 2 * both / (expected + chosen) if chosen else 0.0


def _flags(count: int, kept: Sequence[Block]) -> list[bool]:
    flags = [False] * count
    for block in kept:
        flags[block.index] = True
    return flags


def _is_left_alone(look: Look, blocks: Sequence[Block], words: int) -> bool:
    """Whether trafilatura's text stays although the models keep little of it.

    Either it stands where no block is, in the page's data; or next to nothing was kept, and a page
    without an article is not told from one unlike all others that way.
    """
    if look.body is None:
        return False
    found = count_words(" ".join(map(str, look.body.itertext())))
    taken = sum(block.words for block, is_taken in zip(blocks, look.taken, strict=True) if is_taken)
    return words < max(_LITTLE, _REST * found) or max(words, taken) < _FOUND * found


def _stated(about: About, kept: Sequence[Block], words: int) -> etree._Element | None:
    """The article that only the page's data holds whole: what is shown of it is its beginning."""
    stated = sum(map(count_words, about.paragraphs))
    if stated < _STATED or stated < _LONGER * words:
        return None
    shown = sum(block.chars for block in kept if block.squashed in about.body)
    if words >= _STATED and shown < _FOUND * sum(block.chars for block in kept):
        return None
    body = etree.Element("body")
    for paragraph in about.paragraphs:
        etree.SubElement(body, "p").text = paragraph
    return body
