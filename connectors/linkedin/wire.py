"""LinkedIn's JSON into mentions: posts and comments. Of people, only their URN is given or kept.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api
Built from the documentation: no recorded post or comment was at hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable, from_epoch
from connectors.linkedin.little import read_little
from connectors.linkedin.urns import (
    comment_parts,
    comment_url,
    comment_urn,
    is_comment,
    post_url,
    urn,
)
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import count, line, mapping, mappings, string, web_address
from connectors.text import plain
from connectors.walk import Found

NETWORK = "linkedin"
_UNPUBLISHED = frozenset({"DRAFT", "PUBLISH_REQUESTED", "PUBLISH_FAILED", "PROCESSING_FAILED"})
_HASHTAG = "urn:li:hashtag:"
_MEDIA = {"image": "image", "digitalmediaAsset": "image", "video": "video", "document": "document"}


def read_post(item: object, at: datetime) -> Found:
    """One post; without a mention where it is not public yet. ValueError where it cannot be one."""
    post = mapping(item)
    external_id = urn(post.get("id"))
    if external_id is None:
        raise ValueError("a post without a URN")
    published = _instant(post.get("publishedAt"), at) or _instant(post.get("createdAt"), at)
    modified = _instant(post.get("lastModifiedAt"), at) or published
    found_id = f"{external_id}@{post.get('lastModifiedAt')}"
    if string(post.get("lifecycleState")) in _UNPUBLISHED:
        return Found(id=found_id, position=modified)
    edited = modified if _is_edited(post, published, modified) else None
    mention = _post(post, external_id, published=published, edited=edited)
    return Found(id=found_id, position=modified, mentions=(mention,))


def _post(
    post: dict[str, Any], external_id: str, *, published: datetime | None, edited: datetime | None
) -> Mention:
    little = read_little(post.get("commentary"))
    content = mapping(post.get("content"))
    article = mapping(content.get("article"))
    reshared = urn(mapping(post.get("reshareContext")).get("parent"))
    passed_on = reshared is not None and not little.text
    return Mention(
        network=NETWORK,
        external_id=external_id,
        kind=kind_of_share(reshared, little.text),
        published_at=published,
        edited_at=edited,
        url=post_url(external_id),
        title=line(article.get("title")) or line(mapping(content.get("media")).get("title")),
        text=_with_poll(little.text, content),
        author=Author(external_id=urn(post.get("author"))),
        quoted_id=None if passed_on else reshared,
        repost_of=reshared if passed_on else None,
        links=tuple(filter(None, (web_address(article.get("source")),))),
        media=tuple(_media(content)),
        tags=little.tags,
        accounts=little.accounts,
    )


def kind_of_share(reshared: str | None, text: str) -> Kind:
    if reshared is None:
        return Kind.POST
    return Kind.QUOTE if text else Kind.REPOST


def read_comment(
    item: object, at: datetime, *, post: str | None = None, parent: str | None = None
) -> Found:
    """One comment of `post`, or of the comment `parent`; ValueError where it cannot be one.

    A post is listed as a share and its thread named by an activity: under a post that we read, the
    post's own URN is the root.
    """
    comment = mapping(item)
    external_id = _comment_id(comment)
    if external_id is None:
        raise ValueError("a comment without a URN")
    root = post or _root(comment, external_id)
    parent = urn(comment.get("parentComment")) or parent
    created = _time(comment, "created", at)
    modified = _time(comment, "lastModified", at)
    little = read_little(mapping(comment.get("message")).get("text"))
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.REPLY if parent else Kind.COMMENT,
        published_at=created or modified,
        edited_at=modified if created and modified and modified > created else None,
        url=comment_url(root, external_id) if root else None,
        text=little.text,
        author=Author(external_id=urn(comment.get("actor"))),
        parent_id=parent or root,
        root_id=root,
        media=tuple(_attached(comment)),
        tags=little.tags,
        accounts=tuple(dict.fromkeys((*little.accounts, *_addressed(comment)))),
    )
    figures = _comment_figures(comment, mention.key, at)
    return Found(
        id=f"{external_id}@{modified.isoformat() if modified else ''}",
        position=created or modified,
        mentions=(mention,),
        engagements=(figures,) if figures else (),
    )


def replies_to(item: object) -> tuple[str, int] | None:
    """A comment's URN, and how many replies it says it has."""
    comment = mapping(item)
    external_id = _comment_id(comment)
    return (external_id, _replies(comment) or 0) if external_id else None


def read_metadata(item: object, key: MentionKey, at: datetime) -> Engagement:
    """Reactions of every kind together, and comments with their replies.

    https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/social-metadata-api
    """
    metadata = mapping(item)
    summaries = metadata.get("reactionSummaries")
    reactions: int | None = None
    if isinstance(summaries, dict):
        counts = [count(mapping(summary).get("count")) for summary in summaries.values()]
        known = [figure for figure in counts if figure is not None]
        reactions = sum(known) if known or not counts else None
    replies = count(mapping(metadata.get("commentSummary")).get("count"))
    return Engagement(key=key, taken_at=at, reactions=reactions, replies=replies)


def rejected(item: object, error: Exception) -> Reject:
    """`item` as it came; the error's words never quote it."""
    fields = mapping(item)
    external_id = urn(fields.get("id")) or urn(fields.get("commentUrn"))
    payload = json.dumps(item, default=str).encode()
    return Reject(
        error=f"{type(error).__name__}: {error}", payload=payload, external_id=external_id
    )


def _comment_id(comment: dict[str, Any]) -> str | None:
    for name in ("commentUrn", "$URN"):
        if (given := urn(comment.get(name))) is not None and is_comment(given):
            return given
    number, thread = string(comment.get("id")), urn(comment.get("object"))
    if number is not None and number.isdecimal() and thread is not None:
        return urn(comment_urn(thread, number))
    return None


def _root(comment: dict[str, Any], external_id: str) -> str | None:
    about, thread = urn(comment.get("object")), comment_parts(external_id)
    if about is not None and not is_comment(about):
        return about
    return thread[0] if thread else None


def _is_edited(post: dict[str, Any], published: datetime | None, modified: datetime | None) -> bool:
    said = mapping(post.get("lifecycleStateInfo")).get("isEditedByAuthor")
    if isinstance(said, bool):
        return said
    return published is not None and modified is not None and modified > published


def _with_poll(text: str, content: dict[str, Any]) -> str:
    poll = mapping(content.get("poll"))
    options = (line(option.get("text")) for option in mappings(poll.get("options")))
    asked = [line(poll.get("question")), *(f"– {option}" for option in options if option)]
    return plain("\n".join([text, *filter(None, asked)])) if poll else text


def _media(content: dict[str, Any]) -> Iterator[Media]:
    """LinkedIn gives media as URNs; their addresses would take one more permission and request each."""
    single = mapping(content.get("media"))
    several = mappings(mapping(content.get("multiImage")).get("images"))
    for item in (*([single] if single else []), *several):
        kind = (string(item.get("id")) or "").removeprefix("urn:li:").partition(":")[0]
        yield Media(kind=_MEDIA.get(kind, "image"), alt=line(item.get("altText")))


def _attached(comment: dict[str, Any]) -> Iterator[Media]:
    for item in mappings(comment.get("content")):
        yield Media(kind="image", url=web_address(item.get("url")))


def _addressed(comment: dict[str, Any]) -> Iterator[str]:
    """Whom the attributes of its text name: {"value": {"…AttributedEntity": {"company": URN}}}."""
    for attribute in mappings(mapping(comment.get("message")).get("attributes")):
        for entity in mapping(attribute.get("value")).values():
            for value in mapping(entity).values():
                if (named := urn(value)) is not None and not named.startswith(_HASHTAG):
                    yield named


def _comment_figures(comment: dict[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    reactions = count(mapping(comment.get("likesSummary")).get("totalLikes"))
    replies = _replies(comment)
    if reactions is None and replies is None:
        return None
    return Engagement(key=key, taken_at=at, reactions=reactions, replies=replies)


def _replies(comment: dict[str, Any]) -> int | None:
    summary = mapping(comment.get("commentsSummary"))
    totals = (summary.get(name) for name in ("aggregatedTotalComments", "totalFirstLevelComments"))
    known = [figure for total in totals if (figure := count(total)) is not None]
    return max(known) if known else None


def _time(comment: dict[str, Any], name: str, at: datetime) -> datetime | None:
    return _instant(mapping(comment.get(name)).get("time"), at)


def _instant(value: object, at: datetime) -> datetime | None:
    """Milliseconds since 1970."""
    return believable(from_epoch(value), at) if value is not None else None
