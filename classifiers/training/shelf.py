"""The folder of shipped models: what lies in it, listed with the hash that loading checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

BUILT = "2026-11-30"
LIBRARIES = ("numpy", "scipy", "scikit-learn")


def shelve(path: Path, libraries: Sequence[str] = LIBRARIES) -> None:
    """Write the file's hash, and what made it, into the manifest beside it."""
    manifest = path.with_name("manifest.json")
    known = json.loads(manifest.read_bytes()) if manifest.exists() else {}
    known[path.name] = {
        "sha256": sha256(path),
        "built": BUILT,
        "with": {name: version(name) for name in libraries},
    }
    manifest.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


def sha256(path: Path) -> str:
    """Of the file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
