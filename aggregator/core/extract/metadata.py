"""What a page says about itself: canonical address, title, authors, date, language.

Structured statements first (JSON-LD, meta elements): they are exact and cheap. What is missing then is read
from the page's looks. Dates have a file of their own (``dating``).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, cast
from urllib.parse import urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author, extract_title

from aggregator.core.dates import LAST_YEAR
from aggregator.core.extract import dating, keywords
from aggregator.core.sanitize import unescaped
from aggregator.core.settle import Settled, settle
from aggregator.core.urls import resolve
from aggregator.model import DateClaim

MAX_AUTHORS: Final = 10
_MAX_NAME: Final = 80
#: characters of JSON-LD that are read; nesting that is followed
_MAX_DATA: Final = 500_000
_MAX_NESTING: Final = 12
#: characters of text in a page beyond which its looks are not searched for names
_MAX_SEARCHED: Final = 300_000

_DATA = XPath('.//script[contains(@type, "ld+json")]/text()')
_DATA_IN_META = XPath('.//meta[contains(@name, "ld+json")]/@content')
#: nothing is known to lie ahead of a page that was read nobody knows when
_END: Final = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
_ARTICLE_TYPE = re.compile(r"Article|Posting|Report|Review|Recipe|LiveBlog|Story")
#: what a page shows besides its article, with dates of its own
_ASIDE_TYPE = re.compile(
    r"Comment|Review|Rating|Image|Video|Audio|Person|Organi[sz]ation|Product|Answer|Event"
)
_STATED_DATE = re.compile(r'"datePublished"\s*:\s*"([^"\\]{6,60})"')
_TITLES: Final = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "sailthru.title",
    "headline",
)
_AUTHORS: Final = (
    "author", "article:author", "og:article:author", "dc.creator", "dcterms.creator", "parsely-author",
    "sailthru.author", "byl", "citation_author", "cxenseparse:author",
)  # fmt: skip
_BY = re.compile(r"^(?:by|von|par|por|di|door|av|af|od|автор:?|text:|autor(?:in)?:?)\s+", re.IGNORECASE)
_APART = re.compile(r"\s*(?:[;|•·]|,\s+(?=\S+\s+\S))\s*")
#: between two full names; "Jobs & Hire" is one
_AND = re.compile(r"(?<=\S\s)(\S+)\s+(?:and|und|et|y|e|en|och|og|и|&)\s+(?=\S+\s+\S)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """None and empty where the page does not say."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    #: what it says of its publication, and what that comes to
    claims: tuple[DateClaim, ...] = ()
    published: datetime | None = None
    published_is_day: bool = False
    #: what it says that its article is about (``keywords``)
    tags: tuple[str, ...] = ()


def base_of(tree: HtmlElement, url: str) -> str:
    """The address that relative ones are resolved against: ``<base href>``, else the page's own."""
    for element in tree.iterfind(".//base[@href]"):
        return resolve(url, element.get("href", "")) or url
    return url


def canonical_of(tree: HtmlElement, url: str, base: str) -> str:
    """The page's rel=canonical (RFC 6596), absolute; "" when absent, contradictory or the home page."""
    found = {
        address
        for element in tree.iter("link")
        if "canonical" in (element.get("rel") or "").lower().split()
        and (address := resolve(base, element.get("href") or ""))
    }
    if len(found) != 1:
        return ""
    address = found.pop()
    # a template that names the home page on every article would make all of them one
    return "" if _is_home(address) and not _is_home(url) else address


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def title_of(tree: HtmlElement) -> str:
    """The text of ``<title>``, "" when absent."""
    for element in tree.iter("title"):
        return _clean(element.text_content())
    return ""


def read(
    tree: HtmlElement, url: str, *, now: datetime | None, names: bool, look: bool, text: str = ""
) -> Metadata:
    """What the page says about itself, as it was fetched at ``now``. ``text``: of its article.

    Dates and tags are always read; title, authors and language only on ``names``, as they take much longer.
    ``look``: where nothing states a date, the text is looked through.
    """
    stated, nodes = _meta(tree), list(_nodes(tree))
    data = [node for node in nodes if _is_a(node, _ARTICLE_TYPE)]
    pages = [node for node in nodes if not _is_a(node, _ARTICLE_TYPE)]
    title = next(_first(stated, _TITLES), "") or title_of(tree)
    claims = dating.claims_of(tree, url, data=data, pages=pages, meta=stated, title=title, now=now, look=look)
    dated = settle(claims, now or _END)
    tags = tuple(unescaped(tag) for tag in keywords.stated(stated, data, title, text))
    if not names:
        day = _is_wide(dated)
        return Metadata(claims=claims, published=dated.published, published_is_day=day, tags=tags)
    searchable = sum(map(len, tree.itertext())) <= _MAX_SEARCHED
    return Metadata(
        title=_title(tree, stated, data),
        authors=_authors(tree, stated, data, searchable=searchable),
        language=_language(tree, stated, data),
        claims=claims,
        published=dated.published,
        published_is_day=_is_wide(dated),
        tags=tags,
    )


def _is_wide(dated: Settled) -> bool:
    return dated.earliest != dated.latest


# ── where pages state things ─────────────────────────────────────────────────────────────────


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = (
            element.get("property")
            or element.get("name")
            or element.get("itemprop")
            or element.get("http-equiv")
        )
        content = _clean(element.get("content") or "")
        if name and content:
            found.setdefault(name.strip().lower(), []).append(content)
    return found


def _nodes(tree: HtmlElement) -> Iterator[dict[str, object]]:
    """The schema.org articles in the page's JSON-LD, and what else has a date of publication there."""
    # some frameworks put what is meant for a script into a meta element of that name
    for source in (*cast("list[str]", _DATA(tree)), *cast("list[str]", _DATA_IN_META(tree))):
        if len(source) > _MAX_DATA:
            continue
        try:
            data = json.loads(source.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            # broken, most often by a quotation mark in a text: the date in it can be told all the same
            if found := _STATED_DATE.search(unescaped(source)):
                yield {"datePublished": found[1]}
            continue
        yield from _within(data, 0)


def _within(data: object, nesting: int) -> Iterator[dict[str, object]]:
    if nesting > _MAX_NESTING:
        return
    if isinstance(data, list):
        for value in data:
            yield from _within(value, nesting + 1)
    elif isinstance(data, dict):
        if _is_a(data, _ARTICLE_TYPE):
            yield data
        else:
            if ("datePublished" in data or "dateModified" in data) and not _is_a(data, _ASIDE_TYPE):
                yield data
            for name in ("@graph", "mainEntity", "mainEntityOfPage"):
                yield from _within(data.get(name), nesting + 1)


def _is_a(node: dict[str, object], kind: re.Pattern[str]) -> bool:
    return any(kind.search(name) for name in _strings(node.get("@type")))


def _strings(value: object) -> Iterator[str]:
    """The strings a property holds: itself, its names, or those of its list."""
    if isinstance(value, str):
        yield unescaped(value)
    elif isinstance(value, list):
        for one in value[:50]:
            if not isinstance(one, list):
                yield from _strings(one)
    elif isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, str | list):
            yield from _strings(name)


def _first(stated: dict[str, list[str]], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from stated.get(name, ())


# ── what they state ──────────────────────────────────────────────────────────────────────────


def _title(tree: HtmlElement, stated: dict[str, list[str]], data: list[dict[str, object]]) -> str | None:
    for article in data:
        for title in _strings(article.get("headline")):
            if _clean(title):
                return _clean(title)
    for title in _first(stated, _TITLES):
        return title
    found: str | None = extract_title(tree)
    return _clean(found) if found else None


def _authors(
    tree: HtmlElement, stated: dict[str, list[str]], data: list[dict[str, object]], *, searchable: bool
) -> tuple[str, ...]:
    for source in (
        (name for article in data for name in _strings(article.get("author"))),
        _first(stated, _AUTHORS),
        (extract_author(tree) or "" for _ in range(searchable)),
    ):
        names = dict.fromkeys(name for text in source for name in _names(text))
        if names:
            return tuple(islice(names, MAX_AUTHORS))
    return ()


def _names(text: str) -> Iterator[str]:
    for part in _APART.split(_AND.sub(r"\1; ", _BY.sub("", _clean(text)))):
        name = part.strip(" ,")
        if (
            2 < len(name) <= _MAX_NAME
            and "://" not in name
            and not name.startswith("@")
            and not name.isdigit()
        ):
            yield name


def _language(tree: HtmlElement, stated: dict[str, list[str]], data: list[dict[str, object]]) -> str | None:
    root = tree.getroottree().getroot()
    for text in (
        root.get("lang") or root.get("xml:lang") or "",
        *(tag for article in data for tag in _strings(article.get("inLanguage"))),
        *_first(stated, ("content-language", "og:locale", "dc.language", "language")),
    ):
        if _LANGUAGE.fullmatch(text.strip()):
            return text.strip().replace("_", "-")
    return None


def _clean(text: str) -> str:
    return " ".join(unescaped(text).split())
