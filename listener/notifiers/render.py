"""From what is to be said to one channel's Message, every word escaped for that channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import jinja2

from listener.config.alerting import Excerpt
from listener.domain.alert import AlertView, Recipient
from listener.domain.digest import Digest
from listener.domain.incident import UNFINISHED, AlertKind
from listener.domain.notice import Notice
from listener.domain.rule import Level
from listener.domain.token import Invitation
from listener.i18n import SOURCE_LANGUAGE, Speaker, translator
from listener.notifiers import figures, safe, short
from listener.notifiers.alert import alert_content
from listener.notifiers.answering import Answering, answering_of
from listener.notifiers.base import Message
from listener.notifiers.blocks import blocks, chart, fallback_text
from listener.notifiers.content import Content, Item, Quote
from listener.notifiers.digest import charts
from listener.notifiers.digest.content import digest_content
from listener.notifiers.invitation import sms_answer
from listener.notifiers.notices import notice_content
from listener.notifiers.picture import NAME, Picture

Channel = Literal["slack", "email", "console", "text", "short", "webhook"]
"""How a message is laid out: `text` is for gateways, `short` for one SMS, `webhook` for machines."""
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
    invitation: Invitation | None = None,
    picture: Picture | None = None,
) -> Message:
    """An alert for one recipient; `excerpt` is how much of the posts this channel may show.

    `invitation`: how this reader may answer, where answers are read; `picture`: an e-mail's curve.
    """
    answer = sms_answer(invitation) if invitation else ""
    content = alert_content(view, language=language, excerpt=excerpt, mediation=mediation)
    brief = short.alert_text(content, view, language=language, answer=answer)
    told = figures.alert_figures(view, content)
    if channel == "webhook" and excerpt != "none":
        told |= {"text": as_text(content)}
    # Observe mode calls nobody, and what is over or comes too late presses nobody: no ping, no high
    # priority.
    presses = not view.observed and view.kind is not AlertKind.RECORDED and view.state in UNFINISHED
    return lay_out(
        content,
        channel=channel,
        recipient=recipient,
        ping=presses,
        key=key,
        language=language,
        urgent=presses and view.level is Level.CRITICAL,
        thread=f"incident-{view.incident}",
        brief=brief,
        picture=picture,
        told=told,
        answering=answering_of(invitation, channel, Speaker(language, ZoneInfo(view.timezone))),
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
        told=figures.notice_figures(notice, content),
    )


def render_digest(
    digest: Digest,
    *,
    channel: Channel,
    recipient: Recipient,
    key: str,
    excerpt: Excerpt,
    language: str = "fr",
    sections: Sequence[str] = (),
    drawn: Mapping[str, bytes] | None = None,
) -> Message:
    """A period's digest; whatever `excerpt` says, what may name a patient is masked.

    `sections`: which, in which order, none: all of them; `drawn`: an e-mail's charts by their names.
    """
    content = digest_content(digest, language=language, excerpt=excerpt, sections=sections)
    return lay_out(
        content, channel=channel, recipient=recipient, key=key, language=language, drawn=drawn
    )


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
    brief: str = "",
    picture: Picture | None = None,
    drawn: Mapping[str, bytes] | None = None,
    told: Mapping[str, Any] | None = None,
    answering: Answering | None = None,
) -> Message:
    """Any content as one channel's message; `brief` and `told` are it for SMS and for machines,
    `picture` and `drawn` an e-mail's: an alert's curve, and charts by their names.
    """
    answering = answering or Answering()
    headline = safe.header(content.headline, SUBJECT_LENGTH)
    message = Message(
        key=key,
        recipient=recipient,
        subject=answering.subject(headline, SUBJECT_LENGTH),
        text=as_text(content, answering, language=language),
        urgent=urgent,
        thread=thread,
        reply_to=answering.reply_to,
    )
    match channel:
        case "slack":
            return _chat(message, content, recipient.mention if ping else None)
        case "email":
            return _mail(message, content, language, picture, drawn or {}, answering)
        case "text":
            return replace(message, text=as_text(defused(content), answering, language=language))
        case "short" | "webhook":
            return _brief(message, content, brief, told if channel == "webhook" else {})
    return message


def _brief(
    message: Message, content: Content, brief: str, told: Mapping[str, Any] | None
) -> Message:
    text = brief or short.fitted(content.badge, content.title)
    known = figures.plain_figures(content) if told is None else told
    return replace(message, text=text, figures=known)


def _chat(message: Message, content: Content, mention: str | None) -> Message:
    laid = blocks(content.summary(), mention)
    return replace(message, text=fallback_text(content, mention), blocks=laid)


def _mail(
    message: Message,
    content: Content,
    language: str,
    picture: Picture | None,
    drawn: Mapping[str, bytes],
    answering: Answering,
) -> Message:
    """With the pictures that it shows within, each once."""
    shown = {section.chart.name for section in content.sections if section.chart}
    used = {name: png for name, png in drawn.items() if name in shown}
    curve = [picture.attachment] if picture else []
    html = as_html(
        content,
        language=language,
        picture=picture,
        answering=answering,
        sources=charts.sources(used),
    )
    return replace(message, html=html, attachments=[*curve, *charts.attachments(used)])


def defused(content: Content) -> Content:
    """For gateways that may read a stranger's words as markup: no ping, no link, no emphasis."""
    sections = [
        replace(
            section,
            quotes=[_plain(quote) for quote in section.quotes],
            items=[_plain_item(item) for item in section.items],
        )
        for section in content.sections
    ]
    return replace(content, sections=sections)


def _plain(quote: Quote) -> Quote:
    excerpt = quote.excerpt and safe.unmarked(quote.excerpt)
    return replace(quote, excerpt=excerpt, why=safe.unmarked(quote.why))


def _plain_item(item: Item) -> Item:
    return replace(item, text=safe.unmarked(item.text), excerpt=safe.unmarked(item.excerpt))


def as_text(
    content: Content, answering: Answering | None = None, *, language: str = SOURCE_LANGUAGE
) -> str:
    """`language` puts a colon as its readers do; every word is the content's."""
    template = environment().get_template("message.txt")
    told = translator(language).gettext("{subject}: {what}")
    return (
        template.render(content=content, answering=answering or Answering(), told=told).strip()
        + "\n"
    )


def as_html(
    content: Content,
    *,
    language: str,
    picture: Picture | None = None,
    answering: Answering | None = None,
    sources: Mapping[str, str] | None = None,
) -> str:
    """`picture` stands where the bars would: it is the same figures, and the usual beside them.

    `sources` says where a chart's picture is, by the chart's name; one that is nowhere is told in words.
    """
    drawn = {"name": NAME, "alt": picture.alt} if picture else None
    template = environment().get_template("message.html")
    return template.render(
        content=content,
        language=language,
        picture=drawn,
        answering=answering or Answering(),
        sources=sources or {},
    )
