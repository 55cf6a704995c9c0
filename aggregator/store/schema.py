"""Which version of the tables a database has; creates and upgrades it (Alembic is loaded when needed)."""

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from aggregator.errors import StoreError
from aggregator.store import faults
from aggregator.store.engine import Database, take_turn
from aggregator.store.tables import metadata

#: every revision, oldest first; a test compares them with the migrations
REVISIONS = ("0001", "0002", "0003", "0004")
#: our own name, so that a PostgreSQL schema may be shared with another user of Alembic
VERSION_TABLE = "aggregator_version"
#: the full-text index of SQLite and its shadow tables, which no metadata describes
FTS_TABLES = frozenset({"search", "search_data", "search_idx", "search_docsize", "search_config"})

_MIGRATIONS = Path(__file__).parent / "migrations"
#: the tables of SQLite as the migrations make them; a test compares the two
SNAPSHOT = Path(__file__).parent / "sqlite.sql"
SEPARATOR = ";\n\n"


def metadata_for(dialect: str) -> MetaData:
    """The tables as this kind of database has them."""
    chosen = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        if table.info.get("only", dialect) == dialect:
            table.to_metadata(chosen)
    return chosen


def prepare(database: Database) -> None:
    """Creates the tables in an empty database, refuses one of another version."""
    with database.reading() as connection:
        revision = _revision(connection, database)
    if revision is None:
        migrate(database)
    elif revision not in REVISIONS:
        raise StoreError(
            f"{faults.place(database.url)}: was written by a newer version of this program "
            f"(its tables are of revision {revision}, this program knows up to {REVISIONS[-1]}): "
            "update the program"
        )
    elif revision != REVISIONS[-1]:
        raise StoreError(
            f'{faults.place(database.url)}: its tables are of an older version: run "aggregator db upgrade"'
        )


def migrate(database: Database) -> None:
    """Brings a database to the newest version, all in one transaction.

    An empty SQLite database is made from the snapshot of what the migrations make.
    """
    if not (database.is_sqlite and _made_from_snapshot(database)):
        run_migrations(database)


def _made_from_snapshot(database: Database) -> bool:
    with database.writing() as connection:
        if _revision(connection, database) is not None:
            return False
        for statement in SNAPSHOT.read_text().split(SEPARATOR):
            connection.exec_driver_sql(statement)
    return True


def run_migrations(database: Database, to: str = "head") -> None:
    """Runs the migrations that a database lacks, up to one of ``REVISIONS``."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with database.writing() as connection:
        take_turn(connection)
        revision = _revision(connection, database)  # another process may have been faster
        if revision is not None and revision not in REVISIONS:
            raise StoreError(
                f"{faults.place(database.url)}: was written by a newer version of this program "
                f"(revision {revision}): update the program"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def _revision(connection: Connection, database: Database) -> str | None:
    """The revision of the tables; None for an empty database."""
    present = set(inspect(connection).get_table_names())
    if VERSION_TABLE in present:
        row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608
        if row is not None:
            return str(row[0])
    ours = present & (set(metadata.tables) | FTS_TABLES)
    if ours:
        raise StoreError(
            f"{faults.place(database.url)}: holds tables of another program ({', '.join(sorted(ours))}): "
            "change url under [store]"
        )
    return None
