"""CSV as people export it: any delimiter, French headers, records over several lines."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connectors.file.lines import BadLine, Line, Lines, decode
from connectors.file.settings import FIELDS, FileSettings
from connectors.mention import Kind

DELIMITERS = ";,\t|"
_NO_DELIMITER = "\x1f"  # one column only: a comma in a text must not cut it
_KNOWN_HEADERS = {
    "text": "texte message contenu content body commentaire comment avis",
    "title": "titre headline",
    "url": "lien link permalien permalink adresse",
    "published_at": "date publie_le date_de_publication created_at timestamp",
    "author": "auteur nom utilisateur user author_name",
    "author_handle": "handle compte username identifiant_auteur",
    "followers": "abonnes nombre_d_abonnes",
    "network": "reseau source plateforme platform",
    "external_id": "id identifiant post_id message_id",
    "language": "langue lang",
    "rating": "note etoiles stars",
    "views": "vues impressions",
    "reactions": "likes j_aime mentions_j_aime",
    "replies": "reponses commentaires comments",
    "shares": "partages retweets reposts",
    "kind": "type nature",
}
_FIELD_OF = {word: field for field, words in _KNOWN_HEADERS.items() for word in words.split()}
_COUNTS = ("views", "reactions", "replies", "shares")
_KINDS = frozenset(kind.value for kind in Kind)
_MOST_LINES = 500


class Unfinished(Exception):
    """The file ends inside a record: more may come."""


class NoTable(Exception):
    """The header says nothing that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`fields` by column; None is a column that is ignored. `end`, `lines`: where the rows begin."""

    fields: tuple[str | None, ...]
    delimiter: str
    end: int
    lines: int


def read_header(lines: Lines, settings: FileSettings) -> Header:
    """Reads on to the header; raises NoTable, BadLine, or Unfinished where none has come yet."""
    delimiter = settings.delimiter
    for line in lines:
        text = decode(line, settings.encoding)
        if not line.terminated:
            break
        if match := re.fullmatch(r"sep=(.)", text):  # Excel's own hint
            delimiter = match[1]
        elif text.strip():
            chosen = delimiter or _sniff(text)
            fields = _fields(_cells(text, chosen), settings.columns)
            return Header(fields=fields, delimiter=chosen, end=line.end, lines=line.number)
    raise Unfinished


def _cells(text: str, delimiter: str) -> list[str]:
    with suppress(csv.Error):
        return next(csv.reader([text], delimiter=delimiter), [])
    return []


def _sniff(header: str) -> str:
    widths = {delimiter: len(_cells(header, delimiter)) for delimiter in DELIMITERS}
    best = max(widths, key=lambda delimiter: widths[delimiter])
    return best if widths[best] > 1 else _NO_DELIMITER


def _plain(header: str) -> str:
    bare = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def _fields(headers: list[str], columns: Mapping[str, str]) -> tuple[str | None, ...]:
    by_header = {_plain(header): field for field, header in columns.items()}
    names = [_plain(header) for header in headers]
    if missing := [header for header in columns.values() if _plain(header) not in names]:
        raise NoTable(f"no column {missing}; the header has {_shown(headers)}")
    fields: list[str | None] = []
    for name in names:
        guess = name if name in FIELDS else _FIELD_OF.get(name)
        field = by_header.get(name) or (None if guess in columns else guess)
        fields.append(None if field in fields else field)
    if not {"text", "title", "rating"} & set(fields):
        raise NoTable(f'name the text\'s column: columns = {{text = "…"}}, from {_shown(headers)}')
    return tuple(fields)


def _shown(headers: list[str]) -> list[str]:
    return [header[:40] for header in headers[:30]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`first` is its first line; `error` says why it has no cells."""

    first: Line
    cells: tuple[str, ...] = ()
    error: str | None = None


def read_row(lines: Lines, header: Header, settings: FileSettings, *, settled: bool) -> Row | None:
    """The next record, None at the end; raises Unfinished unless the file is `settled`.

    A record that cannot be read costs its first line only: an unclosed quote must not swallow
    what follows.
    """
    first = next((line for line in lines if not line.blank), None)
    if first is None:
        return None
    try:
        physical = _physical(first, lines, settings, settled=settled)
        return Row(first=first, cells=_parse(physical, header.delimiter))
    except BadLine as error:
        lines.back_to(offset=first.end, number=first.number)
        return Row(first=first, error=str(error))


def _parse(physical: Iterator[str], delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(physical, delimiter=delimiter, strict=True)))
    except csv.Error:
        raise BadLine("not a CSV record (quotes?)") from None


def _physical(first: Line, lines: Lines, settings: FileSettings, *, settled: bool) -> Iterator[str]:
    """The lines that the CSV reader asks for: more than one where a quote is open."""
    line: Line | None = first
    while line is not None:
        if not (line.terminated or settled):
            raise Unfinished
        if line.end - first.start > settings.max_line or line.number - first.number > _MOST_LINES:
            raise BadLine("a quote is never closed")
        yield decode(line, settings.encoding) + "\n"
        line = lines.next()
    if not settled:
        raise Unfinished


def to_record(row: Row, header: Header) -> dict[str, Any]:
    """The row's cells as the JSONL object that says the same. Raises BadLine."""
    if any(cell.strip() for cell in row.cells[len(header.fields) :]):
        raise BadLine(f"{len(row.cells)} cells under {len(header.fields)} headers")
    cells = {
        field: cell.strip()
        for field, cell in zip(header.fields, row.cells, strict=False)
        if field and cell.strip()
    }
    return _author(cells) | _figures(cells) | _plain_fields(cells)


def _author(cells: dict[str, str]) -> dict[str, Any]:
    name, handle = cells.pop("author", None), cells.pop("author_handle", None)
    if name and name.startswith("@"):
        name, handle = None, handle or name
    author = {"name": name, "handle": handle, "external_id": cells.pop("author_id", None)}
    followers = cells.pop("followers", None)
    return {"author": author | {"followers": followers and _count(followers)}}


def _figures(cells: dict[str, str]) -> dict[str, Any]:
    found = {name: _count(cells.pop(name)) for name in _COUNTS if name in cells}
    return {"engagement": found} if found else {}


def _plain_fields(cells: dict[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = dict(cells)
    for name in ("tags", "links", "media", "accounts"):
        if name in cells:
            record[name] = re.split(r"[\s,;]+", cells[name])
    if "media" in record:
        record["media"] = [{"url": url} for url in record["media"]]
    if "rating" in record:
        record["rating"] = _rating(record["rating"])
    if str(record.get("kind")).lower() in _KINDS:
        record["kind"] = record["kind"].lower()
    else:
        record.pop("kind", None)  # a tool's own word for it ("Tweet")
    return record


def _count(cell: str) -> int | None:
    """None where the export's own notation hides the figure ("1,2 k")."""
    digits = re.sub(r"[\s'’]", "", cell)
    return int(digits) if re.fullmatch(r"[0-9]{1,15}", digits) else None


def _rating(cell: str) -> float:
    match = re.match(r"\d+([.,]\d+)?", cell)
    if match is None:
        raise BadLine("rating: not a number")
    return float(match[0].replace(",", "."))
