"""Which phrases of an article would its publisher tag it with? Names, terms, what the headline turns on.

No list of good words: phrases are weighed by where they stand (headline, early), how often, how they are
written (names, acronyms), and how rare their words are in the store's vocabulary. The weights are fitted by
``benchmarks/fit_hashtags.py`` to the keywords that captured pages state, not to the feeds they are scored by.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, log
from typing import Final

from aggregator.core.features import term_hash
from aggregator.core.tagkeys import key_of
from aggregator.core.words import language_of, script_of, stem, stop_words, words

#: characters of a text that are read: what an article is about stands in its beginning
LONGEST: Final = 8_000
#: words of a phrase
_MOST_WORDS: Final = 4

#: letters of scripts that set no spaces between words
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_KATAKANA = "\u30a1-\u30fa\u30fc"
_SOUTHERN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_HAS_UNSPACED = re.compile(f"[{_HAN}\u3041-\u3096{_KATAKANA}{_SOUTHERN}]")
_RUN = re.compile(rf"[{_HAN}]{{2,}}|[{_KATAKANA}]{{2,}}|[{_SOUTHERN}]{{3,}}")
#: Chinese words that join others: no phrase goes across one
_FUNCTION = re.compile(
    "[的了是在和与與及或并並而但也都就把被让讓对對从從向于於为為以之其这這那个個们們不没沒有我你他她它]"
)
_LONGEST_PIECE: Final = 8
#: characters of such a text that are read: each begins seven pieces
_UNSPACED_READ: Final = 3_000
#: an address is no phrase
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S{1,100}@\S{1,100}\.\S+")
#: where a report begins with the place and the agency: "LONDON, March 3 (Reuters) - ", "BERLIN (dpa) – "
_DATELINE = re.compile(r"\s{0,20}[^\W\d_][^\n.!?–—]{1,60}?(?:\([^)\n]{2,40}\) {0,2}[-–—:]+|\s[–—]\s|\s--\s)")
_SENTENCE_ENDS = re.compile(r"[.!?…:;\n“\"«„¿¡]")
#: what may stand between two words of a phrase
_JOINT = re.compile(r"[ \t\u00a0]+|[-‐‑]")
#: a word with what ``words`` leaves out of it: dots, the possessive, an article before it
_WRITTEN = re.compile(rf"(?:(?![{_HAN}{_SOUTHERN}])\w|[.'’&](?=\w))+")
#: "they're", "you'll", "don't": the lists of stop words have none of these
_CONTRACTED: Final = ("'ll", "'re", "'ve", "'d", "'m", "n't", "’ll", "’re", "’ve", "’d", "’m", "n’t")
#: small words inside of names: "Bank of England", "Ursula von der Leyen", "Ministerio de Salud"
_INSIDE: Final = frozenset({
    "of", "the", "&", "de", "la", "le", "les", "du", "des", "del", "della", "di", "da", "do", "dos", "das",
    "van", "von", "der", "den", "el", "al",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rarity:
    """In how many of ``items`` stored items a term stands (``features.term_hash``); empty in a new store."""

    items: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)

    def of(self, term: int) -> float:
        """0 for a term of every item, 1 for one of none."""
        if not self.items:
            return 1.0
        count = min(self.items, self.counts.get(term, 0))
        return log((1 + self.items) / (1 + count)) / log(1 + self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase as the text writes it most, and how likely a publisher would tag the article with it."""

    key: str
    text: str
    #: 0 to 1
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of words that may be a phrase, and all that is known of it without the store."""

    key: str
    text: str
    #: keys of its words, without the small ones inside, and their terms
    words: tuple[str, ...]
    terms: tuple[int, ...]
    #: numbers of the words that it begins at, in order; those of the headline come first
    places: tuple[int, ...]
    is_titled: bool
    #: share of its places inside sentences where it is written as a name
    capital: float
    #: share of its places that the most frequent longer candidate takes
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article's candidates."""

    candidates: tuple[Candidate, ...]
    #: words of the article, and the share of its common words that have a capital (German nouns)
    length: int
    capitals: float

    @property
    def terms(self) -> frozenset[int]:
        """What ``Rarity.counts`` is asked for."""
        return frozenset(term for one in self.candidates for term in one.terms)


@dataclass(slots=True)
class _Word:
    text: str
    key: str
    term: int
    #: its number
    at: int
    in_title: bool
    #: nothing but spaces, or a hyphen, between it and the word before
    joined: bool
    hyphen: bool
    #: it begins a sentence, where every word has a capital
    first: bool
    is_stop: bool

    @property
    def is_capital(self) -> bool:
        """Written as names are: "Gulf", "iPhone"."""
        return any(map(str.isupper, self.text[:2]))


@dataclass(slots=True)
class _Found:
    words: tuple[_Word, ...]
    places: list[int] = field(default_factory=list)
    is_titled: bool = False
    #: places where a capital says something, and those that have one
    telling: int = 0
    capital: int = 0
    forms: dict[str, int] = field(default_factory=dict)


def read(title: str, text: str, stated: str | None = None) -> Reading:
    """The candidates of an article. ``stated``: its language as the item or its feed says."""
    language = language_of(f"{title} {text[:500]}", stated)
    title, text = _plain(title), _plain(text[:LONGEST])
    if dateline := _DATELINE.match(text):
        text = text[dateline.end() :]
    space = language or f"und-{script_of(title)}"
    found = list(_words(title, 0, language, space, in_title=True))
    found += _words(text, len(found), language, space, in_title=False)
    _keep_names(found)
    runs = _runs(found)
    _join_surnames(runs)
    longer = _longer(runs)
    candidates = [_candidate(key, one, longer.get(key, 0)) for key, one in runs.items()]
    if _HAS_UNSPACED.search(title) or _HAS_UNSPACED.search(text):
        candidates += _unspaced(title, text, space, {one.key for one in candidates})
    common = [word for word in found if not (word.first or word.in_title or word.is_stop)]
    capitals = sum(word.is_capital for word in common) / max(1, len(common))
    return Reading(candidates=tuple(candidates), length=len(found), capitals=capitals)


def phrases(reading: Reading, rarity: Rarity, limit: int = 10) -> tuple[Phrase, ...]:
    """The article's key phrases, the likeliest first; never one within another."""
    scored = sorted(
        ((_probability(features(one, reading, rarity)), one) for one in reading.candidates),
        key=lambda pair: (-pair[0], pair[1].key),
    )
    chosen: list[tuple[float, Candidate]] = []
    for score, one in scored:
        if any(set(one.words) <= set(other.words) for _, other in chosen):
            continue
        fuller = _in_full(chosen, score, one)
        if fuller is not None:
            chosen[fuller] = (chosen[fuller][0], one)
        else:
            chosen.append((score, one))
        if len(chosen) == limit:
            break
    return tuple(Phrase(key=one.key, text=one.text, score=round(score, 4)) for score, one in chosen)


def _in_full(chosen: Sequence[tuple[float, Candidate]], score: float, one: Candidate) -> int | None:
    """The place of the name that this one tells in full: "Donald Trump" for "Trump"."""
    if len(one.words) != 2 or one.capital <= _MOSTLY:
        return None
    held = (at for at, (_, other) in enumerate(chosen) if set(other.words) <= set(one.words))
    return next((at for at in held if score > _AS_LIKELY * chosen[at][0]), None)


#: share of places written as a name; likelihood beside that of the short name
_MOSTLY, _AS_LIKELY = 0.4, 0.5


# ── words ────────────────────────────────────────────────────────────────────────────────────


def _plain(text: str) -> str:
    bare = _ADDRESS.sub(" . ", text)
    return bare if bare.isascii() else unicodedata.normalize("NFKC", bare)


def _words(text: str, at: int, language: str | None, space: str, *, in_title: bool) -> Iterator[_Word]:
    end, owns = 0, False
    stops = stop_words(language)
    for word in words(text):
        key = key_of(word.text)
        if not key:
            continue
        between = text[end : word.start]
        # "Iran's army": the owner and the owned are two things
        joined = bool(end) and not owns and _JOINT.fullmatch(between) is not None
        low = word.folded
        yield _Word(
            text=word.text,
            key=key,
            term=term_hash(stem(low, language), space),
            at=at,
            in_title=in_title,
            joined=joined,
            hyphen=joined and not between.isspace(),
            first=not end or _SENTENCE_ENDS.search(between) is not None,
            is_stop=_joins(word.text, low, stops, in_title=in_title),
        )
        written = None if _HAS_UNSPACED.match(low) else _WRITTEN.match(text, word.start)
        end = written.end() if written else word.start + len(word.text)
        owns = text.startswith(("'s", "’s"), end - 2)
        at += 1


def _joins(text: str, low: str, stops: Set[str], *, in_title: bool) -> bool:
    """Whether a word joins others rather than mean something."""
    if low in stops:
        return in_title or not text.isupper() or len(text) == 1  # "IT", "US"
    if low.endswith(_CONTRACTED):
        return True
    return len(low) == 1 and not _HAS_UNSPACED.match(low)


def _keep_names(found: Sequence[_Word]) -> None:
    """The lists of stop words are of the most frequent ones, and hold halves of names: "New Zealand"."""
    pairs: set[tuple[str, str]] = set()
    for word, after in pairwise(found):
        telling = word.is_stop and not (word.first or word.in_title) and len(word.text) > 2
        if telling and word.is_capital and after.joined and after.is_capital and not _is_inside(word):
            pairs.add((word.key, after.key))
    for word, after in pairwise(found):
        if after.joined and word.is_capital and (word.key, after.key) in pairs:
            word.is_stop = False


def _is_inside(word: _Word) -> bool:
    return word.text.casefold() in _INSIDE


# ── candidates ───────────────────────────────────────────────────────────────────────────────


def _runs(words: Sequence[_Word]) -> dict[str, _Found]:
    """Every run of up to four words that may be a phrase, by key."""
    found: dict[str, _Found] = {}
    for begin, first in enumerate(words):
        if first.is_stop or first.text.isdigit() or _HAS_UNSPACED.match(first.text):
            continue
        for run in _from(words, begin):
            _note(found, run)
    return found


def _from(words: Sequence[_Word], begin: int) -> Iterator[Sequence[_Word]]:
    """The phrases that begin at a word; across a small word only those of names."""
    all_capital, across = True, False
    for end in range(begin, min(begin + _MOST_WORDS, len(words))):
        last = words[end]
        if (end > begin and not last.joined) or _HAS_UNSPACED.match(last.text):
            return
        if last.is_stop:
            across = True
            if not (all_capital and _is_inside(last)):
                return
            continue
        all_capital = all_capital and last.is_capital
        if across and not all_capital:
            return
        if end > begin or len(last.text) > 1:
            yield words[begin : end + 1]


def _note(found: dict[str, _Found], run: Sequence[_Word]) -> None:
    key = "".join([word.key for word in run])
    one = found.get(key)
    if one is None:
        one = found[key] = _Found(tuple(word for word in run if not word.is_stop))
    first = run[0]
    one.places.append(first.at)
    one.is_titled = one.is_titled or first.in_title
    text = "".join([f"{'-' if word.hyphen else ' '}{word.text}" for word in run])[1:]
    one.forms[text] = one.forms.get(text, 0) + 1
    if not first.in_title and not (first.first and len(run) == 1):
        one.telling += 1
        one.capital += all(word.is_capital or word.is_stop for word in run)


def _join_surnames(runs: Mapping[str, _Found]) -> None:
    """A surname after the full name is the same person: the name is as frequent as both."""
    for one in runs.values():
        if len(one.words) not in (2, 3) or not one.capital:
            continue
        last = runs.get(one.words[-1].key)
        if last is not None and last.capital and len(last.places) > len(one.places):
            one.is_titled = one.is_titled or last.is_titled
            one.places = sorted({*one.places, *last.places})


def _longer(runs: Mapping[str, _Found]) -> dict[str, int]:
    """How often the most frequent longer run of each is there."""
    most: dict[str, int] = {}
    for one in runs.values():
        keys = [word.key for word in one.words]
        for begin in range(len(keys)):
            for end in range(begin + 1, len(keys) + 1):
                if end - begin < len(keys):
                    part = "".join(keys[begin:end])
                    most[part] = max(most.get(part, 0), len(one.places))
    return most


def _candidate(key: str, one: _Found, longer: int) -> Candidate:
    return Candidate(
        key=key,
        text=max(one.forms, key=lambda form: one.forms[form]),
        words=tuple(word.key for word in one.words),
        terms=tuple(word.term for word in one.words),
        places=tuple(one.places),
        is_titled=one.is_titled,
        capital=one.capital / one.telling if one.telling else 0.0,
        within=min(1.0, longer / len(one.places)),
    )


def _unspaced(title: str, text: str, space: str, known: Set[str]) -> Iterator[Candidate]:
    """Words of scripts without spaces: what is repeated, and not mostly part of a longer run."""
    titled = len(title)
    places: dict[str, list[int]] = {}
    for match in _RUN.finditer(f"{title}\n{text[:_UNSPACED_READ]}"):
        at = match.start()
        for piece in _FUNCTION.split(match.group()):
            for begin in range(len(piece) - 1):
                for end in range(begin + 2, min(begin + _LONGEST_PIECE, len(piece)) + 1):
                    places.setdefault(piece[begin:end], []).append(at + begin)
            at += len(piece) + 1
    repeated = {piece: begins for piece, begins in places.items() if len(begins) > 1}
    longer: dict[str, int] = {}
    for piece, begins in repeated.items():
        for part in (piece[1:], piece[:-1]):
            longer[part] = max(longer.get(part, 0), len(begins))
    for piece, begins in repeated.items():
        key = key_of(piece)
        if 2 * longer.get(piece, 0) > len(begins) or not key or key in known:
            continue
        pairs = tuple(term_hash(piece[begin : begin + 2], space) for begin in range(len(piece) - 1))
        yield Candidate(
            key=key,
            text=piece,
            words=(piece,),
            terms=pairs,
            # two characters are a word
            places=tuple(place // 2 for place in begins),
            is_titled=begins[0] < titled,
            capital=0.0,
            within=min(1.0, longer.get(piece, 0) / len(begins)),
        )


# ── weighing ─────────────────────────────────────────────────────────────────────────────────

#: feature: what it counts, as benchmarks/fit_hashtags.py found it; but for "rare" (and "bias" to match):
#: of few pages what is known counts more, in a store of many what is everywhere must not
WEIGHTS: Final[Mapping[str, float]] = {
    "bias": -5.9,
    "often": 0.18,
    "rare": 0.5,
    "known": -0.08,
    "title": 0.46,
    "early": 1.79,
    "name": 2.97,
    "acronym": 1.10,
    "single": 0.36,
    "pair": 0.09,
    "long": -0.83,
    "spread": 0.89,
    "within": -0.50,
    "title name": -0.84,
    "title single": 0.80,
    "often name": -0.65,
    "short": -0.77,
    "digits": -0.28,
    "once": -1.09,
}
#: words after which a place counts little more than a third
_EARLY: Final = 60
_SHORT: Final = 4


def features(one: Candidate, reading: Reading, rarity: Rarity) -> tuple[float, ...]:
    """What a candidate is weighed by, in the order of ``WEIGHTS``."""
    count, width = len(one.places), len(one.words)
    rare = [rarity.of(term) for term in one.terms]
    # where every noun has a capital, one says little
    name = one.capital * (1 - reading.capitals)
    often = log(1 + count)
    is_single = width == 1
    return (
        1.0,
        often,
        sum(rare) / len(rare),
        sum(term in rarity.counts and rarity.counts[term] > 0 for term in one.terms) / len(rare),
        float(one.is_titled),
        exp(-one.places[0] / _EARLY),
        name,
        float(is_single and len(one.text) > 1 and one.text.isupper()),
        float(is_single),
        float(width == 2),
        float(width > 2),
        min(1.0, (one.places[-1] - one.places[0]) / max(1, reading.length)),
        one.within,
        one.is_titled * name,
        float(one.is_titled and is_single),
        often * name,
        float(is_single and len(one.text) <= _SHORT),
        float(any(map(str.isdigit, one.text))),
        float(count == 1),
    )


def _probability(values: Sequence[float]) -> float:
    total = sum([weight * value for weight, value in zip(WEIGHTS.values(), values, strict=True)])
    return 1 / (1 + exp(-total))
