"""The site's own pages -> a sitemap (https://www.sitemaps.org/protocol.html).

Articles are left out: their text is the outlets', and their pages name the outlet's as the canonical one.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape

from aggregator.export.site.names import href
from aggregator.export.text import iso

#: of addresses in one sitemap, as the protocol has it
_MOST = 50_000


def sitemap(base_url: str, paths: Mapping[str, datetime | None]) -> str:
    """A sitemap of these pages with the instant of each one's latest news, where that is known."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">')
    for path, at in list(paths.items())[:_MOST]:
        told = f"<lastmod>{iso(at)}</lastmod>" if at else ""
        lines.append(f"<url><loc>{escape(base_url + href(path))}</loc>{told}</url>")
    return "\n".join([*lines, "</urlset>\n"])
