"""Stories that an encoder takes for one: what it is shown of them, and what comes of its word."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from classifiers.client import ScorerError
from classifiers.stories.proposals import Proposal, Representative
from listener.storage import stories
from listener.storage.database import Database
from listener.workflows.scoring import DeepScorer

log = logging.getLogger(__name__)

RECENT = timedelta(hours=24)
AT_ONCE = 400  # stories asked about: some seconds of the encoder where it knows none of them yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """The deep classifiers' process, which holds the encoder, stands between asking and merging."""

    database: Database
    proposer: DeepScorer
    exercise_id: str = ""

    async def unite(self, at: datetime) -> int:
        """Ask about the stories told lately, and merge; how many became part of another."""
        told = sorted(await self.representatives(at), key=lambda one: one.at)[-AT_ONCE:]
        try:
            proposals = await self.proposer.propose(told)
        except ScorerError as error:
            log.debug("stories.not_asked error=%s", type(error).__name__)
            return 0
        return await self.merge(proposals)

    async def representatives(
        self, at: datetime, *, within: timedelta = RECENT
    ) -> list[Representative]:
        """The first text of each story that was told within a stretch, scrubbed as it is stored."""
        async with self.database.read() as connection:
            return await stories.representatives(
                connection, since=at - within, exercise_id=self.exercise_id
            )

    async def merge(self, proposals: Sequence[Proposal]) -> int:
        """Merge what was proposed, in one transaction; how many stories became part of another.

        What has been merged meanwhile stays so: repeating a proposal changes nothing.
        """
        if not proposals:
            return 0
        pairs = [(proposal.older, proposal.newer) for proposal in proposals]
        async with self.database.write() as connection:
            before = await stories.standing(connection, {story for pair in pairs for story in pair})
            # A story that is in no table is a mistake of whoever proposed it.
            known = [pair for pair in pairs if all(story in before for story in pair)]
            after = await stories.merge(connection, known)
        merged = len({before[story] for story in after}) - len(set(after.values()))
        log.info("stories.merged proposals=%d stories=%d", len(pairs), merged)
        return merged
