"""`listener digest`: a period's digest on the terminal, in a folder, or sent to its recipients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import ConfigOption, ExitCode, Opened, open_config, run, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.config import Config
    from listener.domain.digest import Digest, Period


class Format(StrEnum):
    TEXT = "text"
    HTML = "html"
    SLACK = "slack"
    JSON = "json"


class Language(StrEnum):
    FR = "fr"
    EN = "en"


SUFFIXES = {
    Format.TEXT: "txt",
    Format.HTML: "html",
    Format.SLACK: "slack.json",
    Format.JSON: "json",
}

WeekOption = typer.Option(
    metavar="WEEK",
    help="An ISO week such as 2026-W47. Default: the last one that is over.",
    show_default=False,
)
MonthOption = typer.Option(metavar="MONTH", help="A month such as 2026-11.", show_default=False)
SinceOption = typer.Option(
    metavar="DAY", help="The first of any days, such as 2026-11-03.", show_default=False
)
UntilOption = typer.Option(
    metavar="DAY", help="The last of them, included: 366 at most.", show_default=False
)
ServiceOption = typer.Option(
    metavar="ID", help="One service's own digest: the id of its watch.", show_default=False
)
LangOption = typer.Option(help="Default: the configuration's.", show_default=False)
FormatOption = typer.Option(
    "--format", help="Default: text; all of them with --out.", show_default=False
)
OutOption = typer.Option(
    metavar="DIR",
    file_okay=False,
    help="Write digest-PERIOD.* there, and its charts beside them.",
    show_default=False,
)
SendOption = typer.Option("--send", help="Send it to its recipients, unless it was.")


def digest(
    week: Annotated[str | None, WeekOption] = None,
    month: Annotated[str | None, MonthOption] = None,
    since: Annotated[str | None, SinceOption] = None,
    until: Annotated[str | None, UntilOption] = None,
    service: Annotated[str | None, ServiceOption] = None,
    lang: Annotated[Language | None, LangOption] = None,
    form: Annotated[Format | None, FormatOption] = None,
    out: Annotated[Path | None, OutOption] = None,
    send: Annotated[bool, SendOption] = False,
    config: ConfigOption = None,
) -> None:
    """A week's, a month's or any days' mentions, incidents and night calls, set against before."""
    if send and (form or out):
        hint = ["--send", "--out" if out else "--format"]
        raise typer.BadParameter("each channel has its own format: give one", param_hint=hint)
    opened = open_config(config)
    period = _period(opened.config.hospital.zone, week, month, since, until)
    subject = _service(opened.config, service, sends=send)
    settings = opened.config.digest
    wanted = Wanted(
        period=period,
        service=subject,
        language=str(lang) if lang else settings.language or opened.config.language,
        sections=settings.sections_of(subject),
    )
    if send:
        run(_send(opened, wanted), opened.config)
        return
    forms = [form] if form else list(Format)
    paints = out is not None and Format.HTML in forms
    read, drawn = run(_read(opened, wanted, paints=paints), opened.config)
    if out is None:
        typer.echo(_rendered(read, form or Format.TEXT, wanted), nl=False)
    else:
        _write(read, drawn, forms, wanted, out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which digest; an empty service is the whole hospital."""

    period: Period
    service: str
    language: str
    sections: Sequence[str]

    @property
    def name(self) -> str:
        """What its files are called, before their suffixes."""
        return "-".join(filter(None, ("digest", self.period.label, self.service)))

    def __str__(self) -> str:
        of = f" of {self.service}" if self.service else ""
        return f"the digest{of} for {self.period.label}"


def _period(
    zone: ZoneInfo, week: str | None, month: str | None, since: str | None, until: str | None
) -> Period:
    from listener.domain.digest import last_complete, period

    options = {"--week": week, "--month": month, "--since": since, "--until": until}
    given = [name for name, value in options.items() if value is not None]
    try:
        match given:
            case []:
                return last_complete(datetime.now(UTC), zone)
            case ["--week"]:
                return period.week(week or "", zone)
            case ["--month"]:
                return period.month(month or "", zone)
            case ["--since", "--until"]:
                return period.stretch(since or "", until or "", zone)
            case ["--since"] | ["--until"]:
                raise ValueError("--since and --until go together")
        raise ValueError("a week, a month or days: one of them")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=given) from None


def _service(config: Config, service: str | None, *, sends: bool) -> str:
    from listener.domain.watch import WatchKind

    if service is None:
        return ""
    known = [watch.id for watch in config.watch if watch.kind is WatchKind.SERVICE]
    if service not in known:
        listed = ", ".join(known) or "there is none"
        complaint = f'{service!r}: should be the id of a [[watch]] with kind = "service": {listed}'
        raise typer.BadParameter(complaint, param_hint="--service")
    if sends and config.digest.of_service(service) is None:
        complaint = f"{service!r}: no [[digest.service]] says to whom"
        raise typer.BadParameter(complaint, param_hint="--service")
    return service


async def _send(opened: Opened, wanted: Wanted) -> None:
    from listener.app.build import application

    period, service = wanted.period, wanted.service
    async with application(opened.config, config_hash=opened.fingerprint) as app:
        at = app.clock()
        queued = await app.reporter.send(period, at, service=service, language=wanted.language)
        if not queued:
            say(f"{wanted} was sent already, or is on its way")
            return
        await app.postman.deliver()
        unsent = await app.reporter.unsent(period, at, service=service)
    if unsent:
        say(f"{unsent} of {queued} could not be sent now: the log says why")
        raise typer.Exit(ExitCode.FAILED)
    say(f"{wanted} was sent ({queued})")


async def _read(
    opened: Opened, wanted: Wanted, *, paints: bool
) -> tuple[Digest, Mapping[str, bytes]]:
    """The digest, and its charts where they are wanted."""
    from listener.app.build import application

    async with application(opened.config, config_hash=opened.fingerprint) as app:
        if paints:
            await app.painter.warm()
        read = await app.reporter.digest(wanted.period, app.clock(), service=wanted.service)
        drawn = await app.painter.paint(read, language=wanted.language) if paints else {}
    return read, drawn


def _write(
    read: Digest, drawn: Mapping[str, bytes], forms: Sequence[Format], wanted: Wanted, folder: Path
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sources = _pictures(drawn, wanted, folder)
    for form in forms:
        path = folder / f"{wanted.name}.{SUFFIXES[form]}"
        path.write_text(_rendered(read, form, wanted, sources), encoding="utf-8")
        typer.echo(str(path))


def _pictures(drawn: Mapping[str, bytes], wanted: Wanted, folder: Path) -> Mapping[str, str]:
    """Write the charts into a folder; the name of each one's file."""
    sources = {}
    for name, content in drawn.items():
        path = folder / f"{wanted.name}-{name}.png"
        path.write_bytes(content)
        sources[name] = path.name
        typer.echo(str(path))
    return sources


def _rendered(
    read: Digest, form: Format, wanted: Wanted, sources: Mapping[str, str] | None = None
) -> str:
    from listener.domain.alert import Recipient
    from listener.notifiers.digest.content import digest_content
    from listener.notifiers.digest.data import digest_data
    from listener.notifiers.render import as_html, render_digest

    language = wanted.language
    if form is Format.JSON:
        return _json(digest_data(read, language=language, excerpt="masked"))
    if form is Format.HTML:
        content = digest_content(
            read, language=language, excerpt="masked", sections=wanted.sections
        )
        return as_html(content, language=language, sources=sources)
    message = render_digest(
        read,
        channel="slack" if form is Format.SLACK else "console",
        recipient=Recipient(person=None, name="", address="console"),
        key=wanted.name,
        excerpt="masked",
        language=language,
        sections=wanted.sections,
    )
    if form is Format.SLACK:
        return _json({"text": message.text, "blocks": message.blocks})
    return message.text


def _json(value: Mapping[str, Any]) -> str:
    import orjson

    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode() + "\n"
