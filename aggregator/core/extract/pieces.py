"""A page's blocks as they are kept to learn from: text, place, links, and whether an article took them.

A sample leaves out what nobody will ask for: menus, and what is hidden.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from aggregator.core.extract.blocks import Block
from aggregator.core.extract.verdict import count_words
from aggregator.core.urls import resolve

#: share of links from which a block is a menu or a teaser
LINKED: Final = 0.8
#: characters from which on words are the same block although they are joined with others
LONG: Final = 40
#: pieces and characters of a page that are looked at
_MAX_PIECES: Final = 800
_MAX_CHARS: Final = 120_000
#: bytes of a packed sample
_MAX_SAMPLE: Final = 32_000
#: characters beside the links of a block that may be a label
_LABEL: Final = 60


@dataclass(slots=True, eq=True)
class Piece:
    """A block without its page. Lines of ``text`` are apart by line breaks."""

    text: str
    path: str
    tag: str
    kept: bool
    #: share of links, 0 to 1
    density: float
    #: the words beside its links, where they are few
    label: str = ""
    #: text and address ("" without a link) one after another, only where there are links
    runs: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> int:
        """Words; two characters count as one in scripts without spaces."""
        return count_words(self.text)


def observe(page: Sequence[Block], body: Sequence[Block], base: str) -> list[Piece]:
    """The pieces of a page in document order.

    ``page`` and ``body`` are the blocks of the page and of the article that was found in it; ``base``
    resolves the page's links.
    """
    present = _Present(page, body)
    pieces: list[Piece] = []
    chars = 0
    for block in page:
        density = round(block.link_density, 2)
        is_aside = density > LINKED or block.box.hidden
        taken = present.takes(block, in_part=not is_aside)
        if is_aside and not taken:
            continue
        chars += block.chars
        if len(pieces) >= _MAX_PIECES or chars > _MAX_CHARS:
            break
        label = _label(block) if block.links and density >= 0.4 else ""
        runs = _runs(block, base) if block.links and not taken else ()
        pieces.append(Piece(_lines(block), block.path, block.box.tag, taken, density, label, runs))
    return pieces


class _Present:
    """Which blocks of a page stand in its article, each as often as it does."""

    def __init__(self, page: Sequence[Block], body: Sequence[Block]) -> None:
        self.lines = Counter(block.squashed for block in body)
        self.apart = "\n".join(self.lines)
        self.whole = "".join(block.squashed for block in body)
        self.paths = {block.squashed: block.path for block in page}

    def takes(self, block: Block, *, in_part: bool) -> bool:
        """Whether a block is in the article alone, or joined with others or in part."""
        squashed = block.squashed
        if squashed in self.lines:
            self.lines[squashed] -= 1
            return self.lines[squashed] >= 0
        # short words ("Share") stand in any text
        if not in_part or len(squashed) < LONG:
            return False
        parts = (squashed, squashed[: LONG // 2], squashed[-LONG // 2 :])
        return any(part in self.whole and self._holds(part, block) for part in parts)

    def _holds(self, part: str, block: Block) -> bool:
        """Whether a part of a block in the article is this one's: a quotation repeats another's."""
        return self.paths.get(self._line_with(part)) != block.path

    def _line_with(self, part: str) -> str:
        at = self.apart.find(part)
        if at < 0:
            return ""
        end = self.apart.find("\n", at)
        return self.apart[self.apart.rfind("\n", 0, at) + 1 : end if end >= 0 else None]


def pack(pieces: Sequence[Piece]) -> bytes:
    """Pieces as bytes to be stored; b"" for a page that is too long to learn from."""
    paths: dict[str, int] = {}
    rows = [
        [
            paths.setdefault(piece.path, len(paths)),
            piece.tag,
            int(piece.kept),
            piece.density,
            piece.text,
            piece.label,
            piece.runs,
        ]
        for piece in pieces
    ]
    packed = zlib.compress(json.dumps([list(paths), rows], ensure_ascii=False).encode("utf-8", "replace"))
    return packed if len(packed) <= _MAX_SAMPLE else b""


def unpack(packed: bytes) -> list[Piece]:
    """The opposite of ``pack``."""
    if not packed:
        return []
    paths, rows = json.loads(zlib.decompress(packed))
    return [
        Piece(text, paths[path], tag, bool(kept), density, label, tuple((said, url) for said, url in runs))
        for path, tag, kept, density, text, label, runs in rows
    ]


def _lines(block: Block) -> str:
    """The text of a block with its line breaks."""
    if not any(text == "\n" for text, _ in block.runs):
        return block.text
    parts = "".join(text if text == "\n" else _flat(text) for text, _ in block.runs).split("\n")
    return "\n".join(line for part in parts if (line := " ".join(part.split())))


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def _linked(element: etree._Element, box: etree._Element) -> etree._Element | None:
    """The link that an element of a block is in."""
    around: etree._Element | None = element
    while around is not None and around is not box:
        if around.tag == "a":
            return around
        around = around.getparent()
    return box if box.tag == "a" else None


def _label(block: Block) -> str:
    box = block.box.element
    beside = "".join(text for text, around in block.runs if _linked(around, box) is None)
    label = " ".join(beside.split())
    return label if len(label) <= _LABEL else ""


def _runs(block: Block, base: str) -> tuple[tuple[str, str], ...]:
    return tuple(_merged(_addressed(block, base)))


def _addressed(block: Block, base: str) -> Iterator[tuple[str, str]]:
    box = block.box.element
    for text, around in block.runs:
        link = _linked(around, box)
        yield text, "" if link is None else resolve(base, link.get("href") or "")


def _merged(runs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours with one address as one, white space collapsed."""
    open_text, open_url = "", ""
    for text, url in runs:
        if open_text and url != open_url:
            yield open_text, open_url
            open_text = ""
        flat = text if text == "\n" else " ".join(_edges(text))
        open_text, open_url = open_text + flat, url
    if open_text:
        yield open_text, open_url


def _edges(text: str) -> list[str]:
    """The words, with an empty one where white space begins or ends the text."""
    words = text.split()
    if not words:
        return ["", ""]
    return [*([""] if text[0].isspace() else []), *words, *([""] if text[-1].isspace() else [])]
