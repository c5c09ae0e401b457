"""A post as it may be shown: where and when, how far it goes, its words as far as the channel may."""

from __future__ import annotations

from listener.config.models import Excerpt
from listener.domain.alert import PostView
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Quote


def quote(speaker: Speaker, post: PostView, excerpt: Excerpt, *, when: str) -> Quote:
    network = words.network(speaker, post.network)
    shown, remark = _words_of(speaker, post, excerpt)
    return Quote(
        label=" · ".join((network, words.kind(speaker, post.kind), when)),
        figures=words.figures(speaker, post),
        excerpt=shown,
        remark=remark,
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
