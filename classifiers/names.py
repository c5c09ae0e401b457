"""Words that make or unmake a personal name, for the detector of named patients; all folded."""

from __future__ import annotations

from importlib.resources import files


def _words(name: str) -> frozenset[str]:
    lines = files("classifiers").joinpath("data", f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


TITLES = _words("titles")
RELATIONS = _words("relations")
POSSESSED = _words("possessed") | (RELATIONS - {"medecin", "petit", "petite", "enfant"})
CARE_WORDS = _words("care_words")
CARE = tuple(sorted(_words("care_stems")))
PARTICLES = _words("particles")
PLACES = _words("places")
NEVER_NAMES = _words("never_names")
FIRST_NAMES = _words("first_names")
