"""Which blocks of a page are its article: each is judged, in doubt beside what trafilatura takes.

1. A first model tells of each block how likely it is part of the article.
2. Where it is not sure, trafilatura's quick result is held against that; where the two hardly agree, its
   thorough one is made too, and the better one goes on.
3. A second model, which knows both and how likely all around is, decides on each block.

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
from aggregator.core.extract.blocks import Block, Box
from aggregator.core.extract.render import render
from aggregator.core.extract.verdict import count_words

#: comments off: they are readers' and cost a percent of F1; links and emphasis change nothing in the text
QUICK: Final = Extractor(output_format="html", comments=False, formatting=True, links=True, fast=True)
THOROUGH: Final = Extractor(output_format="html", comments=False, formatting=True, links=True)
#: F1 that the first model expects of its own choice from which on it is sure, and words of that; from .95
#: on pages of unknown sites get worse
SURE: Final = 0.96
_ENOUGH: Final = 100
_BESIDE: Final = frozenset({"figure", "figcaption", "aside", "footer", "form", "nav", "button"})
#: agreement with the first model below which the thorough way is tried
DOUBTFUL: Final = 0.7
#: what it must be better by
BETTER: Final = 0.02
#: share of links from which on a block is no part of an article unless trafilatura took it
_LINKED: Final = 0.9
#: likelihood from which on a block is kept
KEPT: Final = 0.5
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
    """An article's tree (HTML names), how it was found, how sure that is (0..1), the page's blocks.

    ``method``: "blocks" that were chosen, "trafilatura" alone, or "json-ld", the page's data.
    """

    body: etree._Element
    method: str
    score: float
    blocks: list[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What trafilatura takes of a page, or the first model where that is sure."""

    #: trafilatura's tree, None where it found nothing or was not asked
    body: etree._Element | None
    taken: list[bool]
    #: the blocks that may be of the article
    wanted: list[int]


class First:
    """The figures of a page's blocks and how likely each is by the first model, made when asked for."""

    def __init__(self, blocks: Sequence[Block], about: About) -> None:
        self.blocks, self.about = blocks, about
        self.known: dict[int, tuple[list[float], float]] = {}

    def rows(self, wanted: Sequence[int]) -> list[list[float]]:
        """The figures of these blocks."""
        new = [index for index in wanted if index not in self.known]
        for index, row in zip(new, traits.first(self.blocks, new, self.about), strict=True):
            self.known[index] = row, _likely(weights.first(row))
        return [self.known[index][0] for index in wanted]

    def likely(self, wanted: Sequence[int]) -> list[float]:
        """The likelihoods of these blocks."""
        self.rows(wanted)
        return [self.known[index][1] for index in wanted]


def choose(page: etree._Element, base: str) -> Choice | None:
    """The article of a page, None where there is no text in it; the page is not changed."""
    blocks, about = page_blocks.walk(page), page_about.of(page)
    first = First(blocks, about)
    look = _looked_at(page, blocks, first, base)
    rows = second_rows(blocks, look, first.rows(look.wanted), first.likely(look.wanted))
    likely = [_likely(weights.second(row)) for row in rows]
    kept = [blocks[index] for index, share in zip(look.wanted, likely, strict=True) if share >= KEPT]
    score = agreement(blocks, _flags(len(blocks), kept), look.wanted, likely)
    words = sum(block.words for block in kept)
    body, method = _stated(about, kept, words), "json-ld"
    if body is not None:
        score = _BY_DATA
    elif look.body is not None and _is_left_alone(look.body, look.taken, blocks, words):
        body, method = look.body, "trafilatura"
        score = agreement(blocks, look.taken, look.wanted, likely)
    elif kept:
        body, method = render(kept, base), "blocks"
    return None if body is None else Choice(body=body, method=method, score=round(score, 3), blocks=blocks)


def _looked_at(page: etree._Element, blocks: Sequence[Block], first: First, base: str) -> Look:
    """The first model's look where that is sure; else trafilatura's quick or its thorough one."""
    wanted = by_links(blocks)
    sure = by_likelihood(blocks, wanted, first.likely(wanted))
    if sure is not None:
        return sure
    quick = look(page, blocks, base, QUICK)
    agreed = agreement(blocks, quick.taken, quick.wanted, first.likely(quick.wanted))
    if agreed >= DOUBTFUL:
        return quick
    thorough = look(page, blocks, base, THOROUGH)
    better = agreement(blocks, thorough.taken, thorough.wanted, first.likely(thorough.wanted))
    return thorough if better > agreed + BETTER else quick


def by_links(blocks: Sequence[Block]) -> list[int]:
    """The blocks that are not all links."""
    return [block.index for block in blocks if block.link_density <= _LINKED]


def by_likelihood(blocks: Sequence[Block], wanted: Sequence[int], likely: Sequence[float]) -> Look | None:
    """What the first model takes where it is sure of that, as on half of all pages; None elsewhere.

    There it errs less than trafilatura on sites that were not learned from, and that takes half of the time.
    """
    taken = [False] * len(blocks)
    for index, share in zip(wanted, likely, strict=True):
        taken[index] = share >= KEPT and not _is_beside(blocks[index].box)
    words = sum(blocks[index].words for index in wanted if taken[index])
    if words < _ENOUGH or agreement(blocks, taken, wanted, likely) < SURE:
        return None
    return Look(body=None, taken=taken, wanted=list(wanted))


def _is_beside(box: Box) -> bool:
    """Whether trafilatura would take no block of such a box either: titles, captions, boxes in the margin."""
    if box.tag == "h1":
        return True
    at: Box | None = box
    while at is not None:
        if at.tag in _BESIDE:
            return True
        at = at.parent
    return False


def second_rows(
    blocks: Sequence[Block], look: Look, rows: Sequence[list[float]], likely: Sequence[float]
) -> list[list[float]]:
    """The figures for the second model: those of the first, and what was found out since."""
    shares = [0.0] * len(blocks)
    for index, share in zip(look.wanted, likely, strict=True):
        shares[index] = share
    more = traits.second(blocks, look.wanted, look.taken, shares)
    return [[*row, *further] for row, further in zip(rows, more, strict=True)]


def _likely(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def look(page: etree._Element, blocks: Sequence[Block], base: str, options: Extractor) -> Look:
    """What trafilatura takes of a page in one of its ways."""
    document = bare_extraction(page, options=options)  # works on a copy
    body: etree._Element | None = document.body if isinstance(document, Document) else None
    if body is not None:
        markup.to_html(body, base)
    taken = [False] * len(blocks) if body is None else page_blocks.kept_in(blocks, body)
    return Look(
        body=body,
        taken=taken,
        wanted=[index for index, block in enumerate(blocks) if taken[index] or block.link_density <= _LINKED],
    )


def agreement(
    blocks: Sequence[Block], taken: Sequence[bool], wanted: Sequence[int], likely: Sequence[float]
) -> float:
    """The F1 to be expected of the blocks taken, by how likely each is."""
    expected = both = 0.0
    for index, share in zip(wanted, likely, strict=True):
        part = blocks[index].chars * share
        expected += part
        if taken[index]:
            both += part
    chosen = sum(block.chars for block, is_taken in zip(blocks, taken, strict=True) if is_taken)
    return 2 * both / (expected + chosen) if chosen else 0.0


def _flags(count: int, kept: Sequence[Block]) -> list[bool]:
    flags = [False] * count
    for block in kept:
        flags[block.index] = True
    return flags


def _is_left_alone(body: etree._Element, taken: Sequence[bool], blocks: Sequence[Block], words: int) -> bool:
    """Whether trafilatura's text stays although the models keep little of it.

    Either it stands where no block is, in the page's data; or next to nothing was kept, and a page
    without an article is not told from one unlike all others that way.
    """
    found = count_words(" ".join(map(str, body.itertext())))
    read = sum(block.words for block, is_taken in zip(blocks, taken, strict=True) if is_taken)
    return words < max(_LITTLE, _REST * found) or max(words, read) < _FOUND * found


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
