"""What an encoder is asked about stories, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """One text that speaks for a story. `at` is in seconds since the epoch."""

    story: int
    text: str
    at: float
    subjects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Two stories that seem to be one; `older` is the one with the smaller number."""

    older: int
    newer: int
    similarity: float  # cosine
