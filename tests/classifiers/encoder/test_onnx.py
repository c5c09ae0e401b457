"""An operator's own encoder: pooled as its output asks for, and refused with a reason when broken."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from classifiers.encoder.base import EncoderUnavailable
from classifiers.encoder.onnx import OnnxEncoder
from tests.classifiers.encoder.onnx_files import TABLE, WORDS, write_encoder
from tests.classifiers.wild import WILD

needs_onnx = pytest.mark.skipif(
    not (find_spec("onnxruntime") and find_spec("tokenizers")),
    reason="the optional packages onnxruntime and tokenizers are not installed",
)


def unit(vector):
    return vector / np.linalg.norm(vector)


@needs_onnx
def test_states_are_averaged_over_a_texts_own_pieces(tmp_path):
    encoder = OnnxEncoder(write_encoder(tmp_path))
    found = encoder.encode(["merci", "honte nuit", "merci honte nuit autre"])
    merci, honte, nuit, other = (TABLE[WORDS[w]] for w in ("merci", "honte", "nuit", "[UNK]"))
    expected = [unit(merci), unit(honte + nuit), unit(merci + honte + nuit + other)]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert encoder.width == TABLE.shape[1]


@needs_onnx
@pytest.mark.parametrize("pooled", [True, False])
def test_what_the_model_gives_and_takes_is_found_out(tmp_path, pooled):
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    encoder = OnnxEncoder(write_encoder(tmp_path, inputs, pooled=pooled))
    found = encoder.read(["merci", "honte"])
    np.testing.assert_allclose(found, [unit(TABLE[1]), unit(TABLE[2])], atol=1e-5)


@needs_onnx
def test_wild_texts_have_vectors(tmp_path):
    encoder = OnnxEncoder(write_encoder(tmp_path), prefix="query: ")
    found = encoder.encode(list(WILD.values()))
    assert found.shape == (len(WILD), encoder.width)
    assert np.isfinite(found).all()
    assert encoder.encode([]).shape == (0, encoder.width)


@needs_onnx
def test_the_version_is_the_models(tmp_path):
    one = OnnxEncoder(write_encoder(tmp_path / "one"))
    other = OnnxEncoder(write_encoder(tmp_path / "other", pooled=True))
    assert one.version.startswith("onnx-")
    assert one.version != other.version


@needs_onnx
def test_a_model_that_takes_other_inputs_is_unavailable(tmp_path):
    with pytest.raises(EncoderUnavailable, match="no usable encoder"):
        OnnxEncoder(write_encoder(tmp_path, ("pixels", "attention_mask")))


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"", b"\x00garbage", b"{}"])
def test_a_broken_folder_is_unavailable_with_or_without_the_packages(tmp_path, broken, content):
    path = write_encoder(tmp_path) / broken
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncoderUnavailable, match="holds no usable encoder"):
        OnnxEncoder(tmp_path)


def test_a_folder_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(EncoderUnavailable, match="holds no usable encoder"):
        OnnxEncoder(tmp_path / "none")
