"""What every section of config.toml is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["fr", "en"]


class Section(BaseModel):
    """Frozen, refuses unknown keys, and never shows what was put in."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
