"""The best encoder that can be had is chosen, what is passed over is said, and nothing is raised."""

from __future__ import annotations

import logging

import pytest

from classifiers.encoder import choose
from classifiers.encoder.base import EncoderUnavailable
from tests.classifiers.encoder.onnx_files import write_encoder
from tests.classifiers.tiers import LetterEncoder, heads, shelve


def absent(*_folder):
    raise EncoderUnavailable("not on this machine")


class OwnEncoder(LetterEncoder):
    version = "own-1"

    def __init__(self, _folder):
        super().__init__()


class WideEncoder(LetterEncoder):
    """Another width than the heads were trained for."""

    width = LetterEncoder.width + 1


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Heads for both shipped kinds, each told by its version."""
    folder = tmp_path / "shelf"
    for seed, kind in enumerate(choose.SHIPPED):
        shelve(folder, f"deep-{kind}", heads(LetterEncoder.width, seed))
    real = choose.load_deep
    monkeypatch.setattr(
        choose, "load_deep", lambda encoder, kind, own=None: real(encoder, kind, own or folder)
    )
    return folder


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING, logger=choose.__name__)
    return lambda: [(r.levelname, r.getMessage().split(" error=")[0]) for r in caplog.records]


def passed_over(kind):
    return ("WARNING", f"encoder.unavailable kind={kind}")


def ships(monkeypatch, **makers):
    monkeypatch.setattr(choose, "SHIPPED", makers)


def test_the_best_is_taken_and_nothing_is_said(shelf, monkeypatch, said):
    ships(monkeypatch, e5=LetterEncoder, use=LetterEncoder)
    assert choose.deep_tier().version == choose.load_deep(LetterEncoder(), "e5").version
    assert said() == []


@pytest.mark.parametrize("e5", [absent, WideEncoder], ids=["missing", "of another width"])
def test_the_next_one_is_taken_where_the_best_cannot_be_had(shelf, monkeypatch, said, e5):
    ships(monkeypatch, e5=e5, use=LetterEncoder)
    assert choose.deep_tier().version == choose.load_deep(LetterEncoder(), "use").version
    assert said() == [passed_over("e5")]


def test_heads_that_are_altered_or_missing_are_passed_over(shelf, monkeypatch, said):
    (shelf / "deep-e5.npz").write_bytes(b"other")
    (shelf / "deep-use.npz").unlink()
    ships(monkeypatch, e5=LetterEncoder, use=LetterEncoder)
    assert choose.deep_tier() is None
    assert said() == [passed_over("e5"), passed_over("use")]


def test_without_any_encoder_there_is_no_deep_tier(shelf, monkeypatch, said):
    ships(monkeypatch, e5=absent, use=absent)
    assert choose.deep_tier() is None
    assert said() == [passed_over("e5"), passed_over("use")]


def test_what_is_missing_is_told_with_its_reason(shelf, monkeypatch, caplog):
    ships(monkeypatch, e5=absent)
    choose.deep_tier()
    assert "not on this machine" in caplog.text


def test_an_operators_own_encoder_comes_first(shelf, monkeypatch, said, tmp_path):
    shelve(tmp_path / "own", "deep-own", heads(LetterEncoder.width))
    monkeypatch.setattr(choose, "OnnxEncoder", OwnEncoder)
    ships(monkeypatch, e5=LetterEncoder)
    assert choose.deep_tier(tmp_path / "own").version.startswith("own-1-")
    assert said() == []


@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY", b"PK\x03\x04"])
def test_an_operators_folder_that_is_broken_is_passed_over(
    shelf, monkeypatch, said, tmp_path, content
):
    folder = write_encoder(tmp_path / "own")
    if content is not None:
        (folder / "deep-own.npz").write_bytes(content)
    ships(monkeypatch, e5=LetterEncoder)
    assert choose.deep_tier(folder).version.startswith("letters-1-")
    assert said() == [passed_over("own")]


@pytest.mark.parametrize("missing", ["weights", "words_labels", "format"])
def test_heads_of_another_format_are_passed_over(shelf, monkeypatch, said, tmp_path, missing):
    arrays = heads(LetterEncoder.width)
    del arrays[missing]
    shelve(tmp_path / "own", "deep-own", arrays)
    monkeypatch.setattr(choose, "OnnxEncoder", OwnEncoder)
    ships(monkeypatch, e5=LetterEncoder)
    assert choose.deep_tier(tmp_path / "own").version.startswith("letters-1-")
    assert said() == [passed_over("own")]
