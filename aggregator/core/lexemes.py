"""What the search sees as words: the same for both databases, for what is stored and for what is asked.

Case, accents and compatibility forms make no difference (``Élection``, ``ELECTION``, full width letters).
Scripts that put no blanks between words (Chinese, Japanese, Thai, Khmer …) give their pairs of neighbours,
so that every part of a run is found; the last sign of a run stands alone as well, which makes a single sign
the beginning of some word wherever it stands.
"""

import re
import unicodedata

#: characters of a field that are looked at; a database of many holds few that are longer
LONGEST_FIELD = 150_000
#: longer words are cut: addresses, and runs that no person types
_LONGEST_WORD = 64

#: marks that readers leave out when they type: accents, points of Hebrew and Arabic. The vowel signs of Indic
#: scripts are none of these: without them other words remain.
_LEFT_OUT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f]"
)
#: letters that no decomposition leads back to what people type for them
_LIKE = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŧ": "t"}
)
#: Thai, Lao, Myanmar, Khmer; kana; Han
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_ASCII = re.compile("[a-z0-9]+")
_ZERO_WIDTH_SPACE = "\u200b"


class _Folded(dict[int, str]):
    """What each sign becomes, worked out when it is first met: letters, or a blank for what parts words."""

    def __missing__(self, code: int) -> str:
        made = self[code] = _folded_sign(chr(code))
        return made


_FOLDED = _Folded()


def _folded_sign(sign: str) -> str:
    if _LEFT_OUT.match(sign) or (unicodedata.category(sign) == "Cf" and sign != _ZERO_WIDTH_SPACE):
        return ""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", sign).casefold())
    bare = unicodedata.normalize("NFC", _LEFT_OUT.sub("", apart)).translate(_LIKE)
    return "".join([letter if _is_letter(letter) else " " for letter in bare])


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign) in ("Mn", "Mc")


def fold(text: str) -> str:
    """The text's letters without case and accents, blanks between its words."""
    if text.isascii():
        return " ".join(_ASCII.findall(text.lower()))
    return unicodedata.normalize("NFKC", text).translate(_FOLDED)


def fold_sign(sign: str) -> str:
    """What becomes of a single sign: letters, a blank where it parts words, nothing where it is left out."""
    return _FOLDED[ord(sign)]


def lexemes(text: str, limit: int | None = None) -> list[str]:
    """The words of a text in their order, at most ``limit``: as they are indexed."""
    folded = fold(text[:LONGEST_FIELD])
    words = folded.split()
    if folded.isascii() and len(max(words, key=len, default="")) <= _LONGEST_WORD:
        return words if limit is None else words[:limit]
    found: list[str] = []
    for word in words:
        for run in _runs(word):
            found += _pairs(run) if _IS_UNSPACED.match(run) else (run[:_LONGEST_WORD],)
        if limit is not None and len(found) >= limit:
            return found[:limit]
    return found


def asked(text: str, *, prefix: bool = False) -> tuple[tuple[str, ...], bool]:
    """The words that a text in a query stands for, next to each other; and whether the last may go on."""
    words = lexemes(text)
    if not words or not _IS_UNSPACED.match(words[-1]):
        return tuple(words), prefix
    if len(words[-1]) == 1 and len(words) > 1 and words[-2][1:] == words[-1]:
        # a run of two signs or more: where it ends in a text is not asked
        return tuple(words[:-1]), False
    return tuple(words), True


def _runs(word: str) -> list[str]:
    return [word] if word.isascii() else _RUNS.findall(word)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run))]
