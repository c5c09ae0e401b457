"""Heads: a hospital's own finished posts correct the forecasts, the more the more there are."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifiers.classifier import Reading, Sample
from classifiers.virality.forecaster import Forecaster
from classifiers.virality.heads import COVARIATES, learn, read_heads, write_heads

HOUR = 3600.0
FORECASTER = Forecaster()
SCHEDULE = np.array([0.2, 0.4, 0.9, 1.5, 3.0, 5.0, 9.0, 15.0, 24.0, 40.0])  # hours


def finished(final, seed, network="mastodon", **fields):
    """A post that comes to `final`, read at irregular times until all is over."""
    random = np.random.default_rng(seed)
    ages = SCHEDULE * random.uniform(0.9, 1.1, len(SCHEDULE)) * HOUR
    ages[-1] = 40 * HOUR
    counts = final * (1 - np.exp(-ages / (6 * HOUR)))
    readings = tuple(
        Reading(age=float(age), shares=int(count)) for age, count in zip(ages, counts, strict=True)
    )
    return Sample(text="Portes ouvertes ?", network=network, readings=readings, **fields)


def history(size):
    return [finished(80 + 3 * k, k, hour=9.0) for k in range(size)]


def young(network="mastodon"):
    sample = finished(150, 999, network, hour=9.0)
    return Sample(text=sample.text, network=network, hour=9.0, readings=sample.readings[:3])


def expected(heads, network="mastodon"):
    (said,) = Forecaster(FORECASTER.experts_, heads).forecasts([young(network)])
    return said


def test_own_history_brings_forecasts_nearer_to_what_own_posts_do():
    misses = [
        abs(np.log(expected(learn(FORECASTER, history(n))).expected / 150)) for n in (0, 8, 60)
    ]
    assert misses[0] > misses[1] > misses[2]


def test_with_history_the_basis_says_so():
    reasons = {r.code: r.detail for r in expected(learn(FORECASTER, history(12))).reasons}
    assert reasons["basis"] == "own 12"


def test_one_network_learns_nothing_for_another():
    heads = learn(FORECASTER, history(30))
    assert list(heads) == ["mastodon"]
    assert expected(heads, "bluesky") == expected({}, "bluesky")


def test_posts_watched_for_less_than_a_day_teach_nothing():
    assert learn(FORECASTER, [young() for _ in range(30)]) == {}


def test_posts_without_engagement_or_network_teach_nothing():
    quiet = [finished(2, k) for k in range(30)]
    nameless = [finished(90, k, network="") for k in range(30)]
    assert learn(FORECASTER, quiet + nameless) == {}
    assert learn(FORECASTER, []) == {}


def test_the_order_of_history_does_not_matter():
    there, back = (
        learn(FORECASTER, order)["mastodon"] for order in (history(20), history(20)[::-1])
    )
    assert there.weights == pytest.approx(back.weights, abs=1e-5)


def test_heads_come_back_from_storage_as_they_were():
    heads = learn(FORECASTER, history(20))
    assert read_heads(write_heads(heads)) == heads


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 99, "covariates": [], "heads": {}}',
        json.dumps({"format": 1, "covariates": COVARIATES, "heads": {"x": {"posts": 1}}}),
        json.dumps(
            {
                "format": 1,
                "covariates": COVARIATES,
                "heads": {"x": {"posts": 1, "weights": [1.0], "spread": 1.0}},
            }
        ),
    ],
)
def test_stored_heads_that_are_none_are_refused(text):
    with pytest.raises(ValueError):
        read_heads(text)
