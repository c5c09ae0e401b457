"""Checks between sections: ids are unique, and what one names the other has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from listener.config.models import Config
from listener.domain.rule import Level
from listener.domain.watch import WatchKind


def check_references(config: Config) -> list[str]:
    """A line for each mistake, in the file's order."""
    return [
        *_unique("watch", (w.id for w in config.watch)),
        *_unique("source", (s.id for s in config.source)),
        *_unique("rule", (r.id for r in config.rule)),
        *_unique("person", (p.id for p in config.person)),
        *_unique("rota", (r.id for r in config.rota)),
        *_watches(config),
        *_sources_and_rules(config),
        *_rotas(config),
        *_channels(config),
        *_demo(config),
    ]


def _unique(section: str, ids: Iterable[str]) -> Iterator[str]:
    for name, times in Counter(ids).items():
        if times > 1:
            yield f"{section}: id {name!r} is used {times} times: each should have its own"


def _named(path: str, names: Iterable[str], known: Iterable[str], section: str) -> Iterator[str]:
    known = sorted(known)
    for name in names:
        if name not in known:
            yield f"{path}: {name!r} should be the id of a [[{section}]]: {', '.join(known) or 'none'}"


def _watches(config: Config) -> Iterator[str]:
    hospitals = [w.id for w in config.watch if w.kind is WatchKind.HOSPITAL]
    if not hospitals:
        yield 'watch: one should be kind = "hospital"'
    for index, watch in enumerate(config.watch):
        if watch.kind is WatchKind.SERVICE:
            yield from _named(f"watch[{index}].of", [watch.of or ""], hospitals, "watch")
        if not (watch.terms or watch.accounts or watch.hashtags or watch.domains):
            yield f"watch[{index}]: {watch.id!r} should have names, aliases, accounts or hashtags"


def _sources_and_rules(config: Config) -> Iterator[str]:
    watches = [w.id for w in config.watch]
    for index, source in enumerate(config.source):
        yield from _named(f"source[{index}].about", source.about, watches, "watch")
    for index, rule in enumerate(config.rule):
        yield from _named(f"rule[{index}].subjects", rule.subjects, watches, "watch")


def _rotas(config: Config) -> Iterator[str]:
    for index, rota in enumerate(config.rota):
        where = f"rota[{index}]"
        yield from _named(f"{where}.people", rota.people, config.people, "person")
        yield from _named(f"{where}.fallback", [rota.fallback], config.people, "person")
        overrides = [o.person for o in rota.override if o.person is not None]
        yield from _named(f"{where}.override.person", overrides, config.people, "person")


def _channels(config: Config) -> Iterator[str]:
    configured = {"console"}
    configured |= {"slack"} if config.slack else set()
    configured |= {"email"} if config.email else set()
    for level in Level:
        for channel in config.alerts.channels(level):
            if channel not in configured:
                yield f"alerts.{level}: {channel!r} needs a [{channel}] section"
    if config.alerts.fallback not in configured:
        yield f"alerts.fallback: {config.alerts.fallback!r} needs its own section"
    if config.alerts.mode == "live":
        yield from _live(config)
    if config.email and config.email.security == "none" and not config.email.relay:
        yield 'email.security: "none" sends in clear: say relay = true for the hospital\'s relay'


def _live(config: Config) -> Iterator[str]:
    if not config.rota:
        yield 'alerts.mode: "live" needs a [[rota]] to know whom to call'
    for person in config.person:
        if "email" in config.alerts.critical and not person.email:
            yield f"person {person.id!r}: email is needed, since alerts.critical uses it"


def _demo(config: Config) -> Iterator[str]:
    if config.demo is not None:
        known = [s.id for s in config.source if s.connector == "file"]
        yield from _named("demo.source", [config.demo.source], known, "source")
