"""Which items an outlet's ``keep_if`` and ``drop_if`` rules let through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from aggregator.model import ParsedItem

#: seconds a single search may take; the rule is then taken as not matching, there and for the rest of a poll
SEARCH_LIMIT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Compiled rules of one outlet."""

    keep_if: tuple["regex.Pattern[str]", ...] = ()
    drop_if: tuple["regex.Pattern[str]", ...] = ()
    #: patterns that took too long once: two thousand items would hold everyone up for as many seconds
    given_up: set["regex.Pattern[str]"] = field(default_factory=set, compare=False)

    def __bool__(self) -> bool:
        return bool(self.keep_if or self.drop_if)


def compile_rules(keep_if: Sequence[str], drop_if: Sequence[str]) -> Rules:
    """Rules from the configuration's patterns, which its validation has already compiled once."""
    return Rules(
        keep_if=tuple(regex.compile(pattern, regex.IGNORECASE) for pattern in keep_if),
        drop_if=tuple(regex.compile(pattern, regex.IGNORECASE) for pattern in drop_if),
    )


def keeps(rules: Rules, item: ParsedItem) -> bool:
    """Whether the item stays: some ``keep_if`` matches (or none is given) and no ``drop_if`` does."""
    fields = (item.title, item.summary, *item.authors, *item.tags)
    kept = not rules.keep_if or any(_matches(rules, pattern, fields) for pattern in rules.keep_if)
    return kept and not any(_matches(rules, pattern, fields) for pattern in rules.drop_if)


def _matches(rules: Rules, pattern: "regex.Pattern[str]", fields: Sequence[str]) -> bool:
    if pattern in rules.given_up:
        return False
    search: Any = pattern.search
    try:
        return any(search(field, timeout=SEARCH_LIMIT) is not None for field in fields)
    except TimeoutError:
        rules.given_up.add(pattern)
        return False
