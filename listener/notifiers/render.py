"""From what is to be said to one channel's Message, every word escaped for that channel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import jinja2

from listener.config.alerting import Excerpt
from listener.domain.alert import AlertView, Recipient
from listener.domain.digest import Digest
from listener.domain.incident import AlertKind
from listener.domain.notice import Notice
from listener.domain.rule import Level
from listener.notifiers import safe
from listener.notifiers.alert import alert_content
from listener.notifiers.base import Attachment, Message
from listener.notifiers.blocks import blocks, chart, fallback_text
from listener.notifiers.content import Content
from listener.notifiers.digest import digest_content
from listener.notifiers.notices import notice_content

Channel = Literal["slack", "email", "console"]
SUBJECT_LENGTH = 160


@lru_cache
def environment() -> jinja2.Environment:
    """Templates of notifiers/templates: HTML ones escape what they are given."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("listener.notifiers"),
        autoescape=jinja2.select_autoescape(("html",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["chart"] = chart
    return made


def render_alert(
    view: AlertView,
    *,
    channel: Channel,
    recipient: Recipient,
    key: str,
    excerpt: Excerpt,
    language: str = "fr",
    mediation: str = "",
) -> Message:
    """An alert for one recipient; `excerpt` is how much of the posts this channel may show."""
    content = alert_content(view, language=language, excerpt=excerpt, mediation=mediation)
    # Observe mode calls nobody, and what comes too late presses nobody: no ping, no high priority.
    presses = not view.observed and view.kind is not AlertKind.RECORDED
    return lay_out(
        content,
        channel=channel,
        recipient=recipient,
        ping=presses,
        key=key,
        language=language,
        urgent=presses and view.level is Level.CRITICAL,
        thread=f"incident-{view.incident}",
    )


def render_notice(
    notice: Notice, *, channel: Channel, recipient: Recipient, key: str, language: str = "fr"
) -> Message:
    content = notice_content(notice, language=language)
    return lay_out(
        content,
        channel=channel,
        recipient=recipient,
        key=key,
        language=language,
        urgent=notice.level is Level.CRITICAL,
        thread=f"notice-{notice.kind}-{notice.name}",
    )


def render_digest(
    digest: Digest,
    *,
    channel: Channel,
    recipient: Recipient,
    key: str,
    excerpt: Excerpt,
    language: str = "fr",
) -> Message:
    """A week's digest; whatever `excerpt` says, what may name a patient is masked."""
    content = digest_content(digest, language=language, excerpt=excerpt)
    return lay_out(content, channel=channel, recipient=recipient, key=key, language=language)


def lay_out(
    content: Content,
    *,
    channel: Channel,
    recipient: Recipient,
    key: str,
    language: str,
    urgent: bool = False,
    ping: bool = True,
    thread: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Any content as one channel's message."""
    subject = safe.header(content.headline, SUBJECT_LENGTH)
    text = as_text(content)
    html, laid = None, []
    if channel == "slack":
        mention = recipient.mention if ping else None
        text, laid = fallback_text(content, mention), blocks(content, mention)
    elif channel == "email":
        html = as_html(content, language=language)
    return Message(
        key=key,
        recipient=recipient,
        subject=subject,
        text=text,
        html=html,
        blocks=laid,
        urgent=urgent,
        thread=thread,
        attachments=attachments,
    )


def as_text(content: Content) -> str:
    return environment().get_template("message.txt").render(content=content).strip() + "\n"


def as_html(content: Content, *, language: str) -> str:
    return environment().get_template("message.html").render(content=content, language=language)
