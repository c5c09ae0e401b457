"""X under contract: its search, with authors looked up, and the mentions of an account."""

from __future__ import annotations

from typing import Any

from connectors.connector import Connector, Watched
from connectors.x import XConnector, XSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.x import TOKEN, X, user

_RICH = {"daily_budget": 1e6, "monthly_budget": 1e7}  # what money does is tested apart


class Mentions(X):
    """Publishes to the timeline of who mentions the hospital's account."""

    def __init__(self) -> None:
        super().__init__()
        self.users["77"] = user("77", "chuvalmont", name="CHU de Valmont")

    def publish(self, count: int) -> list[str]:
        return [self.post(to="users/77/mentions")["id"] for _ in range(count)]


def _x(network: X, means: Means, watched: Watched, **settings: Any) -> Connector:
    wanted = {"base_url": network.base_url, "bearer_token": TOKEN, **_RICH, **settings}
    return XConnector(
        XSettings.model_validate(wanted),
        http=means.http,
        watched=watched,
        clock=means.clock,
        ledger=means.ledger,
        tokens=means.tokens,
    )


def _search(network: X, means: Means) -> Connector:
    return _x(network, means, WATCHED)


def _mentions(network: X, means: Means) -> Connector:
    accounts = {"accounts": ("chuvalmont",), "search": False, "own_posts": False}
    return _x(network, means, Watched(), **accounts)


CASES = (
    Case("x", X, _search),
    Case("x-mentions", Mentions, _mentions),
)
