"""YouTube under contract: a channel's uploads, a search, and the comments of a channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from connectors.connector import Connector, Watched
from connectors.youtube import YoutubeConnector, YoutubeSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.youtube import KEY, OWN, Youtube

_PLENTY = {"searches_per_day": 100_000, "units_per_day": 100_000, "audience": False}


def _built(
    options: dict[str, Any], terms: tuple[str, ...]
) -> Callable[[Youtube, Means], Connector]:
    def build(network: Youtube, means: Means) -> Connector:
        given = {"base_url": network.api, "api_key": KEY, **_PLENTY, **options}
        return YoutubeConnector(
            YoutubeSettings.model_validate(given),
            http=means.http,
            watched=Watched(terms=terms),
            clock=means.clock,
            ledger=means.ledger,
        )

    return build


_UPLOADS = _built({"channels": (OWN,), "comments": False}, ())
_SEARCH = _built({"comments": False}, WATCHED.terms)
_COMMENTS = _built({"channels": (OWN,), "recheck_every": "1s"}, ())

# A spent quota is a day's: it comes back at midnight in California.
_DAY = timedelta(hours=25)
CASES = (
    Case("youtube", Youtube, _UPLOADS, patience=_DAY),
    Case("youtube-search", partial(Youtube, "search"), _SEARCH, patience=_DAY),
    Case("youtube-comments", partial(Youtube, "comments"), _COMMENTS, patience=_DAY),
)
