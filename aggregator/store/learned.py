"""What is kept as values of JSON: a feed's hints, a redirect that is watched, what was said of a date."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from aggregator.model import DateClaim, FeedHints, Sighting
from aggregator.store.types import from_microseconds, to_microseconds

_NO_HINTS = FeedHints()


def hints_to_json(hints: FeedHints) -> dict[str, Any] | None:
    """Only what the document says; None when it says nothing, as most do."""
    if hints == _NO_HINTS:
        return None
    said: dict[str, Any] = {
        "ttl": _seconds(hints.ttl),
        "update_interval": _seconds(hints.update_interval),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
        "hubs": list(hints.hubs),
        "self_url": hints.self_url,
        "archive_url": hints.archive_url,
        "next_url": hints.next_url,
        "complete": hints.complete,
    }
    return {name: value for name, value in said.items() if value}


def hints_from_json(stored: dict[str, Any] | None) -> FeedHints:
    """The opposite of ``hints_to_json``."""
    if not stored:
        return _NO_HINTS
    return FeedHints(
        ttl=_span(stored.get("ttl")),
        update_interval=_span(stored.get("update_interval")),
        skip_hours=frozenset(stored.get("skip_hours", ())),
        skip_days=frozenset(stored.get("skip_days", ())),
        hubs=tuple(stored.get("hubs", ())),
        self_url=stored.get("self_url", ""),
        archive_url=stored.get("archive_url", ""),
        next_url=stored.get("next_url", ""),
        complete=stored.get("complete", False),
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def sighting_to_json(sighting: Sighting | None) -> list[Any] | None:
    """A watched redirect."""
    return [sighting.target, to_microseconds(sighting.first), sighting.count] if sighting else None


def sighting_from_json(stored: list[Any] | None) -> Sighting | None:
    """The opposite of ``sighting_to_json``."""
    return Sighting(target=stored[0], first=from_microseconds(stored[1]), count=stored[2]) if stored else None


def claims_to_json(claims: Sequence[DateClaim]) -> list[list[Any]]:
    """What was said of an item's publication."""
    return [
        [
            claim.source,
            to_microseconds(claim.earliest),
            to_microseconds(claim.latest),
            claim.stated,
            None if claim.at is None else to_microseconds(claim.at),
        ]
        for claim in claims
    ]


def claims_from_json(stored: list[list[Any]] | None) -> tuple[DateClaim, ...]:
    """The opposite of ``claims_to_json``."""
    return tuple(
        DateClaim(
            source=source,
            earliest=from_microseconds(earliest),
            latest=from_microseconds(latest),
            stated=stated,
            at=None if at is None else from_microseconds(at),
        )
        for source, earliest, latest, stated, at in stored or ()
    )
