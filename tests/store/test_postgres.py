"""The server that the store's tests run on."""

from pathlib import Path

import pytest

from tests import postgres as server
from tests.postgres import Postgres, PostgresMissingError, running


def test_without_postgresql_the_tests_fail_and_name_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(server, "_PROGRAMS", str(tmp_path))
    with pytest.raises(PostgresMissingError, match="install the Debian package postgresql"), running():
        pass


def test_the_server_is_gone_afterwards_and_so_are_its_files(postgres: Postgres) -> None:
    assert postgres.directory.is_dir()
    with running() as another:
        directory = another.directory
        with another.connect("postgres") as connection:
            assert connection.execute("SELECT current_setting('fsync')").fetchone() == ("off",)
    assert not directory.exists()
