"""Dailymotion under contract: the Legacy search, a profile in both generations, lists without totals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from connectors.connector import Connector, Watched
from connectors.dailymotion import DailymotionConnector, DailymotionSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.dailymotion import PROFILE, Dailymotion


def _reading(terms: tuple[str, ...] = (), **keys: Any) -> Callable[[Any, Means], Connector]:
    def build(network: Dailymotion, means: Means) -> Connector:
        told = {"base_url": network.base_url, "audience": False, **keys}
        settings = DailymotionSettings.model_validate(told)
        return DailymotionConnector(
            settings, http=means.http, watched=Watched(terms=terms), clock=means.clock
        )

    return build


_PROFILE = {"profiles": [PROFILE], "search": False}
CASES = (
    Case("dailymotion", Dailymotion, _reading(WATCHED.terms)),
    Case("dailymotion-v2", partial(Dailymotion, v2_oldest_first=True), _reading(**_PROFILE)),
    Case(
        "dailymotion-legacy-profile",
        partial(Dailymotion, tells_total=False),
        _reading(**_PROFILE, profile_api="legacy"),
    ),
)
