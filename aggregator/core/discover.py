"""HTML -> where its feeds are: links that say so, links that look so, and paths where feeds usually lie.

Nothing here is certain; aggregator/discovery fetches the candidates and keeps what parses.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from aggregator.core.urls import resolve, site_key

#: a page's head, and its footer with the feed icon, lie within this many bytes
_READ = 2_000_000

#: what autodiscovery allows (firefox and the WHATWG agree); JSON Feed 1.0 asked for plain application/json
_FEED_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/json": "json",
}
#: a feed's path: /feed, /rss.xml, /feeds/posts/default, /news.atom, /index.rdf, /?feed=rss2
_FEED_PATH = re.compile(
    r"/(?:feeds?|rss2?|atom|rdf)(?:[/.?]|$)|\.(?:rss|atom|rdf)(?:\?|$)|/(?:index|feed|rss|atom)[^/]*\.xml(?:\?|$)"
    r"|[?&](?:feed|format|type|output)=(?:rss2?|atom|feed|rdf|json)\b|(?:rss|feed)[a-z0-9_-]*\.(?:xml|json|php)(?:\?|$)",
    re.IGNORECASE,
)
#: what is written on a link to a feed
_FEED_WORDS = re.compile(r"(?:rss|atom|xml|feed|rss feeds?|json feed|subscribe via rss)", re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b|kommentar|commentaire|comentario", re.IGNORECASE)
#: addresses with "feed" in them that only add one to somebody's reader, or serve no feed
_NOT_FEEDS = re.compile(
    r"//(?:www\.|add\.)?(?:feedly|inoreader|netvibes|newsblur|theoldreader|bloglines|my\.yahoo|facebook|twitter|x|"
    r"google|fusion\.google)\.com?/|/wp-json/|/oembed|\.(?:png|gif|jpe?g|svg|css|js|ico|html?|pdf)(?:\?|$)|/feedback\b",
    re.IGNORECASE,
)

_ROOT_PATHS = (
    *("/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/feed.json", "/rss/", "/feed"),
    *("/feeds/posts/default", "/index.rdf", "/blog/feed/", "/?feed=rss2"),
)
_FOLDER_PATHS = ("feed/", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss")
_SITEMAP_LINE = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A link that may lead to a feed. ``title`` is "" where the page gives none."""

    url: str
    title: str = ""
    #: "rss", "atom", "json", or "" where the link does not say
    kind: str = ""


def feed_links(html: bytes, url: str) -> tuple[FeedLink, ...]:
    """The feeds that the page ``html`` at ``url`` names, the likeliest first, each once.

    Declared ones (``<link rel=alternate>``) come before those that only look like one (``<a href>``), the
    page's own site before others, and comment feeds at the end.
    """
    root = _tree(html[:_READ])
    if root is None:
        return ()
    base = _base(root, url)
    declared = list(_declared(root, base))
    looks = list(_looks_like_feeds(root, base))
    links = _once([*declared, *looks], url)
    home = site_key(url)
    certain = {link.url for link in declared}
    return tuple(
        sorted(
            links,
            key=lambda link: (
                _is_comments(link),
                link.url not in certain,
                link.url not in certain and site_key(link.url) != home,
            ),
        )
    )


def known_paths(url: str) -> tuple[str, ...]:
    """Where feeds usually lie on the site of ``url``: in the page's own folder, then at the root."""
    path = urlsplit(url).path
    folder = path[: path.rfind("/") + 1] if "." in path.rsplit("/", 1)[-1] else path.rstrip("/") + "/"
    near = [folder + name for name in _FOLDER_PATHS] if folder not in ("", "/") else []
    return tuple(dict.fromkeys(urljoin(url, candidate) for candidate in (*near, *_ROOT_PATHS)))


def sitemap_links(robots: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that the robots.txt at ``url`` names, those first that say news, and the usual place."""
    found = [resolve(url, line.decode("utf-8", "replace")) for line in _SITEMAP_LINE.findall(robots[:_READ])]
    usual = urljoin(url, "/news-sitemap.xml")
    return tuple(
        sorted(dict.fromkeys(filter(None, [*found, usual])), key=lambda link: "news" not in link.lower())
    )


def alike(url: str) -> str:
    """A key that is equal for http and https, with and without "www.", with and without a last slash."""
    parts = urlsplit(url.strip())
    host = parts.netloc.lower().removeprefix("www.")
    host = host.removesuffix(":443" if parts.scheme.lower() == "https" else ":80")
    return host + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


def _tree(html: bytes) -> Any:
    """lxml's tree of a page; None for what is not one."""
    from lxml import etree

    wide = html.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = html.decode("utf-16", "replace").encode() if wide else html
    encoding = "utf-8" if wide else None
    parser = etree.HTMLParser(encoding=encoding, no_network=True, remove_comments=True, huge_tree=False)
    try:
        return etree.fromstring(text.replace(b"\0", b""), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _base(root: Any, url: str) -> str:
    """What relative links are relative to: the first ``<base href>``, itself relative to the page."""
    for element in root.iter("base"):
        if href := element.get("href"):
            return resolve(url, href) or url
    return url


def _declared(root: Any, base: str) -> Iterator[FeedLink]:
    """``<link rel=alternate type=…>`` and ``<link rel=feed>``."""
    for element in root.iter("link"):
        rel = (element.get("rel") or "").lower().split()
        kind = _FEED_TYPES.get((element.get("type") or "").partition(";")[0].strip().lower())
        declared = "feed" in rel or ("alternate" in rel and "stylesheet" not in rel and kind is not None)
        link = _link(base, element.get("href"), element.get("title"), kind) if declared else None
        if link is not None and "/wp-json/" not in link.url:
            yield link


def _looks_like_feeds(root: Any, base: str) -> Iterator[FeedLink]:
    """``<a href>`` whose address or text says feed."""
    for element in root.iter("a"):
        href = element.get("href")
        if not href or len(href) > 2000:
            continue
        words = " ".join("".join(element.itertext()).split())[:100]
        kind = _FEED_TYPES.get((element.get("type") or "").strip().lower())
        if kind is None and not _FEED_PATH.search(href) and not _FEED_WORDS.fullmatch(words):
            continue
        link = _link(base, href, element.get("title") or words, kind)
        if link is not None and not _NOT_FEEDS.search(link.url):
            yield link


def _link(base: str, href: str | None, title: str | None, kind: str | None) -> FeedLink | None:
    text = (href or "").strip()
    scheme, _, rest = text.partition(":")
    if scheme.lower() == "feed":  # feed:https://… and feed://…
        text = rest if rest.lower().startswith("http") else "http:" + rest
    url = resolve(base, text).partition("#")[0] if text else ""
    return FeedLink(url=url, title=" ".join((title or "").split()), kind=kind or "") if url else None


def _once(links: Iterable[FeedLink], page: str) -> list[FeedLink]:
    """Each address once, the page itself not at all."""
    found: dict[str, FeedLink] = {}
    for link in links:
        if link.url != page:
            found.setdefault(link.url, link)
    return list(found.values())


def _is_comments(link: FeedLink) -> bool:
    parts = urlsplit(link.url)
    return bool(_COMMENTS.search(link.title) or _COMMENTS.search(f"{parts.path}?{parts.query}"))
