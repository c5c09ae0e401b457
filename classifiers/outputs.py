"""What the text models say, in the order of their outputs."""

from __future__ import annotations

from classifiers.themes import THEMES

CLASSES = ("negative", "neutral", "positive")
FLAGS = ("patient_privacy", "about_hospital", "toxicity")
LABELS = THEMES + FLAGS  # each stands alone
OUTPUTS = CLASSES + LABELS

# Behind them: the tone of a text of any subject, and whether a text resembles hospital posts at all,
# by which the two readings of its sentiment are mixed.
GENERAL = tuple(f"any_{name}" for name in CLASSES)
FAMILIAR = "familiar"
INNER = (*OUTPUTS, *GENERAL, FAMILIAR)
