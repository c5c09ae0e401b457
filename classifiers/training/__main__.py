"""Rebuild the shipped models: `python -m classifiers.training --data DIR [--out DIR]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

# Two runs must add floating-point numbers in one order, and numpy reads this when imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from classifiers.encoder.e5 import E5Encoder  # noqa: E402
from classifiers.encoder.use import UseEncoder  # noqa: E402
from classifiers.training.deep import build_deep  # noqa: E402
from classifiers.training.measure import Measure  # noqa: E402
from classifiers.training.recipes import build_french, build_multi  # noqa: E402
from classifiers.training.virality_card import build_virality  # noqa: E402

MODELS = Path(__file__).parent.parent / "models"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sentiment/")
    parser.add_argument("--out", type=Path, default=MODELS, help="where the models are written")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for build in (build_french, build_multi):
            _say(build(options.data, options.out))
        for kind, encoder in (("e5", E5Encoder()), ("use", UseEncoder())):
            _say(build_deep(kind, encoder, options.data, options.out))
        build_virality(options.data, options.out)
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: --data must hold sentiment/", file=sys.stderr)
        return 2
    return 0


def _say(measures: dict[str, Measure]) -> None:
    for name, found in measures.items():
        low, high = found.macro_f1_interval
        print(
            f"{name}: n={found.size} macro-F1={found.macro_f1:.3f} ({low:.3f}–{high:.3f})"
            f" accuracy={found.accuracy:.3f} calibration error={found.calibration_error:.3f}"
        )


if __name__ == "__main__":
    sys.exit(main())
