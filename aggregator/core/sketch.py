"""Which stored texts may be copies of this one? A sketch of each text, small enough to keep and to look up.

A text is cut into shingles, runs of four words; each has a hash, and the smallest hashes are kept
(bottom-k MinHash, Broder 1997). Two texts that share a passage share the small hashes of its shingles,
so their sketches tell how much of either stands in the other. That is why it is not the MinHash of one
minimum for each of many permutations (rensa, datasketch): that one estimates resemblance alone, and a
copy that keeps a third of a text resembles it by a third, as two texts do that share a long quotation.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from re import Match
from re import compile as _compile
from sys import byteorder
from zlib import crc32

from aggregator.core.credit import credits_of
from aggregator.core.similar import MIN_WORDS, normalise
from aggregator.model import TextSource
from aggregator.model.copies import Credit, Sketch

#: letters of scripts that set no spaces between words (Han, kana, Thai, Lao, Burmese, Khmer), or whose vowel
#: signs Python takes for the ends of words (Devanagari and its kin)
_UNSPACED = "\u0900-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = _compile(r"\w+")
_PIECE = _compile(rf"[{_UNSPACED}\U00020000-\U0003ffff]|[^\W{_UNSPACED}\U00020000-\U0003ffff]+")
_UNSPACED_LETTER = _compile(f"[{_UNSPACED}]")

#: pieces of a shingle: words, or characters
_WORDS, _CHARACTERS = 4, 8
#: with fewer characters a piece, spaces counted, most pieces are characters
_SYLLABLE = 2.5
#: a text may be a book: what is beyond this is left out
LONGEST = 200_000

#: hashes that are kept: so many, or one in so many shingles of a long text
_KEPT, _KEPT_SHARE, _MOST_KEPT = 64, 12, 256
#: hashes that a text is found by: a passage of a hundred words of a long text is found by two of them
_FOUND_BY, _FOUND_BY_SHARE, _MOST_FOUND_BY = 16, 40, 64

_RANGE = 1 << 32


def pieces(text: str) -> tuple[list[Match[str]], int]:
    """What a text is compared by, and how many of them make a shingle: words, or characters."""
    unspaced = not text.isascii() and _UNSPACED_LETTER.search(text) is not None
    found = list((_PIECE if unspaced else _WORD).finditer(text))
    return found, _width(len(text), len(found), unspaced=unspaced)


def _folded(normalised: str) -> tuple[list[str], int]:
    """The same of a normalised text, without places."""
    unspaced = not normalised.isascii() and _UNSPACED_LETTER.search(normalised) is not None
    found = _PIECE.findall(normalised) if unspaced else normalised.split()
    return found, _width(len(normalised), len(found), unspaced=unspaced)


def _width(length: int, count: int, *, unspaced: bool) -> int:
    """Pieces of a shingle: more where most are characters, or parts of words."""
    return _CHARACTERS if unspaced and length < _SYLLABLE * count else _WORDS


def shingles(found: Sequence[str], width: int) -> list[str]:
    """Every run of ``width`` words, in order."""
    return list(map(" ".join, zip(*(found[start:] for start in range(width)), strict=False)))


def sketch(text: str, named: tuple[Credit, ...] = ()) -> Sketch | None:
    """What stands for a text; None for one too short to tell by. ``named``: whom it names as its source.

    Some 0.3 microseconds a word beyond what ``normalise`` takes.
    """
    found, width = _folded(normalise(text[:LONGEST]))
    if len(found) < MIN_WORDS * width // _WORDS:
        return None
    encoded = [piece.encode("utf-8", "surrogatepass") for piece in found]
    runs = map(b" ".join, zip(*(encoded[start:] for start in range(width)), strict=False))
    smallest = _smallest([*map(crc32, runs)], _kept(len(found)))
    return Sketch(words=len(found), hashes=_packed(smallest), named=named)


def _smallest(hashes: list[int], wanted: int) -> list[int]:
    """The smallest of the hashes, each once, ascending. (Sorting them all would take half the time.)"""
    bound = _RANGE * 3 * wanted // (2 * len(hashes))
    low = sorted({value for value in hashes if value < bound})
    if len(low) < wanted:
        low = sorted(set(hashes))
    return low[:wanted]


def _packed(hashes: Sequence[int]) -> bytes:
    packed = array("I", hashes)
    if byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def hashes_of(packed: bytes) -> "array[int]":
    """The hashes of a sketch, ascending."""
    unpacked = array("I", packed)
    if byteorder == "big":
        unpacked.byteswap()
    return unpacked


def found_by(kept: Sketch) -> "array[int]":
    """The hashes that other texts find this one by."""
    return hashes_of(kept.hashes)[: min(max(_FOUND_BY, kept.words // _FOUND_BY_SHARE), _MOST_FOUND_BY)]


def estimate(one: Sketch, other: Sketch) -> tuple[float, float, int]:
    """How much of either text stands in the other, 0 to 1 each, and how many hashes tell so."""
    left, right = hashes_of(one.hashes), hashes_of(other.hashes)
    # Beyond the smaller of the two greatest, one of them says nothing; a short text keeps all that it has.
    bound = min(_limit(one, left), _limit(other, right))
    left, right = left[: bisect_right(left, bound)], right[: bisect_right(right, bound)]
    both = len(set(left).intersection(right))
    return both / max(1, len(left)), both / max(1, len(right)), both


def _limit(kept: Sketch, hashes: Sequence[int]) -> int:
    return hashes[-1] if len(hashes) >= _kept(kept.words) else _RANGE


def _kept(words: int) -> int:
    return min(max(_KEPT, words // _KEPT_SHARE), _MOST_KEPT)


def sketch_of(text: str, source: TextSource | None, named: tuple[Credit, ...] = ()) -> Sketch | None:
    """The sketch of an item's text, with whom it names; None for none, and for a summary.

    Teasers of one event are alike without being copies. ``named``: whom its page names beside the text.
    """
    if source not in ("page", "feed"):
        return None
    return sketch(text, tuple(dict.fromkeys((*credits_of(text), *named))))
