"""Which pictures of a page belong to its article, and where in it?

trafilatura can keep pictures, but then takes teasers with a picture for content (F1 falls by .006 on
the pages it was measured on). So the text is found without them, and a picture is put back where
both its neighbours in the page are paragraphs of the article.
"""

import re
from collections.abc import Iterator
from typing import Final, cast

from lxml import etree

from aggregator.core.extract import about
from aggregator.core.urls import resolve

MAX_PICTURES: Final = 30
#: blocks between a picture and the article's next paragraph: a caption, a credit, an advertisement
_NEAR: Final = 3
#: the same for the picture at the top: heading, byline, date and sharing buttons may lie between
_NEAR_TOP: Final = 6
#: pixels; what is not larger in either direction is an icon, a portrait of the author or a counter
_SMALL: Final = 150
_BLOCKS: Final = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "li", "td")
_SOURCES: Final = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "src")
#: where pages name the picture for previews, the surest first (ogp.me, Twitter cards)
_LEADS: Final = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_DECORATION = re.compile(
    r"(?:^|[/_.-])(?:logo|icons?|avatar|gravatar|spacer|pixel|blank|placeholder)s?(?:[/_.-]|$)", re.IGNORECASE
)
_PIXELS = re.compile(r"\s*(\d{1,5})(?:px)?\s*$")
#: as WordPress names its thumbnails
_SIZE_IN_NAME = re.compile(r"[-_](\d{2,4})x(\d{2,4})\.\w{3,4}(?:$|\?)")
_SQUASHED: Final = 40


def place(body: etree._Element, page: etree._Element, base: str) -> None:
    """Insert into ``body`` (HTML by now) the pictures of ``page`` that belong to it."""
    if page.find(".//img") is None or not len(body):
        return
    kept = {key: _top_level(element, body) for element in body.iter(*_BLOCKS) if (key := _key(element))}
    for picture, before in _between(page, kept, base):
        if before is None:
            body.insert(0, picture)
        else:
            before.addnext(picture)


def lead(body: etree._Element, page: etree._Element, base: str) -> str:
    """The absolute address of the picture that stands for the article, "" without one.

    As the page states it for those who share it (Open Graph) or in its data (schema.org), unless that is the
    outlet's logo; else the first one in the article.
    """
    stated: dict[str, str] = {}
    for element in page.iter("meta"):
        name = (element.get("property") or element.get("name") or "").lower()
        if name in _LEADS and (content := (element.get("content") or "").strip()):
            stated.setdefault(name, content)
    written = (stated[name] for name in _LEADS if name in stated)
    found = next(filter(None, (_lead_at(address, base) for address in written)), "")
    return (
        found
        or _lead_at(about.picture(page), base)
        or next((image.get("src") or "" for image in body.iter("img")), "")
    )


def _lead_at(address: str, base: str) -> str:
    """Absolute, "" where it is no picture of an article."""
    if not address or address.startswith("data:") or _is_decoration(address):
        return ""
    return resolve(base, address)


def _between(
    page: etree._Element, kept: dict[str, etree._Element], base: str
) -> Iterator[tuple[etree._Element, etree._Element | None]]:
    """Each picture with the block it follows, None for the one before the first block."""
    seen: set[str] = set()
    last: etree._Element | None = None
    waiting: list[etree._Element] = []
    strange = 0
    for element in page.iter("img", *_BLOCKS):
        if element.tag == "img":
            address = _address(element, base)
            if address and address not in seen and len(seen) < MAX_PICTURES:
                seen.add(address)
                waiting.append(_figure(element, address))
                if last is None:
                    strange = 0
            continue
        key = _key(element)
        if key in kept:
            if waiting and strange <= (_NEAR_TOP if last is None else _NEAR):
                for picture in reversed(waiting) if last is not None else _leading(waiting):
                    yield picture, last
            last, waiting, strange = kept[key], [], 0
        elif key:
            strange += 1


def _leading(pictures: list[etree._Element]) -> list[etree._Element]:
    """Of those above the first paragraph one: that with a caption, else the last."""
    with_caption = [picture for picture in pictures if picture.find("figcaption") is not None]
    return (with_caption or pictures)[-1:]


def _top_level(element: etree._Element, body: etree._Element) -> etree._Element:
    while (parent := element.getparent()) is not None and parent is not body:
        element = parent
    return element


def _key(element: etree._Element) -> str:
    """The beginning of a block's text, without white space; "" for blocks too short to tell by."""
    text = ""
    for piece in element.itertext():
        text += "".join(str(piece).split())
        if len(text) >= _SQUASHED:
            break
    return text[:_SQUASHED] if len(text) >= 20 else ""


def _address(image: etree._Element, base: str) -> str:
    if any(pixels <= _SMALL for pixels in _stated(image.get("width"), image.get("height"))):
        return ""
    for name in _SOURCES:
        written = (image.get(name) or "").strip()
        if written and not written.startswith("data:"):
            return "" if _is_decoration(written) else resolve(base, written)
    return ""


def _is_decoration(address: str) -> bool:
    size = _SIZE_IN_NAME.search(address)
    return bool(_DECORATION.search(address)) or bool(size and int(size[1]) <= _SMALL)


def _stated(*values: str | None) -> Iterator[int]:
    for value in values:
        if match := _PIXELS.match(value or ""):
            yield int(match[1])


def _figure(image: etree._Element, address: str) -> etree._Element:
    figure = etree.Element("figure")
    etree.SubElement(figure, "img", src=address, alt=_clean(image.get("alt") or ""))
    caption = _caption(image)
    if caption:
        etree.SubElement(figure, "figcaption").text = caption
    return figure


def _caption(image: etree._Element) -> str:
    for ancestor in image.iterancestors("figure"):
        for caption in ancestor.iter("figcaption"):
            return _clean(_text(caption))[:500]
    return ""


def _text(element: etree._Element) -> str:
    return "".join(cast("Iterator[str]", element.itertext()))


def _clean(text: str) -> str:
    return " ".join(text.split())
