"""Boosted regression trees as plain arrays, evaluated over a batch at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.virality.snapshots import Floats


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Several outputs, each a base and a sum of trees.

    Nodes of all trees lie in one row; the right child follows the left one. A leaf is its own
    left child and has the threshold +inf, so that it is never left.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    left: NDArray[np.int64]
    value: Floats
    roots: NDArray[np.int64]  # a tree
    starts: NDArray[np.int64]  # first tree of each output
    base: Floats  # an output
    depth: int

    def predict(self, rows: Floats) -> Floats:
        """Rows × outputs."""
        small = rows.astype(np.float32)  # features are on a grid that float32 holds exactly
        flat = small.ravel()
        offset = (np.arange(len(small)) * small.shape[1])[:, None]
        node = np.broadcast_to(self.roots, (len(small), len(self.roots)))
        for _ in range(self.depth):
            at = self.feature.take(node)
            at += offset
            right = flat.take(at) > self.threshold.take(node)
            node = self.left.take(node)
            node += right
        sums = np.add.reduceat(self.value.take(node), self.starts, axis=1)
        return np.asarray(self.base + sums, dtype=np.float64)

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """As saved in a model file."""
        return {
            f"{name}_feature": self.feature.astype(np.int8),
            f"{name}_threshold": self.threshold,
            f"{name}_left": self.left.astype(np.int32),
            f"{name}_value": self.value.astype(np.float32),
            f"{name}_roots": self.roots.astype(np.int32),
            f"{name}_starts": self.starts.astype(np.int32),
            f"{name}_base": self.base,
            f"{name}_depth": np.array(self.depth),
        }


def read_forest(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Forest:
    """The forest that `arrays` hold under `name`. KeyError if they do not."""
    return Forest(
        feature=arrays[f"{name}_feature"].astype(np.int64),
        threshold=arrays[f"{name}_threshold"].astype(np.float32),
        left=arrays[f"{name}_left"].astype(np.int64),
        value=arrays[f"{name}_value"].astype(np.float64),
        roots=arrays[f"{name}_roots"].astype(np.int64),
        starts=arrays[f"{name}_starts"].astype(np.int64),
        base=arrays[f"{name}_base"].astype(np.float64),
        depth=int(arrays[f"{name}_depth"].item()),
    )
