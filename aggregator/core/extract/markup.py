"""trafilatura's tree -> HTML and plain text, both from the one pass."""

import re
from collections.abc import Callable
from typing import Final

from lxml import etree

from aggregator.core.urls import resolve

_EMPHASIS: Final = {"#b": "strong", "#i": "em", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
_PARAGRAPHS: Final = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table", "figure"}
)
#: in these a quotation or code is part of a line
_HOLDERS: Final = frozenset({"p", "li", "td", "a", "pre"})
_LINES: Final = frozenset({"li", "dt", "dd", "tr", "br"})
_CELLS: Final = frozenset({"td", "th"})
_SPACES = re.compile(r"[ \t\r\n\f\u00a0\u2007\u202f]+")
#: whether there are others than single plain ones, which nearly no text has
_ODD_SPACES = re.compile(r"[\t\r\n\f\u00a0\u2007\u202f]|  ")
_RUNS = re.compile(" {2,}")
_EDGES = re.compile(r" *\n *")
_GAPS = re.compile(r"\n{3,}")
#: white space of preformatted text, out of the way while the rest is put in order
_HARD_SPACE, _HARD_BREAK = "\ue000", "\ue001"
_HARD: Final = {ord(" "): _HARD_SPACE, ord("\t"): _HARD_SPACE * 4, ord("\n"): _HARD_BREAK}
_SOFT: Final = {ord(_HARD_SPACE): " ", ord(_HARD_BREAK): "\n"}


def to_html(body: etree._Element, base: str) -> None:
    """Turn trafilatura's own tags into HTML in place; addresses become absolute against ``base``."""
    body.tag = "body"
    for element in body.iterdescendants("*"):
        tag = str(element.tag)
        name = _NAMES.get(tag, tag)
        address = resolve(base, element.get("target") or "") if tag == "ref" else ""
        if tag == "ref" and not address:
            name = "span"
        element.tag = name if isinstance(name, str) else name(element)
        element.attrib.clear()
        if address:
            element.set("href", address)


def _heading(element: etree._Element) -> str:
    level = element.get("rend") or ""
    return level if re.fullmatch("h[1-6]", level) else "h2"


def _list(element: etree._Element) -> str:
    kind = element.get("rend") or ""
    return kind if kind in ("ol", "dl") else "ul"


def _item(element: etree._Element) -> str:
    kind = (element.get("rend") or "")[:2]
    return kind if kind in ("dd", "dt") else "li"


def _inline(inside: str, outside: str) -> Callable[[etree._Element], str]:
    def name(element: etree._Element) -> str:
        parent = element.getparent()
        return inside if parent is not None and parent.tag in _HOLDERS else outside

    return name


#: what trafilatura calls the elements (a subset of TEI), and what HTML does
_NAMES: Final[dict[str, str | Callable[[etree._Element], str]]] = {
    "head": _heading,
    "hi": lambda element: _EMPHASIS.get(element.get("rend") or "", "em"),
    "list": _list,
    "item": _item,
    "quote": _inline("q", "blockquote"),
    "code": _inline("code", "pre"),
    "cell": lambda element: "th" if element.get("role") == "head" else "td",
    "ref": "a",
    "row": "tr",
    "lb": "br",
    "del": "s",
    "ab": "p",
}


def serialise(body: etree._Element) -> str:
    """The children of ``body`` as HTML."""
    html: str = etree.tostring(body, method="html", encoding="unicode", with_tail=False)
    return html.removeprefix("<body>").removesuffix("</body>").strip()


def text(body: etree._Element) -> str:
    """The text a reader would see: paragraphs apart by a blank line, list items on lines of their own."""
    parts: list[str] = []
    preformatted = 0
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag, starts = str(element.tag), event == "start"
        preformatted += (tag == "pre") * (1 if starts else -1)
        parts.append(_break(tag, starts=starts))
        own = element.text if starts else element.tail
        if own:
            if preformatted:
                own = own.translate(_HARD)
            elif _ODD_SPACES.search(own):
                own = _SPACES.sub(" ", own)
            parts.append(own)
    joined = _GAPS.sub("\n\n", _EDGES.sub("\n", _RUNS.sub(" ", "".join(parts)))).strip()
    return joined.translate(_SOFT) if _HARD_SPACE in joined or _HARD_BREAK in joined else joined


def _break(tag: str, *, starts: bool) -> str:
    if tag in _PARAGRAPHS:
        return "\n\n"
    if tag in _LINES:
        return "\n" if starts else ""
    return " " if tag in _CELLS else ""
