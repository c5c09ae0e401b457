"""Normalising: the same words whatever the keyboard, the platform or the mood wrote them with."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 6_000  # what is judged of a longer text; the beginning carries the judgement

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\ufe0e\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)
_UNWANTED = re.compile(f"{_LONE_SURROGATE.pattern}|{_INVISIBLE.pattern}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@[\w.-]*\w(?:@[\w.-]*\w)?")
_HASHTAG = re.compile(r"#(\w+)")
_CAMEL = re.compile(r"(?<=[^\W\d_A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[^\W\d_])(?=\d)|_+")
_ELONGATED = re.compile(r"(\w)\1{2,}")
_REPEATED = re.compile(r"([^\w\s])\1{3,}")
_SPACES = re.compile(r"\s+")
_APOSTROPHES = "’‘ʼ´"


def sanitise(text: str, limit: int = MAX_CHARS) -> str:
    """Cut to `limit` characters, free of lone surrogates, controls and invisible marks; NFKC."""
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    if _UNWANTED.search(text):
        text = _INVISIBLE.sub("", _LONE_SURROGATE.sub("\ufffd", text))
    if not unicodedata.is_normalized("NFKC", text):
        # NFKC may expand one character into eighteen.
        text = unicodedata.normalize("NFKC", text)[:limit]
    for apostrophe in _APOSTROPHES:
        if apostrophe in text:
            text = text.replace(apostrophe, "'")
    return text


def normalise(text: str, limit: int = MAX_CHARS) -> str:
    """`tidy` in lower case, accents kept."""
    return tidy(text, limit).lower()


def tidy(text: str, limit: int = MAX_CHARS) -> str:
    """Links and handles reduced to a mark, hashtags split, repeated letters and signs cut short."""
    text = sanitise(text, limit)
    if "://" in text or "www." in text:
        text = _URL.sub(" http ", text)
    if "@" in text:
        text = _HANDLE.sub(" @ ", text)
    if "#" in text:
        text = _HASHTAG.sub(_split_hashtag, text)
    text = _REPEATED.sub(r"\1\1\1", _ELONGATED.sub(r"\1\1", text))
    return _SPACES.sub(" ", text).strip()


def fold(text: str) -> str:
    """Accents and ligatures removed: "Hôpital de l'Œil" becomes "Hopital de l'Oeil"."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "OE"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def for_language(text: str, limit: int = 600) -> str:
    """Only what tells a language: no link, handle, hashtag or digit."""
    text = sanitise(text, limit)
    for mark, pattern in (("://", _URL), ("@", _HANDLE), ("#", _HASHTAG)):
        if mark in text:
            text = pattern.sub(" ", text)
    return text


def _split_hashtag(match: re.Match[str]) -> str:
    return " # " + _CAMEL.sub(" ", match[1])
