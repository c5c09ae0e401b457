"""An alert in words, in the order a sleepy reader needs: what, where, how fast, why, who, what next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from listener.config.alerting import Excerpt
from listener.domain.alert import AlertView
from listener.domain.incident import AlertKind, State
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import reasons, safe, words
from listener.notifiers.buttons import buttons
from listener.notifiers.content import Bar, Content, Section
from listener.notifiers.quotes import quote

BARS = 6  # ten minutes each: an hour fits a phone's screen
REASONS = 5
POSTS = 3
TOLD = 12
OTHERS = 8


def alert_content(
    view: AlertView, *, language: str, excerpt: Excerpt, mediation: str = ""
) -> Content:
    """Say an alert for a channel that may show this much of the posts."""
    speaker = Speaker(language, ZoneInfo(view.timezone))
    sections = (
        _where(speaker, view),
        _growth(speaker, view),
        _why(speaker, view),
        _worst(speaker, view, excerpt),
        _people(speaker, view),
        _next(speaker, view, mediation),
    )
    # What comes too late or is over alarms nobody any more, whatever it was then.
    calm = view.kind is AlertKind.RECORDED or not view.unfinished
    return Content(
        level=Level.INFO if calm else view.level,
        badge=words.badge(speaker, view.level, view.kind),
        title=_title(speaker, view),
        banners=tuple(_banners(speaker, view)),
        lead=_lead(speaker, view),
        sections=tuple(section for section in sections if section is not None),
        actions=buttons(view.incident, view.state, speaker) if view.answerable else (),
        footer=_footer(speaker, view),
    )


def _title(speaker: Speaker, view: AlertView) -> str:
    _ = speaker.gettext
    subject = safe.clean(view.subject)
    if view.hospital not in ("", view.subject):
        subject = f"{subject} ({safe.clean(view.hospital)})"
    what = reasons.gravest(speaker, view.reasons)
    title = _("{subject}: {what}").format(subject=subject, what=what)
    return _("[EXERCISE] {title}").format(title=title) if view.exercise else title


def _banners(speaker: Speaker, view: AlertView) -> Iterator[str]:
    _ = speaker.gettext
    if view.exercise:
        yield _("This is an exercise: none of it is happening.")
    if view.observed and view.called:
        called = safe.clean(view.called)
        yield _("Observe mode: {name} would have been called.").format(name=called)
    elif view.observed:
        yield _("Observe mode: nobody was called.")
    if view.held_since:
        since = speaker.moment(view.held_since, now=view.at)
        yield _("Held since {time}, so as not to wake anybody.").format(time=since)
    if view.kind is AlertKind.RECORDED:
        yield _("Seen too late to call anybody: told here so that it is known.")
    if (standing := _standing(speaker, view)) is not None:
        yield standing
    if view.others:
        numbers = [_("no. {number}").format(number=n) for n in view.others[:OTHERS]]
        more = speaker.ngettext("+ {count} other", "+ {count} others", len(view.others))
        yield _("{more}: {numbers}").format(more=more, numbers=speaker.listing(numbers))
    if view.absorbed:
        numbers = [_("no. {number}").format(number=n) for n in view.absorbed]
        yield _("It is one with {numbers}.").format(numbers=speaker.listing(numbers))


def _standing(speaker: Speaker, view: AlertView) -> str | None:
    """Who has it in hand, or how it ended; None while nobody has answered."""
    _ = speaker.gettext
    if view.merged_into is not None:
        return _("It is one with incident {number}, which goes on.").format(number=view.merged_into)
    name = safe.clean(view.closed_by or "")
    if view.closed_at is not None:
        time = speaker.moment(view.closed_at, now=view.at)
        if view.state is State.DISMISSED:
            return _("A false alarm, says {name}: closed {time}.").format(name=name, time=time)
        if name:
            return _("Closed by {name}, {time}.").format(name=name, time=time)
        return _("It calmed down by itself: closed {time}.").format(time=time)
    if view.state is not State.ACKNOWLEDGED:
        return None
    if not view.taken_by or view.taken_at is None:
        return _("Somebody is already taking care of it.")
    time = speaker.moment(view.taken_at, now=view.at)
    return _("Taken in hand by {name}, since {time}.").format(
        name=safe.clean(view.taken_by), time=time
    )


def _lead(speaker: Speaker, view: AlertView) -> str:
    since = speaker.moment(view.first_at, now=view.at)
    if not view.mentions:
        return speaker.gettext("Since {time}.").format(time=since)
    posts = speaker.ngettext("{count} post", "{count} posts", view.mentions)
    if not view.negative or view.mentions == 1:
        return speaker.gettext("{posts} since {time}.").format(posts=posts, time=since)
    negative = speaker.ngettext(
        "{count} of them negative", "{count} of them negative", view.negative
    )
    text = speaker.gettext("{posts} since {time}, {negative}.")
    return text.format(posts=posts, time=since, negative=negative)


def _where(speaker: Speaker, view: AlertView) -> Section | None:
    if not view.networks:
        return None
    counted = sorted(view.networks.items(), key=lambda item: -item[1])
    places = [f"{words.network(speaker, name)}\xa0{speaker.number(n)}" for name, n in counted]
    return Section(title=speaker.gettext("Where"), lines=(_sentence(" · ".join(places)),))


def _growth(speaker: Speaker, view: AlertView) -> Section | None:
    recent = list(view.recent)[-BARS:]
    if not any(count for _at, count in recent):
        return None
    longest = max(count for _at, count in recent)
    bars = tuple(
        Bar(label=speaker.clock(at), value=speaker.number(count), share=count / longest)
        for at, count in recent
    )
    lines = (_speed(speaker, recent[-2][1], recent[-1][1]),) if len(recent) > 1 else ()
    return Section(title=speaker.gettext("How fast"), lines=lines, bars=bars)


def _speed(speaker: Speaker, before: int, now: int) -> str:
    _ = speaker.gettext
    trend = _("It is slowing down")
    if now == before:
        trend = _("It goes on at the same pace")
    elif now > before:
        trend = _("It is growing")
    figures = _("{now} in the last ten minutes, {before} in the ten before.")
    figures = figures.format(now=speaker.number(now), before=speaker.number(before))
    return _("{trend}: {figures}").format(trend=trend, figures=figures)


def _why(speaker: Speaker, view: AlertView) -> Section | None:
    if not view.reasons:
        return None
    gravest_first = sorted(view.reasons, key=lambda reason: -reason.level.rank)
    lines: list[str] = []
    for reason in gravest_first[:REASONS]:
        what, limit = reasons.seen(speaker, reason), reasons.expected(speaker, reason)
        figures = f"{_sentence(what)} — {limit}." if limit else f"{_sentence(what)}."
        lines.append(f"{figures} {safe.clean(reason.description)}".strip())
    if view.analysis is not None:
        lines.append(words.analysis(speaker, view.analysis))
    return Section(title=speaker.gettext("Why this alert"), lines=tuple(lines))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _worst(speaker: Speaker, view: AlertView, excerpt: Excerpt) -> Section | None:
    if not view.posts:
        return None
    quotes = tuple(
        quote(speaker, post, excerpt, when=speaker.moment(post.occurred_at, now=view.at))
        for post in view.posts[:POSTS]
    )
    return Section(title=speaker.gettext("The worst posts"), quotes=quotes)


def _people(speaker: Speaker, view: AlertView) -> Section | None:
    _ = speaker.gettext
    told = [safe.clean(name) for name in view.told][:TOLD]
    lines: list[str] = []
    if view.called and not view.observed:
        lines.append(_("Called: {name}.").format(name=safe.clean(view.called)))
    if told:
        lines.append(_("Also told: {names}.").format(names=speaker.listing(told)))
    elif lines:
        lines.append(_("Nobody else was told."))
    return Section(title=_("Who knows"), lines=tuple(lines)) if lines else None


def _next(speaker: Speaker, view: AlertView, mediation: str) -> Section | None:
    if view.level is Level.INFO or view.kind is AlertKind.RECORDED or not view.unfinished:
        return None
    steps = tuple(_steps(speaker, view, safe.clean(mediation)))
    return Section(title=speaker.gettext("What to do now"), steps=steps)


def _steps(speaker: Speaker, view: AlertView, mediation: str) -> Sequence[str]:
    _ = speaker.gettext
    take = _("Say that you take care of it: the button, or an answer to this message.")
    if view.reasons and all(reason.kind == "coverage" for reason in view.reasons):
        return (
            take,
            _("Read these networks by hand meanwhile: what is said there reaches nobody."),
            _("Tell whoever runs the listener: listener sources says what is wrong."),
        )
    escalate = _("If it keeps growing, or if a life is at stake: call the manager on duty.")
    complaint = _("If it is a complaint: refer its author to the mediation service.")
    if mediation:
        complaint = _("If it is a complaint: refer its author to {mediation}.").format(
            mediation=mediation
        )
    return (
        take,
        _("Read the posts and check the facts with the ward before writing anything."),
        _("Never answer a patient in public for the hospital; never confirm that somebody is one."),
        complaint,
        *((escalate,) if view.level is Level.CRITICAL else ()),
    )


def _footer(speaker: Speaker, view: AlertView) -> str:
    text = speaker.gettext("Incident {number}, opened {opened} · sent {sent} ({zone})")
    return text.format(
        number=view.incident,
        opened=speaker.moment(view.opened_at, now=view.at),
        sent=speaker.moment(view.at, now=view.at),
        zone=view.timezone,
    )
