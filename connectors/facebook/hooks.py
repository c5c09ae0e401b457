"""What Facebook pushes of a Page: `feed`, `mention` and `ratings`, as changes of single items.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page/
https://developers.facebook.com/docs/graph-api/webhooks/getting-started
Built from the reference; never seen live. Calls come in batches, and again for a day or so where
they were not answered: a change that comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.connector import Malformed
from connectors.dates import believable, from_epoch
from connectors.facebook.attached import hashtags
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import (
    NETWORK,
    SITE,
    read_author,
    read_id,
    read_stars,
    read_text,
    read_url,
)
from connectors.graph import SIGNATURE, changes_of
from connectors.mention import Author, Kind, Media, Mention
from connectors.reading import line, mapping, string, strings, web_address
from connectors.urls import canonical_url
from connectors.webhook import Answer, Call, Forged, require_signature, require_token

_SAID = frozenset({"add", "edit", "edited", "update", "unhide"})
_EDITED = frozenset({"edit", "edited", "update"})
# What the Page's moderators hide is left to its author and their friends: it is no longer public.
_GONE = frozenset({"remove", "delete", "hide"})
_COUNTED = frozenset({"reaction", "like"})  # figures: the next look at the post tells them
_MAX_CHALLENGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last that a call says of one item; `mention` None: it is gone.

    `is_whole` is False where the call leaves the text out: the network is asked for it. `elsewhere`
    is said outside the Page, where we may not be able to ask.
    """

    id: str
    mention: Mention | None
    is_post: bool = True
    is_whole: bool = True
    elsewhere: bool = False


def answer(call: Call, settings: FacebookSettings) -> Answer:
    """Meta's check of the address (GET), or a signed call to be kept; Forged where it is neither."""
    if call.method == "GET":
        return _challenged(call, settings)
    if settings.app_secret is None:
        raise Forged("no app_secret to check the signature with")
    require_signature(call, settings.app_secret.get_secret_value(), SIGNATURE, prefix="sha256=")
    return Answer(keep=True)


def _challenged(call: Call, settings: FacebookSettings) -> Answer:
    if settings.verify_token is None or call.query.get("hub.mode") != "subscribe":
        raise Forged("nobody is setting up a webhook")
    expected = settings.verify_token.get_secret_value()
    require_token(call.query.get("hub.verify_token"), expected)
    return Answer(body=call.query.get("hub.challenge", "")[:_MAX_CHALLENGE].encode())


def changes(body: bytes, at: datetime, page: str) -> dict[str, Change]:
    """By the item's id, as they stand after the whole call; what is no mention is left out."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the call holds no JSON", payload=body) from None
    if not isinstance(document, dict):
        raise Malformed("the call holds no JSON object", payload=body)
    if document.get("object") != "page":
        return {}
    last: dict[str, Change] = {}
    for field, value, time in changes_of(document):
        for change in _change(field, value, believable(from_epoch(time), at) or at, page):
            before = last.pop(change.id, None)
            last[change.id] = _after(before, change)
    return last


def _after(before: Change | None, change: Change) -> Change:
    """An `unhide` without a text leaves what an `add` of the same call said."""
    if before is None or before.mention is None or change.mention is None or change.is_whole:
        return change
    return before if before.is_whole else change


def _change(field: str, value: dict[str, Any], at: datetime, page: str) -> Iterator[Change]:
    verb = string(value.get("verb")) or ""
    item = string(value.get("item")) or ""
    if verb not in _SAID | _GONE or item in _COUNTED or value.get("published") == 0:
        return
    if field == "ratings" and read_id(value.get("comment_id")) is None:
        yield from _rating(value, verb, at)
    elif field in ("feed", "mention", "ratings"):
        yield from _said(field, value, verb, at, page)


def _said(
    field: str, value: dict[str, Any], verb: str, at: datetime, page: str
) -> Iterator[Change]:
    comment_id = read_id(value.get("comment_id"))
    post_id = read_id(value.get("post_id")) or read_id(value.get("open_graph_story_id"))
    own_id = comment_id or post_id
    if own_id is None or (value.get("item") == "comment" and comment_id is None):
        return
    if verb in _GONE:
        yield Change(id=own_id, mention=None)
        return
    above = read_id(value.get("parent_id")) if comment_id is not None else None
    text = read_text(value.get("message"))
    media = _media(value)
    mention = Mention(
        network=NETWORK,
        external_id=own_id,
        kind=_kind(comment_id, above, post_id),
        published_at=_published(value, at),
        edited_at=_edited(value, verb, at),
        url=_url(value, post_id or own_id, comment_id),
        text=text,
        author=_author(value),
        parent_id=(above or post_id) if comment_id is not None else None,
        root_id=post_id if comment_id is not None else None,
        links=_links(value),
        media=media,
        tags=hashtags(text),
        accounts=(page,) if field == "mention" and not page.isdecimal() else (),
    )
    yield Change(
        id=own_id,
        mention=mention,
        is_post=comment_id is None,
        is_whole=bool(text or media),
        elsewhere=field == "mention",
    )


def _rating(value: dict[str, Any], verb: str, at: datetime) -> Iterator[Change]:
    story = read_id(value.get("open_graph_story_id"))
    if story is None:
        return
    if verb in _GONE:
        yield Change(id=story, mention=None)
        return
    text = read_text(value.get("review_text"))
    name, number = line(value.get("reviewer_name")), read_id(value.get("reviewer_id"))
    yield Change(
        id=story,
        mention=Mention(
            network=NETWORK,
            external_id=story,
            kind=Kind.REVIEW,
            published_at=_published(value, at),
            edited_at=_edited(value, verb, at),
            url=f"{SITE}/{story}",
            text=text,
            author=Author(external_id=number, name=name),
            rating=read_stars(value),
            tags=hashtags(text),
        ),
    )


def _kind(comment_id: str | None, above: str | None, post_id: str | None) -> Kind:
    if comment_id is None:
        return Kind.POST
    return Kind.COMMENT if above in (None, post_id) else Kind.REPLY


def _published(value: dict[str, Any], at: datetime) -> datetime | None:
    return believable(from_epoch(value.get("created_time")), at) or at


def _edited(value: dict[str, Any], verb: str, at: datetime) -> datetime | None:
    if verb not in _EDITED:
        return None
    return believable(from_epoch(value.get("edited_time")), at) or at


def _author(value: dict[str, Any]) -> Author:
    """`sender_…` in `mention`, and in calls of older versions."""
    author = read_author(value.get("from"))
    if author.external_id is not None or author.name is not None:
        return author
    return Author(external_id=read_id(value.get("sender_id")), name=line(value.get("sender_name")))


def _url(value: dict[str, Any], post_id: str, comment_id: str | None) -> str:
    post = read_url(mapping(value.get("post")).get("permalink_url"), post_id)
    own = value.get("permalink_url")
    if isinstance(own, str) or comment_id is None:
        return read_url(own, post_id) if isinstance(own, str) else post
    joint = "&" if "?" in post else "?"
    return f"{post}{joint}comment_id={comment_id.rpartition('_')[2]}"


def _media(value: dict[str, Any]) -> tuple[Media, ...]:
    film, picture = web_address(value.get("video")), web_address(value.get("photo"))
    pictures = [picture, *(web_address(item) for item in strings(value.get("photos")))]
    found = [Media(kind="video", url=film)] if film is not None else []
    found += [Media(kind="image", url=url) for url in dict.fromkeys(pictures) if url is not None]
    if not found and value.get("item") == "photo":
        # A picture's address stands in `link`.
        found = [Media(kind="image", url=web_address(value.get("link")))]
    if not found and value.get("item") == "video":
        found = [Media(kind="video", url=web_address(value.get("link")))]
    return tuple(found)


def _links(value: dict[str, Any]) -> tuple[str, ...]:
    link = web_address(value.get("link"))
    if link is None or value.get("item") in ("photo", "video"):
        return ()
    canonical = canonical_url(link)
    return (canonical,) if canonical is not None else ()
