"""A tiny ONNX encoder, written without the package onnx: a table of word vectors, no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

INT64, FLOAT = 7, 1
WORDS = {"[UNK]": 0, "merci": 1, "honte": 2, "nuit": 3, "prêt": 4}
TABLE = np.random.default_rng(3).normal(size=(len(WORDS), 6)).astype("<f4")


def write_encoder(
    folder: Path,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    *,
    pooled: bool = False,
) -> Path:
    """`pooled`: the output is a vector a text, the first piece's, rather than one a piece."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(_model(inputs, pooled))
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    return folder


def _model(inputs: Sequence[str], pooled: bool) -> bytes:
    gather = _node("Gather", ["table", inputs[0]], "states")
    nodes = [gather]
    tensors = [_tensor("table", FLOAT, TABLE)]
    if pooled:
        tensors.append(_tensor("first", INT64, np.array(0, "<i8")))
        axis = _string(1, "axis") + _number(3, 1) + _number(20, 2)
        nodes.append(_node("Gather", ["states", "first"], "vectors", axis))
    shape = ["texts", "width"] if pooled else ["texts", "pieces", "width"]
    graph = b"".join(
        [
            *(_bytes(1, node) for node in nodes),
            _string(2, "tiny"),
            *(_bytes(5, tensor) for tensor in tensors),
            *(_bytes(11, _value(name, INT64, ["texts", "pieces"])) for name in inputs),
            _bytes(12, _value("vectors" if pooled else "states", FLOAT, shape)),
        ]
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13))


def _node(kind: str, inputs: Sequence[str], output: str, attribute: bytes = b"") -> bytes:
    named = b"".join(_string(1, name) for name in inputs) + _string(2, output) + _string(4, kind)
    return named + (_bytes(5, attribute) if attribute else b"")


def _tensor(name: str, kind: int, values: np.ndarray) -> bytes:
    sizes = b"".join(_number(1, size) for size in values.shape)
    return sizes + _number(2, kind) + _string(8, name) + _bytes(9, values.tobytes())


def _value(name: str, kind: int, sizes: Sequence[str]) -> bytes:
    shape = b"".join(_bytes(1, _string(2, size)) for size in sizes)
    return _string(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _string(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
