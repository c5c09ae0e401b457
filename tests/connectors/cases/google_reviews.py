"""A place's Google reviews under contract."""

from __future__ import annotations

from connectors.connector import Connector
from connectors.google_reviews import GoogleReviewsConnector, GoogleReviewsSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.google_reviews import ACCOUNT, CLIENT, LOCATION, REFRESH, SECRET, GoogleReviews


def _reviews(network: GoogleReviews, means: Means) -> Connector:
    settings = GoogleReviewsSettings.model_validate(
        {
            "base_url": network.api,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "refresh_token": REFRESH,
            "account": ACCOUNT,
            "locations": (LOCATION,),
            "audience": False,
        }
    )
    return GoogleReviewsConnector(
        settings,
        http=means.http,
        watched=WATCHED,
        clock=means.clock,
        ledger=means.ledger,
        tokens=means.tokens,
    )


CASES = (Case("google_reviews", GoogleReviews, _reviews),)
