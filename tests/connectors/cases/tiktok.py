"""TikTok under contract: the Research API's search, comments under what it found, the own videos."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from connectors.connector import Connector, Watched
from connectors.tiktok import TiktokConnector, TiktokSettings
from connectors.tokens import Token
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.tiktok import KEY, SECRET, Tiktok

_PLENTY = {"requests_per_day": 1_000_000, "records_per_day": 100_000_000, "audience": False}


def _reading(**keys: Any) -> Callable[[Any, Means], Connector]:
    def build(network: Tiktok, means: Means) -> Connector:
        told = {"base_url": network.api, "client_key": KEY, "client_secret": SECRET}
        connector = TiktokConnector(
            TiktokSettings.model_validate(told | _PLENTY | keys),
            http=means.http,
            watched=Watched(terms=WATCHED.terms),
            clock=means.clock,
            ledger=means.ledger,
            tokens=means.tokens,
        )
        client = connector.oauth()
        if client is not None:
            means.tokens._token = Token(access="jeton-de-la-personne", made_for=client.made_for)
        return connector

    return build


CASES = (
    Case("tiktok", Tiktok, _reading(comments=False), opening=1),
    Case("tiktok-own", partial(Tiktok, "own"), _reading(research=False, own_videos=True)),
)
