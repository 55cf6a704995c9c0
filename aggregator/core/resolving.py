"""Which stored item is the article that a lead tells of? By title, outlet and date."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from aggregator.core.similar import normalise

#: share of the words of two titles that must be one, either way
_ALIKE: Final = 0.75
#: … where the address is the same, nothing more is asked
#: days are counted from other midnights, and aggregators count from when they saw an article
SLACK: Final = timedelta(days=2)
_WORD = re.compile(r"\w+")
#: words of a title that say something
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item of the outlet that a lead names."""

    id: int
    title: str
    at: datetime
    #: canonical addresses
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The item, and why."""

    id: int
    evidence: str


def find(
    title: str, link: str, earliest: datetime, latest: datetime, candidates: Sequence[Candidate]
) -> Match | None:
    """The one of ``candidates`` that a lead tells of; None where none is, or several are as likely.

    ``link`` is the canonical address that the lead names, "" without one. The bounds are its date's.
    """
    if link and (same := next((one for one in candidates if link in one.links), None)):
        return Match(id=same.id, evidence="the same address")
    first, last = around(earliest, latest)
    near = [one for one in candidates if first <= one.at <= last]
    likely = sorted(((likeness(title, one.title), -one.id) for one in near), reverse=True)
    if not likely or likely[0][0] < _ALIKE:
        return None
    best = likely[0][0]
    if len(likely) > 1 and likely[1][0] == best and best < 1:
        return None
    return Match(id=-likely[0][1], evidence=f"{best:.0%} of the title's words, outlet and date")


def around(earliest: datetime, latest: datetime) -> tuple[datetime, datetime]:
    """From when to when an item may be of which a lead with these bounds tells."""
    # "2025 years ago" is before all that a datetime can say
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return max(earliest, first + SLACK) - SLACK, min(latest, last - SLACK) + SLACK


def likeness(one: str, other: str) -> float:
    """The share of words that two titles have in common, 0 to 1; "… - Outlet" behind a title counts little.

    0 for titles of too few words to tell.
    """
    first, second = _words(one), _words(other)
    least = min(first.total(), second.total())
    if first == second and first:
        return 1.0 if least >= _FEWEST or len(normalise(one)) >= 12 else 0.0
    if least < _FEWEST:
        return 0.0
    shared = (first & second).total()
    return 2 * shared / (first.total() + second.total())


@lru_cache(maxsize=2_048)  # a title is compared with many
def _words(title: str) -> Counter[str]:
    return Counter(_WORD.findall(normalise(title)))
