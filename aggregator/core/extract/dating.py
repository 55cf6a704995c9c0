"""When does a page say that it was published? One claim a source, the surest first.

Structured statements (meta elements, microdata, JSON-LD), ``<time>`` elements and the address are cheap and
always read. Where none of them tells, the text around the headline is looked through; also where what is
stated is the day of the last edit, which some systems write over the publication's. Dates of comments, of
other articles and of the copyright are no statements about this one. The date of an edit is told as such, and
only where there is nothing else.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
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
_EDIT_NAME = re.compile(r"(?:modif\w*|updated?|revised|revision)[\W_]?(?:date|time|on|at)?$")
_OTHER_EDIT = re.compile(r"^last-modified$|event")
#: names that mean the last edit at some sites: they count where nothing else tells
_VAGUE_META: Final = ("dc.date", "dcterms.date", "date.created", "datecreated", "created", "date")
#: when it was last edited; http-equiv="last-modified" is the server's and no statement about the article
_EDIT_META: Final = (
    "article:modified_time", "og:article:modified_time", "article:updated_time", "og:updated_time",
    "og:modified_time", "datemodified", "dateupdated", "dateupdate", "date_modified", "modified_date",
    "modified_time", "updated_time", "updated_date", "last_modified", "last_updated", "lastmod",
    "lastupdate", "lastupdated", "dcterms.modified", "dc.date.modified", "dc.modified", "revised",
    "article.updated", "parsely-update-date", "article_date_updated",
)  # fmt: skip

_EDIT_MICRODATA = XPath('.//*[contains(@itemprop, "dateModified") or contains(@itemprop, "dateUpdate")]')
_PUBLISHED_KEYS: Final = ("datePublished", "dateCreated")
_MICRODATA = XPath('.//*[contains(@itemprop, "datePublished") or @pubdate]')
#: characters of a paragraph in which it may begin with its date
_DATELINE: Final = 40
#: characters beside a date in a line that tells nothing else
_MAX_BESIDE: Final = 12
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
    r"(?<![a-z])(?:teasers?|side-?bar|widget|latest|recent|slider|carousel|ticker|calendar|kalender|events?|veranstaltung\w*|termine?|agenda|"
    r"menu|nav|nav(?:i\w*|bar|top|wrap\w*)|top-?bar|masthead|cards?|listing|archive|more|footer|promo|breadcrumbs?|weather|quote)(?![a-z])",
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
    r"đăng|diterbitkan|gepostet",
    re.IGNORECASE,
)
#: right before a date: "Datum:", "Pressemitteilung vom"
_LABEL_OF_DATE = re.compile(
    r"(?:^|\W)(?:datum|date|fecha|data|dato|dátum|tarih|дата|日期|日時|날짜)\s*[:：]?\s*$|"
    r"^(?:\w+\s+)?(?:vom|du|del)\s*$",
    re.IGNORECASE,
)
#: the element that WordPress themes put the date of an entry in, also when it was never edited: "entry-date
#: updated"
_ENTRY = re.compile(r"\b(?:entry|post)-date\b")
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
    visible = _Visible(tree, url, title, now, meta)
    address = _in_address(url)
    found = [
        _first(
            "meta",
            (
                *_in_meta(meta, _META),
                *_in_microdata(visible, _MICRODATA),
                *_in_similar_meta(meta, _PUBLISHED_META, _OTHER_META),
            ),
        ),
        _first("json-ld", _linked(data, _PUBLISHED_KEYS)),
    ]
    if not any(found):
        found.append(_first("json-ld", _linked(pages, _PUBLISHED_KEYS)))
    edits = (
        *_linked((*data, *pages), ("dateModified",)),
        *_in_meta(meta, _EDIT_META),
        *_in_similar_meta(meta, _EDIT_NAME, _OTHER_EDIT),
        *_in_microdata(visible, _EDIT_MICRODATA),
    )
    times = visible.times()
    edit = None
    if look and not any((*found, *times)):
        line, edit = visible.best_lines(address)
        times = (line,)
    elif look and _is_stamped_by_edit(found, edits) and not _bears_out(address, found):
        stamps = [one for one in found if one]
        shown = next((one for one in times if one), None) or visible.best_lines(address)[0]
        if shown and all(_is_earlier_day(shown, stamp) for stamp in stamps):
            times = times if any(times) else (shown,)
            if all(_is_before(shown, stamp) for stamp in stamps):
                found = [dates.edited(stamp.stated) for stamp in stamps]
    found.extend(times)
    if not any(found):
        found.append(_first("meta", _in_meta(meta, _VAGUE_META)))
    found.append(address)
    if not any(found):
        found.append(next((one for text in edits if (one := dates.edited(text))), None) or edit)
    return tuple(one for one in found if one is not None)


def _first(source: PublishedSource, texts: Iterable[str]) -> DateClaim | None:
    return next((one for text in texts if (one := dates.claim(source, text))), None)


# ── what is stated for machines ──────────────────────────────────────────────────────────────


def _linked(things: Iterable[dict[str, object]], names: Iterable[str]) -> Iterator[str]:
    things = tuple(things)
    for name in names:
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


def _in_similar_meta(
    meta: dict[str, list[str]], named: re.Pattern[str], other: re.Pattern[str]
) -> Iterator[str]:
    for name, texts in meta.items():
        if named.search(name) and not other.search(name) and name not in _VAGUE_META:
            yield from texts


def _is_stamped_by_edit(found: Iterable[DateClaim | None], edits: Iterable[str]) -> bool:
    """Whether the publication is stated to be the day of the last edit, as some systems do at every edit."""
    edited = {dates.local_day(text) for text in edits}
    return any(one and dates.local_day(one.stated) in edited for one in found)


def _bears_out(address: DateClaim | None, found: Iterable[DateClaim | None]) -> bool:
    """Whether the address, which no edit changes, tells the day or the month of one of them."""
    return any(one and _agreement(one, address) for one in found)


def _is_before(shown: DateClaim, stamp: DateClaim) -> bool:
    """Whether people are shown an earlier day than ``stamp`` states; an instant of Greenwich has two days."""
    if shown.earliest == shown.latest or not dates.is_local(stamp.stated):
        return shown.latest < stamp.earliest
    return _is_earlier_day(shown, stamp)


def _is_earlier_day(shown: DateClaim, stamp: DateClaim) -> bool:
    day, other = dates.local_day(shown.stated), dates.local_day(stamp.stated)
    if day is None or other is None or day >= other:
        return False
    year, month, number = day.split("-")
    return other != f"{year}-{number}-{month}"  # "11.03.17" is the third of November to some


def _in_microdata(visible: "_Visible", named: XPath) -> Iterator[str]:
    for element in cast("list[HtmlElement]", named(visible.tree))[:20]:
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

    def __init__(
        self, tree: HtmlElement, url: str, title: str, now: datetime | None, meta: dict[str, list[str]]
    ) -> None:
        self.tree = tree
        self._now = now
        self._language_order = _day_first(tree, url, meta)
        self._headline = _headline(tree, title)
        self._title = title
        self._path = urlsplit(url).path.rstrip("/")
        #: what holds the headline holds the article
        self._around = set() if self._headline is None else set(self._headline.iterancestors())

    @cached_property
    def _day_first(self) -> bool | None:
        """Whether 03/04/2026 is the third of April here: by the language, else by the page's other dates."""
        if self._language_order is not None:
            return self._language_order
        return _order_of(islice(self.tree.itertext(), _MAX_ELEMENTS))

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
            written = self._written(text)
            exact = self._stated(element.get("datetime") or "") or written
            counted = relative.claim(text, self._now) if self._now else None
            if exact or counted:
                return exact, _own_day(exact, written), counted
        return ()

    def best_lines(self, address: DateClaim | None) -> tuple[DateClaim | None, DateClaim | None]:
        """The dates in the lines that look most like this article's publication, and like its last edit.

        ``address`` is what the page's address states.
        """
        lines: list[tuple[int, HtmlElement, _Line]] = []
        at, headline_at = 0, None
        for element, text in self._lines():
            if element is self._headline and headline_at is None:
                headline_at = at
            lines += [(at, element, one) for one in self._dated(element, _opening(text))]
            at += len(text)
            if at > _MAX_LOOKED:
                break
        listed = _listed(lines)
        scored: dict[bool, list[_Scored]] = {False: [], True: []}
        for place, element, line in lines:
            away = None if headline_at is None else place - headline_at
            score = self._score(element, line, away) + _agreement(line.claim, address)
            if _kind(element) in listed:
                score -= 2
            scored[line.is_edit].append(_Scored(score=score, at=place, claim=line.claim))
        edited = _best(scored[True])
        published = _best(scored[False]) or self._before_title()
        return published, edited and dates.edited(edited.stated, day_first=self._day_first)

    def _before_title(self) -> DateClaim | None:
        """The date that the page's title begins with: "08.11.2021 | …"."""
        found = _DATE.match(with_plain_months(self._title))
        return self._written(found[0]) if found and _BREAK.match(self._title[found.end() :]) else None

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

    def _dated(self, element: HtmlElement, text: str) -> Iterator["_Line"]:
        """The dates of a line, each with what stands before it."""
        found = list(_dates_in(text, self._day_first)) if text else []
        if not found and text and self._now and (counted := relative.claim(text, self._now)):
            found = [(counted, 0, len(text))]
        if not found or _COPYRIGHT.search(text) or _NOT_OURS.search(text) or self.is_elsewhere(element):
            return
        if _TODAY.search(_names(element)):
            return
        of_edit = _is_edit(element)
        done = 0
        for number, (one, start, end) in enumerate(found):
            label = text[done:start]
            # "17 November 2026 (updated)"
            after = text[end:] if number == len(found) - 1 and not _PUBLISHED.search(label) else ""
            if one.source == "relative":
                label = text
            is_edit = of_edit or bool(_EDITED.search(label) or _EDITED.search(after))
            if one.source != "relative" or not is_edit:
                beside = len(text) - (end - start)
                yield _Line(text=text, label=label, claim=one, is_edit=is_edit, beside=beside)
            done = end

    def _score(self, element: HtmlElement, line: "_Line", away: int | None) -> float:
        """``away``: characters from the headline's beginning, None where there is none."""
        length = len(line.text)
        score = 0.0 if length <= 60 else -1.0 if length <= 120 else -2.0
        if element.tag == "time" or _ABOUT_TIME.search(_names(element)):
            score += 2
        if line.is_edit or _is_label(line.label):
            score += 3
        elif _is_label(before := _before(element)) or _PUBLISHED.search(_line(element)):
            score += 3 if before and len(before) <= _SHORT_LABEL else 2
        if self._links_here(element):
            score += 3
        elif self.is_likely_elsewhere(element):
            score -= 2
        alone = 1 if line.beside <= _MAX_BESIDE else 0
        if away is None:
            return score + alone + 1
        near = 3 if -200 < away < 500 else 1.5 if -400 < away < 1500 else 0
        return score + (near + alone if near else 0) - abs(away) / 1e6

    def _links_here(self, element: HtmlElement) -> bool:
        """Whether it stands by a link to this page, as an article's date does and its entry in a list."""
        if len(self._path) < _MIN_PATH:
            return False
        around = (element, *islice(element.iterancestors(), 2))
        nearest = next((link for at in around for link in at.iter("a") if link.get("href")), None)
        return nearest is not None and nearest.get("href", "").rstrip("/").endswith(self._path)

    def _written(self, text: str) -> DateClaim | None:
        if not _has_digit(text):
            return None
        return next((one for one, _, _ in _dates_in(text, self._day_first)), None)

    def _stated(self, text: str) -> DateClaim | None:
        return dates.claim("text", text) or (text and self._written(text)) or None

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
#: points of lead over every other line with which one point less is enough
_LEAD: Final = 1.5
#: characters of text between two dates that stand side by side
_BESIDE: Final = 60
#: points that one of those may have less: a label makes more of a difference
_DETAIL: Final = 2.0
#: characters of words right before a date that are its label and nothing else
_SHORT_LABEL: Final = 30
#: characters of an address's path that no other page has by chance
_MIN_PATH: Final = 8
#: different dates in elements of one kind that make these a list
_MANY: Final = 3


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A date in a line of text."""

    text: str
    #: what stands before it, after the date before it
    label: str
    claim: DateClaim
    is_edit: bool
    #: characters of the line that are not of the date
    beside: int


def _is_label(text: str) -> bool:
    """Whether it says that a date that follows is the publication's."""
    return bool(_PUBLISHED.search(text) or _LABEL_OF_DATE.search(text))


def _kind(element: HtmlElement) -> tuple[str, str]:
    return str(element.tag), _names(element).strip()


def _listed(lines: Iterable[tuple[int, HtmlElement, _Line]]) -> set[tuple[str, str]]:
    """Kinds of elements that tell one date after the other: those are of other articles."""
    days: dict[tuple[str, str], set[str]] = {}
    for _, element, line in lines:
        days.setdefault(_kind(element), set()).add(line.claim.stated)
    return {kind for kind, stated in days.items() if kind[1] and len(stated) >= _MANY}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    score: float
    #: characters of text before it
    at: int
    claim: DateClaim


def _best(scored: list[_Scored]) -> DateClaim | None:
    """The one of most points, if they are enough; fewer are where nothing comes near.

    Of two that stand side by side the earlier one is the publication's, and the other the last edit's.
    """
    if not scored:
        return None
    best = max(scored, key=lambda one: one.score)
    if best.score >= _ENOUGH:
        least = max(_ENOUGH, best.score - _DETAIL)
        beside = (one for one in scored if abs(one.at - best.at) <= _BESIDE and one.score >= least)
        return min((one.claim for one in beside), key=lambda one: one.at or one.latest)
    others = max((one.score for one in scored if one.claim.stated != best.claim.stated), default=0.0)
    return best.claim if best.score >= _ENOUGH - 1 and best.score - others >= _LEAD else None


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _opening(text: str) -> str:
    """A line that may tell a date: itself, or the date that a paragraph begins with ("27.1.2022 - In …")."""
    if len(text) <= _MAX_LINE:
        return text if _has_digit(text) else ""
    found = _DATE.match(with_plain_months(text[:_DATELINE]))
    return text[: found.end()] if found and _BREAK.match(text[found.end() :]) else ""


_BREAK = re.compile(r"\.?\s*[-–—:|.]\s")


def _dates_in(text: str, day_first: bool | None) -> Iterator[tuple[DateClaim, int, int]]:
    """The dates with a year that stand in a line of text, each with its time of day when that follows."""
    if len(text) > _MAX_LINE:
        return
    text = with_plain_months(text)
    for found in _DATE.finditer(text):
        word = found["after"] or found["before"] or found["middle"]
        if word and not month_of(word.lower()):
            continue
        day = _ORDINAL.sub("", found[0])
        # 02-12-2025 with hyphens is nowhere a month first
        order = True if day_first is None and "-" in day else day_first
        clock = _CLOCK.match(text[found.end() :])
        timed = f"{day} {_colons(clock[1])}{clock[2] or ''}" if clock else ""
        if clock and (one := dates.claim("text", timed, day_first=order)):
            yield one, found.start(), found.end() + clock.end()
        elif one := dates.claim("text", day, day_first=order):
            yield one, found.start(), found.end()


def _own_day(exact: DateClaim | None, written: DateClaim | None) -> DateClaim | None:
    """The day that people read where machines are told an instant of Greenwich's day before or after."""
    if exact is None or written is None or exact.earliest != exact.latest:
        return None
    other = dates.local_day(written.stated) != dates.local_day(exact.stated)
    return written if other and written.earliest <= exact.earliest <= written.latest else None


def _agreement(one: DateClaim, address: DateClaim | None) -> float:
    """Points for a day in the month, or the day, that the address tells."""
    return 2.0 if address and address.earliest <= (one.at or one.latest) <= address.latest else 0.0


def _colons(clock: str) -> str:
    return re.sub(r"(?<=\d)[.h](?=\d)", ":", clock)


def _is_edit(element: HtmlElement) -> bool:
    """Whether it tells when the article was edited; many call one element both published and updated."""
    own = _own_names(element)
    if _PUBLISHED.search(own) or _ENTRY.search(own):
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


def _day_first(tree: HtmlElement, url: str, meta: dict[str, list[str]]) -> bool | None:
    """Whether 03/04/2026 is the third of April to the readers of this page; None where nobody can tell."""
    root = tree.getroottree().getroot()
    stated = (root.get("lang"), root.get("xml:lang"), *meta.get("og:locale", ()))
    tags = [tag.lower().replace("_", "-") for tag in stated if tag]
    for language in tags:
        if language in ("en-us", "en-ph"):
            return False
        if language.startswith("en-") or not language.startswith("en"):
            return True
    host = urlsplit(url).hostname or ""
    return True if host.endswith((".uk", ".au", ".nz", ".ie", ".in", ".za")) else None


def _order_of(texts: Iterable[str]) -> bool | None:
    """The same by the dates of the page that can be read in one way only, where they are of one mind."""
    found = {
        first > 12
        for text in texts
        if "/" in text and len(text) <= _MAX_LINE
        for first, second in (map(int, pair) for pair in _TWO.findall(text))
        if (first > 12) != (second > 12)
    }
    return found.pop() if len(found) == 1 else None


_TWO = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(?:20)?\d\d(?![\d/])")
