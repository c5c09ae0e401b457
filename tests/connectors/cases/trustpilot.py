"""Trustpilot under contract: a profile's reviews by page, with a token, and the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.connector import Connector
from connectors.trustpilot import TrustpilotConnector, TrustpilotSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.trustpilot import KEY, SECRET, UNIT, Trustpilot


class OldestFirst(Trustpilot):
    def __init__(self) -> None:
        super().__init__()
        self.oldest_first = True


def _reading(**keys: Any) -> Callable[[Any, Means], Connector]:
    def build(network: Trustpilot, means: Means) -> Connector:
        told = {
            "base_url": network.base_url,
            "business_units": [UNIT],
            "api_key": KEY,
            "audience": False,
        }
        settings = TrustpilotSettings.model_validate(told | keys)
        return TrustpilotConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)

    return build


CASES = (
    Case("trustpilot", Trustpilot, _reading()),
    Case("trustpilot-private", Trustpilot, _reading(private=True, api_secret=SECRET), opening=1),
    Case("trustpilot-all", Trustpilot, _reading(listing="all-reviews")),
    Case("trustpilot-all-oldest-first", OldestFirst, _reading(listing="all-reviews")),
)
