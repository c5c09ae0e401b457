"""X's JSON into mentions. Both spellings are read: tweet and post, retweet and repost.

https://docs.x.com/x-api/fundamentals/data-dictionary. An edit is a new post that names the earlier
ones in `edit_history_tweet_ids`: the first of them names the mention, whatever its version.
https://docs.x.com/x-api/fundamentals/edit-posts
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable
from connectors.mention import Author, Engagement, Kind, Mention, MentionKey
from connectors.reading import count, instant, line, mapping, mappings, string, strings
from connectors.text import language_code
from connectors.x.attached import read_content
from connectors.x.ids import instant_of, is_id

NETWORK = "x"
_RENAMED = {"in": "id", "iw": "he"}  # X keeps two codes that ISO gave up
_HISTORIES = ("edit_history_tweet_ids", "edit_history_post_ids")

AuthorOf = Callable[[str], Author]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One version of a post, with the instant by which X orders it."""

    version: str
    latest: str  # the newest version that X knows
    mention: Mention
    engagement: Engagement | None
    position: datetime | None
    quotes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Includes:
    """What an answer holds beside its posts, where it was asked for."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_includes(answer: dict[str, Any]) -> Includes:
    held = mapping(answer.get("includes"))
    return Includes(
        users={key: u for u in mappings(held.get("users")) if (key := string(u.get("id")))},
        media={key: m for m in mappings(held.get("media")) if (key := string(m.get("media_key")))},
    )


def read_post(item: object, at: datetime, author_of: AuthorOf, includes: Includes) -> Post:
    """ValueError where it cannot be a post."""
    if not isinstance(item, dict):
        raise ValueError("a post that is no JSON object")
    version = string(item.get("id"))
    if version is None or not is_id(version):
        raise ValueError("a post without id")
    history = _history(item, version)
    made = instant_of(version)
    claimed = believable(instant(item.get("created_at")) or made, at)
    mention = _mention(item, version, history[0], claimed, at, author_of, includes)
    metrics = mapping(item.get("public_metrics"))
    return Post(
        version=version,
        latest=history[-1],
        mention=mention,
        engagement=read_engagement(metrics, mention.key, at),
        position=believable(made, at) or claimed,
        quotes=count(metrics.get("quote_count")) or 0,
    )


def _history(item: dict[str, Any], version: str) -> list[str]:
    for name in _HISTORIES:
        if item.get(name) == [version]:
            break  # as nearly every post
        known = sorted((i for i in strings(item.get(name)) if is_id(i)), key=int)
        if version in known:
            return known
    return [version]


def _mention(
    item: dict[str, Any],
    version: str,
    first: str,
    claimed: datetime | None,
    at: datetime,
    author_of: AuthorOf,
    includes: Includes,
) -> Mention:
    content = read_content(item, includes.media)
    referred = _referred(item)
    author = author_of(string(item.get("author_id")) or "")
    edited = version != first
    root = string(item.get("conversation_id"))
    return Mention(
        network=NETWORK,
        external_id=first,
        kind=_kind(referred),
        published_at=(believable(instant_of(first), at) if edited else None) or claimed,
        edited_at=claimed if edited else None,
        url=post_url(version, author.handle),
        text=content.text,
        language=_language(item.get("lang")),
        author=author,
        parent_id=referred.get("replied_to"),
        root_id=root if root != first and "replied_to" in referred else None,
        quoted_id=referred.get("quoted"),
        repost_of=referred.get("retweeted") or referred.get("reposted"),
        links=content.links,
        media=content.media,
        tags=content.tags,
        accounts=content.accounts,
        republish=item.get("possibly_sensitive") is not True and not item.get("withheld"),
    )


def post_url(version: str, handle: str | None) -> str:
    """Without a handle too: X leads from /i/status/ to the post."""
    return f"https://x.com/{handle or 'i'}/status/{version}"


def _referred(item: dict[str, Any]) -> dict[str, str]:
    listed = item.get("referenced_tweets") or item.get("referenced_posts")
    found: dict[str, str] = {}
    for reference in mappings(listed):
        kind, target = reference.get("type"), string(reference.get("id"))
        if isinstance(kind, str) and target is not None:
            found.setdefault(kind, target)
    return found


def _kind(referred: dict[str, str]) -> Kind:
    if "retweeted" in referred or "reposted" in referred:
        return Kind.REPOST
    if "replied_to" in referred:
        return Kind.REPLY
    return Kind.QUOTE if "quoted" in referred else Kind.POST


def _language(declared: object) -> str | None:
    """`und`, `qme`, `zxx` and their like are no languages: they have three letters."""
    code = language_code(declared) if isinstance(declared, str) else None
    return _RENAMED.get(code, code) if code else None


def read_engagement(metrics: dict[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    """None where the post shows no figures at all."""
    reposts = count(metrics.get("retweet_count"))
    if reposts is None:
        reposts = count(metrics.get("repost_count"))
    passed_on = [n for n in (reposts, count(metrics.get("quote_count"))) if n is not None]
    views, likes = count(metrics.get("impression_count")), count(metrics.get("like_count"))
    replies = count(metrics.get("reply_count"))
    if not passed_on and views is None and likes is None and replies is None:
        return None
    return Engagement(
        key=key,
        taken_at=at,
        views=views,
        reactions=likes,
        replies=replies,
        shares=sum(passed_on) if passed_on else None,
    )


def read_author(user: dict[str, Any]) -> Author:
    """https://docs.x.com/x-api/fundamentals/data-dictionary#user"""
    verified = user.get("verified")
    return Author(
        external_id=string(user.get("id")),
        handle=string(user.get("username")),
        name=line(user.get("name")),
        followers=count(mapping(user.get("public_metrics")).get("followers_count")),
        verified=verified if isinstance(verified, bool) else None,
    )


def rejected(item: object, error: Exception) -> Reject:
    """`item` as it came; the error's words never quote it."""
    payload = json.dumps(item, default=str).encode()
    external_id = string(mapping(item).get("id"))
    return Reject(
        error=f"{type(error).__name__}: {error}", payload=payload, external_id=external_id
    )
