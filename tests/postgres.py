"""A real PostgreSQL for a session of tests, from Debian's programs, thrown away afterwards.

``postgres`` starts a server on a unix socket in a directory of its own, without fsync; ``postgres.create``
makes a database in it. Without the programs the tests fail: a store that was only ever tried on one of its
two databases is not tried.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

_PROGRAMS = "/usr/lib/postgresql"
_DEADLINE = 60.0


class PostgresMissingError(Exception):
    """The server's programs are not installed."""


class Postgres:
    """A running server: ``directory`` holds its socket."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._numbers = count(1)

    def url(self, database: str) -> str:
        """The address of a database for the store."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.directory}"

    def create(self, *, template: str | None = None) -> str:
        """A new database, empty or like ``template``; its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    def clear(self, name: str, *tables: str) -> None:
        """Empties tables as if they had never held anything, whoever is connected.

        For a few rows this is quicker than a new database, which is some hundred new files.
        """
        with self.connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            for table in tables:
                connection.execute(f"DELETE FROM {table}".encode())
            connection.execute(
                "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)"
                " FROM pg_sequences"
            )

    def drop(self, name: str) -> None:
        """Removes a database, whoever is connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """One statement on the server itself."""
        with self.connect("postgres") as connection:
            connection.execute(statement.encode())

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """A connection of the test's own."""
        return psycopg.connect(f"postgresql://postgres@/{database}?host={self.directory}", autocommit=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that lives as long as the tests."""
    with running() as server:
        yield server


@contextmanager
def running() -> Iterator[Postgres]:
    """A server, initialised, started, and stopped at the end."""
    programs = _programs()
    directory = Path(tempfile.mkdtemp(prefix="aggregator-postgres-"))
    user = _user(directory)
    try:
        _initialise(programs, directory, user)
        with _started(programs, directory, user) as process:
            server = Postgres(directory)
            _wait_for(server, process)
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _started(programs: Path, directory: Path, user: str | None) -> Iterator[subprocess.Popen[bytes]]:
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                programs / "postgres",
                "-D",
                directory / "data",
                *_settings(
                    unix_socket_directories=str(directory),
                    listen_addresses="",
                    fsync="off",
                    synchronous_commit="off",
                    full_page_writes="off",
                    checkpoint_timeout="1h",
                    autovacuum="off",
                    max_connections="50",
                    shared_buffers="128MB",
                ),
            ],
            cwd=directory,
            stdout=subprocess.DEVNULL,
            stderr=log,
            **_as(user),
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: connections are closed
            process.wait(_DEADLINE)


def _as(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _programs() -> Path:
    found = sorted(Path(_PROGRAMS).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        message = (
            f"PostgreSQL's programs are not under {_PROGRAMS}: install the Debian package postgresql "
            '("apt-get install postgresql")'
        )
        raise PostgresMissingError(message)
    return found[-1].parent


def _user(directory: Path) -> str | None:
    """Whom to run as: PostgreSQL refuses to be root. None: as we are."""
    if os.getuid() != 0:
        return None
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        account = pwd.getpwnam("nobody")
    os.chown(directory, account.pw_uid, account.pw_gid)
    return account.pw_name


def _initialise(programs: Path, directory: Path, user: str | None) -> None:
    # The C locale is the hardest for full text: the server itself knows no letter beyond ASCII there.
    subprocess.run(
        [
            programs / "initdb",
            f"--pgdata={directory / 'data'}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        cwd=directory,
        check=True,
        capture_output=True,
        **_as(user),
    )


def _settings(**settings: str) -> Iterator[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _wait_for(server: Postgres, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (server.directory / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.05)
        else:
            return
