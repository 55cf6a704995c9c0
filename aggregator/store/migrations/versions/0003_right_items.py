"""What identity, dates, texts, edits and copies need to remember."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.types import CleanText, Json, UtcDateTime

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


def _dates() -> None:
    op.add_column("items", sa.Column("claims", Json))


def _texts() -> None:
    op.add_column("items", sa.Column("image", CleanText, nullable=False, server_default=""))
    op.add_column("texts", sa.Column("method", sa.Text, nullable=False, server_default=""))
    op.add_column("texts", sa.Column("score", sa.Integer))


def _edits() -> None:
    op.add_column("pages", sa.Column("rereads", sa.Integer, nullable=False, server_default="0"))


def _copies() -> None:
    pass
