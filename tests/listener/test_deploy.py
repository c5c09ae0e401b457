"""deploy/listener.service, judged by systemd's own tools."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "listener.service"
EXPOSED_AT_MOST = 2.0

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )


def test_systemd_finds_no_fault_in_the_unit(tmp_path) -> None:
    # Where it will be installed, nothing is yet: any program that exists stands in.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/listener/.venv/bin/listener", sys.executable))
    judged = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (judged.returncode, judged.stderr) == (0, "")


def test_the_unit_is_hardened() -> None:
    judged = analyze("security", "--offline=true", str(UNIT))
    exposure = re.search(r"Overall exposure level for listener.service: ([\d.]+)", judged.stdout)
    assert exposure is not None, judged.stderr
    assert float(exposure[1]) <= EXPOSED_AT_MOST
