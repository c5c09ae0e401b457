"""Runs the benchmarks, each in a fresh process: one table, and the same as JSON."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Measure, figure

BENCHES = (
    "firehose",
    "feeds",
    "connectors",
    "scoring",
    "process",
    "triage",
    "stories",
    "bursts",
    "digest",
    "loop",
    "latency",
    "memory",
    "crowd",
)
PATIENCE = 900.0  # seconds that one benchmark may take
FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console()
    found: dict[str, list[Measure]] = {}
    broken: list[str] = []
    for name in options.benches or BENCHES:
        with console.status(f"{name} …"):
            measures = _run(name, quick=options.quick)
        if measures is None:
            broken.append(name)
            continue
        found[name] = measures
    machine = describe_machine()
    console.print(_table(found))
    console.print(" · ".join(f"{key} {value}" for key, value in machine.items()), style="dim")
    _write(options.json, machine, found)
    missed = [m for measures in found.values() for m in measures if m.passed is False]
    if broken:
        console.print(f"did not run: {', '.join(broken)}", style="red")
    return FAILED if broken or (missed and options.strict) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "benches", nargs="*", choices=[[], *BENCHES], help="all unless some are named"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher figures")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target is missed")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"))
    return parser.parse_args(arguments)


def _run(name: str, *, quick: bool) -> list[Measure] | None:
    """One benchmark's measures; None where it broke, its errors having gone to stderr."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
        return [Measure.read(stored) for stored in orjson.loads(done.stdout.splitlines()[-1])]
    except (subprocess.SubprocessError, orjson.JSONDecodeError, IndexError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None


def _table(found: Mapping[str, Sequence[Measure]]) -> Table:
    table = Table(title="Speed and size", title_justify="left")
    table.add_column("")
    table.add_column("figure", justify="right")
    table.add_column("unit")
    table.add_column("target", justify="right")
    table.add_column("")
    words = {None: "", True: "[green]met[/]", False: "[red]missed[/]"}
    for name, measures in found.items():
        table.add_section()
        table.add_row(f"[bold]{name}[/]")
        for m in measures:
            table.add_row(f"  {m.name}", figure(m.value), m.unit, m.target, words[m.passed])
    return table


def describe_machine() -> dict[str, Any]:
    """What the figures were taken on; the load says whether it was busy with something else."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((x.partition(":")[2].strip() for x in lines if "model name" in x), model)
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _write(path: Path, machine: Mapping[str, Any], found: Mapping[str, Sequence[Measure]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    benches = {
        name: [{**asdict(m), "passed": m.passed} for m in measures]
        for name, measures in found.items()
    }
    content = {"machine": machine, "benches": benches}
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    sys.exit(main())
