"""What was stored? The only room that knows SQL: SQLite or PostgreSQL, one transaction a call."""

from aggregator.store.store import Store

__all__ = ["Store"]
