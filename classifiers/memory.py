"""What was computed of a text, remembered by its digest: the text itself is not kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]


class Memory:
    """Rows of the `size` texts met last."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._rows: OrderedDict[bytes, Rows] = OrderedDict()

    def rows(
        self, texts: Sequence[str], compute: Callable[[Sequence[str]], Rows], width: int | None
    ) -> Rows:
        """One row a text, `compute`d for those not met lately; `width` of none at all."""
        if not texts:
            return np.zeros((0, width or 0))
        keys = [_key(text) for text in texts]
        missing = {key: i for i, key in enumerate(keys) if key not in self._rows}
        found = {key: self._rows[key] for key in keys if key in self._rows}
        if missing:
            computed = compute([texts[i] for i in missing.values()])
            found |= dict(zip(missing, computed, strict=True))
        for key in keys:
            self._rows[key] = found[key]
            self._rows.move_to_end(key)
        while len(self._rows) > self.size:
            self._rows.popitem(last=False)
        return np.stack([found[key] for key in keys])


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
