"""Reddit under contract: its Data API, and its Atom feeds.

The listings of the stand-in go deeper than Reddit's thousand items here; what happens at the
thousandth is told in tests/connectors/reddit.
"""

from __future__ import annotations

from connectors.connector import Connector, Watched
from connectors.reddit import RedditConnector, RedditSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.reddit import CLIENT, FEED_TOKEN, MEMBER, SECRET, Reddit

_WATCHED = Watched(terms=WATCHED.terms)


def _api(network: Reddit, means: Means) -> Connector:
    settings = RedditSettings.model_validate(
        {
            "base_url": network.base_url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "username": MEMBER,
        }
    )
    return RedditConnector(settings, http=means.http, watched=_WATCHED, clock=means.clock)


def _atom(network: Reddit, means: Means) -> Connector:
    settings = RedditSettings.model_validate(
        {"base_url": network.base_url, "feed": FEED_TOKEN, "user": MEMBER}
    )
    return RedditConnector(settings, http=means.http, watched=_WATCHED, clock=means.clock)


class Feeds(Reddit):
    """Feeds have no page without entries and a next one, nor JSON values to spoil."""

    can = frozenset({"page_size"})


CASES = (
    Case("reddit", lambda: Reddit(depth=100_000), _api, opening=1),
    Case("reddit-atom", lambda: Feeds(depth=100_000), _atom),
)
