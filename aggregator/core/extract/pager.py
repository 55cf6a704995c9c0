"""Where a page of an article leads to its other pages; and several pages' HTML as one. Workers only."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement, fragment_fromstring

from aggregator.core.extract import markup
from aggregator.core.extract.paging import first_page, is_whole, join_texts, normal, page_number
from aggregator.core.urls import resolve

#: links of one page that are kept
_MOST: Final = 20
#: … and looked at
_MOST_LOOKED_AT: Final = 3_000
#: characters; shorter addresses may be relative to the article's ("2", "?page=2")
_SHORT: Final = 16
_EXTENSION = re.compile(r"\.[a-z]{3,5}$", re.IGNORECASE)
#: an address that may be of another page, or of all
_MAY_NUMBER = re.compile(r"\d|all|full|single|komplett|one|complet|nopaging|integral", re.IGNORECASE)
#: ancestors whose names are looked at
_LEVELS: Final = 8
#: parts of a line, and what holds no text
_INSIDE_LINES: Final = frozenset(
    {"a", "strong", "em", "b", "i", "u", "span", "code", "sub", "sup", "img", "br", "s", "q"}
)
#: these turn the pages of something else than the article
_NOT_THE_ARTICLE = re.compile(
    r"comment|kommentar|comentario|disqus|respond|review|forum|archive|archiv|related|teaser|carousel|slider|"
    r"category|latest|most-?read|newsfeed",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\W{0,3}(?:\w{1,10}\W{1,3})?(\d{1,2})(?:\s*(?:/|of|von|sur|de|di)\s*\d{1,2})?\W{0,3}")
_ONWARD = re.compile(
    r"\b(?:next|continue|weiter|nächste|naechste|fortsetzung|suivant\w*|suite|siguiente|continuar|"
    r"próxima|seguinte|avanti|successiva|continua|volgende|verder|nästa|neste|næste|seuraava|następna|dalej|"
    r"další|ďalšia|következő|următoarea|sonraki|devam\w*|далее|дальше|следующая|далі|наступна|επόμενη|"
    r"berikutnya|selanjutnya|tiếp)\b|التالي|次(?:の)?ページ|次へ|続き|下一[页頁]|下頁|다음|अगला|ถัดไป|^\W*[»›→>]+\W*$",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(?:view|show|read|see)\b.{0,12}\b(?:all|one|single|full|entire)\b|\b(?:single|one|full)[- ]page\b|"
    r"\ball (?:\w+ )?on one page\b|auf einer seite|komplettansicht|alles? (?:seiten|anzeigen)|"
    r"sur une (?:seule )?page|en una (?:sola )?p[áa]gina|in (?:un'|una )(?:unica |sola )?pagina|"
    r"em uma (?:única )?página|op één pagina|på en sida|na jednej stronie|одной страниц|"
    r"全文(?:表示|阅读|閱讀)|(?:阅读|閱讀|显示|顯示)全文|1ページ|单页|單頁",
    re.IGNORECASE,
)


def links(page: HtmlElement, url: str, base: str) -> tuple[tuple[str, ...], str]:
    """Addresses that look like other pages of the article at ``url``, and the one of all of them or ""."""
    first = first_page(url)
    stem = _stem(first)
    further: dict[str, None] = {}
    whole = ""
    for element in _linking(page, stem.rpartition("/")[2]) if stem else ():
        address = resolve(base, element.get("href") or "")
        if not address or address == url or not unquote(urlsplit(address).path).startswith(stem):
            continue
        number = page_number(url, address) or (page_number(first, address) if first != url else None)
        if number is not None and _leads_on(element, number) and len(further) < _MOST:
            further[address] = None
        elif number is None and not whole and is_whole(first, address) and _offers_all(element):
            whole = address
    return tuple(further), whole if further else ""


def joined(texts: Sequence[str], htmls: Sequence[str]) -> tuple[str, str]:
    """Several pages' texts and HTML as one text and one HTML, what repeats left out of both."""
    together = join_texts(texts)
    parts = [_without(html, gone) for html, gone in zip(htmls, together.dropped, strict=True)]
    return together.text, "".join(parts)


def _stem(url: str) -> str:
    """What the addresses of all pages of an article have in common; "" for a front page."""
    return _EXTENSION.sub("", unquote(urlsplit(url).path).rstrip("/"))


def _linking(page: HtmlElement, name: str) -> Iterator[HtmlElement]:
    """The elements whose address may be of another page: a page has hundreds, and these are cheap to tell."""
    for element in islice(page.iter("link", "a"), _MOST_LOOKED_AT):
        href = element.get("href") or ""
        if len(href) > _SHORT and name not in (unquote(href) if "%" in href else href):
            continue
        if _MAY_NUMBER.search(href) and (element.tag == "a" or "next" in _rel(element)):
            yield element


def _rel(element: HtmlElement) -> list[str]:
    return (element.get("rel") or "").lower().split()


def _leads_on(element: HtmlElement, number: int) -> bool:
    """Whether a link says that it turns the article's pages."""
    if "next" in _rel(element):
        return element.tag == "link" or not _is_elsewhere(element)
    said = " ".join(element.text_content().split()) or element.get("title") or element.get("aria-label") or ""
    if len(said) > 60 or _is_elsewhere(element):  # a headline that begins with a number
        return False
    counted = _NUMBER.fullmatch(said)
    return (counted is not None and int(counted[1]) == number) or _ONWARD.search(said) is not None


def _offers_all(element: HtmlElement) -> bool:
    if element.tag != "a" or _is_elsewhere(element):
        return False
    said = " ".join(element.text_content().split()) or element.get("title") or ""
    return len(said) <= 60 and _WHOLE.search(said) is not None


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether a link stands among comments, teasers or the like."""
    around: Iterable[HtmlElement] = element.iterancestors()
    for level, box in enumerate(around):
        if level >= _LEVELS or box.tag in ("body", "main", "article"):
            return False
        if _NOT_THE_ARTICLE.search(f"{box.get('class') or ''} {box.get('id') or ''}"):
            return True
    return False


def _without(html: str, gone: frozenset[str]) -> str:
    """HTML without the blocks whose text is one of these lines."""
    if not gone:
        return html
    body = fragment_fromstring(html, create_parent="body")
    for element in list(body.iterdescendants()):
        if element.getparent() is None or not isinstance(element.tag, str) or element.tag in _INSIDE_LINES:
            continue
        if _is_gone(element, gone):
            _drop(element)
    return markup.serialise(body)


def _is_gone(element: HtmlElement, gone: frozenset[str]) -> bool:
    lines = [key for line in markup.text(element).split("\n") if (key := normal(line))]
    return bool(lines) and gone.issuperset(lines)


def _drop(element: HtmlElement) -> None:
    parent: etree._Element = element.getparent()
    before = element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)
