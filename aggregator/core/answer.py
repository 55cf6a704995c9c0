"""What does a question ask, which searches may find it, and which passages hold the answer?

A passage is one to three sentences of one article, or its title. Names and things that the question speaks of
must be there, in the words' other forms as well; verbs need not. It answers the better, the more of the
question it has, rare words first, the fewer words it needs for that, if it holds what the question asks for
(a name, a number, a date), and the younger it is. What has much less than the best is no answer.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import combinations
from math import log
from typing import Final, Literal

from aggregator.core.gist import Gist, gists, is_boilerplate, leans
from aggregator.core.lexemes import fold, lexemes
from aggregator.core.months import month_of
from aggregator.core.query import Query, Term
from aggregator.core.sentences import sentences
from aggregator.core.similar import normalise
from aggregator.core.words import Word, language_of, stem, stop_words, words
from aggregator.errors import UsageError
from aggregator.model import Item
from aggregator.model.stories import Passage, Sentence

Kind = Literal["who", "when", "where", "how many", "why", "what"]

#: terms of a question that count, and letters of a word that its endings may be left off
_TERMS, _ENDINGS_FROM = 8, 4
#: sentences and characters of an article that are looked at, and sentences of a passage
_SENTENCES, _READ, _LONGEST = 60, 16_000, 3
#: passages that are told, how much of the question one must hold, and of what the best of them holds
_TOLD, _LEAST, _OF_BEST = 5, 0.6, 0.8
#: what the title has, the sentence speaks of without saying it
_OF_TITLE = 0.6
_KIND, _RECENT, _LENGTH, _LEANING, _TITLE = 0.3, 0.12, 0.04, 0.1, 0.1
_HALF = timedelta(days=7)
#: what a word counts that names no thing: a verb is often another in the answer ("fuhr", "gefahren")
_VERB = 0.4
#: letters that forms of one word begin with, and how many may follow; in English endings say more
_SAME_FROM, _SAME_FROM_EN, _MAY_FOLLOW = 5, 7, 3
#: a part of a word that is joined of several, and what counts where the text has the whole, and the part
_PART_FROM, _OF_WHOLE, _OF_PART = 5, 0.85, 0.65
#: languages that write a word joined of several as one
_JOINING: Final = frozenset({"de", "nl", "sv", "da", "no", "nb", "nn", "fi", "hu", "is", "et", "af"})

#: words that ask; the first of these kinds counts
_ASKING: Final[dict[Kind, tuple[str, ...]]] = {
    "how many": (
        r"how (?:many|much|old|long|far|high|big|large|often|fast)",
        r"wie ?(?:viele?n?|alt|lange?|hoch|weit|oft)|combien|cuánt[oa]s?|quant[oiae]s?|сколько|скільки",
        r"hoeveel|hur (?:många|mycket)|hvor (?:mange|meget)|ile|kolik",
        r"多少|几个|幾|いくつ|いくら|何人|كم|कितन",
    ),
    "who": (
        r"who|whom|whose|wer|wen|wem|qui|quién(?:es)?|chi|quem|кто|кого|хто|vem|hvem|kto|kdo",
        r"谁|誰|だれ|من هو|कौन",
    ),
    "when": (
        r"when|(?:what|which) (?:day|date|year|time)|wann|quand|cuándo|quando|когда|коли|wanneer|när",
        r"hvornår|når|kiedy|kdy|何时|什么时候|いつ|متى|कब",
    ),
    "where": (
        r"where|wo|wohin|où|dónde|adónde|dove|onde|где|куда|де|waar|var|hvor|gdzie|kde",
        r"哪里|哪儿|どこ|أين|कहाँ",
    ),
    "why": (
        r"why|warum|weshalb|wieso|pourquoi|por qué|perché|por que|почему|чому|waarom|varför|hvorfor",
        r"为什么|なぜ|لماذا|क्यों",
    ),
}
_KINDS: Final = tuple(
    (kind, re.compile(rf"(?<![^\W\u3040-\u9fff])(?:{'|'.join(asking)})(?![^\W\u3040-\u9fff])", re.IGNORECASE))
    for kind, asking in _ASKING.items()
)
#: words of a question that ask, and tell nothing of what is asked about; the first language that has one of a
#: question's is its language where nothing else tells it
_EMPTY: Final[dict[str, frozenset[str]]] = {
    language: frozenset(" ".join(listed).split())
    for language, listed in {
        "en": (
            "who whom whose when where why how what which many much old long far happen happened did does",
            "do tell say says said there about with from that this these those they them have been were",
            "will would",
        ),
        "de": (
            "wer wen wem wessen wann wo wohin woher warum weshalb wieso wie was welche welcher welches",
            "welchen welchem viel viele vielen oft hat haben hatte hatten ist sind war waren wird werden",
            "wurde wurden sagt sagte sagten gibt gab passiert passierte geschah über für bei mit nach von",
            "zum zur im am und nicht noch",
        ),
        "fr": (
            "qui que quoi quand où pourquoi combien comment quel quelle quels quelles est sont était dit",
            "passé",
        ),
        "es": (
            "quién quiénes cuándo dónde adónde cuánto cuánta cuántos cuántas qué cómo cuál cuáles dijo",
            "pasó",
        ),
        "it": ("chi quando dove perché quanto quanta quanti quante cosa come quale quali detto successo",),
        "pt": ("quem quando onde quanto quantos quantas porquê qual quais disse aconteceu",),
        "nl": ("wie wanneer waar waarom hoeveel hoe wat welke welk zei gebeurde",),
        "sv": ("vem när var varför hur många mycket vad vilken vilket vilka sade",),
        "da": ("hvem hvornår hvor hvorfor hvordan mange meget hvad hvilken hvilket hvilke sagde",),
        "pl": ("kto kiedy gdzie dlaczego ile jak co który która które",),
        "ru": ("кто кого когда где куда почему сколько что как какой какая какие сказал",),
        "uk": ("хто кого коли де куди чому скільки що як який яка які сказав",),
    }.items()
}
_ALL_EMPTY: Final = frozenset().union(*_EMPTY.values())
#: a thing or its qualities stand behind these; in other languages what is missing here counts as a verb does
_BEFORE_THINGS: Final[dict[str, frozenset[str]]] = {
    language: frozenset(" ".join(listed).split())
    for language, listed in {
        "en": (
            "a an the this that these those which what many much of in on at for from to near by with",
            "about into over under after before against between",
        ),
        "de": ("der die das den dem des ein eine einen einem einer im am zum zur beim vom welche viele",),
        "fr": ("le la les l un une des du de au aux quel quelle quels quelles dans en sur combien",),
        "es": ("el la los las un una unos unas del al de en qué cuántos cuántas sobre con",),
        "it": ("il lo la gli le i un uno una del della dei delle nel nella di al alla quale quanti quante",),
        "pt": ("o os as um uma do da dos das no na nos nas de ao em qual quantos quantas",),
        "nl": ("de het een in op van voor met bij over welke hoeveel",),
    }.items()
}
#: languages whose adjectives stand behind the thing; in others the thing is the last of its words
_THING_FIRST: Final = frozenset({"fr", "es", "it", "pt", "ro", "ca", "gl"})
#: "When was the tunnel finished?", "Does the bridge open?": the verb stands behind the thing
_INVERTING: Final = frozenset(
    ("do", "does", "did", "will", "would", "can", "could", "has", "have", "had", "was", "were", "is", "are")
)
_BECAUSE: Final = re.compile(
    r"\b(?:because|due to|after|since|caused?|reason|weil|wegen|da|parce|à cause|porque|debido|perché|"
    r"потому|из-за|omdat|på grund)\b|因为|ため|بسبب|क्योंकि",
    re.IGNORECASE,
)
_DAY: Final = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:today|yesterday|tomorrow|tonight)\b|"
    r"\b\w+(?:tag|woch)\b|\b(?:heute|gestern|morgen|hier|demain|ayer|hoy|mañana)\b|\b(?:19|20)\d\d\b|"
    r"\b\d{1,2}[:.]\d\d\b|年|月|日",
    re.IGNORECASE,
)
_AT: Final = re.compile(
    r"\b(?:in|at|near|from|outside|off|nach|bei|aus|à|en|dans|près|cerca|a|nel|v|в|на)\s+[A-ZÀ-ÞА-Я]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, understood as far as it is looked for."""

    text: str
    kind: Kind
    language: str | None
    #: its words that tell something, folded, in their order; and each as it is searched
    terms: tuple[str, ...]
    sought: tuple[Term, ...]
    #: those of the terms that name what is asked about; all where that cannot be told
    things: frozenset[str]


def understood(text: str) -> Question:
    """The question; UsageError where there is no word in it to look for."""
    found = words(text)
    language = _language(text, found)
    telling = _telling(found, language)
    sought = {word.folded: term for word in telling if (term := _sought(word.folded, language))}
    if not sought:
        raise UsageError(
            f"ask: {text!r} names nothing to look for; ask for instance: who won the election in Bahrain"
        )
    terms = tuple(sought)[:_TERMS]
    things = _things(found, frozenset(terms), language).intersection(terms)
    return Question(
        text=text,
        kind=next((kind for kind, asking in _KINDS if asking.search(text)), "what"),
        language=language,
        terms=terms,
        sought=tuple(sought[term] for term in terms),
        things=things or frozenset(terms),
    )


def _language(text: str, found: Sequence[Word]) -> str | None:
    """So few words tell little ("is" and "of" are Dutch, too): the word that asks tells more."""
    guess, folded = language_of(text), {word.folded for word in found}
    if guess is not None and found and found[0].folded in stop_words(guess):
        return guess
    first = {word.folded for word in found[:1]} if guess is not None else folded
    return next((tongue for tongue, asks in _EMPTY.items() if asks & first), guess)


def _telling(found: Sequence[Word], language: str | None) -> list[Word]:
    """The words that tell what is asked about: first without those that every text has, else what is left."""
    stop = stop_words(language or "en")
    # a list of another language takes none away: "war" is a word of English
    empty = _EMPTY["en"] | _EMPTY.get(language or "", frozenset())
    some = [word for word in found if word.folded not in empty and _has_sense(word)]
    return [word for word in some if word.folded not in stop] or [
        word  # "Who are the Who?", "US", "open"
        for place, word in enumerate(found)
        if (word.text.isupper() and len(word.text) > 1)
        or (word.is_capitalised and place > 0)
        or (len(word.folded) > 3 and word.folded not in _ALL_EMPTY)
    ]


def _has_sense(word: Word) -> bool:
    return len(word.folded) > 1 or not word.folded.isascii() or word.is_number


def _things(found: Sequence[Word], terms: frozenset[str], language: str | None) -> frozenset[str]:
    """Names, and what an article, a preposition or a capital shows to be a thing."""
    is_headline = len(found) > 2 and all(word.is_capitalised or word.is_number for word in found)
    written = () if is_headline else found[1:]
    capitals = terms.intersection(word.folded for word in written if word.is_capitalised)
    if language == "de" and capitals:
        return capitals
    before = _BEFORE_THINGS.get(language or "en", frozenset())
    behind: list[str] = []
    is_inverted = is_thing = False
    for place, word in enumerate(found):
        if word.folded not in terms:
            is_thing = word.folded in before
            if word.folded in _INVERTING and not behind:
                is_inverted = place == 0 or found[0].folded not in ("who", "what")
        elif is_thing or word.is_number:
            behind.append(word.folded)
            is_thing = language not in _THING_FIRST
    last = found[-1].folded
    is_behind = len(found) > 1 and found[-2].folded in terms
    if is_inverted and is_behind and last in behind and last not in capitals:
        behind = [one for one in behind if one != last]
    return capitals.union(behind)


def _sought(word: str, language: str | None) -> Term | None:
    """The word as it is searched: with any ending, where it is long enough to be told from others."""
    found = tuple(lexemes(word))
    if len(found) != 1:
        return Term(words=found) if found else None
    plain, term = found[0], fold(stem(word, language))
    kept = 0
    while kept < min(len(plain), len(term)) and plain[kept] == term[kept]:
        kept += 1
    cut = plain[:kept] if kept >= _ENDINGS_FROM else plain
    return Term(words=(cut,), prefix=len(cut) >= _ENDINGS_FROM)


def searches(question: Question) -> tuple[Query, ...]:
    """Queries that may find the answer, the strictest first.

    All terms; what is asked about; all but one, pairs of these; any by its beginning, for words that are
    joined of several.
    """
    sought = question.sought
    things = [term for name, term in zip(question.terms, sought, strict=True) if name in question.things]
    sets: list[tuple[tuple[Term, ...], ...]] = [tuple((term,) for term in sought)]
    sets.append(tuple((term,) for term in things))
    if len(things) > 2:
        sets += [tuple((term,) for term in things if term is not left_out) for left_out in reversed(things)]
    if len(things) > 3:
        longest = sorted(things, key=lambda term: -len(" ".join(term.words)))[:3]
        sets += [tuple((term,) for term in pair) for pair in combinations(longest, 2)]
    sets.append((tuple(dict.fromkeys(map(_begun, things))),))
    return tuple(Query(text=question.text, wanted=wanted) for wanted in dict.fromkeys(sets))


def _begun(term: Term) -> Term:
    """The term by its first two thirds, where that is long enough to mean anything."""
    (*_, last) = term.words
    cut = max(_PART_FROM + 1, len(last) * 2 // 3)
    return Term(words=(last[:cut],), prefix=True) if term.prefix and cut < len(last) else term


def passages(question: Question, items: Iterable[Item], now: datetime) -> tuple[Passage, ...]:
    """The passages that answer best, the best first: one of an article, none that says what another says."""
    read = [_read(question, item) for item in items if item.duplicate_of is None]
    weights = _weights(question, [said for one in read for said in one.says])
    found = [best for one in read if (best := _best(question, one, weights, now)) is not None]
    least = _OF_BEST * max((share for share, _ in found), default=0.0)
    told = [passage for share, passage in found if share >= least]
    told.sort(key=lambda passage: (-passage.score, -passage.sort_at.timestamp(), passage.item_id))
    chosen: dict[str, Passage] = {}
    for passage in told:
        chosen.setdefault(normalise(" ".join(one.text for one in passage.sentences)), passage)
    return tuple(chosen.values())[:_TOLD]


# ── which words of the question a text has ──────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """An article's sentences, and how well each says the terms of the question, 0 to 1."""

    item: Item
    told: tuple[Gist, ...]
    says: tuple[Mapping[str, float], ...]
    #: the same of the title
    title: Gist | None
    titled: Mapping[str, float]


def _read(question: Question, item: Item) -> _Read:
    text = item.text or item.summary
    language = language_of(text or item.title, item.language)
    told = gists(sentences(item.id, text[:_READ], language)[:_SENTENCES], language)
    whole = Sentence(item_id=item.id, start=0, end=len(item.title), text=item.title)
    title = next(iter(gists([whole], language)), None) if item.title else None
    return _Read(
        item=item,
        told=told,
        says=tuple(_said(question, gist.terms, language) for gist in told),
        title=title,
        titled=_said(question, title.terms if title is not None else (), language),
    )


def _said(question: Question, terms: Iterable[str], language: str | None) -> Mapping[str, float]:
    best: dict[str, float] = {}
    for said in terms:
        for term in question.terms:
            degree = _sameness(term, said, question.language, language)
            if degree > best.get(term, 0.0):
                best[term] = degree
    return best


@lru_cache(maxsize=65_536)
def _sameness(asked: str, said: str, question: str | None, language: str | None) -> float:
    """How far a text's term is the question's word: 1 its other forms, less where one is joined of both."""
    forms = _forms(asked, question, language)
    plain = fold(said)
    if plain in forms:
        return 1.0
    if not (plain.isalpha() and asked.isalpha()):
        return 0.0
    best = 0.0
    for form in forms:
        short, long = sorted((form, plain), key=len)
        begins = long.startswith(short)
        enough = _SAME_FROM_EN if language == "en" else _SAME_FROM
        if begins and len(short) >= enough and len(long) - len(short) <= _MAY_FOLLOW:
            best = max(best, 0.9)
        elif language in _JOINING and len(short) >= _PART_FROM and (begins or long.endswith(short)):
            best = max(best, _OF_WHOLE if long == plain else _OF_PART)
    return best


@lru_cache(maxsize=1_024)
def _forms(asked: str, *languages: str | None) -> tuple[str, ...]:
    """A word without endings as each of the languages has them."""
    return tuple(dict.fromkeys([fold(asked), *(fold(stem(asked, one)) for one in languages)]))


def _weights(question: Question, says: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """What each term counts: rare ones of what was found more, up to twice; verbs less than things."""
    counts = Counter(term for said in says for term in said)
    rare = {term: log(2 + len(says) / (1 + counts[term])) for term in question.terms}
    most = max(rare.values())
    return {
        term: (1.0 if term in question.things else _VERB) * (0.5 + 0.5 * value / most)
        for term, value in rare.items()
    }


# ── which passage answers ────────────────────────────────────────────────────────────────────


def _best(
    question: Question, read: _Read, weights: Mapping[str, float], now: datetime
) -> tuple[float, Passage] | None:
    """The share of the question that the article's best passage holds, and the passage."""
    item, told = read.item, read.told
    recent = _RECENT * 0.5 ** (max(timedelta(), now - item.sort_at) / _HALF)
    found: list[tuple[float, float, bool, tuple[Gist, ...]]] = []
    for start in range(len(told)):
        if not read.says[start]:
            continue  # one that begins with what is asked about is no worse
        for size in range(1, min(_LONGEST, len(told) - start) + 1):
            window, said = told[start : start + size], read.says[start : start + size]
            if (scored := _score(question, window, said, read.titled, weights)) is not None:
                found.append((*scored, False, window))
    if read.title is not None and (
        scored := _score(question, (read.title,), (read.titled,), read.titled, weights)
    ):
        found.append((scored[0] - _TITLE, scored[1], True, (read.title,)))
    if not found:
        return None
    score, share, is_title, window = max(found, key=lambda each: each[0])
    return share, Passage(
        item_id=item.id,
        outlet=item.outlet,
        title=item.title,
        url=item.url,
        sort_at=item.sort_at,
        sentences=tuple(gist.sentence for gist in window),
        score=round(score + recent, 4),
        is_title=is_title,
    )


def _score(
    question: Question,
    window: Sequence[Gist],
    says: Sequence[Mapping[str, float]],
    titled: Mapping[str, float],
    weights: Mapping[str, float],
) -> tuple[float, float] | None:
    """Its score, and the share of the question that it holds; None where that is not enough."""
    own = {term: max(said.get(term, 0.0) for said in says) for term in weights}
    whole = sum(weights.values())
    held = sum(weight * own[term] for term, weight in weights.items())
    lent = sum(
        weight * _OF_TITLE * max(0.0, titled.get(term, 0.0) - own[term]) for term, weight in weights.items()
    )
    share = (held + lent) / whole
    if not held or share < _LEAST or any(is_boilerplate(gist.sentence.text) for gist in window):
        return None
    holding = [said for gist, said in zip(window, says, strict=True) if _holds(question, gist)]
    is_told = all(own[term] or titled.get(term) for term in weights)
    if not (is_told or any(holding) or question.kind == "what"):
        return None  # neither what was done nor, of the same thing, what is asked for
    score = share + (_KIND if holding else 0.0) - _LENGTH * (len(window) - 1)
    return score - (_LEANING if leans(window[0].sentence.text) else 0.0), share


def _holds(question: Question, gist: Gist) -> bool:
    """Whether a sentence holds the kind of thing that is asked for, besides what the question says itself."""
    text = gist.sentence.text
    match question.kind:
        case "who":
            return any(
                not any(_sameness(term, name, question.language, gist.language) for term in question.terms)
                for name in gist.names
            )
        case "how many":
            return bool(gist.numbers - set(question.terms))
        case "when":
            return bool(_DAY.search(text)) or any(month_of(word) for word in normalise(text).split())
        case "where":
            return bool(_AT.search(text))
        case "why":
            return bool(_BECAUSE.search(text))
        case _:
            return False
