"""When is an article's page tried again, and when is it looked at a second time?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aggregator.core.polling.headers import retry_after
from aggregator.model import FailureKind

#: pauses between attempts at an article's page; then it is given up
PAGE_RETRIES: Final = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8), timedelta(days=1))
#: failures that another attempt will hardly mend get one more chance, a day later
_LASTING: Final = frozenset(
    {
        FailureKind.FORBIDDEN,
        FailureKind.CONTENT,
        FailureKind.ROBOTS,
        FailureKind.TOO_BIG,
        FailureKind.REDIRECT,
    }
)

#: ages of an article at which its page is looked at again: edits come early, and a request costs the outlet
_LOOKS: Final = (
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
#: nothing is looked at again when it is older, however often it changed
_LAST_LOOK: Final = timedelta(days=14)
#: looks at one page: a live blog that changes each time gets so many in its two weeks
_MOST_LOOKS: Final = 30
#: where the last look found an edit, the next comes after this share of the article's age
_AFTER_EDIT: Final = 4


def retry_page(
    attempts: int,
    *,
    now: datetime,
    kind: FailureKind,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> datetime | None:
    """When an article's page is tried again after its ``attempts``-th failure; None: never."""
    lasting = kind in _LASTING or status in {401, 403, 404, 410}
    if attempts > (1 if lasting else len(PAGE_RETRIES)):
        return None
    pause = PAGE_RETRIES[-1] if lasting else PAGE_RETRIES[attempts - 1]
    return max(now + pause, retry_after(headers or {}, now) or now)


def reread_page(
    rereads: int, *, published: datetime | None, first_seen: datetime, now: datetime, changed: bool
) -> datetime | None:
    """When an article's page is looked at again to find edits; None: never more.

    ``rereads`` looks were made so far, 0 when its text has just been read for the first time; ``changed``:
    the last one found an edit. An article costs six requests more at most while it does not change, fewer
    when it was published before we saw it, none when that is a week ago: a look comes only where it doubles
    what is known of the article's life.
    """
    born = min(published or first_seen, first_seen)
    age = now - born
    if rereads >= _MOST_LOOKS or age >= _LAST_LOOK:
        return None
    planned = next((born + look for look in _LOOKS if look - age >= look / 2), None)
    if not changed:
        return planned
    soon = now + max(_LOOKS[0], age / _AFTER_EDIT)
    if soon - born > _LAST_LOOK:
        return planned
    return min(soon, planned) if planned else soon


def after_withdrawal(rereads: int, now: datetime) -> datetime | None:
    """When a page is asked again that says its article was taken back: it may come back, corrected."""
    return None if rereads >= _MOST_LOOKS else now + PAGE_RETRIES[-1]
