"""What the text models say, in the order of their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from classifiers.themes import THEMES

CLASSES = ("negative", "neutral", "positive")
FLAGS = ("patient_privacy", "about_hospital", "toxicity")
LABELS = THEMES + FLAGS  # each stands alone
OUTPUTS = CLASSES + LABELS

# Probabilities from which a label is said to hold: a theme where F1 is best on texts held back, a flag
# where its errors weigh equally – but a patient missed costs more than a mask too many.
LIKELY = 0.35
THRESHOLDS: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(THEMES, LIKELY) | {"patient_privacy": 0.4, "about_hospital": 0.5, "toxicity": 0.5}
)

# Behind them: the tone of a text of any subject, and whether a text resembles hospital posts at all,
# by which the two readings of its sentiment are mixed.
GENERAL = tuple(f"any_{name}" for name in CLASSES)
FAMILIAR = "familiar"
INNER = (*OUTPUTS, *GENERAL, FAMILIAR)
