"""When is the digest due, and what is remembered of those before? Pure."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

#: pauses after failed attempts: ten minutes, then twice as long each time, six hours at most
_PAUSE, _LONGEST = timedelta(minutes=10), timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What was sent so far."""

    #: everything before is done with: the last digest told it, or there was nothing to tell
    until: datetime
    #: no digest was sent yet: ``until`` is when it was first asked for
    first: bool = False
    #: the highest number of an item that was there then: what came later has a higher one
    item: int = 0
    #: attempts at the next one, and when the last of them began
    attempts: int = 0
    tried_at: datetime | None = None

    def dumps(self) -> str:
        """As the store keeps it."""
        tried = None if self.tried_at is None else self.tried_at.isoformat()
        return json.dumps([self.until.isoformat(), self.first, self.item, self.attempts, tried])

    @classmethod
    def loads(cls, text: str) -> Self:
        """What ``dumps`` wrote."""
        until, first, item, attempts, tried = json.loads(text)
        return cls(
            until=datetime.fromisoformat(until),
            first=first,
            item=item,
            attempts=attempts,
            tried_at=None if tried is None else datetime.fromisoformat(tried),
        )

    def trying(self, now: datetime) -> Self:
        """As an attempt begins."""
        return replace(self, attempts=self.attempts + 1, tried_at=now)


def is_due(posted: Posted, planned: datetime | None, now: datetime) -> bool:
    """Whether to send now. ``planned``: the first planned time after ``posted.until``, None for never.

    After a failure only once the pause is over; an attempt in the future is one of a clock that was set back.
    """
    if planned is None or planned > now:
        return False
    if posted.tried_at is None or posted.tried_at > now:
        return True
    pause: timedelta = _PAUSE * 2 ** min(max(posted.attempts, 1) - 1, 10)
    return now - posted.tried_at >= min(pause, _LONGEST)
