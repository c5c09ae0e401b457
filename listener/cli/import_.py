"""`listener import`: bring in an export, or show how it would be understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, say
from listener.cli.common import run as run_work
from listener.cli.import_report import show_done, show_survey

if TYPE_CHECKING:
    from connectors.imports import ImportSettings, Survey
    from listener.config import Config
    from listener.workflows.bring import Brought
    from listener.workflows.collect import Poll

FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="Whose export it is; else its headers say.", show_default=False),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", help="A source whose connector is import: its columns, zone and watches."
    ),
]
NetworkOption = Annotated[
    str | None, typer.Option("--network", help="Of rows whose export names none.")
]
AboutOption = Annotated[
    list[str] | None,
    typer.Option("--about", metavar="WATCH", help="A watch that all of it concerns. Repeatable."),
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", metavar="FIELD=HEADER", help="What a column holds, as in text=Verbatim."
    ),
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="Whose figures an account's export tells.")
]
ZoneOption = Annotated[
    str | None, typer.Option("--zone", help="Of dates without a zone, as in Europe/Paris.")
]


def import_(
    file: Annotated[
        Path, typer.Argument(help="A CSV, XLSX, XLS, JSON or JSONL, or a ZIP of them.")
    ],
    format: FormatOption = None,
    source: SourceOption = None,
    network: NetworkOption = None,
    about: AboutOption = None,
    columns: ColumnsOption = None,
    account: AccountOption = None,
    zone: ZoneOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how it is understood, and keep nothing.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in an export made by hand, as the past: it feeds digests and baselines, never alerts."""
    opened = open_config(config)
    told = {
        "path": file,
        "format": format,
        "network": network,
        "columns": _columns(columns or []),
        "account": account,
        "zone": zone,
    }
    bringing = _bringing(opened.config, source, tuple(about or ()), told)
    if dry_run:
        found = _survey(bringing.settings)
        show_survey(found, opened.config.hospital.zone, as_json=as_json)
        return
    _check(bringing.settings)
    done, brought = run_work(_bring(opened, bringing), opened.config)
    show_done(done, brought, as_json=as_json)
    if done.error or done.skipped:
        raise typer.Exit(ExitCode.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bringing:
    """What is to be brought in, for whom."""

    settings: ImportSettings
    source_id: str
    about: tuple[str, ...] = ()
    weight: float = 1.0


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        field, equals, header = pair.partition("=")
        if not (field and equals and header):
            raise typer.BadParameter(f"{pair!r}: should be FIELD=HEADER, as in text=Verbatim")
        found[field.strip()] = header.strip()
    return found


def _bringing(
    config: Config, source_id: str | None, about: tuple[str, ...], told: Mapping[str, Any]
) -> _Bringing:
    from listener.workflows.bring import SOURCE

    given = {key: value for key, value in told.items() if value}
    if source_id is None:
        if any(s.id == SOURCE and s.connector != "import" for s in config.source):
            raise typer.BadParameter(f"the source {SOURCE!r} is another connector's: name --source")
        known = {watch.id for watch in config.watch}
        if unknown := sorted(set(about) - known):
            raise typer.BadParameter(f"{unknown[0]!r} is no watch: {', '.join(sorted(known))}")
        return _Bringing(settings=_settings(given), source_id=SOURCE, about=about)
    if about or told["network"]:
        raise typer.BadParameter("--source has a network and watches: give neither beside it")
    found = next((s for s in config.source if s.id == source_id), None)
    if found is None or found.connector != "import":
        can = ", ".join(s.id for s in config.source if s.connector == "import") or "there is none"
        raise typer.BadParameter(f"{source_id!r} is no source that imports: {can}")
    own = found.settings.model_dump(exclude_unset=True)
    settings = _settings({**own, **given})
    return _Bringing(settings=settings, source_id=found.id, about=found.about, weight=found.weight)


def _settings(told: Mapping[str, Any]) -> ImportSettings:
    from pydantic import ValidationError

    from connectors.imports import ImportSettings

    try:
        return ImportSettings.model_validate(told)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        said = (f"--{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        raise typer.BadParameter("; ".join(said)) from None


def _now() -> datetime:
    from listener.app.clock import utc_now

    return utc_now()


def _check(settings: ImportSettings) -> None:
    """A file that cannot be read is no failing source: it is said here, and kept nowhere."""
    from connectors.connector import ConnectorError
    from connectors.imports import peek

    try:
        peek(settings, _now())
    except ConnectorError as error:
        say(str(error))
        raise typer.Exit(ExitCode.FAILED) from None


async def _bring(opened: Opened, bringing: _Bringing) -> tuple[Poll, Brought]:
    from connectors.imports import ImportConnector
    from listener.app.build import application
    from listener.workflows.bring import Brought, source_of

    async with application(opened.config, config_hash=opened.fingerprint) as app:
        connector = ImportConnector(
            bringing.settings, http=app.http, watched=app.watcher.watched(), clock=app.clock
        )
        brought = Brought(connector=connector)
        source = source_of(
            brought,
            source_id=bringing.source_id,
            about=bringing.about,
            weight=bringing.weight,
        )
        done = await app.collector.poll(source, force=True)
        await app.rescorer.rescore(app.clock())
    return done, brought


def _survey(settings: ImportSettings) -> Survey:
    from connectors.connector import ConnectorError
    from connectors.imports import survey

    try:
        return survey(settings, _now())
    except ConnectorError as error:
        say(str(error))
        raise typer.Exit(ExitCode.FAILED) from None
