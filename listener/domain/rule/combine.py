"""Rules that ask several things: of one mention the same mention, of many the same subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from listener.domain.rule.breach import Breach
from listener.domain.rule.facts import Facts
from listener.domain.rule.settings import (
    BurstRule,
    CombinedRule,
    CountRule,
    NegativeShareRule,
    Rule,
    is_of_mentions,
    leaves,
)

Raw = Callable[[Rule, Facts, frozenset[str]], Sequence[Breach]]
"""How a part is judged by itself."""

Hits = Mapping[tuple[str, int | None], Breach]
"""A part's breaches by subject and mention; None: an aggregate."""

WAITING = 20  # mentions that are remembered until the others come, the latest
BURST_MEMORY = timedelta(hours=1)
LONGEST_MEMORY = timedelta(days=1)


def combine(
    rule: CombinedRule, facts: Facts, subjects: frozenset[str], raw: Raw
) -> Iterator[Breach]:
    """What holds now; of `all`, a mention and an aggregate at the same look."""
    hits = [_by_key(raw(part, facts, subjects)) for part in rule.parts]
    for subject in sorted(subjects):
        for mention in _mentions(hits, subject):
            found = _found(hits, subject, mention)
            if _holds(rule, found, hits) and any(b.mentions for b in found):
                yield _combined(rule, subject, found, mention)
        found = [hit[subject, None] for hit in hits if (subject, None) in hit]
        if found and _holds(rule, found, hits):
            yield _combined(rule, subject, found, None)


def _holds(rule: CombinedRule, found: Sequence[Breach], hits: Sequence[Hits]) -> bool:
    return len(found) == len(hits) if rule.kind == "all" else bool(found)


def _by_key(breaches: Sequence[Breach]) -> Hits:
    return {(b.subject, b.mentions[0] if b.mentions else None): b for b in breaches}


def _mentions(hits: Sequence[Hits], subject: str) -> list[int]:
    return sorted({m for hit in hits for about, m in hit if about == subject and m is not None})


def _found(hits: Sequence[Hits], subject: str, mention: int) -> list[Breach]:
    """What each part says of a mention, or else of its subject."""
    said = (hit.get((subject, mention)) or hit.get((subject, None)) for hit in hits)
    return [breach for breach in said if breach is not None]


def _combined(
    rule: CombinedRule, subject: str, found: Sequence[Breach], mention: int | None
) -> Breach:
    sinces = [b.since for b in found if b.since is not None]
    about = next((b for b in found if b.mentions), None)
    return Breach(
        rule=rule.id,
        kind=rule.kind,
        level=rule.level,
        subject=subject,
        at=max(b.at for b in found),
        seen={"conditions": [{"kind": b.kind, **b.seen} for b in found]},
        expected={"conditions": [{"kind": b.kind, **b.expected} for b in found]},
        since=min(sinces, default=None),
        mentions=() if mention is None else (mention,),
        story=about.story if about else None,
        exempt=any(b.exempt for b in found),
    )


# A journalist posts; ten minutes later the count is reached. Neither look sees both by itself, so
# that what was met of a mention waits for what is asked of many.


def met_alone(
    rule: CombinedRule, facts: Facts, subjects: frozenset[str], raw: Raw
) -> dict[str, list[Breach]]:
    """By subject, the mentions that meet all that is asked of one mention."""
    of_one = [part for part in rule.parts if all(map(is_of_mentions, leaves(part)))]
    hits = [_by_key(raw(part, facts, subjects)) for part in of_one]
    met: dict[str, list[Breach]] = {}
    for subject in sorted(subjects):
        for mention in _mentions(hits, subject):
            found = _found(hits, subject, mention)
            if len(found) == len(hits):
                met.setdefault(subject, []).append(_combined(rule, subject, found, mention))
    return met


def met_by_many(
    rule: CombinedRule, facts: Facts, subjects: frozenset[str], raw: Raw
) -> dict[str, list[Breach]]:
    """By subject, what the other parts say, where all of them hold."""
    others = [part for part in rule.parts if not all(map(is_of_mentions, leaves(part)))]
    hits = [_by_key(raw(part, facts, subjects)) for part in others]
    return {
        subject: [hit[subject, None] for hit in hits]
        for subject in sorted(subjects)
        if all((subject, None) in hit for hit in hits)
    }


def joined(rule: CombinedRule, waited: Breach, many: Sequence[Breach]) -> Breach:
    """A mention that waited, with what has come since."""
    sinces = [b.since for b in (waited, *many) if b.since is not None]
    seen = [*waited.seen["conditions"], *({"kind": b.kind, **b.seen} for b in many)]
    expected = [*waited.expected["conditions"], *({"kind": b.kind, **b.expected} for b in many)]
    return Breach(
        rule=rule.id,
        kind=rule.kind,
        level=rule.level,
        subject=waited.subject,
        at=max(b.at for b in (waited, *many)),
        seen={"conditions": seen},
        expected={"conditions": expected},
        since=min(sinces, default=None),
        mentions=waited.mentions,
        story=waited.story,
        exempt=waited.exempt or any(b.exempt for b in many),
    )


def memory(rule: CombinedRule) -> timedelta:
    """How long a mention waits: as long as the longest window that it is to be seen beside."""
    windows = [
        leaf.window if isinstance(leaf, CountRule | NegativeShareRule) else BURST_MEMORY
        for leaf in leaves(rule)
        if isinstance(leaf, CountRule | NegativeShareRule | BurstRule)
    ]
    return min(max(windows, default=LONGEST_MEMORY), LONGEST_MEMORY)


def noted(breach: Breach) -> dict[str, Any]:
    """A mention that waits, as it is stored: keys and figures."""
    return {
        "mention": breach.mentions[0],
        "story": breach.story,
        "at": breach.at.isoformat(),
        "exempt": breach.exempt,
        "seen": dict(breach.seen),
        "expected": dict(breach.expected),
    }


def recalled(rule: CombinedRule, subject: str, note: Mapping[str, Any]) -> Breach:
    return Breach(
        rule=rule.id,
        kind=rule.kind,
        level=rule.level,
        subject=subject,
        at=datetime.fromisoformat(note["at"]),
        seen=note["seen"],
        expected=note["expected"],
        mentions=(note["mention"],),
        story=note["story"],
        exempt=note["exempt"],
    )
