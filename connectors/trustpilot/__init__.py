"""Trustpilot: reviews of the hospital's profile, the replies to them, its score."""

from __future__ import annotations

from connectors.trustpilot.connector import TrustpilotConnector
from connectors.trustpilot.settings import TrustpilotSettings

__all__ = ["TrustpilotConnector", "TrustpilotSettings"]
