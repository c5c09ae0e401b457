"""What came of it: incidents, messages on their way, errands."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from listener.storage.columns import Instant, Key, exercise, lease
from listener.storage.tables.metadata import metadata

incidents = Table(
    "incidents",
    metadata,
    Column("id", Key, primary_key=True),
    exercise(),
    Column("subject", String(64), nullable=False),
    Column("matter", String(80), nullable=False),  # what it is about: listener.domain.matter
    Column("open_key", String(160)),  # None once closed: at most one unfinished a matter
    Column("level", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_breach_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("alerted_at", Instant),
    Column("alerted_level", String(16)),
    Column("config_hash", String(16), nullable=False),
    Column("evidence", JSON, nullable=False),  # the latest breach of each rule, in figures
    Column("merged_into", Key, ForeignKey("incidents.id")),
    # How far up the escalation it is.
    Column("step", Integer, nullable=False, server_default="0"),
    Column("step_at", Instant),  # when that step began to be called
    Column("paged_at", Instant),  # the last ring
    Column("snoozed_until", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(64)),  # a person's id
    Column("closed_by", String(64)),  # a person's id; None: it closed by itself
    Column("close_reason", String(32)),  # why it was dismissed
    Column("closing", JSON),  # the figures it closed with: what a return is measured against
    Column("updated_at", Instant),  # when the messages that were sent last said its figures anew
    Column("updates", Integer, nullable=False, server_default="0"),
    Index("uq_incidents_open_key", "open_key", unique=True),
    Index("ix_incidents_closed_at", "closed_at"),
    Index("ix_incidents_matter_alerted_at", "exercise_id", "matter", "alerted_at"),
)

incident_mentions = Table(
    "incident_mentions",
    metadata,
    Column("incident_id", Key, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_incident_mentions_mention_id", "mention_id"),
    sqlite_with_rowid=False,
)

# A story's mentions join the incident that holds it. While that one is unfinished, no other does.
incident_stories = Table(
    "incident_stories",
    metadata,
    Column("incident_id", Key, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("story_id", Key, primary_key=True),
    Column("open", Boolean, nullable=False),
    Index(
        "uq_incident_stories_open",
        "story_id",
        unique=True,
        sqlite_where=text("open = 1"),
        postgresql_where=text("open"),
    ),
    sqlite_with_rowid=False,
)

# Every ring of somebody's phone, so that nobody is rung more often than people can bear.
pages = Table(
    "pages",
    metadata,
    Column("id", Key, primary_key=True),
    exercise(),
    Column("person", String(64), nullable=False),
    Column("incident_id", Key, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("step", Integer, nullable=False),
    Column("exempt", Boolean, nullable=False),  # life and safety: rings whatever was rung before
    Column("folded", Boolean, nullable=False),  # not rung: told with the next that is
    Index("ix_pages_person_at", "exercise_id", "person", "at"),
    Index("ix_pages_incident_id", "incident_id"),
)

incident_events = Table(
    "incident_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("incident_id", Key, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("data", JSON, nullable=False),  # keys and figures, never a text
    Index("ix_incident_events_incident_id_at", "incident_id", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    exercise(),
    Column("key", String(200), nullable=False, unique=True),  # idempotency
    Column("kind", String(16), nullable=False),  # workflows.compose knows which there are
    Column("incident_id", Key, ForeignKey("incidents.id")),
    Column("channel", String(64), nullable=False),
    Column("person", String(64)),  # None: the team
    Column("payload", JSON, nullable=False),  # keys and figures, never a text
    Column("state", String(16), nullable=False),  # pending · sending · sent · failed
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Sends after one that may have succeeded, by a channel that cannot be searched.
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("sending_since", Instant),
    Column("sent_at", Instant),
    Column("error", Text),
    Column("thread", String(200)),
    Column("receipt", JSON),
    *lease(),
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_incident_id", "incident_id"),
)

due = Table(
    "due",
    metadata,
    Column("key", String(200), primary_key=True),  # e.g. digest:2026-W47
    Column("kind", String(32), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("done_at", Instant),
    *lease(),
    Index("ix_due_done_at_due_at", "done_at", "due_at"),
)
