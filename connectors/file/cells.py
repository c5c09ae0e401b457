"""A row's cells, by field, as the JSONL object that says the same."""

from __future__ import annotations

import re
from typing import Any

from connectors.file.lines import BadLine
from connectors.mention import Kind

COUNTS = ("views", "reactions", "replies", "shares")
_KINDS = frozenset(kind.value for kind in Kind)
_GROUPED = re.compile(r"\d{1,3}(?:[\s.,'’]\d{3})+")
_SHORT = re.compile(r"(\d{1,4})(?:[.,](\d{1,3}))?\s*(k|m|md|b|mio|mln|mrd)", re.IGNORECASE)
_POWERS = {"k": 3, "m": 6, "mio": 6, "mln": 6, "md": 9, "b": 9, "mrd": 9}
_MOST_DIGITS = 15


def to_record(cells: dict[str, str]) -> dict[str, Any]:
    """Cells that are not blank, by field. Raises BadLine."""
    return _author(cells) | _figures(cells) | _plain_fields(cells)


def read_count(cell: str) -> int | None:
    """A whole number as people and tools write it; None where it is none.

    "1 204", "1.204", "1,204" and "1'204" are one thousand two hundred and four; "1,2 k" is 1200.
    """
    text = cell.strip()
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) <= _MOST_DIGITS else None
    if found := _SHORT.fullmatch(text):
        whole, fraction, unit = found.groups()
        power = _POWERS[unit.lower()]
        return int(whole) * int(10**power) + int((fraction or "0").ljust(power, "0"))
    digits = (
        re.sub(r"[^0-9]", "", text) if _GROUPED.fullmatch(text) else re.sub(r"[\s'’]", "", text)
    )
    digits = digits.removesuffix(".0")  # a spreadsheet's number
    return int(digits) if re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", digits) else None


def _author(cells: dict[str, str]) -> dict[str, Any]:
    name, handle = cells.pop("author", None), cells.pop("author_handle", None)
    if name and name.startswith("@"):
        name, handle = None, handle or name
    author = {"name": name, "handle": handle, "external_id": cells.pop("author_id", None)}
    followers = cells.pop("followers", None)
    return {"author": author | {"followers": followers and read_count(followers)}}


def _figures(cells: dict[str, str]) -> dict[str, Any]:
    found = {name: read_count(cells.pop(name)) for name in COUNTS if name in cells}
    return {"engagement": found} if found else {}


def _plain_fields(cells: dict[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = dict(cells)
    for name in ("tags", "links", "media", "accounts"):
        if name in cells:
            record[name] = re.split(r"[\s,;]+", cells[name])
    if "media" in record:
        record["media"] = [{"url": url} for url in record["media"]]
    if "rating" in record:
        record["rating"] = read_rating(record["rating"])
    if str(record.get("kind")).lower() in _KINDS:
        record["kind"] = record["kind"].lower()
    else:
        record.pop("kind", None)  # a tool's own word for it ("Tweet")
    return record


def read_rating(cell: str) -> float:
    """ "4,0", "5/5" or "4 étoiles". Raises BadLine."""
    match = re.match(r"\d+([.,]\d+)?", cell)
    if match is None:
        raise BadLine("rating: not a number")
    return float(match[0].replace(",", "."))
