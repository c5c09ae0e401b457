"""`listener why` and `listener why-not`: what a rule saw, in figures and words; or what it lacked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, run, say
from listener.cli.moments import MOMENT_HELP, moment
from listener.cli.output import Row, print_json, show

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.domain.rule import Rule
    from listener.domain.rule.shortfall import Shortfall
    from listener.i18n import Speaker
    from listener.workflows.why_not import Answer

STYLES = {"critical": "bold red", "warning": "yellow"}
EVIDENCE = ("level", "rule", "what", "threshold", "at", "since", "note", "figures")
MISSING = ("subject", "condition", "met", "seen", "asked", "missing")


def why(
    number: Annotated[int, typer.Argument(metavar="INCIDENT")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print why an incident alerted: each rule's breach, the gravest first."""
    opened = open_config(config)
    rows = run(_evidence(opened, number), opened.config)
    if rows is None:
        say(f"there is no incident {number}")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(rows)
        return
    show([_told(row) for row in rows], as_json=False, columns=EVIDENCE, styles=STYLES)
    if not rows:
        say(f"incident {number} keeps no breach")


async def _evidence(opened: Opened, number: int) -> list[Row] | None:
    from listener.app.build import application
    from listener.domain.rule import Level
    from listener.i18n import Speaker
    from listener.storage import views

    async with application(opened.config) as app, app.database.read() as connection:
        found = await views.incident_list(connection, number=number)
    if not found:
        return None
    zone = opened.config.hospital.zone
    speaker = Speaker(opened.config.language, zone)
    rules = {rule.id: rule for rule in opened.config.rule}
    gravest = sorted(found[0].evidence, key=lambda item: -Level(item["level"]).rank)
    return [_breach(speaker, item, rules.get(item["rule"])) for item in gravest]


def _breach(speaker: Speaker, item: Mapping[str, Any], rule: Rule | None) -> Row:
    from listener.notifiers import limits, reasons

    local = {
        name: datetime.fromisoformat(item[name]).astimezone(speaker.zone)
        if item.get(name)
        else None
        for name in ("at", "since")
    }
    return {
        "level": item["level"],
        "rule": item["rule"],
        "kind": item["kind"],
        "description": rule.description if rule else "",
        "what": reasons.what_was_seen(speaker, item["kind"], item["seen"]),
        "threshold": limits.what_was_expected(speaker, item["kind"], item["expected"]),
        **local,
        "exempt": bool(item.get("exempt")),
        "event": item.get("event"),
        "seen": item["seen"],
        "expected": item["expected"],
    }


def _told(row: Row) -> Row:
    notes = ["life and safety"] if row["exempt"] else []
    notes += [f"known event {row['event']}"] if row["event"] else []
    figures = f"{named(row['seen'])} / {named(row['expected'])}"
    return {**row, "note": ", ".join(notes) or None, "figures": figures}


def why_not(
    rule: Annotated[str, typer.Argument(help="The id of a [[rule]].")],
    at: Annotated[str, typer.Option(metavar="INSTANT", help=MOMENT_HELP)],
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="A [[watch]]; else each of the rule's.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a rule saw at an instant, and what was missing to its threshold."""
    opened = open_config(config)
    zone = opened.config.hospital.zone
    instant = moment(at, zone=zone, now=datetime.now(UTC), option="--at")
    assert instant is not None
    chosen = _rule(opened, rule)
    _check_subject(opened, subject)
    answers = run(_ask(opened, chosen, instant, subject), opened.config)
    if as_json:
        print_json({**_asked(chosen, instant, zone), "answers": [_plain(a, zone) for a in answers]})
        return
    say(f"{chosen.id} ({chosen.kind}, {chosen.level}), as of {_clock(instant, zone)}")
    if not chosen.enabled:
        say("it is switched off")
    if not answers:
        say("what was blind then is kept nowhere: see the timeline of its incidents")
    show([row for a in answers for row in _rows(a)], as_json=False, columns=MISSING)
    for answer in answers:
        for line in _besides(answer, zone):
            typer.echo(f"{answer.subject}: {line}")


def _rule(opened: Opened, name: str) -> Rule:
    known = {rule.id: rule for rule in opened.config.rule}
    if name not in known:
        listed = ", ".join(sorted(known)) or "there is none"
        raise typer.BadParameter(f"{name!r} is no rule: {listed}", param_hint="RULE")
    return known[name]


def _check_subject(opened: Opened, subject: str | None) -> None:
    known = sorted(watch.id for watch in opened.config.watch)
    if subject is not None and subject not in known:
        message = f"{subject!r} is no watch: {', '.join(known)}"
        raise typer.BadParameter(message, param_hint="--subject")


async def _ask(opened: Opened, rule: Rule, at: datetime, subject: str | None) -> list[Answer]:
    from listener.app.build import application
    from listener.workflows.why_not import Hindsight

    async with application(opened.config) as app:
        weigher = app.alerting.weigher
        hindsight = Hindsight(
            database=app.database,
            rules=weigher.rules,
            own=weigher.own,
            marker=app.processor.marker,
            events=weigher.events,
            lists=weigher.lists,
            bursts=app.alerting.bursts.look,
        )
        return await hindsight.why_not(rule, at, subject=subject)


def _asked(rule: Rule, at: datetime, zone: ZoneInfo) -> Row:
    return {
        "rule": rule.id,
        "kind": rule.kind,
        "level": rule.level,
        "enabled": rule.enabled,
        "at": at.astimezone(zone),
    }


def _rows(answer: Answer) -> Iterator[Row]:
    for item in answer.conditions:
        yield {
            "subject": answer.subject,
            "condition": item.kind,
            "met": item.met,
            "seen": named(item.seen) or "nothing",
            "asked": named(item.asked),
            "missing": named(item.missing),
        }


def _besides(answer: Answer, zone: ZoneInfo) -> Iterator[str]:
    """What else may have kept it silent."""
    if answer.crossed_since is not None:
        asked = f", and must be for {answer.lasting}" if answer.lasting else ""
        yield f"crossed since {_clock(answer.crossed_since, zone)}{asked}"
    elif answer.lasting is not None:
        yield f"must be crossed for {answer.lasting}: it was not"
    if answer.last_breach is not None:
        yield f"last breached {_clock(answer.last_breach, zone)}"
    if answer.cooling_until is not None:
        yield f"cools down until {_clock(answer.cooling_until, zone)}"
    if answer.muted_by is not None:
        yield f"muted while {answer.muted_by} breaches"
    for event in answer.events:
        yield f"known event {event.id} ({event.name}): {event.effect.value}"


def _plain(answer: Answer, zone: ZoneInfo) -> Row:
    moments = ("crossed_since", "cooling_until", "last_breach")
    local = {name: _local(getattr(answer, name), zone) for name in moments}
    return {
        "subject": answer.subject,
        "conditions": [_condition(item) for item in answer.conditions],
        "lasting_seconds": answer.lasting.total_seconds() if answer.lasting else None,
        "muted_by": answer.muted_by,
        "events": [{"id": e.id, "effect": e.effect.value} for e in answer.events],
        **local,
    }


def _condition(item: Shortfall) -> Row:
    names = ("kind", "met", "seen", "asked", "missing", "mention")
    return {name: getattr(item, name) for name in names}


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.astimezone(zone) if at else None


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def named(figures: Mapping[str, Any]) -> str:
    """Figures by name in one cell; of combined conditions, one after the other."""
    parts = figures.get("conditions")
    if isinstance(parts, list):
        return "; ".join(named(part) for part in parts)
    shown = ((name, value) for name, value in figures.items() if value not in (None, [], ""))
    return ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in shown
    )
