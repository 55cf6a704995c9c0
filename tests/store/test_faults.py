"""What may happen while the store writes: a full disk, a lock, a kill. Nothing is torn, lost or twice."""

import multiprocessing
import os
import signal
import time
from contextlib import closing
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from aggregator.errors import StoreError, StoreFullError, StoreLockedError
from aggregator.model import Article, ArticleOutcome, ItemFilter
from aggregator.store import Store
from aggregator.store.engine import Database
from tests.store.press import (
    HOUR,
    NOW,
    all_items,
    claim,
    claim_one,
    faults,
    lease,
    new_item,
    outcome,
    poll,
    rows,
    spec,
)

#: kills in one run of the tests; the mark is 200, which AGGREGATOR_SOAK=1 asks for
_KILLS = 200 if os.environ.get("AGGREGATOR_SOAK") else 20
_ITEMS = 4
#: children are forked from a process that has loaded the store and has no threads
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


@pytest.fixture
def small(sqlite_url: str) -> Any:
    """A store on a disk that has room for some more items only, and a way to give it more."""
    room = {"pages": 0}
    store = Store.open(sqlite_url)

    @event.listens_for(store._database.engine, "checkout")
    def _limit(connection: Any, *_: object) -> None:
        (used,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {max(used, room['pages'])}")

    with closing(store):
        yield store, room


def test_a_full_disk_loses_nothing_and_the_poll_is_done_when_there_is_room_again(
    small: Any, sqlite_url: str
) -> None:
    # Mark 14, first half
    store, room = small
    room["pages"] = 9999
    poll(store, new_item("1", text="x" * 50_000))
    store.index_pending()
    room["pages"] = 0
    feed = claim_one(store, NOW + HOUR)
    big = outcome(feed, at=NOW + HOUR, new=tuple(new_item(str(n), text="x" * 50_000) for n in range(2, 9)))
    with pytest.raises(
        StoreFullError, match="the disk is full: nothing stored is lost, free some space to go on"
    ):
        store.record_poll(big)
    assert list(all_items(store)) == [1]  # reading goes on
    assert len(list(store.search("title"))) == 1
    assert rows(sqlite_url, "SELECT polls FROM feeds") == [(1,)]
    room["pages"] = 9999
    assert store.record_poll(big).new_ids == tuple(range(2, 9))
    assert store.index_pending() == 7
    assert faults(store) == []


def test_a_disk_that_fills_while_indexing_leaves_the_items_waiting(small: Any) -> None:
    store, room = small
    room["pages"] = 9999
    poll(store, *[new_item(str(n), text=" ".join(f"w{n}x{m}" for m in range(3000))) for n in range(9)])
    room["pages"] = 0
    with pytest.raises(StoreFullError):
        store.index_pending()
    assert list(store.search("title")) == []
    room["pages"] = 9999
    assert store.index_pending() == 9
    assert len(list(store.search("title"))) == 9


def test_a_locked_database_loses_nothing_and_the_poll_is_done_afterwards(url: str) -> None:
    # Mark 14, second half
    with closing(Store.open(url, wait=timedelta(milliseconds=50))) as store:
        store.sync_feeds([spec()], NOW)
        done = outcome(claim_one(store), new=(new_item("1"),))
        other = Database(url)
        with other.writing() as connection:
            connection.exec_driver_sql("UPDATE feeds SET reason = 'held'")
            with pytest.raises(StoreLockedError, match="try again"):
                store.record_poll(done)
            assert list(store.items()) == []
        other.close()
        assert store.record_poll(done).new_ids == (1,)


def test_a_fault_while_an_article_is_written_leaves_the_feeds_text(small: Any) -> None:
    store, room = small
    room["pages"] = 9999
    poll(store, new_item("1", text="Teaser", page_due_at=NOW))
    (task,) = store.claim_articles(NOW, lease(), limit=1)
    room["pages"] = 0
    done = ArticleOutcome(
        item_id=1,
        lease_token=task.lease_token,
        at=NOW,
        result="extracted",
        reason="",
        article=Article(text="x" * 900_000, html=""),
    )
    with pytest.raises(StoreFullError):
        store.record_article(done)
    item = all_items(store)[1]
    assert (item.text, item.text_source, item.page_due_at) == ("Teaser", "feed", NOW)
    room["pages"] = 9999
    assert store.record_article(done)


# ── kill -9 ──────────────────────────────────────────────────────────────────────────────────


def _work_until_killed(url: str, number: int, at_work: Event) -> None:
    """Polls, reads pages and indexes for ever; each poll brings four items and a line of history."""
    store = Store.open(url)
    at_work.set()
    for turn in range(1_000_000):
        now = NOW + number * HOUR
        token = f"{number}-{turn}"
        for feed in store.claim_due(now, lease(token, now), limit=1, force=True):
            names = [f"{number}-{turn}-{n}" for n in range(_ITEMS)]
            same = f"https://x.example/{number}/{turn}"
            new = tuple(new_item(name, canonical_url=same, page_due_at=now) for name in names)
            window = tuple((bytes([n]) * 8, None, n) for n in range(_ITEMS))
            store.record_poll(outcome(feed, new=new, window=window, at=now))
        for task in store.claim_articles(now, lease(token, now), limit=2):
            store.record_article(
                ArticleOutcome(
                    item_id=task.item_id,
                    lease_token=task.lease_token,
                    at=now,
                    result="extracted",
                    reason="",
                    article=Article(text="page " * 200, html="<p>page</p>"),
                )
            )
        store.index_pending(5)


def _killed(url: str, number: int) -> None:
    at_work = _PROCESSES.Event()
    child = _PROCESSES.Process(target=_work_until_killed, args=(url, number, at_work))
    child.start()
    assert at_work.wait(60)
    time.sleep(0.1 + (number * 37 % 100) / 300)  # until something else each time
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    child.close()


def _is_whole(url: str) -> None:
    """Every poll is there with all its items, its history, its window, or not at all."""
    polls = rows(url, "SELECT polls FROM feeds")[0][0]
    assert rows(url, "SELECT count(*), count(DISTINCT key) FROM items") == [(polls * _ITEMS, polls * _ITEMS)]
    assert rows(url, "SELECT count(*) FROM fetches") == [(polls,)]
    assert rows(url, "SELECT count(*) FROM texts") == [(polls * _ITEMS,)]
    assert rows(url, "SELECT count(*) FROM items WHERE duplicate_of IS NULL") == [(polls,)]
    pages = "SELECT count(*) FROM items JOIN texts ON texts.item_id = items.id WHERE text_source = 'page'"
    assert rows(url, pages) == rows(url, pages + " AND page_html IS NOT NULL")
    assert rows(url, pages) == rows(url, "SELECT count(*) FROM pages WHERE due_at IS NULL")


def test_kill_9_at_any_moment_tears_nothing_and_the_next_run_goes_on(url: str) -> None:
    # Mark 10
    with closing(Store.open(url)) as store:
        store.sync_feeds([spec()], NOW)
    for number in range(_KILLS // 2):  # on each of the two databases
        _killed(url, number)
        _is_whole(url)
    assert rows(url, "SELECT polls FROM feeds")[0][0] > 0  # they did work
    with closing(Store.open(url)) as store:
        later = NOW + _KILLS * HOUR
        (feed,) = claim(store, later, token="next")  # the killed run's claim has expired
        last = new_item("last", page_due_at=later)
        assert store.record_poll(outcome(feed, new=(last,), at=later)).written
        while store.index_pending():
            pass
        assert faults(store, later) == []
        assert len(list(store.search("title", ItemFilter()))) == len(all_items(store)) > 1
        assert store.count_articles_due(later) > 0


# ── costs that must not grow ─────────────────────────────────────────────────────────────────


def test_no_statement_of_a_poll_looks_at_every_row(sqlite_url: str) -> None:
    """SQLite is asked how it would run each statement that a day's work runs."""
    with closing(Store.open(sqlite_url)) as store:
        engine = store._database.engine
        plans: dict[str, list[str]] = {}

        @event.listens_for(engine, "before_cursor_execute")
        def _explain(_c: Any, cursor: Any, statement: str, parameters: Any, _ctx: Any, many: bool) -> None:
            if statement.split(None, 1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
                first = parameters[0] if many else parameters
                found = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", first).fetchall()
                plans[statement] = [row[3] for row in found]

        store.sync_feeds([spec()], NOW)
        plans.clear()
        poll_and_read(store)
    scans = {
        statement: plan
        for statement, plan in plans.items()
        for step in plan
        if step.startswith("SCAN") and not step.startswith(_SMALL)
    }
    assert scans == {}
    assert len(plans) > 20


#: lists given with the statement, tables of a row a feed, the queue itself, an index walked newest first
_SMALL = (
    "SCAN json_each",
    "SCAN CONSTANT ROW",
    "SCAN 2-ROW VALUES",
    "SCAN feeds",
    "SCAN search ",
    "SCAN search_queue",
    "SCAN sqlite_sequence",
    "SCAN items USING COVERING INDEX ix_items_sort_at",
)


def poll_and_read(store: Store) -> None:
    """What a run does."""
    same, text = "https://x.example/", b"0123456789abcdef"
    for turn in range(2):
        now = NOW + turn * HOUR
        (feed,) = claim(store, now)
        store.known_items(feed.id, guids=["1"], canonical_urls=[same], titles=["t"], keys=["1"])
        new = (
            new_item(f"{turn}", canonical_url=same, tags=("x",), page_due_at=now),
            new_item(f"{turn}b", text_digest=text, page_due_at=now),
        )
        store.record_poll(outcome(feed, new=new, at=now, window=((b"12345678", None, 0),)))
        for task in store.claim_articles(now, lease(now=now), limit=9):
            store.record_article(
                ArticleOutcome(
                    item_id=task.item_id,
                    lease_token=task.lease_token,
                    at=now,
                    result="extracted",
                    reason="",
                    article=Article(text="page", html=""),
                    text_digest=text,
                    canonical_url=f"{same}{turn}",
                )
            )
        store.index_pending()
        list(store.items(ItemFilter(limit=50)))
        list(store.items(ItemFilter(limit=50, tag="x", outlets=("A",))))
        store.shared_guids(["1"])
        store.count_due(now)
        store.count_articles_due(now)
        store.release("run-1")


def test_a_value_of_the_wrong_kind_is_a_fault_of_the_program_and_not_of_the_database(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(TypeError):
        poll(store, new_item("1", title=7))
    with pytest.raises(StoreError):
        store.backup(tmp_path / "no" / "x")
