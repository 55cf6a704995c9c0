"""Which pages does an article point at as what it speaks of: the press release, the study, the ruling?

Two articles that link to the same third page likely tell of the same. Not the outlet's own pages, not front
pages, not what is there to share, follow or subscribe.
"""

import re
from html import unescape
from typing import Final
from urllib.parse import urlsplit

from aggregator.core.urls import canonicalise, is_http, resolve, site_key

#: of one article; and links that are looked at
MOST: Final = 4
_LOOKED_AT: Final = 60
#: a page has a path of so many characters; less is a front page, of a site or of a language
_PATH: Final = 5
_HREF: Final = re.compile(
    r"""<a\s[^>]{0,1000}?\bhref\s*=\s*(?:"([^"]{1,1000})"|'([^']{1,1000})')""", re.IGNORECASE
)
#: sites where everybody has a page, that shorten addresses, or that sell what is spoken of
_EVERYBODYS: Final = re.compile(
    r"(?:^|\.)(?:facebook|fb|twitter|x|t|linkedin|instagram|threads|bsky|whatsapp|wa|telegram|reddit|pinterest|tiktok"
    r"|youtube|youtu|flipboard|addtoany|sharethis|feedburner|doubleclick|google|goo|bit|ow|buff|apple|spotify"
    r"|amazon|amzn|paypal|patreon|gravatar|mailchimp|list-manage|substack)\.[a-z]{2,3}(?:\.[a-z]{2})?$"
)
_SERVICE: Final = re.compile(
    r"(?:^|[/_?&=.-])(?:shar(?:e|er|ing)|intent|login|signin|signup|register|subscri(?:be|ption)|newsletters?|donate|privacy"
    r"|cookies?|terms|contact|about|search|tags?|categor(?:y|ies)|authors?|feed|rss)(?:$|[/_?&=.-])",
    re.IGNORECASE,
)
_FILE: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif|mp[34]|m4a|ogg|webm|css|js)$", re.IGNORECASE)


def sources(html: str, base: str, *own: str) -> tuple[str, ...]:
    """Addresses of other sites' pages that the markup links to, in their order, each once; at most ``MOST``.

    ``own``: addresses of the outlet, whose sites are left out.
    """
    known = {site_key(address) for address in (base, *own) if address}
    found: dict[str, None] = {}
    for number, match in enumerate(_HREF.finditer(html)):
        if number >= _LOOKED_AT or len(found) >= MOST:
            break
        address = resolve(base, unescape(match[1] or match[2] or "").strip())
        # Without tracking first: "utm_source=feed" makes no feed of a page.
        if is_http(address) and _is_source(address := canonicalise(address), known):
            found.setdefault(address)
    return tuple(found)


def _is_source(address: str, known: set[str]) -> bool:
    if site_key(address) in known:
        return False
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    if _EVERYBODYS.search(parts.hostname or "") or _FILE.search(path):
        return False
    return len(path) + len(parts.query) >= _PATH and _SERVICE.search(f"{path}?{parts.query}") is None
