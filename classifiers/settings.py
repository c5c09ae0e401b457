"""How a panel is set up: plain values that a command line carries to the scorer's process.

Imports no numerical library: the process that starts the scorer reads them from its configuration.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from classifiers.severity import DEFAULT, Points
from classifiers.virality.forecast import THRESHOLDS

Tier = Literal["fast", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """`tier`: "fast", or "whole" with the deep one, read by `encoder` (a folder) if given.

    `languages_given`: each sample says its language, as the fast tier found it: the library that
    tells languages is then not loaded a second time. `site`: folder of what was learned on site.
    """

    tier: Tier = "fast"
    encoder: Path | None = None
    languages_given: bool = False
    thresholds: tuple[int, ...] = THRESHOLDS
    points: Points = DEFAULT
    site: Path | None = None

    def dump(self) -> str:
        """As one word of a command line."""
        return json.dumps(asdict(self), default=str, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> PanelSettings:
        """What `dump` wrote. ValueError, TypeError or KeyError for anything else."""
        given: Mapping[str, Any] = json.loads(text)
        folders = {name: Path(given[name]) for name in ("encoder", "site") if given[name]}
        return cls(
            tier=given["tier"],
            languages_given=given["languages_given"],
            thresholds=tuple(given["thresholds"]),
            points=Points(**given["points"]),
            **folders,
        )
