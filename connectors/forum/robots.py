"""What a site asks of programs in its robots.txt.

RFC 9309. The standard library's parser takes the first rule that fits instead of the longest, and
knows no wildcards: forums' files live by both ("Disallow: /*?s=").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from connectors.reading import mapping

PRODUCT = "hospital-listener"
MAX_RULES = 500
MAX_BODY = 500 * 1024
"""Bytes that a crawler must read at least (RFC 9309 §2.5)."""
_MAX_PATTERN = 500
_MAX_DELAY = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules for us: (allowed, pattern), in the file's order."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay: float | None = None  # seconds between two requests (Crawl-delay, a custom)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The groups that name us, else those for everybody."""
        groups = list(_groups(text))
        own = [lines for agents, lines in groups if PRODUCT in agents]
        lines = own or [lines for agents, lines in groups if "*" in agents]
        pairs = [pair for group in lines for pair in group]
        rules = [(name == "allow", value[:_MAX_PATTERN]) for name, value in pairs if _rules(name)]
        delays = [seconds for name, value in pairs if name == "crawl-delay" and (seconds := _seconds(value))]  # fmt: skip
        return cls(
            rules=tuple(rule for rule in rules if rule[1])[:MAX_RULES],
            delay=max(delays, default=None),
        )

    @classmethod
    def load(cls, kept: object) -> Self:
        node = mapping(kept)
        rules = node.get("rules")
        pairs = [
            (pair[0], pair[1])
            for pair in (rules if isinstance(rules, list) else ())
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], str)
        ]
        delay = node.get("delay")
        return cls(
            rules=tuple((bool(allowed), pattern) for allowed, pattern in pairs),
            delay=delay if isinstance(delay, float) and 0 < delay <= _MAX_DELAY else None,
        )

    def dump(self) -> dict[str, Any]:
        return {"rules": [list(rule) for rule in self.rules], "delay": self.delay}

    def allows(self, target: str) -> bool:
        """Whether a path with its query may be asked for: the longest pattern that fits decides."""
        fitting = [(len(pattern), allowed) for allowed, pattern in self.rules if _fits(pattern, target)]  # fmt: skip
        return max(fitting, default=(0, True))[1]


def _rules(name: str) -> bool:
    return name in {"allow", "disallow"}


def _groups(text: str) -> Iterator[tuple[set[str], list[tuple[str, str]]]]:
    """Each group's agents in lower case, and its lines."""
    agents: set[str] = set()
    lines: list[tuple[str, str]] = []
    for name, value in _lines(text):
        if name == "user-agent":
            if lines:
                yield agents, lines
                agents, lines = set(), []
            agents.add(value.lower().partition("/")[0])
        elif agents:
            lines.append((name, value))
    if agents:
        yield agents, lines


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.lstrip("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon and (name := name.strip().lower()) != "sitemap":
            yield name, value.strip()


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(seconds, _MAX_DELAY) if seconds > 0 else None


def _fits(pattern: str, target: str) -> bool:
    """Piece by piece and without a regular expression, which a pattern of stars could stall."""
    anchored = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    place = len(first)
    if not pieces:
        return not anchored or place == len(target)
    last = pieces.pop()
    for piece in pieces:
        found = target.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    if anchored:
        return target.endswith(last) and len(target) - len(last) >= place
    return target.find(last, place) >= 0
