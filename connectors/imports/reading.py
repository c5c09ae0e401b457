"""Everything in an import, item by item, in an order that stays the same from one reading to the next."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import orjson

from connectors.connector import Malformed
from connectors.file.columns import NoTable
from connectors.file.lines import BadLine, Lines, decode
from connectors.imports import google_plus, x_archive
from connectors.imports.documents import read_document, read_objects, read_page, read_posts
from connectors.imports.members import Member, is_workbook, members, shown
from connectors.imports.scene import NETWORK, Item, Notes, Scene
from connectors.imports.settings import ImportSettings
from connectors.imports.sheets import TextSheet, as_utf8, is_book, read_workbook
from connectors.imports.tables import HOW, read_table

_USUAL_ZONE = "Europe/Paris"
_MOST_SHOWN = 5
_BOM = b"\xef\xbb\xbf"


def read_items(settings: ImportSettings, at: datetime, notes: Notes) -> Generator[Item, None, None]:
    """Raises a ConnectorError where nothing of it can be read, naming the headers that were found.

    Blocking. `notes` is filled on the way.
    """
    reader = _Reader(settings=settings, at=at, notes=notes, account=settings.account)
    alone, held = True, False
    for member in members(settings, notes):
        alone, held = not member.name, True
        try:
            yield from reader.read(member)
        except (Malformed, NoTable) as error:
            if alone:
                raise Malformed(f"{settings.path}: {error}") from None
            notes.left.append(f"{shown(member.name)}: {error}")
    if not held and not settings.path.is_dir():
        notes.left.append("it holds no table and no document")
    if not notes.tables and (notes.unknown or notes.left or not alone):
        raise Malformed(_unknown(settings, notes))


def _unknown(settings: ImportSettings, notes: Notes) -> str:
    wanted = (
        "an export that is known" if settings.format == "auto" else f"a {settings.format} export"
    )
    said = [f"{settings.path}: not {wanted}"]
    if notes.unknown:
        said.append(HOW.format(found="; ".join(notes.unknown[:_MOST_SHOWN])))
    if notes.left:
        said.append(f"not read: {'; '.join(notes.left[:_MOST_SHOWN])}")
    return ": ".join(said)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What one file of an archive tells the next: whose account it is."""

    settings: ImportSettings
    at: datetime
    notes: Notes
    account: str | None
    handle: str | None = field(default=None)

    def read(self, member: Member) -> Iterator[Item]:
        data = member.data
        place = f"{shown(member.name)}: " if member.name else ""
        if is_book(data) or is_workbook(data):
            yield from self._book(member, place)
        elif data.startswith(b"PK\x03\x04"):
            self.notes.left.append(f"{shown(member.name)}: an archive within an archive")
        elif (text := as_utf8(data, self.settings.encoding).removeprefix(_BOM)).strip():
            yield from self._text(member, text, place)

    def _book(self, member: Member, place: str) -> Iterator[Item]:
        for sheet in read_workbook(member.data, self.settings.max_size):
            scene = self._scene(member)
            where = f"{place}{shown(sheet.name)}: "
            try:
                yield from read_table(sheet, where, self.settings, scene, self.notes)
            except NoTable as error:  # another sheet may have the columns that were named
                self.notes.left.append(f"{where}{error}")
            self.account = scene.account

    def _text(self, member: Member, text: bytes, place: str) -> Iterator[Item]:
        begins, scene = text.lstrip()[:1], self._scene(member)
        if assigned := x_archive.list_of(text):
            yield from self._script(*assigned, place, scene)
        elif begins in (b"{", b"["):
            yield from self._json(text, place, scene)
        elif begins == b"<":
            yield from self._page(text, place, scene)
        elif not member.name.lower().endswith((".js", ".html")):
            sheet = TextSheet(text, self.settings)
            yield from read_table(sheet, place, self.settings, scene, self.notes)
        self.account = scene.account

    def _scene(self, member: Member) -> Scene:
        # What an archive holds beside is nobody's choice, unless one says how it is to be read.
        chosen = not member.name or self.settings.format != "auto" or bool(self.settings.columns)
        return Scene(
            guess_tables=chosen or "Takeout" not in PurePosixPath(member.name).parts,
            guess_objects=chosen,
            network=self.settings.network or NETWORK,
            zone=ZoneInfo(self.settings.zone or _USUAL_ZONE),
            at=min(member.at, self.at),
            account=self.account,
            followers=self.settings.followers,
        )

    def _script(self, name: str, data: bytes, place: str, scene: Scene) -> Iterator[Item]:
        """X's archive. Its messages, contacts and advertisers stay closed."""
        if name == "account":
            self.handle = x_archive.handle_of(_parsed(data, place))
        elif x_archive.holds_posts(name) and self.settings.format in ("auto", "x"):
            value = _parsed(data, place)
            yield from read_posts(value, place, scene, self.notes, self.handle or scene.account)
        elif not place:
            raise Malformed("a script of X's archive without posts: import tweets.js")

    def _json(self, text: bytes, place: str, scene: Scene) -> Iterator[Item]:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = list(_by_line(text))
            bad = sum(isinstance(line, BadLine) for line in value)
            if bad == len(value):
                raise Malformed(f"{place}not JSON, or not whole") from None
            if bad:
                yield from read_objects(value, place, self.settings, scene, self.notes)
                return
        yield from read_document(value, place, self.settings, scene, self.notes)

    def _page(self, text: bytes, place: str, scene: Scene) -> Iterator[Item]:
        html = text.decode("utf-8", "replace")
        if google_plus.is_takeout_page(html) and self.settings.format in ("auto", "google_plus"):
            yield from read_page(html, place, scene, self.notes)
        elif not place:
            raise Malformed("a web page: export a table instead")


def _parsed(data: bytes, place: str) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Malformed(f"{place}not the list that it should be, or not whole") from None


def _by_line(text: bytes) -> Iterator[object]:
    for line in Lines(BytesIO(text), cap=len(text) + 1):
        if line.blank:
            continue
        try:
            yield orjson.loads(decode(line, None))
        except (BadLine, orjson.JSONDecodeError):
            yield BadLine(f"line {line.number}: not JSON")
