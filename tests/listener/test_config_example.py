"""config.example.toml: holds every key, works as it is, and tells the defaults that are true."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter

from classifiers.cries import LEAST
from connectors.registry import CONNECTORS
from listener.config import Config, load
from listener.config.load import parse
from listener.domain.rule import Level, ThemeRule

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEMPLATE = Path(__file__).parents[2] / "listener/cli/templates/config.toml.j2"
OPTIONAL = re.compile(r"^#(?=[a-z_]+ ?=|\[)", re.MULTILINE)
TABLE = re.compile(r"(#?)\[+([\w.]+)\]+")
KEY = re.compile(r"(#?)([a-z_]+) ?= ?(.+)")


def models(kind: Any, seen: set[type] | None = None) -> Iterator[type[BaseModel]]:
    """The models within a type, and those within their fields, each once: some hold their like."""
    seen = set() if seen is None else seen
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation, seen)
    for part in get_args(kind):
        yield from models(part, seen)


def keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def said(model: type[BaseModel]) -> tuple[str, ...]:
    """The kinds that a model is written for."""
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def blocks() -> list[tuple[str, dict[str, tuple[bool, str]]]]:
    """Each table of the file with its keys: whether it is commented out, and its value as written."""
    found: list[tuple[str, dict[str, tuple[bool, str]]]] = [("", {})]
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if table := TABLE.fullmatch(line):
            found.append((table[2], {}))
        elif key := KEY.match(line):
            found[-1][1][key[2]] = (bool(key[1]), key[3])
    return found


def written(table: str) -> dict[str, tuple[bool, str]]:
    return {
        name: value
        for where, values in blocks()
        if where == table
        for name, value in values.items()
    }


def uncommented() -> dict[str, Any]:
    return tomllib.loads(OPTIONAL.sub("", EXAMPLE.read_text(encoding="utf-8")))


def test_the_example_works_as_it_is_and_needs_no_secret() -> None:
    config = load(EXAMPLE, environ={})
    assert config.hospital.name == "CHU de Valmont"
    assert config.alerts.mode == "live"
    assert config.demo is not None
    assert {watch.kind.value for watch in config.watch} == {"hospital", "service", "peer"}
    kinds = {
        kind for model in models(Config.model_fields["rule"].annotation) for kind in said(model)
    }
    assert {rule.kind for rule in config.rule} == kinds - {"any", "author_list"}


def test_the_plainest_words_of_danger_ring_by_the_example_and_by_what_init_writes() -> None:
    (danger,) = (
        rule
        for rule in load(EXAMPLE, environ={}).rule
        if isinstance(rule, ThemeRule) and rule.themes == ("person_in_danger",)
    )
    assert danger.level is Level.CRITICAL
    assert danger.at_least <= LEAST
    written = TEMPLATE.read_text("utf-8").partition('themes = ["person_in_danger"]')[2]
    assert written.split()[:3] == ["at_least", "=", str(danger.at_least)]


def test_the_example_plays_a_file_that_is_there() -> None:
    (source,) = load(EXAMPLE, environ={}).source
    assert (EXAMPLE.parent / source.settings.path).is_file()


def test_the_example_is_right_with_every_optional_key_as_well() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    environ = dict.fromkeys(re.findall(r'env = "([A-Z_]+)"', text), "x")
    environ |= {"SMS_URL": "sms://{address}", "WEBHOOK_URL": "https://supervision.example/veille"}
    environ |= {"HEARTBEAT_URL": "https://veilleur.example/0123", "SLACK_APP_TOKEN": "xapp-x"}
    config = parse(uncommented(), environ=environ)
    assert {source.connector for source in config.source} == set(CONNECTORS)
    assert config.slack is not None


TABLES_WITHIN = {
    "Override": "rota.override",
    "ServiceDigestSettings": "digest.service",
    "SeveritySettings": "scoring.severity",
    "StepSettings": "escalation.step",
    "Swap": "rota.swap",
}
INLINE = {"Hours", "Duty", "Between", "AuthorSettings"}  # written "08:30-18:00", or within braces
SECTIONS = [
    (name, model)
    for name, field in Config.model_fields.items()
    for model in models(field.annotation)
    if name != "source"
]


@pytest.mark.parametrize(("section", "model"), SECTIONS, ids=str)
def test_every_key_of_every_section_stands_in_the_example(
    section: str, model: type[BaseModel]
) -> None:
    if model.__name__ in INLINE:
        return
    table = TABLES_WITHIN.get(model.__name__, section)
    within = {"override", "service", "severity", "step", "swap"}
    missing = keys(model) - set(written(table)) - within
    assert not missing


def test_every_top_level_key_stands_in_the_example() -> None:
    tables = {table.partition(".")[0] for table, _ in blocks()}
    assert set(Config.model_fields) <= tables | set(written(""))


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_key_of_every_connector_stands_in_its_own_source(name: str) -> None:
    own = [
        values
        for table, values in blocks()
        if table == "source" and values["connector"][1].strip('"') == name
    ]
    assert own, f"no [[source]] shows the {name} connector"
    shown = set().union(*own)
    assert keys(CONNECTORS[name].Settings) <= shown


def test_the_keys_of_any_source_are_explained_once() -> None:
    (model,) = [m for m in models(Config.model_fields["source"].annotation) if "every" in keys(m)]
    assert keys(model) - {"settings"} <= set(written("source"))


def candidates(table: str, values: dict[str, tuple[bool, str]]) -> list[type[BaseModel]]:
    if table == "source":
        connector = CONNECTORS[values["connector"][1].strip('"')]
        (common,) = [
            m for m in models(Config.model_fields["source"].annotation) if "every" in keys(m)
        ]
        return [connector.Settings, common]
    section = table.partition(".")[0]
    found = models(Config.model_fields[section].annotation) if section else ()
    return [
        model
        for model in found
        if is_of_kind(model, values) and TABLES_WITHIN.get(model.__name__, section) == table
    ]


def is_of_kind(model: type[BaseModel], values: dict[str, tuple[bool, str]]) -> bool:
    """Whether a model may be the one that a table with a `kind` is written for."""
    field = model.model_fields.get("kind")
    return (
        field is None
        or "kind" not in values
        or values["kind"][1].strip('"') in get_args(field.annotation)
    )


def test_a_default_that_is_shown_is_the_true_one() -> None:
    wrong = []
    for table, values in blocks():
        for key, (commented, value) in values.items():
            for model in candidates(table, values) if commented else ():
                field = model.model_fields.get(key)
                default = field.get_default(call_default_factory=True) if field else None
                if field is None or field.is_required() or default in (None, (), {}):
                    continue  # an example stands where there is no default
                shown = tomllib.loads(f"x = {value}")["x"]
                if isinstance(shown, dict):
                    continue
                wanted = parse_as(model, key, shown)
                if wanted != default:
                    wrong.append(f"[{table}] {key} = {value}: the default is {default!r}")
    assert not wrong


def parse_as(model: type[BaseModel], key: str, shown: Any) -> Any:
    field = model.model_fields[key]
    kind = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return TypeAdapter(kind).validate_python(shown)
