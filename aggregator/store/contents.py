"""One digest of everything that is stored: two databases that hold the same rows have the same one."""

from hashlib import sha256

from sqlalchemy import Connection, select

from aggregator.store.tables import meta, metadata

#: made from the other tables, the answers by a model that nobody repeats, as nobody tells webhooks twice
_DERIVED = frozenset({"answers", "deliveries", "search", "search_queue"})
#: who works on a row at this moment
_PASSING = frozenset({"lease_token", "lease_until"})
#: … and values that tell what this machine did towards others, which nobody repeats
_ITS_OWN = frozenset({"digest"})
_OF_WEBHOOKS = "webhook %"
_BATCH = 500


def digest(connection: Connection) -> str:
    """SHA-256, in hex, of all rows of all tables but the search index."""
    found = sha256()
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        if table.name in _DERIVED:
            continue
        columns = [column for column in table.c if column.name not in _PASSING]
        found.update(f"\n{table.name}\n".encode())
        query = select(*columns).order_by(*table.primary_key.columns)
        if table is meta:
            query = query.where(meta.c.key.not_in(_ITS_OWN), meta.c.key.not_like(_OF_WEBHOOKS))
        rows = connection.execution_options(yield_per=_BATCH).execute(query)
        for row in rows:
            found.update(repr(tuple(row)).encode("utf-8", "backslashreplace"))
    return found.hexdigest()
