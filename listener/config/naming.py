"""What one section names, another has: the one complaint about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Complaint = tuple[str, str]
"""A key's path, and what is wrong with it."""


def named(
    path: str, names: Iterable[str | None], known: Iterable[str], section: str, *, kind: str = ""
) -> Iterator[Complaint]:
    """`kind`: of those of the section that are meant, where not all are."""
    choice = sorted(name for name in known if name)
    which = f' with kind = "{kind}"' if kind else ""
    for name in names:
        if name not in choice:
            listed = ", ".join(choice) or "there is none"
            yield path, f"{name!r}: should be the id of a [[{section}]]{which}: {listed}"
