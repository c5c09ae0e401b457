"""Several experts on one post: what each holds possible is kept, by how likely it is the right one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.virality.experts import HIGH, HORIZONS, LEVELS, LOW, Outlook, mix

AROUND = 2 * LEVELS - 1  # residuals spread evenly, by one typical error to each side


def outlook(growth, error=0.1):
    """Of one post."""
    return Outlook(
        growth=np.array([growth]),
        error=np.array([error]),
        parts=np.linspace(0.4, 1.0, HORIZONS)[None],
        residuals=np.broadcast_to(AROUND, (1, HORIZONS, len(LEVELS))),
    )


def mixed(growths, weights, error=0.1):
    return mix([outlook(growth, error) for growth in growths], np.array([weights]))


def interval(of):
    ends = of.ends()[0, -1]
    return ends[LOW], ends[HIGH]


def test_one_expert_alone_is_not_changed():
    alone = outlook(2.0)
    assert mix([alone], np.ones((1, 1))) is alone


def test_experts_that_agree_say_what_each_says():
    both = mixed([2.0, 2.0], [0.3, 0.7])
    assert interval(both) == pytest.approx(interval(outlook(2.0)), abs=0.01)
    assert both.growth[0] == pytest.approx(2.0, abs=0.05)


def test_of_experts_far_apart_the_likelier_is_believed_not_the_middle():
    assert mixed([1.0, 5.0], [0.8, 0.2]).growth[0] == pytest.approx(1.0, abs=0.11)
    assert mixed([1.0, 5.0], [0.2, 0.8]).growth[0] == pytest.approx(5.0, abs=0.11)


def test_the_interval_reaches_an_expert_that_may_well_be_right():
    low, high = interval(mixed([1.0, 5.0], [0.7, 0.3]))
    assert low == pytest.approx(1.0, abs=0.11)
    assert high == pytest.approx(5.0, abs=0.11)


def test_a_faint_resemblance_leaves_the_interval_narrow():
    low, high = interval(mixed([1.0, 5.0], [0.97, 0.03]))
    assert high - low < 0.25


def test_disagreement_is_an_error():
    assert mixed([1.0, 5.0], [0.5, 0.5]).error[0] > 1.0
    assert mixed([2.0, 2.0], [0.5, 0.5]).error[0] < 0.2


@given(
    st.lists(st.tuples(st.floats(0, 12), st.floats(0.02, 3)), min_size=2, max_size=4),
    st.data(),
)
def test_levels_rise_and_lie_within_what_the_experts_hold_possible(experts, data):
    size = len(experts)
    raw = np.array(data.draw(st.lists(st.floats(0.001, 1), min_size=size, max_size=size)))
    outlooks = [outlook(*expert) for expert in experts]
    ends = mix(outlooks, (raw / raw.sum())[None]).ends()
    every = np.concatenate([o.ends() for o in outlooks], axis=2)
    assert (np.diff(ends, axis=2) >= -1e-9).all()
    assert (ends >= every.min(axis=2, keepdims=True) - 1e-9).all()
    assert (ends <= every.max(axis=2, keepdims=True) + 1e-9).all()
