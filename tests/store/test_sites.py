"""What sites asked of us, from one run to the next."""

from dataclasses import replace
from datetime import timedelta

from aggregator.core.holds import Hold, Remembered, Scope
from aggregator.store import Store
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def a_hold(key: str, *, scope: Scope = Scope.URL, until: timedelta = HOUR) -> Hold:
    return Hold(
        scope=scope,
        key=key,
        host=key if scope is not Scope.URL else key.split("/")[2],
        until=NOW + until,
        since=NOW,
        status=429,
        reason="news.example answered 429 Too Many Requests",
    )


URL = a_hold("https://news.example:8443/feed?a=1")
HOST = a_hold("news.example", scope=Scope.HOST, until=2 * HOUR)
SITE = a_hold("big.example", scope=Scope.SITE, until=timedelta(days=31))
ALL = Remembered(
    holds=(HOST, SITE, URL),
    scopes=(("big.example", Scope.SITE, NOW), ("news.example", Scope.HOST, NOW)),
    pauses=(("news.example", NOW + timedelta(seconds=1)), ("slow.example", NOW + timedelta(seconds=30))),
    crawl_delays=(("https://slow.example", 30.0),),
)
NOTHING = Remembered()


def test_a_new_store_remembers_nothing(store: Store) -> None:
    assert store.remembered(NOW) == NOTHING


def test_everything_that_was_written_comes_back(store: Store) -> None:
    store.remember(NOTHING, ALL, NOW)
    assert store.remembered(NOW) == ALL


def test_what_is_over_does_not_come_back_and_is_dropped_at_the_next_writing(store: Store) -> None:
    store.remember(NOTHING, ALL, NOW)
    later = NOW + 3 * HOUR
    rest = replace(ALL, holds=(SITE,), pauses=())
    assert store.remembered(later) == rest
    store.remember(ALL, rest, later)
    assert store.remembered(NOW).holds == (SITE,)


def test_only_the_difference_is_written_so_another_processs_lines_stay(store: Store) -> None:
    store.remember(NOTHING, Remembered(holds=(URL,)), NOW)
    store.remember(NOTHING, Remembered(holds=(HOST,)), NOW)
    assert store.remembered(NOW).holds == (HOST, URL)
    store.remember(Remembered(holds=(HOST,)), NOTHING, NOW)
    assert store.remembered(NOW).holds == (URL,)


def test_a_hold_that_was_asked_for_anew_replaces_the_old_one(store: Store) -> None:
    longer = replace(URL, until=NOW + 5 * HOUR, status=503, since=NOW + HOUR)
    store.remember(NOTHING, Remembered(holds=(URL,)), NOW)
    store.remember(Remembered(holds=(URL,)), Remembered(holds=(longer,)), NOW)
    assert store.remembered(NOW).holds == (longer,)


def test_a_reach_that_is_no_longer_believed_is_forgotten_without_its_sites_pause(store: Store) -> None:
    known = replace(ALL, holds=(), crawl_delays=())
    store.remember(NOTHING, known, NOW)
    forgotten = replace(known, scopes=(("big.example", Scope.URL, NOW + HOUR),))
    store.remember(known, forgotten, NOW)
    assert store.remembered(NOW) == forgotten
