"""What a GDELT source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://api.gdeltproject.org/api/v2/doc/doc"
_ONE_FILTER = re.compile(r"-?[a-z0-9]+:[\w.\"-]+")


def _filter(value: str) -> str:
    if not _ONE_FILTER.fullmatch(value):
        raise ValueError('should be a filter of GDELT\'s, such as "sourcecountry:FR"')
    return value


class GdeltSettings(ConnectorSettings):
    """No key. GDELT sheds load when it likes: treat it as an extra, beside feeds of the press."""

    base_url: str = Field(default=OFFICIAL, pattern=r"^https?://")
    terms: tuple[str, ...] = ()  # beside those of the watches
    language: str | None = Field(default="fre", pattern="^[a-z]+$")  # None: of all languages
    filters: tuple[Annotated[str, AfterValidator(_filter)], ...] = ()
    shortest_phrase: int = Field(default=5, ge=1)  # letters; a shorter term is asked for unquoted
    max_records: int = Field(default=250, ge=1, le=250)
    step: PositiveDuration = timedelta(minutes=15)  # what is seen is dated no more finely
    # How long the index may take to show what it saw; a narrower span is refused, too.
    overlap: Duration = Field(default=timedelta(hours=2), ge=timedelta(0))
    look_back: PositiveDuration = timedelta(days=7)
    keeps: PositiveDuration = timedelta(days=90)  # how far back GDELT can be asked
    spacing: Duration = Field(default=timedelta(seconds=5), ge=timedelta(seconds=1))
    retries: int = Field(default=2, ge=0)  # of one request that was shed
    retries_per_hour: int = Field(default=12, ge=0)  # of all
    timeout: PositiveDuration = timedelta(seconds=60)
