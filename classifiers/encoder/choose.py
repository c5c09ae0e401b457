"""The best encoder that this machine can run, and the heads that were trained for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from classifiers.classifier import ModelError
from classifiers.deep import DeepTier, load_deep
from classifiers.encoder.base import Encoder, EncoderUnavailable
from classifiers.encoder.e5 import E5Encoder
from classifiers.encoder.onnx import OnnxEncoder
from classifiers.encoder.use import UseEncoder

log = logging.getLogger(__name__)

SHIPPED: dict[str, Callable[[], Encoder]] = {"e5": E5Encoder, "use": UseEncoder}


def deep_tier(folder: Path | None = None) -> DeepTier | None:
    """A deep tier, None where no encoder is to be had: the lexical models then speak alone.

    `folder` holds an operator's own encoder and the heads that `listener train` fitted on it; it is
    tried first, then the shipped ones, best first. What is passed over is said once in the log.
    """
    if folder is not None:
        try:
            return load_deep(OnnxEncoder(folder), "own", folder)
        except (EncoderUnavailable, ModelError) as error:
            log.warning("encoder.unavailable kind=own error=%s", error)
    for kind, make in SHIPPED.items():
        try:
            return load_deep(make(), kind)
        except (EncoderUnavailable, ModelError) as error:
            log.warning("encoder.unavailable kind=%s error=%s", kind, error)
    return None
