"""The tables: feeds, items, articles, full text."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from aggregator.store.types import CleanText, Hash, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Title and summary stand in items, the text in texts: the full-text index reads them through a view. Its
# triggers take what they added out again with the words it was added with, before those change; a row
# that waits in search_queue is not in the index.
_SQLITE_SEARCH = (
    """CREATE VIEW search_content AS
       SELECT items.id AS id, items.title AS title, items.summary AS summary, texts.text AS text
       FROM items JOIN texts ON texts.item_id = items.id""",
    """CREATE VIRTUAL TABLE search USING fts5(
       title, summary, text, content='search_content', content_rowid='id',
       tokenize='unicode61 remove_diacritics 2')""",
    # 8 MB of words in memory before they are written as a segment: a quarter less work than with 1 MB
    "INSERT INTO search (search, rank) VALUES ('hashsize', 8000000)",
    """CREATE TRIGGER items_added AFTER INSERT ON items BEGIN
       INSERT INTO search_queue (item_id) VALUES (new.id);
       END""",
    """CREATE TRIGGER items_edited BEFORE UPDATE OF title, summary ON items
       WHEN (old.title <> new.title OR old.summary <> new.summary)
       AND NOT EXISTS (SELECT 1 FROM search_queue WHERE item_id = old.id) BEGIN
       INSERT INTO search (search, rowid, title, summary, text)
       SELECT 'delete', id, title, summary, text FROM search_content WHERE id = old.id;
       INSERT INTO search_queue (item_id) VALUES (old.id);
       END""",
    """CREATE TRIGGER texts_edited BEFORE UPDATE OF text ON texts
       WHEN old.text <> new.text
       AND NOT EXISTS (SELECT 1 FROM search_queue WHERE item_id = old.item_id) BEGIN
       INSERT INTO search (search, rowid, title, summary, text)
       SELECT 'delete', id, title, summary, text FROM search_content WHERE id = old.item_id;
       INSERT INTO search_queue (item_id) VALUES (old.item_id);
       END""",
    """CREATE TRIGGER items_deleted BEFORE DELETE ON items
       WHEN NOT EXISTS (SELECT 1 FROM search_queue WHERE item_id = old.id) BEGIN
       INSERT INTO search (search, rowid, title, summary, text)
       SELECT 'delete', id, title, summary, text FROM search_content WHERE id = old.id;
       END""",
)

_POSTGRESQL_SEARCH = (
    """CREATE FUNCTION search_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO search_queue (item_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
       RETURN NULL;
       END $$""",
    """CREATE FUNCTION search_enqueue_text() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO search_queue (item_id) VALUES (NEW.item_id) ON CONFLICT DO NOTHING;
       RETURN NULL;
       END $$""",
    """CREATE TRIGGER items_added AFTER INSERT ON items
       FOR EACH ROW EXECUTE FUNCTION search_enqueue()""",
    """CREATE TRIGGER items_edited AFTER UPDATE OF title, summary ON items FOR EACH ROW
       WHEN (OLD.title <> NEW.title OR OLD.summary <> NEW.summary) EXECUTE FUNCTION search_enqueue()""",
    """CREATE TRIGGER texts_edited AFTER UPDATE OF text ON texts FOR EACH ROW
       WHEN (OLD.text <> NEW.text) EXECUTE FUNCTION search_enqueue_text()""",
)


def upgrade() -> None:
    _feeds()
    _items()
    _singles()
    if op.get_bind().dialect.name == "postgresql":
        _search()
    for statement in _POSTGRESQL_SEARCH if op.get_bind().dialect.name == "postgresql" else _SQLITE_SEARCH:
        op.execute(statement)


def _present(column: str) -> dict[str, Any]:
    condition = sa.text(f"{column} IS NOT NULL")
    return {"sqlite_where": condition, "postgresql_where": condition}


def _feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("url", CleanText, nullable=False),
        sa.Column("outlet", CleanText, nullable=False),
        sa.Column("outlet_key", CleanText, nullable=False),
        sa.Column("homepage", CleanText, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("language", CleanText),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("title", CleanText, nullable=False),
        sa.Column("site_url", CleanText, nullable=False),
        sa.Column("feed_language", CleanText),
        sa.Column("etag", CleanText),
        sa.Column("last_modified", CleanText),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("reason", CleanText, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("terms", Json, nullable=False),
        sa.Column("last_attempt", UtcDateTime),
        sa.Column("last_success", UtcDateTime),
        sa.Column("polls", sa.BigInteger, nullable=False),
        sa.Column("not_modified", sa.BigInteger, nullable=False),
        sa.Column("dropped", sa.BigInteger, nullable=False),
        sa.Column("next_poll_at", UtcDateTime),
        sa.Column("hold_until", UtcDateTime),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("url", name="uq_feeds_url"),
    )
    op.create_index("ix_feeds_next_poll_at", "feeds", ["next_poll_at"])
    op.create_index("ix_feeds_outlet_key", "feeds", ["outlet_key"])
    op.create_table(
        "documents",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("body_digest", sa.LargeBinary),
        sa.Column("shell_digest", sa.LargeBinary),
        sa.Column("window", sa.LargeBinary),
        sa.Column("arrivals", sa.LargeBinary),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_documents_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", name="pk_documents"),
    )
    op.create_table(
        "feed_tags",
        sa.Column("tag_key", CleanText, nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_feed_tags_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag_key", "feed_id", name="pk_feed_tags"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feed_tags_feed_id", "feed_tags", ["feed_id"])
    op.create_table(
        "fetches",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("elapsed_ms", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
        sa.Column("reason", CleanText, nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_fetches_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_fetches"),
    )
    op.create_index("ix_fetches_feed_id", "fetches", ["feed_id", "id"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("key", CleanText, nullable=False),
        sa.Column("key_hash", Hash, nullable=False),
        sa.Column("guid", CleanText, nullable=False),
        sa.Column("guid_hash", Hash),
        sa.Column("url", CleanText, nullable=False),
        sa.Column("link", CleanText, nullable=False),
        sa.Column("link_hash", Hash),
        sa.Column("canonical_url", CleanText, nullable=False),
        sa.Column("canonical_hash", Hash),
        sa.Column("title_hash", Hash),
        sa.Column("title", CleanText, nullable=False),
        sa.Column("summary", CleanText, nullable=False),
        sa.Column("base_url", CleanText, nullable=False),
        sa.Column("authors", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("enclosures", Json, nullable=False),
        sa.Column("language", CleanText),
        sa.Column("published", UtcDateTime),
        sa.Column("published_source", sa.Text),
        sa.Column("published_earliest", UtcDateTime),
        sa.Column("published_latest", UtcDateTime),
        sa.Column("first_seen", UtcDateTime, nullable=False),
        sa.Column("sort_at", UtcDateTime, nullable=False),
        sa.Column("updated", UtcDateTime),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("text_source", sa.Text),
        sa.Column("text_hash", sa.BigInteger),
        sa.Column("duplicate_of", _ID),
        sa.Column("relation", sa.Text),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["items.id"], name="fk_items_duplicate_of", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_items_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_items_canonical_hash", "items", ["canonical_hash"])
    op.create_index("ix_items_duplicate_of", "items", ["duplicate_of"], **_present("duplicate_of"))
    op.create_index("ix_items_guid_hash", "items", ["guid_hash", "feed_id"])
    op.create_index("ix_items_feed_id_key_hash", "items", ["feed_id", "key_hash"], unique=True)
    op.create_index("ix_items_feed_id_link_hash", "items", ["feed_id", "link_hash"])
    op.create_index("ix_items_feed_id_sort_at", "items", ["feed_id", "sort_at"])
    op.create_index(
        "ix_items_feed_id_title_hash", "items", ["feed_id", "title_hash"], **_present("title_hash")
    )
    op.create_index("ix_items_sort_at", "items", ["sort_at", "id", "language"])
    op.create_index("ix_items_text_hash", "items", ["text_hash"], **_present("text_hash"))
    op.create_table(
        "texts",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("text", CleanText, nullable=False),
        sa.Column("content_html", CleanText, nullable=False),
        sa.Column("page_html", CleanText),
        sa.Column("feed_text", CleanText),
        sa.Column("feed_source", sa.Text),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_texts_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_texts"),
    )
    op.create_table(
        "item_tags",
        sa.Column("tag_key", CleanText, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_item_tags_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag_key", "item_id", name="pk_item_tags"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_tags_item_id", "item_tags", ["item_id"])
    op.create_table(
        "pages",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reason", CleanText, nullable=False),
        sa.Column("etag", CleanText),
        sa.Column("last_modified", CleanText),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", UtcDateTime),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_pages_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_pages"),
    )
    op.create_index("ix_pages_due_at", "pages", ["due_at"], **_present("due_at"))
    op.create_index("ix_pages_lease_token", "pages", ["lease_token"], **_present("lease_token"))


def _singles() -> None:
    op.create_table(
        "search_queue",
        sa.Column("item_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name="fk_search_queue_item_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name="pk_search_queue"),
    )
    op.create_table(
        "robots",
        sa.Column("site", CleanText, nullable=False),
        sa.Column("text", CleanText, nullable=False),
        sa.Column("fetched_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("site", name="pk_robots"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", CleanText, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


def _search() -> None:
    op.create_table(
        "search",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_search_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_search"),
    )
    op.create_index("ix_search_words", "search", ["words"], postgresql_using="gin")
