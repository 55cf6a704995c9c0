"""Was something missed between two polls, and which items of an archive or a sitemap are it?"""

from collections.abc import Collection, Sequence
from datetime import datetime

from aggregator.model import Changes, FeedState, KnownItem, NewGap, ParsedItem


def missed(
    state: FeedState,
    changes: Changes,
    *,
    items: Sequence[ParsedItem],
    stored: Collection[KnownItem],
    shared: bool,
    now: datetime,
) -> NewGap | None:
    """The gap between the document that ``state`` remembers and the present one; None: they touch.

    ``items`` are all of the present document that were parsed, ``stored`` those of the feed that they were
    compared with; ``shared``: some entries were known by their bytes and not parsed at all.
    """
    if state.last_success is None or not state.window or not items or state.hints.complete:
        return None
    if shared or changes.same or changes.changed or _renamed(changes, stored):
        return None
    after = state.arrivals[0] if state.arrivals else state.last_success
    dates = [min(item.published, now) for item in items if item.published is not None]
    later = [date for date in dates if date > after]
    if dates and not later:  # it went back to what was there before: an old copy, a test page
        return None
    return NewGap(after=after, before=min(later, default=now))


def _renamed(changes: Changes, stored: Collection[KnownItem]) -> bool:
    """Whether most of what looks new has the address of a stored item: its guids were made anew."""
    links = {item.canonical_url for item in stored if item.canonical_url}
    known = sum(item.canonical_url in links for item in changes.new)
    return 2 * known > len(changes.new)
