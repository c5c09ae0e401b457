"""What an incident keeps of its breaches: figures and keys, the gravest of each rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from listener.domain.rule import Breach

Item = Mapping[str, Any]

# What a rule's breaches are compared by: its own figure; found terms are all alike.
FIGURE = {
    "severity": "severity",
    "count": "count",
    "negative_share": "share",
    "burst": "observed",
    "growth": "probability",
    "author_reach": "followers",
    "spread": "networks",
}


def evidence_of(breach: Breach) -> dict[str, Any]:
    """A breach as it is kept: never a text."""
    return {
        "rule": breach.rule,
        "kind": breach.kind,
        "level": breach.level.value,
        "at": breach.at.isoformat(),
        "since": breach.since.isoformat() if breach.since else None,
        "seen": dict(breach.seen),
        "expected": dict(breach.expected),
        **({"exempt": True} if breach.exempt else {}),
        **({"event": breach.event} if breach.event else {}),
    }


def merge_evidence(old: Sequence[Item], new: Iterable[Item]) -> list[Item]:
    """One breach a rule: the gravest figures it has seen, the latest of equals.

    Where a life was at stake once, no figure hides it.
    """
    by_rule = {item["rule"]: item for item in old}
    for item in new:
        before = by_rule.get(item["rule"])
        if before is None or _gravity(item) >= _gravity(before):
            by_rule[item["rule"]] = item
    return list(by_rule.values())


def _gravity(item: Item) -> tuple[bool, float]:
    value = item["seen"].get(FIGURE.get(item["kind"], ""), 0)
    return bool(item.get("exempt")), float(value) if isinstance(value, int | float) else 0.0
