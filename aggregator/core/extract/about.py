"""What a page's head says of its article: the marks that its blocks are held against."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

#: characters of JSON-LD that are read; nesting that is followed
_MAX_DATA: Final = 500_000
_MAX_NESTING: Final = 8
#: types of schema.org that are articles, also as its address
_ARTICLE = re.compile(r"Article|Posting|Report\b|Review\b|Recipe\b")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK = re.compile(r"</?(?:p|br|div|li|ul|ol|h[1-6]|blockquote)\b[^<>]*>|\n\s*\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Squashed (without white space), "" where the page does not say."""

    title: str = ""
    description: str = ""
    body: str = ""
    #: paragraphs of schema.org's articleBody, as text
    paragraphs: tuple[str, ...] = ()


def of(page: etree._Element) -> About:
    """Headline, description and the text of the article as the page's data states them."""
    title = description = ""
    for element in page.iter("meta"):
        name = (element.get("property") or element.get("name") or "").lower()
        if name == "og:title" and not title:
            title = _squashed(element.get("content") or "")
        elif name in ("og:description", "description") and not description:
            description = _squashed(element.get("content") or "")
    if not title:
        title = next((_squashed(element.text or "") for element in page.iter("title")), "")
    paragraphs = _paragraphs(page)
    return About(
        title=title, description=description, body=_squashed("".join(paragraphs)), paragraphs=paragraphs
    )


def _squashed(text: str) -> str:
    return "".join(text.split())


def picture(page: etree._Element) -> str:
    """The address of the first picture that schema.org's data states of an article, "" without one."""
    for data in _data(page, '"image"'):
        for article in _within(data, 0):
            if _ARTICLE.search(str(article.get("@type"))) and (address := _address(article.get("image"), 0)):
                return address
    return ""


def _address(image: object, nesting: int) -> str:
    """Of a picture: an address, an ImageObject with one, or a list of these."""
    if isinstance(image, str):
        return image.strip()
    if isinstance(image, dict):
        image = [image.get(key) for key in ("url", "contentUrl")]
    if isinstance(image, list) and nesting < _MAX_NESTING:
        return next((found for one in image if (found := _address(one, nesting + 1))), "")
    return ""


def _paragraphs(page: etree._Element) -> tuple[str, ...]:
    """The longest articleBody (schema.org) of the page, which is often HTML, and often escaped as such."""
    longest = ""
    for data in _data(page, "articleBody"):
        stated = [body for node in _within(data, 0) if isinstance(body := node.get("articleBody"), str)]
        longest = max(longest, *stated, "", key=len)
    text = html.unescape(longest) if "&" in longest else longest
    pieces = (" ".join(html.unescape(_TAG.sub("", piece)).split()) for piece in _BREAK.split(text))
    return tuple(piece for piece in pieces if piece)


def _data(page: etree._Element, holding: str) -> Iterator[object]:
    """The page's data in JSON where a word stands in it."""
    for script in page.iter("script"):
        data = script.text
        if not data or holding not in data or len(data) > _MAX_DATA:
            continue
        try:
            yield json.loads(data.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue


def _within(data: object, nesting: int) -> Iterator[dict[str, object]]:
    """Every object of the data, outer ones first."""
    if nesting > _MAX_NESTING:
        return
    if isinstance(data, list):
        for item in data:
            yield from _within(item, nesting + 1)
    elif isinstance(data, dict):
        yield data
        for value in data.values():
            if isinstance(value, (dict, list)):
                yield from _within(value, nesting + 1)
