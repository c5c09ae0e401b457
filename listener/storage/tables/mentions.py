"""What was said, its figures and verdicts, and what was erased."""

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
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
    true,
)

from listener.storage.columns import Instant, Key, lease
from listener.storage.tables.metadata import metadata

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
    # The hospital, service or peer whose account published it; None: anybody else.
    Column("speaker", String(64)),
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
    Column("themes", Integer),  # classifiers.themes.pack of those that are likelier than not
    # May reveal who is a patient: its text is shown to few, and erased sooner.
    Column("restricted", Boolean, nullable=False, server_default=false()),
    Column("about", Float),  # how likely it is about the hospital, as opposed to a football match
    Column("tier", String(8)),  # fast · deep: which classifiers spoke last
    # True where it is watched by where it stands, False where by its words alone. What was stored
    # before anybody asked counts as the former.
    Column("stands", Boolean, nullable=False, server_default=true()),
    Column("deep_priority", Float),  # in the queue of the deep classifiers; None: not wanted, done
    *lease(),  # of whoever reads it deeply now
    Column("refresh_at", Instant),  # when its figures are read again; None: never
    Column("deleted_at", Instant),
    Column("story_id", Key),  # as it was received: its story may have been merged since
    # Not by exercise first: SQLite would read the whole history by it rather than a week by time.
    Index("uq_mentions_network_ref", "ref", "network", "exercise_id", unique=True),
    Index("ix_mentions_occurred_at", "occurred_at"),
    Index("ix_mentions_received_at", "received_at"),  # each interval's tally counts by it
    Index("ix_mentions_author_ref", "author_ref"),
    Index("ix_mentions_author_id_ref", "author_id_ref"),
    Index("ix_mentions_refresh_at", "refresh_at"),
    Index("ix_mentions_story_id", "story_id"),
    Index(
        "ix_mentions_unscored",
        "received_at",
        sqlite_where=text("scored_at IS NULL AND text IS NOT NULL"),
        postgresql_where=text("scored_at IS NULL AND text IS NOT NULL"),
    ),
    Index(
        "ix_mentions_deep",
        "deep_priority",
        "scored_at",
        sqlite_where=text("deep_priority IS NOT NULL"),
        postgresql_where=text("deep_priority IS NOT NULL"),
    ),
    Index(
        "ix_mentions_lease_owner",
        "lease_owner",
        sqlite_where=text("lease_owner IS NOT NULL"),
        postgresql_where=text("lease_owner IS NOT NULL"),
    ),
    Index(
        "ix_mentions_speaker",
        "speaker",
        "occurred_at",
        sqlite_where=text("speaker IS NOT NULL"),
        postgresql_where=text("speaker IS NOT NULL"),
    ),
    Index(
        "ix_mentions_restricted",
        "received_at",
        sqlite_where=text("restricted = 1 AND text IS NOT NULL"),
        postgresql_where=text("restricted AND text IS NOT NULL"),
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
    # and said by others than watched accounts: rules count it
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
    Column("figures", JSON, nullable=False, server_default="{}"),
    Column("reasons", JSON, nullable=False),
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("ref", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),  # author · mention · link
    Column("erased_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
