"""TOML → Config: every mistake at once, each with its key, its value and what would be right."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.registry import CONNECTORS
from listener.config.explain import describe
from listener.config.models import Config, SourceSettings
from listener.config.references import check_references
from listener.config.salvage import salvage
from listener.config.secrets import resolve
from listener.config.typed import Problems, Reader, read_secrets

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
        if _stands(path):
            return path
    names = ", ".join(str(path) for path in candidates)
    raise ConfigError([f"no configuration file: looked for {names}"])


def _stands(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        # Taking the next file instead would run the demonstration where a hospital is meant.
        return True


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check one file; raises ConfigError with every problem found."""
    return parse(_read(path), environ=environ, path=path)


def fingerprint(path: Path) -> str:
    """Sixteen hex digits that change with the file: what an incident was judged by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"not valid TOML: {error}"], path) from error
    except OSError as error:
        raise ConfigError([f"cannot be read: {error.strerror}"], path) from error


def parse(
    raw: Mapping[str, Any], *, environ: Mapping[str, str] = os.environ, path: Path | None = None
) -> Config:
    """Check a document that is already parsed."""
    problems = Problems()
    read = partial(resolve, environ=environ)
    document = read_secrets(Config, raw, "", read, problems)
    if isinstance(document.get("source"), list):
        document["source"] = [
            _source(item, f"source[{index}]", read, problems)
            for index, item in enumerate(document["source"])
        ]
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        describe(error, Config, document, problems)
        config = salvage(document)
    for where, complaint in check_references(config):
        problems.add_unless_known(where, complaint)
    if problems.lines:
        raise ConfigError(problems.lines, path)
    return config


def _source(raw: Any, path: str, read: Reader, problems: Problems) -> Any:
    """Split one `[[source]]` into the common keys and its connector's own settings."""
    if not isinstance(raw, dict):
        return raw
    common = {key: value for key, value in raw.items() if key in SOURCE_KEYS}
    if "connector" not in raw:  # said by the model: the key is required
        return common | {"settings": {}}
    connector = CONNECTORS.get(str(raw["connector"]))
    if connector is None:
        known = ", ".join(sorted(CONNECTORS))
        problems.add(f"{path}.connector", f"{raw['connector']!r}: should be one of {known}")
        return common | {"settings": {}}
    own = {key: value for key, value in raw.items() if key not in SOURCE_KEYS}
    own = read_secrets(connector.Settings, own, path, read, problems)
    try:
        return common | {"settings": connector.Settings.model_validate(own)}
    except ValidationError as error:
        describe(error, connector.Settings, own, problems, path)
        return common | {"settings": connector.Settings.model_construct()}
