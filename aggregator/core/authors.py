"""Author fields short enough for feedparser, whose pattern for mail addresses takes quadratic time."""

import re
from typing import Final

#: bytes of text in one author field
AUTHOR_LENGTH: Final = 1_000

_START = re.compile(
    rb"<((?:[^\s<>/!?:]{1,100}:)?(?:author|creator|contributor|publisher|owner|managingeditor|webmaster))"
    rb"(?:\s[^<>]*)?(?<!/)>"
)
_TEXT = re.compile(rb"(<!\[CDATA\[)(.*?)(\]\]>|\Z)|(<[^<>]*>)|([^<]+|<)", re.DOTALL)
_OWN_ENTITY = re.compile(rb"&(?!#|(?:lt|gt|amp|quot|apos);)")


def shorten_authors(body: bytes) -> bytes:
    """``body`` (ASCII-compatible) with the text of author fields cut to ``AUTHOR_LENGTH`` bytes each.

    Entities of the document's own, by which a short field could grow, are not resolved in them.
    """
    lowered = body.lower()
    own_entities = b"<!entity" in lowered
    pieces, at = [], 0
    for start in _START.finditer(lowered):
        if start.start() < at:
            continue
        end = lowered.find(b"</" + start[1], start.end())
        if end < 0 or not (own_entities or end - start.end() > AUTHOR_LENGTH):
            continue
        content = body[start.end() : end]
        content = _OWN_ENTITY.sub(b"&amp;", content) if own_entities else content
        pieces += [body[at : start.end()], _shortened(content)]
        at = end
    if not pieces:
        return body
    pieces.append(body[at:])
    return b"".join(pieces)


def _shortened(content: bytes) -> bytes:
    """The same elements with the first ``AUTHOR_LENGTH`` bytes of their text."""
    left = AUTHOR_LENGTH
    pieces = []
    for opening, data, closing, tag, text in _TEXT.findall(content):
        if tag:
            pieces.append(tag)
            continue
        piece = _head(data or text, left)
        left -= len(piece)
        pieces.append(opening + piece + closing)
    return b"".join(pieces)


def _head(text: bytes, length: int) -> bytes:
    """At most ``length`` bytes, no character and no reference cut in two."""
    if len(text) <= length:
        return text
    head = text[:length]
    if head.rfind(b"&") > head.rfind(b";"):
        head = head[: head.rfind(b"&")]
    return head.decode("utf-8", "ignore").encode()
