"""What was said by network, by service and by theme: tables that are read out as sentences, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from listener.config.alerting import Excerpt
from listener.domain.digest import Digest, Figures, Part
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Section, Table
from listener.notifiers.digest import charts, phrases
from listener.notifiers.digest.stories import furthest

ROWS = 12  # of a table; the rest is summed up in none: it is small
MOST = 3  # networks that are named where a figure is a sum over all


def days(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    chart = charts.day_chart(speaker, digest)
    if chart is not None:
        yield Section(title=speaker.gettext("Day by day"), brief=True, chart=chart)


def networks(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    if not digest.networks:
        return
    rows = list(digest.networks)
    if len(rows) > 1:
        rows.append(
            Part(name="", now=digest.now, before=digest.before, year_before=digest.year_before)
        )
    yield Section(
        title=_("By network"),
        table=_table(
            speaker,
            digest,
            _("Network"),
            rows,
            lambda part: words.network(speaker, part.name) if part.name else _("Total"),
        ),
        lines=list(_reached(speaker, digest)),
        small=_unpublished(speaker, digest),
    )
    yield from furthest(speaker, digest, excerpt)


def _reached(speaker: Speaker, digest: Digest) -> Iterator[str]:
    """How far it went in all, and where most: engagement and views, each alone."""
    _ = speaker.gettext
    told = (
        (
            _("Engagement: {count} ({networks})."),
            {n.network: n.engagement for n in digest.reach.networks},
        ),
        (_("Views: {count} ({networks})."), {n.network: n.views for n in digest.reach.networks}),
    )
    for text, figures in told:
        known = {network: count for network, count in figures.items() if count}
        most = sorted(known, key=lambda network: -known[network])[:MOST]
        named = [f"{words.network(speaker, one)} {speaker.number(known[one])}" for one in most]
        if known:
            total = speaker.number(sum(known.values()))
            yield text.format(count=total, networks=", ".join(named))


def _unpublished(speaker: Speaker, digest: Digest) -> str:
    """A sum over what networks publish says of which it knows nothing."""
    silent = [words.network(speaker, name) for name in digest.reach.silent]
    told = speaker.gettext(
        "Engagement: reactions, replies and shares as the networks publish them."
    )
    if not silent:
        return told
    text = speaker.gettext("Not published by {networks}.")
    return f"{told} {text.format(networks=speaker.listing(silent))}"


def services(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    said = [part for part in digest.services if part.now.mentions or part.before.mentions]
    if said:
        yield Section(
            title=_("By service"),
            table=_table(
                speaker,
                digest,
                _("Service"),
                said,
                lambda part: safe.clean(part.title or part.name),
            ),
            small=_("A mention that concerns several services counts in each of them."),
        )


def themes(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    said = [part for part in digest.themes if part.now.mentions][:ROWS]
    if said:
        yield Section(
            title=_("By theme"),
            chart=charts.theme_chart(speaker, digest),
            table=_table(
                speaker, digest, _("Theme"), said, lambda part: words.theme(speaker, part.name)
            ),
            small=_("A mention may have several themes."),
        )


def _table(
    speaker: Speaker,
    digest: Digest,
    head: str,
    rows: Sequence[Part],
    named: Callable[[Part], str],
) -> Table:
    _ = speaker.gettext
    against = [_("Before")] if digest.comparable else []
    titled = [(phrases.sentence(named(part)), part) for part in rows]
    return Table(
        head=(head, _("Mentions"), *against, _("Negative"), _("Neutral"), _("Positive")),
        rows=[_row(speaker, digest, title, part) for title, part in titled],
        spoken=[_spoken(speaker, digest, title, part) for title, part in titled if part.name],
    )


def _row(speaker: Speaker, digest: Digest, title: str, part: Part) -> Sequence[str]:
    now, number = part.now, speaker.number
    against = [number(part.before.mentions)] if digest.comparable else []
    sounded = (now.negative, now.neutral, now.positive)
    return (title, number(now.mentions), *against, *map(number, sounded))


def _spoken(speaker: Speaker, digest: Digest, title: str, part: Part) -> str:
    _ = speaker.gettext
    said = phrases.compared(speaker, digest, part)
    if not part.now.scored:
        return _("{subject}: {what}").format(subject=title, what=said)
    return _("{network}: {mentions}; {tones}").format(
        network=title, mentions=said, tones=phrases.sounded(speaker, part.now)
    )


def peers(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    """What is said of other hospitals where the listener looks, and the share of voice."""
    _ = speaker.gettext
    if not digest.peers:
        return
    whole = sum((peer.now for peer in digest.peers), digest.now).mentions
    share = phrases.with_share(speaker, digest.now.mentions, whole)
    between = phrases.interval(speaker, digest.now.mentions, whole)
    lines = [
        _("Share of voice: {count} of {mentions}.").format(
            count=f"{share}, {between}," if between else share,
            mentions=phrases.mentions(speaker, whole),
        )
    ]
    for peer in sorted(digest.peers, key=lambda peer: (-peer.now.mentions, peer.name)):
        part = Part(name=peer.name, now=peer.now, before=peer.before)
        lines.append(_compared(speaker, digest, part))
    yield Section(
        title=_("Other hospitals"),
        lines=lines,
        small=_("Only where the listener looks: a hospital that it searches less is said less of."),
    )


def _compared(speaker: Speaker, digest: Digest, part: Part) -> str:
    said = phrases.mentions(speaker, part.now.mentions)
    if digest.comparable:
        was = phrases.before(speaker, digest.period.span, speaker.number(part.before.mentions))
        said = f"{said} ({was})"
    title = safe.clean(part.name)
    if part.now == Figures(unscored=part.now.unscored):
        return speaker.gettext("{subject}: {what}").format(subject=title, what=said)
    return speaker.gettext("{network}: {mentions}; {tones}").format(
        network=title, mentions=said, tones=phrases.sounded(speaker, part.now)
    )
