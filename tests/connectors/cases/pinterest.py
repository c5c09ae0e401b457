"""Pinterest under contract: the account's own pins."""

from __future__ import annotations

from typing import Any

from connectors.connector import Watched
from connectors.pinterest import PinterestConnector, PinterestSettings
from tests.connectors.case import Case, Means
from tests.networks.pinterest import TOKEN, Pinterest


def connector(
    network: Pinterest, means: Means, watched: Watched | None = None, **more: Any
) -> PinterestConnector:
    told = {"base_url": network.base_url, "access_token": TOKEN, "audience": False}
    return PinterestConnector(
        PinterestSettings.model_validate(told | more),
        http=means.http,
        watched=watched or Watched(),
        clock=means.clock,
        ledger=means.ledger,
        tokens=means.tokens,
    )


CASES = (Case("pinterest", Pinterest, connector),)
