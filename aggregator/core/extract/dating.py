"""When does a page say that it was published? One claim a source, the surest first.

Structured statements (JSON-LD, meta elements, microdata), ``<time>`` elements and the address are cheap and
always read. Where none of them tells, the text around the headline is looked through. Dates of edits, of
comments, of other articles and of the copyright are no statements about this one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, takewhile
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
    "datepublished", "parsely-pub-date", "sailthru.date", "publishdate", "publish-date", "publish_date",
    "pubdate", "publication_date", "publication-date", "published_date", "published-date", "date_published",
    "published_at", "publishtime", "article.published", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "article_date_original", "originalpublicationdate", "article:post_date",
    "dc.date.issued", "dcterms.issued", "date.issued", "dc.date.created", "dcterms.created", "ptime",
    "citation_online_date", "citation_publication_date", "citation_date",
)  # fmt: skip
#: what names of the same kind have in common
_PUBLISHED_META = re.compile(
    r"(?:publi\w*|issued?|posted|released?|created?|creation)[\W_]?(?:date|time|on|at)|"
    r"(?:date|time)[\W_]?(?:publi|issued|posted|released|created)",
)
_OTHER_META = re.compile(r"modif|updat|revis|expir|event|start|end\b|last|birth")
#: names that mean the last edit at some sites: they count where nothing else tells
_VAGUE_META: Final = ("dc.date", "dcterms.date", "date.created", "datecreated", "created", "date")

_MICRODATA = XPath('.//*[contains(@itemprop, "datePublished") or @pubdate]')
#: characters of the page that are looked through, elements that are
_MAX_LOOKED: Final = 60_000
_MAX_ELEMENTS: Final = 6_000
#: headings and times that are
_MAX_MARKS: Final = 200
#: a text that tells a date and nothing else of importance
_MAX_LINE: Final = 200
#: pieces of text before a date that may be its label, and characters of them
_LABELS: Final = 3
_LABEL: Final = 60
#: ancestors whose names are asked
_MAX_DEPTH: Final = 12

_SILENT: Final = frozenset({"script", "style", "noscript", "template", "svg", "select", "option", "textarea"})
#: parts of a page that are about something else
_OTHERS = re.compile(
    r"(?<![a-z])(?:comments?|kommentare?|respond|disqus|related|recommend\w*|popular|trending|most|"
    r"newsletter|read-?(?:more|also|next)|advert\w*|sponsor\w*|cookies?)(?![a-z])",
    re.IGNORECASE,
)
#: parts that are often, but at some sites hold the head of the article
_LIKELY_OTHERS = re.compile(
    r"(?<![a-z])(?:teasers?|side-?bar|widget|latest|recent|slider|carousel|ticker|calendar|kalender|events?|"
    r"menu|nav|navi\w*|cards?|listing|archive|more|footer|promo|breadcrumbs?|weather|quote)(?![a-z])",
    re.IGNORECASE,
)
_LIKELY_ELSEWHERE: Final = frozenset({"aside", "footer", "nav", "form", "table"})
_ABOUT_TIME = re.compile(
    r"date|datum|fecha|data\b|time|zeit|publi|posted|post-?on|created|erstellt|meta|byline|by-line|"
    r"dateline|stamp|info|author|head|intro|kicker|details",
    re.IGNORECASE,
)
_EDITED = re.compile(
    r"updated?\b|modified|edited|revised|reviewed|last\s+(?:change|reviewed)|aktualisiert|geändert|"
    r"bearbeitet|letzte\s+änderung|überarbeitet|\bstand\b|mis\s+à\s+jour|modifi[ée]|actualizad|modificad|atualizad|"
    r"aggiornat|modificat|bijgewerkt|gewijzigd|uppdaterad|opdateret|oppdatert|päivitetty|muokattu|"
    r"zaktualizowan|aktualizacj|aktualizov|ažuriran|frissít|обновл|изменен|оновлен|ενημέρωσ|güncelle|"
    r"تحديث|עודכן|अपडेट|更新|修改|갱신|수정|업데이트|cập nhật|diperbarui|dikemas\s?kini",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(
    r"publi|posted|issued|released|first\s+seen|created|veröffentlicht|erschienen|erstellt|publié|publicad|"
    r"pubblicat|gepubliceerd|geplaatst|publicerad|udgivet|publisert|julkaistu|opublikowan|dodano|objaven|"
    r"vydán|zveřejněn|megjelen|опубликован|опубліков|δημοσι|yayın|نشر|פורסם|प्रकाशित|发布|發布|公開|掲載|등록|입력|"
    r"đăng|diterbitkan|\bvom\b|\bdu\b|\bdel\b",
    re.IGNORECASE,
)
#: the day of the visit, in the head of many a newspaper's page
_TODAY = re.compile(r"today|current-?(?:date|time)|clock", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\)|copyright|all rights|alle rechte", re.IGNORECASE)
#: of an event, or of the visitor's day
_NOT_OURS = re.compile(
    r"\bborn\b|geboren|expires?|valid until|gültig bis|retrieved|abgerufen|accessed|deadline|joined|"
    r"member since",
    re.IGNORECASE,
)

_WORD: Final = r"[^\W\d_]{3,12}\.?"
#: a date with its year in a text: 20.11.2026, 2026-11-20, 20. November 2026, Nov 20th, 2026, 2026年11月20日
_DATE = re.compile(
    r"(?<![\d./-])(?:"
    r"\d{4}\s?[-/.年년]\s?\d{1,2}\s?[-/.月월]\s?\d{1,2}(?:\s?[日일])?"
    r"|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2}(?![\d:.]))"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th|er|º|ª|-)?[ -]+(?:de |of |d’|d')?"
    rf"(?P<after>{_WORD}),?[ -]+(?:de |del |of )?\d{{4}}"
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
    title: str,
    now: datetime | None,
    look: bool,
) -> tuple[DateClaim, ...]:
    """What the page says of its publication.

    ``data`` are its articles in JSON-LD and ``pages`` what that says of the page itself, ``meta`` its meta
    elements, ``title`` its title; ``now`` is when it was fetched, without which "3 days ago" says nothing.
    ``look``: the text is looked through where nothing states it otherwise.
    """
    visible = _Visible(tree, url, title, now)
    found = [
        _first("json-ld", _linked(data)),
        _first("meta", (*_in_meta(meta, _META), *_in_microdata(visible), *_in_similar_meta(meta))),
    ]
    if not any(found):
        found.append(_first("json-ld", _linked(pages)))
    found.extend(visible.times())
    if look and not any(found):
        found.append(visible.best_line())
    if not any(found):
        found.append(_first("meta", _in_meta(meta, _VAGUE_META)))
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


def _in_meta(meta: dict[str, list[str]], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from meta.get(name, ())


def _in_similar_meta(meta: dict[str, list[str]]) -> Iterator[str]:
    for name, texts in meta.items():
        if _PUBLISHED_META.search(name) and not _OTHER_META.search(name) and name not in _VAGUE_META:
            yield from texts


def _in_microdata(visible: "_Visible") -> Iterator[str]:
    for element in cast("list[HtmlElement]", _MICRODATA(visible.tree))[:20]:
        if not visible.is_elsewhere(element):
            yield element.get("datetime") or element.get("content") or _line(element)


def _in_address(url: str) -> DateClaim | None:
    path = urlsplit(url).path
    for pattern in (_URL_DAY, _URL_MONTH):
        if found := pattern.search(path):
            parts = [part for part in found.groups() if part]
            if one := dates.claim("url", "-".join(parts)):
                return one
    return None


# ── what is stated for people ────────────────────────────────────────────────────────────────


class _Visible:
    """The page as people see it: what stands near its headline is about the article."""

    def __init__(self, tree: HtmlElement, url: str, title: str, now: datetime | None) -> None:
        self.tree = tree
        self._now = now
        self._day_first = _day_first(tree, url)
        self._headline = _headline(tree, title)
        #: what holds the headline holds the article
        self._around = set() if self._headline is None else set(self._headline.iterancestors())

    def times(self) -> tuple[DateClaim | None, ...]:
        """What the ``<time>`` says that stands by the headline, for machines and for people.

        One that is parted from it by another heading is looked at only where nothing else tells.
        """
        marks = list(islice(self.tree.iter("time", "h1", "h2", "h3"), _MAX_MARKS))
        at = marks.index(self._headline) if self._headline in marks else -1
        after = takewhile(lambda one: one.tag == "time", marks[at + 1 :])
        before = takewhile(lambda one: one.tag == "time", reversed(marks[: max(at, 0)]))
        for element in (*after, *before):
            if self.is_elsewhere(element) or self.is_likely_elsewhere(element) or _is_edit(element):
                continue
            text = _line(element)
            exact = dates.claim("text", element.get("datetime") or "") or self._written(text)
            counted = relative.claim(text, self._now) if self._now else None
            if exact or counted:
                return exact, counted
        return ()

    def best_line(self) -> DateClaim | None:
        """The date in the line that looks most like one of this article."""
        found: list[tuple[int, HtmlElement, str, DateClaim]] = []
        at, headline_at = 0, None
        for element, text in self._lines():
            if element is self._headline and headline_at is None:
                headline_at = at
            if len(text) <= _MAX_LINE and (one := self._dated(element, text)):
                found.append((at, element, text, one))
            at += len(text)
            if at > _MAX_LOOKED:
                break
        scored = [
            (self._score(element, text, None if headline_at is None else place - headline_at), one)
            for place, element, text, one in found
        ]
        score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        return best if score >= _ENOUGH else None

    def _lines(self) -> Iterator[tuple[HtmlElement, str]]:
        """The pieces of text of the page, each with the element it stands in."""
        for element in islice(self.tree.iter(), _MAX_ELEMENTS):
            if isinstance(element.tag, str) and element.tag not in _SILENT:
                text = " ".join((element.text or "").split())
                if text or element is self._headline:
                    yield element, text
            parent = element.getparent()
            if element.tail and parent is not None and parent.tag not in _SILENT:
                text = " ".join(element.tail.split())
                if text:
                    yield parent, text

    def _dated(self, element: HtmlElement, text: str) -> DateClaim | None:
        found = self._written(text) or (relative.claim(text, self._now) if self._now else None)
        if found is None or self.is_elsewhere(element) or _is_edit(element):
            return None
        if _EDITED.search(text) or _COPYRIGHT.search(text) or _NOT_OURS.search(text):
            return None
        return found

    def _score(self, element: HtmlElement, text: str, away: int | None) -> float:
        """``away``: characters from the headline's beginning, None where there is none."""
        score = 0.0 if len(text) <= 60 else -1.0 if len(text) <= 120 else -2.0
        if element.tag == "time" or _ABOUT_TIME.search(_names(element)):
            score += 2
        if _PUBLISHED.search(text):
            score += 3
        elif _PUBLISHED.search(_before(element)):
            score += 2
        if self.is_likely_elsewhere(element):
            score -= 2
        if away is None:
            return score + 1
        near = 3 if -200 < away < 500 else 1.5 if -400 < away < 1500 else 0
        return score + near - abs(away) / 1e6

    def _written(self, text: str) -> DateClaim | None:
        return _written(text, day_first=self._day_first)

    def is_elsewhere(self, element: HtmlElement) -> bool:
        """Whether it stands in a part of the page that is not this article."""
        return any(
            _OTHERS.search(_own_names(at)) or (at.tag == "article" and self._is_another(at))
            for at in self._own(element)
        )

    def is_likely_elsewhere(self, element: HtmlElement) -> bool:
        """The same of parts whose kind or name says less."""
        return any(
            at.tag in _LIKELY_ELSEWHERE or _LIKELY_OTHERS.search(_own_names(at)) for at in self._own(element)
        )

    def _own(self, element: HtmlElement) -> Iterator[etree._Element]:
        """An element and those around it that do not hold the headline as well."""
        at: etree._Element | None = element
        for _ in range(_MAX_DEPTH):
            if at is None or at in self._around or at.tag in ("body", "main"):
                return
            yield at
            at = at.getparent()

    def _is_another(self, article: etree._Element) -> bool:
        """An article without our headline, where there is one; or one of many."""
        if self._around:
            return any(one.tag == "article" for one in self._around) or _is_one_of_many(article)
        return _is_one_of_many(article)


#: points of a line that is taken
_ENOUGH: Final = 2.9  # less than 3 by the distance from the headline


def _headline(tree: HtmlElement, title: str) -> HtmlElement | None:
    """The heading whose words are most those of the page's title; else the first one of the highest rank.

    The first one is the name of the site at some, and at some the headline has a lower rank.
    """
    known = set(_WORDS.findall(title.casefold()))
    headings: list[HtmlElement] = list(islice(tree.iter("h1", "h2", "h3"), _MAX_MARKS))
    highest = [one for one in headings if one.tag == "h1"]
    best, most = next(iter(highest), None), 0.0
    for one in headings:
        words = set(_WORDS.findall("".join(one.itertext()).casefold()))
        # a lower heading has to be more than a word or two of the title
        enough = len(words) >= (2 if one.tag == "h1" else 4)
        share = len(words & known) / len(words) - (0.0 if one.tag == "h1" else 0.5) if enough else 0.0
        if share > most:
            best, most = one, share
    return best


_WORDS = re.compile(r"\w+")


def _is_one_of_many(article: etree._Element) -> bool:
    parent = article.getparent()
    return parent is not None and sum(1 for _ in parent.iterchildren("article")) > 2


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


def _is_edit(element: HtmlElement) -> bool:
    """Whether it tells when the article was edited; many call one element both published and updated."""
    if _PUBLISHED.search(_own_names(element)):
        return False
    return bool(
        _EDITED.search(_names(element)) or _TODAY.search(_names(element)) or _EDITED.search(_before(element))
    )


def _names(element: HtmlElement) -> str:
    """The names of an element and of the one around it."""
    parent = element.getparent()
    return f"{_own_names(element)} {_own_names(parent) if parent is not None else ''}"


def _own_names(element: etree._Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _before(element: HtmlElement) -> str:
    """The words right before an element: a label, most often, and often in an element of its own."""
    parent = element.getparent()
    if parent is None:
        return ""
    words = [parent.text or ""]
    for one in parent.iterchildren():
        if one is element:
            break
        words.append(
            f"{''.join(one.itertext())} {one.tail or ''}" if isinstance(one.tag, str) else one.tail or ""
        )
        del words[:-_LABELS]
    return " ".join(" ".join(words).split())[-_LABEL:]


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
