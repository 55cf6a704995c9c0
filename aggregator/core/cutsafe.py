"""Whether entries can leave a document without the rest of it meaning something else.

feedparser carries state from one element to the next. Four things in an entry are seen beyond its
end, and an entry that has one of them is not cut away:

- a namespace declaration that other entries rely on, or that gives a prefix another meaning;
- markup inside a text element (title, summary, content, …) whose end tags feedparser takes for
  those of the feed's own elements, or that leaves its element, language and base stacks unbalanced;
- a nested rss, feed or channel element, which changes format or context;
- a title of the feed behind the entries, which is stored or not by the depth of the title before it.
"""

import re
from typing import Final

#: elements whose handlers count how deep in text they are, by local name
_TEXTS: Final = (
    rb"title|tagline|subtitle|rights|copyright|description|abstract|info|browserfriendly|summary|content|body|"
    rb"encoded|fullitem"
)
# feedparser ignores case: these are matched against lower case
#: a text element whose next tag is not its own end tag
_MARKED_UP = re.compile(
    rb"<(?!media:content)((?:[\w.-]++:)?(?:" + _TEXTS + rb"))((?:\s[^<>]*)?)(?<!/)>[^<]*(?=<(?!/\1[\s>]))"
)
_XHTML_TYPE = re.compile(rb"""\stype\s*=\s*["'](?:xhtml|application/xhtml\+xml)["']""")
_STRAY = re.compile(rb"<(?:[\w.-]++:)?(?:" + _TEXTS + rb"|svg|math|item|entry|feed|channel|rss|rdf)[\s>/]")
_CONTEXTS = re.compile(rb"<(?:[\w.-]++:)?(?:feed|channel|rss|rdf)[\s>/]")
_XMLNS = re.compile(rb"""\sxmlns(?::([^\s=]+))?\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
#: its "content" holds no text, only elements about a picture
_MEDIA_RSS = re.compile(rb"""\sxmlns:media\s*=\s*["'][^"']*(?:mrss|media-rss)/?["']""")
#: feedparser also takes a "base" without prefix for one
_BASE = re.compile(rb"[\s:]base\s*=")
#: bytes; ``_PICTURES`` is quadratic in unclosed ones
_LONG_TAIL: Final = 20_000
_XHTML: Final = b"http://www.w3.org/1999/xhtml"
_PICTURES = re.compile(rb"<((?:[\w.-]++:)?(?:image|textinput))(?:\s[^<>]*)?>.*?</\1\s*>", re.DOTALL)
_TITLE = re.compile(rb"<(?:[\w.-]++:)?title[\s>/]")


def has_base(document: bytes) -> bool:
    """True when some element may have an xml:base."""
    lowered = document.lower()
    return b"base" in lowered and bool(_BASE.search(lowered))


def leaves_nothing_behind(*, head: bytes, entries: bytes, kept: bytes, tail: bytes) -> bool:
    """True when ``entries`` (those to be cut away, without CDATA and comments) may go.

    ``head`` stands before the first entry, ``tail`` after it and outside all entries; ``kept`` are
    the entries that stay, needed only where ``entries`` declare namespaces.
    """
    if len(tail) > _LONG_TAIL:
        return False
    lowered = entries.lower()
    if b"<media:content" in lowered and not _MEDIA_RSS.search(head):
        return False
    if _CONTEXTS.search(lowered) or _TITLE.search(_PICTURES.sub(b"", tail.lower())):
        return False
    if b"xmlns" in entries and not _declares_alike(head, entries, kept):
        return False
    return _texts_end_cleanly(lowered)


def _declares_alike(head: bytes, entries: bytes, kept: bytes) -> bool:
    """True when each prefix names one namespace and each namespace has one prefix throughout."""
    root_default = next((uri for prefix, uri in _declared(head) if not prefix), None)
    names: dict[bytes, bytes] = {}
    prefixes: dict[bytes, bytes] = {}
    for prefix, uri in (*_declared(head), *_declared(entries), *_declared(kept)):
        if not prefix:
            if uri not in (_XHTML, root_default):
                return False
        elif names.setdefault(prefix, uri) != uri or prefixes.setdefault(uri, prefix) != prefix:
            return False
    return True


def _declared(markup: bytes) -> list[tuple[bytes, bytes]]:
    return [(prefix, double or single) for prefix, double, single in _XMLNS.findall(markup)]


def _texts_end_cleanly(entries: bytes) -> bool:
    at = 0
    while match := _MARKED_UP.search(entries, at):
        if not _XHTML_TYPE.search(match[2]):
            return False
        end = entries.find(b"</" + match[1], match.end())
        if end < 0 or _STRAY.search(entries, match.end(), end):
            return False
        at = end
    return True
