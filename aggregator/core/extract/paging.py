"""Articles that are spread over several pages: which address is the next one's, and how texts are joined.

Sites number the pages of an article in its address: ``/story/2``, ``/story?page=2``, ``/story-2.html``. Only
such addresses are followed; rel=next alone names the next article as often (WordPress), and the pager below
an article may turn the pages of its comments.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aggregator.core.extract.agreement import held
from aggregator.core.extract.verdict import count_words
from aggregator.core.urls import canonicalise

#: pages of one article that are read
MOST: Final = 10

_PARAMETER_NAMES: Final = """
page p pg pn paged pageno page_no pagenum pagenumber page_number currentpage seite pagina página pag sida side
strona stranka sayfa halaman hal страница
"""
_PARAMETERS: Final = frozenset(_PARAMETER_NAMES.split())
#: what may stand between the article's own path and the number
_MARK: Final = r"(?:page|seite|pagina|página|pag|pg|p|s|sida|side|strona|stranka|sayfa|halaman|hal)"
_REST = re.compile(rf"(?:/|[-_.,])(?:{_MARK}[-_/=]?)?(\d{{1,2}})(?:\.[a-z]{{3,5}})?/?", re.IGNORECASE)
_EXTENSION = re.compile(r"\.(?:[sx]?html?|php\d?|aspx?|jsp|cms|ece)$", re.IGNORECASE)
#: addresses of the whole
_WHOLE_PATH = re.compile(
    r"(?:/|[-_.,])(?:all|full|komplett|komplettansicht|singlepage|single-page|onepage|view-all|viewall|"
    r"page-all|seite-alle|pagina-completa|integral)(?:\.[a-z]{3,5})?/?",
    re.IGNORECASE,
)
_WHOLE_QUERY = re.compile(
    r"(?:(?:page|seite|pagina|p|pg|view|show|pagewanted|artikelseite|mode)=(?:all|full|single|complete|-1|0)|"
    r"(?:all|singlepage|single_page|single|showall|fullpage|full|onepage|viewall|allpages|complete|komplett|"
    r"nopaging)=(?:1|true|yes|all|y|on)?)",
    re.IGNORECASE,
)

#: a line that only tells which page this is, or leads to others
_PAGE_LINE = re.compile(
    r"(?:page|seite|pagina|página|pág\.?|strona|sida|side|sayfa|halaman|страница|第)\W{0,3}"
    r"\d{1,2}(?:\W{1,3}(?:\w{1,3}\W{1,3})?\d{1,2})?\s*(?:页|頁|ページ)?|"
    r"\d{1,2}\s*(?:/|of|von|sur|de|di|van|z|av|af|из)\s*\d{1,2}|"
    r"\W{0,4}1(?:\W{1,4}\d{1,2}){1,15}\W{0,4}(?:\w{1,12}\W{0,4})?|"
    r"\W{0,4}(?:next|previous|prev|weiter|zurück|nächste|vorherige|suivante?|précédente?|siguiente|anterior|"
    r"avanti|indietro|volgende|vorige|далее|назад)(?: (?:page|seite|página|pagina))?\W{0,4}|"
    r"(?:continued?|continues|weiter|fortsetzung|suite|continúa|continua)\b.{0,20}"
    r"\b(?:page|seite|página|pagina)\b.{0,6}",
    re.IGNORECASE,
)
_LONGEST_PAGE_LINE: Final = 60
#: words from which on a line that came before is dropped wherever it stands
_LONG_LINE: Final = 8
#: a page that repeats so much of what came before shows the same article again
_SAME_AGAIN: Final = 0.6
#: "all on one page" holds nearly all of the first page
_HOLDS_FIRST: Final = 0.8


def page_number(first: str, address: str) -> int | None:
    """Which page of the article at ``first`` stands at an address: 2 and more; None when none does."""
    one, other = _parts(first), _parts(address)
    if one is None or other is None or one.host != other.host or one.path == "":
        return None
    number: int | None = None
    if one.path == other.path:
        number = _from_query(one.query, other.query)
    elif one.query == other.query:
        rest = _rest(one.path, other.path)
        number = int(found[1]) if rest and (found := _REST.fullmatch(rest)) else None
    return number if number is not None and 2 <= number <= 99 else None


def is_whole(first: str, address: str) -> bool:
    """Whether an address names the article at ``first`` with all of its pages on one."""
    one, other = _parts(first), _parts(address)
    if one is None or other is None or one.host != other.host or one.path == "":
        return False
    if one.path == other.path:
        added = [f"{name}={value}" for name, value in other.query - one.query]
        return len(added) == 1 and one.query < other.query and _WHOLE_QUERY.fullmatch(added[0]) is not None
    rest = _rest(one.path, other.path) if one.query == other.query else ""
    return bool(rest) and _WHOLE_PATH.fullmatch(rest) is not None


def first_page(address: str) -> str:
    """The address of page 1, if this one is of a later page; else the address itself."""
    parts = urlsplit(address)
    kept = [
        pair
        for pair in parts.query.split("&")
        if not (pair.partition("=")[0].lower() in _PARAMETERS and pair.partition("=")[2].isdecimal())
    ]
    if (query := "&".join(kept)) != parts.query:
        return parts._replace(query=query).geturl()
    path = re.sub(rf"(?:/|[-_.,])(?:{_MARK}[-_/=]?)?\d{{1,2}}(\.[a-z]{{3,5}})?/?$", r"\1", parts.path)
    return parts._replace(path=path).geturl() if path else address


@dataclass(frozen=True, slots=True)
class _Parts:
    host: str
    #: without a last slash
    path: str
    query: frozenset[tuple[str, str]]


def _parts(url: str) -> _Parts | None:
    try:
        parts = urlsplit(canonicalise(url))
        query = frozenset(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return None
    return _Parts(parts.netloc.removeprefix("www."), parts.path.rstrip("/"), query)


def _from_query(before: frozenset[tuple[str, str]], after: frozenset[tuple[str, str]]) -> int | None:
    """The number in the one parameter that was added, or changed from 1."""
    added, gone = after - before, before - after
    if len(added) != 1 or len(gone) > 1:
        return None
    ((name, value),) = added
    if name.lower() not in _PARAMETERS or not re.fullmatch(r"\d{1,2}", value):
        return None
    return int(value) if not gone or gone == {(name, "1")} else None


def _rest(path: str, other: str) -> str:
    """What an address has after the article's path, the path's ".html" left out where it moved to the end."""
    if other.startswith(path):
        return other[len(path) :]
    bare = _EXTENSION.sub("", path)
    if bare != path and len(bare) > 1 and other.startswith(bare):
        return other[len(bare) :]
    return ""


# ── texts ────────────────────────────────────────────────────────────────────────────────────


def is_same_again(before: str, text: str) -> bool:
    """Whether a page shows what came before once more: its pager turned comments or related articles."""
    return count_words(text) == 0 or held(text, before) >= _SAME_AGAIN


def holds(whole: str, first: str) -> bool:
    """Whether a text that offers all pages on one really holds the first, and more."""
    return count_words(whole) > count_words(first) and held(first, whole) >= _HOLDS_FIRST


@dataclass(frozen=True, slots=True)
class Joined:
    """The lines of all pages, and for each page which of its lines were left out (normalised)."""

    text: str
    dropped: tuple[frozenset[str], ...]


def join_texts(texts: Sequence[str]) -> Joined:
    """The pages' texts as one: a line at the end of all of them stands once, at the end; a repeated one once.

    Heads (headline, byline) stay on the first page, feet (the author's note) on the last.
    """
    pages = [_without_page_lines(text) for text in texts]
    foot = _common_end([_contents(page) for page in pages]) if len(pages) > 1 else 0
    seen: set[str] = set()
    lines: list[str] = []
    dropped: list[frozenset[str]] = []
    for number, page in enumerate(pages):
        is_last = number == len(pages) - 1
        own = page if is_last or not foot else _without_end(page, foot)
        fresh = _fresh(own, seen)
        gone = {normal(line) for line in texts[number].split("\n")} - {normal(line) for line in fresh}
        dropped.append(frozenset(gone - {""}))
        seen.update(normal(line) for line in own)
        lines += [*([""] if lines else []), *fresh]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return Joined(text, tuple(dropped))


def normal(line: str) -> str:
    """A line as it is compared: case-folded, white space evened out."""
    return " ".join(line.casefold().split())


def _without_page_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if not _is_page_line(line.strip())]


def _is_page_line(line: str) -> bool:
    return len(line) <= _LONGEST_PAGE_LINE and _PAGE_LINE.fullmatch(line) is not None


def _contents(lines: Sequence[str]) -> list[str]:
    return [key for line in lines if (key := normal(line))]


def _common_end(pages: Sequence[Sequence[str]]) -> int:
    """How many lines all pages end with."""
    count, most = 0, min(map(len, pages)) - 1  # a page that is nothing but a foot has none
    while count < most and len({page[-1 - count] for page in pages}) == 1:
        count += 1
    return count


def _without_end(lines: Sequence[str], count: int) -> list[str]:
    """The lines without the last ``count`` that hold something."""
    end = len(lines)
    while count and end:
        end -= 1
        count -= bool(lines[end].strip())
    return list(lines[:end])


def _fresh(lines: Sequence[str], seen: set[str]) -> list[str]:
    """The lines that did not come before. A short one recurs in any text: it goes at the head alone."""
    kept: list[str] = []
    begun = not seen
    for line in lines:
        key = normal(line)
        if key in seen and (not begun or count_words(line) >= _LONG_LINE):
            continue
        begun = begun or bool(key)
        kept.append(line)
    return kept
