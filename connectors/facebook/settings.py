"""What a Facebook source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration, PositiveDuration

OFFICIAL = "https://graph.facebook.com/v25.0"
_SITE = "https://www.facebook.com"
_NAME = re.compile(r"[\w.-]{1,100}")
_VERSION = re.compile(r"v\d{1,3}\.\d{1,2}")


def _page(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} should be a Page's id or its name: facebook.com/NAME")
    return value


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise ValueError(f"{value!r} should be a version of the Graph API, such as 'v25.0'")
    return value


Page = Annotated[str, AfterValidator(_page)]
Version = Annotated[str, AfterValidator(_version)]


class FacebookSettings(ConnectorSettings):
    """Needs a Page's own token: `access_token`, or `app_id` and `app_secret` and `listener login`."""

    base_url: str = Field(
        default=OFFICIAL, pattern=r"^https?://"
    )  # an address without a version is completed by `version`
    version: Version | None = None  # in place of base_url's own; each lives about two years
    page: Page
    access_token: SecretStr | None = None
    app_id: str | None = None
    app_secret: SecretStr | None = None  # signs our calls, and proves theirs
    verify_token: SecretStr | None = None  # as typed at Meta when the webhook was set up
    peers: tuple[Page, ...] = ()
    visitor_posts: bool = True
    tagged: bool = True
    ratings: bool = True
    comments: bool = True
    comments_for: PositiveDuration = timedelta(days=14)
    audience: bool = True
    page_size: int = Field(default=100, ge=1, le=100)
    look_back: PositiveDuration = timedelta(days=7)
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))

    @model_validator(mode="after")
    def _whole_application(self) -> Self:
        if self.app_id is not None and self.app_secret is None:
            raise ValueError("app_id needs app_secret: both stand in the application's settings")
        if self.verify_token is not None and self.app_secret is None:
            raise ValueError("verify_token needs app_secret: Meta signs its calls with it")
        if self.access_token is None and self.app_id is None:
            raise ValueError("give access_token, or app_id and app_secret for `listener login`")
        return self

    @property
    def api(self) -> str:
        """Where calls go, version included."""
        base = self.base_url.rstrip("/")
        head, _, tail = base.rpartition("/")
        if not _VERSION.fullmatch(tail):
            return f"{base}/{self.version or OFFICIAL.rpartition('/')[2]}"
        return f"{head}/{self.version or tail}"

    @property
    def dialog(self) -> str:
        """The page on which a person logs in; another `base_url` stands in for it, too."""
        url = URL(self.api)
        official = url.origin() == URL(OFFICIAL).origin()
        return f"{_SITE if official else url.origin()}/{url.name}/dialog/oauth"
