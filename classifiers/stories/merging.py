"""Proposes to merge stories that say the same in other words, by an encoder of sentences.

Sentences about one hospital lie close together, whatever they say: cosines of different events reach
0.93. Taking away what all have in common, their mean (Mu & Viswanath 2018), sets them apart. Two
stories are proposed only where each is the other's nearest, so that one pass chains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifiers.stories.proposals import Proposal, Representative
from classifiers.stories.words import telling


class Vectoriser(Protocol):
    """An encoder, or what remembers its vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of length 1."""
        ...


THRESHOLD = 0.55
"""Of the centred cosine. On 64 invented events told twice and 8,064 pairs of different events, with
multilingual-e5-small: 75 % of the events found (95 % interval 63–84 %) and no different ones; the
first different pair comes at 0.44. Figures differ with another encoder: pass its own threshold."""
ENOUGH = 30  # representatives, below which their mean is one story's rather than the place's
AT_MOST = 2_000  # compared in one pass, the newest: 16 MB of similarities
TELLING_WORDS = 6  # shorter texts fit any event
APART = 48 * 3600.0  # seconds between two tellings of one event


def propose(
    representatives: Sequence[Representative],
    encoder: Vectoriser,
    *,
    threshold: float = THRESHOLD,
    apart: float = APART,
) -> list[Proposal]:
    """Pairs of stories that seem to be one, the surest first; none where too little is said.

    Only stories that share a subject, at most `apart` seconds from each other, are compared.
    """
    told = [one for one in representatives if len(telling(one.text)) >= TELLING_WORDS]
    told = sorted(told, key=lambda one: (one.at, one.story))[-AT_MOST:]
    if len(told) < ENOUGH:
        return []
    similar = similarities(encoder.encode([one.text for one in told]))
    similar[~_comparable(told, apart)] = -1.0
    nearest = similar.argmax(axis=1)
    proposals = [
        _proposal(told[one], told[other], float(similar[one, other]))
        for one, other in enumerate(nearest)
        if one < other and nearest[other] == one and similar[one, other] >= threshold
    ]
    return sorted(proposals, key=lambda proposal: (-proposal.similarity, proposal.older))


def similarities(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines of n × width vectors about their mean: n × n, in -1 … 1."""
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    centred /= np.maximum(lengths, np.float32(1e-9))
    return np.asarray(centred @ centred.T, dtype=np.float32)


def _comparable(told: Sequence[Representative], apart: float) -> NDArray[np.bool_]:
    at = np.array([one.at for one in told])
    stories = np.array([one.story for one in told])
    near = np.abs(at[:, None] - at[None, :]) <= apart
    near &= stories[:, None] != stories[None, :]
    shared = np.zeros_like(near)
    for subject in {subject for one in told for subject in one.subjects}:
        concerned = np.array([subject in one.subjects for one in told])
        shared |= concerned[:, None] & concerned[None, :]
    return np.asarray(near & shared, dtype=np.bool_)


def _proposal(one: Representative, other: Representative, similarity: float) -> Proposal:
    older, newer = sorted((one.story, other.story))
    return Proposal(older=older, newer=newer, similarity=similarity)
