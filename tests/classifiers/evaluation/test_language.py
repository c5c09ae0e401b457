"""Figures of languages, on files of one's own."""

from __future__ import annotations

import json

import pytest

from classifiers.evaluation.language import evaluate


@pytest.fixture
def write(tmp_path):
    def written(*rows):
        path = tmp_path / "posts.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path

    return written


def test_unknown_is_an_error_unless_it_is_admitted(write):
    path = write(
        {"text": "We were left in the corridor all night.", "language": "en"},
        {"text": "Kevin", "language": "fr"},
        {"text": "Marie", "language": ["unknown", "fr"]},
        {"text": "Danke schön, ihr seid die besten", "language": "it"},
    )
    figures = evaluate(path)
    assert figures["n"] == 4
    assert figures["accuracy"] == 0.5
    assert figures["accuracy_said"] == 0.5
    assert figures["unknown"] == 0.5
    assert figures["per_language"]["en"]["accuracy"] == 1
    assert figures["per_language"]["fr"]["accuracy_said"] is None


def test_figures_are_given_by_length_and_kind(write):
    path = write(
        {"text": "danke schön", "language": "de", "kind": "short"},
        {"text": "We were left in the corridor all night by the staff.", "language": "en"},
    )
    figures = evaluate(path)
    assert {name: part["n"] for name, part in figures["per_length"].items()} == {
        "1-2 words": 1,
        "11+ words": 1,
    }
    assert set(figures["per_kind"]) == {"short", "plain"}


def test_only_the_lines_asked_for_are_judged(write):
    path = write({"text": "danke schön", "language": "de"}, {"text": "thank you", "language": "en"})
    assert list(evaluate(path, lambda line: line == 2)["per_language"]) == ["en"]
    with pytest.raises(ValueError, match="no rows"):
        evaluate(path, lambda line: line > 2)


@pytest.mark.parametrize("language", [[], 3, [""], [None]])
def test_a_language_that_is_no_code_is_refused_by_its_line(write, language):
    path = write({"text": "danke schön", "language": language})
    with pytest.raises(ValueError, match="line 1: language is"):
        evaluate(path)
