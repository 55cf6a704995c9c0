"""What a database driver raised -> a sentence that says what to do.

The one place where foreign exceptions of this room are translated; ``engine.Database`` calls it at the door.
"""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from aggregator.errors import StoreError, StoreFullError, StoreLockedError, StoreUnreachableError


def place(url: URL) -> str:
    """The database as a person knows it: the file, or the address without the password."""
    if url.get_backend_name() == "sqlite":
        return url.database if url.database not in {None, "", ":memory:"} else "the database in memory"
    return url.render_as_string(hide_password=True)


def translate(error: Exception, url: URL) -> Exception:
    """The error to raise in place of ``error``; the same one when it is not the database's fault."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original, url)
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return original  # a value of ours was refused before it reached the database: a fault in our code
    if isinstance(error, DBAPIError):
        return _of_server(original, url, lost=error.connection_invalidated)
    if isinstance(error, PoolTimeoutError):
        return StoreLockedError(f"{place(url)}: every connection has been busy for too long: try again")
    if isinstance(error, SQLAlchemyError):
        return StoreError(f"{place(url)}: {_line(error)}")
    return error


def of_url(error: Exception, shown: str) -> StoreError:
    """What is wrong with the address itself, before anything is opened."""
    if isinstance(error, ImportError):
        if "psycopg" in str(error):
            return StoreError(
                "PostgreSQL needs the package psycopg, which is not installed: "
                'type "pip install psycopg[binary]"'
            )
        return StoreError(f"[store] url: {shown!r} needs a package that is not installed: {error}")
    if isinstance(error, NoSuchModuleError | ArgumentError | ValueError):
        return StoreError(
            f"[store] url: {shown!r} is not a database address; expected sqlite:///news.db "
            "or postgresql+psycopg://user@host/database"
        )
    return StoreError(f"[store] url: {shown!r}: {_line(error)}")


def _of_sqlite(error: sqlite3.Error, url: URL) -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the module itself: wrong use, not a fault of the file
        return StoreError(f"{place(url)}: {_line(error)}")
    describe = _SQLITE.get(code & 0xFF)
    return describe(place(url)) if describe else StoreError(f"{place(url)}: {_line(error)}")


def _cannot_open(file: str) -> StoreError:
    folder = Path(file).parent
    if not folder.is_dir():
        return StoreError(
            f"{file}: the directory {folder} does not exist: create it, or change url under [store]"
        )
    if Path(file).is_dir():
        return StoreError(f"{file}: is a directory, not a database file: change url under [store]")
    return StoreError(
        f"{file}: cannot be opened: check that you may read and write the file and its directory"
    )


_SQLITE: dict[int, Callable[[str], StoreError]] = {
    sqlite3.SQLITE_BUSY: lambda file: StoreLockedError(
        f"{file}: another process holds the database for too long: try again, or see what it is"
    ),
    sqlite3.SQLITE_LOCKED: lambda file: StoreLockedError(
        f"{file}: another connection holds the database for too long: try again"
    ),
    sqlite3.SQLITE_FULL: lambda file: StoreFullError(
        f"{file}: the disk is full: nothing stored is lost, free some space to go on"
    ),
    sqlite3.SQLITE_READONLY: lambda file: StoreError(
        f"{file}: is read-only: give yourself the right to write to the file and its directory"
    ),
    sqlite3.SQLITE_CANTOPEN: _cannot_open,
    sqlite3.SQLITE_PERM: _cannot_open,
    sqlite3.SQLITE_AUTH: _cannot_open,
    sqlite3.SQLITE_NOTADB: lambda file: StoreError(
        f"{file}: is not an SQLite database: change url under [store], or move the file away"
    ),
    sqlite3.SQLITE_CORRUPT: lambda file: StoreError(
        f'{file}: is damaged: put back a backup ("aggregator db backup" makes them); '
        f'"sqlite3 {file} .recover" saves what can be read'
    ),
    sqlite3.SQLITE_IOERR: lambda file: StoreError(
        f"{file}: the disk gave an error while reading or writing: look at the system's log"
    ),
    sqlite3.SQLITE_TOOBIG: lambda file: StoreError(f"{file}: a text of over 1 GB cannot be stored"),
}


def _of_server(error: BaseException, url: URL, *, lost: bool) -> StoreError:
    where, said = place(url), _line(error)
    state = getattr(error, "sqlstate", None) or _state_in(said)
    for states, kind, words in _SERVER:
        if state.startswith(states):
            return kind(f"{where}: {words.format(said=said, database=url.database)}")
    if lost or not state:
        return StoreUnreachableError(f"{where}: the server does not answer: is it running? ({said})")
    return StoreError(f"{where}: {said}")


def _state_in(said: str) -> str:
    """Refused connections carry no SQLSTATE, only words (psycopg 3)."""
    return next((state for state, words in _REFUSALS.items() if words.search(said)), "")


_REFUSALS = {
    "3D000": re.compile('database ".*" does not exist'),
    "28000": re.compile('authentication failed|no password supplied|role ".*" does not exist|no pg_hba'),
    "53300": re.compile("too many (connections|clients)|remaining connection slots"),
}

#: by SQLSTATE, whole or its class (PostgreSQL documentation, appendix A)
_SERVER: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    (
        ("53100",),
        StoreFullError,
        "the server's disk is full: nothing stored is lost, free some space to go on",
    ),
    (
        ("55P03", "40001", "40P01", "53300"),
        StoreLockedError,
        "another process was in the way for too long: try again ({said})",
    ),
    (("3D000",), StoreError, 'there is no such database: create it, for example with "createdb {database}"'),
    (("28",), StoreError, "the server refused the user or the password: {said}"),
    (("25006",), StoreError, "is read-only (a standby?): use the server that can be written to"),
    (("42501",), StoreError, "the user may not do this: {said}"),
    (("08", "57P"), StoreUnreachableError, "the server does not answer: is it running? ({said})"),
)


def _line(error: BaseException) -> str:
    """The first line of what the driver said."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
