"""What training changed of an encoder: low-rank differences of its matrices (Hu et al. 2022, LoRA).

A file of a megabyte beside the carrier's seventy: each adapted matrix is the carried one plus the
product of two thin ones; biases and norms, which are short, are replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.encoder.base import Vectors
from classifiers.encoder.carrier import Carrier

PLAIN = "plain"  # the version of an encoder as it was published


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """`arrays`: "NAME.down" (rank × inputs) and "NAME.up" (outputs × rank), or NAME itself."""

    version: str = PLAIN
    arrays: Mapping[str, NDArray[np.generic]]
    carrier: Carrier | None = None

    def over(self, carrier: Carrier) -> Adapter:
        """This adapter on top of `carrier`: asks for a tensor give it as training left it."""
        return Adapter(version=self.version, arrays=self.arrays, carrier=carrier)

    def tensor(self, name: str) -> Vectors:
        """A bias, a norm or another short row."""
        if name in self.arrays:
            return self.arrays[name].astype(np.float32)
        return self._below.tensor(name)

    def matrix(self, name: str, columns: int) -> Vectors:
        """A matrix as columns × outputs."""
        carried = self._below.matrix(name, columns)
        down, up = self.arrays.get(f"{name}.down"), self.arrays.get(f"{name}.up")
        if down is not None and up is not None:
            carried += down.astype(np.float32).T @ up.astype(np.float32).T
        return carried

    @property
    def _below(self) -> Carrier:
        if self.carrier is None:
            raise ValueError("an adapter stands over a carrier: call over() first")
        return self.carrier
