"""Word lists kept as data: one file a list, words apart by spaces, comments after a #."""

from __future__ import annotations

from importlib.resources import files


def read_words(name: str) -> frozenset[str]:
    """The words of classifiers/data/`name`.txt."""
    lines = files("classifiers").joinpath("data", f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
