"""WordPress under contract: comments under a post too old to be read itself."""

from __future__ import annotations

from datetime import timedelta

from connectors.connector import Connector
from connectors.wordpress import WordpressConnector, WordpressSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.wordpress import START, WordpressServer


class Comments(WordpressServer):
    def publish(self, count: int) -> list[str]:
        if not self.posts:
            self.write("Huit heures aux urgences", START - timedelta(days=60))
        return super().publish(count)


def _comments(network: Comments, means: Means) -> Connector:
    settings = WordpressSettings.model_validate({"url": network.url})
    return WordpressConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


CASES = (
    Case(
        "wordpress",
        Comments,
        _comments,
        at=START + timedelta(days=1),
        opening=1,
        another_way=True,
    ),
)
