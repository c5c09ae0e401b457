"""The tokens that renew themselves, sealed in the state directory: one file a source."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.tokens import Token
from listener.storage.seal import Sealer, SealError

PURPOSE = b"token"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTokens:
    """A connectors.tokens.TokenStore. The credentials' folder is read-only; this one is not."""

    path: Path
    sealer: Sealer

    async def load(self) -> Token | None:
        return await asyncio.to_thread(self._read)

    async def save(self, token: Token) -> None:
        await asyncio.to_thread(self._write, token)

    def _read(self) -> Token | None:
        """None where there is none, or where it was sealed with a key that is gone."""
        try:
            kept = self.sealer.open_json(self.path.read_bytes(), PURPOSE)
            return Token(
                access=kept["access"],
                refresh=kept["refresh"],
                expires_at=_instant(kept["expires_at"]),
                refresh_expires_at=_instant(kept["refresh_expires_at"]),
                made_for=kept["made_for"],
            )
        except (FileNotFoundError, SealError, ValueError, KeyError):
            return None

    def _write(self, token: Token) -> None:
        """Whole or not at all: a cut between two renewals must leave one that holds."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed = self.sealer.seal(
            {
                "access": token.access,
                "refresh": token.refresh,
                "expires_at": token.expires_at and token.expires_at.isoformat(),
                "refresh_expires_at": token.refresh_expires_at
                and token.refresh_expires_at.isoformat(),
                "made_for": token.made_for,
            },
            PURPOSE,
        )
        handle, aside = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(self.path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
