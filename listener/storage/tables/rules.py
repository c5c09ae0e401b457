"""What rules must remember between two looks: since when they breach, and counts by interval."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, false

from listener.storage.columns import Instant
from listener.storage.tables.metadata import metadata

rule_states = Table(
    "rule_states",
    metadata,
    Column("exercise_id", String(64), primary_key=True, server_default=""),
    Column("rule", String(64), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("since", Instant),  # its threshold has been crossed without a break; None: it is not
    Column("breached_at", Instant),  # its last breach: when it held long enough
    Column("due_at", Instant),  # when to look again, whether or not a mention arrives
    Column("figures", JSON, nullable=False),  # what was seen at the last look, for who asks why not
    Index("ix_rule_states_due_at", "due_at"),
    sqlite_with_rowid=False,
)

# What was counted in each interval of the watch, as it was known then: what is usual is learnt
# from these, and a detector that starts again reads them all.
tallies = Table(
    "tallies",
    metadata,
    Column("exercise_id", String(64), primary_key=True, server_default=""),
    Column("until", Instant, primary_key=True),
    Column("covered", Boolean, nullable=False),  # False: not wholly watched, teaches nothing
    Column("counts", JSON, nullable=False),  # {subject: {stream: mentions}}, none of zero
    Column("received", JSON, nullable=False),  # {source: live mentions}, whatever they concern
    Column("failing", JSON, nullable=False),  # the sources that gave nothing but errors
    Column("judged", Boolean, nullable=False, server_default=false()),  # what it says was heard
    sqlite_with_rowid=False,
)
