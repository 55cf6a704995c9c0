"""WebSub: who pushes a feed's news to us, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.parsing import FeedHints


class SubscriptionState(StrEnum):
    """How a subscription stands."""

    PENDING = "pending"  # asked for, not confirmed
    ACTIVE = "active"  # confirmed by the hub, for the time of the lease
    REFUSED = "refused"  # the hub does not want to; asked again some day
    LEAVING = "leaving"  # ended by us; the hub may still ask whether that is true


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed at one hub."""

    feed_id: int
    hub: str
    #: the feed's address as its hub knows it
    topic: str
    #: the last part of the callback's address: whoever knows it was told by us
    token: str
    #: what deliveries are signed with
    secret: str
    state: SubscriptionState
    lease_until: datetime | None = None
    #: the last delivery with a true signature; None also once a poll found what the hub kept back
    delivered_at: datetime | None = None
    #: when the hub is asked next (again, or for a longer lease)
    next_try_at: datetime | None = None
    #: times that the hub was asked since it last confirmed
    attempts: int = 0
    #: what the user reads: "" when all is well
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOffer:
    """A polled feed whose document, or whose server, names hubs."""

    feed_id: int
    #: what is asked when it is polled
    address: str
    hints: FeedHints


@dataclass(frozen=True, slots=True, kw_only=True)
class PushWork:
    """What there is to do about subscriptions now."""

    #: feeds to subscribe to
    offers: tuple[HubOffer, ...] = ()
    #: subscriptions to ask for again, with what their feeds say today
    due: tuple[tuple[Subscription, HubOffer], ...] = ()
    #: subscriptions whose feed is polled no more, or names another hub or topic
    unwanted: tuple[Subscription, ...] = ()
    #: the last feed whose subscription was compared with it; 0 after the last of all
    reviewed: int = 0
