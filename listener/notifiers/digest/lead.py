"""What stands first: the one sentence that a week is remembered by, why, and four key figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from listener.domain.digest import Digest, Finding, Trend, headline
from listener.i18n import Speaker
from listener.notifiers import words
from listener.notifiers.content import Tile
from listener.notifiers.digest import phrases


def sentence(speaker: Speaker, digest: Digest) -> str:
    """The finding, in figures; every word of it follows from them."""
    _ = speaker.gettext
    found = headline(digest).finding
    opening = {
        Finding.UNHEARD: _("{span} not listened to"),
        Finding.NOTHING: _("{span} of silence"),
        Finding.CRISIS: _("{span} of crisis"),
        Finding.WORSE: _("A more critical {span}"),
        Finding.BETTER: _("A more favourable {span}"),
        Finding.PRAISED: _("{span} of good news"),
        Finding.BUSY: _("A denser {span}"),
        Finding.CALM: _("A calmer {span}"),
        Finding.STEADY: _("A steady {span}"),
    }[found].format(span=phrases.named(speaker, digest.period.span))
    return _("{subject}: {what}.").format(
        subject=phrases.sentence(opening), what=_what(speaker, digest, found)
    )


def _what(speaker: Speaker, digest: Digest, found: Finding) -> str:
    _ = speaker.gettext
    now, was = digest.now, digest.before
    if found is Finding.UNHEARD:
        return _("what was said is not known")
    if found is Finding.NOTHING:
        return _("no mention")
    if found in (Finding.WORSE, Finding.BETTER):
        return _("the negative share goes from {before} to {now}, of {mentions}").format(
            before=phrases.share(speaker, was.negative, was.scored),
            now=phrases.share(speaker, now.negative, now.scored),
            mentions=phrases.mentions(speaker, now.mentions),
        )
    mentions = phrases.mentions(speaker, now.mentions)
    if digest.volume not in (None, Trend.STABLE):
        mentions = f"{mentions} ({phrases.trend(speaker, digest.volume)})"
    if found is Finding.PRAISED:
        text = speaker.ngettext(
            "of which {count} positive", "of which {count} positive", now.positive
        )
        tone = f"{text} ({phrases.share(speaker, now.positive, now.scored)})"
    else:
        tone = phrases.counted_negative(speaker, now)
    return f"{mentions}, {tone}"


def preface(speaker: Speaker, digest: Digest) -> Iterator[str]:
    """Why, and what it took: the story that carries the week, its incidents and calls."""
    story = headline(digest).story
    if story is not None:
        about = words.themes(speaker, story.themes)
        mentions = phrases.mentions(speaker, story.now.mentions)
        share = phrases.share(speaker, story.now.mentions, digest.now.mentions)
        mentions = f"{mentions} ({share})" if share else mentions
        text = speaker.gettext("A single story makes {mentions}.")
        if about:
            text = speaker.gettext("A single story makes {mentions}: {about}.")
        yield text.format(mentions=mentions, about=about)
    yield _happened(speaker, digest)


def _happened(speaker: Speaker, digest: Digest) -> str:
    _ = speaker.gettext
    if not digest.troubles:
        return _("No incident, no night call.")
    count = len(digest.troubles)
    return _("{incidents}, {calls}.").format(
        incidents=speaker.ngettext("{count} incident", "{count} incidents", count),
        calls=speaker.ngettext("{count} night call", "{count} night calls", digest.night_calls),
    )


def tiles(speaker: Speaker, digest: Digest) -> Iterator[Tile]:
    yield _volume(speaker, digest)
    yield _negative(speaker, digest)
    yield _engagement(speaker, digest)
    yield _nights(speaker, digest)


def _volume(speaker: Speaker, digest: Digest) -> Tile:
    note = small = ""
    if digest.comparable:
        note = _against(speaker, digest, digest.volume, speaker.number(digest.before.mentions))
    if digest.has_year:
        figure = speaker.number(digest.year_before.mentions)
        small = speaker.gettext("a year ago: {figure}").format(figure=figure)
    return Tile(
        label=speaker.gettext("Mentions"),
        value=speaker.number(digest.now.mentions),
        note=note,
        arrow=_arrow(digest.volume),
        small=small,
    )


def _negative(speaker: Speaker, digest: Digest) -> Tile:
    """The share with its count and interval, or the count alone where it rests on too little."""
    now, was = digest.now, digest.before
    share = phrases.share(speaker, now.negative, now.scored)
    note = ""
    if digest.comparable:
        figure = phrases.with_share(speaker, was.negative, was.scored)
        note = _against(speaker, digest, digest.tone if share else None, figure)
    count = speaker.ngettext("{count} mention", "{count} mentions", now.negative)
    parts = [count, phrases.interval(speaker, now.negative, now.scored)] if share else []
    return Tile(
        label=speaker.gettext("Negative"),
        value=share or speaker.number(now.negative),
        note=note,
        arrow=_arrow(digest.tone) if share else "",
        tone="" if digest.tone is None else _tone(digest.tone),
        small=", ".join(parts),
    )


def _tone(found: Trend) -> Literal["", "good", "bad"]:
    return "bad" if found.rises else "good" if found.falls else ""


def _engagement(speaker: Speaker, digest: Digest) -> Tile:
    """Without an arrow: a sum that one post can double is no trend."""
    note = ""
    if digest.comparable:
        figure = speaker.number(digest.reach_before.engagement)
        note = phrases.before(speaker, digest.period.span, figure)
    return Tile(
        label=speaker.gettext("Engagement"),
        value=speaker.number(digest.reach.engagement),
        note=note,
        small=speaker.gettext("reactions, replies and shares that networks publish"),
    )


def _nights(speaker: Speaker, digest: Digest) -> Tile:
    _ = speaker.gettext
    taken = [line.acknowledged_after for line in digest.troubles if line.acknowledged_after]
    note = ""
    if taken:
        longest = phrases.delay(speaker, max(taken))
        note = _("taken care of within {delay}").format(delay=longest)
    false = digest.false_alarms
    small = speaker.ngettext("{count} false alarm", "{count} false alarms", false) if false else ""
    return Tile(
        label=_("Night calls"), value=speaker.number(digest.night_calls), note=note, small=small
    )


def _against(speaker: Speaker, digest: Digest, trend: Trend | None, figure: str) -> str:
    """In words first, then the figure it rests on."""
    was = phrases.before(speaker, digest.period.span, figure)
    return was if trend is None else f"{phrases.trend(speaker, trend)} · {was}"


def _arrow(trend: Trend | None) -> Literal["", "up", "down", "level"]:
    if trend is None:
        return ""
    return "up" if trend.rises else "down" if trend.falls else "level"
