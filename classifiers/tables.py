"""Look-up tables over code points: how a character folds, and what kind it is."""

from __future__ import annotations

import unicodedata

import numpy as np

SPACE, WORD, SIGN, SYMBOL = 0, 1, 2, 3  # symbols are emoji and the like: one token each
_SIZE = 0x10000  # what lies beyond the basic plane is a symbol and folds to itself
_LATIN = 0x250  # accents are folded up to here


def _fold(code: int) -> int:
    letter = unicodedata.normalize("NFD", chr(code))[0].lower()
    if letter.isdigit():
        return ord("0")  # nine hours or ten: the same complaint
    return ord(letter) if len(letter) == 1 else code


def _kind(code: int) -> int:
    character = chr(code)
    if code == 0 or character.isspace():
        return SPACE
    if character.isalnum() or character in "_'":
        return WORD
    return SIGN if code < 0x2190 else SYMBOL


KIND = np.fromiter((_kind(code) for code in range(_SIZE)), dtype=np.uint8, count=_SIZE)
KIND[0xFFFF] = SYMBOL
FOLD = np.arange(_SIZE, dtype=np.uint32)
FOLD[:_LATIN] = [_fold(code) for code in range(_LATIN)]
FOLD[KIND == SPACE] = ord(" ")
UPPER = np.fromiter((chr(code).isupper() for code in range(_LATIN)), dtype=bool, count=_LATIN)
