"""When is an article's page tried again?"""

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
