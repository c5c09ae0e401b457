"""`listener version`."""

from __future__ import annotations

import platform
from importlib import metadata

import typer

from listener.cli.common import JsonOption
from listener.cli.output import print_json


def version(as_json: JsonOption = False) -> None:
    """Say which version this is."""
    try:
        number = metadata.version("hospital-listener")
    except metadata.PackageNotFoundError:  # run from a copy that was not installed
        number = "unknown"
    if as_json:
        print_json({"version": number, "python": platform.python_version()})
        return
    typer.echo(f"listener {number} (Python {platform.python_version()})")
