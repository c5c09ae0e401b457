"""Checks between sections: ids are unique, and what one names the other has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from listener.config.channels import OWN, ChannelSettings
from listener.config.door_references import check_doors
from listener.config.models import Config
from listener.config.naming import Complaint
from listener.config.naming import named as _named
from listener.config.rule_references import check_rules
from listener.domain.oncall import DailyRota, IcsRota, WeeklyRota
from listener.domain.rule import Level
from listener.domain.watch import WatchKind


def check_references(config: Config) -> Iterator[Complaint]:
    """Every mistake between sections; works on what was salvaged of a wrong document, too."""
    sections = ("watch", "source", "rule", "event", "author_list", "person", "rota", "channel")
    for section in sections:
        yield from _unique(section, getattr(config, section))
    yield from _watches(config)
    yield from _sources_and_rules(config)
    yield from _rotas(config)
    yield from _escalation(config)
    yield from _channels(config)
    yield from _email(config)
    yield from check_doors(config)
    yield from _digest(config)
    yield from _privacy(config)
    yield from _demo(config)


def _unique(section: str, items: Iterable[Any]) -> Iterator[Complaint]:
    ids = [item.id for item in items]
    for name, times in Counter(ids).items():
        if name is not None and times > 1:
            last = len(ids) - 1 - ids[::-1].index(name)
            complaint = f"{name!r}: is used {times} times: each {section} should have its own"
            yield f"{section}[{last}].id", complaint


def _watches(config: Config) -> Iterator[Complaint]:
    hospitals = [w.id for w in config.watch if w.kind is WatchKind.HOSPITAL]
    if not hospitals:
        yield "watch", 'one should be kind = "hospital"'
    for index, watch in enumerate(config.watch):
        if watch.kind is WatchKind.SERVICE:
            yield from _named(f"watch[{index}].of", [watch.of], hospitals, "watch")
        elif watch.of is not None:
            yield f"watch[{index}].of", f'{watch.of!r}: only a kind = "service" is of a hospital'
        if not (watch.terms or watch.accounts or watch.hashtags or watch.domains):
            yield f"watch[{index}]", "should have names, aliases, accounts, hashtags or domains"


def _sources_and_rules(config: Config) -> Iterator[Complaint]:
    watches = [w.id for w in config.watch]
    for index, source in enumerate(config.source):
        yield from _named(f"source[{index}].about", source.about, watches, "watch")
    yield from check_rules(config)


def _rotas(config: Config) -> Iterator[Complaint]:
    people = [person.id for person in config.person]
    watches = [watch.id for watch in config.watch]
    for index, rota in enumerate(config.rota):
        where = f"rota[{index}]"
        listed = f"{where}.people" if isinstance(rota, WeeklyRota | DailyRota) else where
        yield from _named(listed, rota.named(), people, "person")
        yield from _named(f"{where}.fallback", [rota.fallback], people, "person")
        yield from _named(f"{where}.subjects", rota.subjects, watches, "watch")
        if isinstance(rota, IcsRota):
            yield from _named(f"{where}.names", rota.names.values(), people, "person")
        for place, override in enumerate(rota.override):
            if override.person is not None:
                key = f"{where}.override[{place}].person"
                yield from _named(key, [override.person], people, "person")
        for place, swap in enumerate(rota.swap):
            yield from _named(f"{where}.swap[{place}].people", swap.people or (), people, "person")


def _escalation(config: Config) -> Iterator[Complaint]:
    people = [person.id for person in config.person]
    watches = [watch.id for watch in config.watch]
    last = config.escalation.last_resort
    if last is not None:
        yield from _named("escalation.last_resort", [last], people, "person")
    for index, step in enumerate(config.escalation.step):
        where = f"escalation.step[{index}]"
        yield from _named(f"{where}.rotas", step.rotas, [r.id for r in config.rota], "rota")
        yield from _named(f"{where}.people", step.people, people, "person")
        yield from _named(f"{where}.subjects", step.subjects, watches, "watch")


def _channels(config: Config) -> Iterator[Complaint]:
    for level in Level:
        for channel in config.alerts.channels(level):
            yield from _configured(config, f"alerts.{level}", channel)
    yield from _configured(config, "alerts.fallback", config.alerts.fallback)
    for index, gateway in enumerate(config.channel):
        yield from _gateway(f"channel[{index}]", gateway)
    for index, person in enumerate(config.person):
        yield from _named(
            f"person[{index}].addresses", person.addresses, config.channels, "channel"
        )
    if config.alerts.mode == "live":
        yield from _live(config)


def _configured(config: Config, path: str, name: str) -> Iterator[Complaint]:
    """A channel that is named should be set up."""
    if name in ("slack", "email"):
        if getattr(config, name) is None:
            yield path, f"{name!r}: needs a [{name}] section"
    elif name != "console" and name not in config.channels:
        listed = ", ".join(repr(known) for known in (*OWN, *config.channels) if known)
        yield path, f"{name!r}: should be a channel: {listed}, or the id of a [[channel]]"


def _gateway(where: str, channel: ChannelSettings) -> Iterator[Complaint]:
    if channel.url is None and channel.outbox is None:
        yield f"{where}.url", "is required, or an outbox to write messages into"
    if channel.secret is not None and channel.kind == "apprise":
        yield f"{where}.secret", 'is for kind = "webhook" only: it signs what is sent'


def _live(config: Config) -> Iterator[Complaint]:
    if not config.rota:
        yield "alerts.mode", '"live" needs a [[rota]] to know whom to call'
    for index, person in enumerate(config.person):
        if "email" in config.alerts.critical and not person.email:
            yield f"person[{index}].email", "is required, since alerts.critical uses e-mail"
        for channel in (config.channels.get(name) for name in config.alerts.critical):
            if channel is not None and channel.is_personal and not channel.address_of(person):
                hint = f"is required, or addresses.{channel.id}, since alerts.critical uses it"
                yield f"person[{index}].phone", hint
    # These go to nobody in particular: without an address they could only be printed.
    by_email = [name for name in ("warning", "info") if "email" in getattr(config.alerts, name)]
    by_email += ["fallback"] if config.alerts.fallback == "email" else []
    if by_email and not config.alerts.team_email:
        yield "alerts.team_email", f"is required, since alerts.{by_email[0]} uses e-mail"
    for index, channel in enumerate(config.channel):
        users = [n for n in ("warning", "info") if channel.id in getattr(config.alerts, n)]
        users += ["fallback"] if config.alerts.fallback == channel.id else []
        if users and channel.is_personal and not channel.team_address:
            hint = f"is required, since alerts.{users[0]} is for nobody in particular"
            yield f"channel[{index}].team_address", hint


def _email(config: Config) -> Iterator[Complaint]:
    email = config.email
    if email is None:
        return
    if email.host is None and email.outbox is None:
        yield "email.host", "is required, or an outbox to write messages into"
    if email.security == "none" and not email.relay:
        hint = "sends in clear: say relay = true if that is the hospital's relay"
        yield "email.security", f'"none": {hint}'
    if (email.user is None) != (email.password is None):
        yield "email.user", "and email.password go together"


def _digest(config: Config) -> Iterator[Complaint]:
    peers = [watch.id for watch in config.watch if watch.kind is WatchKind.PEER]
    services = [watch.id for watch in config.watch if watch.kind is WatchKind.SERVICE]
    told = config.digest.service
    for index, name in enumerate(config.digest.peers):
        yield from _named(f"digest.peers[{index}]", [name], peers, "watch", kind="peer")
    for index, own in enumerate(told):
        key = f"digest.service[{index}].subject"
        yield from _named(key, [own.subject], services, "watch", kind="service")
        if own.subject in [earlier.subject for earlier in told[:index]]:
            yield key, f"{own.subject!r}: has a digest above already: give it all its recipients"
    if not config.email:
        needing = ["digest.recipients"] if config.digest.recipients else []
        needing += [f"digest.service[{index}].recipients" for index in range(len(told))]
        yield from ((key, "needs an [email] section") for key in needing)


def _privacy(config: Config) -> Iterator[Complaint]:
    privacy = config.privacy
    longest, days = privacy.retention_days, privacy.restricted_retention_days
    if "restricted_retention_days" in privacy.model_fields_set and days > longest:
        hint = f"should be at most privacy.retention_days, {longest}"
        yield "privacy.restricted_retention_days", f"{days}: {hint}"


def _demo(config: Config) -> Iterator[Complaint]:
    if config.demo is not None:
        known = [s.id for s in config.source if s.connector == "file"]
        yield from _named("demo.source", [config.demo.source], known, "source")
