"""When a count is worth its price.

A search is charged by what it returns: an empty one costs nothing, and a count (the price of one
post) before each would only cost. It pays at the end of a budget: a search brings ten posts at
least where there are ten, and less money than ten posts cost must not be risked without a count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.reading import count, mapping
from connectors.x.api import Api
from connectors.x.feeds import Feed, rfc3339
from connectors.x.meter import Meter

_LAG = timedelta(seconds=30)  # X indexes late: it wants an end that lies in the past


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    posts: int
    until: str


async def count_affordable(
    api: Api, meter: Meter, feed: Feed, bounds: dict[str, str], at: datetime
) -> Counted | None:
    """How many posts the search would bring up to `until`; None where the money left buys no answer,
    or not so many posts.

    https://docs.x.com/x-api/posts/get-count-of-recent-posts
    """
    if await meter.left(meter.searches) < meter.counts.price + meter.posts.price:
        return None
    until = rfc3339(at - _LAG)
    asked = {name: value for name, value in bounds.items() if name != "sort_order"}
    asked |= {"end_time": until, "granularity": "day"}
    async with meter.paying(f"counts:{feed.name}", meter.counts, 1, meter.searches) as paid:
        answer = await api.get("tweets/counts/recent", asked)
        paid.delivered = ["counts"]
    total = mapping(answer.get("meta"))
    posts = count(total.get("total_tweet_count"))
    if posts is None:
        posts = count(total.get("total_post_count"))
    affordable = await meter.left(meter.searches) // meter.posts.price
    if posts is None or posts > min(affordable, feed.least):
        return None
    return Counted(posts=posts, until=until)
