"""The bytes of a page -> its article. Importing this loads trafilatura: workers only."""

import logging
import re
from datetime import datetime
from itertools import islice
from typing import Final

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import load_html
from w3lib.encoding import html_body_declared_encoding, resolve_encoding

from aggregator.core.charset import charset_of
from aggregator.core.extract import corrected, markup, metadata, pager, pictures, sources
from aggregator.core.extract.choice import choose
from aggregator.core.extract.verdict import is_wall
from aggregator.core.similar import normalise
from aggregator.model import Article
from aggregator.model.learning import Rules

#: characters of a page that are parsed
MAX_PAGE: Final = 2_000_000
#: elements that are parsed, each for 2 KB of memory; no captured page of 789 has more than 9,892
MAX_ELEMENTS: Final = 50_000

#: a headline, at the top of a text
_HEADINGS: Final = frozenset({"h1", "h2", "h3"})

#: first bytes of what is sometimes served as a page: PDF, pictures, archives, sound
_BINARY: Final = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"ID3",
    b"OggS",
)
_HTML = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|title|meta|div|p|article|main|section|table|span|h1)\b",
    re.IGNORECASE,
)
_NOT_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?<(?:rss|feed|rdf:rdf|urlset|sitemapindex|svg)\b", re.IGNORECASE
)
_ELEMENT = re.compile(r"<[a-zA-Z]")
_SILENT = re.compile(r"<(script|style|svg)\b", re.IGNORECASE)
_SILENT_END: Final = {
    name: re.compile(rf"</{name}\b[^>]*>", re.IGNORECASE) for name in ("script", "style", "svg")
}

# what became of a page is told by its result; these would write to the terminal
for _library in ("trafilatura", "htmldate", "justext", "charset_normalizer", "courlan"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


def read(
    body: bytes,
    *,
    url: str,
    want_metadata: bool,
    charset: str | None,
    now: datetime | None = None,
    want_date: bool = False,
    rules: Rules | None = None,
    feed_text: str = "",
) -> Article | None:
    """The article of a page; see ``extract``."""
    if not _is_html(body):
        return None
    try:
        tree = load_html(_shortened(_decoded(body, charset)))
        return (
            None
            if tree is None
            else _article(
                tree,
                url,
                want_metadata=want_metadata,
                now=now,
                want_date=want_date,
                rules=rules,
                feed_text=feed_text,
            )
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - libxml2 and trafilatura meet bytes that nobody foresaw
        return None


def _is_html(body: bytes) -> bool:
    if body.startswith(_BINARY) or _NOT_HTML.match(body):
        return False
    two_bytes_each = body[:64].count(0) >= 8  # UTF-16
    return two_bytes_each or _HTML.search(body) is not None


def _decoded(body: bytes, charset: str | None) -> str:
    """The page as text by its mark, valid UTF-8, the header, its meta element, else by its looks."""
    stated = [name for name in (charset, html_body_declared_encoding(body)) if name]
    codec = charset_of(body, f"charset={stated[0]}" if stated else "")
    if codec == "windows-1252":  # the last resort of charset_of
        if len(stated) > 1:
            codec = charset_of(body, f"charset={stated[1]}")
        elif not stated:
            codec = _guessed(body)
    # pages that say ISO-8859-1 mean Windows-1252, and so on (WHATWG Encoding, section 4.2)
    return body.decode(resolve_encoding(codec) or codec, "replace")


def _guessed(body: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:5000] + body[-5000:]).best()
    return best.encoding if best else "windows-1252"


def _shortened(text: str) -> str:
    """At most ``MAX_PAGE`` characters, scripts, styles and drawings going first; and ``MAX_ELEMENTS``."""
    if len(text) > MAX_PAGE:
        text = _without_silent(text)[:MAX_PAGE]
    if text.count("<") <= MAX_ELEMENTS:
        return text
    beyond = next(islice(_ELEMENT.finditer(text), MAX_ELEMENTS, None), None)
    return text if beyond is None else text[: beyond.start()]


def _without_silent(text: str) -> str:
    """``text`` without what nobody reads; in linear time, whatever is left open."""
    kept: list[str] = []
    done = at = 0
    unclosed: set[str] = set()
    while start := _SILENT.search(text, at):
        name = start[1].lower()
        end = None if name in unclosed else _SILENT_END[name].search(text, start.end())
        if end is None:
            unclosed.add(name)
            at = start.end()
        else:
            kept.append(text[done : start.start()])
            done = at = end.end()
    return "".join([*kept, text[done:]])


def _article(
    tree: HtmlElement,
    url: str,
    *,
    want_metadata: bool,
    now: datetime | None,
    want_date: bool,
    rules: Rules | None,
    feed_text: str,
) -> Article | None:
    base = metadata.base_of(tree, url)
    chosen = choose(tree, base)
    if chosen is None:
        return None
    body = chosen.body
    sample = b"" if rules is None else corrected.apply(chosen.blocks, body, base, rules, feed_text)
    title = metadata.title_of(tree)
    _leave_out_headline(body, title)
    text = markup.text(body)
    if is_wall(text, title):
        return None
    pictures.place(body, tree, base)
    about = metadata.read(tree, url, now=now, names=want_metadata, look=want_date, text=text)
    further, whole = pager.links(tree, url, base)
    return Article(
        text=text,
        html=markup.serialise(body),
        canonical_url=metadata.canonical_of(tree, url, base),
        title=about.title,
        authors=about.authors,
        published=about.published,
        published_is_day=about.published_is_day,
        language=about.language,
        method=chosen.method,
        score=chosen.score,
        image=pictures.lead(body, tree, base),
        claims=about.claims,
        tags=about.tags,
        further=further,
        whole=whole,
        sample=sample,
        named=sources.named(chosen.blocks, text),
    )


def _leave_out_headline(body: etree._Element, title: str) -> None:
    """Take out a heading at the top that the page's title repeats: the item has it as its headline.

    Whether it belongs to the text is a close call, which fell now this way and now that.
    """
    first = next((element for element in body if element.tag in _HEADINGS), None)
    if first is None or first is not body[0] or len(body) == 1:
        return
    words = normalise("".join(map(str, first.itertext())))
    if words and words in normalise(title):
        body.remove(first)
