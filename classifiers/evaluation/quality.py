"""The table of docs/quality.md, measured: `python -m classifiers.evaluation.quality --data DIR`.

Texts that no shipped weight was trained on: the corpus's test writers, held-back tweets, English
patients' comments. Bursts: all labelled series at hand, whole and thinned, and injected crises.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.evaluation import agreement, bursts, crises, sentiment, thinning
from classifiers.evaluation.judging import judge
from classifiers.evaluation.labels import average_precision, recall_at
from classifiers.evaluation.sentiment import Floats, figures, one_f1
from classifiers.outputs import CLASSES, LIKELY, OUTPUTS, THRESHOLDS
from classifiers.settings import Tier
from classifiers.themes import THEMES
from classifiers.training.data import Post, read_corpus, read_tweets

LANGUAGES = ("french", "english", "german", "italian", "spanish", "portuguese")
TIERS: tuple[Tier, ...] = ("fast", "whole")
ALTERED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end -->)", re.DOTALL)
LEAST = 20  # characters of a comment that says something


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A row of the table."""

    what: str
    rests_on: str
    value: str


def measure(data: Path) -> Iterator[Figure]:
    """Every row, as soon as it is known."""
    for tier in TIERS:
        yield from _posts(read_corpus("test"), tier, "held back")
        yield from _posts(read_corpus("outside"), tier, "who never saw the guidelines")
        yield from _tweets(data, tier)
        yield _reviews(tier)
        yield _patients(data, tier)
    yield from _bursts(data)
    yield _readers()


def _posts(posts: Sequence[Post], tier: Tier, who: str) -> Iterator[Figure]:
    writers = len({post.writer for post in posts})
    on = f"{len(posts)} invented hospital posts of {writers} writers {who}"
    judged = judge([post.text for post in posts], tier)
    chances, speed = judged.chances, judged.speed
    truth = np.array([CLASSES.index(post.sentiment) for post in posts])
    yield Figure(
        what=f"sentiment, {tier}: macro-F1 (95 %), calibration error",
        rests_on=on,
        value=_tone(figures(chances[:, : len(CLASSES)], truth, CLASSES)),
    )
    labels = np.stack([post.labels for post in posts])
    themes = chances[:, len(CLASSES) : len(CLASSES) + len(THEMES)] >= LIKELY
    scores = [one_f1(labels[:, k], themes[:, k]) for k in range(len(THEMES)) if labels[:, k].any()]
    yield Figure(
        what=f"themes, {tier}: macro-F1", rests_on=on, value=_percent(float(np.mean(scores)))
    )
    for name in ("patient_privacy", "about_hospital", "toxicity"):
        known = labels[:, OUTPUTS.index(name) - len(CLASSES)]
        yield _flag(name, chances[:, OUTPUTS.index(name)], known, tier, on)
    yield Figure(what=f"speed, {tier}", rests_on=on, value=f"{speed:,.0f} texts/s")


def _flag(name: str, chance: Floats, truth: Any, tier: Tier, on: str) -> Figure:
    found = chance >= THRESHOLDS[name]
    if name == "about_hospital":
        chance, truth, found = 1 - chance, ~truth, ~found
    parts = (
        f"F1 {_percent(one_f1(truth, found))}",
        f"recall at precision 0.6: {recall_at(chance, truth, 0.6):.2f}",
        f"average precision {average_precision(chance, truth):.2f}",
    )
    which = "of what is not about a hospital" if name == "about_hospital" else ""
    return Figure(
        what=f"{name}, {tier} {which}".rstrip(),
        rests_on=f"{on}, {int(truth.sum())} of them",
        value=", ".join(parts),
    )


def _tweets(data: Path, tier: Tier) -> Iterator[Figure]:
    for language in LANGUAGES:
        tweets = read_tweets(data, language, "val")
        chances = judge(tweets.texts, tier).chances
        truth = np.array([CLASSES.index(label) for label in tweets.labels])
        yield Figure(
            what=f"sentiment of tweets, {language}, {tier}",
            rests_on=f"UMSAB val, {len(truth)} tweets of other subjects",
            value=_tone(figures(chances[:, : len(CLASSES)], truth, CLASSES)),
        )


def _reviews(tier: Tier) -> Figure:
    """Of banks, shops, films…: nothing of the kind was learned from."""
    path = Path(str(files("classifiers").joinpath("training", "corpus", "reviews.jsonl")))
    found = sentiment.evaluate(path, tier, binary=True)
    return Figure(
        what=f"positive or negative, reviews of other trades, {tier}",
        rests_on=f"{found['n']} invented French reviews, none learned from",
        value=_tone(found),
    )


def _patients(data: Path, tier: Tier) -> Figure:
    """1 and 2 are positive comments, 4 and 5 negative ones."""
    texts, positive = [], []
    path = data / "sentiment/nhs_feedback/comments.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if len(row["FFT answer"]) >= LEAST and row["Comment sentiment"] in {*"1245"}:
                texts.append(row["FFT answer"])
                positive.append(row["Comment sentiment"] in {*"12"})
    chances = judge(texts, tier).chances
    two = chances[:, [0, 2]] / np.maximum(chances[:, [0, 2]].sum(axis=1, keepdims=True), 1e-9)
    found = figures(two, np.array(positive).astype(np.int64), ("negative", "positive"))
    return Figure(
        what=f"positive or negative, English patients' comments, {tier}",
        rests_on=f"NHS feedback, {len(texts)} comments, none learned from",
        value=_tone(found),
    )


def _bursts(data: Path) -> Iterator[Figure]:
    windows = data / "bursts/windows.json"
    files = sorted((data / "bursts").glob("*.csv"))
    on = f"realTweets, {len(files)} companies; a few settings chosen on them"
    whole = bursts.evaluate(files, windows)
    thin = thinning.evaluate(files, windows)
    for name, found in (("at their volume", whole), ("thinned to 40 a day", thin)):
        nab = found["nab"]
        yield Figure(
            what=f"bursts {name}",
            rests_on=on,
            value=f"NAB {nab['standard']:.1f} / {nab['low_fp']:.1f} / {nab['low_fn']:.1f}; "
            f"{found['windows_found']:g} of {found['windows']:g} windows at "
            f"{found['false_alarms_per_month']:.2f} false alarms a month",
        )
    found = crises.evaluate(sorted((data / "crises").glob("*.csv.gz")), files, windows)
    yield Figure(
        what="injected crises, 40 a day",
        rests_on="onsets of six crises in thinned series",
        value="; ".join(
            f"{challenge.extra} mentions within {challenge.within // timedelta(hours=1)} h: "
            f"{found[challenge.name]['found']:.2f} found"
            for challenge in crises.CHALLENGES
        )
        + f"; {found['false_alarms_per_month']:.2f} false alarms a month",
    )


def _readers() -> Figure:
    found = agreement.evaluate()
    return Figure(
        what="two readers of the corpus",
        rests_on=f"{found['posts']} posts read twice",
        value=f"equal sentiments {_percent(found['sentiment']['equal'])}, "
        f"themes' macro-F1 {_percent(found['themes_macro_f1'])}",
    )


def _tone(found: dict[str, Any]) -> str:
    low, high = found["interval_95"]
    score = f"{_percent(found['macro_f1'])} ({_percent(low)}–{_percent(high)})"
    return f"{score}, calibration error {found['ece']:.3f}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="Markdown whose measured part is replaced")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for figure in measure(options.data):
        rows.append(figure)
        print(f"{figure.what}: {figure.value} [{figure.rests_on}]", file=sys.stderr, flush=True)
    table = "| what | figure | rests on |\n|---|---|---|\n" + "".join(
        f"| {row.what} | {row.value} | {row.rests_on} |\n" for row in rows
    )
    if options.page:
        page = options.page.read_text("utf-8")
        options.page.write_text(ALTERED.sub(lambda _: f"\n{table}\n", page), "utf-8")
    if options.json:
        print(json.dumps([{s: getattr(row, s) for s in row.__slots__} for row in rows], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
