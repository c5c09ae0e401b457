"""Scoop.it under contract: a topic, a search."""

from __future__ import annotations

from typing import Any

from connectors.connector import Connector, Watched
from connectors.scoopit import ScoopitConnector, ScoopitSettings
from tests.connectors.case import Case, Means
from tests.networks.scoopit import CLIENT_ID, CLIENT_SECRET, TOPIC, Scoopit


def connector(
    network: Scoopit, means: Means, watched: Watched | None = None, **more: Any
) -> ScoopitConnector:
    told = {
        "base_url": network.base_url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "search": False,
    }
    return ScoopitConnector(
        ScoopitSettings.model_validate(told | more),
        http=means.http,
        watched=watched or Watched(),
        clock=means.clock,
    )


def _topic(network: Scoopit, means: Means) -> Connector:
    return connector(network, means, topics=[TOPIC])


def _search(network: Scoopit, means: Means) -> Connector:
    return connector(network, means, search=True, terms=["CHU de Valmont"])


CASES = (
    Case("scoopit", Scoopit, _topic, opening=1),
    Case("scoopit-search", Scoopit, _search, opening=1),
)
