"""Who paints a digest's charts, as whoever sends one sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from listener.domain.digest import Digest


class Painter(Protocol):
    async def warm(self) -> None:
        """Make ready, while the figures are read."""
        ...

    async def paint(self, digest: Digest, *, language: str) -> Mapping[str, bytes]:
        """PNG files by their charts' names; what cannot be painted is left out, never raised."""
        ...

    async def close(self) -> None: ...


class NoPainter:
    """Paints nothing: figures and words stand alone."""

    async def warm(self) -> None:
        return None

    async def paint(self, digest: Digest, *, language: str) -> Mapping[str, bytes]:
        return {}

    async def close(self) -> None:
        return None
