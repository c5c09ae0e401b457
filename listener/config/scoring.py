"""How mentions are scored: [scoring] and [scoring.severity]."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from classifiers.settings import PanelSettings, Tier
from classifiers.severity import DEFAULT, GRAVITY, Points
from classifiers.themes import THEMES
from classifiers.virality.forecast import THRESHOLDS
from connectors.durations import PositiveDuration
from listener.config.section import Section


def _known_theme(name: str) -> str:
    if name not in THEMES:
        raise ValueError(f"no theme of this name; there are {', '.join(THEMES)}")
    return name


Theme = Annotated[str, AfterValidator(_known_theme)]


class SeveritySettings(Section):
    """Points of each part of a mention's severity, and how grave each theme is."""

    negativity: float = Field(default=DEFAULT.negativity, ge=0, le=100)
    rating: float = Field(default=DEFAULT.rating, ge=0, le=100)
    gravity: float = Field(default=DEFAULT.gravity, ge=0, le=100)
    forecast: float = Field(default=DEFAULT.forecast, ge=0, le=100)
    reach: float = Field(default=DEFAULT.reach, ge=0, le=100)
    themes: dict[Theme, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)

    @property
    def points(self) -> Points:
        parts = self.model_dump(exclude={"themes"})
        return Points(**parts, themes={**GRAVITY, **self.themes})


class ScoringSettings(Section):
    timeout: PositiveDuration = timedelta(seconds=30)
    memory_mb: int = Field(default=1024, ge=256)
    deep: bool = True
    # Of every five seconds.
    deep_budget: PositiveDuration = Field(default=timedelta(seconds=4), le=timedelta(seconds=5))
    deep_memory_mb: int = Field(default=2048, ge=512)
    restricted_from: float = Field(default=0.4, gt=0, le=1)
    about_from: float = Field(default=0.35, ge=0, le=1)
    encoder: Path | None = None
    thresholds: list[Annotated[int, Field(ge=1)]] = Field(
        default_factory=lambda: list(THRESHOLDS), min_length=1, max_length=6
    )
    severity: SeveritySettings = SeveritySettings()

    def panel(self, tier: Tier) -> PanelSettings:
        """How the scorer of this tier is set up."""
        deep = tier == "whole"
        return PanelSettings(
            tier=tier,
            encoder=self.encoder if deep else None,
            languages_given=deep,
            thresholds=tuple(self.thresholds),
            points=self.severity.points,
        )
