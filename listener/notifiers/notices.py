"""An operational message in words: what the listener cannot see or do, since when, what to check."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from listener.domain.notice import Notice, NoticeKind
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.content import Content, Section


def notice_content(notice: Notice, *, language: str) -> Content:
    speaker = Speaker(language, ZoneInfo(notice.timezone))
    _ = speaker.gettext
    name = speaker.quoted(safe.clean(notice.name))
    lines = [line for line in (_period(speaker, notice), _cause(speaker, notice)) if line]
    step = _step(speaker, notice.kind).format(name=safe.clean(notice.name))
    sections = (
        Section(title=_("What is known"), lines=tuple(lines)),
        Section(title=_("What to do"), lines=(step,) if step else ()),
    )
    return Content(
        level=notice.level,
        badge=_("Listener"),
        title=_("{subject}: {what}").format(
            subject=safe.clean(notice.hospital), what=_what(speaker, notice.kind).format(name=name)
        ),
        sections=tuple(section for section in sections if section.lines),
        footer=_("Sent {sent} ({zone})").format(
            sent=speaker.moment(notice.at, now=notice.at), zone=notice.timezone
        ),
    )


def _what(speaker: Speaker, kind: NoticeKind) -> str:
    _ = speaker.gettext
    return {
        NoticeKind.SOURCE_FAILING: _("the source {name} no longer answers"),
        NoticeKind.SOURCE_REFUSED: _("the source {name} refuses our credentials"),
        NoticeKind.SOURCE_RECOVERED: _("the source {name} answers again"),
        NoticeKind.GAP: _("posts of the source {name} are lost"),
        NoticeKind.ACCESS_ENDING: _("the access to the source {name} is ending"),
        NoticeKind.ROTA_HOLE: _("nobody is on call in the rota {name}"),
        NoticeKind.CALENDAR_AWAY: _("the calendar of the rota {name} can no longer be read"),
        NoticeKind.CHANNEL_FAILING: _("the channel {name} no longer takes messages"),
        NoticeKind.MAILBOX_FAILING: _("replies to alerts are no longer read"),
        NoticeKind.SCORER_FAILING: _("posts are no longer scored"),
    }[kind]


def _step(speaker: Speaker, kind: NoticeKind) -> str:
    _ = speaker.gettext
    blind = _("What is said there is not seen for now: look yourself if something is going on.")
    return {
        NoticeKind.SOURCE_FAILING: blind,
        NoticeKind.SOURCE_REFUSED: _("Renew its token, then run: listener check-config --online"),
        NoticeKind.SOURCE_RECOVERED: "",
        NoticeKind.GAP: _("The network cannot give this period back: the figures leave it out."),
        NoticeKind.ACCESS_ENDING: _("Ask whoever runs the listener for: listener login {name}"),
        NoticeKind.ROTA_HOLE: _("The fallback person is called meanwhile: complete the rota."),
        NoticeKind.CALENDAR_AWAY: _(
            "Who is on call is taken from its last copy: check its address."
        ),
        NoticeKind.CHANNEL_FAILING: _("Alerts take the fallback channel: check its settings."),
        NoticeKind.MAILBOX_FAILING: _(
            "Who replies by e-mail or SMS is not heard and goes on being called: "
            "answer in Slack, by link or with listener ack. Check the [mailbox] section."
        ),
        NoticeKind.SCORER_FAILING: _("Rules on severity and sentiment wait until it is back."),
    }[kind]


def _period(speaker: Speaker, notice: Notice) -> str:
    if notice.since is None:
        return ""
    since = speaker.moment(notice.since, now=notice.at)
    if notice.kind is NoticeKind.ACCESS_ENDING:
        return _ends(speaker, notice, since)
    if notice.until is None:
        return speaker.gettext("Since {since}.").format(since=since)
    until = speaker.moment(notice.until, now=notice.at)
    return speaker.gettext("From {since} to {until}.").format(since=since, until=until)


def _ends(speaker: Speaker, notice: Notice, since: str) -> str:
    _ = speaker.gettext
    ended = notice.since is not None and notice.since <= notice.at
    text = _("It ended {since}: this source is no longer read.") if ended else _("It ends {since}.")
    return text.format(since=since)


def _cause(speaker: Speaker, notice: Notice) -> str:
    cause = safe.shorten(safe.clean(notice.cause), 300)
    return speaker.gettext("Cause: {cause}").format(cause=cause) if cause else ""
