"""TOML → Config: every mistake at once, each with its key, its value and what would be right."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from connectors.registry import CONNECTORS
from listener.config.models import Config, SourceSettings
from listener.config.references import check_references
from listener.config.secrets import HOW, SecretError, SecretText, is_reference, resolve

SEARCHED = (Path("config.toml"), Path("/etc/listener/config.toml"), Path("config.example.toml"))
SOURCE_KEYS = frozenset(SourceSettings.model_fields) - {"settings"}


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds a line for each mistake."""

    def __init__(self, problems: Iterable[str], path: Path | None = None) -> None:
        self.problems = list(problems)
        self.path = path
        where = f"{path}: " if path else ""
        super().__init__(f"{where}{len(self.problems)} problem(s)\n" + "\n".join(self.problems))


def find(explicit: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration file: --config, $LISTENER_CONFIG, ./config.toml, /etc/…, the example."""
    if explicit is not None:
        candidates: tuple[Path, ...] = (explicit,)
    elif named := environ.get("LISTENER_CONFIG"):
        candidates = (Path(named),)
    else:
        candidates = SEARCHED
    for path in candidates:
        if path.is_file():
            return path
    names = ", ".join(str(path) for path in candidates)
    raise ConfigError([f"no configuration file: looked for {names}"])


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check one file; raises ConfigError with every problem found."""
    return parse(_read(path), environ=environ, path=path)


def fingerprint(path: Path) -> str:
    """Sixteen hex digits that change with the file: what an incident was judged by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"not valid TOML: {error}"], path) from error
    except OSError as error:
        raise ConfigError([f"cannot be read: {error.strerror}"], path) from error


def parse(
    raw: Mapping[str, Any], *, environ: Mapping[str, str] = os.environ, path: Path | None = None
) -> Config:
    """Check a document that is already parsed."""
    problems: list[str] = []
    resolved = _resolve_secrets(dict(raw), "", problems, environ)
    problems += _typed_secrets(Config, resolved, "")
    sources = resolved.get("source", [])
    if isinstance(sources, list):
        resolved["source"] = [
            _source(item, f"source[{index}]", problems) for index, item in enumerate(sources)
        ]
    try:
        config = Config.model_validate(resolved)
    except ValidationError as error:
        problems += _describe(error, resolved)
        raise ConfigError(problems, path) from None
    problems += check_references(config)
    if problems:
        raise ConfigError(problems, path)
    return config


def _resolve_secrets(value: Any, path: str, problems: list[str], environ: Mapping[str, str]) -> Any:
    if is_reference(value):
        try:
            return resolve(value, environ)
        except SecretError as error:
            problems.append(f"{path}: {error}")
            return SecretText("unresolved")
    if isinstance(value, dict):
        return {
            key: _resolve_secrets(item, f"{path}.{key}" if path else key, problems, environ)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _resolve_secrets(item, f"{path}[{index}]", problems, environ)
            for index, item in enumerate(value)
        ]
    return value


def _typed_secrets(model: type[BaseModel], raw: Any, path: str) -> Iterator[str]:
    """A secret typed in the file is refused: files are copied, mailed and committed."""
    if not isinstance(raw, dict):
        return
    for name, field in model.model_fields.items():
        value, where = raw.get(name), f"{path}.{name}" if path else name
        kinds = (field.annotation, *get_args(field.annotation))
        if SecretStr in kinds and isinstance(value, str) and not isinstance(value, SecretText):
            yield f"{where}: a secret never stands in the file: {HOW}"
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _typed_secrets(kind, value, where)


def _source(raw: Any, path: str, problems: list[str]) -> Any:
    """Split one `[[source]]` into the common keys and its connector's own settings."""
    if not isinstance(raw, dict):
        return raw
    common = {key: value for key, value in raw.items() if key in SOURCE_KEYS}
    own = {key: value for key, value in raw.items() if key not in SOURCE_KEYS}
    connector = CONNECTORS.get(str(raw.get("connector")))
    if connector is None:
        known = ", ".join(sorted(CONNECTORS))
        problems.append(f"{path}.connector: {raw.get('connector')!r} should be one of {known}")
        return common | {"settings": {}}
    problems += _typed_secrets(connector.Settings, own, path)
    try:
        return common | {"settings": connector.Settings.model_validate(own)}
    except ValidationError as error:
        problems += _describe(error, own, path)
        return common | {"settings": connector.Settings.model_construct()}


def _describe(error: ValidationError, raw: Any, prefix: str = "") -> Iterator[str]:
    for item in error.errors(include_url=False, include_context=False):
        where = prefix
        value = raw
        for part in item["loc"]:
            if isinstance(part, int):
                where += f"[{part}]"
            elif isinstance(value, dict) and part not in value and part == value.get("kind"):
                continue  # the discriminator of a union is no key of the file
            else:
                where += f".{part}" if where else str(part)
            value = _step(value, part)
        yield f"{where}: {_complaint(item['type'], item['msg'], value)}"


def _step(value: Any, part: int | str) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def _complaint(kind: str, message: str, value: Any) -> str:
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return "is not a key here: see config.example.toml for the keys that are"
    shown = "a secret" if isinstance(value, SecretText) else repr(value)
    text = message.removeprefix("Value error, ")
    return f"{shown}: {text[0].lower()}{text[1:]}"
