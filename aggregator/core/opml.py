"""Bytes of an OPML list -> the feeds in it, and what could not be used of it, with reasons.

Lists come from anywhere and are often broken: they are read by lxml's HTML parser, which recovers
from unescaped ampersands, missing ends and several documents in one, and knows no entities but
HTML's, so that an entity bomb stays the few bytes it is. Nothing named in a list is fetched here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree

from aggregator.core.urls import is_http
from aggregator.errors import ParseError

#: bytes; 30,000 feeds fit
MAX_SIZE = 10_000_000
#: characters of a name or a tag that are kept
_MAX_NAME = 200
_MAX_TAGS = 20

_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_CHARSET = re.compile(r"utf|iso|windows|cp|koi8|gb|big5|shift|euc|latin|us-ascii|ascii|mac", re.IGNORECASE)
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """A feed of the list. ``tags`` begins with its folders, outermost first."""

    #: "" when the list gives none
    name: str
    #: http(s)
    url: str
    #: http(s), "" when absent
    homepage: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An entry that is no use; ``reason`` is a sentence for the user."""

    name: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """A subscription list, each feed once, in document order."""

    title: str
    feeds: tuple[ListedFeed, ...]
    rejected: tuple[Rejected, ...]


def read(body: bytes) -> FeedList:
    """The feeds of an OPML document. ``ParseError`` when it is none, or is over ``MAX_SIZE``."""
    if len(body) > MAX_SIZE:
        raise ParseError(f"this list has {len(body):,} bytes; {MAX_SIZE:,} is the most that is read")
    outlines = _Outlines()
    target: Any = outlines  # the stubs ask for more than lxml calls
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True)
    try:
        etree.parse(BytesIO(_text(body).encode("utf-8", "replace")), parser)
    except etree.XMLSyntaxError as exc:
        raise ParseError(f"this is not an OPML list: {exc.msg}") from exc
    if not outlines.is_opml:
        raise ParseError("this is not an OPML list: it has no <opml> and no <outline> in it")
    return FeedList(
        title=_line("".join(outlines.title)),
        feeds=tuple(outlines.feeds.values()),
        rejected=tuple(outlines.rejected),
    )


def _text(body: bytes) -> str:
    """The document decoded: by its mark, by its declaration, as UTF-8, else as windows-1252."""
    declared = _DECLARED.search(body[:300])
    name = declared[1].decode() if declared else ""
    marked = next((charset for mark, charset in _BOMS.items() if body.startswith(mark)), "")
    for charset in (marked, name, "utf-8"):
        if _CHARSET.match(charset):
            try:
                return body.decode(charset).replace("\0", "")
            except (UnicodeError, LookupError):
                continue
    return body.decode("cp1252", "replace").replace("\0", "")


@dataclass(slots=True)
class _Outlines:
    """What lxml's parser tells, gathered. Names of elements and attributes arrive in lower case."""

    is_opml: bool = False
    title: list[str] = field(default_factory=list)
    feeds: dict[str, ListedFeed] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    #: the outlines we are inside of: a folder's name, "" for a feed
    path: list[str] = field(default_factory=list)
    in_title: bool = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.in_title = name == "title"
        if name == "outline":
            self.path.append(self._outline(attributes))
        self.is_opml = self.is_opml or name in {"opml", "outline"}

    def end(self, tag: str) -> None:
        self.in_title = False
        if tag.rpartition(":")[2] == "outline" and self.path:
            self.path.pop()

    def data(self, data: str) -> None:
        if self.in_title:
            self.title.append(data)

    def close(self) -> None:
        """Part of lxml's protocol for targets; nothing is left to do."""

    def _outline(self, attributes: dict[str, str]) -> str:
        """Take in one outline; its name where it is a folder."""
        name = _line(attributes.get("text") or "") or _line(attributes.get("title") or "")
        kind = attributes.get("type", "").strip().lower()
        url = _address(attributes.get("xmlurl", ""))
        page = _address(attributes.get("htmlurl", ""))
        if kind == "source" or (kind in {"link", "include"} and not url):
            link = url or _address(attributes.get("url", ""))
            self._reject(name, link, "it points to another list or page; lists are not followed")
        elif url:
            self._feed(name, url, page, attributes)
        elif page:
            self._reject(name, page, f'it gives a page but no feed: "aggregator add {page}" looks for one')
        elif kind == "rss":
            self._reject(name, "", "it is marked as a feed but gives no address (xmlUrl)")
        else:
            return name
        return ""

    def _reject(self, name: str, url: str, reason: str) -> None:
        self.rejected.append(Rejected(name=name, url=url, reason=reason))

    def _feed(self, name: str, url: str, page: str, attributes: dict[str, str]) -> None:
        if not _usable(url):
            self._reject(name, url, f'"{url[:80]}" is not an http or https address')
            return
        known = self.feeds.get(url)
        tags = (*(known.tags if known else ()), *self.path, *_categories(attributes.get("category", "")))
        self.feeds[url] = ListedFeed(
            name=known.name if known and known.name else name,
            url=url,
            homepage=known.homepage if known and known.homepage else page if _usable(page) else "",
            tags=_distinct(tags),
            language=known.language if known else attributes.get("language", "").strip()[:40] or None,
        )


def _line(text: str) -> str:
    return " ".join(text[: _MAX_NAME * 5].split())[:_MAX_NAME]


def _address(text: str) -> str:
    """The address as meant: ``feed:https://…`` and ``feed://…`` are how old readers wrote them."""
    text = text.strip()
    if text[:5].lower() != "feed:":
        return text
    rest = text[5:].lstrip("/")
    return rest if is_http(rest) else f"http://{rest}"


def _usable(url: str) -> bool:
    return is_http(url) and not any(character.isspace() for character in url)


def _categories(text: str) -> Iterator[str]:
    """``"/news/uk, bahrain"``: a comma between categories; one that begins with a slash is a path."""
    for category in map(str.strip, text[:5_000].split(",")):
        steps = category.split("/") if category.startswith("/") else (category,)
        yield from map(_line, steps)


def _distinct(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Each tag once, whatever its case, as it was first spelt."""
    first: dict[str, str] = {}
    for tag in tags:
        if tag:
            first.setdefault(tag.casefold(), tag)
    return tuple(first.values())[:_MAX_TAGS]
