"""A tiny invented carrier file in the format of the real one, and its tensors in double precision."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from classifiers.encoder import carrier

WIDTH, LAYERS, HEADS, INNER, POSITIONS, EPSILON = 32, 12, 2, 64, 300, 1e-12
BLOCK = 32
BEGIN, PAD, END, UNKNOWN = range(4)
ORDINARY = {
    "▁": -3.0, "▁merci": -4.0, "▁honte": -4.5, "▁nuit": -5.0, "e": -3.5, "s": -3.6, "a": -3.7,
    "t": -3.8, "r": -3.9, "m": -4.1, "i": -4.2, "c": -4.3, "ment": -5.5, "query": -6.0, ":": -4.0,
    "▁query": -5.0, "n": -4.0, "o": -4.0, "h": -4.6, "u": -4.7,
}  # fmt: skip
REWRITTEN = {ord("\t"): " ", ord("\n"): " ", ord("’"): "'", 0: ""}


@dataclass(frozen=True, kw_only=True)
class Tiny:
    path: Path
    sha256: str
    numbers: Mapping[str, int]
    tensors: dict[str, np.ndarray] = field(default_factory=dict)

    def read(self) -> carrier.Carrier:
        return carrier.read(self.path, self.sha256)


def tiny(
    path: Path, ordinary: Mapping[str, float] = ORDINARY, rewritten: Mapping[int, str] = REWRITTEN
) -> Tiny:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *ordinary, "<mask>"]
    scores = [0.0] * 4 + [*ordinary.values(), 0.0]
    head = b"E5S1" + struct.pack("<i", 1)
    sizes = (WIDTH, LAYERS, HEADS, INNER, len(pieces), POSITIONS, 2)
    head += struct.pack("<7ifi", *sizes, EPSILON, 32)
    head += _pieces(pieces, scores) + _character_map(rewritten)
    tensors, parts = _tensors(len(pieces))
    content = head + _directory(parts, len(head))
    path.write_bytes(content)
    numbers = {piece: number for number, piece in enumerate(pieces)}
    digest = hashlib.sha256(content).hexdigest()
    return Tiny(path=path, sha256=digest, numbers=numbers, tensors=tensors)


def _pieces(pieces: list[str], scores: list[float]) -> bytes:
    blob = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, blob)])
    count = struct.pack("<5iQ", len(pieces), BEGIN, END, PAD, UNKNOWN, int(offsets[-1]))
    return (
        count + offsets.astype("<u4").tobytes() + np.array(scores, "<f4").tobytes() + b"".join(blob)
    )


def _character_map(rewritten: Mapping[int, str]) -> bytes:
    entries = b"".join(
        struct.pack(f"<IB{len(text)}I", code, len(text), *map(ord, text))
        for code, text in rewritten.items()
    )
    return struct.pack("<iI", len(rewritten), len(entries)) + entries


def _tensors(pieces: int) -> tuple[dict[str, np.ndarray], list[tuple[str, int, int, bytes]]]:
    """By name what the file says, and for the directory each one's name, type, count and bytes."""
    random = np.random.default_rng(5)
    tensors: dict[str, np.ndarray] = {}
    parts: list[tuple[str, int, int, bytes]] = []

    def plain(name: str, values: np.ndarray) -> None:
        tensors[name] = values.astype("<f4").astype(np.float64)
        parts.append((name, 0, values.size, values.astype("<f4").tobytes()))

    def packed(name: str, rows: int, columns: int, scale: float) -> None:
        blocks = rows * columns // BLOCK
        steps = random.uniform(0.5 * scale, scale, blocks).astype("<f2")
        whole = random.integers(0, 16, (blocks, BLOCK))
        nibbles = (whole[:, : BLOCK // 2] | whole[:, BLOCK // 2 :] << 4).astype("u1")
        content = b"".join(s.tobytes() + n.tobytes() for s, n in zip(steps, nibbles, strict=True))
        values = (whole - 8) * steps.astype(np.float64)[:, None]
        tensors[name] = values.reshape(rows, columns)
        parts.append((name, 1, rows * columns, content))

    def norm(name: str) -> None:
        plain(f"{name}.w", random.uniform(0.5, 1.5, WIDTH))
        plain(f"{name}.b", random.normal(0, 0.1, WIDTH))

    packed("emb.word", pieces, WIDTH, 0.1)
    plain("emb.pos", random.normal(0, 0.3, POSITIONS * WIDTH))
    plain("emb.type", random.normal(0, 0.3, 2 * WIDTH))
    norm("emb.ln")
    for number in range(LAYERS):
        for name, rows, columns in (
            ("q", WIDTH, WIDTH), ("k", WIDTH, WIDTH), ("v", WIDTH, WIDTH), ("ao", WIDTH, WIDTH),
            ("fi", INNER, WIDTH), ("fo", WIDTH, INNER),
        ):  # fmt: skip
            packed(f"l{number}.{name}.w", rows, columns, 0.06)
            plain(f"l{number}.{name}.b", random.normal(0, 0.1, rows))
        norm(f"l{number}.aln")
        norm(f"l{number}.oln")
    return tensors, parts


def _directory(parts: list[tuple[str, int, int, bytes]], before: int) -> bytes:
    entry = struct.calcsize("<BIQQ")
    names = [name.encode() for name, *_ in parts]
    at = before + 4 + sum(2 + len(name) + entry for name in names)
    directory, body = struct.pack("<i", len(parts)), b""
    for name, (_, kind, count, content) in zip(names, parts, strict=True):
        directory += struct.pack("<H", len(name)) + name
        directory += struct.pack("<BIQQ", kind, count, at + len(body), len(content))
        body += content
    return directory + body
