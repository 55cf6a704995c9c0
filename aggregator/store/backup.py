"""A copy of the whole database while others go on using it."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from aggregator.errors import StoreError, StoreFullError
from aggregator.store import faults
from aggregator.store.engine import Database


def backup(database: Database, path: Path) -> None:
    """Writes the copy whole or not at all: an older copy at ``path`` is replaced only by a complete one."""
    if not path.parent.is_dir():
        raise StoreError(f"backup: the directory {path.parent} does not exist: create it")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if database.is_sqlite:
            _copy(database, unfinished)
        else:
            _dump(database, unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise StoreError(f"backup: {path}: cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(database: Database, path: Path) -> None:
    """SQLite's own online backup; the copy is a single file, without a log beside it."""
    with database.reading() as connection:
        source: Any = connection.connection.dbapi_connection
        try:
            with closing(sqlite3.connect(path)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise StoreFullError(f"backup: {path.parent}: the disk is full") from error
            raise StoreError(f"backup: {path}: cannot be written: {error}") from error


def _dump(database: Database, path: Path) -> None:
    """PostgreSQL's own tool, in its compressed format; ``pg_restore`` reads it."""
    tool = shutil.which("pg_dump")
    if tool is None:
        raise StoreError(
            f"backup: {faults.place(database.url)} is backed up by pg_dump, which is not installed here "
            '(Debian: the package postgresql-client); or run "pg_dump --format=custom" on the server'
        )
    # libpq's address, without the password: other users see the arguments of a process
    url = database.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = dict(os.environ)
    if database.url.password:
        environment["PGPASSWORD"] = database.url.password
    done = subprocess.run(
        [tool, "--format=custom", "--no-password", f"--file={path}", f"--dbname={url}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()
        raise StoreError(f"backup: pg_dump failed: {reason[-1] if reason else done.returncode}")
