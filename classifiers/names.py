"""Words that make or unmake a personal name, for the detector of named patients; all folded."""

from __future__ import annotations

from classifiers.words import read_words

TITLES = read_words("titles")
RELATIONS = read_words("relations")
POSSESSED = read_words("possessed") | RELATIONS
CARE_WORDS = read_words("care_words")
CARE = tuple(sorted(read_words("care_stems")))
HOUSES = read_words("hospital_words")
PARTICLES = read_words("particles")
PLACES = read_words("places")
NEVER_NAMES = read_words("never_names")
FIRST_NAMES = read_words("first_names")
