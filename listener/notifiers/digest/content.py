"""A week in words: the headline and key figures, by network, what was read most, incidents, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from listener.config.alerting import Excerpt
from listener.domain.alert import PostView
from listener.domain.digest import SHARE_FROM, Digest, Figures, Network, Part, Peer, Period
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Content, Quote, Section, Table, Tile
from listener.notifiers.digest import review
from listener.notifiers.quotes import quote

NETWORKS_QUOTED = 6
POSTS = 2  # of each network


def digest_content(digest: Digest, *, language: str, excerpt: Excerpt) -> Content:
    """Say a week for a channel that may show this much of the posts; patients' names never."""
    speaker = Speaker(language, digest.period.zone)
    shown: Excerpt = "none" if excerpt == "none" else "masked"
    return Content(
        level=Level.INFO,
        badge=speaker.gettext("Weekly digest"),
        title=_title(speaker, digest),
        banners=tuple(_banners(speaker, digest)),
        lead=_lead(speaker, digest),
        tiles=tuple(_tiles(speaker, digest)),
        sections=tuple(_sections(speaker, digest, shown)),
        footer=_footer(speaker, digest),
    )


def _title(speaker: Speaker, digest: Digest) -> str:
    _ = speaker.gettext
    title = _("{subject}: {what}").format(
        subject=safe.clean(digest.hospital), what=period(speaker, digest.period)
    )
    return _("[EXERCISE] {title}").format(title=title) if digest.exercise else title


def period(speaker: Speaker, week: Period) -> str:
    """The week's days: the month and the year of the first only where they are others."""
    first, last = week.first_day, week.last_day
    begins = speaker.day(first, year=first.year != last.year)
    if first.month == last.month:
        begins = begins.split("\xa0")[0]
    return speaker.gettext("week of {first} to {last}").format(
        first=begins, last=speaker.day(last, year=True)
    )


def _banners(speaker: Speaker, digest: Digest) -> Iterator[str]:
    _ = speaker.gettext
    if digest.exercise:
        yield _("This is an exercise: none of it is happening.")
    if digest.at < digest.period.until:
        yield _("This week is not over: its figures will still grow.")


def _lead(speaker: Speaker, digest: Digest) -> str:
    _ = speaker.gettext
    figures = digest.now
    said = _("No mention this week.")
    if figures.mentions:
        said = _("{mentions}, {negative}.").format(
            mentions=speaker.ngettext("{count} mention", "{count} mentions", figures.mentions),
            negative=_counted_negative(speaker, figures),
        )
    happened = _("No incident, no night call.")
    if digest.incidents:
        happened = _("{incidents}, {calls}.").format(
            incidents=speaker.ngettext(
                "{count} incident", "{count} incidents", len(digest.incidents)
            ),
            calls=speaker.ngettext("{count} night call", "{count} night calls", digest.night_calls),
        )
    return f"{said} {happened}"


def _counted_negative(speaker: Speaker, figures: Figures) -> str:
    text = speaker.ngettext(
        "of which {count} negative", "of which {count} negative", figures.negative
    )
    share = _share(speaker, figures.negative, figures)
    return f"{text} ({share})" if share else text


def _share(speaker: Speaker, part: int, figures: Figures) -> str:
    """The share of what was judged; nothing where there is too little of it to make a share."""
    return speaker.percent(part / figures.scored) if figures.scored >= SHARE_FROM else ""


def _with_share(speaker: Speaker, part: int, figures: Figures) -> str:
    share = _share(speaker, part, figures)
    return f"{speaker.number(part)} ({share})" if share else speaker.number(part)


def _tiles(speaker: Speaker, digest: Digest) -> Iterator[Tile]:
    _ = speaker.gettext
    now, before = digest.now, digest.before
    share = _share(speaker, now.negative, now)
    mentions, negative = "", share
    if digest.comparable:
        against = _("week before: {figure}")
        mentions = against.format(figure=speaker.number(before.mentions))
        was = against.format(figure=_with_share(speaker, before.negative, before))
        negative = f"{share} · {was}" if share else was
    yield Tile(label=_("Mentions"), value=speaker.number(now.mentions), note=mentions)
    yield Tile(label=_("Negative"), value=speaker.number(now.negative), note=negative)
    yield Tile(label=_("Incidents"), value=speaker.number(len(digest.incidents)))
    yield Tile(label=_("Night calls"), value=speaker.number(digest.night_calls))


def _sections(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    if digest.networks:
        yield _by_network(speaker, digest)
    yield from review.incidents(speaker, digest)
    quoted = [found for found in digest.furthest if found.posts or found.withheld]
    for found in quoted[:NETWORKS_QUOTED]:
        yield _posts(speaker, found, excerpt)
    if digest.peers:
        yield _peers(speaker, digest)
    yield review.unseen(speaker, digest)
    if digest.mediation:
        yield Section(title=speaker.gettext("Complaints"), lines=(_mediation(speaker, digest),))


def _by_network(speaker: Speaker, digest: Digest) -> Section:
    _ = speaker.gettext
    against = [_("Before")] if digest.comparable else []
    rows = [_row(speaker, digest, words.network(speaker, n.name), n) for n in digest.networks]
    if len(rows) > 1:
        total = Part(name="", now=digest.now, before=digest.before)
        rows.append(_row(speaker, digest, _("Total"), total))
    return Section(
        title=_("By network"),
        table=Table(
            head=(
                _("Network"),
                _("Mentions"),
                *against,
                _("Negative"),
                _("Neutral"),
                _("Positive"),
            ),
            rows=rows,
            spoken=[
                _spoken(speaker, digest, words.network(speaker, found.name), found)
                for found in digest.networks
            ],
        ),
    )


def _row(speaker: Speaker, digest: Digest, name: str, found: Part) -> Sequence[str]:
    now, number = found.now, speaker.number
    against = [number(found.before.mentions)] if digest.comparable else []
    sentiments = (number(now.negative), number(now.neutral), number(now.positive))
    return (_sentence(name), number(now.mentions), *against, *sentiments)


def _spoken(speaker: Speaker, digest: Digest, name: str, found: Part | Peer) -> str:
    _ = speaker.gettext
    now = found.now
    mentions = speaker.ngettext("{count} mention", "{count} mentions", now.mentions)
    if digest.comparable:
        against = _("week before: {figure}").format(figure=speaker.number(found.before.mentions))
        mentions = f"{mentions} ({against})"
    if not now.scored:
        return _("{subject}: {what}").format(subject=_sentence(name), what=mentions)
    return _(
        "{network}: {mentions}; {negative} negative, {neutral} neutral, {positive} positive"
    ).format(
        network=_sentence(name),
        mentions=mentions,
        negative=_with_share(speaker, now.negative, now),
        neutral=speaker.number(now.neutral),
        positive=speaker.number(now.positive),
    )


def _peers(speaker: Speaker, digest: Digest) -> Section:
    lines = [
        _spoken(speaker, digest, safe.clean(peer.name), peer)
        for peer in sorted(digest.peers, key=lambda peer: -peer.now.mentions)
    ]
    return Section(title=speaker.gettext("Other hospitals"), lines=lines)


def _mediation(speaker: Speaker, digest: Digest) -> str:
    text = speaker.gettext("Refer those who complain to {mediation}.")
    return text.format(mediation=safe.clean(digest.mediation))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _posts(speaker: Speaker, found: Network, excerpt: Excerpt) -> Section:
    _ = speaker.gettext
    spread = any(post.reactions or post.replies or post.shares for post in found.posts)
    title = _("Went furthest: {network}") if spread else _("Gravest: {network}")
    withheld = speaker.ngettext(
        "{count} post may reveal a patient: counted, not quoted.",
        "{count} posts may reveal a patient: counted, not quoted.",
        found.withheld,
    )
    return Section(
        title=title.format(network=words.network(speaker, found.network)),
        lines=(withheld,) if found.withheld else (),
        quotes=[_quote(speaker, post, excerpt) for post in found.posts[:POSTS]],
    )


def _quote(speaker: Speaker, post: PostView, excerpt: Excerpt) -> Quote:
    _ = speaker.gettext
    graded = post.sentiment == "negative" and post.severity is not None
    # How grave a praise is says nothing.
    known = post if graded else replace(post, severity=None)
    shown = quote(speaker, known, excerpt, when=words.instant(speaker, post.occurred_at))
    tone = _("negative") if graded else _("positive") if post.sentiment == "positive" else ""
    return replace(shown, figures=" · ".join(part for part in (tone, shown.figures) if part))


def _footer(speaker: Speaker, digest: Digest) -> str:
    _ = speaker.gettext
    text = _("Figures read {read} ({zone}). A mention counts when it was published.")
    return text.format(read=words.instant(speaker, digest.at), zone=digest.period.zone.key)
