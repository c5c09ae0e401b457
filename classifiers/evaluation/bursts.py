"""How well bursts are found in labelled counts: `listener evaluate bursts`."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from classifiers.bursts import Burst, BurstDetector, BurstSettings
from classifiers.evaluation import nab
from classifiers.evaluation.series import Series, Window, read_series, read_windows, windows_of

DAYS_A_MONTH = 365.25 / 12
NIGHT_BEGINS, NIGHT_ENDS = 22, 7  # o'clock, as the file's timestamps have it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the detector made of one labelled series, in rows."""

    series: Series
    detections: nab.Detections

    @property
    def months(self) -> float:
        """Watched, the probationary period left out."""
        return self.series.days * self._scored_share / DAYS_A_MONTH

    @property
    def _scored_share(self) -> float:
        rows = len(self.series)
        return (rows - nab.probation(rows)) / rows

    @property
    def delays(self) -> list[timedelta]:
        """From each found window's first row to its first alarm."""
        at = self.series.instants
        return [at[row] - at[window[0]] for window, row in self.detections.first.items()]

    @property
    def night_false(self) -> int:
        at = self.series.instants
        return sum(is_night(at[row]) for row in self.detections.false)


def evaluate(
    files: Sequence[Path], windows: Path | None = None, scores: Path | None = None
) -> dict[str, Any]:
    """Run the shipped detector over each file of counts (columns timestamp, value).

    All figures are at the detector's one frozen threshold; an alarm is one detection, in the row
    in which it begins. False alarms are those outside all windows, a month and a file; delays are
    from a window's start. What needs windows is None without them. `scores`: a folder in which
    each file's rows are written with their score and alarm. ValueError, naming file and line: a
    file that cannot be read, or that the windows do not know.
    """
    labelled = read_windows(windows) if windows else None
    _require_distinct(files, scores)
    outcomes = []
    for path in files:
        series = read_series(path)
        limits = _windows(path, windows, labelled)
        bursts = detect(series)
        if scores:
            write_scores(scores / f"{path.stem}.csv", series, bursts)
        outcomes.append(outcome(series, bursts, limits))
    return figures(outcomes, labelled=labelled is not None)


def detect(series: Series, settings: BurstSettings | None = None) -> list[Burst]:
    """One burst for each count, in order, each knowing only those before it."""
    detector = BurstDetector(settings or BurstSettings(interval=series.interval))
    return [
        detector.update(instant, count)
        for instant, count in zip(series.instants, series.counts, strict=True)
    ]


def outcome(series: Series, bursts: Sequence[Burst], windows: Iterable[Window]) -> Outcome:
    """The alarms and the windows, in rows; windows that no scored row falls into are left out."""
    alarms = tuple(row for row, burst in enumerate(bursts) if burst.alarm)
    limits = [
        (bisect_left(series.instants, start), bisect_right(series.instants, end) - 1)
        for start, end in windows
    ]
    first = nab.probation(len(series))
    seen = tuple((start, end) for start, end in limits if max(start, first) <= end)
    detections = nab.Detections(rows=len(series), detected=alarms, windows=seen)
    return Outcome(series=series, detections=detections)


def figures(outcomes: Sequence[Outcome], *, labelled: bool) -> dict[str, Any]:
    """The figures of all series together, then those of each."""
    return {**_figures(outcomes, labelled), "files": [_of_file(one, labelled) for one in outcomes]}


def _of_file(one: Outcome, labelled: bool) -> dict[str, Any]:
    alarms = len(one.detections.detected)
    return {"file": one.series.name, "alarms": alarms, **_figures([one], labelled)}


def _figures(outcomes: Sequence[Outcome], labelled: bool) -> dict[str, Any]:
    detections = [one.detections for one in outcomes]
    months = sum(one.months for one in outcomes)
    delays = [delay / timedelta(minutes=1) for one in outcomes for delay in one.delays]
    known = labelled and months > 0
    return {
        "nab": {name: nab.score(detections, profile) for name, profile in nab.PROFILES.items()},
        "windows_found": sum(len(one.first) for one in detections) if labelled else None,
        "windows": sum(len(one.windows) for one in detections) if labelled else None,
        "false_alarms_per_month": (
            sum(len(one.false) for one in detections) / months if known else None
        ),
        "night_false_alarms_per_month": (
            sum(one.night_false for one in outcomes) / months if known else None
        ),
        "median_delay_minutes": median(delays) if delays else None,
    }


def is_night(instant: datetime) -> bool:
    """Is it an hour at which an alarm wakes somebody?"""
    return instant.hour >= NIGHT_BEGINS or instant.hour < NIGHT_ENDS


def write_scores(path: Path, series: Series, bursts: Sequence[Burst]) -> None:
    """A CSV file: timestamp, value, score (0 to 1), alarm (0 or 1)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("timestamp", "value", "score", "alarm"))
        for instant, count, burst in zip(series.instants, series.counts, bursts, strict=True):
            # Unrounded, so that whoever compares with the threshold finds the same alarms.
            writer.writerow((_plain(instant), count, burst.score, int(burst.alarm)))


def _plain(instant: datetime) -> str:
    """As files of counts have it: UTC without saying so."""
    return str(instant.replace(tzinfo=None)) if not instant.utcoffset() else str(instant)


def _windows(
    path: Path, source: Path | None, labelled: Mapping[str, tuple[Window, ...]] | None
) -> tuple[Window, ...]:
    if labelled is None:
        return ()
    try:
        return windows_of(path.stem, labelled)
    except KeyError as error:
        raise ValueError(f"{path}: {source} has no windows for it, or several lists") from error


def _require_distinct(files: Sequence[Path], scores: Path | None) -> None:
    stems = [path.stem for path in files]
    if scores and len(set(stems)) < len(stems):
        raise ValueError(f"{scores}: two files of one name would be written over one another")
