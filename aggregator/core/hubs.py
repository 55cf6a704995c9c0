"""The rules of push (WebSub, W3C Recommendation of 2018): which hub, what is believed, when to ask again.

A subscription changes by the functions below and by nothing else; each takes it as it stands now, so that
the order of what a hub does (it may confirm before it has answered our request) does not matter.
"""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.core.urls import is_http, resolve
from aggregator.model import FeedHints, HubOffer, Subscription, SubscriptionState

#: the lease that we ask for; hubs grant what they like
LEASE_ASKED = timedelta(days=10)
#: … within these bounds, as far as we believe them
_LONGEST_LEASE = timedelta(days=90)
#: no renewal sooner: a lease of seconds must not become a request a minute
_SHORTEST_RENEWAL = timedelta(minutes=10)
#: a hub that accepted our request has so long to verify it
_VERIFIED_WITHIN = timedelta(hours=1)
_FIRST_RETRY = timedelta(minutes=10)
_LAST_RETRY = timedelta(days=1)
#: a hub that denied is asked again after this, then twice this …
_AFTER_DENIAL = timedelta(days=1)
_LONGEST_DENIAL = timedelta(days=30)
#: of several hubs the next is tried when this many requests were in vain
_TRIES_PER_HUB = 3
#: a hub is trusted for so many usual gaps after its last delivery, within the bounds behind
_TRUSTED_GAPS = 3
_LEAST_TRUST = timedelta(hours=1)
_MOST_TRUST = timedelta(days=2)
#: X-Hub-Signature: the methods of WebSub, section 8
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
#: hub.challenge and hub.reason are not longer in good faith
_LONGEST_CHALLENGE = 2_000
_LONGEST_REASON = 300

_STATES = SubscriptionState


# ── which hub, which topic ───────────────────────────────────────────────────────────────────

_PARAMETERS = re.compile(r'(?:[^",]++|"(?:[^"\\]|\\.)*+"?)*+', re.DOTALL)
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def with_link(hints: FeedHints, headers: Mapping[str, str], base_url: str) -> FeedHints:
    """The hints with the hubs and the topic of the Link header, which comes before the document's."""
    header = headers.get("link", "")
    if "hub" not in header.lower():
        return hints
    hubs: list[str] = []
    topic = ""
    for target, rels in _links(header):
        url = resolve(base_url, target)
        if url and "hub" in rels and url not in hubs:
            hubs.append(url)
        if url and "self" in rels and not topic:
            topic = url
    return replace(hints, hubs=tuple(hubs), self_url=topic or hints.self_url) if hubs else hints


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    """The links of a Link header (RFC 8288): target, and its relations in lower case."""
    position = 0
    while (start := header.find("<", position)) >= 0:
        end = header.find(">", start)
        if end < 0:
            return
        parameters = _PARAMETERS.match(header, end + 1)
        assert parameters is not None  # noqa: S101  it matches the empty text too
        position = parameters.end()
        rel = _REL.search(parameters[0])
        yield header[start + 1 : end].strip(), (rel[1] or rel[2] or "").lower().split() if rel else []


def topic_of(offer: HubOffer) -> str:
    """The feed's address as its hub knows it."""
    own = offer.hints.self_url
    return own if is_http(own) else offer.address


def hubs_of(offer: HubOffer) -> tuple[str, ...]:
    """The hubs that can be asked."""
    return tuple(hub for hub in offer.hints.hubs if is_http(hub))


def outdated(subscription: Subscription, offer: HubOffer) -> bool:
    """Whether the feed names other hubs, or another topic, than the subscription was made with."""
    return subscription.hub not in hubs_of(offer) or subscription.topic != topic_of(offer)


# ── the life of a subscription ───────────────────────────────────────────────────────────────


def begin(offer: HubOffer, *, token: str, secret: str, now: datetime) -> Subscription:
    """A subscription that is about to be asked for."""
    fresh = Subscription(
        feed_id=offer.feed_id,
        hub=hubs_of(offer)[0],
        topic=topic_of(offer),
        token=token,
        secret=secret,
        state=_STATES.PENDING,
    )
    return asking(fresh, now, hubs=hubs_of(offer))


def asking(subscription: Subscription, now: datetime, *, hubs: Sequence[str] = ()) -> Subscription:
    """Before each request to the hub: counted as in vain until the hub confirms it."""
    hub, state = subscription.hub, subscription.state
    lapsed = subscription.lease_until is None or subscription.lease_until <= now
    if lapsed:
        state = _STATES.PENDING
        if hubs and subscription.attempts and subscription.attempts % _TRIES_PER_HUB == 0:
            hub = hubs[(hubs.index(hub) + 1) % len(hubs)] if hub in hubs else hubs[0]
    attempts = subscription.attempts + 1
    return replace(
        subscription,
        hub=hub,
        state=state,
        attempts=attempts,
        next_try_at=now + max(_VERIFIED_WITHIN, _pause(attempts)),
        reason="the hub has not confirmed it yet" if lapsed else subscription.reason,
    )


def failed(subscription: Subscription, reason: str, now: datetime, *, until: datetime | None) -> Subscription:
    """The request to the hub came to nothing; ``until``: when the hub may be asked again at the earliest."""
    if not subscription.attempts:  # it was confirmed all the same
        return subscription
    at = now + _pause(subscription.attempts)
    return replace(subscription, next_try_at=max(at, until or at), reason=_short(reason))


def ending(subscription: Subscription, now: datetime) -> Subscription:
    """We end it: what is delivered is not taken any more; it is forgotten in an hour at the latest."""
    return replace(
        subscription,
        state=_STATES.LEAVING,
        lease_until=None,
        delivered_at=None,
        next_try_at=now + _VERIFIED_WITHIN,
        reason="ended",
    )


def delivered(subscription: Subscription, now: datetime) -> Subscription:
    """A delivery with a true signature came."""
    return replace(subscription, delivered_at=now)


def missed(subscription: Subscription) -> Subscription:
    """A poll found what the hub should have pushed: it is not trusted before its next delivery."""
    return replace(subscription, delivered_at=None)


def _pause(attempts: int) -> timedelta:
    """10 minutes, 30 minutes, 90 minutes … a day."""
    return min(_FIRST_RETRY * int(3 ** min(attempts - 1, 10)), _LAST_RETRY)


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_REASON]


# ── what a hub asks us ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to answer a hub that asks whether we meant it; ``after`` is None for what is to be forgotten."""

    status: int
    text: str
    after: Subscription | None


def verify(subscription: Subscription, query: Mapping[str, str], now: datetime) -> Verdict:
    """The answer to a verification of intent or a denial (WebSub, sections 5.2 and 5.3)."""
    mode, leaving = query.get("hub.mode", ""), subscription.state == _STATES.LEAVING
    refused = Verdict(status=404, text="no such subscription is wanted\n", after=subscription)
    if query.get("hub.topic") != subscription.topic:
        return refused
    if mode == "denied":
        after = None if leaving else _denied(subscription, query.get("hub.reason", ""), now)
        return Verdict(status=200, text="noted\n", after=after)
    challenge = query.get("hub.challenge", "")
    if not 0 < len(challenge) <= _LONGEST_CHALLENGE:
        return refused
    if mode == "subscribe" and not leaving:
        return Verdict(
            status=200,
            text=challenge,
            after=_confirmed(subscription, granted(query.get("hub.lease_seconds", "")), now),
        )
    if mode == "unsubscribe" and leaving:
        return Verdict(status=200, text=challenge, after=None)
    return refused


def granted(seconds: str) -> timedelta:
    """The lease in ``hub.lease_seconds``; what we asked for where it is missing or no number."""
    text = seconds.strip()
    if not (text.isascii() and text.isdigit()) or int(text[:12]) == 0:
        return LEASE_ASKED
    return min(timedelta(seconds=int(text[:12])), _LONGEST_LEASE)


def _confirmed(subscription: Subscription, lease: timedelta, now: datetime) -> Subscription:
    """The lease runs from now, and is renewed when two thirds of it are over."""
    return replace(
        subscription,
        state=_STATES.ACTIVE,
        lease_until=now + lease,
        next_try_at=now + max(lease * 2 / 3, _SHORTEST_RENEWAL),
        attempts=0,
        reason="",
    )


def _denied(subscription: Subscription, reason: str, now: datetime) -> Subscription:
    attempts = max(1, subscription.attempts)
    return replace(
        subscription,
        state=_STATES.REFUSED,
        lease_until=None,
        delivered_at=None,
        attempts=attempts,
        next_try_at=now + min(_AFTER_DENIAL * attempts, _LONGEST_DENIAL),
        reason=f"the hub denied it: {_short(reason)}" if reason.strip() else "the hub denied it",
    )


# ── what a hub delivers ──────────────────────────────────────────────────────────────────────


def is_signed(secret: str, signature: str, body: bytes) -> bool:
    """Whether ``X-Hub-Signature`` is that of this body (WebSub, section 7.1)."""
    method, _, digest = signature.strip().partition("=")
    method = method.strip().lower()
    if method not in _METHODS:
        return False
    expected = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(expected.encode(), digest.strip().lower().encode())


def pushed_until(
    lease_until: datetime | None, delivered_at: datetime | None, arrivals: Sequence[datetime]
) -> datetime | None:
    """How long polls may rely on the hub: for three usual gaps after its last delivery, within its lease.

    None for a hub that has not proved itself yet. ``arrivals``: the newest items' instants, newest first.
    """
    if lease_until is None or delivered_at is None:
        return None
    return min(lease_until, delivered_at + _trust(arrivals))


def _trust(arrivals: Sequence[datetime]) -> timedelta:
    if len(arrivals) < 2:
        return _LEAST_TRUST
    gap = (arrivals[0] - arrivals[-1]) / (len(arrivals) - 1)
    return max(_LEAST_TRUST, min(gap * _TRUSTED_GAPS, _MOST_TRUST))
