"""Alembic's entry: runs on the connection that ``schema.migrate`` hands over."""

from alembic import context

from aggregator.store.schema import VERSION_TABLE, metadata_for

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata_for(connection.dialect.name),
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # both databases can; alembic doubts it of SQLite
)
with context.begin_transaction():
    context.run_migrations()
