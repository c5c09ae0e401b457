"""The schema: one MetaData, plain tables, instants stored in UTC."""

from __future__ import annotations

from listener.storage.columns import Instant
from listener.storage.tables.actions import action_tokens, mailboxes
from listener.storage.tables.incidents import (
    due,
    incident_events,
    incident_mentions,
    incident_stories,
    incidents,
    outbox,
    pages,
)
from listener.storage.tables.labels import labels
from listener.storage.tables.mentions import (
    mention_links,
    mention_subjects,
    mentions,
    scores,
    snapshots,
    tombstones,
)
from listener.storage.tables.metadata import metadata
from listener.storage.tables.rules import rule_states, tallies
from listener.storage.tables.sources import (
    audiences,
    breakers,
    feeds,
    gaps,
    inbox,
    quarantine,
    sources,
    spending,
    spending_items,
)
from listener.storage.tables.stories import stories, story_keys

__all__ = [
    "Instant",
    "action_tokens",
    "audiences",
    "breakers",
    "due",
    "feeds",
    "gaps",
    "inbox",
    "incident_events",
    "incident_mentions",
    "incident_stories",
    "incidents",
    "labels",
    "mailboxes",
    "mention_links",
    "mention_subjects",
    "mentions",
    "metadata",
    "outbox",
    "pages",
    "quarantine",
    "rule_states",
    "scores",
    "snapshots",
    "sources",
    "spending",
    "spending_items",
    "stories",
    "story_keys",
    "tallies",
    "tombstones",
]
