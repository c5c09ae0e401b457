"""A regular file opened for reading, its failures named by the caller's next move."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from connectors.connector import Malformed, Refused, Unauthorized, Unavailable

SETTLED_AFTER = timedelta(minutes=1)


@contextmanager
def opened(path: Path, *, buffering: int = -1) -> Iterator[BinaryIO]:
    """Raises Unavailable (absent), Unauthorized, Refused (not a file) or Malformed (UTF-16)."""
    try:
        # Asked first: opening a named pipe would wait for its writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused(f"{path} is not a regular file")
        with path.open("rb", buffering=buffering) as file:
            if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                raise Malformed(f"{path} is UTF-16: save it as UTF-8")
            yield file
    except PermissionError:
        raise Unauthorized(f"{path} may not be read by this user") from None
    except FileNotFoundError:
        raise Unavailable(f"{path} does not exist") from None
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from None


def is_settled(file: BinaryIO, at: datetime) -> bool:
    """Nobody has written for a minute: a last line without its newline is whole."""
    return at.timestamp() - os.fstat(file.fileno()).st_mtime > SETTLED_AFTER.total_seconds()
