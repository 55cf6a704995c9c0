"""What is believed only after it has lasted: a 304 for ever, a permanent redirect."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from aggregator.core.rhythm import EFFORT, expect
from aggregator.model import FeedCondition, FeedState, Sighting

#: expected items that do not come while only 304s do: by chance once in 150 times
_MISSING_ITEMS: Final = 5.0
#: a whole document, or the configured address of a feed that had moved, is asked for at most this often
_SELDOM: Final = timedelta(days=1)
#: hours between two polls, at most, where nobody said otherwise
_LONGEST: Final = 12.0
#: polls that go by at least between two whole documents
_POLLS: Final = 50

#: sightings of a permanent redirect before it is believed, and the time they must span
SIGHTINGS: Final = 3
LASTING: Final = timedelta(days=2)


def ask_anew(state: FeedState, now: datetime) -> bool:
    """Whether this poll should leave the validators out: only 304s came for suspiciously long.

    Some servers answer 304 for ever. It is suspicious when more items than chance allows should have come
    since the last whole document; a feed too quiet for that is asked anew in about one of fifty polls.
    """
    since = state.last_body or max(state.arrivals, default=None)
    if since is None or now - since < _SELDOM or state.condition is not FeedCondition.OK:
        return False
    outlook = expect(state.rhythm, state.arrivals, now)
    waited = (now - since).total_seconds() / 3600
    if outlook.learned and waited * outlook.usual >= _MISSING_ITEMS * outlook.batch:
        return True
    return waited >= _POLLS * min(outlook.wait(EFFORT, _LONGEST), _LONGEST)


def redirected(
    state: FeedState, moved_to: str | None, asked: str, now: datetime
) -> tuple[str | None, Sighting | None]:
    """The address to adopt, if any, and what is to be remembered of a redirect that has not lasted yet.

    A permanent redirect counts after three sightings over at least two days (a captive portal's does
    not last), from http to https of the same host and path at once. Another target starts again, and
    a poll without a redirect forgets. To be called for polls that gave a feed, and for no others.
    """
    if not moved_to or moved_to == asked:
        return None, None
    if _only_safer(asked, moved_to):
        return moved_to, None
    seen = state.sighting
    if seen is None or seen.target != moved_to:
        return None, Sighting(target=moved_to, first=now, count=1)
    seen = replace(seen, count=seen.count + 1)
    if seen.count >= SIGHTINGS and now - seen.first >= LASTING:
        return moved_to, None
    return None, seen


def ask_configured(state: FeedState, now: datetime) -> bool:
    """Whether a poll that failed where the feed had moved to should ask the configured address as well.

    At the first failure, then once in each day that they go on.
    """
    if state.failing_since is None or state.last_attempt is None:
        return True
    return (now - state.failing_since) // _SELDOM > (state.last_attempt - state.failing_since) // _SELDOM


def _only_safer(asked: str, target: str) -> bool:
    """True where ``target`` is ``asked`` with https in place of http."""
    try:
        before, after = urlsplit(asked), urlsplit(target)
        ports = (before.port or 80, after.port or 443)
    except ValueError:
        return False
    return (
        (before.scheme, after.scheme) == ("http", "https")
        and before.hostname == after.hostname
        and ports == (80, 443)
        and (before.path or "/", before.query) == (after.path or "/", after.query)
    )
