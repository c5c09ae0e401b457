"""The burst detectors as they stand after a run of tallies: the same ones give the same state."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from classifiers.bursts import Burst, BurstSettings, Streams
from listener.domain.burst import INTERVAL, TOTAL, UNSCORED, BurstFact
from listener.storage.tallies import Tally

# Intervals after one that was not watched, into which its posts may come yet: two polls' worth.
CATCHING_UP = 2
MOST_UNSCORED = 0.5  # of the mentions of an interval; beyond, who knows what they say

Key = tuple[str, str]  # subject, stream


@dataclass(slots=True)
class BurstFold:
    """Takes the tallies of after `begin` one by one, oldest first; knows no clock, no database.

    `watched` are the (subject, stream) that somebody asks about: a detector costs some 50 µs an
    interval, and a rule asks about one or two.
    """

    watched: Collection[Key]
    zone: tzinfo
    begin: datetime
    until: datetime | None = None
    facts: list[BurstFact] = field(default_factory=list)  # of the last interval, by stream
    alarms: list[BurstFact] = field(default_factory=list)  # of all, until somebody takes them out
    _volume: Streams[Key] = field(init=False)
    _judged: Streams[Key] = field(init=False)  # those that a scorer's absence makes blind
    _recent: deque[bool] = field(init=False)

    def __post_init__(self) -> None:
        settings = BurstSettings(interval=INTERVAL, zone=self.zone)
        self._volume, self._judged = Streams(settings), Streams(settings)
        self._recent = deque(maxlen=CATCHING_UP)

    def take_all(self, tallies: Iterable[Tally]) -> None:
        for tally in tallies:
            self.take(tally)

    def take(self, tally: Tally) -> None:
        """Learn what the tally says of each watched stream that ever had a mention."""
        covered = self._is_covered(tally)
        counts = self._wanted(tally)
        volume = {key: count for key, count in counts.items() if key[1] == TOTAL}
        judged = {key: count for key, count in counts.items() if key[1] != TOTAL}
        found = self._volume.update(tally.until, volume, covered=covered)
        found.update(
            self._judged.update(tally.until, judged, covered=covered and _is_scored(tally))
        )
        self.until = tally.until
        self.facts = [_fact(key, burst) for key, burst in found.items()]
        self.alarms += [fact for fact in self.facts if fact.alarm]

    def _is_covered(self, tally: Tally) -> bool:
        if self.until is not None and tally.until - self.until > INTERVAL:
            self._recent.extend([False] * CATCHING_UP)
        covered = tally.covered and all(self._recent)
        self._recent.append(tally.covered)
        return covered

    def _wanted(self, tally: Tally) -> Mapping[Key, int]:
        return {
            key: count
            for key in self.watched
            if (count := tally.counts.get(key[0], {}).get(key[1], 0))
        }


def _is_scored(tally: Tally) -> bool:
    totals = sum(streams.get(TOTAL, 0) for streams in tally.counts.values())
    unscored = sum(streams.get(UNSCORED, 0) for streams in tally.counts.values())
    return unscored <= MOST_UNSCORED * totals


def _fact(key: Key, burst: Burst) -> BurstFact:
    subject, stream = key
    return BurstFact(
        subject=subject,
        stream=stream,
        until=burst.instant,
        score=burst.score,
        alarm=burst.alarm,
        ongoing=burst.ongoing,
        observed=burst.observed,
        expected=burst.expected,
        record=burst.record,
        span=burst.span,
    )
