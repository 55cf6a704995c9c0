"""How feeds are doing, what is suspected of them, and the events that their keepers are told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from aggregator.model import (
    Decision,
    FeedCondition,
    HealthEvent,
    NewGap,
    Offer,
    Rhythm,
    Term,
    Watched,
)
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, claim_one, new_item, outcome, poll, schedule, spec


def test_items_a_day_are_counted_over_four_weeks(store: Store) -> None:
    old = [new_item(f"o{n}", published=NOW - 40 * DAY - n * DAY) for n in range(5)]
    new = [new_item(f"n{n}", published=NOW - n * DAY) for n in range(14)]
    poll(store, *old, *new)

    (feed,) = store.health(NOW)

    assert (feed.items, feed.items_per_day) == (19, 0.5)


def test_items_a_day_of_a_young_feed_are_counted_over_its_days(store: Store) -> None:
    poll(store, *[new_item(str(n), published=NOW - 2 * DAY + n * HOUR) for n in range(6)])
    poll(store, new_item("a", published=NOW - HOUR), outlet="Quay")

    assert {feed.outlet: feed.items_per_day for feed in store.health(NOW)} == {"Gulf Insider": 3, "Quay": 1}
    assert {feed.items_per_day for feed in store.health()} == {None}


def test_health_tells_of_gaps_moves_and_pauses(store: Store) -> None:
    poll(store, new_item("1"))
    feed = claim_one(store, NOW + HOUR)
    gap = NewGap(after=NOW - DAY, before=NOW)
    held = schedule(NOW + 2 * HOUR, hold_until=NOW + 3 * HOUR)
    store.record_poll(
        outcome(feed, at=NOW + HOUR, gap=gap, moved_to="https://new.example/feed", schedule=held)
    )

    (shown,) = store.health(NOW + HOUR)

    assert (shown.moved_to, shown.hold_until, shown.push) == (
        "https://new.example/feed",
        NOW + 3 * HOUR,
        "",
    )


def test_a_suspicion_keeps_its_beginning_until_it_is_cleared(store: Store) -> None:
    poll(store, new_item("1"))
    (feed,) = store.watched()
    store.suspect(feed.id, "silent for 3 d", NOW)
    store.suspect(feed.id, "silent for 4 d", NOW + DAY)
    store.offer(feed.id, [Offer(url="https://x.example/feed", title="X")])

    (suspected,) = store.health(NOW)
    store.suspect(feed.id, "", NOW + 2 * DAY)
    (cleared,) = store.health(NOW)

    assert (suspected.suspicion, suspected.suspected_at) == ("silent for 4 d", NOW)
    assert suspected.offers == (Offer(url="https://x.example/feed", title="X"),)
    assert (cleared.suspicion, cleared.suspected_at, cleared.offers) == ("", None, ())


def test_watched_are_the_listed_feeds_with_their_rhythm(store: Store) -> None:
    rhythm = Rhythm(counts=(1.0,) * 168, since=NOW - DAY, until=NOW)
    poll(store, new_item("1"), arrivals=(NOW - HOUR, NOW - DAY), rhythm=rhythm)
    poll(store, new_item("1"), outlet="Quay")
    store.sync_feeds([spec()], NOW)

    (feed,) = store.watched()

    assert feed == Watched(
        id=feed.id,
        outlet="Gulf Insider",
        url="https://gulf-insider.example/feed",
        homepage="https://gulf-insider.example/",
        last_success=NOW,
        arrivals=(NOW - HOUR, NOW - DAY),
        rhythm=rhythm,
    )


def test_the_last_decisions_are_kept_with_their_terms(store: Store) -> None:
    term = Term(name="rhythm", value="3 items a day", at=NOW + HOUR, won=True)
    for hour in range(12):
        at = NOW + hour * HOUR
        poll(store, now=at, schedule=schedule(at + HOUR, terms=(replace(term, value=str(hour)),)))

    told = store.decisions("gulf insider", limit=10)

    assert [one.terms[0].value for one in told] == [str(hour) for hour in range(11, 1, -1)]
    assert told[0] == Decision(
        at=NOW + 11 * HOUR,
        feed="https://gulf-insider.example/feed",
        result="modified",
        next_poll_at=NOW + 12 * HOUR,
        terms=(replace(term, value="11"),),
    )
    assert store.decisions("Quay") == ()


# ── events ───────────────────────────────────────────────────────────────────────────────────


def event(text: str = "gone", **values: Any) -> HealthEvent:
    return replace(HealthEvent(outlet="Port", at=NOW, kind="died", text=text), **values)


def test_an_outlet_has_one_event_a_day(store: Store) -> None:
    assert store.add_event(event())
    assert not store.add_event(event("again", outlet="PORT", at=NOW + 11 * HOUR))
    assert store.add_event(event("quay", outlet="Quay"))
    assert store.add_event(event("still", at=NOW + 12 * HOUR))

    assert [one.text for one in store.events(NOW)] == ["still", "quay", "gone"]
    assert store.events(NOW + HOUR, outlet="port") == (event("still", at=NOW + 12 * HOUR),)


def test_events_are_kept_for_thirty_days(store: Store) -> None:
    store.add_event(event("old"))
    store.add_event(event("new", at=NOW + timedelta(days=31)))

    assert [one.text for one in store.events(NOW)] == ["new"]


# ── mirrors ──────────────────────────────────────────────────────────────────────────────────


def test_feeds_with_siblings_are_carried_with_their_items(store: Store) -> None:
    main = spec("Port", url="https://port.example/feed")
    sport = spec("Sport", url="https://port.example/sport/feed", homepage="")
    store.sync_feeds([main, sport, spec("Quay")], NOW)
    for outlet in ("Port", "Sport", "Quay"):
        poll(
            store,
            new_item("1", url="https://port.example/1", published=NOW - HOUR),
            new_item("2", url="https://port.example/2", published=NOW - 40 * DAY),
            outlet=outlet,
        )

    found = store.carried(NOW - 30 * DAY)

    assert [(one.outlet, one.polls, len(one.items)) for one in found] == [("Port", 1, 1), ("Sport", 1, 1)]
    assert found[0].items == found[1].items
    assert found[0].sites == {"port.example"}
    assert set(found[0].items.values()) == {NOW - HOUR}


def test_a_mirror_rests_for_a_day_and_comes_back(store: Store) -> None:
    poll(store, new_item("1"))
    (feed,) = store.watched()

    store.set_mirror(feed.id, "https://port.example/feed", NOW)
    (resting,) = store.health(NOW)
    store.set_mirror(feed.id, None, NOW + HOUR)
    (back,) = store.health(NOW)

    assert (resting.condition, resting.merged_into, resting.next_poll_at) == (
        FeedCondition.MIRROR,
        "https://port.example/feed",
        NOW + DAY,
    )
    assert (back.condition, back.merged_into, back.next_poll_at) == (FeedCondition.OK, "", NOW + HOUR)


def test_a_mirrors_own_item_is_one_that_the_other_should_have_and_has_not(store: Store) -> None:
    main = spec("Port", url="https://port.example/feed")
    sport = spec("Sport", url="https://port.example/sport/feed")
    store.sync_feeds([main, sport], NOW)
    shared = new_item("1", url="https://port.example/1", published=NOW - DAY)
    poll(store, shared, outlet="Port")
    poll(store, shared, outlet="Sport")
    number = next(feed.id for feed in store.watched() if feed.outlet == "Sport")
    store.set_mirror(number, main.url, NOW)

    assert not store.has_own(number, NOW)
    poll(
        store,
        new_item("2", url="https://port.example/2", published=NOW - timedelta(minutes=59)),
        outlet="Sport",
    )
    assert not store.has_own(number, NOW)
    poll(store, now=NOW + HOUR, outlet="Port")
    assert store.has_own(number, NOW)
    assert not store.has_own(number, NOW + HOUR)
