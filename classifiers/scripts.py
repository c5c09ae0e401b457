"""Which script a text is written in: many a language has one of its own."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter

LATIN = "latin"
SHORTEST = 4  # letters of a script of its own: fewer may be a name

# First code points of the blocks, and what is written there: a language where it has the block to
# itself, else the script's name. Blocks left out belong to the empty name.
_BLOCKS = (
    (0x370, "el"), (0x400, "cyrillic"), (0x530, "hy"), (0x590, "he"), (0x600, "arabic"),
    (0x780, ""), (0x900, "devanagari"), (0x980, "bn"), (0xA00, "pa"), (0xA80, "gu"), (0xB00, ""),
    (0xB80, "ta"), (0xC00, "te"), (0xC80, "kn"), (0xD00, "ml"), (0xD80, "si"), (0xE00, "th"),
    (0xE80, "lo"), (0xF00, ""), (0x1000, "my"), (0x10A0, "ka"), (0x1100, "ko"), (0x1200, "ethiopic"),
    (0x13A0, ""), (0x1780, "km"), (0x1800, ""), (0x1F00, "el"),
    (0x2000, ""), (0x3040, "ja"), (0x3100, ""), (0x3130, "ko"),
    (0x3190, ""), (0x3400, "han"), (0xA000, ""), (0xAC00, "ko"), (0xD7B0, ""),
)  # fmt: skip
# The languages that have a script to themselves here: the script tells them.
ALONE = frozenset(name for _, name in _BLOCKS if len(name) == 2) | {"zh", "am", "ti"}
_STARTS = [start for start, _ in _BLOCKS]
_NAMES = ["", *(name for _, name in _BLOCKS)]
_ELSEWHERE = re.compile(r"[^\W\d_\u0000-\u036f\u1e00-\u1eff]")
_DENSE = {"han": 3, "ja": 2, "ko": 2, "ethiopic": 2}  # letters of an alphabet that one is worth
_TIGRINYA = re.compile("[ቐቘቑኸዃ]|ኣ|ኢየ")  # letters that Amharic hardly writes


def script_of(text: str) -> tuple[str, int]:
    """The script most of the letters are of (a language's code where no other uses it), and how
    many they are, in letters of an alphabet."""
    foreign = _ELSEWHERE.findall(text)
    if not foreign:
        return LATIN, sum(map(str.isalpha, text))
    counts = Counter(_NAMES[bisect(_STARTS, ord(letter))] for letter in foreign)
    weights = {name: count * _DENSE.get(name, 1) for name, count in counts.items() if name}
    if counts["ja"]:  # Japanese mixes Chinese signs with its own
        weights["ja"] += weights.pop("han", 0)
    weights[LATIN] = sum(map(str.isalpha, text)) - len(foreign)
    script = max(weights, key=weights.__getitem__)
    return _language_of(script, text), weights[script]


def _language_of(script: str, text: str) -> str:
    if script == "han":
        return "zh"
    if script == "ethiopic":
        return "ti" if _TIGRINYA.search(text) else "am"
    return script
