"""When was an item published, after all that was said of it?

Statements are taken in the order in which they are trusted. The first one stands; one that follows may
narrow it, where the two agree, and never moves it. What contradicts is kept with the item and told, but not
believed. Nor is what lies ahead: a date in the future is an event's, an expiry's or a mistake, and stays one
when it has passed, as the item was there before. An item is never published after it was first seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from aggregator.core.dates import EAST, WEST
from aggregator.model import DateClaim, PublishedSource

#: a feed's clock, or its idea of its zone, may be off by so much; then the item was published when seen
FORGIVEN_OF_FEED: Final = timedelta(days=1)
#: what a page says lies ahead of its fetch is no publication (trafilatura#72: an expiry date)
FORGIVEN_OF_PAGE: Final = timedelta(minutes=10)

_DAY: Final = timedelta(days=1)
#: of a day that may be one anywhere on earth
_LONGEST_DAY: Final = _DAY + EAST + WEST
#: how much further a stated day may reach: midnight GMT is what many write who know the day alone, and that
#: day is one of their own place
_SLACK: Final = (EAST, WEST)
_NO_SLACK: Final = (timedelta(), timedelta())
_TRUST: Final[tuple[PublishedSource, ...]] = (
    "feed",
    "meta",
    "json-ld",
    "page",
    "text",
    "relative",
    "url",
    "modified",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The instant that an item goes by, who stated it, and its bounds; all None where nobody knows."""

    published: datetime | None = None
    source: PublishedSource | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    at: datetime
    source: PublishedSource
    earliest: datetime
    latest: datetime
    is_day: bool


def settle(claims: Sequence[DateClaim], first_seen: datetime) -> Settled:
    """The date of an item that was first seen then; the order of ``claims`` counts only within one source."""
    believed = sorted(
        (one for one in claims if is_believed(one, first_seen)), key=lambda one: _TRUST.index(one.source)
    )
    if not believed:
        return Settled()
    found = _bounds(believed[0], first_seen)
    for one in believed[1:]:
        if one.source == "modified":  # it says nothing about the publication but that it came before
            continue
        found = _narrowed(found, _bounds(one, first_seen))
    return Settled(published=found.at, source=found.source, earliest=found.earliest, latest=found.latest)


def is_believed(claim: DateClaim, first_seen: datetime) -> bool:
    """Whether a statement may be true of something that was there at ``first_seen``."""
    forgiven = FORGIVEN_OF_FEED if claim.source == "feed" else FORGIVEN_OF_PAGE
    stated = (claim.at or claim.latest) if claim.source == "modified" else claim.earliest
    return stated <= first_seen + forgiven


def agrees(claim: DateClaim, settled: Settled) -> bool:
    """Whether what was settled on may be what ``claim`` states."""
    if settled.earliest is None or settled.latest is None:
        return False
    before, after = _SLACK if _is_day(claim) else _NO_SLACK
    return claim.earliest - before <= settled.latest and settled.earliest <= claim.latest + after


def _is_day(claim: DateClaim) -> bool:
    return claim.at is not None and timedelta(hours=23) < claim.latest - claim.earliest <= _LONGEST_DAY


def _bounds(claim: DateClaim, first_seen: datetime) -> _Bounds:
    """A claim without what lies ahead of ``first_seen``."""
    earliest, latest, at = claim.earliest, claim.latest, claim.at
    if claim.source == "modified":
        at = min(at or latest, first_seen)
    elif earliest > first_seen:  # ahead, and forgiven: most often a local time that was given for one of GMT
        earliest, at = min(earliest - EAST, first_seen), first_seen
    latest = max(earliest, min(latest, first_seen))
    return _Bounds(
        at=at if at is not None and earliest <= at <= latest else earliest + (latest - earliest) / 2,
        source=claim.source,
        earliest=earliest,
        latest=latest,
        is_day=_is_day(claim),
    )


def _narrowed(known: _Bounds, other: _Bounds) -> _Bounds:
    """What both say, at the word of the one that says it more exactly; ``known`` where they contradict."""
    before, after = _SLACK if known.is_day and not _width(other) else _NO_SLACK
    earliest = max(known.earliest - before, other.earliest)
    latest = min(known.latest + after, other.latest)
    finer = min(known, other, key=_width)
    overlap = latest - earliest
    if overlap < timedelta() or overlap * 2 < _width(finer) or _are_two_days(known, other):
        return known
    if overlap >= _width(known):
        return known
    at = finer.at if earliest <= finer.at <= latest else earliest + overlap / 2
    return replace(finer, earliest=earliest, latest=latest, at=at)


def _width(bounds: _Bounds) -> timedelta:
    return bounds.latest - bounds.earliest


def _are_two_days(one: _Bounds, other: _Bounds) -> bool:
    """Days whose offset is unknown overlap with the next ones."""
    return one.is_day and other.is_day and abs(one.at - other.at) >= _DAY
