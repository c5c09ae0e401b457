"""What a period is remembered for: one finding, chosen by rules that can be read, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from listener.domain.digest.digest import Digest, Story
from listener.domain.digest.events import IncidentLine
from listener.domain.digest.figures import SHARE_FROM
from listener.domain.incident import State
from listener.domain.rule import Level

LEADS_FROM = 5  # mentions of a story that is more than an anecdote
LEADS_SHARE = 0.2  # of all that was said
PRAISED_SHARE = 0.5  # of what was judged


class Finding(StrEnum):
    UNHEARD = "unheard"  # the listener did not listen, so silence means nothing
    NOTHING = "nothing"  # no mention
    CRISIS = "crisis"  # somebody was called, and rightly
    WORSE = "worse"  # the negative share rose
    PRAISED = "praised"  # most of what was judged is positive
    BETTER = "better"  # the negative share fell
    BUSY = "busy"  # much more was said
    CALM = "calm"  # much less was said
    STEADY = "steady"  # none of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The finding, and the story that carries the period where one does."""

    finding: Finding
    story: Story | None = None


def headline(digest: Digest) -> Headline:
    return Headline(finding=_finding(digest), story=leading(digest))


def _finding(digest: Digest) -> Finding:
    now = digest.now
    if not now.mentions:
        return Finding.NOTHING if digest.listened else Finding.UNHEARD
    if any(_is_crisis(line) for line in digest.troubles):
        return Finding.CRISIS
    if digest.tone is not None and digest.tone.rises:
        return Finding.WORSE
    if now.scored >= SHARE_FROM and now.positive >= PRAISED_SHARE * now.scored:
        return Finding.PRAISED
    if digest.tone is not None and digest.tone.falls:
        return Finding.BETTER
    if digest.volume is not None and digest.volume.rises:
        return Finding.BUSY
    if digest.volume is not None and digest.volume.falls:
        return Finding.CALM
    return Finding.STEADY


def _is_crisis(line: IncidentLine) -> bool:
    return line.level is Level.CRITICAL and line.state is not State.DISMISSED


def leading(digest: Digest) -> Story | None:
    """The story that holds a fifth of all that was said, or more."""
    largest = max(digest.stories, key=lambda story: story.now.mentions, default=None)
    if largest is None or largest.now.mentions < LEADS_FROM:
        return None
    share = largest.now.mentions / max(1, digest.now.mentions)
    return largest if share >= LEADS_SHARE else None
