"""News that hubs push: a real hub and the real web server, both on loopback; leases pass on a fake clock."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator import config, websub
from aggregator.app import open_services
from aggregator.config import WebConfig
from aggregator.metrics import Metrics, Silent
from aggregator.model import (
    FeedCondition,
    FeedState,
    Fetched,
    Lease,
    PollOutcome,
    Subscription,
    SubscriptionState,
)
from aggregator.rounds import Round, Services
from aggregator.web import bind, create_app, serving
from aggregator.websub import Subscriber
from tests.cli.conftest import Terminal
from tests.conftest import NOW
from tests.fakes import FakeClock, FakeSite, Reply
from tests.hub import Hub
from tests.press import Entry, Newsroom, outlet, rss

ACTIVE = SubscriptionState.ACTIVE


@dataclass(kw_only=True)
class Counts(Silent):
    """What became of deliveries, in order."""

    seen: list[str] = field(default_factory=list)

    def delivered(self, outcome: str) -> None:
        self.seen.append(outcome)


@dataclass(kw_only=True)
class Desk:
    """A newsroom whose web server hubs can reach, with one outlet whose feed names a hub."""

    newsroom: Newsroom
    site: FakeSite
    hub: Hub
    services: Services
    subscriber: Subscriber
    counts: Counts
    base_url: str

    @property
    def feed(self) -> str:
        return self.site.url("/feed.xml")

    def serve(self, *numbers: int, hub: str | None = None, topic: str | None = None) -> None:
        self.site.serve("/feed.xml", feed_of(*numbers, hub=hub or self.hub.url, topic=topic or self.feed))

    async def poll(self) -> None:
        """What the daemon does when feeds are due, once."""
        round_ = Round(services=self.services, started=self.newsroom.clock.now())
        await round_.prepare()
        await round_.feeds.tick()
        await round_.feeds.drain()
        self.newsroom.clock.advance(seconds=1)

    async def tick(self) -> None:
        """The subscriber's minute; what hubs ask meanwhile is answered."""
        await self.subscriber.tick()
        await asyncio.to_thread(self.hub.verified)

    async def publish(self, *numbers: int, **how: object) -> list[int]:
        """The hub distributes these entries alone; they are handled when this returns."""
        return await self.send(feed_of(*numbers, hub=self.hub.url, topic=self.feed), **how)

    async def send(self, body: str | bytes, **how: object) -> list[int]:
        statuses = await asyncio.to_thread(self.hub.publish, self.feed, body, **how)  # type: ignore[arg-type]
        await self.subscriber.drain(10)
        return statuses

    def titles(self) -> list[str]:
        return [item.title for item in self.newsroom.items()]

    async def subscription(self) -> Subscription | None:
        tokens = [form["hub.callback"].rpartition("/")[2] for form in self.hub.asked]
        return await self.subscriber.known(tokens[-1]) if tokens else None

    def next_poll(self) -> timedelta:
        """From now to the next poll."""
        at = self.newsroom.health()["Port"].next_poll_at
        assert at is not None
        return at - self.newsroom.clock.now()


def feed_of(*numbers: int, hub: str, topic: str) -> str:
    head = (
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{hub}"/>'
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{topic}"/>'
    )
    entries = [Entry(number=number, link=f"https://x.example/{number}") for number in numbers]
    return rss(entries, head=head)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as site:
        yield site


@pytest.fixture
def newsroom(tmp_path: Path, site: FakeSite) -> Newsroom:
    made = Newsroom(directory=tmp_path)
    made.outlets(outlet("Port", site.url("/feed.xml")))
    return made


@asynccontextmanager
async def a_desk(newsroom: Newsroom, site: FakeSite) -> AsyncIterator[Desk]:
    sockets = bind("127.0.0.1:0")
    base_url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/"
    async with open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        counts, names = Counts(), itertools.count(1)

        async def take(feed: FeedState, arrived: Fetched) -> PollOutcome:
            return (await services.poller.poll(feed, arrived=arrived)).outcome

        subscriber = Subscriber(
            client=services.client,
            store=services.store,
            thread=services.thread,
            clock=newsroom.clock.now,
            sleep=newsroom.clock.sleep,
            secret=lambda: f"not to be guessed {next(names)}".replace(" ", "-"),
            base_url=base_url,
            max_body=100_000,
            take=take,
            meter=counts,
        )
        app = create_app(
            services,
            WebConfig(base_url=base_url),
            metrics=Metrics(),
            subscriber=subscriber,
            last_tick=newsroom.clock.now,
        )
        hub = Hub(site, clock=newsroom.clock.now)
        async with serving(app, sockets):
            yield Desk(
                newsroom=newsroom,
                site=site,
                hub=hub,
                services=services,
                subscriber=subscriber,
                counts=counts,
                base_url=base_url,
            )


@pytest.fixture
async def desk(newsroom: Newsroom, site: FakeSite) -> AsyncIterator[Desk]:
    """One feed, polled once, nothing subscribed yet."""
    async with a_desk(newsroom, site) as made:
        made.serve(1)
        await made.poll()
        yield made


@pytest.fixture
async def subscribed(desk: Desk) -> Desk:
    """The same, with a subscription that the hub has confirmed."""
    await desk.tick()
    assert [(mode, status) for mode, status, _ in desk.hub.verifications] == [("subscribe", 200)]
    return desk


# ── subscribing ──────────────────────────────────────────────────────────────────────────────


async def test_a_feed_that_names_a_hub_is_subscribed_to_and_the_hubs_question_answered(desk: Desk) -> None:
    await desk.tick()
    now = desk.newsroom.clock.now()
    assert desk.hub.asked == [
        {
            "hub.callback": f"{desk.base_url}websub/not-to-be-guessed-1",
            "hub.mode": "subscribe",
            "hub.topic": desk.feed,
            "hub.lease_seconds": "864000",
            "hub.secret": "not-to-be-guessed-2",
        }
    ]
    assert desk.hub.verifications == [("subscribe", 200, "challenge 1 & more")]
    assert await desk.subscription() == Subscription(
        feed_id=1,
        hub=desk.hub.url,
        topic=desk.feed,
        token="not-to-be-guessed-1",
        secret="not-to-be-guessed-2",
        state=ACTIVE,
        lease_until=now + timedelta(days=10),
        next_try_at=now + timedelta(days=10) * 2 / 3,
    )


async def test_a_feed_without_a_hub_is_left_alone(newsroom: Newsroom, site: FakeSite) -> None:
    async with a_desk(newsroom, site) as desk:
        site.serve("/feed.xml", rss([Entry(number=1)]))
        await desk.poll()
        await desk.tick()
    assert desk.hub.asked == []


async def test_the_link_header_names_hub_and_topic_before_the_document_does(
    newsroom: Newsroom, site: FakeSite
) -> None:
    async with a_desk(newsroom, site) as desk:
        link = f'<{desk.hub.url}>; rel="hub", <{site.url("/topic")}>; rel="self"'
        body = feed_of(1, hub="http://127.0.0.1:1/", topic="http://127.0.0.1:1/feed")
        site.serve("/feed.xml", body, headers={"Link": link})
        await desk.poll()
        await desk.tick()
    assert [form["hub.topic"] for form in desk.hub.asked] == [site.url("/topic")]


async def test_a_subscription_is_not_asked_for_twice(subscribed: Desk) -> None:
    for _ in range(3):
        subscribed.newsroom.clock.advance(minutes=30)
        await subscribed.tick()
    assert len(subscribed.hub.asked) == 1


async def test_a_hub_that_answers_an_error_is_asked_again_after_growing_pauses(desk: Desk) -> None:
    desk.hub.refuse = 500
    tried = []
    for minute in range(0, 200, 5):
        before = len(desk.hub.asked)
        await desk.tick()
        if len(desk.hub.asked) > before:
            tried.append(minute)
        desk.newsroom.clock.advance(minutes=5)
    assert tried == [0, 10, 40, 130]
    subscription = await desk.subscription()
    assert subscription is not None
    assert (subscription.state, subscription.attempts) == (SubscriptionState.PENDING, 4)
    assert subscription.reason == "the hub was asked in vain: the server answered 500 Internal Server Error"


async def test_a_hub_that_denies_is_left_in_peace_for_a_day(desk: Desk) -> None:
    desk.hub.deny = "not on\n our list"
    await desk.tick()
    subscription = await desk.subscription()
    assert subscription is not None
    assert subscription.state == SubscriptionState.REFUSED
    assert subscription.reason == "the hub denied it: not on our list"
    desk.newsroom.clock.advance(hours=23)
    await desk.tick()
    assert len(desk.hub.asked) == 1
    desk.hub.deny = None
    desk.newsroom.clock.advance(hours=2)
    await desk.tick()
    subscription = await desk.subscription()
    assert subscription is not None
    assert subscription.state == ACTIVE


async def test_of_two_daemons_on_one_database_one_subscribes(desk: Desk) -> None:
    desk.serve(1)
    await desk.poll()
    await asyncio.gather(desk.subscriber.tick(), desk.subscriber.tick())
    await asyncio.to_thread(desk.hub.verified)
    subscription = await desk.subscription()
    assert subscription is not None
    assert (len(desk.hub.asked), subscription.state) == (1, ACTIVE)


async def test_a_lease_is_renewed_when_two_thirds_of_it_are_over(desk: Desk) -> None:
    desk.hub.lease_seconds = 3 * 3600
    await desk.tick()
    desk.newsroom.clock.advance(minutes=119)
    await desk.tick()
    assert len(desk.hub.asked) == 1
    desk.newsroom.clock.advance(minutes=2)
    await desk.tick()
    assert len(desk.hub.asked) == 2
    assert desk.hub.asked[0] == desk.hub.asked[1], "the same callback, or the hub would deliver twice"
    subscription = await desk.subscription()
    assert subscription is not None
    assert subscription.lease_until == desk.newsroom.clock.now() + timedelta(hours=3)


async def test_a_hub_in_a_private_network_is_not_asked(newsroom: Newsroom, site: FakeSite) -> None:
    async with a_desk(newsroom, site) as desk:
        desk.serve(1, hub="http://10.0.0.1/hub")
        await desk.poll()
        await desk.tick()
        subscriptions = desk.services.store.figures(newsroom.clock.now()).subscriptions
        token = "not-to-be-guessed-1"
        subscription = await desk.subscriber.known(token)
    assert subscriptions == {"pending": 1}
    assert subscription is not None
    assert "10.0.0.1 is a private address" in subscription.reason


async def test_a_feed_that_changes_its_hub_is_ended_there_and_begun_here(subscribed: Desk) -> None:
    desk, other = subscribed, Hub(subscribed.site, clock=subscribed.newsroom.clock.now, path="/other")
    desk.serve(1, 2, hub=other.url)
    desk.newsroom.clock.advance(days=1)
    await desk.poll()
    await desk.tick()
    assert [form["hub.mode"] for form in desk.hub.asked] == ["subscribe", "unsubscribe"]
    assert desk.hub.verifications[-1] == ("unsubscribe", 200, "challenge 2 & more")
    assert desk.hub.subscribers == {}
    await desk.tick()
    await asyncio.to_thread(other.verified)
    assert [form["hub.mode"] for form in other.asked] == ["subscribe"]
    assert len(other.subscribers) == 1


async def test_an_outlet_that_is_taken_out_is_unsubscribed(subscribed: Desk) -> None:
    desk = subscribed
    await desk.services.thread.call(desk.services.store.sync_feeds, (), desk.newsroom.clock.now())
    await desk.tick()
    assert desk.hub.subscribers == {}
    assert await desk.subscription() is None


async def test_another_public_address_makes_every_subscription_anew(subscribed: Desk) -> None:
    desk = subscribed
    await desk.services.thread.call(desk.services.store.push_from, "https://news.example/")
    assert await desk.subscription() is None
    assert (await desk.publish(2)) == [410], (
        "the hub that still delivers to the old address hears that it is over"
    )
    assert desk.titles() == ["Headline number 1"]


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("https://news.example.org/", ""),
        ("http://localhost:8000/", "127.0.0.1 is a loopback address"),
        ("http://10.0.0.7/", "10.0.0.7 is a private address"),
        ("http://[fd00::1]:8000/", "fd00::1 is a private address"),
        ("http://192.168.7.7/", ""),
    ],
)
def test_hubs_are_not_troubled_with_callbacks_that_lead_nowhere(base_url: str, why: str) -> None:
    found = websub.unreachable(base_url, ["192.168.7.0/24"])
    assert found.startswith(why)
    assert bool(found) == bool(why)


# ── what a hub asks ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"hub.mode": "subscribe", "hub.topic": "https://x.example/", "hub.challenge": "c"}, "another topic"),
        ({"hub.mode": "subscribe", "hub.topic": "FEED"}, "no challenge"),
        ({"hub.mode": "subscribe", "hub.topic": "FEED", "hub.challenge": "c" * 3000}, "an endless challenge"),
        ({"hub.mode": "unsubscribe", "hub.topic": "FEED", "hub.challenge": "c"}, "we did not ask for that"),
        ({"hub.mode": "dance", "hub.topic": "FEED", "hub.challenge": "c"}, "no such mode"),
        ({"hub.mode": "subscribe"}, "nothing"),
    ],
)
async def test_what_was_not_asked_for_is_not_confirmed(
    subscribed: Desk, query: dict[str, str], why: str
) -> None:
    desk, before = subscribed, await subscribed.subscription()
    callback = desk.hub.asked[0]["hub.callback"]
    asked = {name: desk.feed if value == "FEED" else value for name, value in query.items()}
    status, text = await asyncio.to_thread(desk.hub.ask, callback, asked)
    assert (status, text) == (404, "no such subscription is wanted\n"), why
    assert await desk.subscription() == before


async def test_an_address_that_was_never_given_out_knows_nothing(subscribed: Desk) -> None:
    desk = subscribed
    query = {"hub.mode": "subscribe", "hub.topic": desk.feed, "hub.challenge": "c"}
    status, _ = await asyncio.to_thread(desk.hub.ask, f"{desk.base_url}websub/guessed", query)
    assert status == 404


# ── what a hub delivers ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_a_delivery_is_stored_without_a_poll(subscribed: Desk, method: str) -> None:
    subscribed.site.forget()
    assert await subscribed.publish(2, method=method) == [202]
    assert subscribed.titles() == ["Headline number 1", "Headline number 2"]
    assert subscribed.site.asked("/feed.xml") == []
    assert subscribed.counts.seen == ["new"]


async def test_items_that_a_delivery_leaves_out_are_not_gone(subscribed: Desk) -> None:
    desk = subscribed
    desk.serve(1, 2)
    await desk.publish(2)
    desk.newsroom.clock.advance(days=1)
    await desk.poll()
    desk.newsroom.clock.advance(seconds=1)
    assert desk.titles() == ["Headline number 1", "Headline number 2"], "and the poll finds nothing twice"
    with desk.newsroom.store() as store:
        events = store.history("Port")
    assert [(event.result, event.new, event.status, event.reason) for event in events] == [
        ("modified", 0, 200, ""),
        ("modified", 1, None, "brought by the hub"),
        ("modified", 1, 200, ""),
    ]


async def test_a_delivery_is_no_poll_in_the_figures(
    subscribed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = subscribed
    await desk.publish(2)
    with desk.newsroom.store() as store:
        (feed,) = store.health()
        decisions = [
            (one.brought, [term.name for term in one.terms if term.won]) for one in store.decisions("Port")
        ]
    assert (feed.polls, feed.not_modified) == (1, 0)
    assert decisions == [(True, ["push"]), (False, ["rhythm"])]
    explained = Terminal(capsys, desk.newsroom)("explain", "Port").lines
    assert "   brought by the hub   " in explained[explained.index("The last 2 decisions:") + 3]


async def test_the_same_delivery_again_adds_nothing(subscribed: Desk) -> None:
    for _ in range(3):
        assert await subscribed.publish(1, 2) == [202]
    assert subscribed.titles() == ["Headline number 1", "Headline number 2"]
    assert subscribed.counts.seen == ["new", "known", "known"]


@pytest.mark.parametrize(
    ("how", "counted"),
    [({"secret": "guessed"}, "forged"), ({"signed": False}, "unsigned"), ({"method": "md5"}, "forged")],
)
async def test_a_delivery_that_the_hub_has_not_signed_is_acknowledged_and_ignored(
    subscribed: Desk, how: dict[str, object], counted: str
) -> None:
    before = await subscribed.subscription()
    assert await subscribed.publish(2, **how) == [202]
    assert subscribed.titles() == ["Headline number 1"]
    assert subscribed.counts.seen == [counted]
    assert await subscribed.subscription() == before


async def test_a_delivery_that_is_too_big_is_refused(subscribed: Desk) -> None:
    assert await subscribed.send(b"<rss>" + bytes(100_001)) == [413]
    assert subscribed.counts.seen == ["too big"]


async def test_a_delivery_that_is_no_feed_makes_us_poll(subscribed: Desk) -> None:
    desk = subscribed
    assert desk.next_poll() > timedelta(minutes=5)
    assert await desk.send(b"there is something new") == [202]
    assert desk.counts.seen == ["unreadable"]
    assert desk.next_poll() <= timedelta(0)
    desk.serve(1, 2)
    await desk.poll()
    assert desk.titles() == ["Headline number 1", "Headline number 2"]


async def test_a_hub_that_only_knocks_makes_us_poll_but_not_all_the_time(subscribed: Desk) -> None:
    desk = subscribed
    assert await desk.send(b" \n") == [202]
    assert desk.next_poll() <= timedelta(0)
    await desk.poll()
    assert await desk.send(b"") == [202]
    assert timedelta(seconds=50) < desk.next_poll() <= timedelta(minutes=1)
    assert desk.counts.seen == ["empty", "empty"]


async def test_what_is_no_feed_makes_us_poll_once_a_minute_at_most(subscribed: Desk) -> None:
    desk = subscribed
    await desk.send(b"there is something new")
    await desk.poll()
    await desk.send(b"there is something new")
    assert timedelta(seconds=50) < desk.next_poll() <= timedelta(minutes=1)
    assert desk.counts.seen == ["unreadable", "unreadable"]


async def test_a_poll_that_takes_the_place_of_a_delivery_is_not_put_off_by_the_next_one(
    subscribed: Desk,
) -> None:
    desk = subscribed
    await desk.send(b"")
    await desk.poll()
    await desk.send(b"")
    await desk.send(b"there is something new")
    await desk.publish(2)
    assert desk.counts.seen == ["empty", "empty", "unreadable", "new"]
    assert desk.next_poll() <= timedelta(minutes=1)


async def test_a_delivery_says_nothing_of_a_feed_that_fails(subscribed: Desk) -> None:
    desk = subscribed
    desk.site.on("/feed.xml", Reply(status=503, headers=[("Retry-After", "7200")]))
    desk.newsroom.clock.advance(hours=1)
    await desk.poll()
    before = desk.newsroom.health()["Port"]
    assert (before.condition, before.reason[:26]) == (FeedCondition.FAILING, "the server answered 503 Se")
    await desk.publish(2)
    after = desk.newsroom.health()["Port"]
    assert (after.condition, after.reason) == (before.condition, before.reason)
    assert (after.next_poll_at, after.terms) == (before.next_poll_at, before.terms)
    assert desk.titles() == ["Headline number 1", "Headline number 2"]


@pytest.mark.parametrize("when", [{"every": '"20m"'}, {"cron": '"*/20 * * * *"'}])
async def test_deliveries_put_off_no_poll_that_feeds_toml_asks_for(
    newsroom: Newsroom, site: FakeSite, when: dict[str, str]
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), **when))
    async with a_desk(newsroom, site) as desk:
        desk.serve(1)
        await desk.poll()
        await desk.tick()
        planned = desk.newsroom.health()["Port"].next_poll_at
        for number in range(2, 6):
            desk.newsroom.clock.advance(minutes=2)
            await desk.publish(number)
            assert desk.newsroom.health()["Port"].next_poll_at == planned


async def test_a_delivery_during_a_poll_waits_for_its_end(subscribed: Desk) -> None:
    desk, clock = subscribed, subscribed.newsroom.clock
    store, call = desk.services.store, desk.services.thread.call
    held = Lease(token="a poll", until=clock.now() + timedelta(minutes=10))
    assert await call(store.claim_feed, 1, clock.now(), held) is not None
    body = feed_of(2, hub=desk.hub.url, topic=desk.feed)
    assert await asyncio.to_thread(desk.hub.publish, desk.feed, body) == [202]
    await until(lambda: clock.slept == [0.5])
    clock.advance(seconds=0.5)
    await until(lambda: clock.slept == [0.5, 1.0])
    assert desk.titles() == ["Headline number 1"]
    await call(store.release, "a poll")
    clock.advance(seconds=1)
    await desk.subscriber.drain(10)
    assert desk.titles() == ["Headline number 1", "Headline number 2"]


async def test_a_delivery_for_a_feed_that_stays_claimed_becomes_a_poll(subscribed: Desk) -> None:
    desk, clock = subscribed, subscribed.newsroom.clock
    store, call = desk.services.store, desk.services.thread.call
    held = Lease(token="a poll", until=clock.now() + timedelta(minutes=10))
    await call(store.claim_feed, 1, clock.now(), held)
    body = feed_of(2, hub=desk.hub.url, topic=desk.feed)
    await asyncio.to_thread(desk.hub.publish, desk.feed, body)
    for asleep in range(1, len(websub._CLAIM_PAUSES)):
        await until(partial(slept, clock, asleep))
        clock.advance(seconds=clock.slept[-1])
    await desk.subscriber.drain(10)
    assert desk.counts.seen == ["put off"]
    assert desk.next_poll() <= timedelta(0)


async def test_a_flood_of_deliveries_for_one_feed_is_told_to_come_back(subscribed: Desk) -> None:
    desk, clock = subscribed, subscribed.newsroom.clock
    store, call = desk.services.store, desk.services.thread.call
    held = Lease(token="a poll", until=clock.now() + timedelta(minutes=10))
    await call(store.claim_feed, 1, clock.now(), held)  # so that they all wait
    body = feed_of(2, hub=desk.hub.url, topic=desk.feed)
    statuses = [await asyncio.to_thread(desk.hub.publish, desk.feed, body) for _ in range(7)]
    assert statuses == [[202]] * 5 + [[503]] * 2
    await call(store.release, "a poll")
    await until(lambda: clock.slept == [0.5])
    clock.advance(seconds=0.5)
    await desk.subscriber.drain(10)
    assert sorted(desk.counts.seen) == ["known"] * 4 + ["new"] + ["too many"] * 2


# ── how polls go on ──────────────────────────────────────────────────────────────────────────


def slept(clock: FakeClock, times: int) -> bool:
    return len(clock.slept) == times


def pushed(desk: Desk) -> timedelta | None:
    """For how long the next poll would rely on the hub."""
    with desk.newsroom.store() as store:
        until = store.pushed([1]).get(1)
    return None if until is None else until - desk.newsroom.clock.now()


async def test_polls_rely_on_a_hub_once_it_has_delivered_and_no_more_when_it_stops(subscribed: Desk) -> None:
    desk = subscribed
    assert pushed(desk) is None, "it has only promised"
    await desk.publish(2)
    relied = pushed(desk)
    assert relied is not None
    assert timedelta(hours=1) <= relied <= timedelta(days=2)
    desk.newsroom.clock.advance(relied + timedelta(minutes=1))
    relied = pushed(desk)
    assert relied is not None
    assert relied < timedelta(0)


async def test_a_hub_that_keeps_something_back_is_not_relied_on_before_its_next_delivery(
    subscribed: Desk,
) -> None:
    desk = subscribed
    await desk.publish(2)
    await desk.services.thread.call(desk.services.store.push_missed, 1)
    assert pushed(desk) is None
    await desk.publish(3)
    relied = pushed(desk)
    assert relied is not None
    assert relied >= timedelta(hours=1)


async def test_a_hub_whose_lease_ran_out_is_not_relied_on(desk: Desk) -> None:
    desk.hub.lease_seconds = 1800
    await desk.tick()
    await desk.publish(2)
    assert pushed(desk) == timedelta(minutes=30)


async def test_polls_are_fewer_while_the_hub_delivers_and_as_many_as_before_when_it_stops(
    subscribed: Desk,
) -> None:
    """An item each hour for a day, then pushed for a day, then published without a word to the hub."""
    desk, clock = subscribed, subscribed.newsroom.clock
    numbers, polls = [1], []
    for day in range(3):
        desk.site.forget()
        for number in range(24 * 3):
            clock.advance(minutes=20)
            if number % 3 == 0:
                numbers.append(len(numbers) + 1)
                desk.site.serve("/feed.xml", feed_at(clock.now(), numbers, hub=desk.hub.url, topic=desk.feed))
                if day == 1:
                    await desk.send(feed_at(clock.now(), numbers[-1:], hub=desk.hub.url, topic=desk.feed))
            await desk.poll()
        polls.append(len(desk.site.asked("/feed.xml")))
    assert len(desk.titles()) == len(numbers), "nothing is lost, whoever brings it"
    before, during, after = polls
    assert 1 <= during <= before / 4, "a poll makes sure now and then"
    assert after >= before / 2


def feed_at(now: datetime, numbers: list[int], *, hub: str, topic: str) -> str:
    """The newest thirty of hourly entries."""
    head = (
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{hub}"/>'
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{topic}"/>'
    )
    newest = numbers[-1]
    entries = [
        Entry(number=one, link=f"https://x.example/{one}", age=NOW - now + timedelta(hours=newest - one))
        for one in numbers[-30:]
    ]
    return rss(entries, head=head)


async def until(condition: Callable[[], bool]) -> None:
    """What crosses sockets and threads takes real time."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
