"""Stories: what belongs together, and the keys that decide it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_stories"
down_revision = "20261123_networks"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stories",
        sa.Column("id", KEY, nullable=False),
        sa.Column("exercise_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["stories.id"], name=op.f("fk_stories_merged_into_stories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index(
        "ix_stories_merged_into",
        "stories",
        ["merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index("ix_stories_last_at", "stories", ["last_at"])
    op.create_table(
        "story_keys",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("story_id", KEY, nullable=False),
        sa.Column("seen_hour", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_story_keys")),
    )
    with op.batch_alter_table("mentions") as mentions:
        mentions.add_column(sa.Column("story_id", KEY, nullable=True))
    op.create_index("ix_mentions_story_id", "mentions", ["story_id"])


def downgrade() -> None:
    op.drop_index("ix_mentions_story_id", table_name="mentions")
    with op.batch_alter_table("mentions") as mentions:
        mentions.drop_column("story_id")
    op.drop_table("story_keys")
    op.drop_table("stories")
