"""What must be readable by the listener and by nobody who copies the database: sealed bytes."""

from __future__ import annotations

import os
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class SealError(Exception):
    """The bytes were sealed with another key, or altered."""


class Sealer:
    """AES-256-GCM; `purpose` is bound in, so that a sealed link cannot pass for a sealed payload."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, value: Any, purpose: bytes) -> bytes:
        """Seal a JSON value; bytes are kept as they are."""
        plain = value if isinstance(value, bytes) else orjson.dumps(value)
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose)
        except (InvalidTag, ValueError) as error:
            raise SealError("sealed with another key, or altered") from error

    def open_json(self, sealed: bytes, purpose: bytes) -> Any:
        return orjson.loads(self.open(sealed, purpose))
