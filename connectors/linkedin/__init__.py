"""LinkedIn: the hospital's own page, its comments, and the posts that mention it."""

from __future__ import annotations

from connectors.linkedin.connector import LinkedinConnector
from connectors.linkedin.settings import LinkedinSettings

__all__ = ["LinkedinConnector", "LinkedinSettings"]
