"""What politeness, gaps, moved feeds, push and health need to remember."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.types import CleanText, Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("failing_since", UtcDateTime),
        sa.Column("absences", sa.Integer, nullable=False, server_default="0"),
        sa.Column("absent_since", UtcDateTime),
        sa.Column("moved_to", CleanText, nullable=False, server_default=""),
        sa.Column("sighting", Json),
        sa.Column("last_body", UtcDateTime),
        sa.Column("hints", Json),
        sa.Column("movable_from", UtcDateTime),
        sa.Column("merged_into", CleanText),
        sa.Column("suspicion", CleanText, nullable=False, server_default=""),
        sa.Column("suspected_at", UtcDateTime),
        sa.Column("offers", Json),
    ):
        op.add_column("feeds", column)
    op.add_column("documents", sa.Column("rhythm", sa.LargeBinary))
    op.add_column("fetches", sa.Column("next_poll_at", UtcDateTime))
    op.add_column("fetches", sa.Column("terms", Json))
    _of_feeds()
    _of_sites()


def _of_feeds() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("after", UtcDateTime, nullable=False),
        sa.Column("before", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", CleanText, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_gaps_feed_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
    )
    op.create_index("ix_gaps_feed_id", "gaps", ["feed_id"])
    op.create_index("ix_gaps_due_at", "gaps", ["due_at"])
    op.create_table(
        "subscriptions",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("hub", CleanText, nullable=False),
        sa.Column("topic", CleanText, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("delivered_at", UtcDateTime),
        sa.Column("next_try_at", UtcDateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", CleanText, nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name="fk_subscriptions_feed_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feed_id", name="pk_subscriptions"),
        sa.UniqueConstraint("token", name="uq_subscriptions_token"),
    )
    op.create_table(
        "events",
        sa.Column("id", _ID, sa.Identity(), nullable=False),
        sa.Column("outlet", CleanText, nullable=False),
        sa.Column("outlet_key", CleanText, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", CleanText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_outlet_key_day", "events", ["outlet_key", "day"], unique=True)


def _of_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("site", CleanText, nullable=False),
        sa.Column("free_at", UtcDateTime),
        sa.Column("scope", sa.Text),
        sa.Column("learned_at", UtcDateTime),
        sa.PrimaryKeyConstraint("site", name="pk_sites"),
    )
    op.create_table(
        "holds",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", CleanText, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reason", CleanText, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_holds"),
    )
    op.create_table(
        "set_aside",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("reason", CleanText, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_set_aside"),
    )
