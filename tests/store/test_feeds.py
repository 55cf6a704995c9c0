"""Which feeds are listed, due and claimed."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from aggregator.model import (
    FeedCondition,
    FeedHints,
    FeedState,
    Lease,
    Plan,
    Rhythm,
    Sighting,
    Term,
    Validators,
    WindowEntry,
)
from aggregator.store import Store
from tests.store.press import (
    DAY,
    HOUR,
    NOW,
    all_items,
    claim,
    claim_one,
    lease,
    new_item,
    outcome,
    poll,
    schedule,
    spec,
)


def outlets(feeds: tuple[FeedState, ...]) -> list[str]:
    return [feed.outlet for feed in feeds]


def test_a_new_feed_is_due_at_once(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    assert store.count_due(NOW) == 1
    assert claim(store) == (
        FeedState(
            id=1,
            url="https://gulf-insider.example/feed",
            outlet="Gulf Insider",
            next_poll_at=NOW,
            lease_token="run-1",
        ),
    )


def test_syncing_the_same_feeds_again_writes_nothing(store: Store) -> None:
    store.sync_feeds([spec("A"), spec("B", tags=("x",))], NOW)
    poll(store, outlet="A")
    before = store.health()
    store.sync_feeds([spec("A"), spec("B", tags=("x",))], NOW + DAY)
    assert store.health() == before


def test_a_renamed_outlet_keeps_its_items(store: Store) -> None:
    poll(store, new_item())
    store.sync_feeds([spec(outlet_url := "Gulf Insider")], NOW)
    renamed = spec("The Insider", url=spec(outlet_url).url, tags=("gulf",))
    store.sync_feeds([renamed], NOW)
    assert [(item.outlet, item.outlet_tags) for item in store.items()] == [("The Insider", ("gulf",))]
    assert store.outlet_names() == ("The Insider",)


def test_a_feed_no_longer_listed_is_not_polled_and_keeps_its_items(store: Store) -> None:
    poll(store, new_item())
    store.sync_feeds([], NOW)
    assert claim(store, NOW + DAY) == ()
    assert store.count_listed() == 0
    assert len(all_items(store)) == 1
    assert [health.listed for health in store.health()] == [False]


def test_a_feed_that_is_listed_again_goes_on_where_it_was(store: Store) -> None:
    poll(store, new_item(), validators=Validators(etag='"1"'))
    store.sync_feeds([], NOW)
    store.sync_feeds([spec()], NOW)
    assert claim(store) == ()
    assert claim_one(store).validators == Validators(etag='"1"')


def test_a_feed_that_was_gone_gets_another_chance_when_it_is_listed_again(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    gone = schedule(next_poll_at=None, condition=FeedCondition.GONE)
    store.record_poll(outcome(claim_one(store), result="failed", schedule=gone, status=410))
    assert claim(store, NOW + DAY, force=True) == ()
    store.sync_feeds([], NOW)
    store.sync_feeds([spec()], NOW + DAY)
    assert outlets(claim(store, NOW + DAY)) == ["Gulf Insider"]


def test_one_address_at_two_outlets_is_one_feed_of_the_first(store: Store) -> None:
    store.sync_feeds([spec("A", url="https://x.example/feed"), spec("B", url="https://x.example/feed")], NOW)
    assert outlets(claim(store)) == ["A"]


def test_the_longest_overdue_feed_comes_first(store: Store) -> None:
    store.sync_feeds([spec("A"), spec("B"), spec("C")], NOW)
    for feed, hours in zip(claim(store), (3, 1, 2), strict=True):
        store.record_poll(outcome(feed, schedule=schedule(NOW + hours * HOUR)))
    assert outlets(claim(store, NOW + 2 * HOUR)) == ["B", "C"]
    assert store.next_due_at() == NOW + HOUR


def test_a_claim_takes_no_more_than_its_limit(store: Store) -> None:
    store.sync_feeds([spec(str(n)) for n in range(5)], NOW)
    assert len(store.claim_due(NOW, lease(), limit=2)) == 2
    assert len(store.claim_due(NOW, lease("run-2"), limit=9)) == 3
    assert store.count_due(NOW) == 5


def test_a_claimed_feed_is_free_again_when_the_claim_expires(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    claim(store)
    assert claim(store, NOW + timedelta(minutes=9), token="run-2") == ()
    assert outlets(claim(store, NOW + timedelta(minutes=10), token="run-2")) == ["Gulf Insider"]


def test_a_poll_whose_claim_was_lost_writes_nothing(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    (slow,) = claim(store)
    (quick,) = claim(store, NOW + HOUR, token="run-2")
    assert not store.record_poll(outcome(slow, new=(new_item("slow"),))).written
    assert store.record_poll(outcome(quick, new=(new_item("quick"),))).written
    assert [item.guid for item in store.items()] == ["quick"]
    assert len(store.history("Gulf Insider")) == 1


def test_released_feeds_are_free_and_others_stay_claimed(store: Store) -> None:
    store.sync_feeds([spec("A"), spec("B")], NOW)
    store.claim_due(NOW, lease("run-1"), limit=1)
    store.claim_due(NOW, lease("run-2"), limit=1)
    store.release("run-1")
    assert outlets(claim(store, token="run-3")) == ["A"]


def test_what_a_killed_run_left_claimed_is_freed_by_the_next_only_where_it_ran_alone(
    store: Store, url: str
) -> None:
    store.sync_feeds([spec()], NOW)
    claim(store)
    store.release_stale()
    assert len(claim(store, token="run-2")) == (1 if url.startswith("sqlite") else 0)


def test_outlets_are_chosen_ignoring_case(store: Store) -> None:
    store.sync_feeds([spec("Gulf Insider"), spec("ÖSTERREICH")], NOW)
    assert store.count_due(NOW, outlets=["gulf INSIDER"]) == 1
    assert outlets(claim(store, outlets=["Österreich"])) == ["ÖSTERREICH"]


def test_force_takes_feeds_that_are_not_due_once_a_run(store: Store) -> None:
    poll(store)
    started = NOW + timedelta(minutes=1)
    assert store.count_due(started) == 0
    assert store.count_due(started, force=True, not_since=started) == 1
    (feed,) = claim(store, started, force=True, not_since=started)
    store.record_poll(outcome(feed, at=started))
    assert claim(store, started, force=True, not_since=started) == ()


def test_not_even_force_asks_before_the_server_allows_it(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    hold = schedule(NOW + 2 * HOUR, hold_until=NOW + 2 * HOUR)
    store.record_poll(outcome(claim_one(store), result="failed", schedule=hold, status=429))
    assert claim(store, NOW + HOUR, force=True) == ()
    assert len(claim(store, NOW + 2 * HOUR)) == 1


def test_nothing_is_due_ever_in_an_empty_store(store: Store) -> None:
    assert store.next_due_at() is None
    assert claim(store) == ()
    assert store.count_due(NOW) == 0


def test_a_feed_is_handed_out_as_its_last_poll_left_it(store: Store) -> None:
    store.sync_feeds([spec(language="en")], NOW)
    feed = claim_one(store)
    store.record_poll(
        outcome(
            feed,
            validators=Validators(etag='"1"', last_modified="Mon"),
            body_digest=b"body",
            shell_digest=b"shell",
            title="The Insider",
            site_url="https://gulf-insider.example/",
            language="de",
            new=(new_item("1"),),
            window=((b"12345678", None, 0), (b"abcdefgh", None, None)),
            arrivals=(NOW, NOW - HOUR),
            schedule=schedule(failures=2),
        )
    )
    state = claim_one(store)
    assert state == FeedState(
        id=feed.id,
        url=feed.url,
        outlet="Gulf Insider",
        language="en",
        title="The Insider",
        site_url="https://gulf-insider.example/",
        validators=Validators(etag='"1"', last_modified="Mon"),
        body_digest=b"body",
        shell_digest=b"shell",
        window=(WindowEntry(digest=b"12345678", item_id=1), WindowEntry(digest=b"abcdefgh", item_id=None)),
        arrivals=(NOW, NOW - HOUR),
        last_attempt=NOW,
        last_success=NOW,
        next_poll_at=NOW + HOUR,
        failures=2,
        condition=FeedCondition.OK,
        lease_token="run-1",
    )
    store.record_poll(
        outcome(state, result="not_modified", status=304, at=NOW + HOUR, schedule=schedule(failures=2))
    )
    later = claim_one(store)
    assert (later.window, later.arrivals, later.validators) == (
        state.window,
        state.arrivals,
        state.validators,
    )
    assert later.last_success == NOW + HOUR


def test_what_was_learned_of_a_feed_is_handed_out_with_it(store: Store) -> None:
    hints = FeedHints(
        ttl=HOUR,
        update_interval=DAY,
        skip_hours=frozenset({1, 2}),
        skip_days=frozenset({6}),
        hubs=("https://hub.example/",),
        self_url="https://gulf-insider.example/feed",
        archive_url="https://gulf-insider.example/archive",
        next_url="https://gulf-insider.example/feed?page=2",
        complete=True,
    )
    rhythm = Rhythm(counts=(0.5, 0.0, 2.0), since=NOW - DAY, until=NOW)
    sighting = Sighting(target="https://elsewhere.example/feed", first=NOW - DAY, count=2)
    store.sync_feeds([spec()], NOW)
    store.record_poll(
        outcome(
            claim_one(store),
            hints=hints,
            rhythm=rhythm,
            sighting=sighting,
            moved_to="https://gulf-insider.example/feed2",
            body=True,
            suspicion="its title changed",
            schedule=schedule(
                condition=FeedCondition.BLOCKED,
                failures=3,
                failing_since=NOW - HOUR,
                absences=2,
                absent_since=NOW - HOUR / 2,
            ),
        )
    )
    state = claim_one(store)
    assert (state.hints, state.rhythm, state.sighting) == (hints, rhythm, sighting)
    assert (state.address, state.last_body) == ("https://gulf-insider.example/feed2", NOW)
    assert (state.condition, state.failing_since) == (FeedCondition.BLOCKED, NOW - HOUR)
    assert (state.absences, state.absent_since) == (2, NOW - HOUR / 2)
    assert state.suspicion == "its title changed"

    store.record_poll(outcome(state, result="not_modified", suspicion=""))
    later = claim_one(store)
    assert (later.hints, later.rhythm, later.sighting) == (hints, rhythm, None)
    assert (later.address, later.last_body) == ("https://gulf-insider.example/feed2", NOW)
    assert (later.condition, later.failing_since, later.suspicion) == (FeedCondition.OK, None, "")
    assert (later.absences, later.absent_since) == (0, None)


def test_a_feed_that_was_put_off_keeps_its_state_and_its_history(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    store.record_poll(outcome(claim_one(store), result="failed", schedule=schedule(failures=2), reason="503"))
    before, history = store.health(), store.history("Gulf Insider")
    feed = claim_one(store)
    store.record_poll(outcome(feed, result="put_off", schedule=schedule(NOW + 3 * HOUR, failures=2)))
    assert store.history("Gulf Insider") == history
    assert [replace(one, next_poll_at=None, terms=()) for one in store.health()] == [
        replace(one, next_poll_at=None, terms=()) for one in before
    ]
    assert store.next_due_at() == NOW + 3 * HOUR
    assert claim(store, NOW + 2 * HOUR) == ()


def test_a_feed_merged_into_another_rests_until_that_one_leaves_the_list(store: Store) -> None:
    first, second = spec("First"), spec("Second")
    store.sync_feeds([first, second], NOW)
    [moved] = [feed for feed in claim(store) if feed.outlet == "First"]
    merged = schedule(None, condition=FeedCondition.MERGED)
    store.record_poll(outcome(moved, merged_into=second.url, schedule=merged))
    assert outlets(claim(store, NOW + DAY, force=True)) == ["Second"]
    store.sync_feeds([first], NOW + DAY)
    assert [feed.outlet for feed in claim(store, NOW + DAY)] == ["First"]


def test_one_feed_can_be_claimed_by_itself_unless_somebody_holds_it(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    feed = store.claim_feed(1, NOW - HOUR, lease(now=NOW - HOUR))
    assert feed is not None
    assert feed.url == spec().url
    assert store.claim_feed(1, NOW - HOUR, lease("run-2", now=NOW - HOUR)) is None
    assert store.claim_feed(2, NOW, lease()) is None


def test_the_terms_of_the_last_ten_polls_are_kept(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    for number in range(12):
        feed = store.claim_feed(1, NOW, lease())
        assert feed is not None
        terms = (Term(name="every", value=str(number), won=True),)
        store.record_poll(outcome(feed, schedule=schedule(terms=terms)))
    store.prune(NOW, None)
    with store._database.reading() as connection:
        kept = connection.execute(text("SELECT terms FROM fetches WHERE terms IS NOT NULL ORDER BY id"))
        assert [json.loads(row[0])[0][1] for row in kept] == [str(number) for number in range(2, 12)]


def test_the_language_of_the_document_serves_where_none_is_configured(store: Store) -> None:
    poll(store, language="de")
    assert claim_one(store).language == "de"


def test_two_threads_that_claim_never_get_one_feed(store: Store) -> None:
    # Edge case 18: the daemon and --once, or two machines.
    store.sync_feeds([spec(str(n)) for n in range(60)], NOW)
    start = threading.Barrier(4)
    taken: list[int] = []

    def work(token: str) -> None:
        start.wait()
        while claimed := store.claim_due(NOW, Lease(token=token, until=NOW + HOUR), limit=3):
            taken.extend(feed.id for feed in claimed)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 61))


@pytest.mark.parametrize("result", ["modified", "not_modified", "failed"])
def test_every_poll_is_a_line_of_the_history(store: Store, result: str) -> None:
    store.sync_feeds([spec()], NOW)
    done = outcome(claim_one(store), result=result, reason="in words", status=None, size=7, elapsed_ms=8)
    store.record_poll(done)
    (event,) = store.history("gulf insider")
    assert (event.at, event.feed, event.result, event.status) == (NOW, spec().url, result, None)
    assert (event.size, event.elapsed_ms, event.new, event.reason) == (7, 8, 0, "in words")


def test_the_history_begins_with_the_latest_fetch(store: Store) -> None:
    for hours in range(3):
        poll(store, new_item(str(hours)), now=NOW + hours * HOUR)
    assert [event.at for event in store.history("Gulf Insider", limit=2)] == [NOW + 2 * HOUR, NOW + HOUR]
    assert store.history("nobody") == ()


def test_health_tells_how_a_feed_is_doing(store: Store) -> None:
    terms = (Term(name="rhythm", value="3 h apart", at=NOW + HOUR, won=True), Term(name="ttl", value="60"))
    poll(store, new_item("1"), new_item("2", page_due_at=NOW), dropped=3)
    poll(store, result="not_modified", now=NOW + HOUR)
    failing = schedule(NOW + 3 * HOUR, condition=FeedCondition.FAILING, failures=1, terms=terms)
    poll(store, result="failed", reason="no answer", now=NOW + 2 * HOUR, schedule=failing)
    (health,) = store.health()
    assert (health.outlet, health.feed, health.listed) == ("Gulf Insider", spec().url, True)
    assert (health.condition, health.reason) == (FeedCondition.FAILING, "no answer")
    assert (health.last_attempt, health.last_success) == (NOW + 2 * HOUR, NOW + HOUR)
    assert (health.items, health.polls, health.not_modified, health.dropped) == (2, 3, 1, 3)
    assert (health.next_poll_at, health.pages_failing, health.terms) == (NOW + 3 * HOUR, 0, terms)


def test_plans_are_of_healthy_feeds_and_tell_what_hours_and_days_a_feed_skips(store: Store) -> None:
    skips = FeedHints(ttl=HOUR, skip_hours=frozenset({3}), skip_days=frozenset({5, 6}))
    poll(store, outlet="Sleepy", hints=skips, schedule=schedule(NOW + DAY, hold_until=NOW + HOUR))
    poll(store, outlet="Awake", hints=FeedHints(ttl=HOUR, self_url="https://x.example/skip_"))
    poll(store, outlet="Ill", schedule=schedule(condition=FeedCondition.FAILING, failures=1), result="failed")
    sleepy, awake = sorted(store.plans(), key=lambda plan: plan.outlet, reverse=True)
    assert sleepy == Plan(
        feed_id=sleepy.feed_id,
        outlet="Sleepy",
        last_attempt=NOW,
        next_poll_at=NOW + DAY,
        hold_until=NOW + HOUR,
        hints=skips,
    )
    assert (awake.outlet, awake.hold_until, awake.hints) == ("Awake", None, FeedHints())


def test_overdue_feeds_are_spread_over_time_and_those_of_one_site_are_mixed_with_others(store: Store) -> None:
    specs = [spec(f"{name}{number}") for name in ("a", "b") for number in range(5)]
    store.sync_feeds([*specs, spec("later")], NOW)
    poll(store, outlet="later")
    assert store.spread_overdue(NOW + HOUR / 2, timedelta(seconds=2)) == 10
    counts = [store.count_due(NOW + HOUR / 2 + timedelta(seconds=seconds)) for seconds in range(0, 22, 2)]
    assert counts == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    first = outlets(claim(store, NOW + HOUR / 2 + timedelta(seconds=8)))
    assert {name[0] for name in first} == {"a", "b"}
    assert store.spread_overdue(NOW + HOUR / 2, timedelta(seconds=2)) == 0


def test_polls_that_failed_with_our_own_network_are_taken_back(store: Store) -> None:
    store.sync_feeds([spec("Well"), spec("Ill")], NOW)
    [well] = claim(store, outlets=["Well"])
    store.record_poll(outcome(well))
    [ill] = claim(store, outlets=["Ill"])
    down = schedule(NOW, condition=FeedCondition.FAILING, failures=1, failing_since=NOW)
    store.record_poll(outcome(ill, result="failed", reason="500", schedule=down))
    before, history = store.health(), [*store.history("Well"), *store.history("Ill")]
    claimed = {feed.id: feed for feed in claim(store, NOW + HOUR)}
    for feed in claimed.values():
        worse = schedule(
            NOW + DAY, condition=FeedCondition.FAILING, failures=feed.failures + 1, failing_since=NOW
        )
        store.record_poll(outcome(feed, result="failed", reason="no name", schedule=worse, at=NOW + HOUR))
    store.forgive(claimed, NOW + 2 * HOUR)
    assert [*store.history("Well"), *store.history("Ill")] == history
    facts = [(one.outlet, one.condition, one.polls, one.last_success) for one in before]
    assert [(one.outlet, one.condition, one.polls, one.last_success) for one in store.health()] == facts
    assert {feed.outlet: feed.failures for feed in claim(store, NOW + 2 * HOUR)} == {"Well": 0, "Ill": 1}


def test_a_feed_that_was_polled_again_meanwhile_is_not_forgiven(store: Store) -> None:
    store.sync_feeds([spec()], NOW)
    feed = claim_one(store)
    failing = schedule(NOW, condition=FeedCondition.FAILING, failures=1, failing_since=NOW)
    store.record_poll(outcome(feed, result="failed", reason="no name", schedule=failing))
    store.record_poll(outcome(claim_one(store)))
    before = store.health()
    store.forgive({feed.id: feed}, NOW + HOUR)
    assert store.health() == before
