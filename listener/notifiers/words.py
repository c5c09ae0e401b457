"""Names of things in the reader's words: networks, kinds of posts, levels, figures of a post."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from listener.domain.alert import Analysis
from listener.domain.incident import AlertKind
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe

THEMES_SHOWN = 3
_FIRST = ("person_in_danger", "rumour")

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
        AlertKind.REOPENED: _("{badge}, back again"),
        AlertKind.REPEATED: _("{badge}, unanswered"),
        AlertKind.ESCALATED: _("{badge}, passed on to you"),
        AlertKind.REMINDED: _("{badge}, reminder"),
        AlertKind.RECORDED: _("After the fact"),
    }[why]
    return shown.format(badge=names[level])


def nobody_yet(speaker: Speaker) -> str:
    return speaker.gettext("Nobody takes care of it yet.")


def analysis(speaker: Speaker, done: Analysis) -> str:
    _ = speaker.gettext
    return {
        Analysis.FAST: _("Fast analysis."),
        Analysis.UNDER_WAY: _("Fast analysis, a deeper reading is under way."),
        Analysis.DEEP: _("Deep analysis."),
    }[done]


def theme(speaker: Speaker, name: str) -> str:
    _ = speaker.gettext
    return {
        "waiting": _("waiting times"),
        "medical_error": _("alleged medical error"),
        "hygiene": _("hygiene"),
        "staff_attitude": _("attitude of the staff"),
        "staffing": _("staffing and working conditions"),
        "billing": _("billing"),
        "premises": _("premises and comfort"),
        "confidentiality": _("medical confidentiality"),
        "cyberattack": _("cyberattack"),
        "violence": _("violence"),
        "death": _("death"),
        "rumour": _("claim to be checked"),
        "discrimination": _("discrimination"),
        "praise": _("thanks and praise"),
        "institutional": _("life of the institution"),
        "public_health": _("public health"),
        "person_in_danger": _("person in danger"),
        "personal_case": _("personal case"),
        "recommendation_request": _("request for advice"),
    }[name]


def themes(speaker: Speaker, names: Iterable[str]) -> str:
    """The first of them, and first what changes how a reader takes the post."""
    first = sorted(names, key=lambda name: name not in _FIRST)[:THEMES_SHOWN]
    return speaker.listing(theme(speaker, name) for name in first)
