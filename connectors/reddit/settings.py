"""What a Reddit source may be told in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration
from connectors.policy import NetworkPolicy

OFFICIAL_API = "https://oauth.reddit.com"
OFFICIAL_SITE = "https://www.reddit.com"
_SUBREDDIT = re.compile(r"(?:/?r/)?(\w{2,24})/?", re.ASCII)
_USERNAME = re.compile(r"(?:/?u/)?([\w-]{3,20})", re.ASCII)
_PEER = re.compile(r"/?[ru]/[\w-]{2,24}", re.ASCII)


def _subreddit(value: str) -> str:
    found = _SUBREDDIT.fullmatch(value.strip())
    if found is None:
        raise ValueError('should be a subreddit\'s name, such as "nantes" or "r/nantes"')
    return found[1]


def _username(value: str) -> str:
    found = _USERNAME.fullmatch(value.strip())
    if found is None:
        raise ValueError('should be a Reddit account, such as "veille_chu"')
    return found[1]


def _peer(value: str) -> str:
    if _PEER.fullmatch(value.strip()) is None:
        raise ValueError('should be "r/name" for a subreddit or "u/name" for an account')
    return value.strip().lstrip("/")


Subreddit = Annotated[str, AfterValidator(_subreddit)]
Username = Annotated[str, AfterValidator(_username)]


class RedditSettings(ConnectorSettings):
    """`client_id` and `username` open the Data API, once Reddit has approved the use; without them,
    `feed` and `user`, both from reddit.com/prefs/feeds, open the Atom feeds.

    An application without `client_secret` signs in as an installed one. The Data API's free tier is
    100 requests a minute and application, by memory of its terms: set `requests_per_minute` to the
    contract's own.
    """

    base_url: str = OFFICIAL_API  # any other stands in for the login and the feeds, too
    client_id: str | None = None
    client_secret: SecretStr | None = None
    username: Username | None = None  # of whoever answers for the application: its User-Agent says
    device_id: str = Field(default="DO_NOT_TRACK_THIS_DEVICE", min_length=20, max_length=30)
    feed: SecretStr | None = None
    user: Username | None = None
    search: bool = True
    search_in: tuple[Subreddit, ...] = ()  # none: everywhere
    terms: tuple[str, ...] = ()  # beside those of the watches
    hashtags: tuple[str, ...] = ()  # searched as words: Reddit has none
    accounts: tuple[str, ...] = ()
    subreddits: tuple[Subreddit, ...] = ()  # read whole, what concerns no watch left out
    own_subreddits: tuple[Subreddit, ...] = ()  # the hospital's: everything there is kept
    threads: bool = True  # read the comments of the posts that were found
    follow: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    max_thread_requests: int = Field(default=100, ge=1)  # a poll
    audience: bool = True  # once a day, the members of own_subreddits and followers of peers
    peers: tuple[Annotated[str, AfterValidator(_peer)], ...] = ()
    requests_per_minute: float = Field(default=100, gt=0)
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))

    @model_validator(mode="after")
    def _opens_a_door(self) -> Self:
        if (self.feed is None) != (self.user is None):
            raise ValueError("feed and user go together: both stand in reddit.com/prefs/feeds")
        if self.client_id is not None and self.username is None:
            raise ValueError("username is needed beside client_id: Reddit refuses the nameless")
        if self.client_id is None and self.feed is None:
            raise ValueError(
                "give client_id, client_secret and username of an application that Reddit has "
                "approved, or feed and user from reddit.com/prefs/feeds: Reddit answers nobody else"
            )
        return self

    @property
    def by_api(self) -> bool:
        return self.client_id is not None

    @property
    def api(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def site(self) -> str:
        """Where one signs in and reads feeds."""
        return OFFICIAL_SITE if self.api == OFFICIAL_API else str(URL(self.api).origin())

    @property
    def agent(self) -> str:
        """`platform:application:version (by /u/name)`, as Reddit's API rules demand."""
        application = NetworkPolicy().user_agent().replace("/", ":")
        return f"python:{application} (by /u/{self.username or self.user})"
