"""How well `find_patients` covers the words that readers marked as telling who is a patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

from classifiers.confidentiality import Span, find_patients

COVERED = 0.5  # of a mark's characters
DECIMALS = 4


def evaluate(posts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Recall of marks, and what is masked of posts without any, as fractions.

    `posts`: as the corpus has them, with "text" and "spans" (pairs of offsets). Covered is a mark
    of which half the characters lie in found spans; a post, whose marks all are; partly_covered,
    one with at least one such mark. Intervals are Wilson's, over posts. ValueError without a
    marked and an unmarked post.
    """
    found = [(post, find_patients(post["text"])) for post in posts]
    marked = [(post["spans"], spans) for post, spans in found if post["spans"]]
    unmarked = [(len(post["text"]), spans) for post, spans in found if not post["spans"]]
    if not marked or not unmarked:
        raise ValueError("a marked and an unmarked post are needed")
    return _recall(marked) | _masked(unmarked)


def _recall(marked: Sequence[tuple[Any, Sequence[Span]]]) -> dict[str, Any]:
    shares = [[_share(spans, *mark) for mark in marks] for marks, spans in marked]
    lengths = [[end - start for start, end in marks] for marks, _ in marked]
    inside = sum(
        s * n for row, ns in zip(shares, lengths, strict=True) for s, n in zip(row, ns, strict=True)
    )
    whole = sum(min(row) >= COVERED for row in shares)
    part = sum(max(row) >= COVERED for row in shares)
    return {
        "marked": len(marked),
        "characters": round(inside / sum(map(sum, lengths)), DECIMALS),
        "covered": round(whole / len(marked), DECIMALS),
        "covered_95": wilson(whole, len(marked)),
        "partly_covered": round(part / len(marked), DECIMALS),
        "partly_covered_95": wilson(part, len(marked)),
    }


def _masked(unmarked: Sequence[tuple[int, Sequence[Span]]]) -> dict[str, Any]:
    kinds = Counter(kind for _, spans in unmarked for kind in {span.kind for span in spans})
    touched = sum(bool(spans) for _, spans in unmarked)
    beside = sum(any(span.kind != "carer" for span in spans) for _, spans in unmarked)
    hidden = sum(span.end - span.start for _, spans in unmarked for span in spans)
    count = len(unmarked)
    return {
        "unmarked": count,
        "unmarked_found": round(touched / count, DECIMALS),
        "unmarked_found_95": wilson(touched, count),
        "unmarked_found_but_carers": round(beside / count, DECIMALS),
        "unmarked_characters": round(hidden / sum(n for n, _ in unmarked), DECIMALS),
        "unmarked_by_kind": {k: round(n / count, DECIMALS) for k, n in kinds.most_common()},
    }


def _share(spans: Sequence[Span], start: int, end: int) -> float:
    """Of the characters start to end, what lies in the disjoint spans."""
    return sum(max(0, min(end, s.end) - max(start, s.start)) for s in spans) / (end - start)


def wilson(hits: int, count: int, z: float = 1.96) -> list[float]:
    """95 % interval of a proportion (Wilson, JASA 22, 1927)."""
    share = hits / count
    centre = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return [round((centre - spread) / scale, DECIMALS), round((centre + spread) / scale, DECIMALS)]
