"""Instagram under contract: a hashtag's media, comments under an old media, tags, own media."""

from __future__ import annotations

from functools import partial
from typing import Any

from connectors.connector import Connector
from connectors.instagram import InstagramConnector, InstagramSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.instagram import TOKEN, USER_ID, Instagram


def connector(network: Instagram, means: Means, watched: Any = WATCHED, **more: Any) -> Connector:
    settings = InstagramSettings.model_validate(
        {
            "base_url": network.base_url,
            "user_id": USER_ID,
            "access_token": TOKEN,
            "media": False,
            "comments": False,
            "tags": False,
            "audience": False,
            **more,
        }
    )
    return InstagramConnector(
        settings,
        http=means.http,
        watched=watched,
        clock=means.clock,
        ledger=means.ledger,
        tokens=means.tokens,
    )


def _only(list_: str) -> Any:
    def build(network: Instagram, means: Means) -> Connector:
        hashtags = WATCHED if list_ == "hashtag" else type(WATCHED)()
        switched = {} if list_ == "hashtag" else {list_: True}
        return connector(network, means, hashtags, **switched)

    return build


CASES = tuple(
    Case(name, partial(Instagram, publishes), _only(publishes))
    for name, publishes in (
        ("instagram", "hashtag"),
        ("instagram-comments", "comments"),
        ("instagram-tags", "tags"),
        ("instagram-media", "media"),
    )
)
