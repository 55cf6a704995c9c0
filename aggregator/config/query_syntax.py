"""What may stand in a search: words, "phrases", begin*, -not, OR, outlet:, tag:, lang:, story:, title:,
before:, after: -> values, or why not.

Below the rules because feeds.toml holds searches too: a saved one is read when the file is. Every error is
a ValueError whose text continues the sentence ``search "…" …``.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from aggregator.config import words

#: what an item has one of, or (tag) several
LabelKey = Literal["outlet", "tag", "lang", "story"]
_LABELS: tuple[LabelKey, ...] = ("outlet", "tag", "lang", "story")
_TIMES = ("after", "before")
KEYS = (*_LABELS, "title", *_TIMES)

#: a person types less; more is somebody else's text, or an attack
_LONGEST = 2_000
#: FTS5 nests each -word, and takes 256 levels
_TERMS = 50
#: letters before a ``*``: fewer would stand for a large part of all words
_PREFIX = 3
_LONGEST_ID = 18

_EXAMPLE = 'for example: bahrain "grand prix" -formula outlet:"Gulf Insider" after:7d'
_KEYS_IN_WORDS = ", ".join(f"{key}:" for key in KEYS[:-1]) + f" and {KEYS[-1]}:"

_PIECE = re.compile(r'(-?)(?:([A-Za-z]+):(?!//))?(?:"([^"]*)"(\*?)|([^\s"]+)|(?=\s|$))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A word, or the words of a phrase, as typed."""

    text: str
    #: the last word may go on
    prefix: bool = False
    #: in the title alone
    title: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Any of these values of a key, or none of them."""

    key: LabelKey
    values: tuple[str, ...]
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """A search taken apart; spans of time are as typed, and count back from when it is asked."""

    #: of each of these one alternative at least
    wanted: tuple[tuple[Sought, ...], ...] = ()
    unwanted: tuple[Sought, ...] = ()
    labels: tuple[Label, ...] = ()
    #: from the latest of these on
    after: tuple[datetime | timedelta, ...] = ()
    #: earlier than each of these
    before: tuple[datetime | timedelta, ...] = ()


def read(query: str) -> Syntax:
    """A search taken apart; ValueError with what to type instead."""
    if len(query) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST:,} characters; leave some out")
    plain = unicodedata.normalize("NFC", query).translate(_QUOTES)
    if plain.count('"') % 2:
        raise ValueError('has a quote that is not closed; write phrases as "two words"')
    reader = _Reader()
    for minus, key, phrase, phrase_star, word in _PIECE.findall(plain):
        if not (minus or key or phrase or word):
            continue
        if key:
            reader.take_key(key, phrase or word, star=bool(phrase_star), absent=bool(minus))
        elif not minus and word in ("OR", "|"):
            reader.take_or()
        elif not minus and word == "AND":  # all words must match anyway
            continue
        else:
            reader.take_words(phrase or word, star=bool(phrase_star), absent=bool(minus))
    return reader.done()


class _Reader:
    """Takes piece after piece; ``OR`` joins the one before it with the one after."""

    def __init__(self) -> None:
        self._wanted: list[list[Sought]] = []
        self._unwanted: list[Sought] = []
        self._labels: list[Label] = []
        self._after: list[datetime | timedelta] = []
        self._before: list[datetime | timedelta] = []
        #: what stood last and may be followed by OR
        self._last: Literal["", "words", "label"] = ""
        self._joins = False
        self._pieces = 0

    def take_or(self) -> None:
        if not self._last or self._joins:
            raise ValueError("has an OR without a word on both sides; write one OR other")
        self._joins = True

    def take_words(self, text: str, *, star: bool = False, absent: bool, title: bool = False) -> None:
        bare = text.rstrip("*")
        if not any(map(str.isalnum, bare)):
            return
        sought = Sought(text=bare, prefix=star or bare != text, title=title)
        if sought.prefix:
            _check_prefix(bare)
        self._count()
        if absent:
            self._not_joined(f"-{text}")
            self._unwanted.append(sought)
        elif self._joins:
            if self._last != "words":
                raise ValueError("has an OR between a word and a key; it joins words, or values of one key")
            self._wanted[-1].append(sought)
            self._joins = False
        else:
            self._wanted.append([sought])
            self._last = "words"

    def take_key(self, typed: str, value: str, *, star: bool, absent: bool) -> None:
        key = typed.lower()
        if key not in KEYS:
            if not value:  # "Breaking: …"
                return self.take_words(typed, absent=absent)
            raise ValueError(
                f'has the key "{typed}:", which there is not; there are {_KEYS_IN_WORDS}, '
                f'and "{typed}:{value}" in quotes is looked for as words'
            )
        if not any(map(str.isalnum, value)):
            raise ValueError(f"has {key}: without a value; write it without a blank, such as {_SAMPLES[key]}")
        if key == "title":
            return self.take_words(value, star=star, absent=absent, title=True)
        self._count()
        if key in _TIMES:
            return self._take_time(key, value, absent=absent)
        return self._take_label(next(name for name in _LABELS if name == key), value, absent=absent)

    def _take_time(self, key: str, value: str, *, absent: bool) -> None:
        self._not_joined(f"{key}:")
        if absent:
            other = "before" if key == "after" else "after"
            raise ValueError(f"has -{key}:, which says nothing; write {other}:{value}")
        (self._after if key == "after" else self._before).append(_moment(key, value))

    def _take_label(self, key: LabelKey, value: str, *, absent: bool) -> None:
        if key == "story" and not (value.isascii() and value.isdecimal() and len(value) <= _LONGEST_ID):
            raise ValueError(
                f"has story:{value}, which is no number; `aggregator stories` lists them: story:12"
            )
        if key == "lang" and not words.is_language(value):
            raise ValueError(f"has lang:{value}, which is no language code; expected one such as lang:en")
        label = Label(key=key, values=(value,), absent=absent)
        if absent:
            self._not_joined(f"-{key}:")
            self._labels.append(label)
            return
        if self._joins:
            if self._last != "label" or self._labels[-1].key != key:
                raise ValueError(
                    "has an OR between two kinds of things; it joins words, or values of one key"
                )
            self._joins = False
            self._widen(-1, value)
            return
        # an item has one outlet, language and story: two of them can only mean either
        same = [n for n, each in enumerate(self._labels) if (each.key, each.absent) == (key, False)]
        if same and key != "tag":
            self._widen(same[0], value)
            self._labels.append(self._labels.pop(same[0]))
        else:
            self._labels.append(label)
        self._last = "label"

    def _widen(self, index: int, value: str) -> None:
        label = self._labels[index]
        self._labels[index] = Label(key=label.key, values=(*label.values, value))

    def _not_joined(self, what: str) -> None:
        if self._joins:
            raise ValueError(f"has an OR before {what}; OR joins what is looked for")
        self._last = ""

    def _count(self) -> None:
        self._pieces += 1
        if self._pieces > _TERMS:
            raise ValueError(f"has more than {_TERMS} words and phrases; leave some out")

    def done(self) -> Syntax:
        if self._joins:
            raise ValueError("has an OR without a word on both sides; write one OR other")
        told = any(not label.absent for label in self._labels) or self._after or self._before
        if not self._wanted and not told:
            absent = self._unwanted or self._labels
            reason = "only says what must be absent" if absent else "holds no word"
            raise ValueError(f"{reason}; type words to find, {_EXAMPLE}")
        return Syntax(
            wanted=tuple(map(tuple, self._wanted)),
            unwanted=tuple(self._unwanted),
            labels=tuple(self._labels),
            after=tuple(self._after),
            before=tuple(self._before),
        )


_SAMPLES = {
    "outlet": 'outlet:"Gulf Insider"',
    "tag": "tag:economy",
    "lang": "lang:en",
    "story": "story:12",
    "title": "title:bahrain",
    "after": "after:7d",
    "before": "before:2026-01-31",
}


def _check_prefix(word: str) -> None:
    """Scripts beyond Latin's neighbours write a whole word in one or two signs."""
    last = re.split(r"[\W_]+", word)[-1]
    if not last:
        raise ValueError(f'has "{word}*"; the * stands directly after the first letters of a word')
    if len(last) < _PREFIX and all(ord(letter) < 0x1100 for letter in last):
        raise ValueError(f'has "{last}*"; write at least {_PREFIX} letters before the *')


def _moment(key: str, value: str) -> datetime | timedelta:
    """A day in UTC, an ISO 8601 instant, or a span that counts back from now."""
    try:
        if _DAY.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if "-" in value:
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return words.duration(value)
    except (ValueError, OverflowError):
        raise ValueError(
            f"has {key}:{value}, which is no time; expected a span such as {key}:7d or {key}:12h, "
            f"or a day such as {key}:2026-01-31"
        ) from None
