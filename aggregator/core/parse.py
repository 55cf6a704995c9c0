"""Bytes -> ``ParsedFeed``: XML by feedparser, JSON by ``jsonfeed``.

Importing this module imports feedparser, which takes 55 ms and some memory: callers import it when
they have a document to parse, and leave large ones to a worker process.
"""

import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from xml.sax import SAXException

import feedparser

from aggregator.core import hints
from aggregator.core.authors import shorten_authors
from aggregator.core.charset import charset_of
from aggregator.core.cut import Parsed, cut_document, newest, split
from aggregator.core.cutsafe import has_base
from aggregator.core.dates import parse_date
from aggregator.core.draft import MAX_ITEMS, Draft, DraftFeed, Link, finish
from aggregator.core.jsonfeed import as_html, looks_like_json, read_json
from aggregator.core.looks import is_junk, not_a_feed, not_text, unversioned
from aggregator.core.replies import Replies, replies_of, without_replies
from aggregator.core.urls import is_http
from aggregator.errors import ParseError
from aggregator.model import ParsedFeed

__all__ = ["MAX_ITEMS", "parse_cut", "parse_feed"]

# the libxml2 driver that feedparser would prefer is no longer maintained and resolves entities
feedparser.api.PREFERRED_XML_PARSERS = []

#: the document is handed over as UTF-8, whatever it was
_CONTENT_TYPE: Final = "application/xml; charset=utf-8"
#: feedparser resolves ids too, and without any base it lets one item's xml:base run on into the next;
#: so, where there is an xml:base (joining costs half as much again as all the rest), it gets a base
#: that is taken off again: what was relative stays so until we know against what
_BASE_HOST: Final = "://base.invalid"
_BASE_FOLDER: Final = _BASE_HOST + "/as/written/"
_HTML_TYPES: Final = ("text/html", "application/xhtml+xml")
_DECLARATION = re.compile(r"<\?xml\s[^<>]*>")
#: bytes that XML 1.0 forbids
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
#: what else it forbids: one of them makes the whole document ill-formed
_NUMBERED = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,20})|([0-9]{1,20}))(?![0-9a-fA-F]);?")
_FORBIDDEN = re.compile(
    rb"&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF])"
    rb"|0*(?:[0-8]|1[124-9]|2\d|3[01]));|\xef\xbf[\xbe\xbf]"
)
_MAIL_FIRST = re.compile(r"\s*[^\s@()]+@[^\s@()]+\s*\(([^()@]+)\)\s*")
_MAIL_LAST = re.compile(r"\s*([^()<>@]*[^()<>@\s])\s*[<(]\s*(?:mailto:)?[^\s@]+@[^\s@]+[>)]\s*")
_ADDRESS_REST = re.compile(r"\s*<[\w.-]*>\s*\Z")
_SPACES = re.compile(r"\s{2,}")
#: an entity that stands for more than a character or a name, each time it is used
_LONG_ENTITY = re.compile(r"""<!ENTITY\s+[^\s"'<>]+\s+(?:"[^"]{64,}"|'[^']{64,}')\s*>""")
_FIRST_ELEMENT = re.compile(r"<\w")
#: feedparser looks for declarations before the first element in a way that is quadratic in blank lines
_LONG_PROLOG: Final = 500
#: unterminated comments that are tolerated: its fallback parser is quadratic in them
_OPEN_COMMENTS: Final = 20
#: bytes; in less there are no ``MAX_ITEMS`` entries worth the search
_LARGE: Final = 200_000


def parse_feed(body: bytes, *, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    """The feed in ``body``, fetched from ``url`` with these response headers (names in lower case).

    Raises ParseError, and nothing else, with a sentence that says what the body looks like when it
    is no feed. A feed without items is a feed. Nothing is opened or requested, whatever the body says.
    """
    draft, _ = _read(body, url, headers)
    return finish(draft, url=url)[0]


def parse_cut(
    body: bytes, *, digests: tuple[bytes, ...] | None, whole: bool, url: str, headers: Mapping[str, str]
) -> Parsed | None:
    """What ``cut.cut_known`` left of a document, with the digest of each item's bytes.

    None: what is left cannot be trusted to say the same as the whole (it is ill-formed, or has
    other entries than it should); the caller parses the whole instead. Never None with ``whole``.
    Raises ParseError as ``parse_feed`` does.
    """
    try:
        draft, strict = _read(body, url, headers)
    except ParseError:
        if whole:
            raise
        return None
    aligned = strict and digests is not None and len(digests) == len(draft.drafts)
    if not whole and not aligned:
        return None
    feed, indexes = finish(draft, url=url)
    if not aligned or digests is None:
        return Parsed(feed=feed)
    kept = frozenset(indexes)
    return Parsed(
        feed=feed,
        digests=tuple(digests[index] for index in indexes),
        left_out=tuple(digest for index, digest in enumerate(digests) if index not in kept),
    )


def _read(body: bytes, url: str, headers: Mapping[str, str]) -> tuple[DraftFeed, bool]:
    """The document's draft, and whether it was well-formed."""
    if looks_like_json(body):
        return read_json(body), True
    content_type = headers.get("content-type", "")
    capped = _read_newest(body, url, content_type) if len(body) > _LARGE else None
    return capped or _read_xml(body, url, content_type)


def _read_newest(body: bytes, url: str, content_type: str) -> tuple[DraftFeed, bool] | None:
    """A document with more entries than we take: only the newest are read, at half a millisecond each.

    None: it has no more, or its entries cannot be told apart without reading them.
    """
    document = split(body, most=len(body))
    if document is None or len(document.entries) <= MAX_ITEMS:
        return None
    beyond = newest(document, MAX_ITEMS)
    cut = cut_document(document, beyond, content_type=content_type)
    if cut.whole or cut.digests is None:
        return None
    draft, strict = _read_xml(cut.body, url, content_type)
    if not strict or len(draft.drafts) != len(cut.digests):
        return None
    read = iter(draft.drafts)
    draft.drafts = [None if entry.digest in beyond else next(read) for entry in document.entries]
    draft.beyond = len(document.entries) - len(cut.digests)
    return draft, True


def _read_xml(body: bytes, url: str, content_type: str) -> tuple[DraftFeed, bool]:
    if problem := not_text(body):
        raise ParseError(problem)
    text = body.decode(charset_of(body, content_type), "replace")
    if problem := not_a_feed(text):
        raise ParseError(problem)
    document, replies = without_replies(_prepared(text))
    result, strict = _parsed(document, "https" if url[:6].lower() == "https:" else "http")
    draft = _feed(result)
    if len(replies) == len(draft.drafts):
        _add_replies(draft.drafts, replies)
    draft.version = draft.version or unversioned(text, has_entries=bool(draft.drafts))
    if not draft.version:
        raise ParseError(not_a_feed(text, parsed=True))
    draft.hints = hints.of_xml(text)
    return draft, strict


# ── feedparser ───────────────────────────────────────────────────────────────────────────────


def _prepared(text: str) -> bytes:
    """UTF-8 without an XML declaration, and without what stops or stalls feedparser."""
    text = text.lstrip("\ufeff \t\r\n\x00")
    declaration = _DECLARATION.search(text, 0, 4_096)
    if declaration and is_junk(text[: declaration.start()]):
        text = text[declaration.end() :].lstrip()
    first = _FIRST_ELEMENT.search(text)
    prolog = text[: first.start()] if first else ""
    if len(prolog) > _LONG_PROLOG or "<!ENTITY" in prolog:
        text = _SPACES.sub("\n", _LONG_ENTITY.sub("", prolog)) + text[len(prolog) :]
    document = _without_open_comments(text).encode().translate(None, _CONTROLS)
    return shorten_authors(document)


def _without_open_comments(text: str) -> str:
    end = text.rfind("-->") + 1
    if text.count("<!--", end) <= _OPEN_COMMENTS:
        return text
    return text[:end] + text[end:].replace("<!--", "")


def _parsed(document: bytes, scheme: str) -> tuple[Any, bool]:
    """feedparser's result, and whether its strict parser read the document to the end."""
    try:
        result = _feedparser(document, scheme)
    except ParseError:
        # half a character, or one beyond Unicode: feedparser's loose parser stumbles over the number
        if (repaired := _NUMBERED.sub(_possible, document)) == document:
            raise
        return _feedparser(repaired, scheme), False
    error = result.get("bozo_exception")
    if isinstance(error, SAXException) and (repaired := _FORBIDDEN.sub(b"", document)) != document:
        # well-formed now, but its entries are not as they came: it does not count as such
        return _feedparser(repaired, scheme), False
    return result, not isinstance(error, SAXException) and bool(result.get("encoding"))


def _possible(reference: re.Match[bytes]) -> bytes:
    """A character's number, or that of the replacement character where there is no such character."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return b"&#xFFFD;" if 0xD800 <= number <= 0xDFFF or number > sys.maxunicode else reference[0]


def _feedparser(document: bytes, scheme: str) -> Any:
    headers = {"content-type": _CONTENT_TYPE}
    if has_base(document):
        headers["content-location"] = scheme + _BASE_FOLDER
    try:
        return feedparser.parse(
            io.BytesIO(document),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:
        raise
    except Exception as error:  # feedparser raises whatever it trips over
        what = f"{type(error).__name__}: {error}"[:200]
        raise ParseError(f"the document breaks the feed parser ({what})") from error


def _feed(result: Any) -> DraftFeed:
    feed, version = result.feed, result.get("version") or ""
    entries: Sequence[Any] = result.entries
    # RFC 4287, 4.2.1: an entry without an author has its feed's
    authors = list(_authors(feed)) if version.startswith("atom") else []
    return DraftFeed(
        version=version,
        title=_text(feed, "title"),
        title_is_html=_is_html(feed, "title", version),
        link=next(filter(None, _links(feed)), ""),
        language=_text(feed, "language"),
        drafts=[_draft(entry, version, authors) for entry in entries],
    )


def _draft(entry: Any, version: str, feed_authors: list[str]) -> Draft | None:
    """None for an entry that feedparser left in a state that makes no sense: the others stand."""
    try:
        return _entry(entry, version, feed_authors)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _entry(entry: Any, version: str, feed_authors: list[str]) -> Draft:
    # dict.get: FeedParserDict answers "updated" with "published" where there is none
    dates = {name: at for name in ("published", "created", "updated") if (at := _date(entry, name))}
    published, updated = dates.get("published"), dates.get("updated")
    dated = next(iter(dates), "")
    contents = [one for one in dict.get(entry, "content") or () if _readable(one)]
    details = [*contents, dict.get(entry, "summary_detail") or {}, dict.get(entry, "title_detail") or {}]
    return Draft(
        guid=_as_written(_text(entry, "id")),
        links=list(_links(entry)),
        title=_text(entry, "title"),
        title_is_html=_is_html(entry, "title", version),
        summary=_summary(entry),
        contents=[_html(one) for one in contents],
        base=next((base for one in details if (base := _as_written(dict.get(one, "base") or ""))), ""),
        authors=list(_authors(entry)) or feed_authors,
        tags=[dict.get(tag, "label") or dict.get(tag, "term") or "" for tag in dict.get(entry, "tags") or ()],
        published=dates.get(dated),
        published_text=_text(entry, dated),
        updated=updated if published or version.startswith("atom") else None,
        language=_text(entry, "language")
        or next((dict.get(one, "language") or "" for one in details if one), ""),
        enclosures=list(_enclosures(entry)),
        replies=replies_of(entry, _as_written),
    )


def _add_replies(drafts: Sequence[Draft | None], found: Sequence[Replies | None]) -> None:
    """What was cut out of the entries before they were parsed, each in its entry."""
    for draft, replies in zip(drafts, found, strict=True):
        if draft is not None and replies is not None:
            draft.replies = replies.over(draft.replies)


def _text(holder: Any, key: str) -> str:
    value = dict.get(holder, key)
    return value if isinstance(value, str) else ""


def _as_written(address: str) -> str:
    """What feedparser joined to our base, without it."""
    scheme, found, rest = address.partition(_BASE_HOST)
    if not found or scheme not in ("http", "https"):
        return address
    return rest.removeprefix(_BASE_FOLDER.removeprefix(_BASE_HOST)) if rest else "/"


def _is_html(holder: Any, key: str, version: str) -> bool:
    """Atom states what a text is; in RSS anything may be anything."""
    detail = dict.get(holder, f"{key}_detail")
    return not version.startswith("atom") or not detail or dict.get(detail, "type") in _HTML_TYPES


def _readable(content: Any) -> bool:
    """Text or HTML that stands in the document: not a picture in base64, nor an address of it."""
    kind = dict.get(content, "type") or "text/html"
    return bool(dict.get(content, "value")) and (kind.startswith("text/") or kind in _HTML_TYPES)


def _html(content: Any) -> str:
    value: str = dict.get(content, "value") or ""
    return as_html(value) if dict.get(content, "type") == "text/plain" else value


def _summary(entry: Any) -> str:
    detail = dict.get(entry, "summary_detail")
    if detail and _readable(detail):
        return _html(detail)
    value = _text(entry, "summary")
    # feedparser copies a content of any text type into an absent summary
    same = next((one for one in dict.get(entry, "content") or () if dict.get(one, "value") == value), None)
    return _html(same) if same else value


def _links(holder: Any) -> Iterator[str]:
    """Addresses of the page that shows it, the best first."""
    yield _text(holder, "feedburner_origlink")
    guid, link = _text(holder, "id"), _text(holder, "link")
    # a guid counts as a permalink unless it says otherwise, and seldom does
    if link != guid or is_http(link) or link.startswith("/"):
        yield _as_written(link)
    for link in dict.get(holder, "links") or ():
        if dict.get(link, "rel") in ("alternate", "", None):
            yield _as_written(dict.get(link, "href") or "")


def _authors(holder: Any) -> Iterator[str]:
    # feedparser knows no top-level domain of more than four letters and cuts longer addresses in two
    listed = [
        _ADDRESS_REST.sub("", dict.get(one, "name") or "") or dict.get(one, "email") or ""
        for one in dict.get(holder, "authors") or ()
    ]
    written = _text(holder, "author")
    if "@" in written:
        listed[-1:] = [_name_of(written)]
    yield from listed if any(listed) else (written,)


def _name_of(author: str) -> str:
    """The name in "mail (name)", "name (mail)", "name <mail>"; the mail address where that is all."""
    found = _MAIL_FIRST.fullmatch(author) or _MAIL_LAST.fullmatch(author)
    return found[1] if found else author


def _enclosures(entry: Any) -> Iterator[Link]:
    for link in dict.get(entry, "links") or ():
        if dict.get(link, "rel") == "enclosure":
            yield _attached(link, "href", "length")
    for content in dict.get(entry, "media_content") or ():
        yield _attached(content, "url", "filesize")
    if not dict.get(entry, "media_content"):
        for thumbnail in dict.get(entry, "media_thumbnail") or ():
            yield _attached(thumbnail, "url", "filesize")


def _attached(attributes: Any, address: str, length: str) -> Link:
    return Link(
        href=dict.get(attributes, address) or "",
        type=dict.get(attributes, "type") or "",
        length=dict.get(attributes, length) or "",
    )


def _date(holder: Any, key: str) -> datetime | None:
    """Ours, not feedparser's: that takes every zone but the American ones for UTC, and half a date
    for one of the current month."""
    text = _text(holder, key)
    return parse_date(text) if text else None
