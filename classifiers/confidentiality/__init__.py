"""Who may be recognised in a text: names, roles, handles, numbers, and what a reply confirms.

Recall before precision: a masked town costs a reader a guess, a named patient costs much more.
Pure Python and linear in the text: every pattern is bounded, and each word is looked at once.
"""

from __future__ import annotations

from classifiers.confidentiality.passage import NEAR, Span
from classifiers.confidentiality.search import (
    MASK,
    Signals,
    find_patients,
    mask_patients,
    read_signals,
)

__all__ = ["MASK", "NEAR", "Signals", "Span", "find_patients", "mask_patients", "read_signals"]
