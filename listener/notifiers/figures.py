"""A message for machines: keys, numbers and our own headline; never a post, a handle or a link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from listener.domain.alert import AlertView
from listener.domain.notice import Notice
from listener.notifiers.content import Content


def alert_figures(view: AlertView, content: Content) -> dict[str, Any]:
    """What a webhook is told of an incident."""
    return {
        "kind": "alert",
        "incident": view.incident,
        "alert": view.kind.value,
        "level": view.level.value,
        "state": view.state.value,
        "headline": content.headline,
        "subject": view.subject,
        "hospital": view.hospital,
        "opened_at": view.opened_at.isoformat(),
        "first_at": view.first_at.isoformat(),
        "at": view.at.isoformat(),
        "mentions": view.mentions,
        "negative": view.negative,
        "networks": dict(view.networks),
        "rules": [reason.rule for reason in view.reasons],
        "exercise": view.exercise,
        "observed": view.observed,
    }


def notice_figures(notice: Notice, content: Content) -> dict[str, Any]:
    """What a webhook is told of the listener's own troubles."""
    return {
        "kind": "notice",
        "notice": notice.kind.value,
        "level": notice.level.value,
        "headline": content.headline,
        "hospital": notice.hospital,
        "name": notice.name,
        "at": notice.at.isoformat(),
        "since": _instant(notice.since),
        "until": _instant(notice.until),
        "cause": notice.cause,
    }


def plain_figures(content: Content) -> dict[str, Any]:
    return {"kind": "message", "level": content.level.value, "headline": content.headline}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
