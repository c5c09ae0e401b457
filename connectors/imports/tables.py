"""A table → items: whose export it is, or anybody's table whose columns are guessed or named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from connectors.file.cells import read_count, to_record
from connectors.file.columns import (
    NoTable,
    fields_of,
    named_columns,
    plain_header,
    require_text,
    shown,
)
from connectors.file.lines import BadLine
from connectors.file.table import named_cells
from connectors.file.values import read_link
from connectors.imports.account import Told, read_days
from connectors.imports.export import Match
from connectors.imports.exports import match
from connectors.imports.moments import month_comes_first
from connectors.imports.rows import sound_id
from connectors.imports.scene import Item, Notes, Record, Scene, Understood
from connectors.imports.settings import IMPORT_FIELDS, ImportSettings
from connectors.imports.sheets import Head, Sheet, SheetRow
from connectors.text import plain

_SAMPLE = 2000  # rows that the order of day and month is told by
_AUDIENCE = frozenset({"followers", "reach", "views"})
_IDS = frozenset({"external_id", "parent_id", "root_id", "quoted_id", "repost_of", "author_id"})
_DATES = ("published_at", "edited_at", "day", "replied_at")
_RECIPIENTS = frozenset({"to", "recipient", "recipients", "destinataire", "destinataires"})
HOW = 'say what the columns hold, as in columns = {{text = "…", published_at = "…"}}, from {found}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a table is read. `fields` by column; `found` None: no known export, only its columns."""

    head: Head
    fields: tuple[str | None, ...]
    preamble: tuple[str, ...]
    found: Match | None = None

    @property
    def format(self) -> str:
        return self.found.export.name if self.found else "table"


def read_table(
    sheet: Sheet, place: str, settings: ImportSettings, scene: Scene, notes: Notes
) -> Iterator[Item]:
    """Nothing of an empty table; what is not known is noted. Raises NoTable for `columns` amiss."""
    layout = _layout(sheet, settings, scene)
    if layout is None:
        if headers := next((head.headers for head in sheet.heads()), None):
            notes.unknown.append(f"{place}{shown(_widest(sheet) or headers)}")
        return
    _set(scene, layout, sheet, settings)
    notes.tables.append(_understood(layout, place, scene))
    told = _rows(sheet, layout, place)
    export = layout.found.export if layout.found else None
    if export is not None and export.read is None:
        good = (row for row in told if isinstance(row, Told))
        yield from read_days(good, export, scene, layout.preamble)
        return
    for row in told:
        yield row if isinstance(row, Item) else _item(row, layout, scene)


def _layout(sheet: Sheet, settings: ImportSettings, scene: Scene) -> Layout | None:
    """The known export that one of the first rows is the header of, else the first likely header."""
    heads = list(sheet.heads())
    above = [" ".join(filter(None, head.headers)) for head in heads]
    likely = _with_columns(heads, settings.columns)
    if settings.format != "table":
        for head in likely:
            named = named_columns(head.headers, settings.columns)
            if found := match(head.headers, named, settings.format):
                fields = _by_place(found.columns, len(head.headers))
                before = tuple(above[: heads.index(head)])
                return Layout(head=head, fields=fields, preamble=before, found=found)
    told = settings.format == "table" or bool(settings.columns)
    if settings.format not in ("auto", "table") or not (told or scene.guess_tables):
        return None
    for head in likely:
        if not told and _RECIPIENTS & {plain_header(header) for header in head.headers}:
            continue  # letters
        fields = fields_of(head.headers, settings.columns, IMPORT_FIELDS)
        if _tells(head.headers, fields, settings.account):
            return Layout(head=head, fields=fields, preamble=())
    return None


def _with_columns(heads: Sequence[Head], columns: Mapping[str, str]) -> list[Head]:
    """The rows that hold every header that the operator named. Raises NoTable where none does."""
    likely: list[Head] = []
    missing: NoTable | None = None
    for head in heads:
        try:
            named_columns(head.headers, columns)
        except NoTable as error:
            missing = missing or error
        else:
            likely.append(head)
    if missing and not likely:
        raise missing
    return likely


def _tells(headers: Sequence[str], fields: Sequence[str | None], account: str | None) -> bool:
    """Whether it may tell what somebody said, or an account's figures by date."""
    try:
        require_text(headers, fields)
    except NoTable:
        dated = "published_at" in fields and bool(_AUDIENCE & set(fields))
        return dated and ("account" in fields or bool(account))
    return True


def _by_place(columns: Mapping[str, int], width: int) -> tuple[str | None, ...]:
    fields: list[str | None] = [None] * width
    for field, place in columns.items():
        fields[place] = field
    return tuple(fields)


def _set(scene: Scene, layout: Layout, sheet: Sheet, settings: ImportSettings) -> None:
    """Give the scene this table's zone, and its order of day and month."""
    export = layout.found.export if layout.found else None
    if settings.zone is None and export is not None and export.zone:
        scene.zone = ZoneInfo(export.zone)
    if not settings.network:
        scene.scope = scope_of(layout.head.headers)
    if settings.dates != "auto":
        scene.month_first = settings.dates == "month_first"
        return
    dates = list(_some_dates(sheet, layout))
    seen = month_comes_first(dates)
    usual = bool(layout.found and layout.found.export.month_first and not layout.found.french)
    scene.month_first = usual if seen is None else seen
    if seen is None and any(_lies_ahead(scene, text) for text in dates):
        scene.month_first = not usual


def _lies_ahead(scene: Scene, text: str) -> bool:
    """Whether a date would be of after the export: it is then meant the other way round."""
    moment = scene.moment(text)
    return moment is not None and moment > scene.at + timedelta(days=1)


def scope_of(headers: Sequence[str]) -> str:
    """Apart for each kind of table that names no network, the same for its next export."""
    names = "\x1f".join(plain_header(header) for header in headers)
    return f"{hashlib.sha256(names.encode()).hexdigest()[:8]}/"


def _some_dates(sheet: Sheet, layout: Layout) -> Iterator[str]:
    places = [place for place, field in enumerate(layout.fields) if field in _DATES]
    for row in islice(sheet.rows(layout.head), _SAMPLE):
        yield from (row.cells[place] for place in places if place < len(row.cells))


def _rows(sheet: Sheet, layout: Layout, place: str) -> Iterator[Told | Item]:
    width = len(layout.fields)
    for row in sheet.rows(layout.head):
        where = f"{place}line {row.number}"
        try:
            cells = _cells(row, layout.fields, width)
        except BadLine as error:
            yield Item(place=where, raw=row.raw, error=str(error))
            continue
        yield Told(place=where, raw=row.raw, cells=cells)


def _cells(row: SheetRow, fields: tuple[str | None, ...], width: int) -> dict[str, str]:
    if row.error is not None:
        raise BadLine(row.error)
    return named_cells(row.cells, fields)


def _item(row: Told, layout: Layout, scene: Scene) -> Item:
    read = layout.found.export.read if layout.found else None
    try:
        records = list(read(row.cells, scene) if read else [generic_record(row.cells, scene)])
    except BadLine as error:
        return Item(place=row.place, raw=row.raw, error=str(error))
    except KeyError as error:  # a cell that this export always fills
        return Item(place=row.place, raw=row.raw, error=f"{error.args[0]}: empty")
    return Item.of(row.place, row.raw, records, scene)


def generic_record(cells: dict[str, str], scene: Scene) -> Record:
    """What a row of anybody's table says: a mention, or an account's figures. Raises BadLine."""
    account, reach = cells.pop("account", None), cells.pop("reach", None)
    for name in ("text", "title"):
        if name in cells:
            cells[name] = plain(cells[name])
    for name in _IDS & cells.keys():
        cells[name] = sound_id(cells[name]) or ""
    cells = {name: cell for name, cell in cells.items() if cell}
    if "network" in cells:
        cells["network"] = plain_header(cells["network"]) or cells["network"]
    _drop_bad_link(cells)
    if not {"text", "title", "rating", "url", "external_id", "media"} & cells.keys():
        return _audience(cells, account or scene.account, reach) | _dates(cells, scene, at="at")
    return to_record(cells) | _dates(cells, scene)


def _dates(cells: dict[str, str], scene: Scene, at: str = "published_at") -> Record:
    named = {"published_at": at, "edited_at": "edited_at"}
    return {key: scene.when(cells[name]) for name, key in named.items() if name in cells}


def _audience(cells: dict[str, str], account: str | None, reach: str | None) -> Record:
    if not account:
        raise BadLine("neither a text nor whose figures: say account = …")
    figures = {name: read_count(cells.get(name, "")) for name in ("followers", "views")}
    return {
        "type": "audience",
        "network": cells.get("network"),
        "account": account,
        "reach": read_count(reach or ""),
        **figures,
    }


def _drop_bad_link(cells: dict[str, str]) -> None:
    try:
        read_link(cells.get("url", ""))
    except ValueError:
        del cells["url"]  # "voir", a file's name: the post is worth more than its link


def _understood(layout: Layout, place: str, scene: Scene) -> Understood:
    headers, fields = layout.head.headers, layout.fields
    export = layout.found.export if layout.found else None
    columns = {field: header for field, header in zip(fields, headers, strict=False) if field}
    return Understood(
        place=place,
        format=layout.format,
        network=(export.network if export else None) or scene.network,
        columns=columns,
        ignored=tuple(h for f, h in zip(fields, headers, strict=False) if not f and h.strip()),
    )


def _widest(sheet: Sheet) -> Sequence[str]:
    return max((head.headers for head in sheet.heads()), key=len, default=())
