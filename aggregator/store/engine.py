"""A database as this room uses it: connections set up right, one way to read and one to write."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from aggregator.core.query import indexed_words
from aggregator.errors import StoreError
from aggregator.store import faults

#: how long a statement waits for another process before it gives up
WAIT = timedelta(seconds=30)

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",  # off by default, and a matter of each connection (reader 3.16)
    "PRAGMA synchronous = NORMAL",  # in WAL mode a power cut can lose the last polls, never tear them
    "PRAGMA secure_delete = OFF",  # Debian builds it in: overwriting deleted rows doubles the writing
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -8192",
    # 16 MB of log before it is folded into the file: pages that change often are folded in less often
    "PRAGMA wal_autocheckpoint = 4000",
)


class Database:
    """The engine and its two kinds of transaction. Foreign errors leave it as ``StoreError``."""

    def __init__(self, url: str, *, wait: timedelta = WAIT) -> None:
        self.url = _address(url)
        self.wait = wait
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        in_memory = self.is_sqlite and self.url.database in {None, "", ":memory:"}
        # One connection is the whole of a database in memory: its users take turns.
        self._turn: AbstractContextManager[Any] = RLock() if in_memory else nullcontext()
        with self._translated():
            self.engine = (
                _sqlite(self.url, wait, in_memory=in_memory)
                if self.is_sqlite
                else _postgresql(self.url, wait)
            )
            self._writer = self.engine.execution_options(write=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout."""
        with self._translated(), self._turn, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is written whole or not at all."""
        with self._translated(), self._turn, self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Gives the connections back; SQLite folds its log into the file with the last one."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ImportError as error:
            raise faults.of_url(error, faults.place(self.url)) from error
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise faults.translate(error, self.url) from error


#: a number of our own among PostgreSQL's advisory locks
_TURN = 7_236_215_104_811_273


def take_turn(connection: Connection) -> None:
    """Makes this transaction the only one that changes items until it ends.

    Copies are found by looking for equals: two transactions that cannot see each other would miss
    theirs. SQLite has one writer anyway. Take the turn before anything else is locked.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def _address(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (SQLAlchemyError, ValueError) as error:
        raise faults.of_url(error, url) from error
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise StoreError(
        f"[store] url: {parsed.render_as_string(hide_password=True)!r}: {backend} is not supported; "
        "expected sqlite:///news.db or postgresql+psycopg://user@host/database"
    )


def _sqlite(url: URL, wait: timedelta, *, in_memory: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=StaticPool if in_memory else QueuePool,
        connect_args={
            "isolation_level": None,  # the module's own BEGIN is deferred: we say it ourselves, below
            "timeout": wait.total_seconds(),
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode = WAL")
        # what the view behind the full-text index calls
        connection.create_function("search_words", 2, indexed_words, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred BEGIN that comes to write later fails at once when another has written meanwhile.
        write = connection.get_execution_options().get("write", False)
        driver: Any = connection.connection.dbapi_connection
        driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql(url: URL, wait: timedelta) -> Engine:
    milliseconds = int(wait.total_seconds() * 1000)
    return create_engine(
        url,
        pool_size=5,
        pool_recycle=3600,
        connect_args={
            "connect_timeout": 10,
            "options": f"-c lock_timeout={milliseconds} -c timezone=UTC",
            "application_name": "aggregator",
        },
    )
