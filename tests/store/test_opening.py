"""Opening a database: made, known, refused in words."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text

import aggregator.store
from aggregator.config import Outlet
from aggregator.errors import StoreError, StoreLockedError, StoreUnreachableError
from aggregator.export.jsonl import lines
from aggregator.model import Article
from aggregator.store import Store, schema
from aggregator.store.engine import Database
from aggregator.store.tables import metadata
from tests.postgres import Postgres
from tests.press import Entry, rss, story
from tests.reading import Reader
from tests.store import snapshot
from tests.store.press import HOUR, NOW, all_items, execute, new_item, poll, read_page, rows, spec

MOMENT = timedelta(milliseconds=50)


def test_the_room_shows_only_the_store() -> None:
    assert aggregator.store.__all__ == ["Store"]


def test_the_snapshot_makes_what_the_migrations_make(tmp_path: Path) -> None:
    snapshot.migrated(tmp_path / "migrated.db")
    Store.open(f"sqlite:///{tmp_path / 'new.db'}").close()
    assert snapshot.statements(tmp_path / "new.db") == snapshot.statements(tmp_path / "migrated.db")


def test_an_empty_database_is_made(empty_url: str) -> None:
    with closing(Store.open(empty_url)) as store:
        assert list(store.items()) == []
        assert store.doctor(NOW) == ()
    assert rows(empty_url, "SELECT version_num FROM aggregator_version") == [(schema.REVISIONS[-1],)]


def test_the_migrated_tables_are_those_that_the_code_names(url: str) -> None:
    database = Database(url)
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": schema.VERSION_TABLE,
                "include_name": lambda name, kind, _: (
                    not (database.is_sqlite and kind == "table" and name in schema.FTS_TABLES)
                ),
            },
        )
        assert compare_metadata(context, schema.metadata_for(connection.dialect.name)) == []
    database.close()


def test_the_code_knows_every_migration_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    known = ScriptDirectory.from_config(config).walk_revisions()
    assert [script.revision for script in known] == list(reversed(schema.REVISIONS))


def test_opening_a_database_that_is_ready_does_not_load_alembic(sqlite_url: str) -> None:
    program = (
        "import sys; from aggregator.store import Store; "
        f"Store.open({sqlite_url!r}).close(); print('alembic' in sys.modules, 'psycopg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_two_that_create_one_database_at_once_both_succeed(empty_url: str) -> None:
    problems: list[BaseException] = []

    def create() -> None:
        try:
            Store.open(empty_url).close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=create) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_database_in_memory_is_shared_by_the_threads_of_one_store() -> None:
    with closing(Store.open("sqlite://")) as store:
        poll(store, new_item("1"))
        seen: list[int] = []
        reader = threading.Thread(target=lambda: seen.extend(item.id for item in store.items()))
        reader.start()
        reader.join()
    assert seen == [1]


def test_the_feeds_own_id_is_made_once(store: Store, url: str) -> None:
    made = store.feed_uuid()
    assert made.startswith("urn:uuid:")
    with closing(Store.open(url)) as again:
        assert again.feed_uuid() == made


def test_single_values_and_robots_are_kept_and_replaced(store: Store) -> None:
    assert (store.meta("x"), store.robots("x.example")) == (None, None)
    for value in ("1", "2"):
        store.set_meta("x", value)
        store.save_robots("x.example", value, NOW)
    assert (store.meta("x"), store.robots("x.example")) == ("2", ("2", NOW))


# ── versions ─────────────────────────────────────────────────────────────────────────────────


def test_a_newer_database_says_to_update_the_program_and_is_left_alone(url: str) -> None:
    execute(url, "UPDATE aggregator_version SET version_num = '9999'")
    for use in (Store.open, Store.upgrade):
        with pytest.raises(StoreError, match=r"newer version of this program.*update the program"):
            use(url)
    assert rows(url, "SELECT version_num FROM aggregator_version") == [("9999",)]
    execute(url, f"UPDATE aggregator_version SET version_num = '{schema.REVISIONS[-1]}'")


def test_an_older_database_says_to_upgrade_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    with pytest.raises(StoreError, match=r'older version: run "aggregator db upgrade"'):
        Store.open(url)


def test_upgrading_a_database_of_this_version_changes_nothing(url: str) -> None:
    with closing(Store.open(url)) as store:
        poll(store, new_item("1"))
    Store.upgrade(url)
    with closing(Store.open(url)) as store:
        assert len(list(store.items())) == 1


def test_a_database_of_another_program_is_not_touched(empty_url: str) -> None:
    execute(empty_url, "CREATE TABLE items (x INTEGER)")
    with pytest.raises(StoreError, match=r"tables of another program \(items\)"):
        Store.open(empty_url)
    assert rows(empty_url, "SELECT * FROM items") == []


#: as the first two revisions made them
_EARLIER = ("feeds", "documents", "items", "texts", "item_tags", "pages", "meta")
_DOCUMENT = rss(
    [
        Entry(
            number=1,
            title="The bridge",
            link="https://x.example/a/1",
            content=f"<p>{'<p>'.join(story('one'))}",
        ),
        Entry(number=2, title="Another", guid="", link="https://x.example/a/2", summary="Short and good"),
        Entry(number=3, title="No address", guid="", summary="Nothing but a title and this"),
        Entry(
            number=4, title="Again", link="https://x.example/a/1?utm_source=x", summary="A copy of the first"
        ),
        Entry(number=5, title="An id alone", summary="12 comments", extra="<category>Town</category>"),
        Entry(number=6, title="Its page was read", link="https://x.example/a/6", summary="The page has more"),
    ]
)


def earlier(url: str, directory: Path) -> None:
    """Makes a database of the revision before this one, with the rows that its program would have written."""
    source = f"sqlite:///{directory / 'now.db'}"
    with closing(Store.open(source)) as store:
        reader = Reader(store=store, outlet=Outlet(name="X"))
        reader.poll(_DOCUMENT)
        article = Article(
            text="\n\n".join(story("six")), html="<p>Six</p>", authors=(), language="en", title=None
        )
        read_page(store, 6, article, now=reader.now)
    now, then = Database(source), Database(url)
    schema.run_migrations(then, to="0002")
    with now.reading() as wrote, then.writing() as connection:
        for name in _EARLIER:
            table = metadata.tables[name]
            columns = {column["name"] for column in inspect(connection).get_columns(name)}
            old = [column for column in table.columns if column.name in columns]
            for row in wrote.execute(select(*old)):
                values = dict(row._mapping)
                if name == "items":
                    values |= {"digest": _earlier_digest(wrote, values)}
                    values |= {f"{one}_hash": values[one] for one in ("key", "guid", "link")}
                    values["canonical_hash"] = values["canonical_url"]
                    values["title_hash"] = None if values["guid"] or values["link"] else values["title"]
                connection.execute(insert(table).values(values))
        if not then.is_sqlite:
            for name in ("feeds", "items"):
                connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
                    )
                )
    now.close()
    then.close()


def _earlier_digest(connection: Connection, item: Mapping[str, Any]) -> bytes:
    told = text("SELECT content_html FROM texts WHERE item_id = :id")
    html = connection.execute(told, {"id": item["id"]}).scalar_one()
    files = [url for url, _, _ in item["enclosures"]]
    parts = (item["title"], item["summary"], html, item["link"] or item["url"])
    said = "\x1f".join((*parts, *item["authors"], "\x1e", *item["tags"], "\x1e", *files))
    return blake2b(said.encode(), digest_size=16).digest()


def test_items_of_an_earlier_version_are_known_read_and_exported_after_the_upgrade(
    empty_url: str, tmp_path: Path
) -> None:
    earlier(empty_url, tmp_path)
    Store.upgrade(empty_url)

    with closing(Store.open(empty_url)) as store:
        before = all_items(store)
        shown = [(number, store.revisions(number)) for number in before]
        told = list(lines(before.values()))
        reader = Reader(store=store, outlet=Outlet(name="X"), now=NOW + HOUR)
        again = _DOCUMENT.replace("<item>", "<item> ").replace(">News<", ">The news<")
        reading = reader.poll(again)
        after = all_items(store)

    assert (len(before), len(told), len(shown)) == (6, 6, 6)
    assert (reading.new, reading.changed, reading.moved) == ((), (), ())
    assert after == before


def test_an_edit_that_comes_with_the_upgrade_is_seen(empty_url: str, tmp_path: Path) -> None:
    earlier(empty_url, tmp_path)
    Store.upgrade(empty_url)

    with closing(Store.open(empty_url)) as store:
        Reader(store=store, outlet=Outlet(name="X"), now=NOW + HOUR).poll(
            _DOCUMENT.replace("Short and good", "Short and better, said the mayor").replace(
                "12 comm", "14 comm"
            )
        )
        edited = {number: item.updated for number, item in all_items(store).items() if item.updated}

    assert list(edited) == [2]


# ── what can be wrong with the address or the file ───────────────────────────────────────────


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"the directory {tmp_path}/no does not exist: create it"):
        Store.open(f"sqlite:///{tmp_path}/no/news.db")


def test_a_directory_is_not_a_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a directory, not a database file"):
        Store.open(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes, and they are longer than a header. " * 20)
    with pytest.raises(StoreError, match="is not an SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_text().startswith("These are my notes")


def test_a_damaged_database_says_to_put_back_a_backup(tmp_path: Path, made_sqlite: Path) -> None:
    path = tmp_path / "news.db"
    content = bytearray(made_sqlite.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with (
        pytest.raises(StoreError, match="is damaged: put back a backup"),
        closing(Store.open(f"sqlite:///{path}")),
    ):
        pass


def test_a_read_only_database_says_so_when_it_is_written_to(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(Store.open(f"sqlite:///file:{path}?mode=ro&uri=true")) as store:
        assert list(store.items()) == []
        with pytest.raises(StoreError, match="is read-only: give yourself the right to write"):
            store.sync_feeds([spec()], NOW)


def test_a_read_only_server_says_so(postgres: Postgres, made_postgresql: str) -> None:
    name = postgres.create(template=made_postgresql)
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with closing(Store.open(postgres.url(name))) as store, pytest.raises(StoreError, match="is read-only"):
        store.sync_feeds([spec()], NOW)
    postgres.drop(name)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("news.db", "is not a database address; expected sqlite:///news.db"),
        ("", "is not a database address"),
        ("mongodb://x/y", "mongodb is not supported"),
        ("mysql+nothing://x/y", "mysql is not supported"),
        ("postgresql://x:port/y", "is not a database address"),
    ],
)
def test_a_wrong_address_shows_a_right_one(address: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        Store.open(address)


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        StoreError, match=r'PostgreSQL needs the package psycopg.*pip install psycopg\[binary\]"'
    ):
        Store.open("postgresql+psycopg://localhost/news")


@pytest.mark.parametrize(
    "address", ["postgresql://u:secret@127.0.0.1:1/news", "postgresql:///news?host=/nowhere"]
)
def test_a_server_that_does_not_answer_is_named_without_the_password(address: str) -> None:
    with pytest.raises(StoreUnreachableError, match="does not answer: is it running") as caught:
        Store.open(address)
    assert "secret" not in str(caught.value)


def test_a_database_that_the_server_lacks_says_how_to_create_it(postgres: Postgres) -> None:
    with pytest.raises(
        StoreError, match='there is no such database: create it, for example with "createdb nope"'
    ):
        Store.open(postgres.url("nope"))


def test_a_refused_user_is_told_apart_from_a_silent_server(postgres: Postgres) -> None:
    with pytest.raises(StoreError, match="refused the user or the password") as caught:
        Store.open(postgres.url("postgres").replace("postgres@", "nobody@"))
    assert not isinstance(caught.value, StoreUnreachableError)


def test_a_server_that_went_away_is_found_again_by_the_next_call(
    postgres: Postgres, made_postgresql: str
) -> None:
    name = postgres.create(template=made_postgresql)
    with closing(Store.open(postgres.url(name))) as store:
        poll(store, new_item("1"))
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        with pytest.raises(StoreUnreachableError):
            list(store.items())
        assert len(list(store.items())) == 1
    postgres.drop(name)


# ── other processes ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def locked(url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store whose database another connection is writing to."""
    with closing(Store.open(url, wait=MOMENT)) as store:
        store.sync_feeds([spec()], NOW)
        other = Database(url)
        with other.writing() as connection:
            connection.exec_driver_sql("UPDATE feeds SET reason = 'held'")
            yield store
        other.close()


def test_a_locked_database_is_read_and_says_that_it_is_locked_when_written(locked: Store) -> None:
    assert [health.reason for health in locked.health()] == [""]
    with pytest.raises(StoreLockedError, match="try again"):
        locked.sync_feeds([], NOW)


def test_a_writer_that_waits_long_enough_gets_its_turn(url: str) -> None:
    with closing(Store.open(url)) as store:
        store.sync_feeds([spec()], NOW)
        other = Database(url)
        done = threading.Event()

        def write() -> None:
            store.sync_feeds([], NOW)
            done.set()

        with other.writing() as connection:
            connection.exec_driver_sql("UPDATE feeds SET reason = 'held'")
            writer = threading.Thread(target=write)
            writer.start()
            assert not done.wait(0.2)
        writer.join()
        other.close()
        assert store.count_listed() == 0


def test_foreign_keys_are_enforced_on_every_connection_and_thread(sqlite_url: str) -> None:
    # Edge case 55 (reader 3.16): deletes left orphans.
    database = Database(sqlite_url)
    seen: list[int] = []
    barrier = threading.Barrier(3)

    def look() -> None:
        with database.reading() as connection:
            barrier.wait()
            seen.append(connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one())

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1, 1, 1]
    with pytest.raises(StoreError, match="FOREIGN KEY"), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO texts (item_id, text, content_html) VALUES (99, '', '')")
    database.close()


def test_a_deleted_feed_leaves_no_orphans(store: Store, url: str) -> None:
    item = new_item("1", tags=("x",), page_due_at=NOW)
    window = ((b"12345678", None, 0),)
    poll(store, item, window=window)
    store.sync_feeds([spec(tags=("y",))], NOW)
    assert store.purge([spec().url]) == 1
    tables = [
        "feeds",
        "documents",
        "feed_tags",
        "fetches",
        "items",
        "texts",
        "item_tags",
        "pages",
        "search_queue",
    ]
    assert [rows(url, f"SELECT count(*) FROM {table}") for table in tables] == [[(0,)]] * len(tables)


def test_the_log_and_the_settings_of_a_connection_are_as_they_should_be(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    database.close()
    assert settings == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 30_000}


def test_a_copied_file_opens_elsewhere(tmp_path: Path, sqlite_url: str) -> None:
    with closing(Store.open(sqlite_url)) as store:
        poll(store, new_item("1"))
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "copy.db")
    with closing(Store.open(f"sqlite:///{tmp_path / 'copy.db'}")) as store:
        assert len(list(store.items())) == 1
    with closing(sqlite3.connect(tmp_path / "copy.db")) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
