"""Which feeds bring nothing that another one of their site does not bring as well?

A mirror is not polled but for a look once a day; what it would bring comes with the other feed, and the
look keeps its items, as copies, under its own outlet and tags.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nlargest

from aggregator.model import Carried, FeedCondition, Schedule, Term

#: how far back items are compared
SPAN = timedelta(days=30)
#: how often a mirror is asked for items of its own
CHECK = timedelta(days=1)
#: what a feed must have in common with another, in items and as a share of its own
_ITEMS, _SHARE = 10, 0.95
#: polls that both feeds must have behind them
_POLLS = 3
#: no item of its own in so long
_OF_LATE = timedelta(days=7)
#: an item is missed in the other feed when that one was read so long after it was published
_DELAY = timedelta(hours=1)
#: a feed that fails for longer is nobody's substitute
_PATIENCE = timedelta(days=1)
#: newest items by which a feed's likely substitutes are found, how many of these are compared with it whole …
_SAMPLE, _LIKELY = 20, 8
#: … and the feeds that are looked at for one item
_MOST_OWNERS = 300


def mirrors(feeds: Sequence[Carried], now: datetime, *, never: Collection[int] = ()) -> Mapping[int, str]:
    """For each feed that is a mirror, the address of the one that is polled in its place.

    Of two feeds with the same items the one that was listed first stays. Feeds in ``never`` are no mirrors.
    """
    by_id = {feed.id: feed for feed in feeds}
    inside: dict[int, list[int]] = {}
    for one, other in sorted(_candidates(feeds)):
        if one not in never and _is_inside(by_id[one], by_id[other], now):
            inside.setdefault(one, []).append(other)
    chosen: dict[int, str] = {}
    for one, others in inside.items():
        ends = [other for other in others if not _stands_behind(other, one, inside)]
        # only what is polled itself can stand in for another
        ends = [other for other in ends if not any(_stands_in(other, inside))]
        if ends:
            chosen[one] = by_id[ends[0]].url
    return chosen


def _stands_behind(other: int, one: int, inside: Mapping[int, Sequence[int]]) -> bool:
    """Whether two feeds hold each other and the second was listed first."""
    return one in inside.get(other, ()) and one < other


def _stands_in(feed: int, inside: Mapping[int, Sequence[int]]) -> list[int]:
    """The feeds that carry all of this one, but for those it is preferred to."""
    return [other for other in inside.get(feed, ()) if not _stands_behind(other, feed, inside)]


def _candidates(feeds: Sequence[Carried]) -> set[tuple[int, int]]:
    """Pairs of one site of which the second has most of what the first brought last, or stands in for it."""
    by_id = {feed.id: feed for feed in feeds}
    by_url = {feed.url: feed.id for feed in feeds}
    pairs = {(feed.id, by_url[feed.merged_into]) for feed in feeds if feed.merged_into in by_url}
    owners: dict[int, list[int]] = {}
    for feed in feeds:
        for item in feed.items:
            known = owners.setdefault(item, [])
            if len(known) < _MOST_OWNERS:
                known.append(feed.id)
    for feed in feeds:
        newest = nlargest(_SAMPLE, feed.items, key=feed.items.__getitem__)
        shared = Counter(other for item in newest for other in owners[item] if other != feed.id)
        likely = [
            other
            for other, count in shared.items()
            if 2 * count >= len(newest) and feed.sites & by_id[other].sites
        ]
        likely.sort(key=lambda other: (-shared[other], -len(by_id[other].items), other))
        pairs |= {(feed.id, other) for other in likely[:_LIKELY]}
    return pairs


def _is_inside(one: Carried, other: Carried, now: datetime) -> bool:
    """Whether ``other`` brings all that ``one`` brings: what is a mirror stays one a little more easily."""
    already = one.condition is FeedCondition.MIRROR and one.merged_into == other.url
    if one.condition is FeedCondition.FAILING or not _is_polled(other, now):
        return False
    compared = _comparable(one, other)
    own = [at for item, at in compared.items() if item not in other.items]
    if already:
        return len(own) <= (1 - _SHARE) * len(compared)
    return (
        min(one.polls, other.polls) >= _POLLS
        and len(compared) >= _ITEMS
        and len(own) <= (1 - _SHARE) * len(compared)
        and not any(at >= now - _OF_LATE for at in own)
    )


def _is_polled(feed: Carried, now: datetime) -> bool:
    if feed.condition is FeedCondition.FAILING:
        return feed.failing_since is not None and now - feed.failing_since < _PATIENCE
    return feed.condition in (FeedCondition.OK, FeedCondition.MIRROR)


def _comparable(one: Carried, other: Carried) -> Mapping[int, datetime]:
    """The items of ``one`` from the time that ``other`` is known to cover."""
    if not other.items or other.last_success is None:
        return {}
    first, last = min(other.items.values()), other.last_success - _DELAY
    return {item: at for item, at in one.items.items() if first <= at <= last}


def checked(schedule: Schedule, now: datetime, merged_into: str = "") -> Schedule:
    """The schedule of a mirror after one of its daily looks: it stays one, unless it is gone (410)."""
    if schedule.condition is FeedCondition.GONE:
        return schedule
    at = max(now + CHECK, schedule.hold_until or now)
    where = f" ({merged_into})" if merged_into else ""
    look = Term(
        name="mirror", value=f"another feed{where} brings all of its items: a look a day", at=at, won=True
    )
    return replace(
        schedule,
        next_poll_at=at,
        condition=FeedCondition.MIRROR,
        terms=(*(replace(term, won=False) for term in schedule.terms), look),
    )
