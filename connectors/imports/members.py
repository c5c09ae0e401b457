"""The files of an import: one, those of a folder, or those of a ZIP, read within bounds, never unpacked to disk.

A small archive may hold terabytes: what it declares is summed before anything is read, and Python's
zipfile gives no byte beyond what a member declares (a member that lies fails its checksum). Names
are only ever compared and shown: nothing is written anywhere.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath

from connectors.connector import Malformed, Refused, Unauthorized, Unavailable
from connectors.imports.scene import Notes
from connectors.imports.settings import ImportSettings

READ = frozenset(
    {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".js", ".html", ".xlsx", ".xls"}
)
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_MOST_RATIO = 1000  # text packs twentyfold; only zeros pack more than this
_SMALL = 1 << 20
# What the standard library raises of a damaged archive, or of a member before its beginning.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`name`: empty where the import is one file. `at`: when it was written, as far as that is known."""

    name: str
    data: bytes
    at: datetime


def members(settings: ImportSettings, notes: Notes) -> Iterator[Member]:
    """Raises a ConnectorError where the path cannot be read at all. Blocking."""
    path = settings.path
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            yield from _of_folder(settings, notes)
        elif not stat.S_ISREG(mode):
            raise Refused(f"{path} is neither a file nor a folder")
        else:
            yield from _of_file(settings, notes)
    except PermissionError:
        raise Unauthorized(f"{path} may not be read by this user") from None
    except FileNotFoundError:
        raise Unavailable(f"{path} does not exist") from None
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror or 'cannot be read'}") from None


def stamp_of(path: Path) -> list[int]:
    """Changes when the file, or a file of the folder, does; empty where there is none."""
    try:
        if not path.is_dir():
            status = path.stat()
            return [status.st_size, status.st_mtime_ns]
        found = [file.stat() for file in path.rglob("*") if file.is_file()]
    except OSError:
        return []  # reading it says why
    return [
        len(found),
        sum(s.st_size for s in found),
        max((s.st_mtime_ns for s in found), default=0),
    ]


def is_workbook(data: bytes) -> bool:
    """An XLSX is a ZIP too."""
    return data.startswith(_ZIP) and _holds_sheets(BytesIO(data))


def _holds_sheets(source: Path | BytesIO) -> bool:
    try:
        with zipfile.ZipFile(source) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except BROKEN:
        return False


def _of_file(settings: ImportSettings, notes: Notes) -> Iterator[Member]:
    path = settings.path
    status = path.stat()
    at = datetime.fromtimestamp(status.st_mtime, tz=UTC)
    with path.open("rb") as file:
        begins = file.read(len(_ZIP))
    if begins in (_ZIP, _EMPTY_ZIP) and not _holds_sheets(path):
        # However large: an archive of photos and videos holds a few small tables.
        yield from _of_archive(at, settings, notes)
        return
    if status.st_size > settings.max_size:
        raise Refused(f"{path} is larger than max_size ({settings.max_size} bytes)")
    yield Member(name="", data=path.read_bytes(), at=at)


def _of_folder(settings: ImportSettings, notes: Notes) -> Iterator[Member]:
    root, left = settings.path, settings.max_size
    files = sorted(file for file in root.rglob("*") if file.is_file() and not file.is_symlink())
    if len(files) > settings.max_members:
        raise Refused(f"{root} holds more than max_members ({settings.max_members}) files")
    for file in files:
        name = file.relative_to(root).as_posix()
        if not _is_read(name, notes):
            continue
        status = file.stat()
        left -= status.st_size
        if left < 0:
            raise Refused(f"{root} holds more than max_size ({settings.max_size} bytes)")
        at = datetime.fromtimestamp(status.st_mtime, tz=UTC)
        yield Member(name=name, data=file.read_bytes(), at=at)


def _of_archive(at: datetime, settings: ImportSettings, notes: Notes) -> Iterator[Member]:
    path = settings.path
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN:
        raise Malformed(f"{path}: a ZIP archive that cannot be read, or not whole") from None
    with archive:
        infos = sorted(archive.infolist(), key=lambda info: info.filename)
        _check_sizes(infos, settings)
        for info in infos:
            # A damaged name may be empty, and then `is_dir` fails.
            if not info.filename or info.is_dir() or not _is_read(info.filename, notes):
                continue
            try:
                content = archive.read(info)
            except BROKEN:
                why = "needs a password" if info.flag_bits & 1 else "damaged"
                notes.left.append(f"{shown(info.filename)}: {why}")
                continue
            yield Member(name=info.filename, data=content, at=_written(info) or at)


def _check_sizes(infos: list[zipfile.ZipInfo], settings: ImportSettings) -> None:
    """Raises Refused before anything is unpacked."""
    path, size = settings.path, sum(info.file_size for info in filter(_named, infos))
    if len(infos) > settings.max_members:
        raise Refused(f"{path} holds more than max_members ({settings.max_members}) files")
    if size > settings.max_size:
        raise Refused(f"{path} would unpack to more than max_size ({settings.max_size} bytes)")
    for info in filter(_named, infos):
        if info.file_size > max(_SMALL, info.compress_size * _MOST_RATIO):
            raise Refused(
                f"{path}: {shown(info.filename)} would unpack to a thousand times its size"
            )


def _named(info: zipfile.ZipInfo) -> bool:
    return is_named(info.filename)


def is_named(name: str) -> bool:
    """Whether a file's name says that it may be read; macOS leaves shadows of others."""
    place = PurePosixPath(name)
    return place.suffix.lower() in READ and "__MACOSX" not in place.parts


def _is_read(name: str, notes: Notes) -> bool:
    if not is_named(name):
        return False
    if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        notes.left.append(f"{shown(name)}: its name leads out of the archive")
        return False
    return True


def _written(info: zipfile.ZipInfo) -> datetime | None:
    """None where the archive does not say: 1980 is its way to."""
    try:
        written = datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None
    return written if written.year > 1980 else None


def shown(name: str) -> str:
    """A name that somebody else chose, for a line of text."""
    return "".join(c if c.isprintable() else "?" for c in name)[-80:]
