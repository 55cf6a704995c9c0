"""Subscriptions and figures, on both databases."""

from datetime import timedelta

import pytest

from aggregator.core import hubs
from aggregator.model import (
    FeedCondition,
    FeedHints,
    Figures,
    HubOffer,
    PushWork,
    Subscription,
)
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, claim_one, new_item, outcome, poll, schedule, spec

HUB = "https://hub.example/"
HINTS = FeedHints(hubs=(HUB,), self_url="https://gulf-insider.example/feed")
OFFER = HubOffer(feed_id=1, address="https://gulf-insider.example/feed", hints=HINTS)


@pytest.fixture
def offered(store: Store) -> HubOffer:
    """A feed that names a hub, in the store."""
    poll(store, hints=HINTS)
    [offer] = store.push_work(NOW, limit=10).offers
    return offer


def begin(store: Store, offer: HubOffer, token: str = "t") -> Subscription:
    subscription = hubs.begin(offer, token=token, secret="s", now=NOW)
    store.add_subscription(subscription)
    return subscription


def confirm(store: Store, token: str = "t", *, hours: int = 72) -> None:
    subscription = store.subscription(token)
    assert subscription is not None
    query = {
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic,
        "hub.challenge": "c",
        "hub.lease_seconds": str(hours * 3600),
    }
    store.change_subscription(token, lambda one: hubs.verify(one, query, NOW).after)


def test_polled_feeds_that_name_hubs_are_offered_until_they_are_subscribed(store: Store) -> None:
    poll(store, outlet="Quiet", hints=FeedHints(ttl=HOUR))
    poll(store, hints=HINTS)
    work = store.push_work(NOW, limit=10)
    offer = HubOffer(feed_id=work.offers[0].feed_id, address=OFFER.address, hints=HINTS)
    assert work == PushWork(offers=(offer,))
    begin(store, offer)
    assert store.push_work(NOW, limit=10) == PushWork()


def test_of_two_processes_that_subscribe_a_feed_at_once_the_first_does(
    store: Store, offered: HubOffer
) -> None:
    first, second = (hubs.begin(offered, token=token, secret="s", now=NOW) for token in ("t", "u"))
    assert (store.add_subscription(first), store.add_subscription(second)) == (True, False)
    assert (store.subscription("t"), store.subscription("u")) == (first, None)


def test_a_hub_that_is_no_address_is_not_offered(store: Store) -> None:
    poll(store, hints=FeedHints(hubs=("javascript:alert(1)",)))
    assert store.push_work(NOW, limit=10) == PushWork()


@pytest.mark.parametrize("condition", [FeedCondition.GONE, FeedCondition.MERGED, FeedCondition.MIRROR])
def test_a_feed_that_is_polled_no_more_is_not_offered(store: Store, condition: FeedCondition) -> None:
    poll(store, hints=HINTS, schedule=schedule(condition=condition))
    assert store.push_work(NOW, limit=10) == PushWork()


def test_a_subscription_is_read_back_as_it_was_kept(store: Store, offered: HubOffer) -> None:
    subscription = begin(store, offered)
    assert store.subscription("t") == subscription
    assert store.subscription("T") is None


def test_a_subscription_falls_due_for_its_next_request(store: Store, offered: HubOffer) -> None:
    begin(store, offered)
    confirm(store)
    assert store.push_work(NOW + 47 * HOUR, limit=10) == PushWork()
    work = store.push_work(NOW + 49 * HOUR, limit=10)
    assert work == PushWork(due=((store.subscription("t"), offered),))  # type: ignore[arg-type]


def test_a_feed_that_names_another_hub_or_is_taken_out_has_an_unwanted_subscription(
    store: Store, offered: HubOffer
) -> None:
    begin(store, offered)
    confirm(store)
    changed = FeedHints(hubs=("https://other.example/",), self_url=HINTS.self_url)
    poll(store, now=NOW + HOUR, hints=changed)
    unwanted = PushWork(unwanted=(store.subscription("t"),))  # type: ignore[arg-type]
    assert store.push_work(NOW + HOUR, limit=10) == unwanted
    assert store.push_work(NOW + HOUR, limit=10, after=offered.feed_id) == PushWork()
    poll(store, now=NOW + 2 * HOUR, hints=HINTS)
    assert store.push_work(NOW + 2 * HOUR, limit=10) == PushWork()
    store.sync_feeds((), NOW + 3 * HOUR)
    assert store.push_work(NOW + 3 * HOUR, limit=10) == unwanted


def test_many_subscriptions_are_compared_with_their_feeds_in_turns(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.store.subscriptions._COMPARED", 2)
    for number in range(5):
        poll(store, outlet=f"Outlet {number}", hints=HINTS)
    offers = store.push_work(NOW, limit=10).offers
    for number, offer in enumerate(offers):
        begin(store, offer, token=str(number))
        confirm(store, str(number))
        other = FeedHints(hubs=("https://other.example/",))
        poll(store, outlet=f"Outlet {number}", now=NOW + HOUR, hints=other)
    ids, seen, after = [offer.feed_id for offer in offers], [], 0
    for _ in range(4):
        work = store.push_work(NOW + HOUR, limit=10, after=after)
        seen.append([ids.index(one.feed_id) for one in work.unwanted])
        after = work.reviewed
    assert seen == [[0, 1], [2, 3], [4], [0, 1]]


def test_one_that_we_end_is_not_ended_again_and_falls_due_to_be_forgotten(
    store: Store, offered: HubOffer
) -> None:
    begin(store, offered)
    store.sync_feeds((), NOW)
    leaving = store.change_subscription("t", lambda one: hubs.ending(one, NOW))
    assert store.push_work(NOW, limit=10) == PushWork()
    assert store.push_work(NOW + HOUR, limit=10).due == ((leaving, offered),)
    assert store.change_subscription("t", lambda _: None) is None
    assert store.subscription("t") is None


def test_a_change_of_what_is_not_there_is_none(store: Store) -> None:
    assert store.change_subscription("nobody", lambda one: one) is None


def test_another_public_address_forgets_every_subscription(store: Store, offered: HubOffer) -> None:
    store.push_from("https://a.example/")
    begin(store, offered)
    store.push_from("https://a.example/")
    assert store.subscription("t") is not None
    store.push_from("https://b.example/")
    assert store.subscription("t") is None


def test_the_subscription_goes_with_its_feed(store: Store, offered: HubOffer) -> None:
    begin(store, offered)
    store.purge([offered.address])
    assert store.subscription("t") is None


# ── what polls are told ──────────────────────────────────────────────────────────────────────


def test_polls_hear_how_long_they_may_rely_on_a_hub(store: Store, offered: HubOffer) -> None:
    arrivals = tuple(NOW - number * timedelta(hours=3) for number in range(5))
    poll(store, new_item(), now=NOW + HOUR, hints=HINTS, arrivals=arrivals)
    begin(store, offered)
    ids = [offered.feed_id]
    assert store.pushed(ids) == {}
    store.change_subscription("t", lambda one: hubs.delivered(one, NOW))
    assert store.pushed(ids) == {}, "not while it is not confirmed"
    confirm(store)
    assert store.pushed(ids) == {offered.feed_id: NOW + 9 * HOUR}
    assert store.pushed([offered.feed_id + 1]) == {}
    assert store.pushed([]) == {}


def test_a_hub_that_kept_something_back_is_not_relied_on(store: Store, offered: HubOffer) -> None:
    begin(store, offered)
    confirm(store)
    store.change_subscription("t", lambda one: hubs.delivered(one, NOW))
    store.push_missed(offered.feed_id)
    store.push_missed(offered.feed_id + 1)
    assert store.pushed([offered.feed_id]) == {}


def test_a_delivery_brings_the_next_poll_forward_and_never_back(store: Store, offered: HubOffer) -> None:
    store.poll_by(offered.feed_id, NOW + DAY)
    assert store.next_due_at() == NOW + HOUR
    store.poll_by(offered.feed_id, NOW)
    assert store.next_due_at() == NOW


def test_a_feed_that_is_never_polled_again_is_not_polled_for_a_delivery(
    store: Store, offered: HubOffer
) -> None:
    feed = claim_one(store, NOW + HOUR)
    gone = schedule(None, condition=FeedCondition.GONE)
    store.record_poll(outcome(feed, at=NOW + HOUR, schedule=gone))
    store.poll_by(offered.feed_id, NOW)
    assert store.next_due_at() is None


# ── figures ──────────────────────────────────────────────────────────────────────────────────


def test_an_empty_store_has_empty_figures(store: Store) -> None:
    assert store.figures(NOW) == Figures()


def test_figures_count_what_is_there(store: Store, offered: HubOffer) -> None:
    poll(
        store, new_item(page_due_at=NOW), outlet="Failing", schedule=schedule(condition=FeedCondition.FAILING)
    )
    store.sync_feeds([*(spec(name) for name in ("Gulf Insider", "Failing", "New"))], NOW)
    begin(store, offered)
    assert store.figures(NOW + timedelta(minutes=90)) == Figures(
        feeds={"failing": 1, "new": 1, "ok": 1},
        overdue=3,
        lag=timedelta(minutes=90),
        pages_waiting=1,
        search_queue=1,
        subscriptions={"pending": 1},
    )


def test_a_feed_that_was_told_to_wait_is_not_late(store: Store) -> None:
    poll(store, schedule=schedule(NOW, hold_until=NOW + DAY))
    figures = store.figures(NOW + HOUR)
    assert (figures.overdue, figures.lag) == (0, timedelta(0))
