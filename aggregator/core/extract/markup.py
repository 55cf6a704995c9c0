"""trafilatura's tree -> HTML and plain text, both from the one pass."""

import re
from typing import Final

from lxml import etree

from aggregator.core.urls import resolve

_RENAMED: Final = {
    "list": "ul", "item": "li", "quote": "blockquote", "head": "h2", "lb": "br", "graphic": "img", "ref": "a",
    "row": "tr", "cell": "td", "del": "s", "ab": "p",
}  # fmt: skip
_EMPHASIS: Final = {"#b": "strong", "#i": "em", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
_KEPT: Final = frozenset({"p", "div", "table", "code", "body"})

_PARAGRAPHS: Final = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "blockquote",
        "pre",
        "table",
        "figure",
        "figcaption",
    ]
)
_LINES: Final = frozenset(["li", "dt", "dd", "tr", "br"])
_CELLS: Final = frozenset({"td", "th"})
_SPACES = re.compile(r"[ \t\r\n\f\u00a0\u2007\u202f]+")
_EDGES = re.compile(r" *\n *")
_GAPS = re.compile(r"\n{3,}")


def to_html(body: etree._Element, base: str) -> None:
    """Turn trafilatura's own tags into HTML in place; addresses become absolute against ``base``."""
    body.tag = "body"
    for element in body.iter("*"):
        _rename(element, base)


def _rename(element: etree._Element, base: str) -> None:
    tag, kind = str(element.tag), element.get("rend") or ""
    attributes: dict[str, str] = {}
    if tag == "head":
        tag = kind if re.fullmatch("h[1-6]", kind) else "h2"
    elif tag == "hi":
        tag = _EMPHASIS.get(kind, "em")
    elif tag == "list":
        tag = kind if kind in ("ol", "dl") else "ul"
    elif tag == "item":
        tag = kind[:2] if kind[:2] in ("dd", "dt") else "li"
    elif tag == "cell":
        tag = "th" if element.get("role") == "head" else "td"
    elif tag == "code":
        tag = "code" if _inside(element, "p", "li", "a") else "pre"
    elif tag == "quote":
        tag = "q" if _inside(element, "p", "a") else "blockquote"
    elif tag == "ref":
        tag, attributes = _link(element, base)
    elif tag == "graphic":
        tag, attributes = "img", _picture(element, base)
    else:
        tag = _RENAMED.get(tag, tag)
    element.tag = tag
    element.attrib.clear()
    for name, value in attributes.items():
        element.set(name, value)


def _inside(element: etree._Element, *tags: str) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in tags


def _link(element: etree._Element, base: str) -> tuple[str, dict[str, str]]:
    address = resolve(base, element.get("target") or "")
    return ("a", {"href": address}) if address else ("span", {})


def _picture(element: etree._Element, base: str) -> dict[str, str]:
    address = resolve(base, element.get("src") or "")
    return {"src": address, "alt": element.get("alt") or ""} if address else {}


def serialise(body: etree._Element) -> str:
    """The children of ``body`` as HTML."""
    inner = etree.tostring(body, method="html", encoding="unicode", with_tail=False)
    return inner.removeprefix("<body>").removesuffix("</body>").strip()


def text(body: etree._Element) -> str:
    """The text a reader would see: paragraphs apart by a blank line, list items on lines of their own."""
    parts: list[str] = []
    preformatted = 0
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = str(element.tag)
        preformatted += (tag == "pre") * (1 if event == "start" else -1)
        own = element.text if event == "start" else element.tail
        break_ = _break(tag)
        if break_ and not (tag == "br" and event == "end"):
            parts.append(break_)
        if own and not (event == "end" and element is body):
            parts.append(own if preformatted else _SPACES.sub(" ", own))
    return _GAPS.sub("\n\n", _EDGES.sub("\n", re.sub(" {2,}", " ", "".join(parts)))).strip()


def _break(tag: str) -> str:
    if tag in _PARAGRAPHS:
        return "\n\n"
    if tag in _LINES:
        return "\n"
    return " " if tag in _CELLS else ""
