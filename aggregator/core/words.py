"""Which words does a text consist of, of which language, and which of them say anything?"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

import justext
import Stemmer

from aggregator.core.months import month_of

#: language: its stop list's name at jusText, its stemmer's at Snowball ("" where there is none)
_LANGUAGES: Final[dict[str, tuple[str, str]]] = {
    "af": ("Afrikaans", ""),
    "ar": ("Arabic", "arabic"),
    "az": ("Azerbaijani", ""),
    "be": ("Belarusian", ""),
    "bg": ("Bulgarian", ""),
    "bn": ("Bengali", ""),
    "bs": ("Bosnian", "serbian"),
    "ca": ("Catalan", "catalan"),
    "cs": ("Czech", "czech"),
    "cy": ("Welsh", ""),
    "da": ("Danish", "danish"),
    "de": ("German", "german"),
    "el": ("Greek", "greek"),
    "en": ("English", "english"),
    "eo": ("Esperanto", "esperanto"),
    "es": ("Spanish", "spanish"),
    "et": ("Estonian", "estonian"),
    "eu": ("Basque", "basque"),
    "fa": ("Persian", "persian"),
    "fi": ("Finnish", "finnish"),
    "fr": ("French", "french"),
    "ga": ("Irish", "irish"),
    "gl": ("Galician", ""),
    "gu": ("Gujarati", ""),
    "he": ("Hebrew", ""),
    "hi": ("Hindi", "hindi"),
    "hr": ("Croatian", "serbian"),
    "hu": ("Hungarian", "hungarian"),
    "hy": ("Armenian", "armenian"),
    "id": ("Indonesian", "indonesian"),
    "is": ("Icelandic", ""),
    "it": ("Italian", "italian"),
    "ka": ("Georgian", ""),
    "kk": ("Kazakh", ""),
    "ko": ("Korean", ""),
    "lt": ("Lithuanian", "lithuanian"),
    "lv": ("Latvian", ""),
    "mk": ("Macedonian", ""),
    "ml": ("Malayalam", ""),
    "mr": ("Marathi", ""),
    "ms": ("Malay", ""),
    "nb": ("Norwegian_Bokmal", "norwegian"),
    "ne": ("Nepali", "nepali"),
    "nl": ("Dutch", "dutch"),
    "nn": ("Norwegian_Nynorsk", "norwegian"),
    "no": ("Norwegian_Bokmal", "norwegian"),
    "pl": ("Polish", "polish"),
    "pt": ("Portuguese", "portuguese"),
    "ro": ("Romanian", "romanian"),
    "ru": ("Russian", "russian"),
    "sk": ("Slovak", ""),
    "sl": ("Slovenian", ""),
    "sq": ("Albanian", ""),
    "sr": ("Serbian", "serbian"),
    "sv": ("Swedish", "swedish"),
    "sw": ("Swahili", ""),
    "ta": ("Tamil", "tamil"),
    "te": ("Telugu", ""),
    "tl": ("Tagalog", ""),
    "tr": ("Turkish", "turkish"),
    "uk": ("Ukrainian", ""),
    "ur": ("Urdu", ""),
    "uz": ("Uzbek", ""),
    "vi": ("Vietnamese", ""),
    "yi": ("", "yiddish"),
}
#: languages of a script that several share, those that a guess chooses between
_GUESSED: Final[dict[str, tuple[str, ...]]] = {
    "Latn": (
        *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs"),
        *("sk", "hu", "ro", "hr", "sl", "tr", "id", "vi", "ca", "et", "lv", "lt", "sq"),
    ),
    "Cyrl": ("ru", "uk", "bg", "sr", "mk", "be", "kk"),
    "Arab": ("ar", "fa", "ur"),
    "Deva": ("hi", "mr", "ne"),
}
#: scripts that one language of the news is written in
_OF_SCRIPT: Final[dict[str, str]] = {
    "Grek": "el",
    "Hebr": "he",
    "Hang": "ko",
    "Kana": "ja",
    "Hani": "zh",
    "Thai": "th",
    "Geor": "ka",
    "Armn": "hy",
    "Beng": "bn",
    "Gujr": "gu",
    "Taml": "ta",
    "Telu": "te",
    "Mlym": "ml",
}
#: languages that are written otherwise than in Latin letters; what is missing here is believed of any text
_SCRIPTS: Final[dict[str, frozenset[str]]] = {
    **{code: frozenset({script}) for script, code in _OF_SCRIPT.items()},
    **{code: frozenset({"Latn"}) for code in _GUESSED["Latn"]},
    **{code: frozenset({"Cyrl"}) for code in ("ru", "uk", "bg", "mk", "be")},
    **{code: frozenset({"Arab"}) for code in _GUESSED["Arab"]},
    **{code: frozenset({"Deva"}) for code in _GUESSED["Deva"]},
    "sr": frozenset({"Cyrl", "Latn"}),
    "ja": frozenset({"Kana", "Hani"}),
    "ko": frozenset({"Hang", "Hani"}),
}
#: the beginning of a letter's name in Unicode -> its script
_LETTERS: Final[dict[str, str]] = {
    "LATIN": "Latn",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "ARABIC": "Arab",
    "HEBREW": "Hebr",
    "DEVANAGARI": "Deva",
    "HANGUL": "Hang",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "CJK": "Hani",
    "THAI": "Thai",
    "GEORGIAN": "Geor",
    "ARMENIAN": "Armn",
    "BENGALI": "Beng",
    "GUJARATI": "Gujr",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "MALAYALAM": "Mlym",
}
#: scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_WORD: Final = re.compile(
    rf"(?P<run>[{_UNSPACED}]+)|(?:(?![{_UNSPACED}])[^\W_])(?:(?![{_UNSPACED}])\w|[\u0300-\u036f]"
    rf"|[.,](?=\d)(?<=\d[.,])|['’](?=[^\W_])|\.(?=[^\W\d_]\b)|&(?=[^\W_]))*"
)
_POSSESSIVE: Final = re.compile(r"['’](?:s|S)?$")
_ELISION: Final = re.compile(r"^(?:[cdjlmnst]|qu|dell|all|nell|sull|un)['’](?=\w)", re.IGNORECASE)
_HIRAGANA: Final = re.compile("[\u3040-\u309f]")
_DAY_OR_YEAR: Final = re.compile(r"(?:19|20)\d\d|[0-3]?\d")
#: letters that are looked at for a script, and words for a language
_LETTERS_READ: Final = 200
_WORDS_READ: Final = 60
#: what speaks for a language before it is believed (of a word that n languages have, 1/n), and how far
#: it is ahead of the next
_EVIDENCE: Final = 0.3
_AHEAD: Final = 1.3
#: a list of more words is one of frequent words: those of so few letters are stop words
_LIST: Final = 800
_SHORT: Final = 5
#: words of a usual stop list
_USUAL: Final = 250
#: what speaks for another language before the stated one is not believed
_CONTRADICTION: Final = 3.0


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands. In scripts without spaces, two characters."""

    #: as written, without possessive
    text: str
    #: its case folded
    folded: str
    start: int
    #: what parts it from the word before: "" for spaces and quotes, else "."
    before: str

    @property
    def is_capitalised(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0] != self.folded[0] or self.text[0].isupper()

    @property
    def is_number(self) -> bool:
        """Whether it begins with a digit."""
        return self.text[0].isdecimal()


def words(text: str) -> list[Word]:
    """The words of a text in order, compatibility forms unified; places are those of the unified text."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return list(_words(plain))


def _first_words(text: str) -> list[Word]:
    """As many as tell the language."""
    return list(islice(_words(text if text.isascii() else unicodedata.normalize("NFKC", text)), _WORDS_READ))


def _words(plain: str) -> Iterator[Word]:
    end = 0
    for found in _WORD.finditer(plain):
        between = plain[end : found.start()]
        end = found.end()
        mark = "" if between.strip(" \t-–‐'’\"“”") == "" else "."
        if found.lastgroup == "run":
            yield from _characters(found.group(), found.start())
            continue
        written = found.group()
        if "'" in written or "’" in written:
            written = _POSSESSIVE.sub("", _ELISION.sub("", written)) or written
        if "." in written and not written[0].isdecimal():
            written = written.replace(".", "")
        if written:
            yield Word(written, written.casefold(), found.start(), mark)


def _characters(run: str, start: int) -> Iterator[Word]:
    """Each two neighbours, of alphabets each four: hiragana between them is grammar."""
    width = 2 if run[0] >= "\u3000" else 4
    for place in range(max(1, len(run) - width + 1)):
        piece = run[place : place + width]
        if not _HIRAGANA.search(piece):
            yield Word(piece, piece, start + place, ".")


# ── what says something ─────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=128)
def stop_words(language: str | None) -> frozenset[str]:
    """The words of a language that are in every text, folded; none where the language is not known.

    Some of the lists hold thousands of frequent words ("president", in Russian): of those the short ones.
    """
    name = _LANGUAGES.get(language or "", ("", ""))[0]
    listed = frozenset(word.casefold() for word in justext.get_stoplist(name)) if name else frozenset()
    return listed if len(listed) <= _LIST else frozenset(word for word in listed if len(word) <= _SHORT)


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Callable[[str], str] | None:
    name = _LANGUAGES.get(language, ("", ""))[1]
    if not name:
        return None
    stemmed: Callable[[str], str] = Stemmer.Stemmer(name).stemWord
    return stemmed


@lru_cache(maxsize=65_536)  # the words of the news recur
def stem(folded: str, language: str | None) -> str:
    """The word without its endings, where its language has a stemmer; else the word."""
    if language is None or folded[0].isdecimal():
        return folded
    cut = _stemmer(language)
    return folded if cut is None else cut(folded)


def without_dates(found: Sequence[Word]) -> list[Word]:
    """The words that are no part of a date: no day, no year, no month beside one of these."""
    days = [bool(_DAY_OR_YEAR.fullmatch(word.folded)) for word in found]
    kept = []
    for place, word in enumerate(found):
        beside = any(days[max(0, place - 1) : place + 2])
        if not (days[place] or (beside and word.text[0].isalpha() and month_of(word.folded) is not None)):
            kept.append(word)
    return kept


def is_significant(word: Word, language: str | None) -> bool:
    """Whether a word tells what a text is about: no stop word and no single letter.

    An abbreviation in capitals ("US", "IT") is none of the stop words that it looks like.
    """
    folded = word.folded
    if folded in stop_words(language):
        return len(folded) > 1 and word.text.isupper() and not word.is_number
    return len(folded) > 1 or not folded.isascii()


# ── languages ───────────────────────────────────────────────────────────────────────────────


def base_language(stated: str | None) -> str | None:
    """ "en" of "en-GB", "EN_us"; None for nothing and for codes that name no language (BCP 47, "und")."""
    code = (stated or "").strip().replace("_", "-").split("-")[0].casefold()
    return code if code.isalpha() and 2 <= len(code) <= 3 and code not in ("und", "mul", "zxx") else None


@lru_cache(maxsize=4096)
def _letter_script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return _LETTERS.get(name.split(" ", 1)[0].split("-", 1)[0], "")


def script_of(text: str) -> str:
    """The script of most letters: "Latn", "Cyrl"; "" where there are none. Japanese is "Kana"."""
    if text.isascii():
        return "Latn" if any(map(str.isalpha, text)) else ""
    letters = [letter for letter in text[: 4 * _LETTERS_READ] if letter.isalpha()][:_LETTERS_READ]
    counts = Counter(map(_letter_script, letters))
    if counts["Kana"] and counts["Kana"] * 10 >= counts["Hani"]:
        counts["Kana"] += counts.pop("Hani", 0)
    counts.pop("", None)
    return max(sorted(counts), key=lambda one: counts[one]) if counts else ""


@lru_cache(maxsize=8)
def _speaking_for(script: str) -> dict[str, tuple[str, ...]]:
    """Stop words of the script's languages: which have them."""
    having: dict[str, list[str]] = {}
    for language in _GUESSED.get(script, ()):
        for word in stop_words(language):
            having.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in having.items()}


def language_of(text: str, stated: str | None = None) -> str | None:
    """The language of a text: the stated one unless the text contradicts it, else the likeliest one.

    A script that the language is not written in contradicts it, and so do several words that only
    another language has. None where nothing is stated and nothing speaks for any.
    """
    told = base_language(stated)
    script = script_of(text)
    if told is not None and script and script not in _SCRIPTS.get(told, {script}):
        told = None
    if script in _OF_SCRIPT:
        return told or _OF_SCRIPT[script]
    found, evidence, spoken = _guess(_first_words(text[:1000]), script, told)
    if told is None:
        return found
    return found if found is not None and evidence >= _CONTRADICTION and not spoken else told


def _guess(found: Sequence[Word], script: str, told: str | None) -> tuple[str | None, float, float]:
    """The likeliest language, what speaks for it, and what speaks for the one that is stated."""
    speaking = _speaking_for(script)
    scores: dict[str, float] = {}
    for folded in {word.folded for word in found}:
        languages = speaking.get(folded, ())
        for language in languages:
            # Some lists are long: their words say less.
            weight = min(1.0, _USUAL / len(stop_words(language))) / len(languages)
            scores[language] = scores.get(language, 0.0) + weight
    ranked = sorted(scores, key=lambda one: (-scores[one], one))
    if not ranked:
        return None, 0.0, 0.0
    best = scores[ranked[0]]
    ahead = len(ranked) == 1 or best >= _AHEAD * scores[ranked[1]]
    return (ranked[0] if best >= _EVIDENCE and ahead else None), best, scores.get(told or "", 0.0)
