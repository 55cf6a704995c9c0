"""Every test of the store runs on both databases, each test on a fresh one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.store import Store
from tests.postgres import Postgres, postgres

__all__ = ["postgres"]

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def made_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that the migrations have made, to be copied."""
    path = tmp_path_factory.mktemp("template") / "made.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def made_postgresql(postgres: Postgres) -> str:
    """The same on PostgreSQL."""
    name = postgres.create()
    Store.open(postgres.url(name)).close()
    return name


@pytest.fixture(scope="session")
def shared_postgresql(postgres: Postgres, made_postgresql: str) -> str:
    """A database that one test after another uses, cleared in between."""
    return postgres.create(template=made_postgresql)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that is ready and holds nothing."""
    if request.param == "sqlite":
        path = tmp_path / "news.db"
        shutil.copy(request.getfixturevalue("made_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name: str = request.getfixturevalue("shared_postgresql")
    own = ("robots", "meta", "holds", "sites", "set_aside", "profiles", "shingles", "events")
    made = ("stories", "story_terms", "story_repairs", "item_terms", "vocabulary", "answers", "deliveries")
    server.clear(name, "feeds", *own, *made)  # all the rest belongs to feeds
    yield server.url(name)


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'news.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store that holds nothing."""
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(tmp_path: Path, made_sqlite: Path) -> str:
    """The address of a database for what only SQLite can suffer."""
    path = tmp_path / "news.db"
    shutil.copy(made_sqlite, path)
    return f"sqlite:///{path}"
