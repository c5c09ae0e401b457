"""What a file source can be told."""

from __future__ import annotations

import codecs
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from connectors.connector import ConnectorSettings
from connectors.file.columns import FIELDS


class FileSettings(ConnectorSettings):
    """`start`, `anchor` and `pace` belong to a replay; the columns, to CSV."""

    path: Path
    mode: Literal["import", "replay"] = "import"
    format: Literal["auto", "jsonl", "csv"] = "auto"
    network: str | None = Field(default=None, min_length=1, max_length=50)
    """Of lines that name none; None: "file", and their ids are kept apart from other files'."""
    zone: str = "Europe/Paris"
    encoding: str | None = None
    """None: UTF-8, and Windows-1252 for a line that is not."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    """Field → column header."""
    start: datetime | None = None
    """When the replay begins; None: at its first poll."""
    anchor: datetime | None = None
    """The recording's instant that falls at `start`; None: its first line. What came before the
    anchor is history: it is given at once, at its own pace in the past."""
    pace: float = Field(default=1.0, ge=0.001, le=1_000_000)
    """60: an hour of the recording goes by in a minute."""
    max_line: int = Field(default=1 << 20, ge=1024, le=1 << 26)
    """Bytes of the longest line (or CSV record) that is read."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError('not a time zone; "Europe/Paris" is one') from None
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            name = codecs.lookup(value).name
        except LookupError:
            raise ValueError('not an encoding; "utf-8" and "cp1252" are') from None
        if name.startswith(("utf-16", "utf-32")):
            raise ValueError("lines cannot be found in this encoding: save the file as UTF-8")
        return name

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value) - FIELDS):
            raise ValueError(f"unknown fields {unknown}; known: {sorted(FIELDS)}")
        return value

    @field_validator("start", "anchor")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, as in 2026-03-14T21:40:00+01:00")
        return value

    @model_validator(mode="after")
    def _replay_is_jsonl(self) -> Self:
        if self.mode == "replay" and self.is_csv:
            raise ValueError("a replay reads JSONL, not CSV")
        return self

    @property
    def is_csv(self) -> bool:
        if self.format == "auto":
            return self.path.suffix.lower() in {".csv", ".tsv"}
        return self.format == "csv"
