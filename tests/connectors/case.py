"""One connector under contract: how it is built, before which stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.budget import MemoryLedger
from connectors.connector import Connector, Watched
from connectors.http import HttpClient
from connectors.tokens import MemoryTokens

WATCHED = Watched(terms=("CHU de Valmont",), hashtags=("chuvalmont",))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)
"""After which a network that is well again is read again in the best way."""


@dataclass
class Now:
    """A clock that moves when a test says so."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Means:
    """What a connector is built with; ledger and tokens outlive it, as the database does."""

    http: HttpClient
    clock: Now
    ledger: MemoryLedger
    tokens: MemoryTokens = field(default_factory=MemoryTokens)


@dataclass(frozen=True)
class Case:
    name: str
    network: Callable[[], Any]
    connector: Callable[[Any, Means], Connector]
    at: datetime = NOON
    over_http: bool = True
    opening: int = 0  # requests that sign in or look around, before the first that reads
    another_way: bool = False  # to the same items: what came by it may come again
    patience: timedelta = PATIENCE  # longer where a quota is refilled once a day
