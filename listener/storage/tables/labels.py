"""What people said of mentions: what the classifiers are corrected by, and learn from."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, true

from listener.storage.columns import Instant, Key
from listener.storage.tables.metadata import metadata

labels = Table(
    "labels",
    metadata,
    Column("id", Key, primary_key=True),  # of one mention and name, the latest counts
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(32), nullable=False),  # sentiment, or one of classifiers.outputs.LABELS
    Column("value", String(16), nullable=False),  # a sentiment; yes · no
    Column("text_hash", String(32), nullable=False),  # of what was read: an edit may mean otherwise
    Column("by", String(64), nullable=False),  # a person's id, or "cli"
    Column("at", Instant, nullable=False),
    Column("origin", String(16), nullable=False),  # command · console · dismissal
    # A dismissed alert says something of each of its mentions, until somebody looks at them.
    Column("reviewed", Boolean, nullable=False, server_default=true()),
    Index("ix_labels_mention_id", "mention_id", "name", "id"),
)
