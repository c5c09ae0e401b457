"""Facebook under contract: a Page's lists of posts, and the comments of posts read before."""

from __future__ import annotations

from connectors.connector import Connector
from connectors.facebook import FacebookConnector, FacebookSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.facebook import APP_SECRET, PAGE, TOKEN, Commented, Facebook


def _page(network: Facebook, means: Means) -> Connector:
    settings = FacebookSettings.model_validate(
        {
            "base_url": network.base_url,
            "page": PAGE,
            "access_token": TOKEN,
            "app_secret": APP_SECRET,
        }
    )
    return FacebookConnector(
        settings, http=means.http, watched=WATCHED, clock=means.clock, tokens=means.tokens
    )


CASES = (Case("facebook", Facebook, _page), Case("facebook-comments", Commented, _page))
