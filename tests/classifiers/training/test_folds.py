"""How far to trust each tier is learned from decisions by models that have not seen a text's writer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifiers.outputs import CLASSES, FAMILIAR, GENERAL, INNER
from classifiers.training.calibrate import Stacker
from classifiers.training.deep import Taught, unseen
from classifiers.training.examples import FOLDS, Examples

WRITERS, EACH = 10, 12
SIZE = WRITERS * EACH


def examples(seed: int = 1) -> Examples:
    """Posts and texts of any subject in turn; every output is known of each."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, (SIZE, len(INNER))).astype(np.int8)
    for names in (CLASSES, GENERAL):
        said = random.integers(0, len(names), SIZE)
        truth[:, [INNER.index(name) for name in names]] = np.eye(len(names), dtype=np.int8)[said]
    truth[:, INNER.index(FAMILIAR)] = np.arange(SIZE) % 2
    return Examples(
        texts=[f"texte {n}" for n in range(SIZE)],
        truth=truth,
        weights=np.ones(SIZE),
        groups=np.repeat(np.arange(WRITERS), EACH),
        drills=np.zeros(SIZE, dtype=bool),
    )


def tier(seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (SIZE, len(INNER)))


def contrary(given: Examples, at: np.ndarray) -> Examples:
    """The same texts, of which those are labelled otherwise."""
    truth = given.truth.copy()
    truth[at] = 1 - truth[at]
    for names in (CLASSES, GENERAL):
        columns = [INNER.index(name) for name in names]
        truth[np.ix_(at, columns)] = np.roll(given.truth[np.ix_(at, columns)], 1, axis=1)
    return replace(given, truth=truth)


def held_with(given: Examples, writer: int) -> np.ndarray:
    """The texts of the fold that a writer is in."""
    for _, held in given.folds(FOLDS):
        if writer in given.groups[held]:
            return held
    raise AssertionError("in no fold")


def test_drills_do_not_calibrate() -> None:
    given = examples()
    drills = np.arange(SIZE) >= SIZE - EACH
    given = replace(given, drills=drills)
    found = Stacker(tiers=[tier()], examples=given).fit()
    again = Stacker(tiers=[tier()], examples=contrary(given, np.flatnonzero(drills))).fit()
    for name in ("hospital", "labels", "privacy"):
        np.testing.assert_array_equal(found[name], again[name])
    loose = contrary(replace(given, drills=np.zeros_like(drills)), np.flatnonzero(drills))
    assert (Stacker(tiers=[tier()], examples=loose).fit()["labels"] != found["labels"]).any()


def test_a_texts_own_label_does_not_reach_its_probabilities() -> None:
    given = examples()
    own = np.random.default_rng(3).normal(0, 1, (SIZE, len(CLASSES)))
    held = held_with(given, 4)
    said, tone = Stacker(tiers=[tier()], examples=given, own=[own]).folded()
    again, other = Stacker(tiers=[tier()], examples=contrary(given, held), own=[own]).folded()
    np.testing.assert_allclose(said.sum(axis=1), 1)
    np.testing.assert_array_equal(said[held], again[held])
    assert (tone[held] != other[held]).all()
    assert (np.delete(said, held, axis=0) != np.delete(again, held, axis=0)).any()


@pytest.mark.parametrize("languages", [("fr",), ("fr", "de")])
def test_a_texts_own_label_does_not_reach_its_logits(languages: tuple[str, ...]) -> None:
    vectors = np.random.default_rng(5).normal(0, 1, (SIZE, 8)).astype(np.float32)
    parts = np.array_split(np.arange(SIZE), len(languages))
    given = examples()
    held = held_with(given, 7)
    first, again = (
        unseen(
            vectors,
            Taught(examples=one, french=SIZE, spoken=dict(zip(languages, parts, strict=True))),
        )
        for one in (given, contrary(given, held))
    )
    assert first.shape == (SIZE, len(INNER) + len(CLASSES) * len(languages))
    np.testing.assert_array_equal(first[held], again[held])
    assert (np.delete(first, held, axis=0) != np.delete(again, held, axis=0)).any()
