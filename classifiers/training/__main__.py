"""Rebuild the shipped models: `python -m classifiers.training --data DIR [--out DIR] [--only NAME …]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

# Two runs must add floating-point numbers in one order, and numpy reads this when imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from classifiers.encoder.base import EncoderUnavailable  # noqa: E402
from classifiers.encoder.choose import SHIPPED  # noqa: E402
from classifiers.training.deep import build_deep  # noqa: E402
from classifiers.training.measure import Measure  # noqa: E402
from classifiers.training.recipes import build_french, build_multi  # noqa: E402
from classifiers.training.virality_card import build_virality  # noqa: E402

MODELS = Path(__file__).parent.parent / "models"


def _deep(kind: str) -> Callable[[Path, Path], dict[str, Measure]]:
    return lambda data, out: build_deep(kind, SHIPPED[kind](), data, out)


def _virality(data: Path, out: Path) -> dict[str, Measure]:
    build_virality(data, out)
    return {}


# In this order: the deep tier is fused with the lexical models that lie in the folder.
BUILDERS: Mapping[str, Callable[[Path, Path], dict[str, Measure]]] = {
    "lexical-fr": build_french,
    "lexical-multi": build_multi,
    **{f"deep-{kind}": _deep(kind) for kind in SHIPPED},
    "virality": _virality,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sentiment/")
    parser.add_argument("--out", type=Path, default=MODELS, help="where the models are written")
    parser.add_argument("--only", choices=BUILDERS, nargs="+", default=list(BUILDERS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for name in options.only:
            _say(BUILDERS[name](options.data, options.out))
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: --data must hold sentiment/", file=sys.stderr)
        return 2
    except EncoderUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _say(measures: dict[str, Measure]) -> None:
    for name, found in measures.items():
        low, high = found.macro_f1_interval
        print(
            f"{name}: n={found.size} macro-F1={found.macro_f1:.3f} ({low:.3f}–{high:.3f})"
            f" accuracy={found.accuracy:.3f} calibration error={found.calibration_error:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
