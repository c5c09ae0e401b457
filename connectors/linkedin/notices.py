"""What LinkedIn tells of a page – mentions, comments, edits, deletions –, pulled or pushed.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-social-action-notifications
Built from the documentation: no recorded notification was at hand. A notification carries the
text of what it is about; where it does not, the post or comment is fetched by its URN, which an
application may be refused for posts of others. Then, or where the answer cannot be read, only its
address is known: one that is odd for good must not hold up the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.connector import Clock, Malformed
from connectors.dates import believable, from_epoch
from connectors.http import NotFound
from connectors.linkedin.api import Api, Denied
from connectors.linkedin.little import Little, read_little
from connectors.linkedin.told import Told
from connectors.linkedin.urns import (
    comment_parts,
    comment_url,
    escaped,
    is_comment,
    is_post,
    post_url,
    urn,
)
from connectors.linkedin.wire import NETWORK, kind_of_share, read_comment, read_post
from connectors.mention import Author, Deletion, Kind, Mention
from connectors.reading import line, mapping, string
from connectors.walk import Found

_COMMENTS = frozenset({"COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT"})
_SHARES = frozenset({"SHARE", "SHARE_MENTION"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification, as far as it could be read."""

    id: str
    action: str
    about: str | None  # the share or comment that was made
    post: str | None  # of the page, that it was made on
    organization: str | None
    at: datetime | None
    content: dict[str, Any]  # what the notification shows of it


def read_notice(item: object, at: datetime) -> Notice:
    """ValueError where it cannot be one."""
    notice = mapping(item)
    action = string(notice.get("action"))
    if action is None:
        raise ValueError("a notification without an action")
    shown = mapping(notice.get("decoratedGeneratedActivity"))
    content = mapping(shown.get("comment")) or mapping(shown.get("share"))
    about = urn(content.get("entity")) or urn(notice.get("generatedActivity"))
    source = urn(notice.get("sourcePost"))
    post = urn(mapping(notice.get("decoratedSourcePost")).get("entity")) or source
    changed = notice.get("lastModifiedAt")
    own_id = string(notice.get("notificationId")) or f"{action}:{about}:{changed}"
    return Notice(
        id=own_id,
        action=action,
        # A mention's own post may stand in place of the page's.
        about=about or (source if action in _SHARES else None),
        post=None if action == "SHARE_MENTION" else post,
        organization=urn(notice.get("organizationalEntity")),
        at=believable(from_epoch(changed), at) if changed is not None else None,
        content=content,
    )


class Notices:
    """Turns notifications into what they tell; asks the network only where they tell too little."""

    def __init__(self, api: Api, *, clock: Clock, told: Told) -> None:
        self._api = api
        self._clock = clock
        self._told = told
        self._gone = Told()

    async def found(self, item: object) -> Found:
        """Empty where it tells nothing new (a like, an unknown action). ValueError: unreadable."""
        notice = read_notice(item, self._clock())
        mention, deletion = None, None
        if notice.action == "COMMENT_DELETE":
            deletion = self._deleted(notice)
        elif notice.action in _COMMENTS:
            mention, deletion = await self._commented(notice)
        elif notice.action in _SHARES:
            mention = await self._shared(notice)
        return Found(
            id=notice.id,
            position=notice.at,
            mentions=(mention,) if mention else (),
            deletions=(deletion,) if deletion else (),
        )

    def _deleted(self, notice: Notice) -> Deletion:
        if notice.about is None or not is_comment(notice.about):
            raise ValueError("a deletion that names no comment")
        self._gone.add(notice.about)
        return Deletion(network=NETWORK, external_id=notice.about, seen_at=self._clock())

    async def _commented(self, notice: Notice) -> tuple[Mention | None, Deletion | None]:
        about = notice.about
        if about is None or not is_comment(about):
            raise ValueError("a notification that names no comment")
        is_edit = notice.action == "COMMENT_EDIT"
        # Newest first: what was written comes after what became of it.
        if about in self._gone or (about in self._told and not is_edit):
            return None, None
        if is_edit:
            self._told.add(about)
        if _text(notice).text:
            return _comment(notice, about), None
        thread, number = comment_parts(about) or (notice.post or "", "")
        try:
            answer = await self._api.get(f"socialActions/{escaped(thread)}/comments/{number}")
        except NotFound:
            return None, self._deleted(notice)
        except (Denied, Malformed):
            return _comment(notice, about), None
        read = read_comment({"commentUrn": about, **answer}, self._clock(), post=notice.post)
        return read.mentions[0], None

    async def _shared(self, notice: Notice) -> Mention | None:
        about = notice.about
        if about is None or not is_post(about):
            raise ValueError("a notification that names no post")
        if not notice.content:
            try:
                answer = await self._api.get(f"posts/{escaped(about)}")
            except NotFound:
                return None
            except (Denied, Malformed):
                return _share(notice, about)
            read = read_post({"id": about, **answer}, self._clock())
            return read.mentions[0] if read.mentions else None
        return _share(notice, about)


def _text(notice: Notice) -> Little:
    """As documented under `text`; as in the comments' own list under `message`."""
    text = notice.content.get("text")
    return read_little(text or mapping(notice.content.get("message")).get("text"))


def _author(notice: Notice) -> Author:
    owner = urn(notice.content.get("owner")) or urn(notice.content.get("actor"))
    by_page = notice.organization if notice.action == "ADMIN_COMMENT" else None
    return Author(external_id=owner or by_page)


def _comment(notice: Notice, about: str) -> Mention:
    little, thread = _text(notice), comment_parts(about)
    root = notice.post or (thread[0] if thread else None)
    parent = urn(notice.content.get("parentComment"))
    is_edit = notice.action == "COMMENT_EDIT"
    published = _instant_in(about, notice.at) if is_edit else notice.at
    return Mention(
        network=NETWORK,
        external_id=about,
        kind=Kind.REPLY if parent else Kind.COMMENT,
        published_at=published,
        edited_at=notice.at if is_edit else None,
        url=comment_url(root, about) if root else None,
        text=little.text,
        author=_author(notice),
        parent_id=parent or root,
        root_id=root,
        tags=little.tags,
        accounts=little.accounts,
    )


def _instant_in(comment: str, edited: datetime | None) -> datetime | None:
    """When it was first written, which only its number tells: its first 41 bits are milliseconds
    since 1970. Not documented, hence only where it comes to a date before the edit's."""
    parts = comment_parts(comment)
    if parts is None or edited is None:
        return None
    written = believable(from_epoch(int(parts[1]) >> 22), edited)
    return written if written is not None and written < edited else None


def _share(notice: Notice, about: str) -> Mention:
    little = _text(notice)
    kind = kind_of_share(notice.post, little.text)
    accounts = little.accounts
    if notice.action == "SHARE_MENTION" and notice.organization:
        accounts = tuple(dict.fromkeys((*accounts, notice.organization)))
    return Mention(
        network=NETWORK,
        external_id=about,
        kind=kind,
        published_at=notice.at,
        url=post_url(about),
        title=line(notice.content.get("title")),
        text=little.text,
        author=_author(notice),
        quoted_id=notice.post if kind is Kind.QUOTE else None,
        repost_of=notice.post if kind is Kind.REPOST else None,
        tags=little.tags,
        accounts=accounts,
    )
