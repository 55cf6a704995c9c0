"""What identity, dates, texts, edits and copies need to remember."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.types import CleanText, Hash, Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _identity()
    _dates()
    _texts()
    _edits()
    _copies()


def _identity() -> None:
    op.add_column("documents", sa.Column("habits", Json))
    op.add_column("items", sa.Column("held_until", UtcDateTime))
    op.add_column("items", sa.Column("first_guid", CleanText))
    held = sa.text("held_until IS NOT NULL")
    op.create_index("ix_items_held_until", "items", ["held_until"], sqlite_where=held, postgresql_where=held)
    op.create_table(
        "tombstones",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("guid_hash", Hash),
        sa.Column("link_hash", Hash),
        sa.Column("title_hash", Hash),
        sa.Column("buried_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_tombstones_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tombstones"),
    )
    for name in ("guid_hash", "link_hash", "title_hash"):
        op.create_index(f"ix_tombstones_feed_id_{name}", "tombstones", ["feed_id", name])
    op.create_index("ix_tombstones_buried_at", "tombstones", ["buried_at"])


def _dates() -> None:
    op.add_column("items", sa.Column("claims", Json))


def _texts() -> None:
    op.add_column("items", sa.Column("image", CleanText, nullable=False, server_default=""))
    op.add_column("texts", sa.Column("method", sa.Text, nullable=False, server_default=""))
    op.add_column("texts", sa.Column("score", sa.Integer))
    op.create_table(
        "profiles",
        sa.Column("outlet_key", CleanText, nullable=False),
        sa.Column("site", CleanText, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("learn_at", sa.Integer, nullable=False),
        sa.Column("read_at", UtcDateTime, nullable=False),
        sa.Column("learned_at", UtcDateTime),
        sa.Column("profile", sa.LargeBinary),
        sa.Column("looks", sa.LargeBinary),
        sa.Column("decline", Json),
        sa.PrimaryKeyConstraint("outlet_key", "site", name="pk_profiles"),
    )
    op.create_table(
        "samples",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("outlet_key", CleanText, nullable=False),
        sa.Column("site", CleanText, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("learned_at", UtcDateTime),
        sa.Column("sample", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_samples_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_samples"),
    )
    op.create_index("ix_samples_outlet_key_site_at", "samples", ["outlet_key", "site", "at"])


def _edits() -> None:
    op.add_column("pages", sa.Column("rereads", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "revisions",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("seen_in", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("summary", CleanText, nullable=False),
        sa.Column("before_hash", sa.BigInteger, nullable=False),
        sa.Column("after_hash", sa.BigInteger, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_revisions_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revisions_item_id", "revisions", ["item_id", "id"])
    op.create_index("ix_revisions_at", "revisions", ["at", "id"])


def _copies() -> None:
    op.create_table(
        "sketches",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("words", sa.Integer, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("named", Json),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_sketches_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_sketches"),
    )
    op.create_table(
        "shingles",
        sa.Column("hash", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("hash", "item_id", name="pk_shingles"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "likenesses",
        *_pair("likenesses", "low_id", "high_id"),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("low_words", sa.Integer, nullable=False),
        sa.Column("high_words", sa.Integer, nullable=False),
        sa.Column("low_shared", sa.Integer, nullable=False),
        sa.Column("high_shared", sa.Integer, nullable=False),
        sa.Column("resemblance", sa.Integer, nullable=False),
        sa.Column("passage", CleanText, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_likenesses_high_id", "likenesses", ["high_id"])
    op.create_table(
        "copy_decisions",
        *_pair("copy_decisions", "item_id", "other_id"),
        sa.Column("at", UtcDateTime, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_copy_decisions_other_id", "copy_decisions", ["other_id"])
    # stored texts get their sketches bit by bit, the newest first
    # (WHERE: SQLite before 3.39 takes no HAVING here)
    op.execute(
        "INSERT INTO meta (key, value) SELECT 'unsketched_to', CAST(id AS TEXT) FROM items "
        "WHERE id = (SELECT max(id) FROM items)"
    )


def _pair(table: str, one: str, other: str) -> list[sa.Column[int] | sa.Constraint]:
    """Two items, as a key."""
    keys = [
        sa.ForeignKeyConstraint([name], ["items.id"], name=f"fk_{table}_{name}", ondelete="CASCADE")
        for name in (one, other)
    ]
    columns = [sa.Column(name, _ID, nullable=False) for name in (one, other)]
    return [*columns, *keys, sa.PrimaryKeyConstraint(one, other, name=f"pk_{table}")]
