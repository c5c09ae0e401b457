"""What belongs together, and the keys that decide it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, text

from listener.storage.columns import Instant, Key, exercise
from listener.storage.tables.metadata import metadata

_MERGED = text("merged_into IS NOT NULL")

# Never deleted, and read once a key: `mentions.story_id` and `story_keys.story_id` therefore have
# no foreign key, which would be checked for each of them.
stories = Table(
    "stories",
    metadata,
    Column("id", Key, primary_key=True),
    exercise(),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),  # when its latest mention was received
    # The story that stands for this one: itself never merged, so that one step leads there.
    Column("merged_into", Key, ForeignKey("stories.id")),
    Index("ix_stories_merged_into", "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
    Index("ix_stories_last_at", "last_at"),
)

# Several a mention, each on another page of the table: rows are small and no index is kept beside
# it. What looks for a story's keys, or for old ones, is rare and reads them all.
story_keys = Table(
    "story_keys",
    metadata,
    # A keyed digest, of the exercise too: what was said is not to be guessed from it.
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("story_id", Key, nullable=False),
    Column("seen_hour", Integer, nullable=False),  # the last one, counted from 1970
)
