"""What may be shown: HTML that runs nothing and tells nobody, and the plain text in it."""

import html as _html
import re
from collections.abc import Callable
from typing import Final, Literal, NewType

from aggregator.core.urls import is_http

#: HTML that has been through ``clean_html``
SafeHtml = NewType("SafeHtml", str)

_TAG_NAMES: Final = """
a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col
colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img
ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source span strike
strong sub summary sup table tbody td tfoot th thead time tr tt u ul var video wbr
"""
#: gone with everything in them
_WITH_CONTENT_NAMES: Final = """
applet button embed frame head iframe input math noembed noframes noscript option script select
style svg template textarea title xmp
"""
_TAGS: Final = frozenset(_TAG_NAMES.split())
_WITH_CONTENT: Final = frozenset(_WITH_CONTENT_NAMES.split())
_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "audio": {"controls", "loop", "src"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "src", "style", "width"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"align", "colspan", "rowspan", "valign"},
    "th": {"align", "colspan", "rowspan", "scope", "valign"},
    "time": {"datetime"},
    "video": {"controls", "height", "loop", "muted", "poster", "src", "width"},
}
_SCHEMES: Final = {"http", "https", "mailto"}
_REL: Final = "noopener noreferrer nofollow"

# in nh3's own output: every value in double quotes, no double quote in a value
_IMG = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([\w-]+)="([^"]*)"')
_MAILTO_ELSEWHERE = re.compile(r' (src|poster|cite)="mailto:[^"]*"')
_TINY = re.compile(r"\s*0*[01](?:\.\d+)?(?:px)?\s*", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(
    r"(?:^|;)\s*(?:(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)|display\s*:\s*none|visibility\s*:\s*hidden)",
    re.IGNORECASE,
)
#: pictures that count readers without saying their size
_COUNTERS = re.compile(
    r"https?://(?:pixel\.wp\.com/|stats\.wordpress\.com/|feeds\.feedburner\.com/~r/|feeds\.feedblitz\.com/~/i/|"
    r"[\w.-]*\.doubleclick\.net/|www\.google-analytics\.com/|pixel\.quantserve\.com/|b\.scorecardresearch\.com/|"
    r"[\w.-]*/piwik\.php|[\w.-]*/matomo\.php)",
    re.IGNORECASE,
)


def clean_html(html: str, base_url: str) -> SafeHtml:
    """``html`` reduced to what news needs, every address absolute against ``base_url``.

    No scripts, styles, frames, forms or event handlers; addresses are http, https or mailto;
    pictures that only count readers are gone. Never raises.
    """
    if "<" not in html:
        return SafeHtml(_html.escape(unescaped(html), quote=False))
    cleaned = _cleaned(html, base_url)
    if "mailto:" in cleaned:
        cleaned = _MAILTO_ELSEWHERE.sub("", cleaned)
    return SafeHtml(_IMG.sub(_image, cleaned) if "<img" in cleaned else cleaned)


def _cleaned(html: str, base_url: str) -> str:
    try:
        return _clean(html, ("rewrite_with_base", base_url) if is_http(base_url) else "deny")
    except UnicodeEncodeError:  # lone surrogates
        return _cleaned(html.encode("utf-8", "ignore").decode(), base_url)
    except ValueError:  # a base that is no address to the parser's eyes
        return _clean(html, "deny")


def _clean(html: str, relative: Literal["deny"] | tuple[Literal["rewrite_with_base"], str]) -> str:
    import nh3

    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=_REL,
        url_relative=relative,
    )


def _image(match: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(match[1]))
    source = attributes.get("src", "")
    if not source.startswith("http") or _COUNTERS.match(source):
        return ""
    if any(_TINY.fullmatch(attributes.get(side, "")) for side in ("width", "height")):
        return ""
    style = attributes.pop("style", "")
    if style and _HIDDEN_STYLE.search(style):
        return ""
    return "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"


# ── plain text ───────────────────────────────────────────────────────────────────────────────

_DROPPED = re.compile(
    r"<(script|style|noscript|template|svg|iframe|object|head|title|textarea|select)\b[^>]*>"
    r".*?(?:(?P<end></\1\s*>)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
#: a cheap look before the costly one
_MAY_BE_DROPPED = re.compile(r"<(?:s[ctve]|noscr|templ|if|ob|hea|ti|tex)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_PRE = re.compile(r"<pre\b[^>]*>.*?(?:(?P<end></pre\s*>)|\Z)", re.IGNORECASE | re.DOTALL)
#: broken quotes end at the next "<", so that they cost no more than they are long
_TAG = re.compile(
    r"""<(/?[a-zA-Z][a-zA-Z0-9]*)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|<[/!?]?[a-zA-Z!?/][^<>]*>"""
)
_UNFINISHED = re.compile(r"<[/!?]?[a-zA-Z][^<>]*\Z")
#: Unicode ends at seven digits
_NO_CHARACTER = re.compile(r"&#\d{8,};?")
_PARAGRAPH_NAMES: Final = """
p div section article aside header footer main nav blockquote figure figcaption table ul ol dl pre
form h1 h2 h3 h4 h5 h6 hr address details fieldset center
"""
_LINE_NAMES: Final = "br li tr dt dd caption summary option"
_BREAKS: Final[dict[str, str]] = {
    **{f"{slash}{name}": "\n\n" for name in _PARAGRAPH_NAMES.split() for slash in ("", "/")},
    **{f"{slash}{name}": "\n" for name in _LINE_NAMES.split() for slash in ("", "/")},
    "td": " ", "th": " ", "/td": " ", "/th": " ", "img": " ",
}  # fmt: skip
#: what ends a line in a file ends none in HTML
_LINES: Final = {ord(end): " " for end in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"}


def html_to_text(html: str) -> str:
    """The text a reader would see: paragraphs apart by a blank line, list items on lines of their own.

    Scripts, styles and comments are left out; entities are resolved once. Never raises.
    """
    html = _without_markup(html) if "<" in html else " ".join(html.split())
    if "&" in html:
        html = unescaped(html)
    text = "\n".join([" ".join(line.split()) for line in html.split("\n")])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _without_markup(html: str) -> str:
    if _MAY_BE_DROPPED.search(html):
        html = _replaced(_DROPPED, html, lambda _: "")
    if "<!" in html or "]]>" in html:
        html = _COMMENT.sub("", html)
    if "<pre" in html or "<PRE" in html:
        html = _replaced(_PRE, html, lambda element: element.replace("\n", "<br>"))
    if html.rfind("<") > html.rfind(">"):
        html = _UNFINISHED.sub("", html)
    return _TAG.sub(_break, html.translate(_LINES))


def _replaced(pattern: re.Pattern[str], html: str, replace: Callable[[str], str]) -> str:
    """``pattern.sub`` up to the last ">": without one behind it, each start tag would search to the end."""
    pieces: list[str] = []
    at, end = 0, html.rfind(">") + 1
    for found in pattern.finditer(html, 0, end):
        stop = found.end() if found["end"] else len(html)
        pieces += [html[at : found.start()], replace(html[found.start() : stop])]
        at = stop
    return "".join([*pieces, html[at:]])


def unescaped(text: str) -> str:
    """Entities resolved once; a number of thousands of digits, which Python refuses, names no character."""
    try:
        return _html.unescape(text)
    except ValueError:
        return _html.unescape(_NO_CHARACTER.sub("\ufffd", text))


def _break(match: re.Match[str]) -> str:
    name = match[1]
    return _BREAKS.get(name.lower(), "") if name else ""


_FORMATTING = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|li|mark|nobr|ol|p|q|s|small|span|strike|"
    r"strong|sub|sup|tt|u|ul|wbr)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"</[a-zA-Z][a-zA-Z0-9]*\s*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def plain(text_or_html: str) -> str:
    """One line of plain text from a title, whichever way it was escaped.

    CDATA marks, markup and entities (also escaped twice) are resolved; a "<" that is no markup
    ("a < b", "the <canvas> element") stays. Never raises.
    """
    text = text_or_html
    for _ in range(3):
        before = text
        if "<" in text:
            text = _stripped(text)
        if "&" in text and _ENTITY.search(text):
            text = unescaped(text)
        if text == before:
            break
    return " ".join(text.split())


def _stripped(text: str) -> str:
    if _CLOSED.search(text):
        return html_to_text(text)
    if "<!" in text:
        text = _COMMENT.sub("", text)
    return _FORMATTING.sub(" ", text)
