"""When are two texts the same text? Equal digests of what is left without case, marks and spaces."""

import unicodedata
from functools import lru_cache
from hashlib import blake2b
from re import compile as _compile

_WORD = _compile(r"\w+")
#: the same for ASCII, four times as fast
_ASCII = "".join(chr(n) if chr(n).isalnum() or chr(n) == "_" else " " for n in range(128))
#: shorter texts ("Subscribe to read more") recur at many outlets and prove nothing
MIN_WORDS = 40
#: letters of a word that its endings leave alone, in most languages
_STEM = 5


@lru_cache(maxsize=2)  # a text's digest and its sketch are made one after the other
def normalise(text: str) -> str:
    """The words of a text, case-folded, compatibility forms unified, one space apart."""
    return " ".join(spaced_words(text))


def spaced_words(text: str) -> list[str]:
    """The same words one by one; scripts without spaces between words stay in one piece."""
    if text.isascii():
        return text.lower().translate(_ASCII).split()
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def text_digest(text: str) -> bytes | None:
    """16 bytes that are equal for equal normalised texts; None for texts too short to tell by.

    Scripts without spaces between words (Chinese, Thai) count two characters as a word.
    """
    words = normalise(text)
    if words.count(" ") + 1 < MIN_WORDS and len(words.encode()) < MIN_WORDS * 6:
        return None
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def is_about(title: str, text: str) -> bool:
    """Whether at least half of a headline's longer words stand in the text, by their beginnings."""
    wanted = {word[:_STEM] for word in normalise(title).split() if len(word) >= _STEM - 1}
    there = {word[:_STEM] for word in normalise(text).split()}
    return bool(wanted) and 2 * len(wanted & there) >= len(wanted)
