"""The tiny carrier, once a module."""

from __future__ import annotations

from functools import partial

import pytest

from classifiers.encoder import carrier
from classifiers.encoder.e5 import E5Encoder
from tests.classifiers.encoder.carriers import Tiny, tiny


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Tiny:
    return tiny(tmp_path_factory.mktemp("carrier") / carrier.FILE)


@pytest.fixture
def encoder(small, monkeypatch) -> E5Encoder:
    """The shipped code over the tiny carrier."""
    monkeypatch.setattr(carrier, "find", lambda: (small.path, "tiny"))
    monkeypatch.setattr(carrier, "read", partial(carrier.read, sha256=small.sha256))
    return E5Encoder()
