"""Small checked strings that several settings share."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError('should be lower-case letters, digits, "-" and "_", such as "chu-valmont"')
    return value


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError('should be one address such as "astreinte@chu-valmont.example"')
    return value


Identifier = Annotated[str, Field(max_length=64), AfterValidator(_identifier)]
Address = Annotated[str, Field(max_length=254), AfterValidator(_address)]
