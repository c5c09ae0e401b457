"""Google+, which closed on 2 April 2019: its archives are read by `connectors.imports`, nothing is asked.

https://developers.google.com/+/web/api/rest answered 404 or 410 to everything from then on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from connectors.connector import Clock, Closed, ConnectorSettings, Cursors, Page, Watched

if TYPE_CHECKING:
    from connectors.http import HttpClient


class GooglePlusSettings(ConnectorSettings):
    """There is nothing left to set."""


class GooglePlusConnector:
    """Stands for the network where a configuration names it; never polled, never an outage."""

    name: ClassVar[str] = "google_plus"
    Settings: ClassVar[type[ConnectorSettings]] = GooglePlusSettings
    closed_on: ClassVar[date] = date(2019, 4, 2)

    def __init__(
        self, settings: GooglePlusSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        """Takes what every connector takes, and keeps nothing of it."""

    def hosts(self) -> Sequence[str]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        raise Closed(
            f"Google+ closed on {self.closed_on:%d %B %Y}: import its archive instead"
            ' (connector = "import")'
        )
        yield Page()  # what makes this a generator, as every poll is
