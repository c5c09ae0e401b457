"""A channel's preview page into messages.

https://t.me/s/{channel} has no documentation: its classes are those that many programs read, and
that no recorded page of ours confirms. What is not where it was is absent, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.connector import Malformed, Reject
from connectors.dates import believable
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import instant
from connectors.telegram.attached import media_of, own
from connectors.telegram.figures import rounded
from connectors.text import html_links, html_to_text, one_line
from connectors.urls import canonical_url

NETWORK = "telegram"
_MANY = 20
_POST = re.compile(r"([A-Za-z][A-Za-z0-9_]{3,31})/(\d{1,18})")
_LINK = re.compile(
    r"https?://t(?:elegram)?\.me/(?:s/)?([A-Za-z][A-Za-z0-9_]{3,31})(?:/(\d{1,18}))?"
)
_TAG = re.compile(r"(?<![\w&#/])#(\w{1,100})")
_A_PREVIEW = (
    ".tgme_channel_info, .tgme_channel_history, .tgme_widget_message, .tme_no_messages_found"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the page; without a mention where it is a service message."""

    number: int
    position: datetime | None
    mention: Mention | None = None
    engagement: Engagement | None = None

    @property
    def version(self) -> str:
        """Changes when what is said changes: an edited message is given again."""
        if self.mention is None:
            return str(self.number)
        said = "\0".join((self.mention.title or "", self.mention.text))
        digest = blake2b(said.encode("utf-8", "replace"), digest_size=6).hexdigest()
        return f"{self.mention.external_id}:{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    messages: Sequence[Message]
    rejects: Sequence[Reject] = ()
    oldest: int | None = None  # of all that the page shows, also what could not be read
    subscribers: int | None = None
    etag: str | None = None


def read_preview(html: str, channel: str, at: datetime, *, etag: str | None = None) -> Preview:
    """Malformed where the page is no preview. CPU-bound: call it in a thread."""
    tree = LexborHTMLParser(html)
    if tree.css_first(_A_PREVIEW) is None:
        raise Malformed("not a channel's preview", payload=html[:4_000].encode())
    owner = _owner(tree, channel)
    messages: list[Message] = []
    rejects: list[Reject] = []
    numbers: list[int] = []
    for node in tree.css(".tgme_widget_message[data-post]"):
        try:
            found = _numbered(node)
            numbers.append(int(found[2]))
            messages.append(_message(node, found, owner, at))
        except ValueError as error:
            payload = (node.html or "")[:4_000].encode("utf-8", "replace")
            rejects.append(Reject(error=str(error), payload=payload))
    if len(rejects) > 1 and not messages:
        raise Malformed("no message of the preview can be read", payload=html[:4_000].encode())
    return Preview(
        # Newest first, as walks go; the page has them as they are read.
        messages=sorted(messages, key=lambda message: -message.number),
        rejects=rejects,
        oldest=min(numbers, default=None),
        subscribers=owner.followers,
        etag=etag,
    )


def _owner(tree: LexborHTMLParser, channel: str) -> Author:
    info = tree.css_first(".tgme_channel_info")
    title = _text(info, ".tgme_channel_info_header_title") if info else ""
    return Author(
        external_id=channel,
        handle=channel,
        name=title or None,
        followers=_subscribers(info) if info else None,
        verified=info.css_first(".verified-icon") is not None if info else None,
    )


def _subscribers(info: LexborNode) -> int | None:
    for counter in info.css(".tgme_channel_info_counter"):
        if "subscriber" in _text(counter, ".counter_type"):
            return rounded(_text(counter, ".counter_value"))
    return None


def _numbered(node: LexborNode) -> re.Match[str]:
    found = _POST.fullmatch(node.attributes.get("data-post") or "")
    if found is None:
        raise ValueError("a message without its number")
    return found


def _message(node: LexborNode, found: re.Match[str], owner: Author, at: datetime) -> Message:
    number = int(found[2])
    said = believable(_said_at(node), at)
    media = tuple(media_of(node))
    block = _block(node)
    text = _words(node, block)
    if "service_message" in (node.attributes.get("class") or "") or not (text or media):
        return Message(number=number, position=said)
    if said is None:
        # Without dates a walk would not know where to end.
        raise ValueError("a message without its date")
    mention = _mention(node, found, owner, block, said=said, text=text, media=media, at=at)
    return Message(
        number=number,
        position=said,
        mention=mention,
        engagement=_engagement(node, mention.key, at),
    )


def _mention(
    node: LexborNode,
    found: re.Match[str],
    owner: Author,
    block: LexborNode | None,
    *,
    said: datetime | None,
    text: str,
    media: tuple[Media, ...],
    at: datetime,
) -> Mention:
    parent = _linked(node.css_first("a.tgme_widget_message_reply"))
    passed_on = node.css_first(".tgme_widget_message_forwarded_from")
    links, accounts = _links(node, block)
    return Mention(
        network=NETWORK,
        external_id=external_id(found[1], found[2]),
        kind=_kind(parent, passed_on),
        published_at=said,
        # The page says that a message was edited, and not when: it was seen now.
        edited_at=at if _is_edited(node) else None,
        url=f"https://t.me/{found[1]}/{found[2]}",
        title=_text(node, ".link_preview_title") or None,
        text=text,
        author=_author(node, owner),
        parent_id=parent,
        root_id=parent,
        repost_of=_linked(node.css_first("a.tgme_widget_message_forwarded_from_name")),
        links=links,
        media=media,
        tags=tuple(dict.fromkeys(_TAG.findall(text)[:_MANY])),
        accounts=accounts,
    )


def external_id(channel: str, number: str | int) -> str:
    return f"{channel.lower()}/{number}"


def _kind(parent: str | None, passed_on: LexborNode | None) -> Kind:
    if passed_on is not None:
        return Kind.REPOST
    return Kind.REPLY if parent else Kind.POST


def _author(node: LexborNode, owner: Author) -> Author:
    """The channel; by name whoever signed, where the channel shows it."""
    signed = _text(node, ".tgme_widget_message_from_author")
    name = signed or _text(node, ".tgme_widget_message_owner_name") or owner.name
    return Author(
        external_id=owner.external_id,
        handle=owner.handle,
        name=name,
        followers=owner.followers,
        verified=owner.verified,
    )


def _block(node: LexborNode) -> LexborNode | None:
    """What the message says itself: what it answers is quoted in a block of the same class."""
    return next((b for b in node.css(".tgme_widget_message_text") if own(b)), None)


def _words(node: LexborNode, block: LexborNode | None) -> str:
    parts = [html_to_text(block.inner_html or "")] if block is not None else []
    for poll in node.css(".tgme_widget_message_poll")[:1]:
        asked = poll.css(
            ".tgme_widget_message_poll_question, .tgme_widget_message_poll_option_text"
        )
        parts += [_said(line) for line in asked[:_MANY]]
    parts += [_said(t) for t in node.css(".tgme_widget_message_document_title")[:1] if own(t)]
    return "\n".join(part for part in parts if part)


def _engagement(node: LexborNode, key: MentionKey, at: datetime) -> Engagement | None:
    views = rounded(_text(node, ".tgme_widget_message_views"))
    reactions = [
        rounded(reaction.text(deep=False, strip=True))
        for reaction in node.css(".tgme_reaction")
        # Stars are bought by the hundred: they count coins, not people.
        if "tgme_reaction_paid" not in (reaction.attributes.get("class") or "")
    ]
    known = [figure for figure in reactions if figure is not None]
    if views is None and not known:
        return None
    return Engagement(key=key, taken_at=at, views=views, reactions=sum(known) if known else None)


def _links(node: LexborNode, block: LexborNode | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the message leads, and whom it addresses."""
    html = (block.inner_html or "") if block is not None else ""
    card = node.css_first("a.tgme_widget_message_link_preview")
    targets = [*html_links(html)[:_MANY], (card.attributes.get("href") or "") if card else ""]
    links: dict[str, None] = {}
    accounts: dict[str, None] = {}
    for target in targets:
        person = _LINK.fullmatch(target)
        if person and not person[2]:
            accounts[person[1].lower()] = None
        elif canonical := canonical_url(target):
            links[canonical] = None
    return tuple(links), tuple(accounts)


def _linked(link: LexborNode | None) -> str | None:
    """The message that a link leads to; None for a channel, a person or a private one."""
    found = _LINK.match((link.attributes.get("href") or "") if link is not None else "")
    return external_id(found[1], found[2]) if found and found[2] else None


def _said_at(node: LexborNode) -> datetime | None:
    # A video's length is a <time> too.
    time = node.css_first(".tgme_widget_message_date time[datetime]")
    return instant(time.attributes.get("datetime")) if time is not None else None


def _is_edited(node: LexborNode) -> bool:
    if node.css_first(".js-message_edited") is not None:
        return True
    meta = node.css_first(".tgme_widget_message_meta")
    return meta is not None and re.search(r"\bedited\b", meta.text()) is not None


def _text(node: LexborNode, selector: str) -> str:
    found = node.css_first(selector)
    return _said(found) if found is not None else ""


def _said(node: LexborNode) -> str:
    return one_line(node.text()[:2_000])
