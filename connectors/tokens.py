"""Credentials that change by themselves: access tokens that expire and are renewed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from connectors.mention import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`made_for` tells which configuration it belongs to, so that another one makes a new token."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None  # of `access`; None: it does not say
    refresh_expires_at: datetime | None = None
    made_for: str = ""

    def __post_init__(self) -> None:
        require_aware("expires_at", self.expires_at)
        require_aware("refresh_expires_at", self.refresh_expires_at)


class TokenStore(Protocol):
    async def load(self) -> Token | None: ...

    async def save(self, token: Token) -> None: ...


class MemoryTokens:
    """Keeps the token as long as the process lives."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token

    async def load(self) -> Token | None:
        return self._token

    async def save(self, token: Token) -> None:
        self._token = token


@runtime_checkable
class Expiring(Protocol):
    """A connector whose access ends at some instant unless a person renews it."""

    async def access_ends_at(self) -> datetime | None:
        """None where it does not end, or is renewed without anybody's help."""
        ...
