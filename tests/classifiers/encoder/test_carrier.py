"""The carrier file: read as written, and refused when it is another one."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest

from classifiers.encoder import carrier
from classifiers.encoder.base import EncoderUnavailable
from tests.classifiers.encoder.carriers import (
    EPSILON,
    HEADS,
    INNER,
    LAYERS,
    ORDINARY,
    POSITIONS,
    REWRITTEN,
    WIDTH,
)


def installed() -> bool:
    try:
        return bool(version(carrier.PACKAGE))
    except PackageNotFoundError:
        return False


def test_the_sizes_are_those_of_the_header(small):
    shape = small.read().shape
    sizes = (shape.width, shape.layers, shape.heads, shape.inner, shape.positions)
    assert sizes == (WIDTH, LAYERS, HEADS, INNER, POSITIONS)
    assert shape.epsilon == pytest.approx(EPSILON)


def test_pieces_have_their_numbers_and_scores_and_control_pieces_match_no_text(small):
    pieces = small.read().pieces
    assert dict(pieces.number) == {piece: small.numbers[piece] for piece in ORDINARY}
    assert pieces.score[pieces.number["▁merci"]] == -4.0
    assert (pieces.begin, pieces.end, pieces.unknown) == (0, 2, 3)
    assert dict(pieces.rewritten) == REWRITTEN


def test_every_tensor_is_read_as_written(small):
    source = small.read()
    assert set(source.places) == set(small.tensors)
    for name, expected in small.tensors.items():
        np.testing.assert_allclose(source.tensor(name), expected.ravel(), rtol=1e-6)


def test_a_matrix_is_turned_for_multiplying_from_the_left(small):
    np.testing.assert_allclose(
        small.read().matrix("l0.fi.w", WIDTH), small.tensors["l0.fi.w"].T, rtol=1e-6
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: content + b"\0",
        lambda content: content[:-5] + bytes([content[-5] ^ 1]) + content[-4:],
    ],
    ids=["a byte short", "half", "empty", "a byte more", "a bit flipped"],
)
def test_a_damaged_file_is_refused(small, tmp_path, damage):
    path = tmp_path / carrier.FILE
    path.write_bytes(damage(small.path.read_bytes()))
    with pytest.raises(EncoderUnavailable, match="sha256"):
        carrier.read(path, small.sha256)


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / carrier.FILE
    path.write_bytes(b"GGUF" + bytes(100))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(EncoderUnavailable, match="another format"):
        carrier.read(path, digest)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(EncoderUnavailable, match="cannot be read"):
        carrier.read(tmp_path / "none.bin")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(carrier, "PACKAGE", "no-such-carrier")
    with pytest.raises(EncoderUnavailable, match="no-such-carrier"):
        carrier.find()


def test_a_package_without_the_file_is_named(monkeypatch):
    monkeypatch.setattr(carrier, "PACKAGE", "numpy")
    with pytest.raises(EncoderUnavailable, match=r"e5-small-q4\.bin"):
        carrier.find()


@pytest.mark.skipif(not installed(), reason=f"the package {carrier.PACKAGE} is not installed")
def test_the_packages_compiled_code_is_never_loaded():
    program = (
        "import sys; from classifiers.encoder.e5 import E5Encoder; E5Encoder().encode(['merci']); "
        f"sys.exit(any(name.partition('.')[0] == {carrier.PACKAGE!r} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
