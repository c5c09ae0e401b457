"""SlideShare under contract: a search, an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.connector import Connector, Watched
from connectors.slideshare import SlideshareConnector, SlideshareSettings
from tests.connectors.case import Case, Means
from tests.networks.slideshare import API_KEY, SECRET, USER, Slideshare

A_DAY = timedelta(days=1)


def connector(
    network: Slideshare, means: Means, watched: Watched | None = None, **more: Any
) -> SlideshareConnector:
    told = {"base_url": network.base_url, "api_key": API_KEY, "shared_secret": SECRET}
    return SlideshareConnector(
        SlideshareSettings.model_validate(told | more),
        http=means.http,
        watched=watched or Watched(),
        clock=means.clock,
        ledger=means.ledger,
    )


def _search(network: Slideshare, means: Means) -> Connector:
    return connector(network, means, terms=["CHU de Valmont"])


def _account(network: Slideshare, means: Means) -> Connector:
    return connector(network, means, search=False, users=[USER])


CASES = (
    Case("slideshare", Slideshare, _search, patience=A_DAY),
    Case("slideshare-account", Slideshare, _account, patience=A_DAY),
)
