"""The shipped weights: read without pickle, and only if they are the files that were measured."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import ModelError

T = TypeVar("T")
Arrays = dict[str, NDArray[np.generic]]
_REMEDY = "reinstall the package, or rebuild it with `make train DATA=<folder of the data>`"


def read_model(name: str, folder: Traversable | None = None) -> tuple[Arrays, str]:
    """The arrays of `name`.npz and its version, the hash's first digits.

    ModelError where the file is missing, altered or no archive of plain arrays: says what to do.
    """
    folder = folder or files("classifiers").joinpath("models")
    content, version = _verified(folder, f"{name}.npz")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays), version
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{name}.npz is no archive of arrays: {_REMEDY}") from error


def assembled(name: str, make: Callable[[], T]) -> T:
    """What `make` makes of a model's arrays. ModelError where they are of another version."""
    try:
        return make()
    except (KeyError, ValueError, IndexError) as error:
        raise ModelError(f"{name}.npz was written for another version: {_REMEDY}") from error


def _verified(folder: Traversable, name: str) -> tuple[bytes, str]:
    path = folder.joinpath(name)
    try:
        manifest = json.loads(folder.joinpath("manifest.json").read_bytes())
        expected = manifest[name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}/manifest.json does not list {name}: {_REMEDY}") from error
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} is missing or unreadable: {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{path} is not the file that was measured (sha256): {_REMEDY}")
    return content, str(expected)[:8]
