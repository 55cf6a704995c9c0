"""Talking with hubs: asking for a subscription, and reading what they deliver."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from aggregator.core.hubs import LEASE_ASKED
from aggregator.fetch.client import Client
from aggregator.fetch.decode import BodyError, Decoder
from aggregator.fetch.headers import NO_VALIDATORS
from aggregator.model import Fetched, FetchFailed, NotModified, PutOff, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a hub made of our request. ``reason`` is a sentence where it did not take it."""

    accepted: bool
    reason: str = ""
    #: the hub's site wants quiet until then
    until: datetime | None = None


async def ask(
    client: Client, subscription: Subscription, callback: str, mode: Literal["subscribe", "unsubscribe"]
) -> Asked:
    """Send a subscription request (WebSub, section 5.1) by the one way out, guard and politeness included."""
    form = {"hub.callback": callback, "hub.mode": mode, "hub.topic": subscription.topic}
    if mode == "subscribe":
        form["hub.lease_seconds"] = str(round(LEASE_ASKED.total_seconds()))
        form["hub.secret"] = subscription.secret
    match await client.post(subscription.hub, form=form):
        case Fetched():
            return Asked(accepted=True)
        case FetchFailed() as refused:
            return Asked(accepted=False, reason=f"the hub was asked in vain: {refused.reason}")
        case PutOff() as later:
            return Asked(accepted=False, reason=later.reason, until=later.until)
        case NotModified():  # nothing that a form is answered with
            return Asked(accepted=False, reason="the hub answered 304")
        case other:
            assert_never(other)


def delivery(url: str, headers: Mapping[str, str], body: bytes, *, max_body: int) -> Fetched | None:
    """What a hub delivered for the feed at ``url``, as if it had been fetched; None where it does not unpack.

    ``headers`` by name in lower case. It may hold only the newest items.
    """
    decoder = Decoder(headers.get("content-encoding", ""), cap=max_body)
    try:
        decoder.feed(body)
        unpacked = decoder.finish()
    except BodyError:
        return None
    kept = {name: headers[name] for name in ("content-type", "link") if name in headers}
    return Fetched(
        url=url,
        final_url=url,
        status=200,
        headers=kept,
        body=unpacked,
        validators=NO_VALIDATORS,
        elapsed_ms=0,
    )
