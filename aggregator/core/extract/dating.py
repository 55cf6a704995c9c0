"""When does a page say that it was published? One claim a source, the surest first.

Structured statements (JSON-LD, meta elements, microdata), ``<time>`` elements and the address are cheap and
always read. Where none of them tells, the text around the headline is looked through. Dates of edits, of
comments, of other articles and of the copyright are no statements about this one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import XPath
from lxml.html import HtmlElement

from aggregator.core import dates, relative
from aggregator.core.months import month_of, with_plain_months
from aggregator.model import DateClaim, PublishedSource

#: names of meta elements, the surest first
_META: Final = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published",
    "datepublished", "parsely-pub-date", "sailthru.date", "publishdate", "publish-date", "publish_date", "pubdate",
    "publication_date", "publication-date", "published_date", "published-date", "published_at", "publishtime",
    "article.published", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "citation_online_date",
    "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dcterms.date", "dc.date",
    "citation_publication_date", "citation_date", "date_published", "article_date_original", "originalpublicationdate",
    "ptime", "article:post_date", "date.issued", "date.created", "datecreated", "created", "date",
)  # fmt: skip

_MICRODATA = XPath('.//*[contains(@itemprop, "datePublished") or @pubdate]')
#: characters of the page that are looked through, elements that are
_MAX_LOOKED: Final = 60_000
_MAX_ELEMENTS: Final = 6_000
#: a text that tells a date and nothing else of importance
_MAX_LINE: Final = 200
#: ancestors whose names are asked
_MAX_DEPTH: Final = 12

_SILENT: Final = frozenset({"script", "style", "noscript", "template", "svg", "select", "option", "textarea"})
#: parts of a page that are about something else
_ELSEWHERE: Final = frozenset({"aside", "footer", "nav", "form", "table"})
_OTHERS = re.compile(
    r"comment|kommentar|respond|disqus|related|recommend|teaser|sidebar|side-bar|widget|footer|promo|newsletter|"
    r"more-|most-|popular|latest|recent|trending|carousel|slider|ticker|weather|calendar|kalender|event|navi|menu|"
    r"breadcrumb|copyright|cookie|card|listing|archive|advert|sponsor|banner|quote",
    re.IGNORECASE,
)
_ABOUT_TIME = re.compile(
    r"date|datum|fecha|data\b|time|zeit|publi|posted|post-?on|created|erstellt|meta|byline|by-line|dateline|stamp|"
    r"info|author|head|intro|kicker|details",
    re.IGNORECASE,
)
_EDITED = re.compile(
    r"updated?\b|modified|edited|revised|reviewed|last\s+(?:change|reviewed)|aktualisiert|geändert|bearbeitet|"
    r"letzte\s+änderung|überarbeitet|\bstand\b|mis\s+à\s+jour|modifi[ée]|actualizad|modificad|atualizad|"
    r"aggiornat|modificat|bijgewerkt|gewijzigd|uppdaterad|opdateret|oppdatert|päivitetty|muokattu|"
    r"zaktualizowan|aktualizacj|aktualizov|ažuriran|frissít|обновл|изменен|оновлен|ενημέρωσ|güncelle|"
    r"تحديث|עודכן|अपडेट|更新|修改|갱신|수정|업데이트|cập nhật|diperbarui|dikemas\s?kini",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(
    r"publi|posted|issued|released|first\s+seen|created|veröffentlicht|erschienen|erstellt|publié|publicad|"
    r"pubblicat|gepubliceerd|geplaatst|publicerad|udgivet|publisert|julkaistu|opublikowan|dodano|objaven|vydán|"
    r"zveřejněn|megjelen|опубликован|опубліков|δημοσι|yayın|نشر|פורסם|प्रकाशित|发布|發布|公開|掲載|등록|입력|"
    r"đăng|diterbitkan|\bvom\b|\bdu\b|\bdel\b",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(r"©|\(c\)|copyright|all rights|alle rechte", re.IGNORECASE)
#: of an event, or of the visitor's day
_NOT_OURS = re.compile(
    r"\bborn\b|geboren|expires?|valid until|gültig bis|retrieved|abgerufen|accessed|deadline|joined|member since",
    re.IGNORECASE,
)

_WORD: Final = r"[^\W\d_]{3,12}\.?"
#: a date with its year in a text: 20.11.2026, 2026-11-20, 20. November 2026, Nov 20th, 2026, 2026年11月20日
_DATE = re.compile(
    r"(?<![\d./-])(?:"
    r"\d{4}\s?[-/.年년]\s?\d{1,2}\s?[-/.月월]\s?\d{1,2}(?:\s?[日일])?"
    r"|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2}(?![\d:.]))"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th|er|º|ª|-)?[ -]+(?:de |of |d’|d')?(?P<after>{_WORD}),?[ -]+(?:de |del |of )?\d{{4}}"
    rf"|(?P<before>{_WORD}) \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{4}}\.? (?P<middle>{_WORD}) \d{{1,2}}"
    r")(?![\d/-])",
)
_CLOCK = re.compile(
    r"^[\s,;|·•–—-]*(?:at|um|à|a las|às|alle|om|kl\.?|klo|o|в|@|T)?[\s,;|·•–—-]*"
    r"(\d{1,2}[:.h]\d{2}(?::\d{2})?\s?(?:[AaPp]\.?[Mm]\b\.?)?)(\s?(?:[+-]\d\d:?\d\d|UTC|GMT|[A-Z]{2,4}T)\b)?"
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª)\b")
_URL_DAY = re.compile(
    r"/((?:19|20)\d\d)/(\d{1,2})/(\d{1,2})(?=[/._-]|$)|/((?:19|20)\d\d)-?(\d\d)-?(\d\d)(?=[/._-]|$)"
    r"|[-_/]((?:19|20)\d\d)-(\d\d)-(\d\d)(?=[/._-]|$)|/((?:19|20)\d\d)-(\d\d)/(\d\d)(?=[/._-]|$)"
)
_URL_MONTH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)(?=/)")


def claims_of(
    tree: HtmlElement,
    url: str,
    *,
    data: Sequence[dict[str, object]],
    pages: Sequence[dict[str, object]],
    meta: dict[str, list[str]],
    now: datetime | None,
    look: bool,
) -> tuple[DateClaim, ...]:
    """What the page says of its publication.

    ``data`` are its articles in JSON-LD and ``pages`` what that says of the page itself, ``meta`` its meta
    elements; ``now`` is when it was fetched, without which "3 days ago" says nothing. ``look``: the text is
    looked through where no statement is found otherwise.
    """
    day_first = _day_first(tree, url)
    linked = _first("json-ld", _linked(data))
    structured = linked or _first("meta", _in_meta(tree, meta)) or _first("json-ld", _linked(pages))
    found = [linked, structured if structured is not linked else _first("meta", _in_meta(tree, meta))]
    timed = _of_times(tree, now, day_first=day_first)
    found.extend(timed)
    if look and not any(found):
        found.extend(_Look(tree, now, day_first=day_first).claims())
    found.append(_in_address(url))
    return tuple(one for one in found if one is not None)


def _first(source: PublishedSource, texts: Iterable[str]) -> DateClaim | None:
    return next((one for text in texts if (one := dates.claim(source, text))), None)


# ── what is stated for machines ──────────────────────────────────────────────────────────────


def _linked(things: Iterable[dict[str, object]]) -> Iterator[str]:
    for name in ("datePublished", "dateCreated"):
        for thing in things:
            value = thing.get(name)
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, str):
                    yield one
                elif isinstance(one, dict) and isinstance(one.get("@value"), str):
                    yield one["@value"]


def _in_meta(tree: HtmlElement, meta: dict[str, list[str]]) -> Iterator[str]:
    for name in _META[:-1]:
        yield from meta.get(name, ())
    for element in cast("list[HtmlElement]", _MICRODATA(tree))[:20]:
        if not _is_elsewhere(element):
            yield element.get("datetime") or element.get("content") or _line(element)
    yield from meta.get(_META[-1], ())


def _in_address(url: str) -> DateClaim | None:
    path = urlsplit(url).path
    for pattern in (_URL_DAY, _URL_MONTH):
        if found := pattern.search(path):
            parts = [part for part in found.groups() if part]
            if one := dates.claim("url", "-".join(parts)):
                return one
    return None


# ── what is stated for people ────────────────────────────────────────────────────────────────


def _of_times(tree: HtmlElement, now: datetime | None, *, day_first: bool | None) -> list[DateClaim | None]:
    """What the first ``<time>`` says that is about this article, for machines or for people."""
    for element in list(tree.iter("time"))[:40]:
        if _is_elsewhere(element) or _is_edit(element):
            continue
        text = _line(element)
        exact = dates.claim("text", element.get("datetime") or "") or _written(text, day_first=day_first)
        counted = relative.claim(text, now) if now else None
        if exact or counted:
            return [exact, counted]
    return []


@dataclass(slots=True)
class _Candidate:
    score: float
    claim: DateClaim


class _Look:
    """The text of a page, looked through for the line that tells its date: best near the headline."""

    def __init__(self, tree: HtmlElement, now: datetime | None, *, day_first: bool | None) -> None:
        self._tree = tree
        self._now = now
        self._day_first = day_first
        self._found: list[_Candidate] = []
        #: characters since the headline, None before it
        self._since: int | None = None

    def claims(self) -> list[DateClaim | None]:
        headline = next(iter(self._tree.iter("h1")), None)
        read = 0
        for count, element in enumerate(self._tree.iter()):
            if count > _MAX_ELEMENTS or read > _MAX_LOOKED:
                break
            if element is headline:
                self._since = 0
            if isinstance(element.tag, str) and element.tag not in _SILENT:
                read += self._read(element, element.text)
            parent = element.getparent()
            if element.tail and parent is not None and parent.tag not in _SILENT:
                read += self._read(parent, element.tail)
        if not self._found:
            return []
        best = max(self._found, key=lambda one: one.score)
        return [best.claim] if best.score >= 3 else []

    def _read(self, element: HtmlElement, text: str | None) -> int:
        """Take a text of ``element`` into account; how long it is."""
        text = " ".join((text or "").split())
        if not text:
            return 0
        if len(text) <= _MAX_LINE:
            found = _written(text, day_first=self._day_first)
            if found is None and self._now is not None:
                found = relative.claim(text, self._now)
            if found is not None:
                score = self._score(element, text)
                if score is not None:
                    self._found.append(_Candidate(score, found))
        if self._since is not None:
            self._since += len(text)
        return len(text)

    def _score(self, element: HtmlElement, text: str) -> float | None:
        if _is_elsewhere(element) or _is_edit(element) or _EDITED.search(text):
            return None
        if _COPYRIGHT.search(text) or _NOT_OURS.search(text):
            return None
        score = 0.0 if len(text) <= 60 else -1.0 if len(text) <= 120 else -2.0
        if _ABOUT_TIME.search(_names(element)):
            score += 2
        if _PUBLISHED.search(text) or _PUBLISHED.search(_before(element)):
            score += 2
        if self._since is None:
            return score + 1
        return (
            score + (3 if self._since < 400 else 1.5 if self._since < 1500 else 0) - len(self._found) * 0.01
        )


def _written(text: str, *, day_first: bool | None) -> DateClaim | None:
    """The date with a year that stands in a line of text, with its time of day when that follows."""
    if len(text) > _MAX_LINE or not any(character.isdigit() for character in text):
        return None
    text = with_plain_months(text)
    for found in _DATE.finditer(text):
        word = found["after"] or found["before"] or found["middle"]
        if word and not month_of(word.lower()):
            continue
        day = _ORDINAL.sub("", found[0])
        clock = _CLOCK.match(text[found.end() :])
        if clock and (
            one := dates.claim("text", f"{day} {_colons(clock[1])}{clock[2] or ''}", day_first=day_first)
        ):
            return one
        if one := dates.claim("text", day, day_first=day_first):
            return one
    return None


def _colons(clock: str) -> str:
    return re.sub(r"(?<=\d)[.h](?=\d)", ":", clock)


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether it stands in a part of the page that is not this article."""
    at: etree._Element | None = element
    for _ in range(_MAX_DEPTH):
        if at is None or at.tag in ("body", "main", "article"):
            return at is not None and at.tag == "article" and _is_nested(at)
        if at.tag in _ELSEWHERE or _OTHERS.search(_own_names(at)):
            return True
        at = at.getparent()
    return False


def _is_nested(article: etree._Element) -> bool:
    """An article within another, as comments and teasers are, or one of many beside each other."""
    if any(True for _ in article.iterancestors("article")):
        return True
    parent = article.getparent()
    return parent is not None and sum(1 for _ in parent.iterchildren("article")) > 2


def _is_edit(element: HtmlElement) -> bool:
    return bool(_EDITED.search(_names(element)) or _EDITED.search(_before(element)))


def _names(element: HtmlElement) -> str:
    """The names of an element and of the one around it."""
    parent = element.getparent()
    return f"{_own_names(element)} {_own_names(parent) if parent is not None else ''}"


def _own_names(element: etree._Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _before(element: HtmlElement) -> str:
    """The words right before an element: a label, most often."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is not None:
        return f"{(previous.text or '')[-40:]} {(previous.tail or '')[-40:]}"
    return (parent.text or "")[-40:] if parent is not None else ""


def _line(element: HtmlElement) -> str:
    text = " ".join("".join(element.itertext()).split())
    return text if len(text) <= _MAX_LINE else ""


def _day_first(tree: HtmlElement, url: str) -> bool | None:
    """Whether 03/04/2026 is the third of April to the readers of this page; None where nobody can tell."""
    language = (tree.getroottree().getroot().get("lang") or "").lower().replace("_", "-")
    if language in ("en-us", "en-ph"):
        return False
    if language and not language.startswith("en"):
        return True
    host = urlsplit(url).hostname or ""
    if language.startswith("en-") or host.endswith((".uk", ".au", ".nz", ".ie", ".in", ".za")):
        return True
    return None
