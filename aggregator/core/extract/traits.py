"""What tells a block of an article from one beside it, in figures: see ``NAMES``."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import log1p
from typing import Final

from aggregator.core.extract.about import About
from aggregator.core.extract.blocks import Block, Box

#: what class, id and role of an element say it is
_SAID: Final = {
    "content": r"article|content|entry|post|story|body|text\b|main\b|prose|wysiwyg|rich-?text",
    "comment": r"comment|disqus|respond|reply|discussion|kommentar|forum",
    "share": r"shar(?:e|ing)|social|follow|facebook|twitter|whatsapp|linkedin|bookmark",
    "related": r"relat|recomm|read-?(?:more|next|also)|more-|-more|trending|"
    r"popular|most-?read|recirc|outbrain|"
    r"taboola|similar|also-|suggest|latest|further",
    "teaser": r"teaser|card|tile|carousel|slider|promo|river|feed\b|listing|grid|thumb",
    "side": r"sidebar|aside|\brail|[-_]rail|widget|right-?col|secondary|complementary|sticky",
    "foot": r"foot(?!note)|bottom|contentinfo",
    "ask": r"newsletter|subscri|sign-?up|\bcta|[-_]cta|paywall|donat|"
    r"register|login|form\b|popup|modal|overlay|"
    r"dialog|cookie|consent|gdpr|alert|app-",
    "who": r"byline|author|\bbio|[-_]bio|contributor|writer|profile|avatar|credit|source",
    "when": r"date|time|publish|posted|updated|timestamp",
    "about": r"\bmeta|[-_]meta|info\b|tags?\b|categor|topic|label|kicker|eyebrow|section-name|rubric|keyword",
    "caption": r"caption|photo|image|\bimg|picture|figure|gallery|media|video|player|embed|lightbox",
    "legal": r"disclaim|legal|copyright|terms|notice|correction|footnote|reference|citation|licen[sc]e",
    "quote": r"quote",
    "inset": r"infobox|fact|callout|inset|highlight|key-|aside|box\b|breakout|note\b",
}
_SAID_RE: Final = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _SAID.items()))
_SAID_ALL: Final = tuple(re.compile(words) for words in _SAID.values())
#: elements whose nearness counts
_TAGS: Final = (
    ("article",), ("main",), ("aside",), ("footer",),
    ("table",), ("ul", "ol"), ("form", "button"), ("section",), ("blockquote",), ("noscript",), ("p",),
)  # fmt: skip
_TAG_BIT: Final = {tag: bit for bit, tags in enumerate(_TAGS) for tag in tags}
_SIGNS: Final = len(_SAID) + len(_TAGS)
#: levels of nearness; beyond, an ancestor says nothing of a block
_FAR: Final = 8
_NOWHERE: Final = (_FAR,) * _SIGNS

_HEADINGS: Final = frozenset({"h2", "h3", "h4", "h5", "h6"})
_CAPITALS: Final = string.ascii_uppercase.encode()
_DIGITS: Final = string.digits.encode()
_ENDS = re.compile(r"[.!?…。！？؟।။][\"'”’»)\]]*$")
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d+ ?(?:min|h|hours?|days?|months?)\b", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_ASIDE = re.compile(
    r"^(?:related|read (?:more|next|also|the full)|more (?:from|"
    r"on|in|stories)|see also|also read|you (?:may|might)|"
    r"recommended|popular|most read|trending|latest|"
    r"further reading|share|follow|about (?:the )?author|comments?\b|"
    r"leave a|subscribe|sign up|newsletter|advertis|sponsor|"
    r"tags?\b|topics?\b|filed under|sources?\b|references|"
    r"photo|image|credit|copyright|©|watch|listen|click|"
    r"get (?:the|our)|join|download|table of contents|in this|"
    r"lesen sie|mehr (?:zum|aus)|auch interessant|das könnte|teilen|lire aussi|à lire|voir aussi|partager|"
    r"leia (?:mais|também)|veja|lea también|te puede|compartir|"
    r"leggi anche|condividi|lees ook|meer over|delen|"
    r"читайте|поделиться|zobacz|czytaj|läs (?:mer|också)|les også|lue myös|přečtěte)",
    re.IGNORECASE,
)
#: what notices and credits say, in lower case; looked for one by one: a pattern takes three times as long
_NOTICES: Final = (
    "©", "all rights reserved", "cookie", "privacy", "newsletter", "subscri", "sign up", "log in", "email",
    "e-mail", "click here", "follow us", "getty", "reuters", "shutterstock", "unsplash",
    "originally published", "originally appeared", "views expressed", "affiliate", "commission", "advertis",
    "javascript", "download", "share this", "donat", "alle rechte", "droits réservés", "reservados", "abonn",
)  # fmt: skip


#: what a block is, whoever took it
NAMES: Final = (
    *(f"near_{name}" for name in _SAID),
    *(f"near_<{tags[0]}>" for tags in _TAGS),
    "tag_p", "tag_li", "tag_h", "tag_td", "depth",
    "words", "word_length", "density", "links", "ends", "capitals", "digits", "date", "aside",
    "notice", "repeated", "in_description", "said",
    "box_density", "box_share", "parent_density", "parent_share", "grand_density", "grand_share",
    "alike", "alike_words", "alike_density", "last_words", "last_density", "last_heading", "next_words",
    "next_density", "next_heading", "around", "place", "place_chars", "h1s", "since_title",
    "articles",
    "article_share", "section_aside", "section_words", "page_words", "page_density", "page_alike",
    "box_blocks",
)  # fmt: skip
#: what is known of it once somebody took blocks, and a first look gave each a likelihood
SECOND_NAMES: Final = (
    "kept", "since_kept", "until_kept", "kept_before", "kept_after", "beyond", "box_kept", "parent_kept",
    "grand_kept", "alike_kept", "last_kept", "next_kept", "page_kept", "kept_words",
    "likely", "likely_before", "likely_after", "box_likely", "parent_likely", "grand_likely", "alike_likely",
    "page_likely", "agreement",
)  # fmt: skip


def first(blocks: Sequence[Block], wanted: Sequence[int], about: About) -> list[list[float]]:
    """A row of figures for each wanted block of a page, in the order of ``NAMES``."""
    return _Page(blocks, about).rows(wanted) if wanted else []


def second(
    blocks: Sequence[Block], wanted: Sequence[int], kept: Sequence[bool], likely: Sequence[float]
) -> list[list[float]]:
    """More figures for each wanted block, in the order of ``SECOND_NAMES``.

    ``kept``: whether another extractor took it; ``likely``: how likely it is by a first look (0..1).
    """
    return _Taken(blocks, kept, likely).rows(wanted) if wanted else []


@lru_cache(maxsize=4096)
def _said(names: str) -> frozenset[int]:
    """Which kinds of things the names mean, by their places in ``_SAID``."""
    return frozenset(bit for name in names.split() for bit in _meaning(name))


@lru_cache(maxsize=16_384)
def _meaning(name: str) -> tuple[int, ...]:
    if _SAID_RE.search(name) is None:
        return ()
    return tuple(bit for bit, words in enumerate(_SAID_ALL) if words.search(name))


class _Page:
    def __init__(self, blocks: Sequence[Block], about: About) -> None:
        self.blocks, self.about = blocks, about
        #: by parent, names and tag: the items of a list are near the same things
        self.near: dict[tuple[Box | None, str, str], tuple[int, ...]] = {}
        self.articles: dict[Box, Box | None] = {}
        self.alike: Counter[str] = Counter()
        self.alike_chars: Counter[str] = Counter()
        self.alike_linked: Counter[str] = Counter()
        self.texts = Counter(block.text for block in blocks)
        for block in blocks:
            path = block.path
            self.alike[path] += 1
            self.alike_chars[path] += block.chars
            self.alike_linked[path] += block.linked
        self.total = sum(self.alike_chars.values())

    def rows(self, wanted: Sequence[int]) -> list[list[float]]:
        blocks, total, count = self.blocks, self.total, len(self.blocks)
        whole = [log1p(total), sum(self.alike_linked.values()) / total]
        sides = [
            [log1p(block.chars), block.link_density, float(block.box.tag in _HEADINGS)] for block in blocks
        ]
        sides = [[0.0, 0.0, 0.0], *sides, [0.0, 0.0, 0.0]]
        prose = list(accumulate((block.chars - block.linked for block in blocks), initial=0))
        before = list(accumulate((block.chars for block in blocks), initial=0))
        title = self._title()
        rows: list[list[float]] = []
        chosen = set(wanted)
        h1s = section_words = 0
        section_aside = 0.0
        articles: dict[Box, int] = {}
        for index, block in enumerate(blocks):
            box, path = block.box, block.path
            tag = box.tag
            h1s += tag == "h1"
            if tag in _HEADINGS:
                section_aside, section_words = float(_ASIDE.match(block.text) is not None), 0
            words_before, section_words = section_words, section_words + block.chars
            article = self._article(box)
            number = articles.setdefault(article, len(articles)) if article else -1
            if index not in chosen:
                continue
            low, high = max(index - 4, 0), min(index + 5, count)
            rows.append(
                [
                    *self._near(box),
                    *_own(block),
                    float(min(self.texts[block.text], 4)),
                    *self._about(block),
                    *self._boxes(block),
                    log1p(self.alike[path]),
                    log1p(self.alike_chars[path]),
                    self.alike_linked[path] / self.alike_chars[path],
                    *sides[index],
                    *sides[index + 2],
                    log1p(prose[high] - prose[low]),
                    index / count,
                    before[index] / total,
                    float(h1s),
                    -1.0 if title < 0 else float(min(max(index - title, -5), 50)),
                    float(number),
                    article.chars / total if article else -1.0,
                    section_aside,
                    log1p(words_before),
                    *whole,
                    self.alike[path] / count,
                    log1p(box.blocks),
                ]
            )
        return rows

    def _title(self) -> int:
        """Where the headline stands, -1 if nowhere."""
        wanted = self.about.title
        found = [
            block
            for block in self.blocks
            if len(block.squashed) > 8 and (block.squashed == wanted or wanted.startswith(block.squashed))
        ]
        best = next((block for block in found if block.box.tag == "h1"), found[0] if found else None)
        return best.index if best else -1

    def _article(self, box: Box) -> Box | None:
        if box not in self.articles:
            parent = box.parent
            self.articles[box] = box if box.tag == "article" else self._article(parent) if parent else None
        return self.articles[box]

    def _near(self, box: Box | None) -> tuple[int, ...]:
        """How many levels above a box the nearest ancestor is that is each of the things."""
        if box is None or box.tag == "body":
            return _NOWHERE
        key = (box.parent, box.names, box.tag)
        known = self.near.get(key)
        if known is None:
            steps = [step + 1 if step < _FAR else _FAR for step in self._near(box.parent)]
            for bit in _said(box.names):
                steps[bit] = 0
            if (bit := _TAG_BIT.get(box.tag, -1)) >= 0:
                steps[len(_SAID) + bit] = 0
            known = self.near[key] = tuple(steps)
        return known

    def _about(self, block: Block) -> tuple[float, float]:
        squashed, about = block.squashed, self.about
        said = 0 if not about.body else 1 if squashed in about.body else -1
        return float(len(squashed) > 20 and squashed[:80] in about.description), float(said)

    def _boxes(self, block: Block) -> list[float]:
        found: list[float] = []
        for box in _three(block.box):
            found += (box.link_density, box.chars / self.total)
        return found


class _Taken:
    def __init__(self, blocks: Sequence[Block], kept: Sequence[bool], likely: Sequence[float]) -> None:
        self.blocks, self.kept, self.likely = blocks, kept, likely
        self.kept_in: Counter[Box] = Counter()
        self.likely_in: dict[Box, float] = {}
        self.alike: Counter[str] = Counter()
        self.alike_kept: Counter[str] = Counter()
        self.alike_likely: dict[str, float] = {}
        likely_in, alike_likely = self.likely_in, self.alike_likely
        for block, taken, share in zip(blocks, kept, likely, strict=True):
            path, chars, expected = block.path, block.chars, block.chars * share
            self.alike[path] += chars
            alike_likely[path] = alike_likely.get(path, 0.0) + expected
            if taken:
                self.alike_kept[path] += chars
            for box in _three(block.box):
                likely_in[box] = likely_in.get(box, 0.0) + expected
                if taken:
                    self.kept_in[box] += chars

    def rows(self, wanted: Sequence[int]) -> list[list[float]]:
        blocks, kept, likely, count = self.blocks, self.kept, self.likely, len(self.blocks)
        before = list(accumulate((block.chars for block in blocks), initial=0))
        kept_before = _sums(blocks, [float(taken) for taken in kept])
        likely_before = _sums(blocks, likely)
        both = _sums(blocks, [share * taken for share, taken in zip(likely, kept, strict=True)])
        since, until = _distances(kept), _distances(kept[::-1])[::-1]
        start = next((index for index, taken in enumerate(kept) if taken), 0)
        end = next((count - 1 - index for index, taken in enumerate(reversed(kept)) if taken), count)
        whole = [
            kept_before[-1] / before[-1],
            log1p(kept_before[-1]),
            likely_before[-1] / before[-1],
            2 * both[-1] / (kept_before[-1] + likely_before[-1] or 1),
        ]
        rows: list[list[float]] = []
        for index in wanted:
            block = blocks[index]
            low, high = max(index - 5, 0), min(index + 6, count)
            chars_before, chars_after = (
                before[index] - before[low] or 1,
                before[high] - before[index + 1] or 1,
            )
            own_kept, own_likely = (block.chars if kept[index] else 0), block.chars * likely[index]
            alike = self.alike[block.path] - block.chars
            boxes = [
                (
                    (self.kept_in[box] - own_kept) / others if others else -1.0,
                    (self.likely_in[box] - own_likely) / others if others else -1.0,
                )
                for box in _three(block.box)
                for others in (box.chars - block.chars,)
            ]
            rows.append(
                [
                    float(kept[index]),
                    since[index],
                    until[index],
                    (kept_before[index] - kept_before[low]) / chars_before,
                    (kept_before[high] - kept_before[index + 1]) / chars_after,
                    float(-1 if index < start else 1 if index > end else 0),
                    *(box[0] for box in boxes),
                    (self.alike_kept[block.path] - own_kept) / alike if alike else -1.0,
                    float(kept[index - 1]) if index else 0.0,
                    float(kept[index + 1]) if index + 1 < count else 0.0,
                    *whole[:2],
                    likely[index],
                    (likely_before[index] - likely_before[low]) / chars_before,
                    (likely_before[high] - likely_before[index + 1]) / chars_after,
                    *(box[1] for box in boxes),
                    (self.alike_likely[block.path] - own_likely) / alike if alike else -1.0,
                    *whole[2:],
                ]
            )
        return rows


def _three(box: Box) -> tuple[Box, Box, Box]:
    """A box, its parent and its grandparent; the last again where there is none."""
    parent = box.parent or box
    return box, parent, parent.parent or parent


def _sums(blocks: Sequence[Block], shares: Sequence[float]) -> list[float]:
    return list(
        accumulate((block.chars * share for block, share in zip(blocks, shares, strict=True)), initial=0.0)
    )


def _distances(kept: Sequence[bool]) -> list[float]:
    """How many blocks before each the last kept one is, itself not counted; at most 20."""
    found: list[float] = []
    steps = 20
    for is_kept in kept:
        found.append(float(steps))
        steps = 1 if is_kept else min(steps + 1, 20)
    return found


def _own(block: Block) -> tuple[float, ...]:
    box, text, chars = block.box, block.text, block.chars
    tag = box.tag
    head = text[:120]
    pieces = text.count(" ") + 1
    return (
        float(tag == "p"),
        float(tag == "li"),
        float(tag in _HEADINGS),
        float(tag in ("td", "th")),
        float(box.depth),
        log1p(chars),
        min(chars / pieces, 20.0),
        block.link_density,
        float(block.links),
        float(_ENDS.search(text[-4:]) is not None),
        *_shares(head),
        float(chars < 120 and _DIGIT.search(text) is not None and _DATE.search(text) is not None),
        float(chars < 300 and _ASIDE.match(text) is not None),
        float(chars < 600 and _is_notice(text)),
    )


def _shares(head: str) -> tuple[float, float]:
    """Of capitals and of digits."""
    count = len(head)
    if head.isascii():  # nine in ten; characters one by one take ten times as long
        plain = head.encode()
        capitals, digits = (count - len(plain.translate(None, which)) for which in (_CAPITALS, _DIGITS))
        return capitals / count, digits / count
    return sum(map(str.isupper, head)) / count, sum(map(str.isdigit, head)) / count


def _is_notice(text: str) -> bool:
    lowered = text.lower()
    return any(words in lowered for words in _NOTICES)
