"""Google reviews: the hospital's own by Business Profile, other places' ratings by Places."""

from __future__ import annotations

from connectors.google_reviews.connector import GoogleReviewsConnector
from connectors.google_reviews.settings import GoogleReviewsSettings

__all__ = ["GoogleReviewsConnector", "GoogleReviewsSettings"]
