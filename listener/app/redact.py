"""The last net under the logs: what looks like a secret or a person is blanked, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from traceback import walk_tb
from types import TracebackType
from typing import Any

LONGEST = 2_000  # characters of one value: a log is no place for an article
DEEPEST = 60  # frames of one stack
CAUSES = 5

_NETS = (
    (re.compile(r"(//)[^/@\s]+@"), r"\1…@"),  # a login in an address
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]+)[?#][^\s\"'<>]*"), r"\1?…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 …"),
    (
        re.compile(
            r"(?i)([\w-]*(?:token|secret|password|passwd|api_?key)[\"']?\s*[=:]\s*)[^\s,;&]+"
        ),
        r"\1…",
    ),
    (re.compile(r"\bxox[a-z]-[\w-]+"), "…"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "…"),
    (re.compile(r"\b[0-9a-f]{32,}\b"), "…"),
    (
        re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[A-Za-z0-9_-]{24,}"),
        "…",
    ),
    (re.compile(r"(?<!/)\b[\w.+-]+@(?=[\w-]+\.)"), "…@"),  # whose mailbox, or whose account
    (re.compile(r"(?<![\w/.…])@[\w.-]{2,}"), "@…"),
)
# Their messages speak of types and files, never of what a network or a person said.
_HARMLESS = (
    TypeError,
    AttributeError,
    NameError,
    ImportError,
    NotImplementedError,
    OSError,
    MemoryError,
)
_OURS = ("listener.", "connectors.", "classifiers.")


def redacted(value: Any) -> Any:
    """The value with its secrets blanked; of containers, their members."""
    if isinstance(value, str):
        text = value if len(value) <= LONGEST else value[:LONGEST] + "…"
        for pattern, instead in _NETS:
            text = pattern.sub(instead, text)
        return text
    if isinstance(value, Mapping):
        return {str(key): redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))


def stack(error: BaseException) -> str:
    """Where an error came from, by its frames; its words only where they can hold nobody's text."""
    parts: list[str] = []
    current: BaseException | None = error
    for _ in range(CAUSES):
        if current is None:
            break
        parts.append("\n".join([describe(current), *_frames(current.__traceback__)]))
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\nbecause of ".join(parts)


def describe(error: BaseException) -> str:
    """An error in a line: a library's own words may quote the text that it choked on."""
    kind = type(error)
    name = kind.__qualname__
    if isinstance(error, _HARMLESS) or kind.__module__.startswith(_OURS):
        return f"{name}: {redacted(str(error))}"
    return f"{name} (of {kind.__module__}; its message may quote a post: withheld)"


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = [
        f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}"
        for frame, line in walk_tb(traceback)
    ]
    if len(frames) <= DEEPEST:
        return frames
    return [*frames[: DEEPEST // 2], "  …", *frames[-DEEPEST // 2 :]]
