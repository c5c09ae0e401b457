"""What was learned on site is taken up: a scorer that reads another version is started again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from classifiers import site_store
from classifiers.client import ScorerClient

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SiteWatch:
    """What each scorer was last started again for."""

    _tried: dict[ScorerClient, str] = field(default_factory=dict, init=False)

    async def renew(self, scorer: ScorerClient, folder: Path) -> None:
        """Stop the scorer where another version came into force; whoever asks it next starts it.

        `folder` holds the versions, and says which is in force. Only while nobody waits for it: else at the next look. A version that cannot be laid over
        the shipped models is tried once, not for ever.
        """
        if not scorer.idle:
            return
        wanted = site_store.current(folder)
        _, _, read = (await scorer.start()).get("sentiment", "").partition("@")
        if wanted in (read or site_store.SHIPPED, self._tried.get(scorer)):
            return
        self._tried[scorer] = wanted
        log.info("site.changed from=%s to=%s", read or site_store.SHIPPED, wanted)
        await scorer.stop()
