"""What the migrations make in SQLite, as statements: ``python -m tests.store.snapshot`` keeps them.

A new database is made from the snapshot, which takes 5 ms where loading Alembic takes half a second.
"""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from aggregator.store import schema
from aggregator.store.engine import Database

_ORDER = (
    "CASE type WHEN 'table' THEN sql LIKE 'CREATE VIRTUAL%' WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END"
)
_STATEMENTS = f"""
    SELECT sql FROM sqlite_master
    WHERE sql IS NOT NULL AND substr(name, 1, 7) NOT IN ('sqlite_', 'search_')
    OR name IN ('search_queue', 'search_content')
    ORDER BY {_ORDER}, type = 'table', name
"""


def migrated(path: Path) -> None:
    """A new database made by the migrations alone."""
    database = Database(f"sqlite:///{path}")
    schema.run_migrations(database)
    database.close()


def statements(path: Path) -> list[str]:
    """What makes the tables of this database, in an order that works."""
    with closing(sqlite3.connect(path)) as database:
        made = [row[0] for row in database.execute(_STATEMENTS)]
        settings = database.execute("SELECT k, v FROM search_config WHERE k <> 'version' ORDER BY k")
        made += [f"INSERT INTO search (search, rank) VALUES ('{name}', {value})" for name, value in settings]
        (revision,) = database.execute(f"SELECT version_num FROM {schema.VERSION_TABLE}").fetchone()
    return [*made, f"INSERT INTO {schema.VERSION_TABLE} (version_num) VALUES ('{revision}')"]


def main() -> None:
    """Write the snapshot anew."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "new.db"
        migrated(path)
        schema.SNAPSHOT.write_text(schema.SEPARATOR.join(statements(path)) + "\n")


if __name__ == "__main__":
    main()
