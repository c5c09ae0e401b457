"""Checks of rules, known events and lists of authors against each other and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.models import Config
from listener.config.naming import Complaint, named
from listener.domain.rule import AuthorListRule, CombinedRule, GrowthRule, Rule, leaves
from listener.domain.rule.conditions import Condition


def check_rules(config: Config) -> Iterator[Complaint]:
    """Works on what was salvaged of a wrong document, too."""
    watches = [watch.id for watch in config.watch]
    for index, rule in enumerate(config.rule):
        where = f"rule[{index}]"
        yield from named(f"{where}.subjects", rule.subjects, watches, "watch")
        yield from _leaves(config, rule, where)
        yield from _muting(config, rule, where)
    yield from _events(config)


def _leaves(config: Config, rule: Rule, where: str) -> Iterator[Complaint]:
    if isinstance(rule, CombinedRule):
        if not all(isinstance(condition, Condition) for condition in rule.conditions):
            return
        where = f"{where}.conditions"
    lists = [listed.id for listed in config.author_list]
    for leaf in leaves(rule):
        if isinstance(leaf, AuthorListRule):
            yield from named(f"{where}.lists", leaf.lists or (), lists, "author_list")
        if isinstance(leaf, GrowthRule) and leaf.at_least is not None:
            thresholds = config.scoring.thresholds
            if leaf.at_least not in thresholds:
                listed = ", ".join(map(str, thresholds))
                hint = f"should be one of scoring.thresholds: {listed}"
                yield f"{where}.at_least", f"{leaf.at_least}: {hint}"


def _muting(config: Config, rule: Rule, where: str) -> Iterator[Complaint]:
    others = {other.id: other for other in config.rule if other.id != rule.id}
    for key in ("inhibits", "muted_by"):
        listed = getattr(rule, key)
        yield from named(f"{where}.{key}", listed, others, "rule")
        for name in listed:
            other = others.get(name)
            if other is None or other.level is None or rule.level is None:
                continue
            speaks, muted = (rule, other) if key == "inhibits" else (other, rule)
            if speaks.level.rank < muted.level.rank:
                hint = f"{muted.level} would be muted by a mere {speaks.level}"
                yield f"{where}.{key}", f"{name!r}: {hint}"
            if speaks.id in _muted_by(muted, config) and muted.id in _muted_by(speaks, config):
                yield f"{where}.{key}", f"{name!r}: each would mute the other"


def _muted_by(rule: Rule, config: Config) -> set[str]:
    return {*rule.muted_by, *(other.id for other in config.rule if rule.id in other.inhibits)}


def _events(config: Config) -> Iterator[Complaint]:
    watches = [watch.id for watch in config.watch]
    rules = [rule.id for rule in config.rule]
    for index, event in enumerate(config.event):
        yield from named(f"event[{index}].subjects", event.subjects, watches, "watch")
        yield from named(f"event[{index}].rules", event.rules, rules, "rule")
