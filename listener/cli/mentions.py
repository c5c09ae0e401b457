"""`listener mentions`: what was said, filtered; for eyes, programs and spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from classifiers.themes import THEMES
from connectors.mention import Kind
from listener.cli.common import ConfigOption, Opened, open_config, run, say, tell_restricted
from listener.cli.moments import MOMENT_HELP, moment
from listener.domain.watch import WatchKind

if TYPE_CHECKING:
    from listener.storage.figures import Filters

TABLE_LIMIT = 50  # where nobody says how many: a screen or two
OURS = (WatchKind.HOSPITAL, WatchKind.SERVICE)


class Format(StrEnum):
    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNSCORED = "unscored"


Instant = Annotated[str | None, typer.Option(metavar="INSTANT", help=MOMENT_HELP)]
Ids = Annotated[list[str] | None, typer.Option(metavar="ID", help="May be repeated.")]
Kinds = Annotated[list[Kind] | None, typer.Option(help="May be repeated.")]
Sentiments = Annotated[list[Sentiment] | None, typer.Option(help="May be repeated.")]
Theme = StrEnum("Theme", list(THEMES))  # type: ignore[misc]  # named after what they are
Themes = Annotated[list[Theme] | None, typer.Option(help="Any of them; may be repeated.")]
Severity = Annotated[float | None, typer.Option(min=0, max=100, help="From 0 to 100.")]
Live = Annotated[
    bool | None,
    typer.Option("--live/--backfill", help="What came as it happened, or was caught up with."),
]
Story = Annotated[
    int | None, typer.Option(min=1, help="What tells the same: its copies, links, conversation.")
]
Own = Annotated[
    bool, typer.Option("--own", help="What the hospital's own accounts published instead.")
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help=f"Default: {TABLE_LIMIT} in a table, else all of them."),
]
Unmasked = Annotated[bool, typer.Option("--unmasked", help="Show what may reveal a patient.")]

Restricted = Annotated[
    bool,
    typer.Option("--restricted", help="Show the text of posts that may reveal who is a patient."),
]


def mentions(
    since: Instant = None,
    until: Instant = None,
    subject: Ids = None,
    network: Ids = None,
    source: Ids = None,
    kind: Kinds = None,
    sentiment: Sentiments = None,
    theme: Themes = None,
    min_severity: Severity = None,
    live: Live = None,
    story: Story = None,
    own: Own = False,
    limit: Limit = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    unmasked: Unmasked = False,
    restricted: Restricted = False,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
) -> None:
    """List what was said, the newest first.

    What watched accounts publish themselves is not said about the hospital, and left out. Handles
    are pseudonyms, and what may reveal a patient is masked, or hidden where the whole post may. The
    number is the one that `listener forget --mention` takes.
    """
    from listener.storage.figures import Filters

    opened = open_config(config)
    zone, now = opened.config.hospital.zone, datetime.now(UTC)
    filters = Filters(
        since=moment(since, zone=zone, now=now, option="--since"),
        until=moment(until, zone=zone, now=now, option="--until"),
        subjects=subject or (),
        networks=network or (),
        sources=source or (),
        kinds=[item.value for item in kind or ()],
        sentiments=[item.value for item in sentiment or ()],
        themes=[item.value for item in theme or ()],
        min_severity=min_severity,
        live=live,
        official=False,
        story=story,
    )
    ours = [watch.id for watch in opened.config.watch if watch.kind in OURS]
    published = replace(filters, official=True, speakers=ours)
    if as_json:
        form = Format.JSONL
    if limit is None and form is Format.TABLE:
        limit = TABLE_LIMIT
    shown = Shown(form=form, limit=limit, unmasked=unmasked, restricted=restricted)
    if own:
        run(_list(opened, published, shown), opened.config)
    else:
        run(_list(opened, filters, shown, left_out=published), opened.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    form: Format
    limit: int | None
    unmasked: bool
    restricted: bool


async def _list(
    opened: Opened, filters: Filters, shown: Shown, *, left_out: Filters | None = None
) -> None:
    from listener.app.build import application
    from listener.cli.mention_rows import WRITERS, Reader
    from listener.i18n import Speaker
    from listener.storage.figures import count, listing

    limit, revealing = shown.limit, 0
    async with application(opened.config) as app, app.database.read() as connection:
        total = await count(connection, filters)
        own = await count(connection, left_out) if left_out else 0
        speaker = Speaker(opened.config.language, opened.config.hospital.zone)
        reader = Reader(
            viewer=app.viewer,
            speaker=speaker,
            unmasked=shown.unmasked,
            restricted=shown.restricted,
        )
        found = listing(connection, filters, limit=limit)
        with WRITERS[shown.form.value](speaker) as write:
            async for item in found:
                revealing += item.row.restricted and item.row.text is not None
                write(reader.row(item))
    tell_restricted(opened, revealing, shown=shown.restricted)
    if limit is not None and total > limit:
        say(f"the newest {limit} of {total}: --limit shows more")
    elif not total:
        say("no mention answers to this")
    if own:
        verb = "is" if own == 1 else "are"
        say(f"{own} of the hospital's own {verb} left out: --own shows them")
