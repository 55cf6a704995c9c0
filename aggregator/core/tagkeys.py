"""What do the spellings of one tag have in common? "Oil prices", "#OilPrice" and "oil-price" are one tag."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: combining marks of Latin, Greek and Cyrillic, and the vowel points that Arabic and Hebrew leave out mostly;
#: not those of Indic scripts and kana, which are letters
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u0652\u0640]")
#: letters that are no letter with a mark for Unicode, but are written without by many
_PLAIN: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
#: the vowel signs of Indic scripts and Thai are no letters for Python
_WORD = re.compile(
    r"[^\W_](?:[^\W_]|[\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u0f71-\u109f\u17b4-\u17d3])*"
)
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_DOTTED_END = re.compile(r"\b((?:[^\W\d_]\.)+[^\W\d_])\b")
LONGEST_KEY: Final = 80


@lru_cache(maxsize=20_000)
def key_of(label: str) -> str:
    """The key of a tag: equal for spellings of one; "" when there is no letter or digit in it."""
    if label.isascii() and label.isalpha() and label.islower():
        return _singular(label)[:LONGEST_KEY]
    text = _DOTTED.sub(_without_dots, label)
    text = _DOTTED_END.sub(_without_dots, text)
    text = _CAMEL.sub(" ", text) if not text.isupper() else text
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    text = unicodedata.normalize("NFC", _MARKS.sub("", text)).translate(_PLAIN).replace("’", "'")
    text = re.sub(r"'s?\b", "", text)
    return "".join(map(_singular, _WORD.findall(text)))[:LONGEST_KEY]


def _without_dots(match: re.Match[str]) -> str:
    return match.group().replace(".", "")


def _singular(word: str) -> str:
    """Without the plural's s of English and its neighbours; what is no plural loses it everywhere alike."""
    if len(word) < 4 or not word.endswith("s") or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def split(label: str) -> tuple[str, ...]:
    """The words of a tag, also of one that is written without spaces: "OilPrice"."""
    return tuple(_WORD.findall(label if label.isupper() else _CAMEL.sub(" ", label)))


def camel(text: str) -> str:
    """A tag as it stands behind "#": "OilPrice" for "oil price"; as written where that were another tag."""
    parts = _WORD.findall(
        _without_apostrophes(_DOTTED_END.sub(_without_dots, _DOTTED.sub(_without_dots, text)))
    )
    made = "".join([part[:1].upper() + part[1:] for part in parts])
    return made if made and key_of(made) == key_of(text) else " ".join(text.split())


def _without_apostrophes(text: str) -> str:
    return text.replace("'", "").replace("’", "")
