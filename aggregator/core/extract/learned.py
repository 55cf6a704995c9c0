"""What repeats over an outlet's pages, and where its articles stand: learned from pages, used on pages.

``learn`` makes a profile of samples of an outlet's pages; ``decide`` says what of a page is the article
by the profile's rules. A profile is of one site: a page of another one, after a redirect, gets no rules.

What tells boilerplate from an article is that different articles share it. Evidence is counted by
article (one that was read again, or a copy, is the same one), and nothing is cut that fewer than three
show. Words that recur inside articles, such as a paragraph of background or an ingredient, wander among
the article's own and stay.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, pairwise
from typing import Final

from aggregator.core.extract.pieces import LINKED, Piece
from aggregator.core.extract.verdict import count_words
from aggregator.core.similar import normalise
from aggregator.model.learning import NO_RULES, ContentPlace, Line, LineKind, Profile, Rules

#: articles that must show the same words before they are cut
ENOUGH: Final = 3
#: samples of a site that a profile is learned from
SAMPLES: Final = 20
#: how long a line is remembered that no sample shows any more
_REMEMBERED: Final = timedelta(days=90)
#: lines of a profile, those of the most articles; keys and places
_MAX_LINES: Final = 300
_MAX_REPEATED: Final = 600
_MAX_PLACES: Final = 60
#: characters of a line that are kept to be shown
_SHOWN: Final = 160
#: share of links up to which a piece may be a paragraph of an article
_UNLINKED: Final = 0.35
#: share of the words of the shorter of two pages that makes them the same article
_SAME: Final = 0.6
#: words: what is shorter ("What happens next") recurs in articles too, and needs more evidence
_SHORT: Final = 5
#: words up to which numbers do not matter ("5 min read")
_COUNTED: Final = 8
#: words that a piece has at least to be taken up
_TAKEN: Final = 8
#: share of a place's pieces that stand in articles, from which on it is where articles stand
_CONTENT: Final = 0.8
#: share of the articles that show a line from which on it is part of the template; of fewer articles than
#: this nothing is a template
_TEMPLATE: Final = 0.9
_OFTEN: Final = 5
#: words that an article is left with at least
_REST: Final = 10
#: words that stand in the feed's text as they begin: the feed may cut the rest off
_QUOTED: Final = 8
#: words of what articles open with that is not theirs ("Sponsored."): routine reports begin alike
_OPENING: Final = 12
#: words beside a link that may be a label ("Read more:", "Source:")
_LABEL: Final = 5

#: words of a paragraph that stands on every page and is another one each time: a lead
_LEAD: Final = 12
#: names of places that are not an article's although they differ from page to page
_ASIDE = re.compile(
    r"author|bio\b|byline|comment|respond|related|next|prev|more|recommend|teaser|card|promo|popular|trend|"
    r"newsletter|widget|sidebar|sponsor|advert|social|share|credit|copyright|cookie|consent|search|list"
)

#: the sentences that may be cut from a paragraph
_EDGES: Final[tuple[tuple[LineKind, int], ...]] = (("end", -1), ("start", 0))
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS: Final = frozenset({"li", "td", "th", "dt", "dd"})
_ENDS = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？]+|\n")
_STOP = re.compile(r"[.!?…。！？]")
_GAPS = re.compile(r"\n{3,}")
_DIGITS = re.compile(r"\d+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A page of an outlet as it was read."""

    item_id: int
    title: str
    pieces: Sequence[Piece]


# ── what a page becomes ──────────────────────────────────────────────────────────────────────


def decide(pieces: Sequence[Piece], rules: Rules, feed_text: str) -> list[str]:
    """For each piece the words of it that belong to the article, "" for none.

    What is in ``feed_text``, the feed's own text of this item, is never cut.
    """
    found = [piece.text if piece.kept else "" for piece in pieces]
    if rules == NO_RULES:
        return found
    own = _Own(feed_text)
    wanted = [_left(piece, rules, own) if piece.kept else "" for piece in pieces]
    _cut_teasers(pieces, wanted, rules, own)
    if sum(map(count_words, wanted)) < _REST:
        return found
    for index, piece in enumerate(pieces):
        if not piece.kept and _is_lost(piece, rules):
            wanted[index] = piece.text
    return wanted


def without(text: str, rules: Rules, now: str) -> str:
    """A text from before these rules were known, without what they cut; what it says ``now`` as well stays.

    So that a text that was read again can be compared with it: what was cut since is no edit.
    """
    own = _Own(now)
    pieces = [Piece(line, "", "p", kept=True, density=0.0) for line in text.split("\n")]
    left = "\n".join(_left(piece, rules, own) if piece.text else "" for piece in pieces)
    return _GAPS.sub("\n\n", left).strip()


def _left(piece: Piece, rules: Rules, own: "_Own") -> str:
    """What of a piece stays."""
    if _is_cut(piece, rules) and not own.has(piece.text):
        return ""
    units = _units(piece.text)
    first, last = 0, len(units)
    while last - first > 1 and key(units[last - 1]) in rules.ends and not own.has(units[last - 1]):
        last -= 1
    while last - first > 1 and key(units[first]) in rules.starts and not own.has(units[first]):
        first += 1
    return piece.text if last - first == len(units) else "".join(units[first:last]).strip()


def _is_cut(piece: Piece, rules: Rules) -> bool:
    if key(piece.text) in rules.blocks:
        return True
    return bool(piece.label and rules.labels) and _is_labelled(piece) and key(piece.label) in rules.labels


def _cut_teasers(pieces: Sequence[Piece], wanted: list[str], rules: Rules, own: "_Own") -> None:
    if rules.teasers:
        for index, piece in enumerate(pieces):
            if (
                wanted[index]
                and _is_teaser(piece)
                and piece.path in rules.teasers
                and not own.has(piece.text)
            ):
                wanted[index] = ""


def _is_lost(piece: Piece, rules: Rules) -> bool:
    """Whether a piece that the page alone did not give stands where this outlet's articles stand."""
    return (
        piece.path in rules.content
        and _may_be_content(piece)
        and not (key(piece.text) in rules.repeated or key(piece.text) in rules.blocks)
    )


class _Own:
    """The feed's own text of an item, to be asked for words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: str | None = None
        self._lines: frozenset[str] = frozenset()

    def has(self, text: str) -> bool:
        """Whether these words are in it: a few as a sentence or a line, more anywhere."""
        if not self._text:
            return False
        if self._words is None:
            self._words = f" {normalise(self._text)} "
            self._lines = frozenset(map(normalise, _units(self._text)))
        asked = normalise(text)
        words = asked.split()
        if not words or asked in self._lines:
            return True
        if len(words) < _SHORT and asked.isascii():
            return False
        return f" {' '.join(words[:_QUOTED])} " in self._words if asked.isascii() else asked in self._words


# ── words ────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=8192)
def key(text: str) -> int:
    """64 bits of the words of a text; numbers count as one in short ones, 0: no words to know it by."""
    words = normalise(text)
    if words.count(" ") < _COUNTED:
        words = _DIGITS.sub("0", words)
    if not _LETTER.search(words):
        return 0
    return int.from_bytes(
        blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
    )


def _units(text: str) -> list[str]:
    """The sentences and lines of a text; joined they are the text."""
    ends = [0, *(match.end() for match in _ENDS.finditer(text))]
    if ends[-1] < len(text):
        ends.append(len(text))
    return [text[start:end] for start, end in pairwise(ends)]


def _may_be_content(piece: Piece) -> bool:
    return piece.density <= _UNLINKED and piece.tag not in _HEADINGS and piece.words >= _TAKEN


def _is_lead(piece: Piece) -> bool:
    return (
        piece.density <= 0.1
        and piece.tag == "p"
        and piece.words >= _LEAD
        and bool(_STOP.search(piece.text[-4:]))
    )


def _is_teaser(piece: Piece) -> bool:
    return piece.density > LINKED and piece.tag not in _HEADINGS


def _is_labelled(piece: Piece) -> bool:
    return (
        0 < count_words(piece.label) <= _LABEL
        and piece.density >= 0.5
        and piece.text.startswith(piece.label.split()[0])
    )


# ── learning ─────────────────────────────────────────────────────────────────────────────────


def learn(samples: Sequence[Sample], *, now: datetime, before: Profile | None = None) -> Profile:
    """What is known of a site by samples of its latest pages, and by what was known before.

    Lines that no page shows any more are remembered for a while: campaigns come back.
    """
    articles = _articles(samples)
    if len(articles) < ENOUGH:
        return replace(before, learned_at=now) if before else Profile(learned_at=now, articles=len(articles))
    study = _Study(articles)
    lines = [*study.blocks(), *study.labels()]
    lines += study.edges({line.key for line in lines if line.kind == "block"})
    return Profile(
        learned_at=now,
        articles=len(articles),
        lines=_remembered(lines, before, study, now),
        content=study.content(),
        teasers=study.teasers({line.key for line in lines if line.kind == "block"}),
        repeated=study.repeated(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    kind: LineKind
    key: int
    text: str
    articles: int


def _remembered(
    found: Iterable[_Found], before: Profile | None, study: "_Study", now: datetime
) -> tuple[Line, ...]:
    known = {(line.kind, line.key): line for line in before.lines} if before else {}
    lines = {
        (one.kind, one.key): Line(
            kind=one.kind,
            key=one.key,
            text=_short(one.text),
            articles=one.articles,
            since=known[one.kind, one.key].since if (one.kind, one.key) in known else now,
            seen=now,
        )
        for one in found
    }
    for which, line in known.items():
        if which not in lines and line.key not in study.shown and now - line.seen < _REMEMBERED:
            lines[which] = line
    ordered = sorted(lines.values(), key=lambda line: (-line.articles, line.kind, line.text, line.key))
    return tuple(ordered[:_MAX_LINES])


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"


def _articles(samples: Sequence[Sample]) -> list[list[Sample]]:
    """The samples by article: those with most words in common, or with one title, are one article."""
    kept = [{key(piece.text): len(piece.text) for piece in sample.pieces if piece.kept} for sample in samples]
    titles = [normalise(sample.title) for sample in samples]
    group = list(range(len(samples)))
    for one, other in combinations(range(len(samples)), 2):
        same = titles[one] == titles[other] if titles[one] else False
        if same or _overlap(kept[one], kept[other]) >= _SAME:
            joined, gone = group[one], group[other]
            group = [joined if number == gone else number for number in group]
    found: dict[int, list[Sample]] = defaultdict(list)
    for number, sample in zip(group, samples, strict=True):
        found[number].append(sample)
    return list(found.values())


def _overlap(one: dict[int, int], other: dict[int, int]) -> float:
    both = sum(one[word] for word in one.keys() & other.keys())
    return both / (min(sum(one.values()), sum(other.values())) or 1)


@dataclass(slots=True)
class _Seen:
    """Where one line stands on an outlet's pages."""

    text: str
    tag: str
    articles: set[int] = field(default_factory=set)
    paths: Counter[str] = field(default_factory=Counter)
    density: float = 0.0
    words: int = 0
    #: paragraphs of the article before and after it, for each time that an article shows it
    before: Counter[int] = field(default_factory=Counter)
    after: Counter[int] = field(default_factory=Counter)
    #: times that an article's own text follows
    leads: int = 0
    times: int = 0

    @property
    def is_at_edge(self) -> bool:
        """Whether it stands before or after everything else of the article."""
        return max(self.before[0], self.after[0]) >= 0.8 * self.times

    @property
    def is_constant(self) -> bool:
        """Whether as many paragraphs come before, or after it, wherever it stands."""
        return max(*self.before.values(), *self.after.values()) >= 0.8 * self.times


class _Study:
    """One pass over the articles: who shows what, where."""

    def __init__(self, articles: Sequence[Sequence[Sample]]) -> None:
        self.articles = articles
        self.count = len(articles)
        shown: dict[int, set[int]] = defaultdict(set)
        for number, samples in enumerate(articles):
            for piece in _all_of(samples):
                shown[key(piece.text)].add(number)
        shown.pop(0, None)
        self.shown = shown
        self.shared = {word for word, where in shown.items() if len(where) >= ENOUGH}
        self.kept: dict[int, _Seen] = {}
        #: articles with words of their own at each place, and pieces there that articles have and lack
        self.own: dict[str, set[int]] = defaultdict(set)
        self.taken: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        for number, samples in enumerate(articles):
            for sample in samples:
                self._see(number, sample.pieces)

    def _see(self, number: int, pieces: Sequence[Piece]) -> None:
        kept = [piece for piece in pieces if piece.kept]
        keys = [key(piece.text) for piece in kept]
        is_own = [word not in self.shared for word in keys]
        total = sum(is_own)
        before = 0
        for index, piece in enumerate(kept):
            if is_own[index]:
                before += 1
                self.own[piece.path].add(number)
            elif keys[index]:
                seen = self.kept.setdefault(keys[index], _Seen(piece.text, piece.tag))
                seen.articles.add(number)
                seen.paths[piece.path] += 1
                seen.density += piece.density
                seen.words = piece.words
                seen.before[before] += 1
                seen.after[total - before] += 1
                seen.leads += index + 1 < len(kept) and is_own[index + 1]
                seen.times += 1
        for piece in pieces:
            if _may_be_content(piece) and key(piece.text) not in self.shared:
                (self.taken if piece.kept else self.lost)[piece.path] += 1

    def blocks(self) -> Iterator[_Found]:
        """Blocks that are no article's own."""
        for word, seen in self.kept.items():
            if len(seen.articles) >= ENOUGH and self._is_boilerplate(seen):
                yield _Found(kind="block", key=word, text=seen.text, articles=len(seen.articles))

    def _is_boilerplate(self, seen: _Seen) -> bool:
        share = len(seen.articles) / self.count
        is_foreign = self._is_foreign(seen)
        if (
            seen.tag in _HEADINGS
            and seen.leads >= 0.5 * seen.times
            and not seen.before[0] >= 0.8 * seen.times
        ):
            return self.count >= _OFTEN and share >= _TEMPLATE and seen.is_constant
        if seen.density / seen.times >= 0.5 or (seen.words >= _SHORT and (is_foreign or seen.is_at_edge)):
            return True
        if is_foreign or seen.is_at_edge or seen.is_constant:
            return share >= 0.5
        return seen.tag not in _CELLS and self.count >= _OFTEN and share >= _TEMPLATE

    def _is_foreign(self, seen: _Seen) -> bool:
        """Whether it stands where articles have no text of their own."""
        path = seen.paths.most_common(1)[0][0]
        return len(self.own[path]) <= max(1, 0.2 * self.count)

    def labels(self) -> Iterator[_Found]:
        """Words that stand beside a link which is another one each time."""
        texts: dict[int, dict[str, int]] = defaultdict(dict)
        for number, samples in enumerate(self.articles):
            for piece in _all_of(samples):
                if piece.kept and piece.label and _is_labelled(piece):
                    texts[key(piece.label)][piece.text] = number
        for word, found in texts.items():
            articles = len(set(found.values()))
            if word and articles >= ENOUGH:
                yield _Found(kind="label", key=word, text=f"{next(iter(found))}", articles=articles)

    def edges(self, cut: set[int]) -> Iterator[_Found]:
        """Sentences and lines that end, or begin, paragraphs which are an article's own otherwise."""
        for kind, at in _EDGES:
            known: set[int] = set()
            for _ in range(2):
                found = [one for one in self._edge(kind, at, cut, known) if one.key not in known]
                known |= {one.key for one in found}
                yield from found
                if not found:
                    break

    def _edge(self, kind: LineKind, at: int, cut: set[int], known: set[int]) -> Iterator[_Found]:
        where: dict[int, set[int]] = defaultdict(set)
        outermost: Counter[int] = Counter()
        texts: dict[int, str] = {}
        times: Counter[int] = Counter()
        for number, samples in enumerate(self.articles):
            for sample in samples:
                own = [p for p in sample.pieces if p.kept and key(p.text) not in cut]
                for piece in own:
                    units = _units(piece.text)
                    while len(units) > 1 and key(units[at]) in known:
                        units.pop(at)
                    if len(units) > 1 and (word := key(units[at])):
                        where[word].add(number)
                        times[word] += 1
                        texts[word] = units[at].strip()
                        outermost[word] += piece is own[at]
        for word, numbers in where.items():
            is_short = kind == "end" or count_words(texts[word]) <= _OPENING
            if len(numbers) >= ENOUGH and is_short and outermost[word] >= 0.8 * times[word]:
                yield _Found(kind=kind, key=word, text=texts[word], articles=len(numbers))

    def content(self) -> tuple[ContentPlace, ...]:
        """Where paragraphs of articles stand."""
        places = [
            ContentPlace(
                path=path, articles=len(self.own[path]), share=round(taken / (taken + self.lost[path]), 3)
            )
            for path, taken in self.taken.items()
            if len(self.own[path]) >= ENOUGH and taken >= _CONTENT * (taken + self.lost[path])
        ]
        known = {place.path for place in places}
        places += [place for place in self._leads() if place.path not in known]
        return tuple(sorted(places, key=lambda place: (-place.articles, place.path))[:_MAX_PLACES])

    def _leads(self) -> Iterator[ContentPlace]:
        """Places that hold one paragraph on nearly every page, never the same twice."""
        if self.count < _OFTEN:
            return
        where: dict[str, Counter[int]] = defaultdict(Counter)
        for number, samples in enumerate(self.articles):
            for piece in samples[-1].pieces:
                where[piece.path][number] += (
                    1 if _is_lead(piece) and len(self.shown[key(piece.text)]) == 1 else 2
                )
        for path, times in where.items():
            single = sum(count == 1 for count in times.values())
            if single >= _TEMPLATE * self.count and not _ASIDE.search(path):
                yield ContentPlace(path=path, articles=single, share=1.0)

    def teasers(self, cut: set[int]) -> tuple[str, ...]:
        """Places of links to other articles, which differ from page to page."""
        where: dict[str, set[int]] = defaultdict(set)
        aside: Counter[str] = Counter()
        times: Counter[str] = Counter()
        plain: set[str] = set()
        for number, samples in enumerate(self.articles):
            for sample in samples:
                kept = [piece for piece in sample.pieces if piece.kept]
                plain |= {piece.path for piece in kept if not _is_teaser(piece)}
                for piece, is_aside in _teasers(kept, cut):
                    where[piece.path].add(number)
                    times[piece.path] += 1
                    aside[piece.path] += is_aside
        return tuple(
            sorted(
                path
                for path, numbers in where.items()
                if len(numbers) >= ENOUGH and path not in plain and aside[path] >= 0.8 * times[path]
            )[:_MAX_PLACES]
        )

    def repeated(self) -> tuple[int, ...]:
        """What repeats where articles stand without being taken for one: not to be taken up."""
        content = {place.path for place in self.content()}
        found = {
            word
            for samples in self.articles
            for piece in _all_of(samples)
            if not piece.kept
            and piece.path in content
            and (word := key(piece.text))
            and len(self.shown[word]) > 1
        }
        ordered = sorted(found, key=lambda word: (-len(self.shown[word]), word))
        return tuple(ordered[:_MAX_REPEATED])


def _teasers(kept: Sequence[Piece], cut: set[int]) -> Iterator[tuple[Piece, bool]]:
    """Links to other articles, and whether each follows something cut, or all of the article's own."""
    own = [index for index, piece in enumerate(kept) if not _is_teaser(piece) and key(piece.text) not in cut]
    last = own[-1] if own else -1
    follows = False
    for index, piece in enumerate(kept):
        if _is_teaser(piece):
            yield piece, index > last or follows
        else:
            follows = key(piece.text) in cut


def _all_of(samples: Sequence[Sample]) -> Iterator[Piece]:
    for sample in samples:
        yield from sample.pieces
