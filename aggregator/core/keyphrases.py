"""Which phrases of an article would its publisher tag it with? Names, terms, what the headline turns on.

No list of good words: phrases are weighed by where they stand (headline, early), how often, how they are
written (names, acronyms), and how rare their words are in the store's vocabulary. The weights are fitted by
``benchmarks/fit_hashtags.py`` to the keywords that captured pages state, not to the feeds they are scored by.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import exp, log
from typing import Final, NamedTuple

from aggregator.core.features import term_hash
from aggregator.core.tagkeys import key_of
from aggregator.core.volatile import WEEKDAYS
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
#: what stands behind most words: nothing of them was left out
_PLAINLY_ENDS: Final = frozenset(("", " ", ",", "\n", ")", ":", ";", "?", "!", "-", '"', "”"))
#: "they're", "you'll", "don't": the lists of stop words have none of these
_CONTRACTED: Final = ("'ll", "'re", "'ve", "'d", "'m", "n't", "’ll", "’re", "’ve", "’d", "’m", "n’t")
#: small words inside of names: "Bank of England", "Ursula von der Leyen", "Ministerio de Salud"
_INSIDE: Final = frozenset({
    "of", "the", "&", "de", "la", "le", "les", "du", "des", "del", "della", "di", "da", "do", "dos", "das",
    "van", "von", "der", "den", "el", "al",
})  # fmt: skip
#: after these a noun begins; none that is a pronoun or joins clauses as well ("this costs")
_ARTICLES: Final[Mapping[str, frozenset[str]]] = {
    language: frozenset(listed.split())
    for language, listed in {
        "en": "the a an its their his our my your every",
        "de": "der die das den dem des ein eine einen einem einer eines",
        "nl": "de het een",
        "fr": "le la les un une des du au aux",
        "es": "el la los las un una del al",
        "it": "il lo la i gli le un uno una del della dei delle al alla",
        "pt": "o a os as um uma do da dos das ao",
        "ca": "el la els les un una del dels",
        "sv": "en ett",
        "da": "en et",
        "no": "en et ei",
    }.items()
}
#: labels of wire services and series before a headline: "UPDATE 1-", "GLOBAL MARKETS-", "VIDEO: "
_LABEL = re.compile(
    r"(?:[A-Z][A-Z0-9&/.]+(?: +[A-Z0-9][A-Z0-9&/.]*){0,4} ?(?:[-–—]+|:|\|) ?){1,3}(?=\S*[^\W\d_])"
)


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
    #: whether the text proves it the name of something, rather than a verb or a stray word
    is_thing: bool = True


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
    #: places in the text; those where it is written as a name and that says something; those of a noun
    written: int = 0
    named: int = 0
    nouns: int = 0
    #: places where a capital would say something
    telling: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article's candidates."""

    candidates: tuple[Candidate, ...]
    #: words of the article, and the share of its common words that have a capital (German nouns)
    length: int
    capitals: float
    language: str | None = None
    #: places of single words
    counts: Mapping[str, int] = field(default_factory=dict)

    def often(self, key: str) -> int:
        """How often a word stands there that is a candidate; 1 for others."""
        return self.counts.get(key, 1)

    @property
    def terms(self) -> frozenset[int]:
        """What ``Rarity.counts`` is asked for."""
        return frozenset(term for one in self.candidates for term in one.terms)


@dataclass(slots=True)
class _Word:
    text: str
    key: str
    folded: str
    #: its number
    at: int
    in_title: bool
    #: nothing but spaces, or a hyphen, between it and the word before
    joined: bool
    hyphen: bool
    #: it begins a sentence, where every word has a capital
    first: bool
    is_stop: bool
    #: written as names are: "Gulf", "iPhone"
    is_capital: bool
    is_article: bool
    #: of a script without spaces
    is_unspaced: bool
    #: a capital would say something here
    tells: bool = False
    #: right after an article; nothing that it belongs to follows
    ruled: bool = False
    #: after an article and a name
    follows: bool = False
    closes: bool = False
    #: right before an article, as verbs stand: "keeps the time"
    acts: bool = False


@dataclass(slots=True)
class _Found:
    words: tuple[_Word, ...]
    places: list[int] = field(default_factory=list)
    is_titled: bool = False
    #: as in ``Candidate``
    written: int = 0
    named: int = 0
    nouns: int = 0
    tells: int = 0
    #: places where a capital says something, and those that have one
    telling: int = 0
    capital: int = 0
    forms: dict[str, int] = field(default_factory=dict)


def read(title: str, text: str, stated: str | None = None) -> Reading:
    """The candidates of an article. ``stated``: its language as the item or its feed says."""
    language = language_of(f"{title} {text[:500]}", stated)
    title, text = _plain(title), _plain(text[:LONGEST])
    title = without_label(title)
    if dateline := _DATELINE.match(text):
        text = text[dateline.end() :]
    space = language or f"und-{script_of(title)}"
    found = list(_words(title, 0, language, in_title=True))
    found += _words(text, len(found), language, in_title=False)
    _keep_names(found)
    _parse(found)
    runs = _runs(found)
    _join_surnames(runs)
    longer = _longer(runs)
    candidates = [
        _candidate(key, one, longer.get(key, 0), language, space)
        for key, one in runs.items()
        # a common word that the text says once is no tag, and most are
        if one.is_titled or len(one.places) > 1 or one.words[0].is_capital
    ]
    if _HAS_UNSPACED.search(title) or _HAS_UNSPACED.search(text):
        candidates += _unspaced(title, text, space, {one.key for one in candidates})
    common = [word for word in found if not (word.first or word.in_title or word.is_stop)]
    capitals = sum(word.is_capital for word in common) / max(1, len(common))
    counts = {one.key: len(one.places) for one in candidates if len(one.words) == 1}
    return Reading(
        candidates=tuple(candidates),
        length=len(found),
        capitals=capitals,
        language=language,
        counts=counts,
    )


def phrases(reading: Reading, rarity: Rarity, limit: int = 10) -> tuple[Phrase, ...]:
    """The article's key phrases, the likeliest first; never one within another."""
    scored = sorted(
        [(_probability(features(one, reading, rarity)), one) for one in reading.candidates],
        key=lambda pair: (-pair[0], pair[1].key),
    )
    chosen: list[tuple[float, Candidate]] = []
    held: dict[str, int] = {}
    for score, one in scored:
        if len(one.words) == 1 and len(chosen) == limit:
            continue
        parts = set(one.words)
        if all(word in held for word in parts) and any(parts <= set(other.words) for _, other in chosen):
            continue
        if parts.isdisjoint(held):
            if len(chosen) < limit:
                chosen.append((score, one))
        else:
            fuller = _in_full(chosen, score, one, reading, rarity)
            if fuller:
                first = fuller[0]
                chosen[first] = (chosen[first][0], one)
                chosen = [each for at, each in enumerate(chosen) if at == first or at not in fuller]
            elif len(chosen) < limit:
                chosen.append((score, one))
        held = {word: 1 for _, other in chosen for word in other.words}
    return tuple(
        Phrase(key=one.key, text=one.text, score=round(score, 4), is_thing=_is_thing(one, reading, rarity))
        for score, one in chosen
    )


def _in_full(
    chosen: Sequence[tuple[float, Candidate]], score: float, one: Candidate, reading: Reading, rarity: Rarity
) -> list[int]:
    """The places of the parts of what this one tells in full: "Donald Trump" for "Trump", "swing bridge" for
    "swing" and "bridge".
    """
    width = len(one.words)
    if width == 1:
        return []
    parts = [at for at, (_, other) in enumerate(chosen) if set(other.words) < set(one.words)]
    if not parts:
        return []
    if width == 2 and one.capital > _MOSTLY and score > _AS_LIKELY * chosen[parts[0]][0]:
        return parts
    # "swing" stands nowhere else, however often the text says "bridge" for short
    least = min(reading.often(word) for word in one.words)
    return parts if 2 * len(one.places) > least and _is_thing(one, reading, rarity) else []


#: share of places written as a name; likelihood beside that of the short name
_MOSTLY, _AS_LIKELY = 0.4, 0.5
#: languages whose nouns have a capital
_NOUNS: Final = frozenset(("de", "lb"))
#: stored items from which it is known which words are everywhere; places in the text that a common word has
#: then, and before
_MATURE, _OFTEN, _OFTENER = 1_000, 2, 3


#: "Thursdays" has the same key
_WEEKDAYS: Final = frozenset(map(key_of, WEEKDAYS))


def _is_thing(one: Candidate, reading: Reading, rarity: Rarity) -> bool:
    """Whether the text proves a phrase the name of something.

    Verbs, numbers and stray words are likely by place and rarity as well, above all where few items are
    stored. A name is written as one; a common noun stands after articles with nothing that belongs to it
    behind, or has a capital where nouns have them; and is said again.
    """
    count, single = len(one.places), len(one.words) == 1
    if _HAS_UNSPACED.search(one.text):
        return count > 1
    if single and (one.key in _WEEKDAYS or any(map(str.isdigit, one.text))):
        return False
    of_names = one.named > 0 and 2 * one.named >= one.telling
    if reading.language not in _NOUNS:
        if of_names and (count > 1 or one.is_titled or not single or one.places[0] < _EARLY):
            return True
    else:
        if not of_names:
            return False
        again = one.written > 1 or (one.written > 0 and one.nouns > 0)
        return one.is_titled and again if single else count > 1
    if not single:
        return count > 1 and one.written > 0 and one.nouns > 0
    least = _OFTEN if rarity.items >= _MATURE else _OFTENER
    return one.is_titled and one.written >= least and one.nouns > 0


# ── words ────────────────────────────────────────────────────────────────────────────────────


def _plain(text: str) -> str:
    bare = _ADDRESS.sub(" . ", text)
    return bare if bare.isascii() else unicodedata.normalize("NFKC", bare)


def _words(text: str, at: int, language: str | None, *, in_title: bool) -> Iterator[_Word]:
    end, owns = 0, False
    for word in words(text):
        facts = _facts(word.text, word.folded, language)
        if not facts.key:
            continue
        between = text[end : word.start]
        # "Iran's army": the owner and the owned are two things
        joined = bool(end) and not owns and (between == " " or _JOINT.fullmatch(between) is not None)
        yield _Word(
            text=word.text,
            key=facts.key,
            folded=word.folded,
            at=at,
            in_title=in_title,
            joined=joined,
            hyphen=joined and between != " " and not between.isspace(),
            first=not end or (between != " " and _SENTENCE_ENDS.search(between) is not None),
            is_stop=facts.is_title_stop if in_title else facts.is_stop,
            is_capital=facts.is_capital,
            is_article=facts.is_article,
            is_unspaced=facts.is_unspaced,
        )
        end, owns = word.start + len(word.text), False
        if text[end : end + 1] not in _PLAINLY_ENDS or not text.startswith(word.text, word.start):
            written = None if facts.is_unspaced else _WRITTEN.match(text, word.start)
            end = written.end() if written else end
            owns = text.startswith(("'s", "’s"), end - 2)
        at += 1


class _Facts(NamedTuple):
    key: str
    is_stop: bool
    is_title_stop: bool
    is_capital: bool
    is_article: bool
    is_unspaced: bool


@lru_cache(maxsize=65_536)  # the words of the news recur
def _facts(text: str, low: str, language: str | None) -> _Facts:
    """What a word is, wherever it stands."""
    stops = stop_words(language)
    return _Facts(
        key=key_of(text),
        is_stop=_joins(text, low, stops, in_title=False),
        is_title_stop=_joins(text, low, stops, in_title=True),
        is_capital=text[0].isupper() or text[1:2].isupper(),
        is_article=low in _ARTICLES.get(language or "", ()),
        is_unspaced=not text.isascii() and _HAS_UNSPACED.match(text) is not None,
    )


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
    inside = False
    for word, after in pairwise(found):
        telling = word.is_stop and not (word.first or word.in_title) and len(word.text) > 2
        # within a run of capitals it may be a song's title: "She Blinded Me With Science"
        begins = word.is_capital and not (inside and word.joined) and not after.is_stop
        if telling and begins and after.joined and after.is_capital and not _is_inside(word):
            pairs.add((word.key, after.key))
        inside = word.is_capital
    for word, after in pairwise(found):
        if after.joined and word.is_capital and (word.key, after.key) in pairs:
            word.is_stop = False


def without_label(title: str) -> str:
    """A headline without what a service puts before it in capitals; one all in capitals as it is."""
    match = None if title.isupper() else _LABEL.match(title)
    return title[match.end() :] if match else title


def labels_of(titles: Iterable[str]) -> frozenset[str]:
    """The keys of words in capitals that an outlet puts before many different headlines ("VIDEO", "AUDIO").

    An acronym that its headlines are about ("US") stands inside of some as well.
    """
    before: Counter[str] = Counter()
    inside: set[str] = set()
    for title in set(titles):
        if not title.isupper():
            first, *rest = title.split() or [""]
            before[first] += first.isupper() and len(first) > 1 and first.isalpha()
            inside.update(word.strip(",.:;?!'\"()") for word in rest)
    return frozenset(
        key_of(word) for word, count in before.items() if count >= _LABELLED and word not in inside
    )


#: headlines that make a word a label
_LABELLED: Final = 3


def _parse(found: Sequence[_Word]) -> None:
    """Where nouns stand, and where a capital says something."""
    headline = [word for word in found if word.in_title and not (word.first or word.is_stop)]
    # "Prices Rise as Leaders Meet": a capital says nothing there
    plain = 2 * sum(word.is_capital for word in headline) <= len(headline)
    last: _Word | None = None
    for word in found:
        word.tells = not word.first and (plain or not word.in_title)
        if last is not None:
            word.ruled = word.joined and last.is_article
            # "the Ellery swing bridge"
            word.follows = word.joined and last.ruled and last.is_capital
            last.closes = not word.joined or word.is_stop
            last.acts = word.joined and word.is_article
        last = word
    if last is not None:
        last.closes = True


def _is_inside(word: _Word) -> bool:
    return word.text.casefold() in _INSIDE


# ── candidates ───────────────────────────────────────────────────────────────────────────────


def _runs(words: Sequence[_Word]) -> dict[str, _Found]:
    """Every run of up to four words that may be a phrase, by key.

    Of the text's runs of common words those whose neighbours stand together twice: the others are by far
    the most, and never tags.
    """
    found: dict[str, _Found] = {}
    pairs = Counter(
        (one.key, other.key)
        for one, other in pairwise(words)
        if other.joined and not (one.is_stop or other.is_stop)
    )
    for begin, first in enumerate(words):
        if first.is_stop or first.text.isdigit() or first.is_unspaced:
            continue
        if len(first.text) > 1:
            _note(found, words[begin : begin + 1])
        for run in _from(words, begin, pairs):
            _note(found, run)
    return found


def _from(
    words: Sequence[_Word], begin: int, pairs: Mapping[tuple[str, str], int]
) -> Iterator[Sequence[_Word]]:
    """The longer phrases that begin at a word; across a small word only those of names."""
    all_capital, across, before = words[begin].is_capital, False, words[begin]
    for end in range(begin + 1, min(begin + _MOST_WORDS, len(words))):
        last = words[end]
        if not last.joined or last.is_unspaced:
            return
        if last.is_stop:
            across = True
            if not (all_capital and _is_inside(last)):
                return
            continue
        all_capital = all_capital and last.is_capital
        if not all_capital and (across or not (last.in_title or pairs[before.key, last.key] > 1)):
            return
        before = last
        yield words[begin : end + 1]


def _note(found: dict[str, _Found], run: Sequence[_Word]) -> None:
    first, last = run[0], run[-1]
    single = first is last
    key = first.key if single else "".join([word.key for word in run])
    one = found.get(key)
    if one is None:
        one = found[key] = _Found((first,) if single else tuple(word for word in run if not word.is_stop))
    one.places.append(first.at)
    if first.in_title:
        one.is_titled = True
    else:
        one.written += 1
    text = (
        first.text if single else "".join([f"{'-' if word.hyphen else ' '}{word.text}" for word in run])[1:]
    )
    one.forms[text] = one.forms.get(text, 0) + 1
    capital = first.is_capital and (single or all(word.is_capital or word.is_stop for word in run))
    if not first.in_title and not (first.first and single):
        one.telling += 1
        one.capital += capital
    # of a sentence's first words the second tells
    tells = first.tells or (not single and last.tells)
    one.tells += tells
    one.named += capital and tells
    one.nouns += last.closes and (first.ruled or (first.follows and not single)) and not last.acts
    one.nouns -= last.acts and not last.is_capital


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


def _candidate(key: str, one: _Found, longer: int, language: str | None, space: str) -> Candidate:
    return Candidate(
        key=key,
        text=max(one.forms, key=one.forms.__getitem__),
        words=tuple([word.key for word in one.words]),
        terms=tuple([term_hash(stem(word.folded, language), space) for word in one.words]),
        places=tuple(one.places),
        is_titled=one.is_titled,
        capital=one.capital / one.telling if one.telling else 0.0,
        within=min(1.0, longer / len(one.places)),
        written=one.written,
        named=one.named,
        nouns=one.nouns,
        telling=one.tells,
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
