"""Discourse under contract: the newest posts of today's forums and of older ones."""

from __future__ import annotations

from connectors.connector import Connector
from connectors.discourse import DiscourseConnector, DiscourseSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.discourse import Discourse


def _posts(network: Discourse, means: Means) -> Connector:
    settings = DiscourseSettings.model_validate({"base_url": network.url})
    return DiscourseConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


class Windows(Discourse):
    """Its pages are windows of ids, whose size is the forum's own."""

    can = frozenset({"spoil"})

    def __init__(self) -> None:
        super().__init__(path="/forum", windows=True)


CASES = (
    Case("discourse", Discourse, _posts),
    Case("discourse-windows", Windows, _posts),
)
