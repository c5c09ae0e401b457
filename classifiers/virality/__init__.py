"""Virality: how fast a post grows, and how far it will go.

This module and `growth` import no numerical library; `forecaster` does.
"""

from classifiers.virality.growth import VERSION, engagement, virality

__all__ = ["VERSION", "engagement", "virality"]
