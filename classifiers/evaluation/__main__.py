"""Measures one classifier on labelled data, as JSON: what `listener evaluate` runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from classifiers.classifier import ModelError

# As in service; the encoder reads batches side by side instead. Read when numpy is first imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"


def main() -> int:
    options = _parser().parse_args()
    try:
        figures = _evaluate(options)
    except (ValueError, ModelError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures, indent=2))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m classifiers.evaluation", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind in ("sentiment", "themes", "privacy", "relevance", "toxicity"):
        texts = kinds.add_parser(kind)
        texts.add_argument("file", type=Path)
        texts.add_argument("--tier", choices=("fast", "whole"), default="whole")
        if kind == "sentiment":
            texts.add_argument("--binary", action="store_true")
    kinds.add_parser("language").add_argument("file", type=Path)
    virality = kinds.add_parser("virality")
    virality.add_argument("file", type=Path)
    virality.add_argument("--at", default="300,600,1800,3600")
    bursts = kinds.add_parser("bursts")
    bursts.add_argument("files", type=Path, nargs="+")
    bursts.add_argument("--windows", type=Path)
    bursts.add_argument("--scores", type=Path)
    return parser


def _evaluate(options: argparse.Namespace) -> dict[str, Any]:
    match options.kind:
        case "bursts":
            from classifiers.evaluation import bursts

            return bursts.evaluate(options.files, options.windows, options.scores)
        case "language":
            from classifiers.evaluation import language

            return language.evaluate(options.file)
        case "virality":
            from classifiers.evaluation import virality

            return virality.evaluate(options.file, [int(age) for age in options.at.split(",")])
        case "sentiment":
            from classifiers.evaluation import sentiment

            return sentiment.evaluate(options.file, options.tier, binary=options.binary)
        case kind:
            from classifiers.evaluation import labels

            figures: dict[str, Any] = getattr(labels, f"evaluate_{kind}")(
                options.file, options.tier
            )
            return figures


if __name__ == "__main__":
    sys.exit(main())
