"""What a line may leave unsaid, and whose ids it speaks of."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.file.settings import FileSettings

UNNAMED = "file"
"""The network of what names none."""
_STEM = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """`at`: when a figure or a deletion without a date was seen.

    `scope` comes before the ids of a line that names no network.
    """

    network: str
    zone: ZoneInfo
    at: datetime
    scope: str = ""

    @classmethod
    def of(cls, settings: FileSettings, at: datetime) -> Defaults:
        """Looks the file's place up: blocking."""
        named = settings.network
        return cls(
            network=named or UNNAMED,
            zone=ZoneInfo(settings.zone),
            at=at,
            scope="" if named else scope_of(settings.path),
        )

    def scoped(self, external_id: str, network: str | None) -> str:
        """The id as it is on the network that the line names, else within its file."""
        return external_id if network else self.scope + external_id

    def linked(self, external_id: str | None, network: str | None) -> str | None:
        return external_id and self.scoped(external_id, network)


def scope_of(path: Path) -> str:
    """Apart for each file, and the same at every start: its name, and a digest of its place."""
    place = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:8]
    stem = re.sub(r"[^\w-]+", "-", path.resolve().stem)[:_STEM]
    return f"{stem}-{place}/"
