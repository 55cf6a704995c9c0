"""What is a sentence about, and can it stand alone?

Its terms are words without their endings; words that every text has are left out. Alone stands what has a
stop, names whom it speaks of, and says who is quoted.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from aggregator.core.extract.phrases import is_attribution
from aggregator.core.months import month_of
from aggregator.core.sentences import is_whole
from aggregator.core.similar import spaced_words
from aggregator.core.words import is_significant, stem, stop_words, words
from aggregator.model.stories import Sentence

#: a number as it is written, without the marks between thousands; "2.5" and "2,5" stay two
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:[., \u00a0\u202f]\d{3})+(?!\w)|(?<![\w])\d+(?:[.,]\d+)?")
#: a word with a capital that is not the first of its sentence
_NAME = re.compile(r"(?<=[\w,;:)»”\"] )[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐ][\w’'-]*[\w]")
_SPACE = re.compile(r"\s+")

_OPEN = "“„«‹「『"
_CLOSE = "”»›」』"
#: what quotation marks enclose
_SAID = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|「[^」]*」|『[^』]*』|\"[^\"]*\"|‘[^’]{12,}’")
_LETTERS = re.compile(r"[^\W\d_]+")

#: a sentence that begins so goes on with one before it
_LEANING = frozenset(
    " ".join(
        (
            "he she it they his her hers their its him them this that these those but and or so",
            "however moreover meanwhile then thus therefore instead nevertheless nonetheless",
            "furthermore additionally also yet still such both here later earlier otherwise likewise",
            "similarly hence besides afterwards er sie dies diese dieser dieses sein seine ihr ihre",
            "ihnen ihm aber doch und auch dabei damit dafür dazu deshalb daher denn dort außerdem",
            "zudem allerdings jedoch dennoch trotzdem dann il elle ils elles ce cela cette ces cet",
            "son sa ses leur leurs mais aussi ainsi pourtant cependant él ella ellos ellas esto este",
            "esta estos estas eso ese esa pero también además así sin su sus lui lei essi ma anche",
            "questo questa questi queste inoltre però così ele ela eles elas mas também isso isto",
            "além assim hij zij ze maar ook dit deze daarom toch han hon hun men också også detta",
            "dette denne oni on ona jego jej ich ale także jednak to ten ta onen však také proto он",
            "она они оно это эта этот эти его её их но также однако при затем він вона вони це цей ця",
            "але також αυτός αυτή αυτό αυτοί όμως αλλά وهو وهي وهذا وهذه لكن ولكن كما وأضاف وقال",
            "وتابع वह यह वे लेकिन उन्होंने इस",
        )
    ).split()
)
#: the same where no space follows words
_LEANING_SCRIPTS = (
    "他",
    "她",
    "它",
    "但",
    "而",
    "这",
    "這",
    "此",
    "その",
    "それ",
    "これ",
    "しかし",
    "また",
    "彼",
)

#: what no article says of its matter
_BOILERPLATE = re.compile(
    r"https?://|www\.|\S@\S+\.\w|©|\ball rights reserved\b|\bnewsletter|\bcookies?\b|\bsubscri(?:be|bers )|"
    r"\b(?:click|tap) (?:here|on)\b|\bread (?:more|also|the full)\b|\bfollow us\b|\bsign(?:ed)? up\b|"
    r"\bwhatsapp\b|\b(?:reporting|editing|writing|additional reporting) by\b|"
    r"\b(?:photo|image|picture|foto)(?:graph)?s? ?(?:by|:|/)|\bthe post .{1,200} appeared\b|"
    r"\bthis (?:article|story|post|page) (?:is|was|has|may|contains|originally|first)\b|"
    r"\b(?:listen to|watch) (?:this|the|our)\b|\bdownload\b.{0,30}\bapp\b|\badvertisement\b|\baffiliate\b|"
    r"\bleave a comment\b|\bcontact (?:us|the author)\b|\babonn(?:ieren|ez|é|ement)|\bsuscr[ií]b|\bassine\b|"
    r"\bлайк|\bподписывайт|\bподпишитесь|\bпідписуйт|\bперепечатк|著作権|無断転載|版权|版權|转载|轉載|点击|點擊",
    re.IGNORECASE,
)

#: in small letters, what holds whatever the pattern finds: each of its branches has one of these
_OF_BOILERPLATE = (
    *("http", "www.", "@", "©", "all rights reserved", "newsletter", "cookie", "subscri", "click ", "tap "),
    *("read more", "read also", "read the full", "follow us", "sign up", "signed up", "whatsapp", "ing by"),
    *("photo", "image", "picture", "foto", "the post ", "this article ", "this story ", "this post "),
    *("this page ", "listen to ", "watch this", "watch the", "watch our", "download", "advertisement"),
    *("affiliate", "leave a comment", "contact us", "contact the author", "abonn", "suscr", "assine"),
    *("лайк", "подпи", "підпису", "перепечатк", "著作権", "無断転載", "版權", "版权", "转载", "轉載"),
    *("点击", "點擊"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """A sentence and what it is about."""

    sentence: Sentence
    #: its place in the text, from 0
    place: int
    language: str | None
    #: in their order, each once
    terms: tuple[str, ...]
    #: as digits: "12", "1500"
    numbers: frozenset[str]
    #: folded words that are written with a capital within the sentence
    names: frozenset[str]


def gists(sentences: Iterable[Sentence], language: str | None) -> tuple[Gist, ...]:
    """What each sentence is about; ``language`` is that of all of them, as in "en"."""
    return tuple(
        Gist(
            sentence=sentence,
            place=place,
            language=language,
            terms=tuple(dict.fromkeys(content_terms(sentence.text, language))),
            numbers=numbers(sentence.text),
            names=frozenset(name.casefold() for name in _NAME.findall(sentence.text)),
        )
        for place, sentence in enumerate(sentences)
    )


#: where words have no spaces between them, or may be joined: Thai, kana, Han, ...
_BEYOND = re.compile("[\u0e00-\u109f\u1780-\u17ff\u3040-\u9fff\uf900-\ufaff]")


def content_terms(text: str, language: str | None) -> tuple[str, ...]:
    """The words of a text without endings, and without those that every text has."""
    if _BEYOND.search(text):
        return tuple(stem(word.folded, language) for word in words(text) if is_significant(word, language))
    # the same for scripts with spaces, many times as fast
    return tuple(filter(None, map(_terms_of(language).__getitem__, spaced_words(text))))


class _Terms(dict[str, str]):
    """Each word's term, "" for words that every text has: the words of the news recur."""

    __slots__ = ("_language", "_stop")

    def __init__(self, language: str | None) -> None:
        super().__init__()
        self._language = language
        self._stop = stop_words(language)

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_TERMS:
            self.clear()
        self[word] = "" if word in self._stop or len(word) < 2 else stem(word, self._language)
        return self[word]


#: words of a language that are kept with their terms
_MOST_TERMS = 50_000
_terms_of = lru_cache(maxsize=8)(_Terms)


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text, without the marks between thousands."""
    return frozenset(_plain_number(found[0]) for found in _NUMBER.finditer(text))


#: what is counted stands so near behind its number
_BEHIND = 30
_STOPPED = re.compile(r"[,.;:!?()\d\n]")


def numbers_of(text: str, language: str | None) -> Mapping[str, frozenset[str]]:
    """What is counted, with its numbers: "12 people dead" -> {"peopl": {"12"}}; no years, days and times."""
    found: dict[str, set[str]] = {}
    for match in _NUMBER.finditer(text):
        number = _plain_number(match[0])
        behind = text[match.end() : match.end() + _BEHIND]
        word = _LETTERS.search(behind)
        if word is None or _is_date(number, word[0]) or behind[:1] == ":":
            continue
        counted = _STOPPED.split(behind)[0]
        unit = next(iter(content_terms(counted, language)), stem(word[0].casefold(), language))
        found.setdefault(unit, set()).add(number)
    return {unit: frozenset(those) for unit, those in found.items()}


def _is_date(number: str, behind: str) -> bool:
    return month_of(behind.casefold()) is not None or (len(number) == 4 and number.startswith(("19", "20")))


def _plain_number(number: str) -> str:
    digits = re.split(r"[., \u00a0\u202f]", number)
    if len(digits) > 1 and all(len(part) == 3 for part in digits[1:]):
        return "".join(digits)
    return number


def one_line(text: str) -> str:
    """The sentence as it is shown: without the line breaks inside."""
    return _SPACE.sub(" ", text)


def stands_alone(sentence: str) -> bool:
    """Whether a reader understands it who has not read what stands before it."""
    return (
        is_whole(sentence)
        and sentence.rstrip("\"'”’»)」")[-1:] not in "?؟？"
        and not leans(sentence)
        and not is_mere_quote(sentence)
        and not is_boilerplate(sentence)
    )


def leans(sentence: str) -> bool:
    """Whether it begins with a word that points back: "He", "However", "This"."""
    first = _LETTERS.search(sentence)
    return first is not None and (
        first[0].casefold() in _LEANING or first[0].startswith(_LEANING_SCRIPTS) or first[0][0].islower()
    )


def is_mere_quote(sentence: str) -> bool:
    """Whether it is what somebody said, without who did; or a part of that."""
    if sentence.count('"') % 2 or any(
        (mark in sentence) != (end in sentence)
        for mark, end in zip(_OPEN, _CLOSE, strict=False)
        if mark != "„"
    ):
        return True
    outside = len(_LETTERS.findall(_SAID.sub(" ", sentence)))
    return outside < 2 and outside < len(_LETTERS.findall(sentence))


def is_boilerplate(sentence: str) -> bool:
    """Whether it speaks of the outlet and its page rather than of the article's matter."""
    folded = sentence.casefold()
    # twenty times as fast as the pattern, which few sentences are worth
    may_be = any(map(folded.__contains__, _OF_BOILERPLATE))
    return (may_be and _BOILERPLATE.search(sentence) is not None) or is_attribution(sentence)
