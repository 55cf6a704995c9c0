"""Blocks of a page that were kept -> one tree of HTML, in which lists, tables, quotes and links are whole."""

from collections.abc import Iterable
from typing import Final

from lxml import etree

from aggregator.core.extract.blocks import Block, Box
from aggregator.core.urls import resolve

#: what is kept of a page's inline elements
_INLINE: Final = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "u": "u", "code": "code", "kbd": "code",
    "samp": "code", "tt": "code", "sub": "sub", "sup": "sup", "s": "s", "strike": "s", "del": "s", "q": "q",
    "a": "a",
}  # fmt: skip
#: what is kept of the elements around
_AROUND: Final = frozenset(
    {"ul", "ol", "dl", "li", "dt", "dd", "table", "tr", "td", "th", "blockquote", "pre"}
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: these hold words themselves, if no more than one block
_HOLDERS: Final = frozenset({"li", "dt", "dd", "td", "th", "pre"})
_LISTS: Final = frozenset({"ul", "ol"})
_TABLES: Final = frozenset({"table", "tr", "td", "th"})
#: a table with a cell of more characters, or more blocks, is the page's layout
_CELL: Final = 1000
_CELL_BLOCKS: Final = 8


def render(blocks: Iterable[Block], base: str) -> etree._Element:
    """A ``body`` of the blocks' text in HTML; addresses are absolute against ``base``."""
    tree = _Tree(base)
    for block in blocks:
        tree.add(block)
    return tree.body


class _Tree:
    def __init__(self, base: str) -> None:
        self.base = base
        self.body = etree.Element("body")
        #: boxes of the page that are open, outermost first, and what they became
        self.open: list[tuple[Box, etree._Element]] = []
        self.layout: dict[Box, bool] = {}

    def add(self, block: Block) -> None:
        place = self._within(self._around(block.box))
        if place.tag in _LISTS:
            place = etree.SubElement(place, "li")
        holder = self._leaf(block, place)
        _Line(holder, self.base, preformatted=self._in_pre()).write(block)

    def _around(self, box: Box) -> list[Box]:
        """The elements around a block that say what it is, outermost first."""
        found: list[Box] = []
        at: Box | None = box
        while at is not None:
            if at.tag in _AROUND:
                found.append(at)
            at = at.parent
        if any(self._is_layout(one) for one in found if one.tag in ("td", "th")):
            found = [one for one in found if one.tag not in _TABLES]
        return found[::-1]

    def _is_layout(self, cell: Box) -> bool:
        known = self.layout.get(cell)
        if known is None:
            known = self.layout[cell] = cell.chars > _CELL or cell.blocks > _CELL_BLOCKS
        return known

    def _within(self, around: list[Box]) -> etree._Element:
        """The innermost of the elements around, opened as far as it is not yet."""
        same = 0
        while same < min(len(around), len(self.open)) and self.open[same][0] is around[same]:
            same += 1
        del self.open[same:]
        place = self.open[-1][1] if self.open else self.body
        for box in around[same:]:
            place = etree.SubElement(place, box.tag)
            self.open.append((box, place))
        return place

    def _leaf(self, block: Block, place: etree._Element) -> etree._Element:
        """The element that gets the words: the place itself, or a paragraph or heading in it."""
        tag = block.box.tag
        if tag in _HEADINGS:
            return etree.SubElement(place, tag)
        around = self.open[-1][0] if self.open else None
        if around is not None and place.tag in _HOLDERS and (around.blocks == 1 or around is block.box):
            if place.tag == "li" or (place.text is None and not len(place)):
                return place
        elif place.tag == "li" and around is not None and around.tag in _LISTS:
            return place
        return etree.SubElement(place, "p")

    def _in_pre(self) -> bool:
        return any(box.tag == "pre" for box, _ in self.open)


class _Line:
    """The words of one block as they go into one element."""

    def __init__(self, holder: etree._Element, base: str, *, preformatted: bool) -> None:
        self.holder, self.base, self.preformatted = holder, base, preformatted
        #: inline elements of the page that are open, and what they became
        self.open: list[tuple[etree._Element, etree._Element]] = []
        self.spaced = True
        self.breaks = int(self._begun())

    def _begun(self) -> bool:
        return self.holder.text is not None or len(self.holder) > 0

    def write(self, block: Block) -> None:
        around = block.box.element
        runs = block.runs
        end = max((index + 1 for index, (text, _) in enumerate(runs) if not text.isspace()), default=0)
        for index, (text, element) in enumerate(runs[:end]):
            if text == "\n" and element.tag == "br":
                self.breaks += self._begun()
                continue
            if words := self._spaced(text, last=index == end - 1):
                self._put(words, element, around)

    def _spaced(self, text: str, *, last: bool) -> str:
        """A piece of the text with single spaces, none at the edges of a line."""
        if self.preformatted:
            return text
        words = " ".join(text.split())
        if not words:
            return "" if last or self.spaced or self.breaks else " "
        before = " " if text[0].isspace() and not (self.spaced or self.breaks) else ""
        return f"{before}{words}{' ' if text[-1].isspace() and not last else ''}"

    def _put(self, text: str, element: etree._Element, around: etree._Element) -> None:
        place = self._within(self._inline(element, around))
        if self.breaks:
            place = self.holder if not self.open else place
            etree.SubElement(place, "br")
            self.breaks = 0
        if len(place):
            last = place[-1]
            last.tail = (last.tail or "") + text
        else:
            place.text = (place.text or "") + text
        self.spaced = text.endswith(" ") and not self.preformatted

    def _inline(self, element: etree._Element, around: etree._Element) -> list[etree._Element]:
        found: list[etree._Element] = []
        at: etree._Element | None = element
        while at is not None and at is not around:
            if at.tag in _INLINE:
                found.append(at)
            at = at.getparent()
        return found[::-1]

    def _within(self, inline: list[etree._Element]) -> etree._Element:
        same = 0
        while same < min(len(inline), len(self.open)) and self.open[same][0] is inline[same]:
            same += 1
        del self.open[same:]
        place = self.open[-1][1] if self.open else self.holder
        for element in inline[same:]:
            name = _INLINE[str(element.tag)]
            if name == "a":
                address = resolve(self.base, element.get("href") or "")
                made = etree.SubElement(place, "a", href=address) if address else None
            else:
                made = etree.SubElement(place, name)
            place = place if made is None else made
            self.open.append((element, place))
        return place
