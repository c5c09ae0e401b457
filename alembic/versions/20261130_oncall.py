"""From a signal to the person who handles it: escalation, stories, pages, rules' memory, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_oncall"
down_revision = "20261129_labels"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
INCIDENT = (
    ("matter", sa.String(length=80), ""),
    ("step", sa.Integer(), "0"),
    ("step_at", INSTANT, None),
    ("paged_at", INSTANT, None),
    ("snoozed_until", INSTANT, None),
    ("acknowledged_at", INSTANT, None),
    ("acknowledged_by", sa.String(length=64), None),
    ("closed_by", sa.String(length=64), None),
    ("close_reason", sa.String(length=32), None),
    ("closing", sa.JSON(), None),
    ("updated_at", INSTANT, None),
    ("updates", sa.Integer(), "0"),
)


def upgrade() -> None:
    with op.batch_alter_table("incidents") as incidents:
        for name, kind, default in INCIDENT:
            column = sa.Column(name, kind, server_default=default, nullable=default is None)
            incidents.add_column(column)
    op.execute("UPDATE incidents SET matter = 'subject/' || subject")
    op.execute(
        "UPDATE incidents SET open_key = exercise_id || '/' || matter WHERE open_key IS NOT NULL"
    )
    op.drop_index("ix_incidents_subject_alerted_at", table_name="incidents")
    op.create_index(
        "ix_incidents_matter_alerted_at", "incidents", ["exercise_id", "matter", "alerted_at"]
    )
    op.create_index("ix_incidents_closed_at", "incidents", ["closed_at"])
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("channel", type_=sa.String(length=64), existing_nullable=False)
    _incident_tables()
    _rule_tables()
    _action_tables()


def _incident_tables() -> None:
    op.create_table(
        "incident_stories",
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("story_id", KEY, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        _of_incident("incident_stories"),
        sa.PrimaryKeyConstraint("incident_id", "story_id", name=op.f("pk_incident_stories")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_incident_stories_open",
        "incident_stories",
        ["story_id"],
        unique=True,
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "pages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("exercise_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("folded", sa.Boolean(), nullable=False),
        _of_incident("pages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_person_at", "pages", ["exercise_id", "person", "at"])
    op.create_index("ix_pages_incident_id", "pages", ["incident_id"])


def _of_incident(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_incident_id_incidents")
    return sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=name, ondelete="CASCADE")


def _rule_tables() -> None:
    op.create_table(
        "rule_states",
        sa.Column("exercise_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("since", INSTANT, nullable=True),
        sa.Column("breached_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("exercise_id", "rule", "subject", name=op.f("pk_rule_states")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_rule_states_due_at", "rule_states", ["due_at"])
    # Each interval's tally counts what was received in it.
    op.create_index("ix_mentions_received_at", "mentions", ["received_at"])
    op.create_table(
        "tallies",
        sa.Column("exercise_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("received", sa.JSON(), nullable=False),
        sa.Column("failing", sa.JSON(), nullable=False),
        sa.Column("judged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("exercise_id", "until", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )


def _action_tables() -> None:
    op.create_table(
        "action_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        _of_incident("action_tokens"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_action_tokens")),
    )
    op.create_index("ix_action_tokens_expires_at", "action_tokens", ["expires_at"])
    op.create_index("ix_action_tokens_incident_id", "action_tokens", ["incident_id"])
    op.create_table(
        "mailboxes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailboxes")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_index("ix_mentions_received_at", table_name="mentions")
    for table in ("mailboxes", "action_tokens", "tallies", "rule_states", "pages"):
        op.drop_table(table)
    op.drop_table("incident_stories")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("channel", type_=sa.String(length=16), existing_nullable=False)
    op.drop_index("ix_incidents_closed_at", table_name="incidents")
    op.drop_index("ix_incidents_matter_alerted_at", table_name="incidents")
    op.create_index(
        "ix_incidents_subject_alerted_at", "incidents", ["exercise_id", "subject", "alerted_at"]
    )
    for name, _kind, _default in reversed(INCIDENT):
        # Not in a batch, which makes the table anew: dropping the old one, SQLite would refuse for
        # the rows that refer to it.
        op.execute(f"ALTER TABLE incidents DROP COLUMN {name}")
