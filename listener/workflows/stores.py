"""Where connectors keep what must outlive them: what they spent, and the tokens they renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.budget import Ledger, MemoryLedger
from connectors.connector import Clock
from connectors.tokens import MemoryTokens, TokenStore
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.storage.spending import StoredLedger
from listener.storage.tokens import StoredTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Each by a source's id."""

    ledger: Callable[[str], Ledger]
    tokens: Callable[[str], TokenStore]


def tokens_of(state_dir: Path, sealer: Sealer) -> Callable[[str], TokenStore]:
    """Source ids are identifiers: they name files safely."""
    return lambda source_id: StoredTokens(
        path=state_dir / "tokens" / f"{source_id}.sealed", sealer=sealer
    )


def ledgers_of(database: Database, clock: Clock) -> Callable[[str], Ledger]:
    return lambda source_id: StoredLedger(database=database, clock=clock, source_id=source_id)


def passing(clock: Clock) -> Stores:
    """As long as the process lives: for whoever only looks at a connector."""
    return Stores(ledger=lambda _source: MemoryLedger(clock), tokens=lambda _source: MemoryTokens())
