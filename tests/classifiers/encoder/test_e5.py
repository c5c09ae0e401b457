"""The multilingual encoder over any page of texts: each text's own vector, in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.encoder.base import EncoderUnavailable
from classifiers.encoder.e5 import BATCH_PIECES, MAX_PIECES, E5Encoder, batches
from tests.classifiers.wild import WILD

TEXTS = ["merci à tous", "honte", "une nuit entière dans un couloir", *WILD.values()]
CLOSE = 1e-4  # sums of single precision depend on the batch in their last bits


@given(st.lists(st.integers(1, MAX_PIECES), max_size=80))
def test_batches_cover_each_text_once_and_stay_within_their_size(lengths):
    found = list(batches(lengths))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) * max(lengths[index] for index in batch) <= BATCH_PIECES


def test_a_text_longer_than_a_batch_stands_alone():
    assert list(batches([BATCH_PIECES + 1, 2, BATCH_PIECES + 5])) == [[1], [0], [2]]


def test_wild_texts_have_vectors(encoder):
    found = encoder.read(TEXTS)
    assert found.shape == (len(TEXTS), encoder.width)
    assert np.isfinite(found).all()


def test_a_texts_vector_is_its_own_whatever_the_page(encoder):
    page = encoder.read(TEXTS)
    alone = np.concatenate([encoder.read([text]) for text in TEXTS])
    np.testing.assert_allclose(page, alone, atol=CLOSE)
    np.testing.assert_allclose(encoder.read(TEXTS[::-1]), page[::-1], atol=CLOSE)
    np.testing.assert_array_equal(encoder.read(TEXTS), page)


def test_embeddings_have_length_one(encoder):
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(TEXTS), axis=1), 1, atol=1e-5)


def test_no_text_no_vector(encoder):
    assert encoder.read([]).shape == (0, encoder.width)
    assert len(encoder.encode([])) == 0


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it keeps nothing of a text
)
@given(texts=st.lists(st.text(st.characters(codec=None), max_size=60), min_size=1, max_size=4))
def test_any_text_is_read(encoder, texts):
    assert np.isfinite(encoder.read(texts)).all()


@pytest.mark.soak
def test_memory_does_not_grow_with_the_number_of_long_texts(encoder):
    """Peaks beyond the answer itself: of 150 texts hardly more than of 20."""
    few, many = (peak(encoder, count) for count in (20, 150))
    assert many < 2 * few + 8_000_000
    assert many < 40_000_000


def peak(encoder, count):
    texts = ["une nuit entière dans un couloir " * 3_000 for _ in range(count)]
    tracemalloc.start()
    try:
        answer = encoder.read(texts).nbytes
        return tracemalloc.get_traced_memory()[1] - answer
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def real():
    try:
        return E5Encoder()
    except EncoderUnavailable as error:
        pytest.skip(str(error))


def test_the_published_weights_know_a_translation_from_another_matter(real):
    french, english, other = real.encode(
        [
            "On a attendu neuf heures aux urgences",
            "We waited nine hours in the emergency room",
            "Le match de dimanche est reporté à cause de la pluie",
        ]
    )
    assert french @ english > french @ other + 0.02


def test_the_published_weights_read_wild_texts(real):
    wild = [text[:200] for text in WILD.values()]
    found = real.encode(wild)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
