"""What is an item compared by? Terms of its title, of its text, and the addresses that it links to."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from aggregator.core.words import Word, is_significant, language_of, script_of, stem, without_dates, words
from aggregator.model.stories import TieKind

#: what a term counts: a word of the title, two neighbours there, a name in the text, an address
_WORD, _PAIR, _BODY, _LINK = 1.0, 0.5, 0.3, 0.5
#: a part of the title that its outlet writes again and again ("Photos of the day: …")
_RECURRING: Final = 0.25
#: terms of a title, names of a text, and addresses that are kept
_OF_TITLE: Final = 40
_OF_BODY: Final = 10
_OF_LINKS: Final = 4
#: words of a text that are looked at for names
_READ: Final = 120
#: words that may stand between two that belong together: "Bank of England"
_BRIDGES: Final = frozenset(
    (
        "of",
        "the",
        "and",
        "de",
        "la",
        "le",
        "du",
        "des",
        "del",
        "di",
        "da",
        "der",
        "van",
        "von",
        "y",
        "und",
        "et",
    )
)
_PART: Final = re.compile(r"\s+[-–—|·»]\s+|:\s+")
_RANGE: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that an item is compared by."""

    #: 63 bits of its stem and language, above 0
    term: int
    #: as it is written: "oil price"
    text: str
    kind: TieKind
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """All that an item is compared by, the title's first."""

    language: str | None = None
    terms: tuple[Feature, ...] = ()
    #: single words of the title that say something, each once
    significant: int = 0
    #: the title's parts and its form without numbers, hashed with the outlet: what recurs is a column's name
    forms: tuple[int, ...] = ()


@lru_cache(maxsize=65_536)
def term_hash(key: str, language: str) -> int:
    """63 bits for a term of a language; never 0, which counts all items."""
    digest = blake2b(f"{language}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") & _RANGE) or 1


def parts_of(title: str) -> tuple[str, ...]:
    """The title in the pieces that a colon, a dash or a bar part; () for a title of one piece."""
    found = tuple(part for part in (one.strip() for one in _PART.split(title)) if part)
    return found if len(found) > 1 else ()


def forms_of(title: str, outlet: str) -> tuple[int, ...]:
    """Hashes of what may recur in an outlet's titles: the whole without numbers and dates, then its parts."""
    return tuple(_form(part, outlet) for part in (title, *parts_of(title)))


def _form(part: str, outlet: str) -> int:
    told = without_dates(words(part))
    bare = " ".join(word.folded for word in told if is_significant(word, None) and not word.is_number)
    return term_hash(bare, f"\0{outlet}")


def features_of(
    title: str,
    *,
    outlet: str,
    stated: str | None = None,
    body: str = "",
    links: Sequence[str] = (),
    forms: tuple[int, ...] = (),
    recurring: frozenset[int] = frozenset(),
) -> Features:
    """What an item is compared by.

    ``stated``: the language as the item or its feed says. ``body``: the text, or the summary. ``recurring``:
    those of ``forms`` (as ``forms_of`` gives them) that the outlet has written before; a title that recurs as
    a whole says nothing, and neither do the outlet's own name and numbers alone.
    """
    language = language_of(f"{title} {body[:500]}", stated)
    forms = forms or forms_of(title, outlet)
    # Without a language, at least scripts must not mix.
    space = language or f"und-{script_of(title)}"
    if forms[0] in recurring:
        return Features(language=language, forms=forms)
    kept: dict[int, Feature] = {}
    own = {word.folded for word in words(outlet)}
    for part, form in zip(parts_of(title) or (title,), forms[1:] or forms, strict=True):
        found = without_dates(words(part))
        if {word.folded for word in found} <= own:
            continue
        scale = _RECURRING if form in recurring else 1.0
        _keep(kept, _title_terms(found, language, space, scale), _OF_TITLE)
    if not any(one.text[0].isalpha() for one in kept.values()):
        return Features(language=language, forms=forms)
    significant = sum(one.weight == _WORD for one in kept.values())
    _keep(kept, _names(body, language, space), len(kept) + _OF_BODY)
    _keep(kept, (_link(link) for link in links), len(kept) + _OF_LINKS)
    return Features(language=language, terms=tuple(kept.values()), significant=significant, forms=forms)


def _keep(kept: dict[int, Feature], found: Iterable[Feature], most: int) -> None:
    for one in found:
        if len(kept) >= most:
            return
        kept.setdefault(one.term, one)


def _title_terms(found: Sequence[Word], language: str | None, space: str, scale: float) -> Iterator[Feature]:
    last: Word | None = None
    last_stem = ""
    for word in found:
        if word.before:
            last = None
        if not is_significant(word, language):
            last = last if word.folded in _BRIDGES else None
            continue
        stemmed = stem(word.folded, language)
        name = "name" if word.is_capitalised else "term"
        yield Feature(term_hash(stemmed, space), word.text, name, _WORD * scale)  # type: ignore[arg-type]
        if last is not None:
            both: TieKind = "name" if word.is_capitalised and last.is_capitalised else "term"
            pair = f"{last.text} {word.text}"
            yield Feature(term_hash(f"{last_stem} {stemmed}", space), pair, both, _PAIR * scale)
        last, last_stem = word, stemmed


def _names(body: str, language: str | None, space: str) -> Iterator[Feature]:
    """Words in capitals inside the sentences of a text, and its larger numbers."""
    for word in words(body[: _READ * 12])[:_READ]:
        inside = not word.before and word.start > 0
        told = (word.is_capitalised and inside) or (word.is_number and len(word.text) > 2)
        if told and is_significant(word, language):
            yield Feature(term_hash(stem(word.folded, language), space), word.text, "name", _BODY)


def _link(link: str) -> Feature:
    return Feature(term_hash(link, "\0link"), link, "link", _LINK)


# ── packed ──────────────────────────────────────────────────────────────────────────────────

_KINDS: Final[tuple[TieKind, ...]] = ("term", "name", "link")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def packed(features: Features) -> bytes:
    """The terms and forms as bytes; the language stands beside them."""
    rows = [(one.term, one.text, _KINDS.index(one.kind), round(one.weight * 100)) for one in features.terms]
    value = [features.significant, features.forms, rows]
    return _encode(value).encode("utf-8", "replace")


def unpacked(value: bytes, language: str | None) -> Features:
    """The opposite of ``packed``."""
    significant, forms, rows = json.loads(value)
    return Features(
        language=language, significant=significant, forms=tuple(forms), terms=tuple(map(_feature, rows))
    )


def weights_of(value: bytes) -> dict[int, float]:
    """Of what was packed only the terms with their weights, which is most of what is asked, at a third."""
    _, _, rows = json.loads(value)
    return {row[0]: row[3] / 100 for row in rows}


def _feature(row: Sequence[Any]) -> Feature:
    term, text, kind, weight = row
    return Feature(term, text, _KINDS[kind], weight / 100)
