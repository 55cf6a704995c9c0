"""An aggregator's page -> the other outlets' articles that it shows, and its hashtags. Pure; for workers.

Such a page puts cards beside its article: an outlet's name, when ("3 days ago"), a headline, some words. No
two sites mark them up alike, so nothing here knows a class name. A card is found by what it must have: around
each text that tells a time, the smallest block that also holds a headline; and cards come in numbers: blocks
that have one shape. What is left in a card, short and of one line, is the outlet's name.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any, Final

from lxml import etree
from lxml.html import fragment_fromstring, tostring

from aggregator.core import relative
from aggregator.core.charset import charset_of
from aggregator.core.dates import claim as written
from aggregator.core.outlet_names import named_alike, site_name
from aggregator.core.sanitize import html_to_text
from aggregator.core.urls import is_http, resolve, site_key
from aggregator.model import DateClaim, ParsedFeed, ParsedItem
from aggregator.model.leads import Lead, LeadsPage

#: bytes of a page that are read, and elements
_MAX_PAGE: Final = 2_000_000
_MAX_ELEMENTS: Final = 50_000
#: of one page
MOST: Final = 50
_MOST_TAGS: Final = 20
#: articles that are taken from one front page
_MOST_ARTICLES: Final = 50
#: characters and words of a time, of an outlet's name
_TIME_LENGTH: Final = 40
_NAME_LENGTH: Final = 60
_NAME_WORDS: Final = 6
#: … and of a headline
_HEADLINE: Final = (12, 300)
_HEADLINE_WORDS: Final = 3
_SUMMARY_LENGTH: Final = 1_000
_SUMMARY_WORDS: Final = 5
#: how far a card reaches around its time, and how many texts it has at most
_CLIMB: Final = 6
_TEXTS: Final = 16
#: JSON-LD within JSON-LD
_NESTING: Final = 12

_SILENT: Final = frozenset(
    {"script", "style", "noscript", "template", "svg", "head", "nav", "form", "iframe"}
)
_INLINE: Final = frozenset(
    {"b", "i", "em", "strong", "u", "mark", "small", "sub", "sup", "wbr", "bdi", "font", "abbr"}
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HASHTAG = re.compile(r"#(\w[\w-]{1,49})")
_HASHTAGS = re.compile(r"(?:#\w[\w-]{1,49}[\s,;·|]*){1,20}")
#: what stands between an outlet and a time on one line
_PARTS = re.compile(r"\s+[-–—]\s+|\s*[·•|∙⋅●/]\s*|\s{3,}")
#: a name is introduced, and followed, by words like these
_SOURCE = re.compile(
    r"^(?:(?:source|via|from|published\s+by|quelle|von|fuente|source\s*:|fonte|bron|källa|źródło|источник|المصدر)"
    r"\s*:?\s+)",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"^(?:by|von|par|por|di|door|av|autor|author)\b", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"^(?:published|posted|updated|veröffentlicht|publié|publicado)\s*:?\s*", re.IGNORECASE
)
#: words that stand on cards and name nobody
_CHROME = re.compile(
    r"(?:read\s+(?:more|full|on)|more|share|save|comments?|\d+\s+\w+|\d+|ad(?:vertisement)?|sponsored|weiterlesen|mehr"
    r"|lire\s+la\s+suite|leer\s+más|related(?:\s+articles?)?|read\s+original|view\s+all|min(?:utes?)?\s+read)\W*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:\w*Article|BlogPosting|Report\w*)$")
_SAYS_SOURCE = re.compile(r"source|outlet|publisher|provider|medium|quelle|domain", re.IGNORECASE)


@dataclass(slots=True)
class _Text:
    """A line of a page, as it stands in one block."""

    element: Any
    text: str
    when: DateClaim | None = None


@dataclass(slots=True)
class _Card:
    """A block that may be a card."""

    block: Any
    texts: list[_Text]
    when: _Text
    #: what stood on the line of the time beside it
    beside: list[str]
    headline: _Text
    shape: tuple[str, ...]
    names: list[str] = field(default_factory=list)


def read_leads(
    body: bytes, *, url: str, charset: str | None, now: datetime, own_names: tuple[str, ...] = ()
) -> LeadsPage:
    """What a page that was fetched at ``now`` shows of other outlets; nothing where it is no page.

    ``own_names``: of the aggregator itself, which is no other outlet.
    """
    root = _tree(body, charset)
    if root is None:
        return LeadsPage()
    texts = list(_texts(root, now))
    return LeadsPage(leads=_leads_in(root, texts, url, own_names), hashtags=_hashtags(texts))


def _leads_in(root: Any, texts: Sequence[_Text], url: str, own_names: Sequence[str]) -> tuple[Lead, ...]:
    own = (*own_names, site_name(url))
    once: dict[tuple[str, str], Lead] = {}
    for lead in (*_stated(root, url, own), *_cards(texts, url, own)):
        once.setdefault((lead.outlet.casefold(), lead.title.casefold()), lead)
    return tuple(once.values())[:MOST]


def front_page(
    body: bytes, *, url: str, charset: str | None, now: datetime, own_names: tuple[str, ...] = ()
) -> ParsedFeed | None:
    """A page in the place of a feed: the page itself where it is an article, else those that it links.

    A page that links none, and shows cards of other outlets, is taken for itself. None where there is
    nothing of that kind. ``now`` and ``own_names`` as for ``read_leads``.
    """
    root = _tree(body, charset)
    if root is None:
        return None
    title = " ".join((root.findtext(".//title") or "").split())
    headline = next((_words_of(one) for one in root.iter("h1")), "") or title
    pages = {url: headline} if _is_article(root) else dict(_linked(root, url))
    if not pages and _leads_in(root, list(_texts(root, now)), url, own_names):
        pages = {url: headline}
    if not pages:
        return None
    items = tuple(
        ParsedItem(guid=address, url=address, title=name, summary="", content_html="", base_url=url)
        for address, name in list(pages.items())[:_MOST_ARTICLES]
    )
    language = (root.get("lang") or "").strip() or None
    return ParsedFeed(version="page", title=title[:300], url=url, language=language, items=items)


def _tree(body: bytes, charset: str | None) -> Any:
    text = body[:_MAX_PAGE].decode(charset_of(body, f"charset={charset}" if charset else ""), "replace")
    text = text.replace("\0", "")
    if not text.strip():
        return None
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or sum(1 for _ in root.iter()) > _MAX_ELEMENTS:
        return None
    return root


# ── texts ────────────────────────────────────────────────────────────────────────────────────


def _texts(root: Any, now: datetime) -> Iterator[_Text]:
    """The lines of a page in their order, each with the innermost block that it stands in."""
    owner: Any = None
    pieces: list[str] = []
    for element, piece in _pieces(root):
        if element is not owner:
            if line := " ".join("".join(pieces).split()):
                yield _line(owner, line, now)
            owner, pieces = element, []
        pieces.append(piece)
    if line := " ".join("".join(pieces).split()):
        yield _line(owner, line, now)


def _pieces(root: Any) -> Iterator[tuple[Any, str]]:
    """Every text with its block; recursion would end at deep pages."""
    skip = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if skip is not None:
            if event == "end" and element is skip:
                skip = None
                yield _block(element.getparent()), element.tail or ""
            continue
        if event == "start":
            if tag in _SILENT:
                skip = element
            elif tag == "br":
                yield element, "\n"
            else:
                yield _block(element), element.text or ""
        elif element.getparent() is not None:
            yield _block(element.getparent()), element.tail or ""


def _block(element: Any) -> Any:
    while element is not None and element.tag in _INLINE and element.getparent() is not None:
        element = element.getparent()
    return element


def _line(element: Any, line: str, now: datetime) -> _Text:
    return _Text(element=element, text=line, when=_time(element, line, now))


def _time(element: Any, line: str, now: datetime) -> DateClaim | None:
    """When a line that holds nothing but a time says that something was; on a line with a name, its part."""
    if len(line) > _TIME_LENGTH + _NAME_LENGTH:
        return None
    for part in _PARTS.split(line):
        plain = _PUBLISHED.sub("", part.strip(" ,()"))
        if 0 < len(plain) <= _TIME_LENGTH and (found := _told(plain, now)):
            return found
    stated = element.get("datetime") if element is not None and element.tag == "time" else None
    return written("text", stated) if stated else None


def _told(text: str, now: datetime) -> DateClaim | None:
    found = relative.claim(text, now)
    if found is not None:
        # nothing but the time: "Minister resigned two days ago" is a headline
        return found if len(text.split()) <= 6 else None
    if not any(char.isdigit() for char in text):
        return None
    dated = written("text", text)
    return dated if dated is not None and dated.earliest <= now else None


def _hashtags(texts: Sequence[_Text]) -> tuple[str, ...]:
    """What stands in lines of nothing but hashtags."""
    found: dict[str, str] = {}
    for one in texts:
        if "#" in one.text and len(one.text) <= 500 and _HASHTAGS.fullmatch(one.text):
            for tag in _HASHTAG.findall(one.text):
                if not tag.isdigit():
                    found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:_MOST_TAGS]


def without_hashtags(text: str, html: str) -> tuple[str, str]:
    """An article's text and HTML without the lines of nothing but hashtags; as they are where it has none."""
    lines = text.split("\n")
    kept = [line for line in lines if not _HASHTAGS.fullmatch(line.strip()[:500])]
    if len(kept) == len(lines):
        return text, html
    plain = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")
    root = fragment_fromstring(html, create_parent="div")
    for block in list(root.iter(*_HEADINGS, "p", "li", "ul", "ol", "div")):
        if block is not root and _HASHTAGS.fullmatch(" ".join("".join(block.itertext()).split())[:500]):
            block.drop_tree()
    return plain, (
        escape(root.text or "") + "".join(tostring(one, encoding="unicode") for one in root)
    ).strip()


# ── cards ────────────────────────────────────────────────────────────────────────────────────


def _cards(texts: Sequence[_Text], url: str, own: Sequence[str]) -> Iterator[Lead]:
    """Blocks of one shape that hold a time, a headline and another outlet's name."""
    by_block = _by_block(texts)
    cards: dict[int, _Card] = {}
    for one in texts:
        if one.when is not None and (card := _card(one, by_block)) is not None:
            cards.setdefault(id(card.block), card)
    shapes = Counter(card.shape for card in cards.values())
    several = [card for card in cards.values() if shapes[card.shape] > 1]
    for shape in dict.fromkeys(card.shape for card in several):
        group = [card for card in several if card.shape == shape]
        yield from _leads(group, url, own)


def _by_block(texts: Sequence[_Text]) -> dict[Any, list[_Text]]:
    """For each element that is near enough to some text: the texts in it."""
    found: dict[Any, list[_Text]] = {}
    for one in texts:
        element = one.element
        for _ in range(_CLIMB + 3):
            if element is None:
                break
            inside = found.setdefault(element, [])
            if len(inside) <= _TEXTS:
                inside.append(one)
            element = element.getparent()
    return found


def _card(when: _Text, by_block: dict[Any, list[_Text]]) -> _Card | None:
    """The smallest block around a time that holds a headline, widened while it holds no other time."""
    block, best = when.element, None
    for _ in range(_CLIMB):
        if block is None or block.tag in ("body", "html", "main"):
            break
        texts = by_block.get(block, [])
        if len(texts) > _TEXTS or sum(one.when is not None for one in texts) > 1:
            break
        if headline := _headline(texts):
            best = (block, texts, headline)
        block = block.getparent()
    if best is None:
        return None
    block, texts, headline = best
    beside = [part for part in _PARTS.split(when.text) if part.strip() and not _is_time(part, when)]
    return _Card(
        block=block, texts=list(texts), when=when, beside=beside, headline=headline, shape=_shape(block)
    )


def _is_time(part: str, when: _Text) -> bool:
    """Whether a part of the time's line is the time itself, which is the part that its claim states."""
    plain = _PUBLISHED.sub("", part.strip(" ,()"))
    stated = when.when.stated if when.when else ""
    return bool(stated) and plain.casefold() == stated.casefold()


def _shape(block: Any) -> tuple[str, ...]:
    """What repeated blocks have in common: their own tags, and where they stand."""
    path, element = [], block
    for _ in range(4):
        if element is None:
            break
        path.append(str(element.tag))
        element = element.getparent()
    return tuple(path)


def _headline(texts: Sequence[_Text]) -> _Text | None:
    """A heading before a link's text before any other line that is long enough."""
    able = [one for one in texts if one.when is None and _may_be_headline(one.text)]
    for is_one in (_in_heading, _in_link):
        if found := next((one for one in able if is_one(one.element)), None):
            return found
    return able[0] if len(able) > 1 else None


def _may_be_headline(text: str) -> bool:
    least, most = _HEADLINE
    return least <= len(text) <= most and (len(text.split()) >= _HEADLINE_WORDS or not text.isascii())


def _in_heading(element: Any) -> bool:
    return any(one is not None and one.tag in _HEADINGS for one in _near(element))


def _in_link(element: Any) -> bool:
    return any(one is not None and one.tag == "a" for one in _near(element))


def _near(element: Any) -> Iterator[Any]:
    for _ in range(3):
        if element is None:
            return
        yield element
        element = element.getparent()


def _leads(cards: Sequence[_Card], url: str, own: Sequence[str]) -> Iterator[Lead]:
    """The cards of one shape; nothing where they name nobody, or only the page's own house."""
    for card in cards:
        card.names = list(_names(card, url))
    # what every card says is a label ("News"), not who wrote it; three of one outlet are possible
    said = Counter(name.casefold() for card in cards for name in set(card.names))
    everywhere = {name for name, count in said.items() if len(cards) > 3 and count == len(cards)}
    for card in cards:
        names = [name for name in card.names if name.casefold() not in everywhere or len(card.names) == 1]
        if names and not any(named_alike(names[0], mine) for mine in own):
            yield _lead(card, names[0], url)


def _names(card: _Card, url: str) -> Iterator[str]:
    """What may be the outlet's name, the likeliest first."""
    host = site_name(_link(card, url))
    lines = [
        (one, part)
        for one in card.texts
        if one is not card.headline and (one.when is None or one is card.when)
        for part in (card.beside if one is card.when else _PARTS.split(one.text))
    ]
    ranked = []
    for place, (one, part) in enumerate(lines):
        name = _name(part)
        if name:
            same_site = bool(host) and named_alike(name, host)
            introduced = _SOURCE.match(part.strip()) is not None
            said_so = any(
                _SAYS_SOURCE.search(one.element.get(key) or "") for key in ("class", "itemprop", "rel")
            )
            by_time = one is card.when or one.element.getparent() is card.when.element.getparent()
            ranked.append((not same_site, not introduced, not said_so, not by_time, place, name))
    yield from (name for *_, name in sorted(ranked))
    yield from _pictured(card)


def _pictured(card: _Card) -> Iterator[str]:
    """Some cards show an outlet by its sign alone."""
    for image in card.block.iter("img"):
        name = _name(" ".join((image.get("alt") or "").split()))
        if name and name.casefold() != card.headline.text.casefold() and len(name.split()) <= 4:
            yield re.sub(r"\s+(?:logo|icon|favicon)$", "", name, flags=re.IGNORECASE)


def _name(part: str) -> str:
    """The name of an outlet in a part of a line, "" where it cannot be one."""
    if _BYLINE.match(part.strip()) and not _SOURCE.match(part.strip()):
        return ""
    name = _SOURCE.sub("", part.strip()).strip(" ,:()[]\"'“”«»")
    if not name or len(name) > _NAME_LENGTH or len(name.split()) > _NAME_WORDS or name.startswith("#"):
        return ""
    if _CHROME.fullmatch(name) or not any(char.isalpha() for char in name) or name[-1] in "?!…":
        return ""
    return name


def _lead(card: _Card, outlet: str, url: str) -> Lead:
    rest = [
        one.text
        for one in card.texts
        if one is not card.headline
        and one is not card.when
        and len(one.text.split()) >= _SUMMARY_WORDS
        and _name(one.text) != outlet
    ]
    link = _link(card, url)
    claim = card.when.when
    return Lead(
        outlet=outlet,
        title=card.headline.text,
        summary=max(rest, key=len, default="")[:_SUMMARY_LENGTH],
        url=link if site_key(link) != site_key(url) else "",
        said=claim.stated if claim else "",
        claim=claim,
    )


def _link(card: _Card, url: str) -> str:
    """Where the headline leads, else the card."""
    around = (one for one in _near(card.headline.element) if one.tag == "a")
    inside = card.headline.element.iter("a")
    for anchor in (*around, *inside, *card.block.iter("a"), card.block):
        if (href := anchor.get("href")) and is_http(found := resolve(url, href)):
            return found
    return ""


# ── what the page states for programs ────────────────────────────────────────────────────────


def _stated(root: Any, url: str, own: Sequence[str]) -> Iterator[Lead]:
    """Articles of other publishers in the page's JSON-LD."""
    for node in _nodes(root):
        publisher = node.get("publisher") or node.get("sourceOrganization") or node.get("provider")
        named = publisher.get("name") if isinstance(publisher, dict) else publisher
        outlet = _plain(named)[:_NAME_LENGTH]
        title = _plain(node.get("headline") or node.get("name"))
        if not outlet or not title or any(named_alike(outlet, mine) for mine in own):
            continue
        said = _plain(node.get("datePublished"))
        link = resolve(url, _plain(node.get("url") or node.get("@id")))
        elsewhere = bool(link) and site_key(link) != site_key(url)
        yield Lead(
            outlet=outlet,
            title=title[: _HEADLINE[1]],
            summary=_plain(node.get("description") or node.get("abstract"))[:_SUMMARY_LENGTH],
            url=link if elsewhere else "",
            said=said,
            claim=written("json-ld", said),
        )


def _plain(value: object) -> str:
    return " ".join(html_to_text(value[:5_000]).split()) if isinstance(value, str) else ""


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """Every article in the JSON-LD of a page, however deep."""
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "") or not script.text:
            continue
        try:
            waiting = [(json.loads(script.text), 0)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            value, depth = waiting.pop(0)
            if isinstance(value, dict):
                kinds = value.get("@type")
                if any(isinstance(kind, str) and _ARTICLE.search(kind) for kind in _many(kinds)):
                    yield value
                inside: list[Any] = list(value.values())
            else:
                inside = value if isinstance(value, list) else []
            if depth < _NESTING and len(waiting) < 2_000:
                waiting += [(one, depth + 1) for one in inside if isinstance(one, dict | list)]


def _many(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else (value,)


# ── a page in the place of a feed ────────────────────────────────────────────────────────────


def _is_article(root: Any) -> bool:
    kinds = [meta.get("content") for meta in root.iter("meta") if meta.get("property") == "og:type"]
    return "article" in kinds or (
        not kinds and sum(1 for _ in root.iter("article")) == 1 and _has_prose(root)
    )


def _has_prose(root: Any) -> bool:
    return sum(len(_words_of(paragraph)) for paragraph in root.iter("p")) > 1_000


def _linked(root: Any, url: str) -> Iterator[tuple[str, str]]:
    """Pages of the same site whose links read like headlines."""
    seen: set[str] = set()
    for anchor in root.iter("a"):
        address = resolve(url, anchor.get("href") or "").partition("#")[0]
        heading = next((one for one in anchor.iter(*_HEADINGS)), None)
        words = _words_of(anchor if heading is None else heading)
        if not address or address in seen or address == url or site_key(address) != site_key(url):
            continue
        if _may_be_headline(words) and (len(words.split()) > _HEADLINE_WORDS or not words.isascii()):
            seen.add(address)
            yield address, words


def _words_of(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())[: _HEADLINE[1] * 4]
