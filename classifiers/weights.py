"""Weights files: read only if they are those that the manifest beside them lists."""

from __future__ import annotations

import hashlib
import json
from importlib.resources.abc import Traversable

from classifiers.classifier import ModelError

REMEDY = "reinstall the package, or rebuild it with `make train DATA=<folder of the data>`"


def read_verified(folder: Traversable, name: str) -> tuple[bytes, str]:
    """The content of `folder`/`name` and its version. ModelError says what to do."""
    try:
        manifest = json.loads(folder.joinpath("manifest.json").read_bytes())
        expected = manifest[name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}/manifest.json does not list {name}: {REMEDY}") from error
    path = folder.joinpath(name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} is missing or unreadable: {REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{path} is not the file that was measured (sha256): {REMEDY}")
    return content, str(expected)[:8]
