"""XING under contract: a company's updates, the comments under them."""

from __future__ import annotations

from functools import partial
from typing import Any

from connectors.connector import Connector, Watched
from connectors.xing import XingConnector, XingSettings
from tests.connectors.case import Case, Means
from tests.networks.xing import ACCESS, COMPANY, CONSUMER, Xing


def connector(network: Xing, means: Means, **more: Any) -> XingConnector:
    told = {
        "base_url": network.base_url,
        "consumer_key": CONSUMER[0],
        "consumer_secret": CONSUMER[1],
        "access_token": ACCESS[0],
        "access_token_secret": ACCESS[1],
        "companies": [COMPANY],
    }
    return XingConnector(
        XingSettings.model_validate(told | more),
        http=means.http,
        watched=Watched(),
        clock=means.clock,
    )


def _updates(network: Xing, means: Means) -> Connector:
    return connector(network, means, comments=False)


CASES = (
    Case("xing", Xing, _updates),
    Case("xing-comments", partial(Xing, "comments"), connector),
)
