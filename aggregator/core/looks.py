"""What a body that is no feed looks like, in words for the person who configured its address."""

import re
from typing import Final

_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?><!--.*?-->\s*+)*+"
    r"<(?:!doctype\s+html|html|head|body|script|meta|title|div|p)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_TAG = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel|item|entry)[\s>/]", re.IGNORECASE)
_ROOT = re.compile(r"\s*+(?>(?:<\?[^>]*+>|<!--.*?-->|<!DOCTYPE[^>]*+>)\s*+)*+<([\w.:-]{1,60})", re.DOTALL)
_ROOTS: Final = {
    "opml": "an OPML list of feeds, not a feed (aggregator import reads those)",
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "an index of sitemaps, not a feed",
    "svg": "a picture, not a feed",
    "error": "an error message in XML, not a feed",
    "opensearchdescription": "a search description, not a feed",
}
_BINARY: Final = (
    (b"\x1f\x8b", "compressed data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
)
_HTML_SENTENCE: Final = "this is an HTML page, not a feed"


def not_text(body: bytes) -> str:
    """A sentence when ``body`` is certainly no text, else ""."""
    return next((f"this is {what}, not a feed" for mark, what in _BINARY if body.startswith(mark)), "")


def not_a_feed(text: str, *, parsed: bool = False) -> str:
    """A sentence when ``text`` is certainly no feed, else "".

    With ``parsed`` (feedparser found neither version nor entries) there is always a sentence.
    """
    start = text[:4_096].lstrip("\ufeff \t\r\n\x00")
    if not start:
        return "the body is empty" if not text.strip("\ufeff \t\r\n\x00") else ""
    if "<" not in text:
        return f"this is plain text, not a feed: it begins with {_quoted(start)}"
    if _HTML.match(start) and not _FEED_TAG.search(text):
        return _HTML_SENTENCE
    return _no_feed_in(start) if parsed else ""


def is_junk(text: str) -> bool:
    """True for what may stand before an XML declaration by mistake: white space, comments, warnings."""
    return not _FEED_TAG.search(text) and "<!DOCTYPE" not in text


def unversioned(text: str, *, has_entries: bool) -> str:
    """A name for a format that feedparser reads but does not name: "cdf", "rdf", "unknown", or ""."""
    start = text[:4_096].lstrip("\ufeff \t\r\n\x00")
    if _HTML.match(start):
        return ""
    root = _ROOT.match(start)
    name = root[1].rpartition(":")[2].lower() if root else ""
    if name == "channel" and has_entries:
        return "cdf"
    if name == "rdf" and "<channel" in text:
        return "rdf"
    return "unknown" if has_entries else ""


def _no_feed_in(start: str) -> str:
    if _HTML.match(start):
        return _HTML_SENTENCE
    root = _ROOT.match(start)
    if not root:
        return f"this is not a feed: it begins with {_quoted(start)}"
    name = root[1].rpartition(":")[2].lower()
    known = _ROOTS.get(name)
    return (
        f"this is {known}"
        if known
        else f"this is an XML document with the root element <{root[1]}>, not a feed"
    )


def _quoted(start: str) -> str:
    return repr(" ".join("".join(c if c.isprintable() else " " for c in start[:60]).split()))
