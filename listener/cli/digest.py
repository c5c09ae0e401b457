"""`listener digest`: a week's digest on the terminal, in a folder, or sent to its recipients."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.common import ConfigOption, ExitCode, Opened, open_config, run, say

if TYPE_CHECKING:
    from listener.app.application import Application
    from listener.domain.digest import Digest, Period


class Format(StrEnum):
    TEXT = "text"
    HTML = "html"
    JSON = "json"


class Language(StrEnum):
    FR = "fr"
    EN = "en"


SUFFIXES = {Format.TEXT: "txt", Format.HTML: "html", Format.JSON: "json"}


def digest(
    week: Annotated[
        str | None,
        typer.Option(
            metavar="WEEK",
            help="An ISO week such as 2026-W47. Default: the last one that is over.",
            show_default=False,
        ),
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option(help="Default: the configuration's.", show_default=False),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Default: text; all of them with --out.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write digest-WEEK.* there.", show_default=False),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to the digest's recipients, unless it was.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """The week's mentions, incidents and night calls against the week before."""
    opened = open_config(config)
    run(_digest(opened, week=week, lang=lang, form=form, out=out, send=send), opened.config)


async def _digest(
    opened: Opened,
    *,
    week: str | None,
    lang: Language | None,
    form: Format | None,
    out: Path | None,
    send: bool,
) -> None:
    from listener.app.build import application

    async with application(opened.config, config_hash=opened.fingerprint) as app:
        at = app.clock()
        period = _period(app, week)
        language = (lang or app.reporter.language).lower()
        if send:
            await _send(app, period, language)
            return
        read = await app.reporter.digest(period, at)
        if out is not None:
            _write(read, out, [form] if form else list(Format), language)
            return
        typer.echo(_rendered(read, form or Format.TEXT, language), nl=False)


def _period(app: Application, label: str | None) -> Period:
    from listener.domain.digest import last_complete, week

    zone = app.calendar.zone
    if label is None:
        return last_complete(app.clock(), zone)
    try:
        return week(label, zone)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from None


async def _send(app: Application, period: Period, language: str) -> None:
    queued = await app.reporter.send(period, app.clock(), language=language)
    if not queued:
        say(f"the digest of {period.label} was sent already, or is on its way")
        return
    await app.postman.deliver()
    unsent = await app.reporter.unsent(period)
    if unsent:
        say(f"{unsent} of {queued} could not be sent now: the log says why")
        raise typer.Exit(ExitCode.FAILED)
    say(f"digest of {period.label} sent ({queued})")


def _write(read: Digest, folder: Path, forms: list[Format], language: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for form in forms:
        path = folder / f"digest-{read.period.label}.{SUFFIXES[form]}"
        path.write_text(_rendered(read, form, language), encoding="utf-8")
        typer.echo(str(path))


def _rendered(read: Digest, form: Format, language: str) -> str:
    import orjson

    from listener.notifiers.digest.content import digest_content
    from listener.notifiers.digest.data import digest_data
    from listener.notifiers.render import as_html, as_text

    if form is Format.JSON:
        data = digest_data(read, language=language, excerpt="masked")
        return orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode() + "\n"
    content = digest_content(read, language=language, excerpt="masked")
    return as_html(content, language=language) if form is Format.HTML else as_text(content)
