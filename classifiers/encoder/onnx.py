"""An encoder of the operator's own: a folder with an ONNX model and its tokenizer.

Needs the optional packages onnxruntime and tokenizers. The folder holds `model.onnx` (inputs
input_ids, attention_mask and, if it wants them, token_type_ids; first output the hidden states,
texts × pieces × width, or the sentence vectors, texts × width) and `tokenizer.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.encoder.base import EncoderUnavailable, Vectors, unit
from classifiers.encoder.e5 import MAX_CHARS, MAX_PIECES, batches
from classifiers.text import sanitise

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
THREADS = 1


class OnnxEncoder:
    """EncoderUnavailable where a package or file is missing or does not load.

    `prefix` is what the model was trained to see before a text ("query: " for the E5 family).
    """

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self.prefix = prefix
        try:
            self._open(folder)
            self.width = len(self._run([self._pieces("prêt")])[0])
        # The libraries raise bare Exception for a broken file, or for inputs they do not know.
        except Exception as error:
            raise EncoderUnavailable(f"{folder} holds no usable encoder: {error}") from error

    def _open(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(MAX_PIECES)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = THREADS
        content = (folder / MODEL).read_bytes()
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {given.name for given in self._session.get_inputs()}
        self.version = f"onnx-{hashlib.sha256(content).hexdigest()[:8]}"

    def read(self, texts: Sequence[str]) -> Vectors:
        """The same as `encode`."""
        return self.encode(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """len(texts) × width, rows of length 1."""
        pieces = [self._pieces(text) for text in texts]
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        for indexes in batches([len(text) for text in pieces]):
            vectors[indexes] = self._run([pieces[i] for i in indexes])
        return unit(vectors)

    def _pieces(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(self.prefix + sanitise(text, MAX_CHARS)).ids
        return found or [0]

    def _run(self, batch: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, batch))
        numbers = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros_like(numbers)
        for row, text in enumerate(batch):
            numbers[row, : len(text)] = text
            mask[row, : len(text)] = 1
        given: dict[str, Any] = {"input_ids": numbers, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            given["token_type_ids"] = np.zeros_like(numbers)
        states = np.asarray(self._session.run(None, given)[0], dtype=np.float32)
        if states.ndim == 2:
            return states
        weight = mask[:, :, None].astype(np.float32)
        pooled: Vectors = (states * weight).sum(axis=1) / weight.sum(axis=1)
        return pooled
