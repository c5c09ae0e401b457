"""The weekly test of a channel in words: that it is one, and that nothing is to be done."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.content import Content, Section


def selftest_content(
    *, hospital: str, channel: str, zone: ZoneInfo, at: datetime, language: str
) -> Content:
    speaker = Speaker(language, zone)
    _ = speaker.gettext
    return Content(
        level=Level.INFO,
        badge=_("Test"),
        title=_("{hospital}: weekly test of the channel {channel}, nothing to do").format(
            hospital=safe.clean(hospital), channel=speaker.quoted(safe.clean(channel))
        ),
        sections=(
            Section(
                title=_("Why this message"),
                lines=(
                    _("Critical alerts of the on-call come this way: this proves that they can."),
                    _("If you should not have received it, tell whoever runs the listener."),
                ),
            ),
        ),
        footer=_("Sent {sent} ({zone})").format(sent=speaker.moment(at, now=at), zone=zone.key),
    )
