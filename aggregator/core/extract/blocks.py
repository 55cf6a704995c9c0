"""The blocks of text of a page, in document order: what is kept or dropped as one.

``walk(page)`` gives them. A block is a paragraph, heading, list item, table cell or whatever else holds
words of its own between two line breaks: ``block.text`` (white space collapsed), ``block.words``,
``block.link_density`` (0..1, share of its characters inside links), ``block.box`` (the element that
holds it, and that one's ancestors: ``box.element``, ``box.tag``, ``box.names``, ``box.parent``) and
``block.path``, a signature such as ``article.story>div.body>p`` that blocks made by one template share,
on this page and on the outlet's others. ``block.index`` is its place among the page's blocks.

``kept_in(blocks, body)`` tells which of them stand in an extracted ``body`` (HTML names): a flag for
each block. The page is not changed; every element of it stays what it is.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from lxml import etree

from aggregator.core.extract.verdict import count_words

#: nothing in these is read by anybody
_SILENT_NAMES: Final = """
script style template svg math iframe object embed canvas select input textarea head title audio
video map datalist progress meter
"""
#: all others, unknown ones too, begin a block; custom elements ("app-story") are containers
_INLINE_NAMES: Final = """
a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr picture q rp rt
ruby s samp small source span strike strong sub sup time tt u var wbr o:p
"""
_SILENT: Final = frozenset(_SILENT_NAMES.split())
_INLINE: Final = frozenset(_INLINE_NAMES.split())
_BREAKS: Final = frozenset({"br", "hr"})
#: neither begins nor ends a box
_UNBOXED: Final = _SILENT | _INLINE | _BREAKS
_NAMED_BY: Final = ("class", "id", "role", "itemprop", "data-component", "data-testid")
#: levels of a signature, and classes of each
_LEVELS: Final = 6
_VARYING = re.compile(r"[\d_-]*\d[\w-]*")
_DIGIT = re.compile(r"\d")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: characters of class, id and the like that are looked at
_MAX_NAMES: Final = 300


@dataclass(slots=True, eq=False)
class Box:
    """An element that begins a line of its own. The sums grow while the page is walked."""

    element: etree._Element
    parent: "Box | None"
    tag: str
    depth: int
    #: characters in it, inside links, and blocks
    chars: int = 0
    linked: int = 0
    blocks: int = 0
    _names: str | None = None
    _hidden: bool | None = None
    _trail: tuple[str, ...] | None = None

    @property
    def link_density(self) -> float:
        """The share of its characters that are inside links, 0..1."""
        return self.linked / self.chars if self.chars else 0.0

    # found out on demand: more than half of a page's boxes hold no word

    @property
    def names(self) -> str:
        """Class, id, role and the like in lower case."""
        if self._names is None:
            get = self.element.get
            said = [name for kind in _NAMED_BY if (name := get(kind))]
            self._names = " ".join(said)[:_MAX_NAMES].lower()
        return self._names

    @property
    def hidden(self) -> bool:
        """Whether it or an element around it says that it is not shown."""
        if self._hidden is None:
            self._hidden = _is_hidden(self.element) or (self.parent is not None and self.parent.hidden)
        return self._hidden

    @property
    def trail(self) -> tuple[str, ...]:
        """Tags and first classes of its nearest ancestors and it, without what varies (numbers)."""
        if self._trail is None:
            if self.tag in ("body", "html"):
                self._trail = ()
            else:
                own = _signature(self.tag, self.element.get("class") or "")
                before = self.parent.trail[1 - _LEVELS :] if self.parent else ()
                self._trail = (*before, own)
        return self._trail


@dataclass(kw_only=True, eq=False)
class Block:
    """Words between two line breaks of the page."""

    index: int
    box: Box
    #: pieces of the text as written, each with the innermost element around it; "\n" for a line break
    runs: list[tuple[str, etree._Element]]
    text: str
    #: characters of it, those inside links, number of links
    chars: int
    linked: int
    links: int

    @property
    def link_density(self) -> float:
        """The share of its characters that are inside links, 0..1."""
        return min(self.linked / self.chars, 1.0)

    @cached_property
    def words(self) -> int:
        """Words; two characters count as one in scripts that put no spaces between words."""
        return count_words(self.text)

    @cached_property
    def squashed(self) -> str:
        """The text without white space: what the same words give, however the page is indented."""
        return self.text.replace(" ", "")

    @cached_property
    def path(self) -> str:
        """The trail of its box, which blocks made by one template share."""
        return ">".join(self.box.trail)


def walk(page: etree._Element) -> list[Block]:
    """The blocks of a page in document order, those of menus and footers too; those without a word not."""
    body = page if page.tag == "body" else page.find(".//body")
    return _Walk(page if body is None else body).through()


def kept_in(blocks: Sequence[Block], body: etree._Element) -> list[bool]:
    """Which of the blocks stand in ``body``, an article's tree; in the order of the blocks."""
    whole = "".join("".join(str(piece).split()) for piece in body.itertext())
    lines = _lines(body)
    found: list[bool] = []
    for block in blocks:
        squashed = block.squashed
        # short words ("Share") stand in any text: they must be a line, and there once for each block
        if len(squashed) >= 40:
            found.append(squashed in whole)
        else:
            found.append(lines[squashed] > 0)
            lines[squashed] -= 1
    return found


def _lines(body: etree._Element) -> Counter[str]:
    return Counter(block.squashed for block in _Walk(body).through())


@lru_cache(maxsize=4096)
def _signature(tag: str, names: str) -> str:
    """The tag and its first class that does not vary; outlets use the same ones on all their pages."""
    for name in names.lower().split()[:4]:
        if _DIGIT.search(name) is None:
            return f"{tag}.{name}"
        if not _VARYING.fullmatch(name):
            return f"{tag}.{_VARYING.sub('', name)}"
    return tag


def _is_hidden(element: etree._Element) -> bool:
    attributes = element.attrib
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and _HIDDEN.search(style) is not None


class _Walk:
    """One way through a page: boxes open and close, runs of text gather to blocks between them."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.box = Box(root, None, str(root.tag), 0)
        self.blocks: list[Block] = []
        #: links that are open, and the one that was last counted
        self.links: list[etree._Element] = []
        self.counted: etree._Element | None = None
        #: of the block that is being read
        self.runs: list[tuple[str, etree._Element]] = []
        self.linked = self.linking = self.breaks = 0

    def through(self) -> list[Block]:
        walker = etree.iterwalk(self.root, events=("start", "end", "comment", "pi"))
        around: list[etree._Element] = []
        for event, element in walker:
            if event == "start":
                around.append(element)
                if element.tag in _SILENT:
                    walker.skip_subtree()
                else:
                    self._enter(element)
                continue
            if event == "end":
                around.pop()
                self._leave(element.tag)
            if around and (tail := element.tail):
                self._add(tail, around[-1])
        return self.blocks

    def _enter(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "a":
            self.links.append(element)
        elif tag in _BREAKS:
            self._line_break(element)
        elif tag not in _INLINE and element is not self.root:
            if self.runs or self.breaks:
                self._close()
            box = self.box
            self.box = Box(element, box, tag, box.depth + 1)
        if text := element.text:
            self._add(text, element)

    def _leave(self, tag: str) -> None:
        if tag == "a":
            self.links.pop()
        elif tag not in _UNBOXED:
            if self.runs or self.breaks:
                self._close()
            box = self.box
            if (parent := box.parent) is not None:
                parent.chars += box.chars
                parent.linked += box.linked
                parent.blocks += box.blocks
                self.box = parent

    def _add(self, text: str, element: etree._Element) -> None:
        if text.isspace():
            if self.runs:
                self.runs.append((" ", element))
            return
        self.breaks = 0
        self.runs.append((text, element))
        if self.links:
            self.linked += len("".join(text.split()))
            if self.links[-1] is not self.counted:
                self.counted = self.links[-1]
                self.linking += 1

    def _line_break(self, element: etree._Element) -> None:
        """One ends a line; two in a row end a block, as old pages write their paragraphs."""
        self.breaks += 1
        if self.breaks >= 2 or element.tag == "hr":
            self._close()
        elif self.runs:
            self.runs.append(("\n", element))

    def _close(self) -> None:
        runs, linked, links = self.runs, self.linked, self.linking
        self.runs, self.counted = [], None
        self.linked = self.linking = self.breaks = 0
        words = "".join([text for text, _ in runs]).split()
        if not words:
            return
        box, text = self.box, " ".join(words)
        chars = len(text) - len(words) + 1
        box.chars += chars
        box.linked += linked
        box.blocks += 1
        self.blocks.append(
            Block(
                index=len(self.blocks),
                box=box,
                runs=runs,
                text=text,
                chars=chars,
                linked=linked,
                links=links,
            )
        )
