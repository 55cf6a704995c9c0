"""Stories, what is related, hashtags, a model's answers, comments, leads, webhooks."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.types import CleanText, Hash, Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# An item's place among the stories is looked for again when what it says, its language or its copies change.
_QUEUE = "INSERT INTO story_queue (item_id) SELECT {0} WHERE {0} NOT IN (SELECT item_id FROM story_queue)"
_SQLITE_QUEUE = (
    f"""CREATE TRIGGER items_told AFTER INSERT ON items BEGIN
       {_QUEUE.format("new.id")};
       END""",
    f"""CREATE TRIGGER items_retold AFTER UPDATE OF title, summary, language, duplicate_of ON items
       WHEN old.title <> new.title OR old.summary <> new.summary OR old.language IS NOT new.language
       OR old.duplicate_of IS NOT new.duplicate_of BEGIN
       {_QUEUE.format("new.id")};
       END""",
    f"""CREATE TRIGGER texts_retold AFTER UPDATE OF text ON texts WHEN old.text <> new.text BEGIN
       {_QUEUE.format("new.item_id")};
       END""",
    """CREATE TRIGGER story_left AFTER DELETE ON story_items BEGIN
       INSERT INTO story_repairs (story_id) SELECT old.story_id
       WHERE old.story_id NOT IN (SELECT story_id FROM story_repairs);
       END""",
)
_POSTGRESQL_QUEUE = (
    """CREATE FUNCTION story_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO story_queue (item_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
       RETURN NULL;
       END $$""",
    """CREATE FUNCTION story_enqueue_text() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO story_queue (item_id) VALUES (NEW.item_id) ON CONFLICT DO NOTHING;
       RETURN NULL;
       END $$""",
    """CREATE TRIGGER items_told AFTER INSERT ON items
       FOR EACH ROW EXECUTE FUNCTION story_enqueue()""",
    """CREATE TRIGGER items_retold AFTER UPDATE OF title, summary, language, duplicate_of ON items
       FOR EACH ROW WHEN (OLD.title <> NEW.title OR OLD.summary <> NEW.summary
       OR OLD.language IS DISTINCT FROM NEW.language OR OLD.duplicate_of IS DISTINCT FROM NEW.duplicate_of)
       EXECUTE FUNCTION story_enqueue()""",
    """CREATE TRIGGER texts_retold AFTER UPDATE OF text ON texts FOR EACH ROW
       WHEN (OLD.text <> NEW.text) EXECUTE FUNCTION story_enqueue_text()""",
    """CREATE FUNCTION story_left() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO story_repairs (story_id) VALUES (OLD.story_id) ON CONFLICT DO NOTHING;
       RETURN NULL;
       END $$""",
    """CREATE TRIGGER story_left AFTER DELETE ON story_items
       FOR EACH ROW EXECUTE FUNCTION story_left()""",
)


# The index holds words as core/lexemes makes them; FTS5 only parts them at blanks. The triggers of the first
# tables stay as they are: they name the view and the table.
_SQLITE_SEARCH = (
    "DROP TABLE search",
    "DROP VIEW search_content",
    """CREATE VIEW search_content AS
       SELECT items.id AS id, search_words(items.title, 0) AS title,
       search_words(items.summary, 1) AS summary, search_words(texts.text, 2) AS text
       FROM items JOIN texts ON texts.item_id = items.id""",
    """CREATE VIRTUAL TABLE search USING fts5(
       title, summary, text, content='search_content', content_rowid='id', tokenize='ascii')""",
    "INSERT INTO search (search, rank) VALUES ('hashsize', 8000000)",
)


def upgrade() -> None:
    _items()
    _stories()
    _beside()
    for statement in _POSTGRESQL_QUEUE if op.get_bind().dialect.name == "postgresql" else _SQLITE_QUEUE:
        op.execute(statement)
    op.execute("INSERT INTO story_queue (item_id) SELECT id FROM items")
    _search()


def _search() -> None:
    """Every item is indexed anew, bit by bit, the latest first; PostgreSQL's old words stay until then."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_SEARCH:
            op.execute(statement)
    op.create_index("ix_items_language", "items", ["language"])
    op.execute(
        "INSERT INTO search_queue (item_id)"
        " SELECT id FROM items WHERE id NOT IN (SELECT item_id FROM search_queue)"
    )


def _items() -> None:
    op.add_column("items", sa.Column("kind", sa.Text))
    op.add_column("items", sa.Column("comments", sa.Integer))
    op.add_column("items", sa.Column("comments_url", CleanText, nullable=False, server_default=""))
    op.add_column("items", sa.Column("comments_feed", CleanText, nullable=False, server_default=""))


def _foreign(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _stories() -> None:
    op.create_table(
        "story_queue",
        sa.Column("item_id", _ID, nullable=False),
        _foreign("story_queue", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_story_queue"),
    )
    op.create_table(
        "features",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        _foreign("features", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_features"),
    )
    op.create_table(
        "item_terms",
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("term", "item_id", name="pk_item_terms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "vocabulary",
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("term", name="pk_vocabulary"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stories",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("headline", CleanText, nullable=False),
        sa.Column("lead_id", _ID),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("outlets", sa.Integer, nullable=False),
        sa.Column("profile", sa.LargeBinary),
        sa.Column("merged_into", _ID),
        _foreign("stories", "lead_id", "items.id", "SET NULL"),
        _foreign("stories", "merged_into", "stories.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stories_last_at", "stories", ["last_at", "id"])
    op.create_index("ix_stories_lead_id", "stories", ["lead_id"])
    op.create_index("ix_stories_merged_into", "stories", ["merged_into"])
    op.create_table(
        "story_items",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("shared", Json),
        sa.Column("by_hand", sa.Boolean, nullable=False),
        _foreign("story_items", "story_id", "stories.id", "CASCADE"),
        _foreign("story_items", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_story_items"),
    )
    op.create_index("ix_story_items_story_id", "story_items", ["story_id", "item_id"])
    op.create_table(
        "story_terms",
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("story_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("term", "story_id", name="pk_story_terms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story_repairs",
        sa.Column("story_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("story_id", name="pk_story_repairs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story_decisions",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("other_id", _ID, nullable=False),
        sa.Column("together", sa.Boolean, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        _foreign("story_decisions", "item_id", "items.id", "CASCADE"),
        _foreign("story_decisions", "other_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "other_id", name="pk_story_decisions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_decisions_other_id", "story_decisions", ["other_id"])
    op.create_table(
        "related",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("other_id", _ID, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("shared", Json),
        _foreign("related", "other_id", "items.id", "CASCADE"),
        _foreign("related", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "other_id", name="pk_related"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_related_other_id", "related", ["other_id"])
    op.create_table(
        "hashtags",
        sa.Column("tag_key", CleanText, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("label", CleanText, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        _foreign("hashtags", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("tag_key", "item_id", name="pk_hashtags"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hashtags_item_id", "hashtags", ["item_id"])
    op.create_table(
        "page_tags",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("tags", Json, nullable=False),
        _foreign("page_tags", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_page_tags"),
    )


def _beside() -> None:
    op.create_table(
        "answers",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("model", CleanText, nullable=False),
        sa.Column("body", CleanText, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_answers"),
    )
    op.create_index("ix_answers_at", "answers", ["at"])
    op.create_table(
        "comment_feeds",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("etag", CleanText),
        sa.Column("last_modified", CleanText),
        sa.Column("reason", CleanText, nullable=False),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", UtcDateTime),
        _foreign("comment_feeds", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_comment_feeds"),
    )
    op.create_index("ix_comment_feeds_due_at", "comment_feeds", ["due_at"])
    op.create_table(
        "comments",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("key_hash", Hash, nullable=False),
        sa.Column("author", CleanText, nullable=False),
        sa.Column("text", CleanText, nullable=False),
        sa.Column("url", CleanText, nullable=False),
        sa.Column("published", UtcDateTime),
        sa.Column("first_seen", UtcDateTime, nullable=False),
        _foreign("comments", "item_id", "items.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_item_id_key_hash", "comments", ["item_id", "key_hash"], unique=True)
    op.create_table(
        "leads",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("outlet", CleanText, nullable=False),
        sa.Column("outlet_key", CleanText, nullable=False),
        sa.Column("seen_on", _ID),
        sa.Column("said", CleanText, nullable=False),
        sa.Column("resolved_to", _ID),
        sa.Column("evidence", Json),
        _foreign("leads", "item_id", "items.id", "CASCADE"),
        _foreign("leads", "resolved_to", "items.id", "SET NULL"),
        _foreign("leads", "seen_on", "items.id", "SET NULL"),
        sa.PrimaryKeyConstraint("item_id", name="pk_leads"),
    )
    op.create_index("ix_leads_outlet_key", "leads", ["outlet_key"])
    op.create_index("ix_leads_resolved_to", "leads", ["resolved_to"])
    op.create_index("ix_leads_seen_on", "leads", ["seen_on"])
    op.create_table(
        "deliveries",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("hook", CleanText, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("body", CleanText, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reason", CleanText, nullable=False),
        sa.Column("delivered_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("idempotency_key", name="uq_deliveries_idempotency_key"),
    )
    op.create_index("ix_deliveries_due_at", "deliveries", ["due_at"])
