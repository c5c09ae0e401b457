"""What a person may say of a mention, and which mentions are most worth asking about."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from classifiers.outputs import CLASSES, FLAGS, LABELS, THRESHOLDS
from classifiers.themes import THEMES

SENTIMENT = "sentiment"
YES, NO = "yes", "no"

Word = Mapping[str, str]
"""What a person said of one mention: "sentiment" → a class, one of LABELS → yes or no."""

HELD_EVERY = 4  # a quarter of what is labelled measures, and teaches nothing
NEAR = 0.25  # from a threshold, a label is not in doubt any more
FAMILIAR = 0.7  # what each mention of the same network or theme that was chosen before leaves


def check(word: Word) -> None:
    """ValueError where the word says what nobody can say."""
    for name, value in word.items():
        known = CLASSES if name == SENTIMENT else (YES, NO)
        if name != SENTIMENT and name not in LABELS:
            raise ValueError(f"nothing is called {name!r}: sentiment, or {', '.join(LABELS)}")
        if value not in known:
            raise ValueError(f"{name} is {value!r}, not {' or '.join(known)}")


def is_held(text_hash: str, number: int) -> bool:
    """Whether a labelled text only measures: the same at every training, and for all of its copies."""
    key = text_hash or str(number)
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % HELD_EVERY == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A mention that nobody has labelled, as the classifiers see it."""

    id: int
    network: str
    occurred_at: datetime
    story: int | None
    text_hash: str
    sentiment: Mapping[str, float] = field(default_factory=dict)  # probabilities
    labels: Mapping[str, float] = field(default_factory=dict)  # probabilities, each alone

    @property
    def theme(self) -> str:
        """The likeliest theme; empty where none is in sight."""
        themes = {name: p for name, p in self.labels.items() if name in THEMES}
        best = max(themes, key=themes.__getitem__, default="")
        return best if themes.get(best, 0.0) >= THRESHOLDS["waiting"] / 2 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A mention worth labelling: how uncertain it is (0 to 1), and of what."""

    id: int
    worth: float
    sentiment: float  # entropy of the sentiment, 1 where all three are as likely
    doubtful: tuple[str, ...]  # labels near their threshold, the nearest first


def entropy(probabilities: Mapping[str, float]) -> float:
    """Shannon's, as a fraction of the greatest: 0 certain, 1 all classes as likely."""
    if len(probabilities) < 2:
        return 0.0
    total = sum(p * math.log(p) for p in probabilities.values() if p > 0)
    return min(1.0, -total / math.log(len(probabilities)))


def doubts(labels: Mapping[str, float]) -> dict[str, float]:
    """Labels near their threshold, with how near: 1 upon it."""
    near = {name: 1 - abs(p - THRESHOLDS[name]) / NEAR for name, p in labels.items()}
    ordered = sorted(near.items(), key=lambda item: -item[1])
    return {name: round(doubt, 3) for name, doubt in ordered if doubt > 0}


def propose(candidates: Sequence[Candidate], count: int) -> list[Proposal]:
    """The most useful `count`: uncertain, spread over networks and themes, one of each story.

    Greedy: each choice lowers what its network and theme are worth next; among equals the newest.
    """
    left = {c.id: (c, _proposal(c)) for c in sorted(candidates, key=_newest)}
    chosen: list[Proposal] = []
    met: Counter[tuple[str, str]] = Counter()
    while left and len(chosen) < count:
        number = max(left, key=lambda n: _worth(*left[n], met))
        candidate, proposal = left.pop(number)
        chosen.append(proposal)
        met.update(_kinds(candidate))
        for other in [n for n, (c, _) in left.items() if _alike(c, candidate)]:
            del left[other]
    return chosen


def _proposal(candidate: Candidate) -> Proposal:
    found = doubts(candidate.labels)
    tone = entropy(candidate.sentiment)
    nearest = next(iter(found.values()), 0.0)
    flagged = any(name in FLAGS for name in found)
    # What is not known to be about a hospital, or to name a patient, decides over all the rest.
    worth = 0.6 * tone + 0.3 * nearest + (0.1 if flagged else 0.0)
    return Proposal(
        id=candidate.id,
        worth=round(worth, 4),
        sentiment=round(tone, 3),
        doubtful=tuple(found),
    )


def _worth(candidate: Candidate, proposal: Proposal, met: Mapping[tuple[str, str], int]) -> float:
    times = sum(met.get(kind, 0) for kind in _kinds(candidate))
    return float(round(proposal.worth * FAMILIAR**times, 4))


def _kinds(candidate: Candidate) -> Iterator[tuple[str, str]]:
    yield "network", candidate.network
    yield "theme", candidate.theme


def _newest(candidate: Candidate) -> tuple[float, int]:
    return -candidate.occurred_at.timestamp(), -candidate.id


def _alike(one: Candidate, other: Candidate) -> bool:
    same_story = one.story is not None and one.story == other.story
    return same_story or one.text_hash == other.text_hash
