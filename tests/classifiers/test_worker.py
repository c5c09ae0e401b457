"""The scorer's process says what it lacks, in a frame that its client understands."""

from __future__ import annotations

import subprocess
import sys

import orjson

from classifiers import frames
from classifiers.settings import PanelSettings
from classifiers.worker import EXIT_MODEL

WITHOUT_ENCODERS = """
import sys
from classifiers.encoder import choose
from classifiers.worker import main
choose.SHIPPED.clear()
sys.exit(main(["--panel", sys.argv[1]]))
"""


def answers(content):
    while content:
        end = frames.HEADER + frames.body_length(content[: frames.HEADER])
        yield orjson.loads(content[frames.HEADER : end])
        content = content[end:]


def test_the_whole_tier_without_an_encoder_is_an_error_of_its_model(tmp_path):
    settings = PanelSettings(tier="whole", encoder=tmp_path)
    command = [sys.executable, "-c", WITHOUT_ENCODERS, settings.dump()]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == EXIT_MODEL
    (frame,) = answers(done.stdout)
    assert frame["model"] is True
    assert "no sentence encoder" in frame["error"]
    assert b"encoder.unavailable kind=own" in done.stderr
    assert b"Traceback" not in done.stderr
