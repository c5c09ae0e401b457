"""Figures of themes and flags, against examples computed by hand and another library."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from classifiers.evaluation import labels
from classifiers.evaluation.judging import Judged
from classifiers.evaluation.labels import average_precision, recall_at
from classifiers.outputs import OUTPUTS

CHANCES = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
TRUTH = np.array([True, False, True, True, False])
KEYS = {
    "n", "tier", "sought_label", "sought", "f1", "precision", "recall", "recall_at_precision_0_6",
    "average_precision", "texts_per_second",
}  # fmt: skip


@pytest.fixture(autouse=True)
def judge(monkeypatch):
    """Texts say their own labels: "waiting=0.9 death=0.1"."""

    def told(texts, tier):
        chances = np.zeros((len(texts), len(OUTPUTS)))
        for row, text in zip(chances, texts, strict=True):
            for word in text.split():
                name, _, chance = word.partition("=")
                row[OUTPUTS.index(name)] = float(chance)
        return Judged(chances=chances, speed=50.0, tier=tier)

    monkeypatch.setattr(labels, "judge", told)


@pytest.fixture
def write(tmp_path):
    def put(*rows, key="label"):
        path = tmp_path / "labelled.jsonl"
        objects = [json.dumps({"text": text, key: label}) for text, label in rows]
        path.write_text("\n".join(objects), "utf-8")
        return path

    return put


def test_themes_are_measured_one_by_one_and_together(write):
    path = write(
        ("waiting=0.9 death=0.8", ["waiting", "death"]),
        ("waiting=0.9", []),
        ("death=0.1", ["death"]),
        ("hygiene=0.4", ["hygiene"]),
        key="themes",
    )
    got = labels.evaluate_themes(path, "fast")
    assert got["per_theme"] == {
        "waiting": {"f1": 0.6667, "n": 1},
        "hygiene": {"f1": 1.0, "n": 1},
        "death": {"f1": 0.6667, "n": 2},
    }
    assert got["macro_f1"] == round((2 / 3 + 1 + 2 / 3) / 3, 4)
    assert got["micro_f1"] == 0.75  # three hits, one too many, one missed
    assert (got["n"], got["tier"], got["texts_per_second"]) == (4, "fast", 50.0)


def test_a_theme_that_does_not_occur_is_left_out_of_the_mean_alone(write):
    path = write(("waiting=0.9 death=0.9", ["waiting"]), key="themes")
    got = labels.evaluate_themes(path, "fast")
    assert (got["macro_f1"], got["micro_f1"]) == (1.0, 0.6667)
    assert set(got["per_theme"]) == {"waiting"}


@pytest.mark.parametrize(
    "themes", [["waiting", "death"], "waiting death", "waiting, death", "death|waiting"]
)
def test_themes_are_a_list_or_names_in_a_row(write, themes):
    path = write(("waiting=1 death=1", themes), key="themes")
    assert labels.evaluate_themes(path, "fast")["micro_f1"] == 1.0


def test_themes_are_read_from_a_table_too(tmp_path):
    path = tmp_path / "themes.tsv"
    path.write_text("text\tthemes\nwaiting=1\twaiting\ndeath=0.9\t\n", "utf-8")
    assert labels.evaluate_themes(path, "fast")["micro_f1"] == 0.6667


@pytest.mark.parametrize(
    ("themes", "message"),
    [
        (["waiting", "queue"], r"line 2: unknown themes \['queue'\]"),
        ("Waiting", "line 2: unknown themes"),
        (5, "line 2: themes is 5"),
        ({"waiting": 1}, "line 2: themes is"),
        ([["waiting"]], "line 2: unknown themes"),
        (None, "line 2: no themes"),
    ],
)
def test_themes_that_are_none_are_named_by_file_and_line(write, themes, message):
    path = write(("waiting=1", ["waiting"]), ("waiting=1", themes), key="themes")
    with pytest.raises(ValueError, match=message) as caught:
        labels.evaluate_themes(path, "fast")
    assert str(path) in str(caught.value)


def test_texts_without_any_theme_measure_nothing(write):
    with pytest.raises(ValueError, match="no theme occurs"):
        labels.evaluate_themes(write(("waiting=1", []), key="themes"), "fast")


def test_a_flag_is_raised_from_its_threshold_on(write):
    path = write(
        ("patient_privacy=0.9", 1),
        ("patient_privacy=0.45", 0),
        ("patient_privacy=0.4", 1),
        ("patient_privacy=0.39", 1),
        ("patient_privacy=0.1", 0),
    )
    got = labels.evaluate_privacy(path, "fast")
    assert set(got) == KEYS
    assert (got["precision"], got["recall"], got["f1"]) == (0.6667, 0.6667, 0.6667)
    assert got["recall_at_precision_0_6"] == 1.0  # all four from 0.39 on: three of four are right
    assert got["average_precision"] == round((1 + 2 / 3 + 3 / 4) / 3, 4)
    assert (got["sought_label"], got["sought"], got["n"]) == (1, 3, 5)


def test_relevance_seeks_what_is_not_about_a_hospital(write):
    path = write(
        ("about_hospital=0.1", 0),
        ("about_hospital=0.2", 1),
        ("about_hospital=0.6", 0),
        ("about_hospital=0.9", 1),
        ("about_hospital=0.95", 1),
    )
    got = labels.evaluate_relevance(path, "fast")
    assert (got["sought_label"], got["sought"]) == (0, 2)
    # Found below 0.5: two, one of them rightly. About a hospital it would be two of three.
    assert (got["precision"], got["recall"], got["f1"]) == (0.5, 0.5, 0.5)
    assert got["average_precision"] == round((1 + 2 / 3) / 2, 4)


def test_toxicity_has_the_same_figures(write):
    got = labels.evaluate_toxicity(write(("toxicity=0.9", 1), ("toxicity=0.2", 0)), "fast")
    assert set(got) == KEYS
    assert got["f1"] == got["average_precision"] == 1.0


def test_nothing_sought_and_nothing_found_is_zero_and_not_an_error(write):
    got = labels.evaluate_toxicity(write(("toxicity=0.1", 0)), "fast")
    assert got["f1"] == got["precision"] == got["recall"] == got["average_precision"] == 0
    json.dumps(got, allow_nan=False)


def test_the_greatest_recall_that_keeps_the_precision_is_found():
    # From the top: precision 1, 1/2, 2/3, 3/4, 3/5.
    assert recall_at(CHANCES, TRUTH, 0.6) == 1.0
    assert recall_at(CHANCES, TRUTH, 0.8) == pytest.approx(1 / 3)
    assert recall_at(CHANCES, ~TRUTH, 0.6) == 0.0


def test_texts_of_one_probability_are_taken_or_left_together():
    assert recall_at(np.array([0.5, 0.5, 0.5]), np.array([True, False, False]), 0.6) == 0.0


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=60))
def test_the_average_precision_is_scikit_learns(pairs):
    chances = np.array([chance / 10 for chance, _ in pairs])
    truth = np.array([label for _, label in pairs])
    if truth.any():
        expected = average_precision_score(truth, chances)
        assert average_precision(chances, truth) == pytest.approx(expected)
    assert average_precision(chances, np.zeros_like(truth)) == 0.0
