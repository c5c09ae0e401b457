"""Many series side by side: the total, the negative ones, those of each theme."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

from classifiers.bursts.detector import DEFAULTS, Burst, BurstDetector
from classifiers.bursts.settings import BurstSettings

Key = TypeVar("Key", bound=Hashable)


class Streams(Generic[Key]):
    """A detector for each key, such as ("hospital", "theme:waiting"), of one common watch.

    A stream that a count leaves out had no mention. One that was never heard of was silent all the
    while, which is not the same as unknown: its first mentions are judged against that silence.
    """

    def __init__(self, settings: BurstSettings = DEFAULTS) -> None:
        self._silent = BurstDetector(settings)
        self._detectors: dict[Key, BurstDetector] = {}

    def __len__(self) -> int:
        return len(self._detectors)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Streams) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def update(
        self, instant: datetime, counts: Mapping[Key, int], *, covered: bool = True
    ) -> dict[Key, Burst]:
        """What each stream's count of the interval that ends at `instant` says."""
        for key, count in counts.items():
            if count and key not in self._detectors:
                self._detectors[key] = copy.deepcopy(self._silent)
        self._silent.update(instant, 0, covered=covered)
        return {
            key: detector.update(instant, counts.get(key, 0), covered=covered)
            for key, detector in self._detectors.items()
        }
