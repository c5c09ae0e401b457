"""What a source of Google reviews may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://mybusiness.googleapis.com/v4"
SCOPE = "https://www.googleapis.com/auth/business.manage"
_ID = re.compile(r"[\w-]{1,100}")


class GoogleReviewsSettings(ConnectorSettings):
    """`client_id` and `client_secret` read the hospital's own reviews; `places_key` other places.

    Quotas and prices are Google's to change [not checked against a real project].
    """

    base_url: str = OFFICIAL
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None  # in place of a login by `listener login`
    account: str | None = None  # the number of "accounts/…"; None: all that the login may read
    locations: tuple[str, ...] = ()  # the numbers of "locations/…"; none: all of the account
    requests_per_minute: int = Field(default=300, ge=1)
    full_every: PositiveDuration = timedelta(days=7)
    peers: tuple[str, ...] = ()  # place ids ("ChIJ…") of other hospitals
    places_key: SecretStr | None = None
    peer_reviews: bool = False
    # Of what Places gives, its terms let nothing but the place's id be kept longer.
    keep_peer_reviews: PositiveDuration = Field(
        default=timedelta(days=28), ge=timedelta(days=2), le=timedelta(days=30)
    )
    places_per_month: int = Field(default=1_000, ge=1)
    language: str = Field(default="fr", pattern="^[a-z]{2}$")
    audience: bool = True
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(days=30), ge=timedelta(0))

    @field_validator("account")
    @classmethod
    def _is_a_number(cls, account: str | None) -> str | None:
        return _bare(account, "accounts/") if account is not None else None

    @field_validator("locations")
    @classmethod
    def _are_numbers(cls, locations: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_bare(location, "locations/") for location in locations)

    @field_validator("peers")
    @classmethod
    def _are_places(cls, peers: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_bare(peer, "places/") for peer in peers)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("client_id and client_secret go together")
        if bool(self.peers) != (self.places_key is not None):
            raise ValueError("peers and places_key go together")
        if self.client_id is None and not self.peers:
            raise ValueError("give client_id and client_secret, or peers and places_key")
        if self.peer_reviews and self.client_id is not None:
            # A source's `about` says whom all of it concerns: theirs would count as the hospital's.
            raise ValueError("peer_reviews belong in a source of their own, about that hospital")
        if self.locations and self.account is None:
            raise ValueError("locations are those of an account: give it, too")
        return self

    def at(self, official: str) -> str:
        """An address of Google's, or the same on the server that stands in."""
        if self.base_url.rstrip("/") == OFFICIAL:
            return official
        return str(URL(self.base_url).origin().join(URL(official).relative()))

    @property
    def reviews(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def accounts(self) -> str:
        return self.at("https://mybusinessaccountmanagement.googleapis.com/v1")

    @property
    def information(self) -> str:
        return self.at("https://mybusinessbusinessinformation.googleapis.com/v1")

    @property
    def places(self) -> str:
        return self.at("https://places.googleapis.com/v1")

    @property
    def token_url(self) -> str:
        return self.at("https://oauth2.googleapis.com/token")

    @property
    def authorize_url(self) -> str:
        return self.at("https://accounts.google.com/o/oauth2/v2/auth")


def _bare(given: str, prefix: str) -> str:
    bare = given.removeprefix(prefix)
    if not _ID.fullmatch(bare):
        raise ValueError(f'should be an id, with or without "{prefix}"')
    return bare
