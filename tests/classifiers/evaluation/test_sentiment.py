"""Figures of sentiment, against examples computed by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifiers.evaluation import sentiment
from classifiers.evaluation.judging import Judged
from classifiers.evaluation.sentiment import calibration_error, evaluate, figures, interval, one_f1
from classifiers.outputs import CLASSES, OUTPUTS

TRUTH = np.array([0, 0, 0, 1, 1, 2])
FOUND = np.array([0, 0, 1, 1, 2, 2])


def sure(found):
    """Probabilities whose likeliest class is `found`."""
    chances = np.full((len(found), 3), 0.1)
    chances[np.arange(len(found)), found] = 0.8
    return chances


@pytest.fixture
def told(monkeypatch):
    """Texts say their own probabilities, in hundredths; a note of the tiers asked for."""
    tiers = []

    def judge(texts, tier):
        tiers.append(tier)
        chances = np.zeros((len(texts), len(OUTPUTS)))
        chances[:, :3] = [[int(part) / 100 for part in text.split()] for text in texts]
        return Judged(chances=chances, speed=1234.56, tier=tier)

    monkeypatch.setattr(sentiment, "judge", judge)
    return tiers


@pytest.fixture
def write(tmp_path):
    def put(*rows):
        path = tmp_path / "labelled.tsv"
        path.write_text("\n".join(["text\tlabel", *("\t".join(row) for row in rows), ""]), "utf-8")
        return path

    return put


def test_figures_of_six_texts():
    got = figures(sure(FOUND), TRUTH, CLASSES, speed=99.96)
    # negative: 2 of 2 found, 2 of 3 there; neutral: 1 of 2, 1 of 2; positive: 1 of 2, 1 of 1.
    assert got["per_class"] == {
        "negative": {"precision": 1.0, "recall": 0.6667, "f1": 0.8},
        "neutral": {"precision": 0.5, "recall": 0.5, "f1": 0.5},
        "positive": {"precision": 0.5, "recall": 1.0, "f1": 0.6667},
    }
    assert got["macro_f1"] == round((0.8 + 0.5 + 2 / 3) / 3, 4)
    assert got["accuracy"] == round(4 / 6, 4)
    assert got["confusion"] == {
        "negative": {"negative": 2, "neutral": 1, "positive": 0},
        "neutral": {"negative": 0, "neutral": 1, "positive": 1},
        "positive": {"negative": 0, "neutral": 0, "positive": 1},
    }
    assert got["ece"] == round(0.8 - 4 / 6, 4)  # one bin: 0.8 sure, four right in six
    assert got["texts_per_second"] == 100.0
    json.dumps(got, allow_nan=False)


def test_calibration_is_the_bins_gaps_weighed_by_their_texts():
    chances = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.62, 0.38]])
    right = np.array([0, 1, 0, 0])
    # Above 0.9: two texts, 0.95 sure, half right. From 0.6 to 0.7: two, 0.635 sure, all right.
    assert calibration_error(chances, right) == pytest.approx(0.5 * 0.45 + 0.5 * 0.365)
    assert calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0


def test_a_class_neither_there_nor_found_counts_nothing():
    assert one_f1(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)) == 0.0


def test_the_interval_holds_the_figure_and_is_the_same_each_time():
    random = np.random.default_rng(2)
    truth, noise = random.integers(0, 3, 300), random.integers(0, 3, 300)
    found = np.where(random.random(300) < 0.6, truth, noise)
    low, high = interval(truth, found, 3)
    assert low < sentiment.macro_f1(truth, found, 3) < high < low + 0.2
    assert interval(truth, found, 3) == (low, high)


def test_a_file_is_judged_with_the_tier_asked_for(told, write):
    path = write(("80 10 10", "negative"), ("10 80 10", "neutral"), ("10 80 10", "positive"))
    got = evaluate(path, "fast")
    assert told == ["fast"]
    assert (got["n"], got["tier"], got["accuracy"]) == (3, "fast", 0.6667)
    assert got["texts_per_second"] == 1234.6


def test_without_neutral_texts_the_likelier_of_the_two_is_asked_for(told, write):
    path = write(
        ("30 60 10", "negative"), ("10 60 30", "positive"), ("20 10 70", "negative"),
        ("0 100 0", "neutral"),
    )  # fmt: skip
    got = evaluate(path, "fast", binary=True)
    assert (got["n"], got["accuracy"]) == (3, 0.6667)
    assert set(got["per_class"]) == set(got["confusion"]) == {"negative", "positive"}
    # 0.75 and 0.75 sure and right, 7/9 sure and wrong: all in one bin.
    assert got["ece"] == round(abs((0.75 + 0.75 + 7 / 9) / 3 - 2 / 3), 4)


def test_neutral_texts_alone_leave_nothing_to_tell_apart(told, write):
    with pytest.raises(ValueError, match="every row is neutral"):
        evaluate(write(("0 100 0", "neutral")), "fast", binary=True)


def test_another_label_is_named_by_file_and_line(told, write):
    path = write(("80 10 10", "negative"), ("80 10 10", "Negative"))
    with pytest.raises(ValueError, match=r"labelled\.tsv, line 3: label is 'Negative'"):
        evaluate(path, "fast")
