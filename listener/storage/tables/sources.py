"""What is known of the sources: their health and feeds, what they cost, push and could not say."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from listener.storage.columns import Instant, Key, lease
from listener.storage.tables.metadata import metadata

sources = Table(
    "sources",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("last_success_at", Instant),
    Column("last_attempt_at", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", Instant),
    Column("last_error", Text),
    Column("next_at", Instant),
    Column("stopped", String(32)),  # unauthorized · closed: until the configuration changes
    Column("fingerprint", String(64)),  # of the source's configuration when it was stopped
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("dropped", BigInteger, nullable=False, server_default="0"),
    *lease(),
)

feeds = Table(
    "feeds",
    metadata,
    Column("source_id", String(64), primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("cursor", JSON, nullable=False),
    Column("live_since", Instant),  # None until the first look-back was read to its end
    Column("updated_at", Instant, nullable=False),
)

audiences = Table(
    "audiences",
    metadata,
    Column("network", String(64), primary_key=True),
    Column("account", String(255), primary_key=True),
    Column("taken_at", Instant, primary_key=True),
    Column("followers", BigInteger),
    Column("reach", BigInteger),
    Column("views", BigInteger),
    Column("posts", BigInteger),
    Column("rating", Float),
    Column("ratings", BigInteger),
    Column("most_viewed_url", Text),
    Column("most_viewed", BigInteger),
    sqlite_with_rowid=False,
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source_id", String(64), nullable=False),
    Column("feed", Text, nullable=False),
    Column("since", Instant),
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Index("uq_gaps_source_id_feed_until", "source_id", "feed", "until", unique=True),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source_id", String(64), nullable=False),
    Column("feed", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("error", Text, nullable=False),
    Column("ref", String(32)),  # of the mention, where it could be told
    Column("fingerprint", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Index("uq_quarantine_source_id_fingerprint", "source_id", "fingerprint", unique=True),
)

breakers = Table(
    "breakers",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

spending = Table(
    "spending",
    metadata,
    Column("account", String(80), primary_key=True),  # a source's id, or a credential's digest
    Column("budget", String(64), primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("used", BigInteger, nullable=False),  # in the budget's own fraction of its unit
    sqlite_with_rowid=False,
)

spending_items = Table(
    "spending_items",
    metadata,
    Column("account", String(80), primary_key=True),
    Column("budget", String(64), primary_key=True),
    Column("item", String(32), primary_key=True),  # a digest
    Column("slot", Instant, nullable=False),
    Index("ix_spending_items_slot", "slot"),
    sqlite_with_rowid=False,
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source_id", String(64), nullable=False),
    Column("fingerprint", String(32), nullable=False),  # of the call: a repeated one is kept once
    Column("received_at", Instant, nullable=False),
    Column("sealed", LargeBinary),  # the call; None once it was read
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("done_at", Instant),
    Column("error", Text),
    *lease(),
    Index("uq_inbox_source_id_fingerprint", "source_id", "fingerprint", unique=True),
    Index("ix_inbox_done_at_due_at", "done_at", "due_at"),
)
