"""What a LinkedIn source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration

OFFICIAL = "https://api.linkedin.com/rest/"
_LOGIN_PAGES = "https://www.linkedin.com"
_PREFIX = "urn:li:organization:"
_VERSION = re.compile(r"20\d\d(0[1-9]|1[0-2])")
_ACTION = re.compile(r"[A-Z_]+")


def _organization(value: str) -> str:
    number = value.strip().removeprefix(_PREFIX)
    if not (number.isascii() and number.isdecimal()):
        raise ValueError('should be a page\'s number, such as "1234567" (linkedin.com/company/…)')
    return _PREFIX + number


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise ValueError('should be a year and a month, such as "202610"')
    return value


def _action(value: str) -> str:
    if not _ACTION.fullmatch(value):
        raise ValueError('should be an action as LinkedIn writes it, such as "SHARE_MENTION"')
    return value


Organization = Annotated[str, AfterValidator(_organization)]
Version = Annotated[str, AfterValidator(_version)]
Action = Annotated[str, AfterValidator(_action)]


class LinkedinSettings(ConnectorSettings):
    """`access_token` alone works for sixty days; with `client_id` and `client_secret`,
    `listener login` gets one that some applications may renew for a year.

    `version` is the LinkedIn-Version header: each lives about a year.
    """

    base_url: str = OFFICIAL
    organizations: Annotated[tuple[Organization, ...], Field(min_length=1)]
    peers: tuple[Organization, ...] = ()  # other pages, whose followers are counted
    version: Version = "202610"
    version_lives: Duration = Field(default=timedelta(days=365), gt=timedelta(0))
    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None  # also signs what the webhook brings
    webhook: bool = (
        False  # LinkedIn was given our address: a secret alone, of a login, says nothing
    )
    scopes: tuple[str, ...] = (
        "r_organization_social_feed",
        "r_organization_social",
        "rw_organization_admin",
    )
    posts: bool = True
    comments: bool = True
    notifications: bool = True
    actions: Annotated[tuple[Action, ...], Field(min_length=1)] = (
        "SHARE_MENTION",
        "SHARE",
        "COMMENT",
        "ADMIN_COMMENT",
        "COMMENT_EDIT",
        "COMMENT_DELETE",
    )
    audience: bool = True  # once a day: followers, views and reach
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(minutes=10), ge=timedelta(0))
    comments_for: Duration = Field(default=timedelta(days=30), gt=timedelta(0))
    retention: Duration = Field(default=timedelta(days=60), gt=timedelta(0))
    verify_every: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    page_size: int = Field(default=100, ge=1, le=100)
    daily_requests: int | None = Field(default=None, gt=0)  # as the developer portal shows it
    daily_refusals: int = Field(default=3, gt=0)  # so many 429, and we wait for midnight UTC

    @model_validator(mode="after")
    def _whole_application(self) -> Self:
        if self.client_id is not None and self.client_secret is None:
            raise ValueError("client_id needs client_secret")
        if self.webhook and self.client_secret is None:
            raise ValueError("webhook needs client_secret: LinkedIn signs its calls with it")
        return self

    @property
    def version_ends(self) -> datetime:
        """A day that is surely not too late: versions come out within their month."""
        year, month = int(self.version[:4]), int(self.version[4:])
        return datetime(year, month, 1, tzinfo=UTC) + self.version_lives

    @property
    def login_pages(self) -> str:
        """The origin of the OAuth pages; another `base_url` stands in for them too."""
        if self.base_url.rstrip("/") == OFFICIAL.rstrip("/"):
            return _LOGIN_PAGES
        return str(URL(self.base_url).origin())
