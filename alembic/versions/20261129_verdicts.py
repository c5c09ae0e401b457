"""What the classifiers say beside tone and severity, and the queue of what is read more deeply."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_verdicts"
down_revision = "20261129_stories"
branch_labels = None
depends_on = None

COLUMNS = (
    ("stands", sa.Boolean(), sa.true()),
    ("themes", sa.Integer(), None),
    ("restricted", sa.Boolean(), sa.false()),
    ("about", sa.Float(), None),
    ("tier", sa.String(length=8), None),
    ("deep_priority", sa.Float(), None),
    ("lease_owner", sa.String(length=64), None),
    ("lease_until", sa.DateTime(timezone=True), None),
)
# Each of them holds few of the mentions: those that wait, that are held, that are restricted.
INDEXES = (
    ("ix_mentions_deep", ("deep_priority", "scored_at"), "deep_priority IS NOT NULL"),
    ("ix_mentions_lease_owner", ("lease_owner",), "lease_owner IS NOT NULL"),
    ("ix_mentions_restricted", ("received_at",), "restricted AND text IS NOT NULL"),
)


def upgrade() -> None:
    with op.batch_alter_table("mentions") as mentions:
        for name, kind, default in COLUMNS:
            missing = default is None
            mentions.add_column(sa.Column(name, kind, server_default=default, nullable=missing))
    for name, columns, where in INDEXES:
        op.create_index(
            name,
            "mentions",
            list(columns),
            sqlite_where=sa.text(where.replace("restricted AND", "restricted = 1 AND")),
            postgresql_where=sa.text(where),
        )
    with op.batch_alter_table("scores") as scores:
        scores.add_column(sa.Column("figures", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("scores") as scores:
        scores.drop_column("figures")
    for name, _columns, _where in INDEXES:
        op.drop_index(name, table_name="mentions")
    with op.batch_alter_table("mentions") as mentions:
        for name, _kind, _default in COLUMNS:
            mentions.drop_column(name)
