"""Texts that nobody should write and somebody will."""

from __future__ import annotations

WILD = {
    "empty": "",
    "blank": " \n\t\u2003 ",
    "100 kB": "Neuf heures d'attente aux urgences, une honte. " * 2130,
    "100 kB without a space": "a" * 100_000,
    "emoji only": "👏👏👏 🏥❤️‍🩹",
    "NUL": "merci\x00honte\x00",
    "a lone surrogate": "la \ud800 honte \udfff",
    "right to left": "شكرا جزيلا لجميع الممرضات",
    "right-to-left marks": "\u202eodnom el tuot rirgua\u202c\u200f",
    "line separators and a byte order mark": "\ufeffmerci\u2028à\u2029tous\x85",
    "10,000 repeats of one character": "!" * 10_000,
    "10,000 repeats of one letter": "é" * 10_000,
    "one word, endlessly": "honte " * 10_000,
    "what expands when normalised": "\ufdfa" * 2_000,
    "combining marks": "e" + "\u0301" * 5_000,
    "marks of an encoder": "<s> </s> <pad> <unk> <mask>",
    "an apostrophe": "'",
    "a hash sign": "#",
    "handles": "@@@@",
}
