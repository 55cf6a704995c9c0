"""Bytes of a sitemap -> ``ParsedFeed``, or the addresses of further sitemaps (sitemaps.org 0.9).

A news sitemap (Google's news:0.9) lists an outlet's articles of two days with title and date, more than any
feed holds; a plain one lists every page with the day of its last change. Elements are known by namespace, not
by prefix; what stands before the first element is not read, so there are no entities but XML's own.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aggregator.core.charset import charset_of
from aggregator.core.dates import parse_date
from aggregator.core.draft import MAX_ITEMS, Draft, DraftFeed, Link, finish
from aggregator.core.urls import resolve, site_key
from aggregator.errors import ParseError
from aggregator.model import ParsedFeed

#: unpacked bytes, and unpacked bytes for a packed one beyond the first million
MAX_SIZE: Final = 10_000_000
_RATIO: Final = 200
_RATIO_FROM: Final = 1_000_000
#: bytes in which the first element begins
_HEAD: Final = 8_192

_GZIP: Final = b"\x1f\x8b\x08"
_ROOT = re.compile(
    rb"\s*+(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*+)?>)\s*+)*+"
    rb"<(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)[\s/>]",
    re.DOTALL | re.IGNORECASE,
)
_START = re.compile(r"<(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)[\s/>]", re.IGNORECASE)
_ELEMENT = re.compile(r"<([\w:.-]{1,60})")
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
#: an ampersand that is one: the parser would drop the word behind it
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: a date with a time of day
_TIMED = re.compile(r"\d[Tt ]\d\d?:?\d\d")
_WORDS = re.compile(r"[\s_+.,~-]+")
_EXTENSION = re.compile(r"\.(?:[a-z]?html?|php\d?|aspx?|jsp|cms|ece|story|article)$", re.IGNORECASE)
#: words of an address that are numbers of a database, not of a headline
_NUMBER = re.compile(r"\d{5,}|[a-z]?\d{6,}|(?=[a-f]*\d)[\da-f]{8,}|(?:index|default)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapLink:
    """A sitemap that an index names."""

    url: str
    #: when it last changed; None where the index does not say
    changed: datetime | None = None
    #: True where that is an instant, not just a day
    timed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapIndex:
    """A sitemap of sitemaps, in document order; those of other sites left out."""

    children: tuple[SitemapLink, ...]


@dataclass(slots=True)
class _Entry:
    """One page as listed: texts by ``_field``, the first of each, but all addresses of pictures."""

    texts: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    published: datetime | None = None
    changed: datetime | None = None
    #: absolute
    url: str = ""


def is_sitemap(body: bytes) -> bool:
    """Whether these bytes begin as a sitemap or an index of them does, plain or in gzip."""
    if body.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(body[:_HEAD], _HEAD)
        except zlib.error:
            return False
    else:
        head = body[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[2:].replace(b"\x00", b"")
    return bool(_ROOT.match(head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x00")))


def parse_sitemap(body: bytes, *, url: str) -> ParsedFeed | SitemapIndex:
    """What the sitemap that was fetched from ``url`` lists of its own site, the newest first.

    ``version`` is "sitemap-news" or "sitemap"; an item's guid is its address. A plain sitemap has no titles
    (they are made of the address) and knows only when a page was last changed (``updated``). Broken XML is
    read as far as it goes. Raises ParseError, and nothing else.
    """
    root = _root(_text(_unpacked(body)))
    if _local(root.tag) == "sitemapindex":
        return SitemapIndex(children=tuple(_children(root, url)))
    return _feed(list(_entries(root)), url)


def place(url: str) -> str:
    """An address as sentences name it: host and path, without what may be a secret."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path


# ── bytes -> elements ────────────────────────────────────────────────────────────────────────


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(31)
    most = max(_RATIO_FROM, min(MAX_SIZE, _RATIO * len(body)))
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise ParseError("this sitemap is packed with gzip and cannot be unpacked") from error
    if len(unpacked) > most:
        raise ParseError(f"this packed sitemap unpacks to more than {most:,} bytes")
    if not unpacker.eof:
        raise ParseError("this packed sitemap breaks off in the middle")
    return unpacked


def _text(body: bytes) -> str:
    if len(body) > MAX_SIZE:
        raise ParseError(f"this sitemap has {len(body):,} bytes; {MAX_SIZE:,} is the most that is read")
    text = body.decode(charset_of(body, ""), "replace")
    start = _START.search(text)
    if start is None:
        first = _ELEMENT.search(text, 0, _HEAD)
        what = f"it begins with <{first[1]}>" if first else "it has no elements"
        raise ParseError(f"this is not a sitemap: {what}")
    return text[start.start() :]


def _root(text: str) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(_escaped(_CONTROLS.sub("", text)).encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"this sitemap cannot be read: {error}"[:200]) from error
    if root is None:
        raise ParseError("this sitemap cannot be read: its first element is broken")
    return root


def _escaped(text: str) -> str:
    """With every ampersand that begins no entity of XML written as one, but for those in CDATA sections."""
    end = text.rfind("]]>") + 3
    pieces = _CDATA.split(text[:end]) if end > 2 else [text[:end]]
    escaped = [_AMPERSAND.sub("&amp;", piece) if n % 2 == 0 else piece for n, piece in enumerate(pieces)]
    return "".join(escaped) + _AMPERSAND.sub("&amp;", text[end:])


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


@lru_cache(maxsize=256)
def _field(tag: str, own: str) -> str:
    """An element as "loc", "news:title", "image:loc"; "": nobody reads it. ``own``: the root's namespace."""
    uri, _, local = tag.rpartition("}")
    uri = uri.lstrip("{").lower()
    if not uri or uri == own:
        return local  # a prefix that is not declared stands in the name itself
    if "sitemap-news" in uri:
        return f"news:{local}"
    if "sitemap-image" in uri:
        return f"image:{local}"
    return local if "schemas/sitemap/" in uri else ""


def _entries(root: Any) -> Iterator[_Entry]:
    own = root.tag.rpartition("}")[0].lstrip("{").lower()
    for element in root.iter("{*}url"):
        entry = _Entry()
        for part in element.iterdescendants("{*}*"):
            name = _field(part.tag, own)
            if name == "url":  # a broken entry that swallowed the next one
                break
            if name == "image:loc":
                entry.pictures.append(_words(part))
            elif name and name not in entry.texts:
                entry.texts[name] = _words(part)
        entry.published = parse_date(entry.texts.get("news:publication_date", ""))
        entry.changed = parse_date(entry.texts.get("lastmod", ""))
        yield entry


def _words(element: Any) -> str:
    text: str = "".join(element.itertext()) if len(element) else element.text or ""
    return text.strip()


def _children(root: Any, url: str) -> Iterator[SitemapLink]:
    site = site_key(url)
    seen = {url}
    for element in root.iter("{*}sitemap"):
        texts: dict[str, str] = {}
        for part in element.iterchildren("{*}*"):
            texts.setdefault(_local(part.tag), "".join(part.itertext()).strip())
        address = resolve(url, texts.get("loc", ""))
        if not address or address in seen or site_key(address) != site:
            continue
        seen.add(address)
        changed = texts.get("lastmod", "")
        yield SitemapLink(url=address, changed=parse_date(changed), timed=bool(_TIMED.search(changed)))


# ── entries -> items ─────────────────────────────────────────────────────────────────────────

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def _feed(entries: list[_Entry], url: str) -> ParsedFeed:
    is_news = any(name.startswith("news:") for entry in entries for name in entry.texts)
    kept, beyond = _newest(entries, url)
    if entries and not kept:
        raise ParseError(f"this sitemap lists no page of {urlsplit(url).hostname}")
    languages = Counter(entry.texts.get("news:language", "") for entry in kept)
    names = (entry.texts.get("news:name", "") for entry in kept)
    draft = DraftFeed(
        version="sitemap-news" if is_news else "sitemap",
        title=next(filter(None, names), "") or urlsplit(url).hostname or "",
        title_is_html=False,
        link="/",
        language=languages.most_common(1)[0][0] if languages else "",
        drafts=[_draft(entry) for entry in kept],
        beyond=beyond,
    )
    return finish(draft, url=url)[0]


def _newest(entries: list[_Entry], url: str) -> tuple[list[_Entry], int]:
    """The newest pages of this site, each once, and how many are left out beyond the cap."""
    entries.sort(key=lambda entry: entry.published or entry.changed or _LONG_AGO, reverse=True)
    site = site_key(url)
    found: dict[str, _Entry] = {}
    for number, entry in enumerate(entries):
        if len(found) == MAX_ITEMS:
            return list(found.values()), len(entries) - number
        entry.url = resolve(url, entry.texts.get("loc", ""))
        if entry.url and site_key(entry.url) == site:
            found.setdefault(entry.url, entry)
    return list(found.values()), 0


def _draft(entry: _Entry) -> Draft:
    published, changed = entry.published, entry.changed
    later = changed is not None and (published is None or changed > published)
    return Draft(
        guid=entry.url,
        links=[entry.url],
        title=entry.texts.get("news:title", "") or _title_of(entry.url),
        title_is_html=False,
        tags=re.split("[,;]", entry.texts.get("news:keywords", "")),
        published=published,
        published_text=entry.texts.get("news:publication_date", ""),
        updated=changed if later else None,
        language=entry.texts.get("news:language", ""),
        enclosures=[Link(href=picture) for picture in entry.pictures],
    )


def _title_of(url: str) -> str:
    """The words of an address's last part, without numbers that only a database understands."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    for segment in reversed(segments):
        words = [word for word in _WORDS.split(_EXTENSION.sub("", segment)) if word]
        telling = [word for word in words if not _NUMBER.fullmatch(word)]
        if any(any(map(str.isalpha, word)) for word in telling):
            title = " ".join(telling)
            return title[:1].upper() + title[1:]
    return segments[-1] if segments else parts.hostname or url
