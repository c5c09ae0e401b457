"""Budgets, the webhooks' inbox, and more of each audience."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_networks"
down_revision = "20261122_first"
branch_labels = None
depends_on = None

AUDIENCE = (
    ("posts", sa.BigInteger()),
    ("rating", sa.Float()),
    ("ratings", sa.BigInteger()),
    ("most_viewed_url", sa.Text()),
    ("most_viewed", sa.BigInteger()),
)


def upgrade() -> None:
    with op.batch_alter_table("audiences") as audiences:
        for name, kind in AUDIENCE:
            audiences.add_column(sa.Column(name, kind, nullable=True))
    op.create_table(
        "spending",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("budget", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "budget", "slot", name=op.f("pk_spending")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spending_items",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("budget", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "budget", "item", name=op.f("pk_spending_items")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_spending_items_slot", "spending_items", ["slot"])
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index(
        "uq_inbox_source_id_fingerprint", "inbox", ["source_id", "fingerprint"], unique=True
    )
    op.create_index("ix_inbox_done_at_due_at", "inbox", ["done_at", "due_at"])


def downgrade() -> None:
    op.drop_table("inbox")
    op.drop_table("spending_items")
    op.drop_table("spending")
    with op.batch_alter_table("audiences") as audiences:
        for name, _kind in AUDIENCE:
            audiences.drop_column(name)
