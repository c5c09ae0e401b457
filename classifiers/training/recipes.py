"""The shipped lexical models: what each is made of, and what is measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from importlib.metadata import version
from operator import add
from pathlib import Path

from classifiers.features import FIGURES, Lexicon
from classifiers.judge import Judge
from classifiers.linear import LinearModel, load
from classifiers.outputs import GENERAL, INNER
from classifiers.sentiment import SentimentClassifier
from classifiers.training.card import label_rows, write_card
from classifiers.training.data import (
    read_corpus,
    read_emoji,
    read_lexicon,
    read_toxic,
    read_tweets,
    sentiments,
)
from classifiers.training.examples import Examples, of_label, of_posts, of_tweets
from classifiers.training.fit import LexicalTrainer, save
from classifiers.training.measure import Measure, measure
from classifiers.training.shelf import BUILT, LIBRARIES, sha256, shelve

Facts = Mapping[str, object]

POST_WEIGHT = 2.0  # a hospital post teaches as much as two tweets about ecology
TOXIC_WEIGHT = 0.5
OTHERS = {"en": "english", "de": "german", "it": "italian", "es": "spanish", "pt": "portuguese"}


def french_examples(data: Path) -> Examples:
    """What the French models learn from: the project's posts, tweets, insults."""
    texts, toxic = read_toxic(data)
    return (
        of_posts(read_corpus("train"), POST_WEIGHT)
        + of_tweets(read_tweets(data, "french", "train"))
        + of_label(texts, "toxicity", toxic, TOXIC_WEIGHT)
    )


def build_french(data: Path, out: Path) -> dict[str, Measure]:
    """lexical-fr: the project's posts, French tweets, insults, lexicons; all outputs."""
    name, lexicon = "lexical-fr", read_lexicon(data)
    examples = french_examples(data)
    judge = Judge(models={"fr": _build(name, lexicon, examples, out)})
    posts = read_corpus("test")
    classifier = SentimentClassifier(judge)
    measures = {
        "hospital posts of writers held back": measure(classifier, sentiments(posts)),
        "held-back tweets (UMSAB French, val)": measure(
            classifier, read_tweets(data, "french", "val")
        ),
    }
    facts = {**counts(data), "labels": label_rows(judge, posts), "held": len(posts)}
    _write_card(name, lexicon, measures, facts, out)
    return measures


def counts(data: Path) -> Facts:
    """How many texts of each kind French models learn from."""
    return {
        "posts": len(read_corpus("train")),
        "weight": POST_WEIGHT,
        "tweets": len(read_tweets(data, "french", "train").texts),
        "toxic": len(read_toxic(data)[0]),
    }


def build_multi(data: Path, out: Path) -> dict[str, Measure]:
    """lexical-multi: tweets of five languages and emoji, one model of sentiment."""
    name = "lexical-multi"
    parts = [read_tweets(data, folder, "train") for folder in OTHERS.values()]
    tweets = reduce(add, parts)
    lexicon = read_emoji(data)
    model = _build(name, lexicon, of_tweets(tweets), out, outputs=GENERAL)
    classifier = SentimentClassifier(Judge(models=dict.fromkeys(OTHERS, model)))
    measures = {
        folder.capitalize(): measure(classifier, read_tweets(data, folder, "val"), code)
        for code, folder in OTHERS.items()
    }
    _write_card(name, lexicon, measures, {"tweets": len(tweets.texts)}, out)
    return measures


def _build(
    name: str,
    lexicon: Lexicon,
    examples: Examples,
    out: Path,
    outputs: tuple[str, ...] = INNER,
) -> LinearModel:
    """Fit, save, and read back as users will."""
    examples = examples.of(outputs)
    path = out / f"{name}.npz"
    save(path, LexicalTrainer(lexicon=lexicon).fit(examples))
    shelve(path)
    return load(name, out)


def _write_card(
    name: str, lexicon: Lexicon, measures: Mapping[str, Measure], facts: Facts, out: Path
) -> None:
    common = {
        "built": BUILT,
        "sha256": sha256(out / f"{name}.npz"),
        "figures": len(FIGURES),
        "entries": len(lexicon.hashes),
        "versions": ", ".join(f"{library} {version(library)}" for library in LIBRARIES),
    }
    (out / f"{name}.md").write_text(write_card(name, measures, common | dict(facts)), "utf-8")
