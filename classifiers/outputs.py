"""What the text models say, in the order of their outputs."""

from __future__ import annotations

from classifiers.themes import THEMES

CLASSES = ("negative", "neutral", "positive")
FLAGS = ("patient_privacy", "about_hospital", "toxicity")
LABELS = THEMES + FLAGS  # each stands alone
OUTPUTS = CLASSES + LABELS
