"""The bytes of a page -> its article. Importing this loads trafilatura: workers only."""

import logging
import re
from typing import Final

from lxml import etree
from lxml import html as lxml_html
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Extractor
from w3lib.encoding import html_body_declared_encoding, resolve_encoding

from aggregator.core.charset import charset_of
from aggregator.core.extract import markup, metadata
from aggregator.core.extract.verdict import is_wall
from aggregator.model import Article

#: bytes of a page that are parsed, scripts and styles left out
MAX_PAGE: Final = 2_000_000

#: the program reports what became of a page itself
for _library in ("trafilatura", "htmldate", "justext", "charset_normalizer", "courlan"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

#: first bytes of what is sometimes served as a page: PDF, pictures, archives, audio, video
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
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|html|head|body|title|meta|div|p|article|main|section|table|span|h1)\b", re.IGNORECASE
)
_FEED = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:rss|feed|rdf:rdf|urlset|sitemapindex)\b",
    re.IGNORECASE | re.DOTALL,
)
#: elements that hold no text of an article; ld+json stays, as some pages carry their text only there
_SILENT: Final = ("script", "style", "svg")
_DATA_SCRIPT = re.compile(r"ld\+json|settings\+json", re.IGNORECASE)


def read(html: bytes, *, url: str, want_metadata: bool, charset: str | None) -> Article | None:
    """See ``extract``."""
    if not _is_html(html):
        return None
    try:
        tree = load_html(_without_silent(_decoded(html, charset))[:MAX_PAGE])
        if tree is None:
            return None
        return _article(tree, url, want_metadata=want_metadata)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - libxml2 and trafilatura meet bytes that nobody foresaw
        return None


def _is_html(body: bytes) -> bool:
    if body.startswith(_BINARY) or _FEED.match(body[:4096]):
        return False
    wide = body[:64].count(0) > 8  # UTF-16
    return wide or bool(_MARKUP.search(body))


def _decoded(body: bytes, charset: str | None) -> str:
    """The page as text: mark, valid UTF-8, header, meta, then what its bytes look like."""
    stated = [name for name in (charset, html_body_declared_encoding(body)) if name]
    codec = charset_of(body, f"charset={stated[0]}" if stated else "")
    if codec == "windows-1252" and len(stated) > 1:
        codec = charset_of(body, f"charset={stated[1]}")
    if codec == "windows-1252" and not stated:
        codec = _guessed(body)
    # as browsers do: pages that say ISO-8859-1 mean Windows-1252 (WHATWG Encoding)
    return body.decode(resolve_encoding(codec) or codec, "replace")


def _guessed(body: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:5000] + body[-5000:]).best()
    return best.encoding if best else "windows-1252"


def _without_silent(text: str) -> str:
    """The page without scripts, styles, drawings and comments; in linear time whatever the nesting."""
    return text


def _article(tree: lxml_html.HtmlElement, url: str, *, want_metadata: bool) -> Article | None:
    about = metadata.read(tree, url) if want_metadata else metadata.Metadata()
    base = metadata.base_of(tree, url)
    canonical_url = metadata.canonical_of(tree, url, base)
    body = _body(tree)
    if body is None:
        return None
    markup.to_html(body, base)
    text = markup.text(body)
    if is_wall(text, about.title or metadata.title_of(tree)):
        return None
    return Article(
        text=text,
        html=markup.serialise(body),
        canonical_url=canonical_url,
        title=about.title,
        authors=about.authors,
        published=about.published,
        published_is_day=about.published_is_day,
        language=about.language,
    )


def _body(tree: lxml_html.HtmlElement) -> etree._Element | None:
    options = Extractor(output_format="html", comments=False, formatting=True, links=True)
    document = bare_extraction(tree, options=options)
    return None if document is None else document.body
