"""What an import can be told."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from connectors.connector import ConnectorSettings
from connectors.file.columns import FIELDS

IMPORT_FIELDS = FIELDS | {"account", "reach"}
"""What a column may hold: those of a file, and an account's name and reach."""

Format = Literal[
    "auto",
    "meta",
    "linkedin",
    "youtube",
    "x",
    "google",
    "google_plus",
    "trustpilot",
    "tiktok",
    "table",
    "json",
]


class ImportSettings(ConnectorSettings):
    path: Path
    """A file, a ZIP archive, or the folder of one that was unpacked."""
    format: Format = "auto"
    """Whose export it is; "auto" goes by the headers. "table" and "json" are anybody's."""
    network: str | None = Field(default=None, min_length=1, max_length=50)
    """Of rows whose export names none."""
    account: str | None = Field(default=None, min_length=1, max_length=255)
    """Whose figures an account's export tells, where it does not say."""
    followers: int | None = Field(default=None, ge=0)
    """How many followed on the last day of an export that tells the new ones of each day only:
    the days before are counted back from it, as if nobody had left."""
    zone: str | None = None
    """Of dates without a zone; None: the export's own where it is known, else Europe/Paris."""
    dates: Literal["auto", "day_first", "month_first"] = "auto"
    """How to read 03/04/2026; "auto" goes by the other dates of the column, then by the export."""
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    """Field → column header, or key of JSON objects ("author.name" is within "author")."""
    max_size: int = Field(default=1 << 30, ge=1024, le=1 << 34)
    """Bytes that are read of one file, or of all that an archive holds once unpacked."""
    max_members: int = Field(default=20_000, ge=1, le=1_000_000)
    """Files of an archive or folder."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            ZoneInfo(value or "Europe/Paris")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError('not a time zone; "Europe/Paris" is one') from None
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError('not an encoding; "utf-8", "utf-16" and "cp1252" are') from None

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value) - IMPORT_FIELDS):
            raise ValueError(f"unknown fields {unknown}; known: {sorted(IMPORT_FIELDS)}")
        return value
