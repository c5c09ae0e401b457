"""Whose account published a mention: what the hospital says itself is not said about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201_digest"
down_revision = "20261130_oncall"
branch_labels = None
depends_on = None

SPOKEN = sa.text("speaker IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("mentions") as mentions:
        mentions.add_column(sa.Column("speaker", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_mentions_speaker",
        "mentions",
        ["speaker", "occurred_at"],
        sqlite_where=SPOKEN,
        postgresql_where=SPOKEN,
    )


def downgrade() -> None:
    op.drop_index("ix_mentions_speaker", table_name="mentions")
    # Not in a batch, which makes the table anew: dropping the old one, SQLite would refuse for the
    # rows that refer to it.
    op.execute("ALTER TABLE mentions DROP COLUMN speaker")
