"""Evaluation: the figures asked for, on any file of cascades, from the past alone."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from classifiers.evaluation.virality import auc, evaluate

ERRORS = {
    "median_relative_error",
    "p75_relative_error",
    "coverage_80",
    "kendall_tau",
    "auc_top_decile",
    "brier",
}


def cascades(size=60, seed=1):
    random = np.random.default_rng(seed)
    return [
        {
            "id": f"c{k}",
            "t": np.sort(random.exponential(4000, 10 + 15 * k)).round(1).tolist(),
            "followers0": int(random.integers(10, 10**5)),
        }
        for k in range(size)
    ]


def write(path, posts):
    path.write_text("".join(json.dumps(post) + "\n" for post in posts), "utf-8")
    return path


def test_every_age_has_its_figures_beside_two_baselines(tmp_path):
    found = evaluate(write(tmp_path / "c.jsonl", cascades()), [600, 3600])
    assert set(found["at"]) == {"600", "3600"}
    for row in found["at"].values():
        assert row.keys() >= ERRORS
        assert row["constant"].keys() == row["szabo_huberman"].keys() == ERRORS
        assert row["n"] + row["abstained"] == found["cascades"] == 60
    json.dumps(found, allow_nan=False)


def test_a_gzipped_file_says_the_same(tmp_path):
    plain = write(tmp_path / "c.jsonl", cascades(20))
    packed = tmp_path / "c.bin"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert evaluate(packed, [1800]) == evaluate(plain, [1800])


def test_what_comes_later_changes_no_forecast_and_no_abstention(tmp_path):
    """The finals are changed to the same ones, so that only what is seen could differ."""
    random = np.random.default_rng(5)
    posts = cascades(40)
    other = []
    for post in posts:
        past = [t for t in post["t"] if t <= 600]
        later = len(post["t"]) - len(past)
        other.append(post | {"t": past + random.uniform(601, 9e5, later).tolist()})
    there, back = (
        evaluate(write(tmp_path / name, group), [600])["at"]["600"]
        for name, group in (("a", posts), ("b", other))
    )
    there.pop("crossing_brier"), back.pop("crossing_brier")
    assert there == back


def test_cascades_too_small_at_that_age_are_abstained_from(tmp_path):
    posts = [{"t": [10, 20, 5000, 6000, 7000, 8000]}, {"t": []}]
    row = evaluate(write(tmp_path / "c.jsonl", posts), [600])["at"]["600"]
    assert row == {"n": 0, "abstained": 2}


def test_one_cascade_alone_gives_no_figure_that_is_no_number(tmp_path):
    found = evaluate(write(tmp_path / "c.jsonl", [{"t": list(range(0, 900, 10))}]), [300])
    assert found["at"]["300"]["n"] == 1
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no cascade"),
        (b'{"t": [1]}\nnonsense\n', ":2: not JSON"),
        (b"[1, 2]\n", ':1: needs "t"'),
        (b'{"t": [1]}\n\n{"t": [3, -1]}\n', ":3: .*none below 0"),
        (b'{"t": ["a"]}\n', ":1: "),
        (b'{"t": [NaN]}\n', ":1: "),
        (b'{"t": [1], "followers0": "many"}\n', ":1: .*followers0"),
        (b"\x1f\x8bnot gzip", "gzip"),
        (b"\xff\xfe\x00", "neither"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path, content, message):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        evaluate(path, [600])
    assert "bad.jsonl" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.jsonl"):
        evaluate(tmp_path / "none.jsonl", [600])


def test_ages_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="positive"):
        evaluate(write(tmp_path / "c.jsonl", cascades(3)), [0])


def test_ranking_counts_ties_as_half():
    assert auc(np.array([1.0, 2.0, 3.0, 3.0]), np.array([False, False, True, True])) == 1.0
    assert auc(np.zeros(4), np.array([True, False, True, False])) == 0.5
