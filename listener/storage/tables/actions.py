"""How people answer from outside: what their tokens allow, and how far mailboxes were read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from listener.storage.columns import Instant, Key, lease
from listener.storage.tables.metadata import metadata

action_tokens = Table(
    "action_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the token, which is nowhere in clear
    Column("incident_id", Key, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("person", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),  # reply · acknowledge · escalate · …
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("ix_action_tokens_expires_at", "expires_at"),
    Index("ix_action_tokens_incident_id", "incident_id"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", String(255), primary_key=True),  # a digest of user, host and folder
    Column("validity", BigInteger, nullable=False),  # IMAP's UIDVALIDITY
    Column("uid", BigInteger, nullable=False),  # the last one that was read
    Column("read_at", Instant, nullable=False),
    *lease(),
    sqlite_with_rowid=False,
)
