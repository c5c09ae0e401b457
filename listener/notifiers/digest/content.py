"""A digest in words: the sentence that it is remembered by, four key figures, sections in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from listener.config.alerting import Excerpt
from listener.domain.digest import Digest, Span
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Content, Section
from listener.notifiers.digest import lead, phrases
from listener.notifiers.digest.actions import actions
from listener.notifiers.digest.answers import answers
from listener.notifiers.digest.audience import audience, reviews
from listener.notifiers.digest.incidents import incidents
from listener.notifiers.digest.parts import days, networks, peers, services, themes
from listener.notifiers.digest.stories import praise, rumours, stories
from listener.notifiers.digest.unseen import unseen

# By the names that a configuration calls them, in the order that nobody has asked to be another.
SECTIONS: Mapping[str, Callable[[Speaker, Digest, Excerpt], Iterator[Section]]] = {
    "days": days,
    "themes": themes,
    "stories": stories,
    "incidents": incidents,
    "answers": answers,
    "praise": praise,
    "rumours": rumours,
    "networks": networks,
    "services": services,
    "reviews": reviews,
    "audience": audience,
    "peers": peers,
    "unseen": unseen,
    "actions": actions,
}


def digest_content(
    digest: Digest, *, language: str, excerpt: Excerpt, sections: Sequence[str] = ()
) -> Content:
    """Say a digest for a channel that may show this much of the posts; patients' names never.

    `sections` are keys of SECTIONS, in the order they are wanted; none: all of them.
    """
    speaker = Speaker(language, digest.period.zone)
    shown: Excerpt = "none" if excerpt == "none" else "masked"
    return Content(
        level=Level.INFO,
        badge=_badge(speaker, digest.period.span),
        title=_title(speaker, digest),
        banners=tuple(_banners(speaker, digest)),
        lead=lead.sentence(speaker, digest),
        preface=tuple(lead.preface(speaker, digest)),
        tiles=tuple(lead.tiles(speaker, digest)),
        sections=[
            replace(section, key=key)
            for key in sections or SECTIONS
            for section in SECTIONS[key](speaker, digest, shown)
        ],
        footer=_footer(speaker, digest),
        letter=True,
    )


def _badge(speaker: Speaker, span: Span) -> str:
    _ = speaker.gettext
    return {
        Span.WEEK: _("Weekly digest"),
        Span.MONTH: _("Monthly digest"),
        Span.DAYS: _("Digest"),
    }[span]


def _title(speaker: Speaker, digest: Digest) -> str:
    _ = speaker.gettext
    about = safe.clean(digest.hospital)
    if digest.service:
        about = f"{about}, {safe.clean(digest.service)}"
    title = _("{subject}: {what}").format(
        subject=about, what=phrases.days_of(speaker, digest.period)
    )
    return _("[EXERCISE] {title}").format(title=title) if digest.exercise else title


def _banners(speaker: Speaker, digest: Digest) -> Iterator[str]:
    _ = speaker.gettext
    if digest.exercise:
        yield _("This is an exercise: none of it is happening.")
    if digest.at < digest.period.until:
        yield {
            Span.WEEK: _("This week is not over: its figures will still grow."),
            Span.MONTH: _("This month is not over: its figures will still grow."),
            Span.DAYS: _("This period is not over: its figures will still grow."),
        }[digest.period.span]


def _footer(speaker: Speaker, digest: Digest) -> str:
    _ = speaker.gettext
    text = _(
        "Figures read {read} ({zone}). A mention counts when it was published; the hospital's own "
        "posts do not. A change is called one only where chance does not explain it (95%)."
    )
    return text.format(read=words.instant(speaker, digest.at), zone=digest.period.zone.key)
