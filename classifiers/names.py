"""Words that make or unmake a personal name, for the detector of named patients; all folded."""

from __future__ import annotations

from classifiers.words import read_words

FIRST_NAMES = read_words("first_names")
CARE = tuple(sorted(read_words("care_stems")))
PATIENT = tuple(sorted(read_words("patient_stems")))
