"""Tokens by which somebody answers from outside: how they are made, spelt and told from forged ones."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Literal

from listener.domain.action import Action

Word = Literal["reply", "retry", "sms"]
Purpose = Action | Word
"""What a token allows: one action by its link, or the word that stands in a reply."""

REPLY: Word = "reply"
RETRY: Word = "retry"  # as reply, but given to somebody who was not understood: not once more
SMS: Word = "sms"

# Read aloud or copied by hand at night: no 0 O Q-like pairs, no 1 I L, no U that reads as V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_HALF = 4
_GROUP = f"[{ALPHABET}]{{{_HALF}}}"
_CODE = re.compile(rf"(?<![A-Z0-9])({_GROUP})[-‐‑–— ]?({_GROUP})(?![A-Z0-9])", re.IGNORECASE)
_SHORT = re.compile(rf"(?<![A-Z0-9])({_GROUP})(?![A-Z0-9])", re.IGNORECASE)

_BODY_BYTES, _MAC_BYTES = 18, 12
LINK_LENGTH = (_BODY_BYTES + _MAC_BYTES) * 4 // 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one token allows, to whom, until when; `used_at` says that it did."""

    incident: int
    person: str
    purpose: str
    expires_at: datetime
    used_at: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        return self.used_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """How one reader of one message may answer it."""

    code: str | None = None  # stands in an e-mail and comes back with its reply
    short: str | None = None  # the same for an SMS, typed by hand
    reply_to: str | None = None  # where replies to the e-mail go
    links: Mapping[Action, str] = field(default_factory=dict)


class Tokens:
    """Made from a key and from what they are for: a letter that is sent again carries the same."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the tokens' key needs 32 bytes")
        self._key = hmac.digest(key, b"action tokens", hashlib.sha256)

    def _mac(self, *parts: str) -> bytes:
        message = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256)

    def code(self, incident: int, person: str, occasion: str) -> str:
        """Such as K7F3-9QXM: 38 bits, told only to whoever may use it."""
        of = (REPLY, str(incident), person, occasion)
        return f"{self._half(*of, 'left')}-{self._half(*of, 'right')}"

    def short(self, incident: int, person: str, occasion: str, *, attempt: int = 0) -> str:
        """Such as K7F3: 19 bits, good for one person's phone only."""
        return self._half(SMS, str(incident), person, occasion, str(attempt))

    def _half(self, *parts: str) -> str:
        """Four signs with a letter and a figure among them: no word and no year looks like it."""
        for turn in count():
            number = int.from_bytes(self._mac(*parts, str(turn)))
            spelt = ""
            for _ in range(_HALF):
                number, place = divmod(number, len(ALPHABET))
                spelt += ALPHABET[place]
            if _is_mixed(spelt):
                return spelt
        raise AssertionError  # count() never ends

    def link(self, incident: int, person: str, action: Action, occasion: str) -> str:
        """40 signs for a URL; the last of them prove that it was made here."""
        body = self._mac("link", action, str(incident), person, occasion)[:_BODY_BYTES]
        return base64.urlsafe_b64encode(body + self._proof(body)).decode()

    def _proof(self, body: bytes) -> bytes:
        return self._mac("proof", body.hex())[:_MAC_BYTES]

    def is_genuine(self, link: str) -> bool:
        """Whether a link's token was made with this key: what was not need not be looked for."""
        try:
            raw = base64.b64decode(link.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return False
        body = raw[:_BODY_BYTES]
        return len(link) == LINK_LENGTH and hmac.compare_digest(
            raw[_BODY_BYTES:], self._proof(body)
        )

    def form(self, link: str) -> str:
        """What the page of this link, and no other page, puts into its form."""
        return self._mac("form", link)[:24].hex()

    def digest(self, token: str, person: str = "") -> str:
        """What is stored of a token; a short code is one of its person's only."""
        return self._mac("stored", person, token).hex()


def _is_mixed(text: str) -> bool:
    return any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)


def find_code(text: str) -> str | None:
    """The first thing that looks like a reply's code, spelt as it was made."""
    for left, right in _CODE.findall(text):
        if _is_mixed(left) and _is_mixed(right):
            return f"{left}-{right}".upper()
    return None


def find_shorts(text: str, *, limit: int = 3) -> list[str]:
    """What looks like short codes, in order."""
    found = (sign.upper() for sign in _SHORT.findall(text) if _is_mixed(sign))
    return list(dict.fromkeys(found))[:limit]


def without_codes(text: str) -> str:
    """A text without what looks like a code."""
    for pattern in (_CODE, _SHORT):
        text = pattern.sub(lambda m: m[0] if not _is_mixed(m[0]) else " ", text)
    return text
