"""When is a feed polled next, and why? Every consideration becomes a ``Term`` for ``explain``."""

from aggregator.core.polling.decision import (
    ABOUT_TO_COME,
    MAX_ARRIVALS,
    MAX_BACKOFF,
    WEEKLY,
    Answer,
    Policy,
    after_delivery,
    arrivals_with,
    decide,
    put_off,
    sooner,
)
from aggregator.core.polling.doubts import ask_anew, ask_configured, redirected
from aggregator.core.polling.headers import MAX_RETRY_AFTER, fresh_for, retry_after
from aggregator.core.polling.pages import PAGE_RETRIES, after_withdrawal, reread_page, retry_page
from aggregator.core.polling.wording import words

__all__ = [
    "ABOUT_TO_COME",
    "MAX_ARRIVALS",
    "MAX_BACKOFF",
    "MAX_RETRY_AFTER",
    "PAGE_RETRIES",
    "WEEKLY",
    "Answer",
    "Policy",
    "after_delivery",
    "after_withdrawal",
    "arrivals_with",
    "ask_anew",
    "ask_configured",
    "decide",
    "fresh_for",
    "put_off",
    "redirected",
    "reread_page",
    "retry_after",
    "retry_page",
    "sooner",
    "words",
]
