"""From a Mastodon status to a Mention and its Engagement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from connectors.mastodon.known import Known
from connectors.mastodon.wire import Account, Attachment, Status, texts
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.text import MAX_HTML, html_to_text, language_code, one_line, plain
from connectors.urls import canonical_url

NETWORK = "mastodon"
Lookup = Callable[[str], Known]
"""What is known of a post by its id on the instance that was read."""

_STORED = frozenset(("public", "unlisted"))
_MEDIA = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


def is_storable(status: Status) -> bool:
    """Only what its author shows to everybody; followers-only, direct and unheard-of are left alone."""
    return status.visibility in _STORED


def external_id(status: Status, host: str) -> str:
    """The post's ActivityPub id, the same on every instance; else host/id."""
    return status.uri or f"{host}/{status.id}"


def to_mention(status: Status, *, host: str, domain: str, lookup: Lookup) -> Mention:
    """`host` is the instance that was read, `domain` what its own handles end in."""
    parent = lookup(status.in_reply_to_id) if status.in_reply_to_id else None
    quoted_id = _quoted_id(status, lookup)
    return Mention(
        network=NETWORK,
        external_id=external_id(status, host),
        kind=Kind.REPLY if parent else Kind.QUOTE if quoted_id else Kind.POST,
        published_at=status.created_at,
        edited_at=status.edited_at,
        url=_web(status.url) or _web(status.uri or ""),
        text=text_of(status),
        language=language_code(status.language),
        author=_author(status.account, host, domain),
        parent_id=parent.uri if parent else None,
        root_id=parent.root if parent else None,
        quoted_id=quoted_id,
        links=_links(status),
        media=tuple(_media(attachment) for attachment in status.media_attachments),
        tags=texts(one_line(tag.name).lower() for tag in status.tags),
        accounts=texts(_handle(addressed.acct, domain) for addressed in status.mentions),
        republish=not status.account.opted_out,
    )


def to_engagement(status: Status, *, host: str, at: datetime) -> Engagement:
    """What this instance knows: too low for a post from elsewhere, right on its own server."""
    shares = [count for count in (status.reblogs_count, status.quotes_count) if count is not None]
    return Engagement(
        key=MentionKey(network=NETWORK, external_id=external_id(status, host)),
        taken_at=at,
        reactions=status.favourites_count,
        replies=status.replies_count,
        shares=sum(shares) if shares else None,
    )


def text_of(status: Status) -> str:
    """The warning or subject, the body, and a poll's choices: all that its author wrote."""
    options = status.poll.options if status.poll else ()
    parts = (
        plain(status.spoiler_text),
        html_to_text(_own_words(status)),
        "\n".join(one_line(option.title) for option in options),
    )
    return "\n\n".join(part for part in parts if part)


def _own_words(status: Status) -> str:
    """Without the "RE: …" that is put there for servers that do not know quotes."""
    if status.quote is None or "quote-inline" not in status.content:
        return status.content
    tree = LexborHTMLParser(status.content[:MAX_HTML])
    for node in tree.css(".quote-inline"):
        node.decompose()
    return (tree.body.html or "") if tree.body else ""


def words_of(status: Status) -> str:
    """Everything that a watch may recognise: the text, the tags, what the images are said to show."""
    tags = " ".join(f"#{tag.name}" for tag in status.tags)
    alts = (attachment.description for attachment in status.media_attachments)
    handles = " ".join(f"@{addressed.acct}" for addressed in status.mentions)
    return "\n".join(texts((text_of(status), tags, handles, *alts)))


def _quoted_id(status: Status, lookup: Lookup) -> str | None:
    target = status.quote.target if status.quote else None
    if target is None or target.id is None:
        return target.uri if target else None
    return target.uri or lookup(target.id).uri


def _author(account: Account, host: str, domain: str) -> Author:
    local = f"{host}/{account.id}" if account.id else None
    return Author(
        external_id=account.uri or account.url or local,
        handle=_handle(account.acct, domain) or None,
        name=one_line(account.display_name) or None,
        followers=account.followers_count,
    )


def _handle(acct: str, domain: str) -> str:
    """An instance names its own accounts without their domain."""
    acct = one_line(acct).removeprefix("@")
    return acct if "@" in acct or not acct else f"{acct}@{domain}"


def _web(url: str) -> str | None:
    return url if url.startswith(("https://", "http://")) and len(url) < 4096 else None


def _links(status: Status) -> tuple[str, ...]:
    """Where the post leads to, its own mentions and hashtags left out."""
    targets = [status.card.url] if status.card else []
    if "href" in status.content:
        tree = LexborHTMLParser(_own_words(status)[:MAX_HTML])
        anchors = tree.css("a[href]:not(.mention):not(.hashtag)")
        # Some servers' mentions and hashtags bear no class.
        leading = (a for a in anchors if not a.text().lstrip().startswith(("@", "#")))
        targets += [anchor.attributes.get("href") or "" for anchor in leading]
    return texts(canonical_url(target) or "" for target in targets)


def _media(attachment: Attachment) -> Media:
    return Media(
        kind=_MEDIA.get(attachment.type, "document"),
        url=_web(attachment.url) or _web(attachment.remote_url),
        alt=plain(attachment.description) or None,
    )
