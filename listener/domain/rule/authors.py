"""People whose word carries far: journalists, elected people, unions; known by pseudonym alone."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from listener.domain.privacy import Pseudonyms
from listener.domain.values import Identifier


class AuthorSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    network: str = Field(min_length=1)
    handle: str = Field(min_length=1, max_length=256)  # with or without its @


class AuthorListSettings(BaseModel):
    """One `[[author_list]]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: Identifier
    name: str | None = None  # as people call it
    authors: tuple[AuthorSettings, ...] = Field(min_length=1)

    def refs(self, pseudonyms: Pseudonyms) -> frozenset[str]:
        """What stands for these people in the database."""
        return frozenset(pseudonyms.author(who.network, who.handle) for who in self.authors)
