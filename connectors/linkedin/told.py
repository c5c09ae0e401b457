"""Which comments this process has given: their notifications then bring nothing new."""

from __future__ import annotations

_MOST = 20_000


class Told:
    """The latest ids only: what is forgotten may be given again, which changes nothing."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def add(self, name: str) -> None:
        self._ids.pop(name, None)
        self._ids[name] = None
        if len(self._ids) > _MOST:
            del self._ids[next(iter(self._ids))]

    def __contains__(self, name: str) -> bool:
        return name in self._ids
