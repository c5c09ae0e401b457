"""Which lists a Bluesky source reads: one search a term, hashtag, account and domain, and notifications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from connectors.bluesky.settings import BlueskySettings
from connectors.connector import Cursors, Watched
from connectors.reading import instant, mapping
from connectors.walk import Walk

PAGE_SIZE = 100
_REASONS = ("mention", "reply", "quote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    name: str
    method: str
    items: str  # the key of the answer's list
    params: tuple[tuple[str, str], ...]
    by_date: bool  # takes since and until

    def page_params(self, walk: Walk) -> list[tuple[str, str]]:
        params = [*self.params, ("limit", str(PAGE_SIZE))]
        if self.by_date:
            params.append(("since", _timestamp(walk.floor)))
            if walk.until is not None:
                params.append(("until", _timestamp(walk.until)))
        if walk.token is not None:
            params.append(("cursor", walk.token))
        return params


def _timestamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def feeds_of(settings: BlueskySettings, watched: Watched) -> Iterator[Feed]:
    """Source: https://docs.bsky.app/docs/api/app-bsky-feed-search-posts"""
    if settings.notifications:
        reasons = tuple(("reasons", reason) for reason in _REASONS)
        yield Feed(
            name="notifications",
            method="app.bsky.notification.listNotifications",
            items="notifications",
            params=reasons,
            by_date=False,
        )
    for term in _unique(watched.terms + settings.terms):
        yield _search(f"term:{term}", ("q", _phrase(term)))
    for tag in _unique(t.lstrip("#") for t in watched.hashtags + settings.hashtags):
        yield _search(f"tag:{tag}", ("q", "*"), ("tag", tag))
    for account in addressable(watched.accounts + settings.accounts):
        # Feed names are shown and logged: an account's stays out of them.
        yield _search(f"mentions:{_digest(account)}", ("q", "*"), ("mentions", account))
    for domain in _unique(settings.domains):
        yield _search(f"domain:{domain}", ("q", "*"), ("domain", domain))


def addressable(accounts: Iterable[str]) -> tuple[str, ...]:
    """Those that can be Bluesky's: a handle here is a domain name, other networks' have no dot."""
    names = _unique(account.lstrip("@").lower() for account in accounts)
    return tuple(n for n in names if n.startswith("did:") or ("." in n and "@" not in n))


def longest_waiting_first(feeds: Iterable[Feed], cursors: Cursors) -> list[Feed]:
    """A quota that ends every poll early must not starve the same feeds each time."""

    def mark(feed: Feed) -> float:
        read = instant(mapping(cursors.get(feed.name)).get("mark"))
        return read.timestamp() if read is not None else 0.0

    return sorted(feeds, key=mark)


def _search(name: str, *params: tuple[str, str]) -> Feed:
    return Feed(
        name=name,
        method="app.bsky.feed.searchPosts",
        items="posts",
        params=(*params, ("sort", "latest")),
        by_date=True,
    )


def _digest(account: str) -> str:
    return blake2b(account.encode(), digest_size=4).hexdigest()


def _phrase(term: str) -> str:
    """Words in that order; without quotes the network finds them anywhere in the post."""
    bare = term.replace('"', " ").strip()
    return f'"{bare}"' if " " in bare else bare


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value.strip()))
