"""Names of things in the reader's words: networks, kinds of posts, levels, figures of a post."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from listener.domain.alert import PostView
from listener.domain.incident import AlertKind
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe

NETWORKS = {
    "bluesky": "Bluesky",
    "dailymotion": "Dailymotion",
    "facebook": "Facebook",
    "gdelt": "GDELT",
    "google_business": "Google",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "pinterest": "Pinterest",
    "reddit": "Reddit",
    "scoopit": "Scoop.it",
    "slideshare": "SlideShare",
    "telegram": "Telegram",
    "threads": "Threads",
    "tiktok": "TikTok",
    "trustpilot": "Trustpilot",
    "wordpress": "WordPress",
    "x": "X",
    "x_twitter": "X",
    "xing": "XING",
    "youtube": "YouTube",
}


def network(speaker: Speaker, name: str) -> str:
    if name == "rss":
        return speaker.gettext("press and blogs")
    return NETWORKS.get(name) or safe.shorten(safe.clean(name), 40).replace("_", " ").capitalize()


def kind(speaker: Speaker, name: str) -> str:
    _ = speaker.gettext
    known = {
        "post": _("post"),
        "comment": _("comment"),
        "reply": _("reply"),
        "repost": _("repost"),
        "quote": _("quote"),
        "review": _("review"),
        "article": _("article"),
        "video": _("video"),
        "story": _("story"),
    }
    return known.get(name) or safe.shorten(safe.clean(name), 40)


def instant(speaker: Speaker, at: datetime) -> str:
    """An instant for readers of another day: its weekday and date, never "yesterday"."""
    return speaker.gettext("{day} at {time}").format(
        day=speaker.day(at, weekday=True), time=speaker.clock(at)
    )


def badge(speaker: Speaker, level: Level, why: AlertKind = AlertKind.OPENED) -> str:
    _ = speaker.gettext
    names = {
        Level.CRITICAL: _("Critical alert"),
        Level.WARNING: _("Alert"),
        Level.INFO: _("For information"),
    }
    shown = {
        AlertKind.OPENED: "{badge}",
        AlertKind.RAISED: _("{badge}, raised"),
        AlertKind.REMINDED: _("{badge}, reminder"),
        AlertKind.RECORDED: _("After the fact"),
    }[why]
    return shown.format(badge=names[level])


def figures(speaker: Speaker, post: PostView) -> str:
    """How grave and how far: only what is known, never a zero in place of the unknown."""
    return " · ".join(_figures(speaker, post))


def _figures(speaker: Speaker, post: PostView) -> Iterator[str]:
    if post.severity is not None:
        yield speaker.gettext("severity {score}/100").format(score=speaker.number(post.severity))
    elif post.sentiment == "negative":
        yield speaker.gettext("negative")
    if post.followers is not None:
        yield speaker.ngettext("{count} follower", "{count} followers", post.followers)
    if post.shares:
        yield speaker.ngettext("{count} share", "{count} shares", post.shares)
    if post.replies:
        yield speaker.ngettext("{count} reply", "{count} replies", post.replies)
    if post.reactions:
        yield speaker.ngettext("{count} reaction", "{count} reactions", post.reactions)
