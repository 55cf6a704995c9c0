"""Gaps as they are opened, taken, filled and told of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from aggregator.model import FeedHints, Filled, Gap, NewGap, OpenGap, Recorded
from aggregator.store import Store, gaps
from aggregator.store.engine import Database
from tests.store.press import DAY, HOUR, NOW, all_items, execute, new_item, poll, spec

GAP = NewGap(after=NOW - 3 * HOUR, before=NOW - HOUR)


@pytest.fixture
def database(url: str, store: Store) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


def opens(database: Database, store: Store, gap: NewGap = GAP, *, at: datetime = NOW) -> None:
    """The first feed's poll meets a gap."""
    if not store.outlet_names():
        store.sync_feeds([spec()], NOW)
    with database.writing() as connection:
        gaps.open_(connection, 1, gap, at)


def filled(**values: Any) -> Filled:
    plain: dict[str, Any] = {"gap_id": 1, "feed_id": 1, "at": NOW, "after": GAP.after, "before": GAP.before}
    return Filled(**plain | values)


def a_gap(**values: Any) -> Gap:
    plain: dict[str, Any] = {
        "outlet": "Gulf Insider",
        "feed": "https://gulf-insider.example/feed",
        "opened_at": NOW,
        "after": GAP.after,
        "before": GAP.before,
        "closed_at": None,
        "how": "",
        "found": 0,
        "reason": "",
        "due_at": NOW,
    }
    return Gap(**plain | values)


@pytest.fixture(autouse=True)
def first_numbers(url: str, store: Store) -> None:
    """Tests name feeds and gaps by number, which PostgreSQL goes on counting from test to test."""
    if not url.startswith("sqlite"):
        execute(url, "ALTER TABLE gaps ALTER id RESTART", "ALTER TABLE feeds ALTER id RESTART")


def test_a_gap_is_due_at_once_and_tells_where_to_look(database: Database, store: Store) -> None:
    poll(store, hints=FeedHints(archive_url="https://gulf-insider.example/feed/2"))
    opens(database, store)
    assert store.due_gaps(NOW, limit=10) == (
        OpenGap(
            id=1,
            feed_id=1,
            outlet="Gulf Insider",
            address="https://gulf-insider.example/feed",
            homepage="https://gulf-insider.example/",
            language=None,
            hints=FeedHints(archive_url="https://gulf-insider.example/feed/2"),
            after=GAP.after,
            before=GAP.before,
        ),
    )


def test_a_gap_that_is_taken_is_free_again_after_ten_minutes(database: Database, store: Store) -> None:
    opens(database, store)
    assert len(store.due_gaps(NOW, limit=10)) == 1
    assert store.due_gaps(NOW, limit=10) == ()
    assert len(store.due_gaps(NOW + gaps.CLAIM, limit=10)) == 1


def test_only_gaps_of_the_named_and_listed_outlets_are_taken(database: Database, store: Store) -> None:
    opens(database, store)
    assert store.due_gaps(NOW, limit=10, outlets=["Another"]) == ()
    assert len(store.due_gaps(NOW, limit=10, outlets=["gulf insider"])) == 1
    store.sync_feeds([spec("Another")], NOW)
    assert store.due_gaps(NOW + HOUR, limit=10) == ()


def test_a_second_gap_while_one_is_open_makes_it_longer(database: Database, store: Store) -> None:
    opens(database, store)
    opens(database, store, NewGap(after=NOW - HOUR, before=NOW + HOUR), at=NOW + HOUR)
    assert store.gaps() == (a_gap(before=NOW + HOUR),)


def test_a_closed_gap_is_not_opened_again(database: Database, store: Store) -> None:
    opens(database, store)
    store.fill_gap(filled(how="archive", reason="read"))
    opens(database, store, at=NOW + HOUR)
    assert store.gaps("gulf insider") == (
        a_gap(opened_at=NOW + HOUR, due_at=NOW + HOUR),
        a_gap(closed_at=NOW, how="archive", reason="read", due_at=None),
    )


def test_what_was_found_is_stored_and_counted(database: Database, store: Store) -> None:
    opens(database, store)
    recorded = store.fill_gap(filled(new=(new_item("1"), new_item("2")), due_at=NOW + HOUR, reason="half"))
    assert recorded.written
    assert set(recorded.new_ids) == set(all_items(store))
    assert [item.guid for item in all_items(store).values()] == ["2", "1"]
    store.fill_gap(filled(new=(new_item("3"),), how="archive", attempts=1, reason="all"))
    assert store.gaps() == (a_gap(closed_at=NOW, how="archive", found=3, reason="all", due_at=None),)


def test_what_a_poll_brought_meanwhile_is_not_stored_twice(database: Database, store: Store) -> None:
    opens(database, store)
    poll(store, new_item("1"), new_item("tag:2", url="https://gulf-insider.example/2"))
    found = (
        new_item("1"),
        new_item("https://gulf-insider.example/2", url="https://gulf-insider.example/2"),
        new_item("3"),
        new_item("3"),
    )
    assert len(store.fill_gap(filled(new=found, how="sitemap")).new_ids) == 1
    assert sorted(item.guid for item in all_items(store).values()) == ["1", "3", "tag:2"]


def test_a_gap_that_was_closed_meanwhile_takes_nothing_more(database: Database, store: Store) -> None:
    opens(database, store)
    store.fill_gap(filled(how="archive"))
    assert store.fill_gap(filled(new=(new_item("1"),), how="sitemap")) == Recorded(written=False)
    assert all_items(store) == {}


def test_a_gap_that_became_longer_while_it_was_looked_for_is_looked_for_again(
    database: Database, store: Store
) -> None:
    opens(database, store)
    assert len(store.due_gaps(NOW, limit=10)) == 1
    opens(database, store, NewGap(after=NOW, before=NOW + HOUR), at=NOW + HOUR)
    assert store.fill_gap(filled(new=(new_item("1"),), how="archive", at=NOW + HOUR)).written
    assert store.gaps() == (a_gap(before=NOW + HOUR, found=1, due_at=NOW + HOUR),)
    store.fill_gap(filled(how="archive", before=NOW + HOUR))
    assert [gap.open for gap in store.gaps()] == [False]


def test_a_failed_attempt_is_repeated_at_its_time(database: Database, store: Store) -> None:
    opens(database, store)
    store.fill_gap(filled(attempts=1, due_at=NOW + HOUR, reason="503"))
    assert store.due_gaps(NOW + HOUR / 2, limit=10) == ()
    assert [gap.attempts for gap in store.due_gaps(NOW + HOUR, limit=10)] == [1]


def test_after_one_was_given_up_the_next_gap_waits_a_day(database: Database, store: Store) -> None:
    opens(database, store)
    store.fill_gap(filled(how="given up", reason="it has no archive"))
    opens(database, store, at=NOW + HOUR)
    assert [gap.due_at for gap in store.gaps()] == [NOW + DAY, None]


def test_given_up_gaps_count_as_open_for_thirty_days(database: Database, store: Store) -> None:
    opens(database, store)
    store.fill_gap(filled(how="given up"))
    opens(database, store, at=NOW + DAY)
    assert [gap.open for gap in store.gaps()] == [True, True]
    assert store.open_gaps(NOW + DAY) == {"https://gulf-insider.example/feed": 2}
    assert store.open_gaps(NOW + 30 * DAY) == {"https://gulf-insider.example/feed": 1}
    store.fill_gap(filled(gap_id=2, how="sitemap"))
    assert store.open_gaps(NOW + 30 * DAY) == {}


def test_old_gaps_are_forgotten_unless_they_are_looked_for(database: Database, store: Store) -> None:
    opens(database, store)
    store.fill_gap(filled(how="given up"))
    opens(database, store, at=NOW + DAY)
    store.prune(NOW + 30 * DAY, None)
    assert len(store.gaps()) == 2
    store.prune(NOW + 32 * DAY, None)
    assert store.gaps() == (a_gap(opened_at=NOW + DAY, due_at=NOW + DAY),)
