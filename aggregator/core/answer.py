"""What does a question ask, which searches may find it, and which passages hold the answer?

A passage is one to three sentences of one article. It answers the better, the more of the question's terms it
has, rare ones first, the fewer words it needs for that, if it holds what the question asks for (a name, a
number, a date), and the younger it is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from math import log
from typing import Final, Literal

from aggregator.core.gist import Gist, content_terms, gists, is_boilerplate, leans
from aggregator.core.lexemes import lexemes
from aggregator.core.months import month_of
from aggregator.core.query import Query, Term
from aggregator.core.sentences import sentences
from aggregator.core.similar import normalise
from aggregator.core.words import language_of, stem, words
from aggregator.errors import UsageError
from aggregator.model import Item
from aggregator.model.stories import Passage

Kind = Literal["who", "when", "where", "how many", "why", "what"]

#: terms of a question that count, and letters of a word that its endings may be left off
_TERMS, _ENDINGS_FROM = 8, 4
#: sentences and characters of an article that are looked at, and sentences of a passage
_SENTENCES, _READ, _LONGEST = 60, 16_000, 3
#: passages that are told, and how much of the question one must hold
_TOLD, _LEAST = 5, 0.5
#: what the title has, the sentence speaks of without saying it
_OF_TITLE = 0.6
_KIND, _RECENT, _LENGTH, _LEANING = 0.3, 0.12, 0.04, 0.1
_HALF = timedelta(days=7)

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
#: words of a question that ask, and tell nothing of what is asked about
_EMPTY: Final = frozenset(
    " ".join(
        (
            "who whom whose when where why how what which many much old long far wer wen wem wann wo",
            "warum wie viele welche welcher welches was qui quand où pourquoi combien comment quel",
            "quelle quién cuándo dónde cuánto cuántos qué cómo chi quando dove perché quanto кто",
            "когда где почему сколько что как happened happen did does do tell say says said there",
        )
    ).split()
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
    #: its terms without endings, in their order; and each as it is searched
    terms: tuple[str, ...]
    sought: tuple[Term, ...]


def understood(text: str) -> Question:
    """The question; UsageError where there is no word in it to look for."""
    language = language_of(text)
    found: dict[str, Term] = {}
    wanted = [word.folded for word in words(text) if word.folded not in _EMPTY]
    telling = set(content_terms(text, language))
    for word in wanted:
        term = stem(word, language)
        if term in telling and (sought := _sought(word, term)):
            found.setdefault(term, sought)
    if not found:  # "Who are the Who?"
        found = {word: sought for word in wanted if (sought := _sought(word, word))}
    if not found:
        raise UsageError(
            f"ask: {text!r} holds no word to look for; ask as in: who won the election in Bahrain"
        )
    terms = tuple(found)[:_TERMS]
    return Question(
        text=text,
        kind=next((kind for kind, asking in _KINDS if asking.search(text)), "what"),
        language=language,
        terms=terms,
        sought=tuple(found[term] for term in terms),
    )


def _sought(word: str, term: str) -> Term | None:
    """The word as it is searched: with any ending, where it is long enough to be told from others."""
    kept = 0
    while kept < min(len(word), len(term)) and word[kept] == term[kept]:
        kept += 1
    cut = word[:kept] if kept >= _ENDINGS_FROM else word
    found = tuple(lexemes(cut))
    return Term(words=found, prefix=len(cut) >= _ENDINGS_FROM and len(found) == 1) if found else None


def searches(question: Question) -> tuple[Query, ...]:
    """Queries that may find the answer, the strictest first: all terms, all but one, pairs, any."""
    sought = question.sought
    sets: list[tuple[tuple[Term, ...], ...]] = [tuple((term,) for term in sought)]
    if len(sought) > 2:
        sets += [tuple((term,) for term in sought if term is not left_out) for left_out in reversed(sought)]
    if len(sought) > 3:
        longest = sorted(sought, key=lambda term: -len(" ".join(term.words)))[:3]
        sets += [tuple((term,) for term in pair) for pair in combinations(longest, 2)]
    if len(sought) > 1:
        sets.append((sought,))
    return tuple(Query(text=question.text, wanted=wanted) for wanted in dict.fromkeys(sets))


def passages(question: Question, items: Iterable[Item], now: datetime) -> tuple[Passage, ...]:
    """The passages that answer best, the best first: one of an article, none that says what another says."""
    read = [(item, _told(item)) for item in items if item.duplicate_of is None]
    weights = _weights(question, [gist for _, told in read for gist in told])
    found = [best for item, told in read if (best := _best(question, item, told, weights, now)) is not None]
    found.sort(key=lambda passage: (-passage.score, -passage.sort_at.timestamp(), passage.item_id))
    chosen: dict[str, Passage] = {}
    for passage in found:
        chosen.setdefault(normalise(" ".join(one.text for one in passage.sentences)), passage)
    return tuple(chosen.values())[:_TOLD]


def _told(item: Item) -> tuple[Gist, ...]:
    text = item.text or item.summary
    language = language_of(text, item.language)
    return gists(sentences(item.id, text[:_READ], language)[:_SENTENCES], language)


def _weights(question: Question, told: Sequence[Gist]) -> Mapping[str, float]:
    """Rare terms of what was found say more."""
    counts = Counter(term for gist in told for term in question.terms if term in gist.terms)
    return {term: log(2 + len(told) / (1 + counts[term])) for term in question.terms}


def _best(
    question: Question, item: Item, told: Sequence[Gist], weights: Mapping[str, float], now: datetime
) -> Passage | None:
    title = frozenset(content_terms(item.title, language_of(item.title, item.language)))
    recent = _RECENT * 0.5 ** (max(timedelta(), now - item.sort_at) / _HALF)
    best: tuple[float, int, int] | None = None
    for start in range(len(told)):
        for size in range(1, min(_LONGEST, len(told) - start) + 1):
            score = _score(question, told[start : start + size], title, weights)
            if score is not None and (best is None or score > best[0]):
                best = score, start, size
    if best is None:
        return None
    score, start, size = best
    return Passage(
        item_id=item.id,
        outlet=item.outlet,
        title=item.title,
        url=item.url,
        sort_at=item.sort_at,
        sentences=tuple(gist.sentence for gist in told[start : start + size]),
        score=round(score + recent, 4),
    )


def _score(
    question: Question, window: Sequence[Gist], title: frozenset[str], weights: Mapping[str, float]
) -> float | None:
    """None where the sentences do not hold enough of the question."""
    said = {term for gist in window for term in gist.terms}
    whole = sum(weights.values())
    own = sum(weight for term, weight in weights.items() if term in said)
    lent = sum(weight for term, weight in weights.items() if term in title and term not in said)
    share = (own + _OF_TITLE * lent) / whole
    if not own or share < _LEAST or any(is_boilerplate(gist.sentence.text) for gist in window):
        return None
    kind = _KIND if any(_holds(question, gist) for gist in window) else 0.0
    return share + kind - _LENGTH * (len(window) - 1) - (_LEANING if leans(window[0].sentence.text) else 0.0)


def _holds(question: Question, gist: Gist) -> bool:
    """Whether a sentence holds the kind of thing that is asked for, besides what the question says itself."""
    text = gist.sentence.text
    match question.kind:
        case "who":
            return any(stem(name, question.language) not in question.terms for name in gist.names)
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
