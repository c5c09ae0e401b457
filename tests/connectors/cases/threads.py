"""Threads under contract: a keyword search, replies under an own thread, mentions."""

from __future__ import annotations

from functools import partial
from typing import Any

from connectors.connector import Connector, Watched
from connectors.threads import ThreadsConnector, ThreadsSettings
from tests.connectors.case import Case, Means
from tests.networks.threads import TOKEN, Threads

NOBODY = Watched()


def connector(
    network: Threads, means: Means, watched: Watched = NOBODY, **more: Any
) -> ThreadsConnector:
    settings = ThreadsSettings.model_validate(
        {
            "base_url": network.base_url,
            "access_token": TOKEN,
            "mentions": False,
            "threads": False,
            "replies": False,
            "audience": False,
            **more,
        }
    )
    return ThreadsConnector(
        settings,
        http=means.http,
        watched=watched,
        clock=means.clock,
        ledger=means.ledger,
        tokens=means.tokens,
    )


def _only(**switched: Any) -> Any:
    def build(network: Threads, means: Means) -> Connector:
        return connector(network, means, **switched)

    return build


CASES = (
    Case("threads", Threads, _only(terms=["CHU de Valmont"])),
    Case("threads-replies", partial(Threads, "replies"), _only(replies=True)),
    Case("threads-mentions", partial(Threads, "mentions"), _only(mentions=True)),
)
