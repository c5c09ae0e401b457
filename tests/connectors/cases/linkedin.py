"""LinkedIn under contract: a page's posts, the comments under an old post, mentions of the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connectors.connector import Connector
from connectors.linkedin import LinkedinConnector, LinkedinSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.linkedin import PAGE, START, TOKEN, Linkedin

_MIDNIGHT = timedelta(days=1)
"""A 429 says nothing of when: after a few, LinkedIn is left alone until its count begins again."""


class Comments(Linkedin):
    """One post too old to be read itself; all that is published are comments on it."""

    def publish(self, count: int) -> list[str]:
        if not self.posts:
            self.post(at=START - timedelta(days=10))
        return [self.comment(self.posts[0])["commentUrn"] for _ in range(count)]


class UpsideDown(Comments):
    def __init__(self) -> None:
        super().__init__()
        self.oldest_first = True


class Mentions(Linkedin):
    def publish(self, count: int) -> list[str]:
        return [self.mention()["generatedActivity"] for _ in range(count)]


def _reading(*feeds: str) -> Callable[[Any, Means], Connector]:
    def build(network: Linkedin, means: Means) -> Connector:
        chosen = {name: name in feeds for name in ("posts", "comments", "notifications")}
        settings = LinkedinSettings.model_validate(
            {
                "base_url": network.base_url,
                "organizations": [PAGE],
                "access_token": TOKEN,
                "audience": False,
                **chosen,
            }
        )
        return LinkedinConnector(
            settings,
            http=means.http,
            watched=WATCHED,
            clock=means.clock,
            ledger=means.ledger,
            tokens=means.tokens,
        )

    return build


CASES = (
    Case("linkedin", Linkedin, _reading("posts"), patience=_MIDNIGHT),
    Case("linkedin-comments", Comments, _reading("comments"), patience=_MIDNIGHT),
    Case("linkedin-comments-oldest-first", UpsideDown, _reading("comments"), patience=_MIDNIGHT),
    Case("linkedin-mentions", Mentions, _reading("notifications"), patience=_MIDNIGHT),
)
