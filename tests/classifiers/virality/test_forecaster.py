"""Forecasts: causal, monotone, calibrated on what was measured, silent where they must be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.classifier import ModelError, Reading, Reason, Sample
from classifiers.virality.experts import load
from classifiers.virality.forecast import HOURS, THRESHOLDS, Forecast
from classifiers.virality.forecaster import Forecaster

MINUTE, HOUR = 60.0, 3600.0
FORECASTER = Forecaster()


def post(*counts, step=5 * MINUTE, **fields):
    readings = tuple(Reading(age=step * k, shares=n) for k, n in enumerate(counts, 1))
    return Sample(text="", readings=readings, **fields)


def forecast(sample, thresholds=THRESHOLDS):
    (said,) = FORECASTER.forecasts([sample], thresholds)
    assert isinstance(said, Forecast)
    return said


def test_too_little_engagement_cannot_be_judged_yet():
    (said,) = FORECASTER.forecasts([post(1, 2, 4)])
    assert said == Reason(code="too_little_engagement", detail="4")


def test_without_readings_or_too_young_it_cannot_be_said_yet():
    young = Sample(text="", readings=[Reading(age=60, shares=500)])
    unknown = Sample(text="", readings=[Reading(age=HOUR, views=9000)])
    said = FORECASTER.forecasts([Sample(text=""), young, unknown])
    assert [reason.code for reason in said] == ["too_few_readings"] * 3


def test_an_empty_batch_is_an_empty_answer():
    assert FORECASTER.forecasts([]) == []


def test_a_post_that_takes_off_is_expected_to_go_further_than_one_that_fades():
    rising, fading = (
        forecast(post(*counts, network="mastodon"))
        for counts in ([1, 3, 8, 20, 45, 100], [80, 95, 98, 99, 100, 100])
    )
    assert rising.current == fading.current == 100
    assert rising.expected > fading.expected
    assert rising.crossing[1000, 24] > fading.crossing[1000, 24]
    assert {r.code: r.detail for r in rising.reasons}["curve"] == "rising"
    assert {r.code: r.detail for r in fading.reasons}["curve"] == "fading"


def test_a_post_of_a_named_network_is_taken_for_an_ordinary_one():
    named, unnamed = (forecast(post(3, 8, 12, followers=300, network=n)) for n in ("x", ""))
    assert named.expected < unnamed.expected
    assert {r.code: r.detail for r in named.reasons}["basis"] == "live"
    assert {r.code: r.detail for r in unnamed.reasons}["basis"] == "archive"


def test_the_figures_that_a_forecast_rests_on_are_given():
    reasons = {r.code: r.detail for r in forecast(post(5, 10, 20, followers=1200)).reasons}
    assert reasons["count"] == "20"
    assert reasons["speed"] == "80"  # an hour
    assert reasons["followers"] == "1200"


def test_a_threshold_already_crossed_is_certain():
    said = forecast(post(50, 150, 250))
    assert said.reaching[100] == 1.0
    assert {said.crossing[100, hours] for hours in HOURS} == {1.0}


def test_a_batch_says_what_each_post_alone_says():
    samples = [
        post(5, 9, 30),
        Sample(text=""),
        post(*range(10, 400, 7), network="facebook"),
        post(40, 41, followers=10, network="mastodon"),
        post(1, 1, 2),
    ]
    alone = [FORECASTER.forecasts([sample])[0] for sample in samples]
    assert FORECASTER.forecasts(samples) == alone
    assert FORECASTER.forecasts(samples[::-1]) == alone[::-1]


@pytest.mark.parametrize("age", [300, 600, 3600, 86_400])
def test_a_forecast_is_the_same_whatever_the_future_holds(age):
    random = np.random.default_rng(age)
    past = np.sort(random.uniform(0, age, 60))
    replays = []
    for _ in range(10):
        future = random.uniform(age + 1, 9 * age, random.integers(0, 5000))
        times = np.sort(np.concatenate([past, future]))
        readings = [
            Reading(age=at, shares=int((times <= at).sum()))
            for at in np.arange(300.0, 9 * age, 300)
        ]
        seen = tuple(reading for reading in readings if reading.age <= age)
        replays.append(forecast(Sample(text="", readings=seen, followers=900)))
    assert all(replay == replays[0] for replay in replays)


counts = st.none() | st.integers(-10, 10**18)
ages = st.floats(-1e9, 1e12) | st.sampled_from([float("nan"), float("inf"), 300.0, 600.0])
wild_readings = st.lists(
    st.builds(Reading, age=ages, views=counts, reactions=counts, replies=counts, shares=counts),
    max_size=8,
)
tame_readings = st.lists(
    st.builds(Reading, age=st.floats(0, 1e6), shares=st.integers(0, 5000)), max_size=12
)
networks = st.sampled_from(["", "facebook", "mastodon", "x"])
followers = st.none() | st.integers(-5, 10**12)


@settings(max_examples=150, deadline=None)
@given(wild_readings | tame_readings, networks, followers, st.permutations(range(12)))
def test_wild_snapshots_give_a_sane_forecast_or_none(readings, network, known, order):
    sample = Sample(text="", network=network, followers=known, readings=readings)
    (said,) = FORECASTER.forecasts([sample], (10, 100, 1000, 10**6))
    shuffled = [readings[i] for i in order if i < len(readings)]
    assert FORECASTER.forecasts([replace(sample, readings=shuffled)], (10, 100, 1000, 10**6)) == [
        said
    ]
    doubled = replace(sample, readings=[*readings, *readings])
    if isinstance(said, Reason):
        return
    assert isinstance(FORECASTER.forecasts([doubled])[0], Forecast)
    assert said.current <= said.low <= said.expected <= said.high
    for threshold in (10, 100, 1000, 10**6):
        within = [said.crossing[threshold, hours] for hours in HOURS] + [said.reaching[threshold]]
        assert within == sorted(within)
        assert all(0 <= p <= 1 for p in within)
    for hours in HOURS:
        higher = [said.crossing[threshold, hours] for threshold in (10, 100, 1000, 10**6)]
        assert higher == sorted(higher, reverse=True)


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(str(files("classifiers").joinpath("models")), folder)
    return folder


def test_altered_weights_are_refused(models):
    content = bytearray((models / "virality.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (models / "virality.npz").write_bytes(content)
    with pytest.raises(ModelError, match="sha256"):
        load(models)


def test_missing_weights_are_named_with_what_to_do(models):
    (models / "virality.npz").unlink()
    with pytest.raises(ModelError, match=r"virality\.npz is missing.*make train"):
        load(models)
