"""How is news told to other programs: signed, with a key that makes repeating harmless; again after failures.

Headers, signature and pauses follow Standard Webhooks (standardwebhooks.com), which has libraries for
receivers in many languages; ``Idempotency-Key`` is draft-ietf-httpapi-idempotency-key-header's.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b, sha256

from aggregator.model.webhooks import Attempted, Delivery, HookEvent, Sent

#: pauses after each attempt in vain; then it is given up, after some three days
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 840, 1200, 1440)
)  # fmt: skip
#: no receiver's Retry-After is kept for longer
_LONGEST = timedelta(days=1)
_PREFIX = "whsec_"


def hook_key(url: str, event: HookEvent, query: str) -> str:
    """What a webhook's deliveries are kept under, as long as its configuration says the same."""
    said = "\0".join((url, event, query)).encode("utf-8", "surrogatepass")
    return f"{event} {blake2b(said, digest_size=12).hexdigest()}"


def idempotency_key(hook: str, *subject: object) -> str:
    """One for each webhook and piece of news."""
    said = "\0".join((hook, *map(str, subject))).encode("utf-8", "surrogatepass")
    return "msg_" + blake2b(said, digest_size=16).hexdigest()


def key_of(secret: str) -> bytes:
    """The bytes that sign: those of ``whsec_…`` in base64, else the words as they are.

    Raises ValueError for an empty secret, and for a ``whsec_`` that is no base64.
    """
    secret = secret.strip()
    if not secret:
        raise ValueError("is empty")
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError('begins with "whsec_", and base64 must follow that') from None


def headers(delivery: Delivery, now: datetime, key: bytes | None) -> Mapping[str, str]:
    """What goes along with one attempt; signed where there is a key."""
    number, stamp = delivery.news.idempotency_key, str(int(now.timestamp()))
    told = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": f'"{number}"',
        "webhook-id": number,
        "webhook-timestamp": stamp,
    }
    if key is not None:
        signed = f"{number}.{stamp}.{delivery.news.body}".encode()
        digest = hmac.new(key, signed, sha256).digest()
        told["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return told


def after(delivery: Delivery, sent: Sent, now: datetime, *, jitter: float) -> Attempted:
    """What becomes of a delivery; ``jitter`` from 0 to 1 makes a pause up to a fifth longer."""
    attempts = delivery.attempts + 1
    if not sent.reason:
        return Attempted(
            id=delivery.id, attempts=attempts, due_at=None, status=sent.status, reason="", delivered_at=now
        )
    due_at, reason = None, sent.reason
    if not sent.is_passing:
        reason = f"{reason}; given up, as another attempt would not help"
    elif attempts > len(PAUSES):
        reason = f"{reason}; given up after {attempts} attempts"
    else:
        due_at = now + PAUSES[attempts - 1] * (1 + jitter / 5)
        if sent.until is not None:
            due_at = max(due_at, min(sent.until, now + _LONGEST))
    return Attempted(id=delivery.id, attempts=attempts, due_at=due_at, status=sent.status, reason=reason)
