"""Stories in memory: posts that share a key, directly or by others between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def connected(keys: Sequence[Iterable[Key]]) -> list[list[int]]:
    """Indexes of what shares a key, directly or by others: each group ascending, by its first."""
    parents = list(range(len(keys)))
    owners: dict[Key, int] = {}
    for index, listed in enumerate(keys):
        for key in listed:
            owner = owners.setdefault(key, index)
            if owner != index:
                _join(parents, owner, index)
    groups: dict[int, list[int]] = {}
    for index in range(len(keys)):
        groups.setdefault(_root(parents, index), []).append(index)
    return list(groups.values())


class StoryIndex:
    """Gives each post its story, and forgets keys that nobody has used for `window` seconds.

    The decision is the one of a table in which a key stands once. A story keeps the number of its
    first post; where a post joins two stories, the older one stands for both.
    """

    def __init__(self, *, window: float = 7 * 86_400.0) -> None:
        self.window = window
        self._parents: list[int] = []
        self._owners: dict[int, int] = {}
        self._seen: dict[int, float] = {}  # by key, least recently used first

    def add(self, keys: Iterable[int], at: float) -> int:
        """The story of a post with these keys, at an instant in seconds that never goes back."""
        self._forget(at)
        keys = list(keys)
        number = len(self._parents)
        self._parents.append(number)
        for key in keys:
            _join(self._parents, self._owners.setdefault(key, number), number)
            self._seen.pop(key, None)
            self._seen[key] = at
        return _root(self._parents, number)

    def story(self, number: int) -> int:
        """The story that stands today for one that `add` once gave."""
        return _root(self._parents, number)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._owners)

    def _forget(self, at: float) -> None:
        while self._seen:
            key = next(iter(self._seen))
            if self._seen[key] >= at - self.window:
                return
            del self._seen[key], self._owners[key]


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = index = parents[parents[index]]
    return index


def _join(parents: list[int], one: int, other: int) -> None:
    """The smaller number stands for both."""
    one, other = _root(parents, one), _root(parents, other)
    parents[max(one, other)] = min(one, other)
