"""Pages that say, where an article stood, that it was taken back."""

import re
from typing import Final

from aggregator.core.charset import charset_of
from aggregator.core.corrections import taken_back, withdrawal
from aggregator.core.sanitize import html_to_text

#: bytes; a notice is a short page
_LOOKED_AT: Final = 500_000
#: what a line begins or ends with
_BLOCK = re.compile(
    r"</?(?:p|div|h[1-6]|[uo]l|li|t[dhr]|table|section|article|main|header|footer|nav|aside|title|body)\b"
    r"[^<>]{0,2000}>",
    re.IGNORECASE,
)


def notice(html: bytes, charset: str | None, article: str) -> str:
    """The sentence that says so, "" without one. ``article``: the little that was found as the page's text.

    The whole page is searched: five words are no article to any way of finding one.
    """
    start = html[:_LOOKED_AT]
    markup = start.decode(charset_of(start, f"charset={charset}" if charset else ""), "replace")
    lines = html_to_text(_BLOCK.sub("<br>", markup)).splitlines()
    return next(filter(None, map(withdrawal, lines)), "") or taken_back(article)
