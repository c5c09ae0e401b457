"""The shipped models: what each is made of, and what is measured of it."""

from __future__ import annotations

import hashlib
import json
import time
from functools import reduce
from importlib.metadata import version
from operator import add
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from classifiers.features import FIGURES
from classifiers.linear import LinearModel, load
from classifiers.sentiment import CLASSES, SentimentClassifier
from classifiers.training.card import percent, write_card
from classifiers.training.data import (
    Labelled,
    read_corpus,
    read_emoji,
    read_lexicon,
    read_tweets,
)
from classifiers.training.fit import SEED, SentimentTrainer, save
from classifiers.training.measure import Measure, judge, measure

BUILT = "2026-11-22"
POST_WEIGHT = 3.0  # a hospital post teaches as much as three tweets about ecology
FOLDS = 6
LIBRARIES = ("numpy", "scipy", "scikit-learn")
OTHERS = {"en": "english", "de": "german", "it": "italian", "es": "spanish", "pt": "portuguese"}


def build_french(data: Path, out: Path) -> dict[str, Measure]:
    """sentiment-fr: French tweets, the project's posts, lexicons."""
    name = "sentiment-fr"
    tweets, posts = read_tweets(data, "french", "train"), read_corpus("train")
    held, held_posts = read_tweets(data, "french", "val"), read_corpus("test")
    trainer = SentimentTrainer(read_lexicon(data))
    bare = measure(_classifier(_fit(name, trainer, tweets, None, out)), held_posts)
    folds = _cross_validate(name, trainer, tweets, posts + held_posts, out)
    classifier = _classifier(_fit(name, trainer, tweets, posts, out))
    measures = {
        "held-back tweets (UMSAB French, val)": measure(classifier, held),
        "held-back invented hospital posts": measure(classifier, held_posts),
        "all invented hospital posts, cross-validated": folds,
    }
    facts = {
        "tweets": len(tweets.texts),
        "posts": len(posts.texts),
        "weight": POST_WEIGHT,
        "bare": percent(bare.macro_f1),
    }
    _write_card(name, trainer, measures, facts, out)
    return measures


def build_multi(data: Path, out: Path) -> dict[str, Measure]:
    """sentiment-multi: tweets of five languages and emoji, one model."""
    name = "sentiment-multi"
    parts = [read_tweets(data, folder, "train") for folder in OTHERS.values()]
    tweets = reduce(add, parts)
    trainer = SentimentTrainer(read_emoji(data))
    model = _fit(name, trainer, tweets, None, out)
    classifier = SentimentClassifier(dict.fromkeys(OTHERS, model))
    measures = {
        folder.capitalize(): measure(classifier, read_tweets(data, folder, "val"), code)
        for code, folder in OTHERS.items()
    }
    _write_card(name, trainer, measures, {"tweets": len(tweets.texts)}, out)
    return measures


def _cross_validate(
    name: str, trainer: SentimentTrainer, tweets: Labelled, posts: Labelled, out: Path
) -> Measure:
    probabilities = np.zeros((len(posts.texts), len(CLASSES)))
    began = time.perf_counter()
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for known, held in folds.split(posts.labels, posts.labels):
        classifier = _classifier(_fit(name, trainer, tweets, posts.take(known), out))
        probabilities[held] = classifier.predict_proba(posts.take(held).texts)
    return judge(probabilities, posts.labels, time.perf_counter() - began)


def _fit(
    name: str, trainer: SentimentTrainer, tweets: Labelled, posts: Labelled | None, out: Path
) -> LinearModel:
    """Fit, save, and read back as users will."""
    data = tweets + posts if posts else tweets
    weights = np.ones(len(data.texts))
    weights[len(tweets.texts) :] = POST_WEIGHT
    path = out / f"{name}.npz"
    save(path, trainer.fit(data, weights))
    _list(path)
    return load(name, out)


def _list(path: Path) -> None:
    """Write the file's hash into the manifest beside it."""
    manifest = path.with_name("manifest.json")
    known = json.loads(manifest.read_bytes()) if manifest.exists() else {}
    known[path.name] = {
        "sha256": _sha256(path),
        "built": BUILT,
        "with": {name: version(name) for name in LIBRARIES},
    }
    manifest.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


def _write_card(
    name: str,
    trainer: SentimentTrainer,
    measures: dict[str, Measure],
    facts: dict[str, object],
    out: Path,
) -> None:
    common = {
        "built": BUILT,
        "sha256": _sha256(out / f"{name}.npz"),
        "figures": len(FIGURES),
        "entries": len(trainer.lexicon.hashes),
        "versions": ", ".join(f"{library} {version(library)}" for library in LIBRARIES),
    }
    (out / f"{name}.md").write_text(write_card(name, measures, common | facts), "utf-8")


def _classifier(model: LinearModel) -> SentimentClassifier:
    return SentimentClassifier({"fr": model})


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
