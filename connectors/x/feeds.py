"""Which lists an X source reads, and what each is asked with.

https://docs.x.com/x-api/posts/search-recent-posts (450 requests in 15 minutes, seven days back),
https://docs.x.com/x-api/users/get-mentions (450; its 800 latest only),
https://docs.x.com/x-api/users/get-posts (10,000; its 3,200 latest only),
https://docs.x.com/x-api/posts/get-quoted-posts (75).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from connectors.connector import Cursors
from connectors.turns import read_up_to
from connectors.walk import Walk
from connectors.x.ids import digest, id_at

PAGE_SIZE = 100
EDGE = timedelta(
    minutes=1
)  # X's clock is not ours: what lies at the window's edge is not asked for

_FIELDS = (
    "id", "text", "author_id", "created_at", "lang", "public_metrics", "entities", "attachments",
    "conversation_id", "possibly_sensitive", "withheld",
)  # fmt: skip
_SPELT = {
    "tweet.fields": ("referenced_tweets", "note_tweet", "edit_history_tweet_ids"),
    "post.fields": ("referenced_posts", "note_post", "edit_history_post_ids"),
}


def fields(spelling: str) -> dict[str, str]:
    """What is asked of each post. Expansions are resources that X charges for: none is asked."""
    return {spelling: ",".join((*_FIELDS, *_SPELT[spelling]))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One list. `window`: it reaches so far back and no further; `own`: read by the own login."""

    name: str
    path: str
    kind: Literal["search", "mentions", "posts", "quotes"]
    params: Mapping[str, str] = field(default_factory=dict)
    window: timedelta | None = None
    least: int = 5  # results that X gives at least, where there are as many
    token_name: str = "pagination_token"  # noqa: S105 - a parameter's name

    @property
    def query(self) -> str:
        return self.params.get("query", "")

    @property
    def own(self) -> bool:
        return self.kind in ("mentions", "posts")

    def bounds(self, walk: Walk, at: datetime, *, by_date: bool = False) -> dict[str, str]:
        """From the walk's floor, where X still has it, to where the walk stands."""
        found: dict[str, str] = {}
        edge = at - self.window + EDGE if self.window is not None else None
        if self.kind == "quotes":
            pass  # takes neither: the walk ends where it meets its floor
        elif by_date or (edge is not None and walk.floor <= edge):
            found["start_time"] = rfc3339(max(walk.floor, edge) if edge else walk.floor)
        else:
            found["since_id"] = str(id_at(walk.floor))
        if walk.token is not None:
            found[self.token_name] = walk.token
        elif walk.until is not None and self.kind != "quotes":
            found["until_id"] = str(id_at(walk.until))
        return found


def search_feed(query: str, window: timedelta) -> Feed:
    return Feed(
        name=f"search:{digest(query)}",
        path="tweets/search/recent",
        kind="search",
        params={"query": query, "sort_order": "recency"},
        window=window,
        least=10,
        token_name="next_token",  # noqa: S106 - a parameter's name
    )


def mentions_feed(user_id: str) -> Feed:
    return Feed(
        name=f"mentions:{digest(user_id)}", path=f"users/{user_id}/mentions", kind="mentions"
    )


def posts_feed(user_id: str) -> Feed:
    return Feed(
        name=f"posts:{digest(user_id)}",
        path=f"users/{user_id}/tweets",
        kind="posts",
        params={"exclude": "retweets"},
    )


def quotes_feed(post_id: str) -> Feed:
    return Feed(
        name=f"quotes:{digest(post_id)}",
        path=f"tweets/{post_id}/quote_tweets",
        kind="quotes",
        least=10,
    )


def rfc3339(at: datetime) -> str:
    """Whole seconds, as X wants them."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def longest_waiting_first(feeds: Sequence[Feed], cursors: Cursors) -> list[Feed]:
    """Money that ends every day early must not starve the same feeds each time."""
    return sorted(feeds, key=lambda feed: read_up_to(feed.name, cursors))
