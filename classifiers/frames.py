"""The scorer's wire: length-prefixed JSON frames. Imports no numerical library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from classifiers.classifier import Reading, Reason, Sample, Score
from classifiers.stories.proposals import Proposal, Representative

HEADER = 4  # bytes, big-endian length of the body
MAX_BODY = 64 * 1024 * 1024
MAX_TEXT = 20_000  # characters of a text sent to the scorer, which judges fewer still
_BIGGEST = 2**53  # beyond it JSON's integers are no longer exact


def encode(message: Mapping[str, Any]) -> bytes:
    body = orjson.dumps(message)
    return len(body).to_bytes(HEADER, "big") + body


def body_length(header: bytes) -> int:
    """Bytes to read after `header`. ValueError for a length that no honest peer sends."""
    length = int.from_bytes(header, "big")
    if length > MAX_BODY:
        raise ValueError(f"a frame of {length} bytes is beyond the limit of {MAX_BODY}")
    return length


def pack_sample(sample: Sample) -> dict[str, Any]:
    """As JSON can say it: lone surrogates replaced, absurd counts and non-numbers bounded."""
    packed: dict[str, Any] = {"text": _writable(sample.text)}
    if sample.title:
        packed["title"] = _writable(sample.title)
    if sample.language:
        packed["language"] = _writable(sample.language[:35])
    if sample.readings:
        packed["readings"] = [_pack_reading(r) for r in sample.readings if math.isfinite(r.age)]
    for name in ("rating", "followers", "hour", "usual"):
        value = getattr(sample, name)
        if value is not None:
            packed[name] = _bounded(value)
    packed["network"] = _writable(sample.network)
    packed["kind"] = _writable(sample.kind)
    packed["weight"] = sample.weight
    if sample.stands:
        packed["stands"] = True
    return packed


def unpack_sample(packed: Mapping[str, Any]) -> Sample:
    known = {name: value for name, value in packed.items() if value is not None}
    readings = tuple(Reading(**reading) for reading in known.pop("readings", ()))
    return Sample(readings=readings, **known)


def pack_scores(scores: Sequence[Sequence[Score]]) -> list[list[list[Any]]]:
    return [[_pack_score(score) for score in row] for row in scores]


def unpack_scores(packed: Sequence[Sequence[Sequence[Any]]]) -> list[list[Score]]:
    return [[_unpack_score(*score) for score in row] for row in packed]


def pack_representatives(told: Sequence[Representative]) -> list[list[Any]]:
    return [[one.story, _writable(one.text), one.at, sorted(one.subjects)] for one in told]


def unpack_representatives(packed: Sequence[Sequence[Any]]) -> list[Representative]:
    return [
        Representative(story=story, text=text, at=at, subjects=frozenset(subjects))
        for story, text, at, subjects in packed
    ]


def pack_proposals(found: Sequence[Proposal]) -> list[list[Any]]:
    return [[one.older, one.newer, one.similarity] for one in found]


def unpack_proposals(packed: Sequence[Sequence[Any]]) -> list[Proposal]:
    return [Proposal(older=a, newer=b, similarity=c) for a, b, c in packed]


def _pack_score(score: Score) -> list[Any]:
    reasons = [(r.code, r.share, r.detail) for r in score.reasons]
    figures, probabilities = dict(score.figures), dict(score.probabilities)
    return [score.classifier, score.version, probabilities, score.value, figures, reasons]


def _unpack_score(
    classifier: str,
    version: str,
    probabilities: dict[str, float],
    value: float | None,
    figures: dict[str, float],
    reasons: Sequence[tuple[str, float, str]],
) -> Score:
    return Score(
        classifier=classifier,
        version=version,
        probabilities=probabilities,
        value=value,
        figures=figures,
        reasons=tuple(Reason(code=c, share=s, detail=d) for c, s, d in reasons),
    )


def _pack_reading(reading: Reading) -> dict[str, Any]:
    counts = {
        name: min(max(value, -_BIGGEST), _BIGGEST)
        for name in ("views", "reactions", "replies", "shares")
        if (value := getattr(reading, name)) is not None
    }
    return {"age": reading.age, **counts}


def _writable(text: str) -> str:
    text = text[:MAX_TEXT]
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _bounded(value: float) -> float | None:
    return min(max(value, -_BIGGEST), _BIGGEST) if math.isfinite(value) else None
