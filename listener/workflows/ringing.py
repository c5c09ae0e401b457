"""Checks of the on-call: who answers, the holes, the chain behind them, and whether a phone rings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from connectors.durations import format_duration
from connectors.http import HttpClient
from listener.config.models import Config
from listener.domain.calendar import WorkCalendar
from listener.domain.escalation import Chain, Step
from listener.domain.oncall import IcsRota, Person, Rota, Swap
from listener.domain.oncall.ics import CalendarError, Reader
from listener.domain.rule import Level
from listener.domain.watch import WatchKind
from listener.notifiers.base import DeliveryError
from listener.notifiers.network import policy_of
from listener.notifiers.slack_client import SlackClient
from listener.workflows.calendars import AHEAD, BEHIND, fetch, last_reading, rotas_of
from listener.workflows.finding import PATIENCE, Finding, State, attempt, found

ROTA_AHEAD = timedelta(days=28)
SILENT = "Slack is silent in Do Not Disturb and an e-mail wakes nobody"


def check_on_call(config: Config, at: datetime) -> Iterator[Finding]:
    """What can be said of it without asking anybody."""
    if not config.rota:
        yield found("rota", "", "none: nobody to call", State.WARNING)
    rotas = rotas_of(config, at)
    for rota in rotas:
        yield found("rota", rota.id, f"{rota.on_call(at).person} is on call")
        yield from _calendar(rota, config, at)
        yield from _swaps(rota)
        yield from _holes(rota, at)
    chain = chain_of(config, rotas)
    yield from _chain(config, chain, at)
    yield from _unwakeable(config, chain)


def chain_of(config: Config, rotas: Iterable[Rota]) -> Chain:
    calendar = WorkCalendar(config.calendar, config.hospital.zone)
    return Chain(config.escalation, tuple(rotas), calendar)


def _calendar(rota: Rota, config: Config, at: datetime) -> Iterator[Finding]:
    if not isinstance(rota.settings, IcsRota):
        return
    reading = last_reading(rota.settings, config, at)
    if not reading.stretches:
        detail = f"its calendar was not read yet: {rota.settings.fallback} is called meanwhile"
        yield found("rota", rota.id, detail, State.WARNING)
    yield from _unknown(rota.id, reading.unknown)


def _unknown(rota: str, titles: Iterable[str]) -> Iterator[Finding]:
    """Events without anybody we could call."""
    for title in titles:
        detail = f"{title!r} in its calendar is no [[person]]'s id, name or e-mail: say in `names`"
        yield found("rota", rota, detail, State.WARNING)


def _swaps(rota: Rota) -> Iterator[Finding]:
    """A swap that finds neither of the two on call changes nothing: a wrong date, perhaps."""
    for swap in rota.settings.swap:
        for during in swap.during:
            since, until = during.between(rota.zone)
            if not _finds(rota, swap, since, until):
                who = " nor ".join(swap.people)
                detail = f"neither {who} is on call from {during.since} on: nothing to swap"
                yield found("rota", rota.id, detail, State.WARNING)


def _finds(rota: Rota, swap: Swap, since: datetime, until: datetime) -> bool:
    return any(shift.person in swap.people for shift in rota.shifts(since, until))


def _holes(rota: Rota, at: datetime) -> Iterator[Finding]:
    for hole in rota.holes(at, at + ROTA_AHEAD):
        since, until = (
            f"{instant.astimezone(rota.zone):%Y-%m-%d %H:%M}"
            for instant in (hole.since, hole.until)
        )
        detail = f"nobody from {since} to {until}: {rota.settings.fallback} is called instead"
        yield found("rota", rota.id, detail, State.WARNING)


def _chain(config: Config, chain: Chain, at: datetime) -> Iterator[Finding]:
    """Who would be called now for the hospital as a whole."""
    hospital = next((w.id for w in config.watch if w.kind is WatchKind.HOSPITAL), "")
    if steps := chain.steps(Level.CRITICAL, hospital, at):
        yield found("escalation", hospital, ", then ".join(_in_words(steps)))
    for step in config.escalation.step:
        reached = {rota for rota in step.rotas if _concerned(config, rota, step.subjects)}
        for rota in sorted(set(step.rotas) - reached):
            detail = f"the rota {rota} answers for none of this step's subjects: never called by it"
            yield found("escalation", rota, detail, State.WARNING)


def _in_words(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps[:-1]:
        yield f"{' and '.join(step.people)} ({format_duration(step.wait)})"
    yield " and ".join(steps[-1].people)


def _concerned(config: Config, rota_id: str, subjects: tuple[str, ...]) -> bool:
    own = next(rota.subjects for rota in config.rota if rota.id == rota_id)
    return not own or not subjects or bool(set(own) & set(subjects))


def _unwakeable(config: Config, chain: Chain) -> Iterator[Finding]:
    """A critical incident at night wakes whoever has a channel that rings, and nobody else."""
    if not config.rota:
        return
    # Where nobody is called anyway it is only a thing to do before somebody is.
    live = config.alerts.mode == "live" and config.demo is None
    state = State.FAILED if live else State.WARNING
    asleep = [config.people[p] for p in sorted(chain.everybody()) if p in config.people]
    for person in asleep:
        if (why := unwakeable(config, person)) is not None:
            yield found("person", person.id, why, state)


def unwakeable(config: Config, person: Person) -> str | None:
    """Why nothing in alerts.critical makes somebody's phone ring; None where something does."""
    channels = [config.channels[c] for c in config.alerts.critical if c in config.channels]
    if any(channel.wakes(person) for channel in channels):
        return None
    lost = [channel.id for channel in channels if channel.rings]
    if lost:
        return f"{', '.join(lost)} has no address of theirs: say phone, or addresses.{lost[0]}"
    return (
        f"nothing in alerts.critical makes their phone ring: {SILENT}; "
        "add a [[channel]] with rings = true (voice, SMS, urgent push)"
    )


async def ask_on_call(config: Config, http: HttpClient, at: datetime) -> AsyncIterator[Finding]:
    """What only the networks know: the calendars as they stand, and who is not to be disturbed."""
    for settings in config.rota:
        if isinstance(settings, IcsRota):
            async for finding in _read(settings, config, http, at):
                yield finding
    async for finding in _do_not_disturb(config, at):
        yield finding


async def _read(
    settings: IcsRota, config: Config, http: HttpClient, at: datetime
) -> AsyncIterator[Finding]:
    reader = Reader(rota=settings, people=config.person, zone=config.hospital.zone)
    unknown: list[str] = []

    async def read() -> str:
        body = await fetch(settings, http)
        reading = await asyncio.to_thread(reader.read, body, at - BEHIND, at + AHEAD)
        unknown.extend(reading.unknown)
        return f"its calendar answers; {len(reading.stretches)} stretches of duty"

    try:
        yield await attempt("rota", settings.id, read)
    except CalendarError as error:
        yield found("rota", settings.id, f"its calendar cannot be used: {error}", State.FAILED)
    except OSError as error:
        yield found("rota", settings.id, f"its calendar: {error.strerror}", State.FAILED)
    for finding in _unknown(settings.id, unknown):
        yield finding


async def _do_not_disturb(config: Config, at: datetime) -> AsyncIterator[Finding]:
    """When Slack stays silent for those who can be called (dnd.info, scope dnd:read)."""
    if config.slack is None or "slack" not in config.alerts.critical:
        return
    callable_ = chain_of(config, rotas_of(config, at)).everybody()
    people = [person for person in config.person if person.id in callable_ and person.slack]
    client = SlackClient(config.slack, network=policy_of(config.network))
    try:
        for person in people:
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await client.call("dnd.info", {"user": person.slack})
            except (DeliveryError, TimeoutError) as error:
                detail = f"Slack does not tell their Do Not Disturb: {str(error) or 'no answer'}"
                yield found("person", person.id, detail, State.WARNING)
                continue
            if answer.get("dnd_enabled"):
                hours = _hours(
                    config, answer.get("next_dnd_start_ts"), answer.get("next_dnd_end_ts")
                )
                detail = f"Slack is silent for them{hours}: Do Not Disturb"
                yield found("person", person.id, detail, State.WARNING)
    finally:
        await client.close()


def _hours(config: Config, since: object, until: object) -> str:
    if not isinstance(since, int) or not isinstance(until, int) or until <= since:
        return ""
    zone = config.hospital.zone
    start, end = (datetime.fromtimestamp(ts, UTC).astimezone(zone) for ts in (since, until))
    return f" from {start:%Y-%m-%d %H:%M} to {end:%H:%M}"
