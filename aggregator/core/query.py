"""What does a search ask for? Its text -> a value that both databases, and ``matches``, agree about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.config import query_syntax
from aggregator.config.query_syntax import Label, LabelKey, Sought
from aggregator.core.lexemes import asked, lexemes
from aggregator.core.tagkeys import key_of
from aggregator.errors import UsageError
from aggregator.model import Item

#: words of title, summary and text that are searched; PostgreSQL counts places to 16,383
LIMITS = (1_000, 4_000, 10_000)


def indexed_words(value: str | None, field: int) -> str:
    """The words of an item's title (0), summary (1) or text (2) that are searched, blanks between them."""
    return " ".join(lexemes(value or "", LIMITS[field]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that stand together, as they are indexed."""

    words: tuple[str, ...]
    #: the last may go on
    prefix: bool = False
    #: in the title alone
    title: bool = False

    @property
    def pattern(self) -> str:
        """What a field holds, as ``Fields`` writes it, that has the term."""
        return f" {' '.join(self.words)}" + ("" if self.prefix else " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """An item's words: each field as one text with a blank before, between and after them."""

    title: str
    summary: str
    text: str

    @classmethod
    def of(cls, title: str, summary: str, text: str, limits: tuple[int, int, int] = LIMITS) -> "Fields":
        """The fields as they are searched, cut to so many words each."""
        spaced = (
            f" {' '.join(lexemes(field, limit))} "
            for field, limit in zip((title, summary, text), limits, strict=True)
        )
        return cls(**dict(zip(("title", "summary", "text"), spaced, strict=True)))

    def has(self, term: Term) -> bool:
        """Whether some field holds the term."""
        pattern = term.pattern
        return pattern in self.title or (not term.title and (pattern in self.summary or pattern in self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; times are instants by now."""

    #: as it was typed
    text: str
    #: of each of these one alternative at least
    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()
    labels: tuple[Label, ...] = ()
    #: inclusive, exclusive; both against ``Item.sort_at``
    after: datetime | None = None
    before: datetime | None = None

    def matches(self, item: Item) -> bool:
        """Whether a search would find the item; ``item.story`` must be known where ``story:`` is asked.

        Of ``tag:"#oil"`` it knows the item's and its outlet's tags in any spelling, but no hashtags that
        were found in the text: an item does not carry them.
        """
        if self.after is not None and item.sort_at < self.after:
            return False
        if self.before is not None and item.sort_at >= self.before:
            return False
        if not all(_has_label(item, label) for label in self.labels):
            return False
        if not self.wanted and not self.unwanted:
            return True
        fields = Fields.of(item.title, item.summary, item.text)
        return all(any(map(fields.has, group)) for group in self.wanted) and not any(
            map(fields.has, self.unwanted)
        )

    def values(self, key: LabelKey) -> tuple[str, ...]:
        """Every value that stands after a key, wanted or not."""
        return tuple(value for label in self.labels if label.key == key for value in label.values)


def parse_query(query: str, *, now: datetime) -> Query:
    """The query that a text stands for, spans counted back from ``now``; UsageError in words."""
    try:
        syntax = query_syntax.read(query)
    except ValueError as error:
        shown = query if len(query) <= _SHOWN else f"{query[:_SHOWN]}…"
        raise UsageError(f"search: {shown!r} {error}") from None
    return Query(
        text=query,
        wanted=tuple(group for each in syntax.wanted if (group := _terms(each))),
        unwanted=_terms(syntax.unwanted),
        labels=syntax.labels,
        after=max(_instants(syntax.after, now), default=None),
        before=min(_instants(syntax.before, now), default=None),
    )


_SHOWN = 80


def _terms(sought: Iterable[Sought]) -> tuple[Term, ...]:
    found = []
    for each in sought:
        words, prefix = asked(each.text, prefix=each.prefix)
        if words:
            found.append(Term(words=words, prefix=prefix, title=each.title))
    return tuple(found)


def _instants(moments: Iterable[datetime | timedelta], now: datetime) -> list[datetime]:
    return [now - each if isinstance(each, timedelta) else each for each in moments]


def _has_label(item: Item, label: Label) -> bool:
    has = any(_is(item, label.key, value) for value in label.values)
    return has != label.absent


def _is(item: Item, key: LabelKey, value: str) -> bool:
    if key == "outlet":
        return _key(item.outlet) == _key(value)
    if key == "tag":
        wanted = {_key(each) for each in spellings(value)}
        return any(_key(tag) in wanted for tag in (*item.tags, *item.outlet_tags)) or (
            is_hashtag(value) and key_of(value) in map(key_of, (*item.tags, *item.outlet_tags))
        )
    if key == "lang":
        return is_language(item.language or "", value)
    return item.story == int(value)


def is_hashtag(tag: str) -> bool:
    """Whether a tag is asked for in any spelling, and among hashtags as well: "#oil"."""
    return tag.startswith("#")


def spellings(tag: str) -> tuple[str, ...]:
    """What a tag is looked for as among the labels that feeds and feeds.toml write."""
    return tuple(dict.fromkeys((tag, tag.lstrip("#"))))


def is_language(code: str, wanted: str) -> bool:
    """Codes compare ignoring case; "en" stands for all of English (RFC 4647, 3.3.1)."""
    asked, given = _code(wanted), _code(code)
    return given == asked or given.startswith(f"{asked}-")


def _key(name: str) -> str:
    """Names and tags compare as the store does it, ignoring case and blanks around them."""
    return name.strip().casefold()[:200]


def _code(language: str) -> str:
    return language.strip().lower().replace("_", "-")
