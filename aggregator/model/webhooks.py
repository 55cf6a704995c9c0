"""What other programs are told: one delivery for each webhook and piece of news."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

HookEvent = Literal["item", "story", "health"]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that a webhook is to be told, once."""

    #: ``core.webhooks.hook_key`` of the webhook
    hook: str
    event: HookEvent
    #: the same for the same news, at every attempt
    idempotency_key: str
    #: JSON
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """News on its way."""

    id: int
    news: News
    created_at: datetime
    #: so far, in vain
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one request. ``reason`` is a sentence, "" where the receiver took it."""

    status: int | None
    reason: str = ""
    #: it asked for quiet until then
    until: datetime | None = None
    #: another attempt may succeed
    is_passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A delivery after an attempt; ``due_at`` is None when it was delivered or given up."""

    id: int
    attempts: int
    due_at: datetime | None
    status: int | None
    reason: str
    delivered_at: datetime | None = None
