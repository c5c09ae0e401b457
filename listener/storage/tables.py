"""The schema: one MetaData, plain tables, instants stored in UTC."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
    true,
)

from listener.storage.columns import Instant, Key, exercise, lease

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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

mentions = Table(
    "mentions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("exercise_id", String(64), nullable=False, server_default=""),
    Column("network", String(64), nullable=False),
    Column("ref", String(32), nullable=False),  # keyed pseudonym of the external id
    Column("source_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("live", Boolean, nullable=False),  # False: backfill, never a breach
    Column("author_ref", String(32)),
    Column("author_id_ref", String(32)),
    Column("followers", BigInteger),
    Column("title", Text),
    Column("text", Text),  # None once erased; scrubbed of handles
    Column("text_hash", String(32), nullable=False),
    Column("declared_language", String(16)),
    Column("language", String(16)),
    Column("published_at", Instant),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("parent_ref", String(32)),
    Column("root_ref", String(32)),
    Column("quoted_ref", String(32)),
    Column("rating", Float),
    Column("media", SmallInteger, nullable=False, server_default="0"),
    Column("weight", Float, nullable=False, server_default="1"),
    # False where the network or the author asks not to be shown elsewhere: counted, never quoted.
    Column("republish", Boolean, nullable=False, server_default=true()),
    # The current verdicts, repeated from `scores` so that a window is counted in one look.
    Column("sentiment", String(16)),
    Column("severity", Float),
    Column("scored_at", Instant),
    Column("refresh_at", Instant),  # when its figures are read again; None: never
    Column("deleted_at", Instant),
    # Not by exercise first: SQLite would read the whole history by it rather than a week by time.
    Index("uq_mentions_network_ref", "ref", "network", "exercise_id", unique=True),
    Index("ix_mentions_occurred_at", "occurred_at"),
    Index("ix_mentions_author_ref", "author_ref"),
    Index("ix_mentions_author_id_ref", "author_id_ref"),
    Index("ix_mentions_refresh_at", "refresh_at"),
    Index(
        "ix_mentions_unscored",
        "received_at",
        sqlite_where=text("scored_at IS NULL AND text IS NOT NULL"),
        postgresql_where=text("scored_at IS NULL AND text IS NOT NULL"),
    ),
)

mention_links = Table(
    "mention_links",
    metadata,
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("url_ref", String(32), index=True),  # keyed pseudonym of the canonical link
    Column("sealed", LargeBinary, nullable=False),  # {"url", "external_id"}
    Column("expires_at", Instant, nullable=False, index=True),
)

mention_subjects = Table(
    "mention_subjects",
    metadata,
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", String(64), primary_key=True),
    # Repeated so that a window's count is read from this index alone.
    Column("exercise_id", String(64), nullable=False, server_default=""),
    Column("occurred_at", Instant, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("network", String(64), nullable=False),
    Column("sentiment", String(16)),
    Index(
        "ix_mention_subjects_window",
        *("exercise_id", "subject", "live", "occurred_at", "sentiment", "network"),
    ),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("taken_at", Instant, primary_key=True),
    Column("views", BigInteger),
    Column("reactions", BigInteger),
    Column("replies", BigInteger),
    Column("shares", BigInteger),
    sqlite_with_rowid=False,
)

scores = Table(
    "scores",
    metadata,
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("classifier", String(32), primary_key=True),
    Column("scored_at", Instant, primary_key=True),
    Column("version", String(64), nullable=False),
    Column("value", Float),
    Column("probabilities", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    sqlite_with_rowid=False,
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

tombstones = Table(
    "tombstones",
    metadata,
    Column("ref", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),  # author · mention · link
    Column("erased_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Key, primary_key=True),
    exercise(),
    Column("subject", String(64), nullable=False),
    Column("open_key", String(160)),  # None once closed: at most one unfinished a subject
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
    Index("uq_incidents_open_key", "open_key", unique=True),
    Index("ix_incidents_subject_alerted_at", "exercise_id", "subject", "alerted_at"),
)

incident_mentions = Table(
    "incident_mentions",
    metadata,
    Column("incident_id", Key, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("mention_id", Key, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_incident_mentions_mention_id", "mention_id"),
    sqlite_with_rowid=False,
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
    Column("kind", String(16), nullable=False),  # alert · digest · notice
    Column("incident_id", Key, ForeignKey("incidents.id")),
    Column("channel", String(16), nullable=False),
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

breakers = Table(
    "breakers",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
