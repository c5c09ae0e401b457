"""Remembers posts that can only be found, not looked up: there "no such object" does not mean deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from hashlib import blake2b

from connectors.budget import Budget, Ledger

_KEPT = timedelta(days=365)
_MAX_KNOWN = 50_000


class Foreign:
    """Ids of others' posts, kept in the ledger so that a restart does not turn them into deletions."""

    def __init__(self, ledger: Ledger, *, name: str, account: str) -> None:
        self._ledger = ledger
        self._memory = Budget(name=name, limit=None, unit="posts", every=_KEPT, account=account)
        self._known: set[str] = set()

    def __contains__(self, external_id: str) -> bool:
        """Whether it was met since the start; the ledger alone knows of earlier ones."""
        return external_id in self._known

    async def add(self, ids: Collection[str]) -> None:
        new = set(ids) - self._known
        if new:
            await self._ledger.first_time(self._memory, [_digest(one) for one in new])
            self._keep(new)

    async def ours(self, ids: Collection[str]) -> list[str]:
        """Those that nobody added."""
        if not ids:
            return []
        met = await self._ledger.met(self._memory, [_digest(one) for one in ids])
        self._keep({one for one in ids if _digest(one) in met})
        return [one for one in ids if one not in self._known]

    def _keep(self, ids: set[str]) -> None:
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        self._known |= ids


def _digest(external_id: str) -> str:
    return blake2b(external_id.encode(), digest_size=8).hexdigest()
