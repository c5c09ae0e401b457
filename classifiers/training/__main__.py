"""Rebuild the shipped models: `python -m classifiers.training --data DIR [--out DIR]`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

# Two runs must add floating-point numbers in one order, and numpy reads this when imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from classifiers.features import FIGURES  # noqa: E402
from classifiers.linear import load  # noqa: E402
from classifiers.sentiment import SentimentClassifier  # noqa: E402
from classifiers.training.card import write_card  # noqa: E402
from classifiers.training.data import Labelled, read_corpus, read_lexicon, read_tweets  # noqa: E402
from classifiers.training.fit import SentimentTrainer, save  # noqa: E402
from classifiers.training.measure import Measure, measure  # noqa: E402

NAME = "sentiment-fr"
BUILT = "2026-11-22"
POST_WEIGHT = 3.0  # a hospital post teaches as much as three tweets about ecology
MODELS = Path(__file__).parent.parent / "models"
LIBRARIES = ("numpy", "scipy", "scikit-learn")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sentiment/")
    parser.add_argument("--out", type=Path, default=MODELS, help="where the models are written")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    build(options.data, options.out)
    return 0


def build(data: Path, out: Path) -> None:
    """Write the model, the manifest and the card, and print the figures."""
    tweets, posts = read_tweets(data, "french", "train"), read_corpus("train")
    held = read_tweets(data, "french", "val")
    trainer = SentimentTrainer(read_lexicon(data))
    bare = _fit(trainer, tweets, None, out)
    bare_measure = measure(bare, read_corpus("test"))
    classifier = _fit(trainer, tweets, posts, out)
    sha256 = hashlib.sha256((out / f"{NAME}.npz").read_bytes()).hexdigest()
    measures = {
        "held-back tweets (UMSAB French, val)": measure(classifier, held),
        "held-back invented hospital posts": measure(classifier, read_corpus("test")),
    }
    facts = {
        "name": NAME,
        "built": BUILT,
        "sha256": sha256,
        "figures": len(FIGURES),
        "tweets": len(tweets.texts),
        "posts": len(posts.texts),
        "weight": POST_WEIGHT,
        "entries": len(trainer.lexicon.hashes),
        "versions": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }
    (out / f"{NAME}.md").write_text(write_card(measures, bare_measure, facts), "utf-8")
    _say(sha256, measures | {"the same, trained on tweets alone": bare_measure})


def _fit(
    trainer: SentimentTrainer, tweets: Labelled, posts: Labelled | None, out: Path
) -> SentimentClassifier:
    """Fit, save, and read back as users will."""
    data = tweets + posts if posts else tweets
    weights = np.ones(len(data.texts))
    weights[len(tweets.texts) :] = POST_WEIGHT
    path = out / f"{NAME}.npz"
    save(path, trainer.fit(data, weights))
    manifest = {
        path.name: {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "built": BUILT,
            "with": {name: version(name) for name in LIBRARIES},
        }
    }
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (out / "manifest.json").write_text(text, "utf-8")
    return SentimentClassifier(load(NAME, out))


def _say(sha256: str, measures: dict[str, Measure]) -> None:
    print(f"{NAME}.npz sha256 {sha256}")
    for name, found in measures.items():
        low, high = found.macro_f1_interval
        print(
            f"{name}: n={found.size} macro-F1={found.macro_f1:.3f} ({low:.3f}–{high:.3f})"
            f" accuracy={found.accuracy:.3f} calibration error={found.calibration_error:.3f}"
            f" {found.texts_per_second:.0f} texts/s"
        )


if __name__ == "__main__":
    sys.exit(main())
