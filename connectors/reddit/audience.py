"""The members of the hospital's own subreddits, and the followers of those that are compared."""

from __future__ import annotations

from connectors.audience import audience_page, is_due
from connectors.connector import Clock, Cursors, Page
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot
from connectors.reading import count, mapping
from connectors.reddit.api import Api, Barred
from connectors.reddit.settings import RedditSettings
from connectors.reddit.wire import NETWORK

FEED = "audience"


async def read_audience(
    api: Api, settings: RedditSettings, cursors: Cursors, clock: Clock
) -> Page | None:
    """None until a day has gone by. An account that is gone or closed is passed over."""
    accounts = dict.fromkeys((*(f"r/{name}" for name in settings.own_subreddits), *settings.peers))
    if not settings.audience or not accounts or not is_due(cursors.get(FEED), clock()):
        return None
    read = [await _snapshot(api, account, clock) for account in accounts]
    return audience_page(FEED, [snapshot for snapshot in read if snapshot], clock())


async def _snapshot(api: Api, account: str, clock: Clock) -> AudienceSnapshot | None:
    """https://www.reddit.com/dev/api/#GET_r_{subreddit}_about and #GET_user_{username}_about

    An account's followers stand with its profile, which is a subreddit of its own.
    """
    kind, _, name = account.partition("/")
    path = f"/r/{name}/about" if kind == "r" else f"/user/{name}/about"
    try:
        about = mapping(mapping(await api.get(path, {})).get("data"))
    except (NotFound, Barred):
        return None
    profile = about if kind == "r" else mapping(about.get("subreddit"))
    followers = count(profile.get("subscribers"))
    if followers is None:
        return None
    return AudienceSnapshot(network=NETWORK, account=account, taken_at=clock(), followers=followers)
