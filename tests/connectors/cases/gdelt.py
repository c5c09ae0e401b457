"""GDELT under contract: one term."""

from __future__ import annotations

from connectors.connector import Connector, Watched
from connectors.gdelt import GdeltConnector, GdeltSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.gdelt import Gdelt


def _build(network: Gdelt, means: Means) -> Connector:
    return GdeltConnector(
        GdeltSettings(base_url=network.api),
        http=means.http,
        watched=Watched(terms=WATCHED.terms),
        clock=means.clock,
        ledger=means.ledger,
    )


CASES = (Case("gdelt", Gdelt, _build),)
