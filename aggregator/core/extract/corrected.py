"""An article's tree after what was learned of its outlet: blocks taken out, cut short, put in."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from lxml import etree

from aggregator.core.extract import blocks
from aggregator.core.extract.blocks import Block
from aggregator.core.extract.learned import decide
from aggregator.core.extract.pieces import LONG, Piece, observe, pack
from aggregator.model.learning import NO_RULES, Rules

#: what lost blocks become that are no paragraphs
_KEPT_TAGS: Final = frozenset({"h2", "h3", "h4", "h5", "h6", "blockquote", "pre"})
_LISTS: Final = frozenset({"ul", "ol"})
_HOLDERS: Final = frozenset({"li", "td", "th", "tr", "table", "tbody", "thead", "ul", "ol", "dl", "dt", "dd"})


def apply(page: Sequence[Block], body: etree._Element, base: str, rules: Rules, feed_text: str) -> bytes:
    """Correct ``body``, the article that was found in a page of these blocks; a sample of the page.

    ``base`` resolves the page's links, ``feed_text`` is what the feed itself says of the item.
    """
    pieces = observe(page, blocks.walk(body), base)
    correct(body, pieces, rules, feed_text)
    return pack(pieces)


def correct(
    body: etree._Element,
    pieces: Sequence[Piece],
    rules: Rules,
    feed_text: str,
    *,
    before: Rules | None = NO_RULES,
) -> bool:
    """Make ``body``, an article's tree of HTML, what the rules say of the page's pieces; whether it changed.

    ``before`` are the rules that it was made by until now; None where they are not known any more.
    """
    wanted = decide(pieces, rules, feed_text)
    there = blocks.walk(body)
    was = _present(pieces, there) if before is None else decide(pieces, before, feed_text)
    return was != wanted and _Edit(body, there).make(pieces, was, wanted)


def _present(pieces: Sequence[Piece], there: Sequence[Block]) -> list[str]:
    """What of each piece stands in an article, as far as that can be seen."""
    lines = {block.squashed for block in there}
    whole = "\n".join(lines)
    return [
        piece.text
        if (text := _squashed(piece.text)) in lines or (len(text) >= LONG and text in whole)
        else ""
        for piece in pieces
    ]


def _squashed(text: str) -> str:
    return "".join(text.split())


class _Edit:
    """Changes to the tree of one article."""

    def __init__(self, body: etree._Element, there: Sequence[Block]) -> None:
        self.body = body
        self.there: dict[str, list[Block]] = defaultdict(list)
        for block in reversed(there):
            self.there[block.squashed].append(block)
        self.changed = False

    def make(self, pieces: Sequence[Piece], was: Sequence[str], wanted: Sequence[str]) -> bool:
        """Put in first, so that what comes out can still show where; whether anything changed."""
        anchor: etree._Element | None = None
        out: list[Block] = []
        for piece, old, new in zip(pieces, was, wanted, strict=True):
            there = self._take(_squashed(old)) if old else None
            if old == new or (old and there is None):
                anchor = anchor if there is None else there.box.element
            elif there is None:
                anchor = self._put(piece, new, anchor)
            elif (at := there.squashed.find(_squashed(new))) >= 0 and new:
                _keep_only(there, at, len(_squashed(new)))
                anchor, self.changed = there.box.element, True
            else:
                anchor = there.box.element
                out.append(there)
                if new:
                    anchor = self._put(piece, new, anchor)
        for block in out:
            self._remove(block)
        return self.changed

    def _take(self, squashed: str) -> Block | None:
        there = self.there.get(squashed)
        return there.pop() if there else None

    def _put(self, piece: Piece, words: str, anchor: etree._Element | None) -> etree._Element:
        self.changed = True
        made = _made(piece, words)
        if anchor is None or anchor is self.body:
            self.body.insert(0 if anchor is None else len(self.body), made)
            return made
        if anchor.tag == "li" and piece.tag == "li":
            made.tag = "li"
            anchor.addnext(made)
            return made
        around = anchor
        while (
            (parent := around.getparent()) is not None and parent is not self.body and _holds(parent, around)
        ):
            around = parent
        made.tail, around.tail = around.tail, None
        around.addnext(made)
        return made

    def _remove(self, block: Block) -> None:
        self.changed = True
        element = block.box.element
        if block.box.blocks > 1 or element is self.body or element.find(".//img") is not None:
            _keep_only(block, 0, 0)
            return
        while (parent := element.getparent()) is not None:
            _drop(parent, element)
            if parent is self.body or len(parent) or _squashed(parent.text or ""):
                return
            element = parent


def _holds(parent: etree._Element, child: etree._Element) -> bool:
    """Whether nothing may be put between two children of ``parent``."""
    return parent.tag in _HOLDERS or child.tag in ("li", "td", "th", "tr", "dt", "dd")


def _drop(parent: etree._Element, element: etree._Element) -> None:
    """Remove an element but not the text after it."""
    tail, previous = element.tail or "", element.getprevious()
    if tail and previous is not None:
        previous.tail = (previous.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _made(piece: Piece, words: str) -> etree._Element:
    tag = piece.tag if piece.tag in _KEPT_TAGS else "p"
    element = etree.Element(tag)
    runs = piece.runs if piece.runs and words == piece.text else ((words, ""),)
    last: etree._Element | None = None
    for text, address in runs:
        if address:
            last = etree.SubElement(element, "a", href=address)
            last.text = text
        elif last is None:
            element.text = (element.text or "") + text
        else:
            last.tail = (last.tail or "") + text
    return element


# ── words inside a block ─────────────────────────────────────────────────────────────────────


def _keep_only(block: Block, start: int, length: int) -> None:
    """Clear a block but for ``length`` of its characters from ``start`` on, white space not counted."""
    end, at = start + length, 0
    for holder, is_tail, text in list(_slots(block)):
        kept: list[str] = []
        for char in text:
            if char.isspace():
                if start < at < end:
                    kept.append(char)
                continue
            if start <= at < end:
                kept.append(char)
            at += 1
        left = "".join(kept) or None
        if is_tail:
            holder.tail = left
        else:
            holder.text = left
    _drop_empty(block.box.element)


def _slots(block: Block) -> Iterator[tuple[etree._Element, bool, str]]:
    """Where each run of a block stands: an element, whether it is the text after it, the text."""
    wanted = iter([run for run in block.runs if not run[0].isspace()])
    run = next(wanted, None)
    for holder, is_tail, around in _texts(block.box.element):
        text = (holder.tail if is_tail else holder.text) or ""
        if run is not None and around is run[1] and text == run[0]:
            yield holder, is_tail, text
            run = next(wanted, None)


def _texts(root: etree._Element) -> Iterator[tuple[etree._Element, bool, etree._Element]]:
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            yield element, False, element
        elif element is not root and (parent := element.getparent()) is not None:
            yield element, True, parent


def _drop_empty(element: etree._Element) -> None:
    """Remove line breaks at the end, and links and emphasis without a word."""
    for child in reversed(list(element.iterdescendants())):
        parent = child.getparent()
        if parent is None or child.tag == "img" or len(child) or _squashed(child.text or ""):
            continue
        if child.tag != "br" or not (_squashed(child.tail or "") or child.getnext() is not None):
            _drop(parent, child)
