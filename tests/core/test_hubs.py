"""The rules of push."""

import hashlib
import hmac
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core import hubs
from aggregator.model import FeedHints, HubOffer, Subscription, SubscriptionState
from tests.conftest import NOW

BASE = "https://x.example/feed"
HINTS = FeedHints(
    ttl=timedelta(hours=1), hubs=("https://doc.example/hub",), self_url="https://x.example/self"
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def offer(*names: str, topic: str = "https://x.example/self") -> HubOffer:
    return HubOffer(feed_id=7, address=BASE, hints=FeedHints(hubs=names, self_url=topic))


def fresh(*names: str) -> Subscription:
    return hubs.begin(offer(*(names or ("https://a.example/",))), token="t", secret="s", now=NOW)


def confirmed(seconds: str = "86400") -> Subscription:
    query = {
        "hub.mode": "subscribe",
        "hub.topic": "https://x.example/self",
        "hub.challenge": "c",
        "hub.lease_seconds": seconds,
    }
    after = hubs.verify(fresh(), query, NOW).after
    assert after is not None
    return after


# ── the Link header ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "names", "topic"),
    [
        ('<https://h.example/>; rel="hub"', ("https://h.example/",), "https://x.example/self"),
        ("</hub>; rel=hub, </me>; rel=self", ("https://x.example/hub",), "https://x.example/me"),
        ('<https://h.example/>;rel="self hub"', ("https://h.example/",), "https://h.example/"),
        ('<https://h.example/>; title="a, <b>"; REL=Hub', ("https://h.example/",), "https://x.example/self"),
        (
            "<https://a.example/>; rel=hub, <https://b.example/>; rel=hub, <https://a.example/>; rel=hub",
            ("https://a.example/", "https://b.example/"),
            "https://x.example/self",
        ),
        ("<https://a.example/?a=1,2;b>; rel=hub", ("https://a.example/?a=1,2;b",), "https://x.example/self"),
    ],
)
def test_the_link_header_comes_before_the_document(header: str, names: tuple[str, ...], topic: str) -> None:
    found = hubs.with_link(HINTS, {"link": header}, BASE)
    assert found == FeedHints(ttl=timedelta(hours=1), hubs=names, self_url=topic)


@pytest.mark.parametrize(
    "header",
    [
        "",
        '<https://x.example/style.css>; rel="preload"',
        '<https://h.example/>; rel="github"',
        "<https://h.example/; rel=hub",
        "<javascript:alert(1)>; rel=hub",
        "</self>; rel=self",
        "https://h.example/; rel=hub",
    ],
)
def test_a_link_header_without_a_hub_leaves_what_the_document_says(header: str) -> None:
    assert hubs.with_link(HINTS, {"link": header}, BASE) == HINTS


@given(st.text(alphabet='<>;,"\\= relhubsf/:.\t', max_size=300))
def test_any_link_header_gives_hints(header: str) -> None:
    found = hubs.with_link(HINTS, {"link": "hub" + header}, BASE)
    assert all(hub.startswith("http") for hub in found.hubs)


def test_a_hostile_link_header_takes_no_time() -> None:
    for piece in ('<a>;rel="', "<a>" + ";" * 50, '"\\', "<a>; rel" + " " * 50, '<a>;"'):
        hubs.with_link(HINTS, {"link": "hub" + piece * (16_000 // len(piece))}, BASE)


# ── the life of a subscription ───────────────────────────────────────────────────────────────


def test_a_feed_without_a_self_link_is_known_to_its_hub_by_its_address() -> None:
    assert hubs.topic_of(offer("https://a.example/", topic="")) == BASE


def test_pauses_grow_to_a_day() -> None:
    subscription, pauses = fresh(), []
    for _ in range(7):
        subscription = hubs.failed(subscription, "500", NOW, until=None)
        assert subscription.next_try_at is not None
        pauses.append(subscription.next_try_at - NOW)
        subscription = hubs.asking(subscription, NOW)
    minutes = [10, 30, 90, 270, 810, 1440, 1440]
    assert pauses == [timedelta(minutes=number) for number in minutes]


def test_a_hub_that_wants_quiet_gets_it() -> None:
    subscription = hubs.failed(fresh(), "429", NOW, until=NOW + 9 * HOUR)
    assert subscription.next_try_at == NOW + 9 * HOUR


def test_a_request_that_fails_after_the_hub_has_confirmed_changes_nothing() -> None:
    """A hub may verify before it has answered, and then time out."""
    assert hubs.failed(confirmed(), "time-out", NOW, until=None) == confirmed()


def test_a_request_that_is_never_verified_is_in_vain() -> None:
    subscription = fresh()
    assert subscription.next_try_at == NOW + HOUR
    again = hubs.asking(subscription, NOW + HOUR)
    assert (again.attempts, again.reason) == (2, "the hub has not confirmed it yet")


def test_of_several_hubs_the_next_is_tried_after_three_requests_in_vain() -> None:
    names = ("https://a.example/", "https://b.example/")
    subscription, asked = fresh(*names), []
    for _ in range(7):
        asked.append(subscription.hub[8])
        subscription = hubs.asking(subscription, NOW, hubs=names)
    assert "".join(asked) == "aaabbba"


def test_a_renewal_stays_with_its_hub_while_the_lease_lasts() -> None:
    names = ("https://a.example/", "https://b.example/")
    subscription = confirmed()
    for _ in range(4):
        subscription = hubs.asking(subscription, NOW + HOUR, hubs=names)
    assert (subscription.hub, subscription.state) == ("https://a.example/", SubscriptionState.ACTIVE)
    assert subscription.reason == ""
    later = hubs.asking(subscription, NOW + 2 * DAY, hubs=names)
    assert (later.hub, later.state) == ("https://a.example/", SubscriptionState.PENDING)


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        ("86400", DAY),
        ("", 10 * DAY),
        ("0", 10 * DAY),
        ("-5", 10 * DAY),
        ("soon", 10 * DAY),
        ("²", 10 * DAY),
        ("9" * 5000, 90 * DAY),
        ("60", timedelta(minutes=1)),
    ],
)
def test_a_lease_is_believed_within_bounds(seconds: str, lease: timedelta) -> None:
    assert confirmed(seconds).lease_until == NOW + lease


def test_a_lease_of_seconds_is_not_renewed_every_minute() -> None:
    assert confirmed("60").next_try_at == NOW + timedelta(minutes=10)


def test_a_denial_is_waited_out_longer_each_time() -> None:
    query = {"hub.mode": "denied", "hub.topic": "https://x.example/self", "hub.reason": "no"}
    subscription = fresh()
    waits = []
    for _ in range(3):
        after = hubs.verify(subscription, query, NOW).after
        assert after is not None
        assert after.next_try_at is not None
        waits.append(after.next_try_at - NOW)
        subscription = hubs.asking(after, NOW)
    assert waits == [DAY, 2 * DAY, 3 * DAY]


def test_an_active_subscription_that_is_denied_is_not_relied_on() -> None:
    query = {"hub.mode": "denied", "hub.topic": "https://x.example/self"}
    after = hubs.verify(hubs.delivered(confirmed(), NOW), query, NOW).after
    assert after is not None
    assert (after.lease_until, after.delivered_at, after.reason) == (None, None, "the hub denied it")


def test_one_that_we_end_is_forgotten_when_the_hub_asks_and_is_not_taken_up_again() -> None:
    leaving = hubs.ending(confirmed(), NOW)
    query = {"hub.mode": "unsubscribe", "hub.topic": "https://x.example/self", "hub.challenge": "c"}
    assert hubs.verify(leaving, query, NOW) == hubs.Verdict(status=200, text="c", after=None)
    again = hubs.verify(leaving, {**query, "hub.mode": "subscribe"}, NOW)
    assert (again.status, again.after) == (404, leaving)
    denied = hubs.verify(leaving, {**query, "hub.mode": "denied"}, NOW)
    assert (denied.status, denied.after) == (200, None)


@given(st.dictionaries(st.sampled_from(["hub.mode", "hub.topic", "hub.challenge", "hub.reason"]), st.text()))
def test_no_question_of_a_stranger_changes_a_subscription(query: dict[str, str]) -> None:
    assert hubs.verify(confirmed(), query, NOW).after == confirmed()


# ── what is delivered ────────────────────────────────────────────────────────────────────────


def signature(secret: str, body: bytes, method: str = "sha256") -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@given(st.text(min_size=1, max_size=50), st.binary(max_size=200))
def test_what_is_signed_as_agreed_is_taken(secret: str, body: bytes) -> None:
    for method in ("sha1", "sha256", "sha384", "sha512"):
        assert hubs.is_signed(secret, signature(secret, body, method), body)
        assert hubs.is_signed(secret, signature(secret, body, method).upper(), body)
        assert not hubs.is_signed(secret, signature(secret, body + b"x", method), body)
        assert not hubs.is_signed(secret + "x", signature(secret, body, method), body)


@pytest.mark.parametrize("header", ["", "sha256", "sha256=", "=", "md5=" + "0" * 32, "sha1=é", "sha3_256=00"])
def test_what_is_no_signature_is_not_taken(header: str) -> None:
    assert not hubs.is_signed("s", header, b"body")


@given(st.text(max_size=100))
def test_any_signature_header_gives_an_answer(header: str) -> None:
    assert hubs.is_signed("s", header, b"body") is False


# ── how far a hub is relied on ───────────────────────────────────────────────────────────────


def every(span: timedelta, count: int = 20) -> tuple[datetime, ...]:
    return tuple(NOW - number * span for number in range(count))


@pytest.mark.parametrize(
    ("arrivals", "relied"),
    [
        ((), HOUR),
        ((NOW,), HOUR),
        (every(timedelta(minutes=5)), HOUR),
        (every(2 * HOUR), 6 * HOUR),
        (every(7 * DAY), 2 * DAY),
        ((NOW, NOW), HOUR),
    ],
)
def test_a_hub_is_relied_on_for_three_usual_gaps(arrivals: tuple[datetime, ...], relied: timedelta) -> None:
    assert hubs.pushed_until(NOW + 30 * DAY, NOW, arrivals) == NOW + relied


def test_it_is_not_relied_on_beyond_its_lease_nor_before_it_has_delivered() -> None:
    assert hubs.pushed_until(NOW + HOUR / 2, NOW, ()) == NOW + HOUR / 2
    assert hubs.pushed_until(NOW + DAY, None, ()) is None
    assert hubs.pushed_until(None, NOW, ()) is None
