"""Retention, backups, and what the doctor knows."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import FeedCondition, Term
from aggregator.store import Store, upkeep
from tests.postgres import Postgres
from tests.store.press import (
    DAY,
    HOUR,
    NOW,
    all_items,
    claim,
    claim_one,
    execute,
    groups,
    new_item,
    outcome,
    poll,
    rows,
    schedule,
    spec,
)

KEEP = 30 * DAY


def old(guid: str, **values: object) -> object:
    return new_item(guid, published=NOW - 40 * DAY, **values)  # type: ignore[arg-type]


def window(*items: int | None) -> tuple[tuple[bytes, int | None, int | None], ...]:
    return tuple((bytes([n]) * 8, None, index) for n, index in enumerate(items))


# ── prune ────────────────────────────────────────────────────────────────────────────────────


def test_items_older_than_the_retention_are_deleted(store: Store) -> None:
    poll(store, new_item("1", published=NOW - 40 * DAY), new_item("2", published=NOW - 20 * DAY))
    assert store.prune(NOW, KEEP) == 1
    assert list(all_items(store)) == [2]
    assert store.prune(NOW, KEEP) == 0


def test_forever_deletes_nothing(store: Store) -> None:
    poll(store, new_item("1", published=NOW - 9999 * DAY))
    assert store.prune(NOW, None) == 0
    assert list(all_items(store)) == [1]


def test_what_a_feed_still_shows_stays_however_old_and_does_not_come_back(store: Store) -> None:
    # Edge case 27: a feed that answers 304 for months; and an item deleted while in the feed returns as news.
    ancient = new_item("1", published=NOW - 400 * DAY)
    poll(store, ancient, new_item("2", published=NOW - 400 * DAY), window=window(0, None))
    for day in range(3):
        poll(store, result="not_modified", now=NOW + day * DAY)
    assert store.prune(NOW + 300 * DAY, KEEP) == 1
    assert list(all_items(store)) == [1]
    assert [entry.item_id for entry in claim_one(store).window] == [1, None]


def test_what_left_the_feed_is_deleted_in_its_time(store: Store) -> None:
    poll(store, new_item("1", published=NOW - 400 * DAY), window=window(0))
    poll(store, window=(), now=NOW + HOUR)
    assert store.prune(NOW, KEEP) == 1


def test_a_feed_that_is_not_polled_any_more_protects_nothing(store: Store) -> None:
    poll(store, new_item("1", published=NOW - 400 * DAY), window=window(0), outlet="Unlisted")
    poll(store, new_item("1", published=NOW - 400 * DAY), window=window(0), outlet="Gone")
    store.sync_feeds([spec("Gone")], NOW)
    gone = schedule(next_poll_at=None, condition=FeedCondition.GONE)
    store.record_poll(outcome(claim_one(store), result="failed", schedule=gone))
    assert store.prune(NOW, KEEP) == 2


def test_the_history_of_fetches_is_kept_for_thirty_days(store: Store) -> None:
    for days in (0, 1, 31):
        poll(store, now=NOW + days * DAY)
    store.prune(NOW + 31 * DAY, None)
    assert [event.at for event in store.history("Gulf Insider")] == [NOW + 31 * DAY, NOW + DAY]


def test_the_history_is_forgotten_a_little_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_LINES", 3)
    for days in range(7):
        poll(store, now=NOW + days * DAY)
    left = []
    while store.prune_history(NOW + 35 * DAY):  # five lines are too old
        left.append(len(store.history("Gulf Insider")))
    assert left == [4, 2]
    assert store.prune_history(NOW + 35 * DAY) is False


def test_the_reasons_of_the_last_ten_decisions_of_each_feed_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_LINES", 4)
    reasons = schedule(terms=(Term(name="rhythm", value="often"),))
    hours = iter(range(1000))

    def poll_both(times: int) -> None:
        for _ in range(times):
            poll(store, now=NOW + next(hours) * HOUR, schedule=reasons, outlet="Quay")
            poll(store, now=NOW + next(hours) * HOUR, schedule=reasons, outlet="Port")

    poll_both(8)
    poll(store, now=NOW + next(hours) * HOUR, schedule=reasons, outlet="Quay")
    for more, (quay, port) in {0: (9, 8), 2: (10, 10), 1: (10, 10), 13: (10, 10)}.items():
        poll_both(more)
        latest = [made.at for made in store.decisions("Quay", limit=10)]
        store.prune(NOW, None)
        assert [len(store.decisions(name, limit=99)) for name in ("Quay", "Port")] == [quay, port]
        assert [made.at for made in store.decisions("Quay", limit=99)] == latest


def test_reasons_are_forgotten_also_after_the_whole_history_was(store: Store) -> None:
    reasons = schedule(terms=(Term(name="rhythm", value="often"),))
    for hour in range(12):
        poll(store, now=NOW + hour * HOUR, schedule=reasons)
    store.prune(NOW, None)
    store.purge([spec().url])
    for hour in range(11):
        poll(store, now=NOW + hour * HOUR, schedule=reasons)
    store.prune(NOW, None)
    assert len(store.decisions("Gulf Insider", limit=99)) == 10


def test_lines_of_a_clock_that_was_ahead_do_not_keep_the_history_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_LINES", 2)
    for days in (1500, 1500, 0, 1):
        poll(store, now=NOW + days * DAY)
    store.prune(NOW + 31 * DAY, None)
    assert [event.at for event in store.history("Gulf Insider")] == [NOW + DAY]


def test_robots_of_sites_that_were_left_are_forgotten(store: Store) -> None:
    store.save_robots("old.example", "", NOW - 8 * DAY)
    store.save_robots("new.example", "", NOW - DAY)
    store.prune(NOW, None)
    assert (store.robots("old.example"), store.robots("new.example")) == (None, ("", NOW - DAY))


def test_many_items_are_deleted_a_batch_at_a_time(store: Store) -> None:
    poll(
        store,
        *[
            new_item(str(n), published=NOW - 40 * DAY, canonical_url="https://x.example/")
            for n in range(1200)
        ],
    )
    poll(store, new_item("kept", canonical_url="https://x.example/"), now=NOW + HOUR)
    assert store.prune(NOW, KEEP) == 1200
    assert groups(store) == {1201: (None, None)}
    assert store.doctor(NOW) == () or store.index_pending()


def test_purge_deletes_one_feed_and_leaves_the_others(store: Store) -> None:
    poll(store, new_item("1"), outlet="A")
    poll(store, new_item("1"), outlet="B")
    assert store.purge([spec("A").url, "https://never.example/"]) == 1
    assert [item.outlet for item in store.items()] == ["B"]
    assert store.outlet_names() == ("B",)


# ── backup ───────────────────────────────────────────────────────────────────────────────────


def test_a_backup_is_a_whole_database_in_one_file(tmp_path: Path, sqlite_url: str) -> None:
    copy = tmp_path / "backup.db"
    with closing(Store.open(sqlite_url)) as store:
        poll(store, new_item("1"))
        store.backup(copy)
        poll(store, new_item("2"), now=NOW + HOUR)
        assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == ["backup.db"]
        with closing(Store.open(f"sqlite:///{copy}")) as restored:
            assert list(all_items(restored)) == [1]
            assert restored.index_pending() == 1
            assert restored.place_stories(NOW) == 1
            assert restored.doctor(NOW) == ()
        store.backup(copy)
    with closing(Store.open(f"sqlite:///{copy}")) as restored:
        assert sorted(all_items(restored)) == [1, 2]


def test_a_backup_is_taken_while_another_writes(tmp_path: Path, sqlite_url: str) -> None:
    with closing(Store.open(sqlite_url)) as store, closing(sqlite3.connect(sqlite_url[10:])) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO meta VALUES ('x', 'y')")
        store.backup(tmp_path / "backup.db")


def test_a_backup_that_cannot_be_written_leaves_the_older_one(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError, match=r"the directory .* does not exist: create it"):
        store.backup(tmp_path / "no" / "backup.db")
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        store.backup(taken)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_postgresql_is_backed_up_by_its_own_tool(
    tmp_path: Path, postgres: Postgres, made_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    name = postgres.create(template=made_postgresql)
    with closing(Store.open(postgres.url(name))) as store:
        poll(store, new_item("1"))
        store.backup(tmp_path / "news.dump")
        listing = subprocess.run(
            [programs / "pg_restore", "--list", tmp_path / "news.dump"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "TABLE DATA public items" in listing.stdout
        postgres.drop(name)
        with pytest.raises(StoreError, match=r"backup: pg_dump failed: .*does not exist"):
            store.backup(tmp_path / "news.dump")
    assert (tmp_path / "news.dump").stat().st_size > 0


def test_without_pg_dump_it_says_what_to_install(
    tmp_path: Path, postgres: Postgres, made_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        closing(Store.open(postgres.url(made_postgresql))) as store,
        pytest.raises(StoreError, match=r"pg_dump, which is not installed here .*postgresql-client"),
    ):
        store.backup(tmp_path / "news.dump")


# ── doctor ───────────────────────────────────────────────────────────────────────────────────


def work_off(store: Store) -> None:
    """All that waits is indexed and has its place among the stories."""
    while store.index_pending() or store.place_stories(NOW):
        pass


def problems(store: Store) -> list[str]:
    return [finding.problem for finding in store.doctor(NOW)]


@pytest.fixture
def busy(store: Store) -> Store:
    """A store that has seen some work."""
    same = "https://x.example/"
    poll(
        store,
        *[new_item(str(n), canonical_url=same, tags=("x",)) for n in range(1, 5)],
        window=window(0, 1, 2, 3),
    )
    work_off(store)
    return store


def test_a_store_in_use_is_well(busy: Store) -> None:
    claim(busy, NOW + HOUR)
    assert problems(busy) == []


def test_items_that_wait_for_the_index_are_told(busy: Store) -> None:
    poll(busy, new_item("9"), now=NOW + HOUR)
    while busy.place_stories(NOW + HOUR):
        pass
    (finding,) = busy.doctor(NOW)
    assert (finding.problem, finding.count) == ("items that the search does not find yet", 1)
    assert "scheduler.py --once" in finding.remedy


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE items SET duplicate_of = 3 WHERE id = 4", "copies that name another copy"),
        ("UPDATE items SET duplicate_of = 4 WHERE id = 3", "copies that name another copy"),
        ("UPDATE feeds SET lease_token = 'x', lease_until = {future}", "feeds claimed for more than a day"),
    ],
)
def test_what_can_be_put_right_is_found_and_put_right_by_prune(
    busy: Store, url: str, damage: str, problem: str
) -> None:
    future = "9999999999999999" if url.startswith("sqlite") else "'2199-01-01'"
    execute(url, damage.format(future=future))
    work_off(busy)
    (finding,) = busy.doctor(NOW)
    assert finding.problem.startswith(problem)
    assert finding.remedy == 'run "aggregator db prune", which puts it right'
    busy.prune(NOW, None)
    work_off(busy)
    assert problems(busy) == []
    assert groups(busy) == {1: (None, None)} | dict.fromkeys((2, 3, 4), (1, "same"))


def test_a_comment_feed_that_was_claimed_far_ahead_is_found_and_freed_by_prune(busy: Store, url: str) -> None:
    future = "9999999999999999" if url.startswith("sqlite") else "'2199-01-01'"
    execute(
        url,
        "INSERT INTO comment_feeds (item_id, attempts, reason, lease_token, lease_until) "
        f"VALUES (1, 0, '', 'x', {future})",
    )
    (finding,) = busy.doctor(NOW)
    assert finding.problem.startswith("comment feeds claimed for more than a day")
    busy.prune(NOW, None)
    assert rows(url, "SELECT lease_token FROM comment_feeds") == [(None,)]


def test_items_missing_from_the_index_are_found_and_indexed_again(busy: Store, url: str) -> None:
    lost = "search_docsize WHERE id" if url.startswith("sqlite") else "search WHERE item_id"
    execute(url, f"DELETE FROM {lost} = 2")
    assert "items missing from the full-text index" in problems(busy)
    busy.prune(NOW, None)
    work_off(busy)
    assert problems(busy) == []
    assert len(list(busy.search("title"))) == 4


def test_a_damaged_full_text_index_is_built_anew(sqlite_url: str) -> None:
    with closing(Store.open(sqlite_url)) as store:
        poll(store, new_item("1"), new_item("2"))
        store.index_pending()
        execute(sqlite_url, "UPDATE search_data SET block = x'00' WHERE id > 10")
    with closing(Store.open(sqlite_url)) as store:
        assert "the full-text index is damaged" in problems(store)
        store.prune(NOW, None)
        work_off(store)
        assert problems(store) == []
        assert len(list(store.search("title"))) == 2


def test_orphans_that_a_careless_program_left_are_found_and_deleted(sqlite_url: str) -> None:
    with closing(Store.open(sqlite_url)) as store:
        poll(store, new_item("1", canonical_url="https://x.example/", tags=("x",)))
        poll(store, new_item("2", canonical_url="https://x.example/"), now=NOW + HOUR)
        store.index_pending()
        with closing(sqlite3.connect(sqlite_url[10:])) as careless:
            careless.execute("DROP TRIGGER items_deleted")
            careless.execute("DELETE FROM items WHERE id = 1")
            careless.commit()
        assert any(problem.startswith("rows that belong to nothing, in item") for problem in problems(store))
        store.prune(NOW, None)
        assert not any(problem.startswith("rows that belong to nothing") for problem in problems(store))
        assert groups(store) == {2: (None, None)}
        assert rows(sqlite_url, "SELECT item_id FROM texts") == [(2,)]


def test_a_damaged_file_says_to_put_back_a_backup(sqlite_url: str) -> None:
    with closing(Store.open(sqlite_url)) as store:
        poll(store, *[new_item(str(n), text="x" * 5000) for n in range(50)])
        store.index_pending()
    path = Path(sqlite_url[10:])
    with closing(sqlite3.connect(path)) as plain:
        page = plain.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_items_sort_at'").fetchone()[
            0
        ]
        size = plain.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * size + 60 : page * size] = b"\x55" * (size - 60)
    path.write_bytes(content)
    with closing(Store.open(sqlite_url)) as store:
        findings = store.doctor(NOW)
    assert findings[0].problem.startswith("the file is damaged: ")
    assert findings[0].remedy.startswith("put back a backup")
