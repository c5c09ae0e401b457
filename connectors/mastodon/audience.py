"""The followers of the watched accounts, asked of their own instance: only there the figure is right."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from connectors.audience import audience_page, is_due
from connectors.connector import Clock, Closed, ConnectorError, Cursors, Page
from connectors.http import NotFound
from connectors.mastodon.mentions import NETWORK
from connectors.mastodon.reading import Server
from connectors.mention import AudienceSnapshot

log = structlog.get_logger(__name__)


async def read_audience(
    server: Server, watched: Collection[str], cursors: Cursors, clock: Clock
) -> Page | None:
    """None where nothing is due, or where the instance is in trouble: the next poll asks again.

    A bare name may be an account of any network: only name@instance is looked up.
    """
    feed = f"{server.api.host}/audience"
    homes = {server.api.host, server.instance.domain}
    accounts = [a for account in watched if (a := account.lstrip("@")).partition("@")[2] in homes]
    at = clock()
    if not accounts or not is_due(cursors.get(feed), at):
        return None
    snapshots: list[AudienceSnapshot] = []
    for account in accounts:
        try:
            followers = (await server.api.account(account)).followers_count
        except (NotFound, Closed):
            log.warning("mastodon.account_does_not_exist", feed=feed)
            continue
        except ConnectorError as error:
            log.info("mastodon.audience_unknown", feed=feed, error=type(error).__name__)
            return None
        snapshots.append(
            AudienceSnapshot(network=NETWORK, account=account, taken_at=at, followers=followers)
        )
    return audience_page(feed, snapshots, at)
