"""What a Scoop.it source may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration


def _topic(value: str) -> str:
    """An id, a topic's name, or its address: https://www.scoop.it/topic/NAME."""
    text = value.strip()
    parts = [part for part in URL(text).path.split("/") if part] if "://" in text else [text]
    name = parts[-1] if len(parts) == 1 else parts[1] if parts[:1] in (["topic"], ["t"]) else ""
    if not name or any(char.isspace() or char in "/?#&" for char in name):
        raise ValueError('should be a topic, such as "sante-publique" or its address')
    return name


class ScoopitSettings(ConnectorSettings):
    """`client_id` and `client_secret` come with a Scoop.it application; keys seem to be tied to paid
    plans. How many requests are allowed is not published: one a second at most, here."""

    base_url: str = Field(default="https://www.scoop.it/api/1/", pattern=r"^https?://")
    client_id: str
    client_secret: SecretStr
    topics: tuple[Annotated[str, AfterValidator(_topic)], ...] = ()
    search: bool = True
    terms: tuple[str, ...] = ()  # beside those of the watches
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ("fr",)  # of the search
    comments: bool = True  # under what topics curate
    search_pages: int = Field(default=5, ge=1)  # read of a search that is not newest first
    page_size: int = Field(default=30, ge=1, le=100)
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(days=3), ge=timedelta(0))
    requests_per_second: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.topics and not self.search:
            raise ValueError("should read something: topics or search")
        if self.search and not self.languages:
            raise ValueError("languages should name one at least: Scoop.it searches one at a time")
        return self
