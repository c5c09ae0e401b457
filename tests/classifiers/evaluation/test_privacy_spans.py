"""Recall of marked words and masking of unmarked posts, against counts made by hand."""

from __future__ import annotations

import pytest

from classifiers.evaluation.privacy_spans import evaluate, wilson


def marked(text):
    """A post whose mark stands between brackets."""
    start, end = text.index("["), text.index("]") - 1
    return {"text": text.replace("[", "").replace("]", ""), "spans": [[start, end]]}


def unmarked(text):
    return {"text": text, "spans": []}


POSTS = [
    marked("ma tante Mme [Odile Ferrand] est opérée demain"),
    marked("ils ont opéré [le type bizarre avec un perroquet]"),
    unmarked("Merci au Dr Lefèvre"),
    unmarked("Neuf heures d'attente aux urgences"),
]


def test_marks_are_covered_by_half_their_characters():
    got = evaluate(POSTS)
    assert (got["marked"], got["covered"], got["partly_covered"]) == (2, 0.5, 0.5)
    assert got["characters"] == round(13 / (13 + len("le type bizarre avec un perroquet")), 4)


def test_carers_are_told_apart_in_posts_without_marks():
    got = evaluate(POSTS)
    assert (got["unmarked"], got["unmarked_found"]) == (2, 0.5)
    assert got["unmarked_found_but_carers"] == 0.0
    assert got["unmarked_by_kind"] == {"carer": 0.5}
    assert got["unmarked_characters"] == round(len("Lefèvre") / (19 + 34), 4)


def test_a_post_is_covered_when_all_its_marks_are():
    post = marked("[Odile Ferrand] est opérée demain")
    post["spans"].append([18, 24])
    got = evaluate([post, POSTS[2]])
    assert (got["covered"], got["partly_covered"]) == (0.0, 1.0)


@pytest.mark.parametrize("posts", [[], POSTS[:2], POSTS[2:]])
def test_both_sorts_of_posts_are_needed(posts):
    with pytest.raises(ValueError, match="needed"):
        evaluate(posts)


def test_the_interval_is_wilsons():
    assert wilson(8, 10) == pytest.approx([0.4902, 0.9433], abs=1e-4)
    assert wilson(0, 10)[0] == 0.0
