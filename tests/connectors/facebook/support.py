"""What the Facebook connector's tests share: an hour, a drained poll, a signed call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from connectors.connector import Cursors, Page
from connectors.facebook import FacebookConnector
from connectors.mention import Deletion, Engagement, Mention
from connectors.webhook import Call
from tests.connectors.case import NOON
from tests.networks.facebook import Facebook
from tests.networks.facebook_wire import PAGE_ID

Make = Callable[..., FacebookConnector]
EARLIER = NOON - timedelta(hours=2)
VERIFY = "jeton-de-verification"


async def drained(pages: AsyncIterator[Page], cursors: Cursors | None = None) -> list[Page]:
    """Every page; `cursors` are kept as the database keeps them."""
    found: list[Page] = []
    async for page in pages:
        found.append(page)
        if cursors is not None and page.cursor is not None:
            cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return found


async def read(connector: FacebookConnector, cursors: Cursors | None = None) -> list[Mention]:
    cursors = {} if cursors is None else cursors
    kept = json.loads(json.dumps(cursors))
    return mentions(await drained(connector.poll(kept), cursors))


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def figures(pages: list[Page]) -> dict[str, Engagement]:
    return {item.key.external_id: item for page in pages for item in page.engagements}


def gone(pages: list[Page]) -> list[str | None]:
    deletions: list[Deletion] = [item for page in pages for item in page.deletions]
    return [item.external_id for item in deletions]


def pushed(network: Facebook, *values: dict[str, Any], field: str = "feed") -> Call:
    """A call as Meta makes it: one entry, signed on its raw body."""
    changes = [{"field": field, "value": value} for value in values]
    entry = {"id": PAGE_ID, "time": int(EARLIER.timestamp()), "changes": changes}
    body = json.dumps({"object": "page", "entry": [entry]}).encode()
    return Call(method="POST", headers=network.signed(body), body=body, received_at=NOON)
