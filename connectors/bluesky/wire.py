"""Bluesky's JSON into mentions: post views, notifications and bare records.

Shapes: https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky (feed/defs, feed/post,
notification/listNotifications).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from connectors.bluesky.attached import POST, Embed, at_uri, read_embed, read_facets
from connectors.connector import Reject
from connectors.dates import believable
from connectors.mention import Author, Engagement, Kind, Mention, MentionKey
from connectors.reading import (
    count,
    instant,
    line,
    mapping,
    mappings,
    string,
    strings,
)
from connectors.text import language_code, plain

NETWORK = "bluesky"
NOBODY: Mapping[str, str] = MappingProxyType({})
_MAX_TEXT = 20_000
_NOT_TO_SHOW = frozenset(
    ("!hide", "!takedown", "!suspend", "!no-unauthenticated", "porn", "sexual", "nudity",
     "graphic-media", "gore", "nsfl")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One post of an answer, with the instant by which the network orders it."""

    mention: Mention
    engagement: Engagement | None
    position: datetime | None
    is_post: bool = True  # some servers do not know how to leave likes and follows out


def read_view(view: dict[str, Any], at: datetime, handles: Mapping[str, str] = NOBODY) -> Seen:
    """A postView or a notification; ValueError where it cannot be one. `handles`: watched, by DID."""
    record = mapping(view.get("record"))
    author = mapping(view.get("author"))
    uri = string(view.get("uri"))
    if uri is None:
        raise ValueError("a post without uri")
    if not record:
        raise ValueError("a post without record")
    indexed = believable(instant(view.get("indexedAt")), at)
    position = indexed or believable(instant(record.get("createdAt")), at)
    mention = build_mention(
        uri,
        record,
        author=read_author(author, uri),
        seen=indexed,
        embed=mapping(view.get("embed")) or None,
        republish=not _hidden(view, author),
        handles=handles,
    )
    return Seen(
        mention=mention,
        engagement=read_engagement(view, mention.key, at),
        position=position,
        is_post=record.get("$type", POST) == POST,
    )


def build_mention(
    uri: str,
    record: dict[str, Any],
    *,
    author: Author,
    seen: datetime | None,
    embed: dict[str, Any] | None = None,
    edited_at: datetime | None = None,
    republish: bool = True,
    handles: Mapping[str, str] = NOBODY,
) -> Mention:
    """`seen` is the network's own instant: `createdAt` is the client's claim and may be any date.

    A reply to a watched account, in its thread or quoting it, addresses that account.
    """
    text = record.get("text")
    text = text[:_MAX_TEXT] if isinstance(text, str) else ""
    facets = read_facets(record, text)
    attached = read_embed(embed or mapping(record.get("embed")), author.external_id or "")
    parent, root = _thread(mapping(record.get("reply")))
    return Mention(
        network=NETWORK,
        external_id=uri,
        kind=_kind(parent, attached),
        published_at=_published(instant(record.get("createdAt")), seen),
        edited_at=edited_at,
        url=_web_url(uri, author),
        title=attached.title,
        text=plain(text),
        language=language_code(next(strings(record.get("langs")), None)),
        author=author,
        parent_id=parent,
        root_id=root,
        quoted_id=attached.quoted_id,
        links=_unique(facets.links, attached.links),
        media=attached.media,
        tags=facets.tags,
        accounts=_unique(facets.accounts, _watched((parent, root, attached.quoted_id), handles)),
        republish=republish and not _labelled(mapping(record.get("labels")).get("values")),
    )


def read_author(author: dict[str, Any], uri: str) -> Author:
    """A post stands in its author's own repository: the address names who wrote it."""
    repository = (at_uri(uri) or ("",))[0]
    handle = string(author.get("handle"))
    verification = mapping(author.get("verification")).get("verifiedStatus")
    return Author(
        external_id=string(author.get("did"))
        or (repository if repository.startswith("did:") else None),
        handle=None if handle == "handle.invalid" else handle,
        name=line(author.get("displayName")),
        followers=count(author.get("followersCount")),
        verified=verification == "valid" if isinstance(verification, str) else None,
    )


def read_engagement(view: dict[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    """None where the view has no counts at all, as in notifications."""
    reactions, replies = count(view.get("likeCount")), count(view.get("replyCount"))
    passed_on = [count(view.get("repostCount")), count(view.get("quoteCount"))]
    known = [figure for figure in passed_on if figure is not None]
    shares = sum(known) if known else None
    if reactions is None and replies is None and shares is None:
        return None
    return Engagement(key=key, taken_at=at, reactions=reactions, replies=replies, shares=shares)


def rejected(item: object, error: Exception) -> Reject:
    """`item` as it came; the error's words never quote it."""
    uri = string(mapping(item).get("uri"))
    payload = json.dumps(item, default=str).encode()
    return Reject(error=f"{type(error).__name__}: {error}", payload=payload, external_id=uri)


def _thread(reply: dict[str, Any]) -> tuple[str | None, str | None]:
    parent, root = mapping(reply.get("parent")), mapping(reply.get("root"))
    return string(parent.get("uri")), string(root.get("uri"))


def _watched(uris: Iterable[str | None], handles: Mapping[str, str]) -> tuple[str, ...]:
    repositories = (uri[5:].partition("/")[0] for uri in uris if uri is not None)
    return tuple(handles[did] for did in repositories if did in handles)


def _unique(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain(*groups)))


def _kind(parent: str | None, attached: Embed) -> Kind:
    if parent is not None:
        return Kind.REPLY
    return Kind.QUOTE if attached.quoted_id is not None else Kind.POST


def _published(claim: datetime | None, seen: datetime | None) -> datetime | None:
    """The earlier of both; a claim of 1970 is no date, one without `seen` beside it stays a claim."""
    if claim is None or seen is None:
        return claim or seen
    return believable(min(claim, seen), seen) or seen


def _web_url(uri: str, author: Author) -> str | None:
    parts = at_uri(uri)
    if parts is None or parts[1] != POST:
        return None
    return f"https://bsky.app/profile/{author.handle or parts[0]}/post/{parts[2]}"


def _hidden(view: dict[str, Any], author: dict[str, Any]) -> bool:
    return _labelled(view.get("labels")) or _labelled(author.get("labels"))


def _labelled(labels: object) -> bool:
    """Whether a label asks not to show the post elsewhere; `neg` takes a label back."""
    return any(
        label.get("val") in _NOT_TO_SHOW and label.get("neg") is not True
        for label in mappings(labels)
        if isinstance(label.get("val"), str)
    )
