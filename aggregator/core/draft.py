"""What a feed document says of its items, whatever its format, and how that becomes ``ParsedItem``.

The readers (parse for XML, jsonfeed for JSON) fill drafts with what they find; everything that is
the same for all formats (addresses, plain titles, limits, the newest-first cap) happens here, once.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from aggregator.core.hints import absolute
from aggregator.core.replies import Replies
from aggregator.core.sanitize import html_to_text, plain, unescaped
from aggregator.core.urls import is_http, resolve
from aggregator.model import Enclosure, FeedHints, ParsedFeed, ParsedItem

#: items a poll takes in; those beyond are counted, oldest first
MAX_ITEMS: Final = 2_000
#: characters; what is longer is not the thing its field is for
TITLE_LENGTH: Final = 1_000
SUMMARY_LENGTH: Final = 1_000
TEASER_LENGTH: Final = 300
_GUID_LENGTH: Final = 4_000
_NAME_LENGTH: Final = 200
_NAMES: Final = 20
_TAGS: Final = 50
_ENCLOSURES: Final = 20
_UNTITLED_LENGTH: Final = 80
#: markup read for a teaser: enough for its text behind the usual picture
_TEASER_MARKUP: Final = 5_000

_NO_REPLIES: Final = Replies()

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
#: what sets the direction of the text after it: in a title or a name, which stand among others', it can only
#: disguise ("gpj.exe" shown backwards; CVE-2021-42574)
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8}){0,3}")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_TYPES: Final = {
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "m4b": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg",
    "oga": "audio/ogg", "opus": "audio/opus", "wav": "audio/wav", "flac": "audio/flac",
    "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
    "ogv": "video/ogg", "avi": "video/x-msvideo", "mpg": "video/mpeg", "mpeg": "video/mpeg",
    "m3u8": "application/vnd.apple.mpegurl", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "png": "image/png", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif",
    "svg": "image/svg+xml", "pdf": "application/pdf", "epub": "application/epub+zip",
    "zip": "application/zip", "torrent": "application/x-bittorrent",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Link:
    """A file beside an item, as written."""

    href: str
    type: str = ""
    length: str = ""


@dataclass(slots=True, kw_only=True)
class Draft:
    """One item as written. ``links`` and ``contents`` hold candidates, best first."""

    guid: str = ""
    links: Sequence[str] = ()
    title: str = ""
    #: False: the title is text, and a "<" in it is a "<"
    title_is_html: bool = True
    #: HTML
    summary: str = ""
    contents: Sequence[str] = ()
    #: xml:base, "" when none is given
    base: str = ""
    authors: Sequence[str] = ()
    tags: Sequence[str] = ()
    published: datetime | None = None
    #: as it stands there
    published_text: str = ""
    updated: datetime | None = None
    language: str = ""
    enclosures: Sequence[Link] = ()
    replies: Replies | None = None


@dataclass(slots=True, kw_only=True)
class DraftFeed:
    """A document as written; ``drafts`` holds None for an entry that could not be read."""

    version: str
    title: str = ""
    title_is_html: bool = True
    link: str = ""
    language: str = ""
    drafts: list[Draft | None] = field(default_factory=list)
    #: entries beyond the cap that were not even read; they stand as None in ``drafts``
    beyond: int = 0
    #: addresses as written
    hints: FeedHints = field(default_factory=FeedHints)


def finish(feed: DraftFeed, *, url: str) -> tuple[ParsedFeed, tuple[int, ...]]:
    """The feed that was fetched from ``url``, and for each of its items the index of its draft.

    At most ``MAX_ITEMS`` newest items stay, in document order.
    """
    site = resolve(url, _clean(feed.link))
    indexes = _newest(feed.drafts)
    language = _language(feed.language)
    items = tuple(
        _item(draft, site=site, url=url, language=language)
        for index in indexes
        if (draft := feed.drafts[index]) is not None
    )
    parsed = ParsedFeed(
        version=feed.version,
        title=_title(feed.title, is_html=feed.title_is_html),
        url=site,
        language=language,
        items=items,
        cut_off=sum(draft is not None for draft in feed.drafts) - len(items) + feed.beyond,
        hints=absolute(feed.hints, url),
    )
    return parsed, indexes


def _newest(drafts: Sequence[Draft | None]) -> tuple[int, ...]:
    """Which drafts stay: by date where there are dates, else as the document has them."""
    indexes = [index for index, draft in enumerate(drafts) if draft is not None]
    if len(indexes) <= MAX_ITEMS:
        return tuple(indexes)
    beginning = datetime.min.replace(tzinfo=UTC)

    def age(index: int) -> datetime:
        draft = drafts[index]
        return (draft.published or draft.updated or beginning) if draft else beginning

    # the sort is stable: among equal dates, and without any, the first ones stay
    newest = sorted(indexes, key=age, reverse=True)[:MAX_ITEMS]
    return tuple(sorted(newest))


def _item(draft: Draft, *, site: str, url: str, language: str | None) -> ParsedItem:
    base = resolve(url, _clean(draft.base)) if draft.base else ""
    enclosures = _enclosures(draft.enclosures, base or site or url)
    link = _link(draft.links, base or site or url)
    summary = draft.summary
    content = max((*draft.contents, summary), key=len)
    own = summary and any(summary != other for other in draft.contents or ("",))
    own_language = _language(draft.language)
    replies = draft.replies or _NO_REPLIES
    return ParsedItem(
        guid=_clean(draft.guid).strip()[:_GUID_LENGTH],
        url=link or _other_link(draft.guid, enclosures),
        title=_title(draft.title, is_html=draft.title_is_html) or _first_words(content),
        summary=_teaser(summary, SUMMARY_LENGTH) if own else _teaser(content, TEASER_LENGTH),
        content_html=_clean(content).strip(),
        base_url=base or link or site or url,
        authors=_names(draft.authors, _NAMES),
        tags=_names(draft.tags, _TAGS),
        published=draft.published,
        published_text=" ".join(_clean(draft.published_text).split()) if draft.published else "",
        updated=draft.updated,
        language=own_language if own_language != language else None,
        enclosures=enclosures,
        comments=replies.number,
        comments_url=_link((replies.url,), base or site or url),
        comments_feed=_link((replies.feed,), base or site or url),
    )


def _clean(text: str) -> str:
    """Without what a database or an XML export refuses: control characters, lone surrogates."""
    pattern = _CONTROLS if text.isascii() else _UNSTORABLE
    return pattern.sub("", text) if pattern.search(text) else text


def _line(text: str) -> str:
    """What stands on a line of its own among others', as titles and names do."""
    return " ".join(_DIRECTIONS.sub("", _clean(text)).split())


def _title(text: str, *, is_html: bool) -> str:
    if not text:
        return ""
    if is_html:
        text = plain(text)
    elif "&" in text:
        # a text title with "&amp;" in it was escaped once too often
        text = unescaped(text)
    return _shortened(_line(text), TITLE_LENGTH)


def _first_words(content: str) -> str:
    return _teaser(content, _UNTITLED_LENGTH)


def _teaser(markup: str, limit: int) -> str:
    """The first ``limit`` characters of the text in ``markup``, on one line."""
    if not markup:
        return ""
    text = " ".join(_clean(html_to_text(markup[:_TEASER_MARKUP])).split())
    if not text and len(markup) > _TEASER_MARKUP:
        text = " ".join(_clean(html_to_text(markup[: _TEASER_MARKUP * 20])).split())
    cut = len(markup) > _TEASER_MARKUP and len(text) < limit
    return _shortened(text, limit) + ("…" if cut and text else "")


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = text[:limit]
    words = head.rpartition(" ")[0]
    return (words if len(words) > limit // 2 else head).rstrip(" ,;:–-") + "…"


def _link(candidates: Iterable[str], base: str) -> str:
    return next((url for one in candidates if one and (url := resolve(base, _clean(one)))), "")


def _other_link(guid: str, enclosures: Sequence[Enclosure]) -> str:
    """For an item without a link: a guid that is an address, or its file."""
    return (resolve("", _clean(guid)) if is_http(guid) else "") or (enclosures[0].url if enclosures else "")


def _names(values: Iterable[str], limit: int) -> tuple[str, ...]:
    """Plain, not empty, each once (ignoring case), at most ``limit``."""
    names: dict[str, str] = {}
    for value in islice(values, limit * 5):
        text = value[: _NAME_LENGTH * 5]
        if "<" in text or "&" in text:
            text = plain(text)
        name = _line(text)[:_NAME_LENGTH].strip()
        if name:
            names.setdefault(name.casefold(), name)
    return tuple(islice(names.values(), limit))


def _language(code: str) -> str | None:
    code = code.strip()
    return code.replace("_", "-") if _LANGUAGE.fullmatch(code) else None


def _enclosures(links: Iterable[Link], base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for link in islice(links, _ENCLOSURES * 5):
        url = resolve(base, _clean(link.href)) if link.href else ""
        if url and url not in found and len(found) < _ENCLOSURES:
            found[url] = Enclosure(url=url, type=_media_type(link.type, url), length=_length(link.length))
    return tuple(found.values())


def _media_type(given: str, url: str) -> str | None:
    """As stated; where it is not, from the extension."""
    given = given.partition(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(given):
        return given
    return _TYPES.get(urlsplit(url).path.rpartition(".")[2].lower())


def _length(given: str) -> int | None:
    given = given.strip()
    # "0" is what generators write when they do not know
    return int(given) or None if given.isascii() and given.isdigit() and len(given) <= 15 else None
