"""The shipped weights are read only if they are the files that were measured."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.resources import files

import numpy as np
import pytest

from classifiers.classifier import ModelError
from classifiers.judge import MODELS, Judge
from classifiers.linear import load
from classifiers.shelf import read_model
from tests.classifiers.tiers import shelve

READ_BY = {name: language for language, name in MODELS.items()}  # a language of each model
SHIPPED = sorted(READ_BY)


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(str(files("classifiers").joinpath("models")), folder)
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_models_are_those_the_manifest_lists(models, name):
    assert load(name, models).version == Judge().models[READ_BY[name]].version


@pytest.mark.parametrize("name", SHIPPED)
def test_a_missing_model_is_named_with_what_to_do(models, name):
    (models / f"{name}.npz").unlink()
    with pytest.raises(ModelError, match=rf"{name}\.npz is missing.*make train"):
        read_model(name, models)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_altered_model_is_refused(models, name):
    content = bytearray((models / f"{name}.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (models / f"{name}.npz").write_bytes(content)
    with pytest.raises(ModelError, match="sha256"):
        read_model(name, models)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"lexical-fr.npz": null}', b'{"lexical-fr.npz": {}}', b"\xff"]
)
def test_a_broken_manifest_is_named(models, content):
    (models / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match="manifest"):
        read_model("lexical-fr", models)


def test_a_model_that_would_run_code_is_refused(tmp_path):
    shelve(tmp_path, "lexical-fr", {"format": np.array([print], dtype=object)})
    with pytest.raises(ModelError, match="no archive of arrays"):
        read_model("lexical-fr", tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"\x80\x04K\x01."])
def test_what_is_no_archive_is_refused_though_it_is_listed(tmp_path, content):
    path = shelve(tmp_path, "lexical-fr", {"format": np.array(1)})
    path.write_bytes(content)
    listed = {path.name: {"sha256": hashlib.sha256(content).hexdigest()}}
    (tmp_path / "manifest.json").write_text(json.dumps(listed))
    with pytest.raises(ModelError, match="no archive of arrays"):
        read_model("lexical-fr", tmp_path)


@pytest.mark.parametrize("arrays", [{"format": np.array(99)}, {}, {"format": np.array(["x"])}])
def test_a_model_of_another_kind_is_refused(tmp_path, arrays):
    shelve(tmp_path, "lexical-fr", arrays)
    with pytest.raises(ModelError, match="another version"):
        load("lexical-fr", tmp_path)
