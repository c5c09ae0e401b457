"""Exports in the shapes that services give, with invented people and figures; a small XLSX writer."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from connectors.connector import Cursors, Page, Watched
from connectors.imports import ImportConnector, ImportSettings
from connectors.mention import Mention

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 19, 8, tzinfo=UTC)


def source(path: Path, **keys: object) -> ImportConnector:
    settings = ImportSettings(path=path, **keys)
    return ImportConnector(settings, http=None, watched=Watched(), clock=lambda: NOW)


async def read(connector: ImportConnector, cursors: Cursors | None = None) -> list[Page]:
    cursors = {} if cursors is None else cursors
    pages = []
    async for page in connector.poll(json.loads(json.dumps(cursors))):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return pages


async def taken(path: Path, **keys: object) -> Page:
    """All that one import gives, as one page."""
    pages = await read(source(path, **keys))
    return Page(
        mentions=[m for page in pages for m in page.mentions],
        engagements=[e for page in pages for e in page.engagements],
        audiences=[a for page in pages for a in page.audiences],
        rejects=[r for page in pages for r in page.rejects],
    )


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file as it was exported the day before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    os.utime(path, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    return path


def csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    quoted = (['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows)
    return "".join(delimiter.join(row) + "\r\n" for row in quoted)


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return write(path, buffer.getvalue())


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """The least that a spreadsheet program opens: inline strings and numbers."""
    kind = "http://schemas.openxmlformats.org"
    main = f'xmlns="{kind}/spreadsheetml/2006/main"'
    links = f"{kind}/officeDocument/2006/relationships"
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{links}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    package = f"{kind}/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.'
        f'openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{types}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{links}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{targets}'
        "</Relationships>",
    }
    for number, rows in enumerate(sheets.values(), start=1):
        body = "".join(_row(at, row) for at, row in enumerate(rows, start=1))
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return buffer.getvalue()


def _row(number: int, cells: Sequence[object]) -> str:
    told = []
    for place, cell in enumerate(cells):
        where = f"{_letters(place)}{number}"
        if isinstance(cell, int | float):
            told.append(f'<c r="{where}"><v>{cell!r}</v></c>')
        elif cell != "":
            text = escape(str(cell))
            told.append(
                f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
            )
    return f'<row r="{number}">{"".join(told)}</row>'


def _letters(place: int) -> str:
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def only(page: Page) -> Mention:
    assert [reject.error for reject in page.rejects] == []
    [mention] = page.mentions
    return mention
