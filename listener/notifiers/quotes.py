"""A post as it may be shown: where and when, how far it goes, its words as far as the channel may."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.alert import PostView
from listener.i18n import Speaker
from listener.notifiers import safe, why, words
from listener.notifiers.content import Quote

PARTS = 2  # of a severity: the line goes on with how far the post goes


def quote(speaker: Speaker, post: PostView, excerpt: Excerpt, *, when: str) -> Quote:
    network = words.network(speaker, post.network)
    shown, remark = _words_of(speaker, post, excerpt)
    return Quote(
        label=" · ".join((network, words.kind(speaker, post.kind), when)),
        figures=_line(speaker, post),
        excerpt=shown,
        remark=remark,
        why=_why(speaker, post, excerpt),
        tone=post.sentiment or "",
        link=safe.link(post.link),
        link_label=speaker.gettext("Read it on {network}").format(network=network),
    )


def _words_of(speaker: Speaker, post: PostView, excerpt: Excerpt) -> tuple[str | None, str]:
    _ = speaker.gettext
    if post.unread:
        return None, _("An image or a video without text: not analysed.")
    if post.excerpt is None:
        return None, _("The text is gone (deleted, or past its retention).")
    if excerpt == "none":
        return None, _("The text is not shown on this channel.")
    if post.restricted and excerpt != "full":
        return None, _("(restricted post: it may reveal who is a patient)")
    masked = excerpt == "masked"
    placeholder = _("[link]")
    shown = safe.excerpt(post.excerpt, post.spans, masked=masked, link_placeholder=placeholder)
    return shown or None, "" if shown else _("A post without words.")


def _why(speaker: Speaker, post: PostView, excerpt: Excerpt) -> str:
    """The terms that made its tone, as far as its words may be shown, and the forecast."""
    full = excerpt == "full"
    readable = None
    if excerpt != "none":
        readable = why.visible(post, masked=not full, restricted=full)
    said = (why.sentiment(speaker, post, readable), why.forecast(speaker, post))
    return " · ".join(text for text in said if text)


def _line(speaker: Speaker, post: PostView) -> str:
    """How grave and how far: only what is known, never a zero in place of the unknown."""
    return " · ".join(_figures(speaker, post))


def _figures(speaker: Speaker, post: PostView) -> Iterator[str]:
    severity = why.severity(speaker, post, parts=PARTS, factors=False)
    if severity:
        yield severity
    elif post.sentiment == "negative":
        yield speaker.gettext("negative")
    themes = [name for name in post.themes if words.theme(speaker, name) not in severity]
    if themes:
        yield words.themes(speaker, themes)
    if post.followers is not None:
        yield speaker.ngettext("{count} follower", "{count} followers", post.followers)
    if post.shares:
        yield speaker.ngettext("{count} share", "{count} shares", post.shares)
    if post.replies:
        yield speaker.ngettext("{count} reply", "{count} replies", post.replies)
    if post.reactions:
        yield speaker.ngettext("{count} reaction", "{count} reactions", post.reactions)
