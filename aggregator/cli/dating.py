"""When was an item published, and who says so: for people."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.cli.times import ago, exact

if TYPE_CHECKING:
    from aggregator.model import DateClaim, Item

#: bounds as wide as this part of the age are told: "about 3 days ago"
_WIDE = 5
_WHO = {
    "feed": "the feed",
    "json-ld": "the page's JSON-LD",
    "meta": "the page's meta element",
    "text": "the text of the page",
    "relative": "the page",
    "url": "its address",
    "page": "the page",
}
_SAID = {
    "feed": "said by the feed",
    "json-ld": "said by the page's JSON-LD",
    "meta": "said by the page's meta element",
    "text": "read in the text of the page",
    "url": "taken from its address",
    "page": "found in the page",
    "modified": "the page only says when it was last edited",
}


def age(item: "Item", now: datetime) -> str:
    """How long ago it was, by the date that orders lists: "3 days ago", "about 3 days ago"."""
    told = ago(item.sort_at, now)
    return f"about {told}" if item.sort_at == item.published and _is_vague(item, now) else told


def published(item: "Item", now: datetime) -> str:
    """When it was published, who says so, what others say, and how exactly it is known."""
    said = "; ".join(_statements(item))
    if item.published is None:
        return f"not {'known' if said else 'stated'}; ordered by when it was first seen{said and f'; {said}'}"
    told = ago(item.published, now)
    if _is_vague(item, now):
        told = f"about {told}"
    return f"{told} ({exact(item.published)}), {said}{_bounds(item)}".rstrip(", ")


def _is_vague(item: "Item", now: datetime) -> bool:
    """Whether the bounds are wide against the age."""
    if item.published is None or item.published_earliest is None or item.published_latest is None:
        return False
    return (item.published_latest - item.published_earliest) * _WIDE > abs(now - item.published)


def _bounds(item: "Item") -> str:
    earliest, latest = item.published_earliest, item.published_latest
    if earliest is None or latest is None or earliest == latest:
        return ""
    if item.published_source == "modified":
        return "; published then or before"
    return f"; between {exact(earliest)} and {exact(latest)}"


def _statements(item: "Item") -> Iterator[str]:
    """The statement that counts, then what the others say of it."""
    main = next((one for one in item.claims if one.source == item.published_source), None)
    narrowed = _narrowed(item, main)
    if narrowed is not None:
        yield narrowed
    elif item.published_source == "relative" and main is not None:
        yield f"from “{main.stated}” in the page"
    elif item.published_source is not None:
        yield _SAID.get(item.published_source, "")
    told_with_main = _day_of_feed(item) if narrowed is not None else None
    for one in item.claims:
        if one is not main and one is not told_with_main:
            yield _other(one, item)


def _narrowed(item: "Item", main: "DateClaim | None") -> str | None:
    """A day of the feed's which the page gave the time of."""
    day = _day_of_feed(item)
    if main is None or day is None or item.published is None:
        return None
    return f"the feed says {_only(day)}; {_WHO[main.source]} gives {item.published:%H:%M}"


def _day_of_feed(item: "Item") -> "DateClaim | None":
    from aggregator.core.settle import Settled, agrees

    settled = Settled(
        published=item.published, earliest=item.published_earliest, latest=item.published_latest
    )
    if item.published_source == "feed":
        return None
    of_feed = (one for one in item.claims if one.source == "feed" and one.earliest < one.latest)
    return next((one for one in of_feed if agrees(one, settled)), None)


def _only(day: "DateClaim") -> str:
    """What a day was stated as."""
    whole = day.latest - day.earliest <= timedelta(days=1)
    return "midnight" if whole or ":" in day.stated else f"only “{day.stated}”"


def _other(claim: "DateClaim", item: "Item") -> str:
    from aggregator.core.settle import Settled, agrees, is_believed

    settled = Settled(
        published=item.published, earliest=item.published_earliest, latest=item.published_latest
    )
    stated = f"“{claim.stated}”" if claim.stated else exact(claim.at or claim.earliest)
    if claim.source == "modified":
        return f"the page says that it was last edited {stated}"
    if not is_believed(claim, item.first_seen):
        return f"{_WHO[claim.source]} says {stated}, which lies ahead of when it was first seen"
    if agrees(claim, settled):
        return f"{_WHO[claim.source]} says the same"
    return f"{_WHO[claim.source]} says {stated}"
