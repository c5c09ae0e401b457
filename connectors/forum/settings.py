"""What a forum source may be told in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, model_validator
from yarl import URL

from connectors.connector import ConnectorSettings
from connectors.durations import Duration

Number = Annotated[str, Field(pattern=r"^\d{1,18}$")]
DialectName = Literal[
    "auto", "askbot", "fluxbb", "mybb", "nodebb", "phpbb", "smf", "vbulletin", "xenforo"
]


class ForumSettings(ConnectorSettings):
    url: HttpUrl
    """The forum's root, with its folder where it has one."""
    base_url: HttpUrl | None = None
    """Asked in its place: a mirror. Ids go on carrying the host of `url`."""
    dialect: DialectName = "auto"
    """What software the forum runs; "auto" looks at its home page, once."""
    forums: tuple[Number, ...] = ()
    """Numbers of the forums (boards, categories) to read; none: all that a visitor sees."""
    topics: tuple[Number, ...] = ()
    """Numbers of topics that are read by themselves (phpBB, FluxBB, NodeBB, Askbot)."""
    read: Literal["posts", "topics"] = "posts"
    """Answers too where the software's feeds have them, or opening posts only."""
    feeds: tuple[HttpUrl, ...] = ()
    """Feeds read in place of those that the software usually has."""
    look_back: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    overlap: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    """How far behind its mark a list is read again (NodeBB's; feeds are windows)."""
    language: str | None = Field(default=None, pattern="^[a-z]{2}$")
    """What the forum is written in, over what it declares (often its software's default)."""
    requests_per_second: float = Field(default=1.0, gt=0, le=5)
    """At most; a longer Crawl-delay in robots.txt holds instead."""
    refreshed: int = Field(default=50, ge=0)
    """Posts read again at one refresh, one a request (NodeBB alone publishes counts of posts)."""

    @model_validator(mode="after")
    def _one_host(self) -> Self:
        if any(feed.host != self.url.host for feed in self.feeds):
            raise ValueError(
                "feeds should stand on the host of url: give other forums a source each"
            )
        return self

    @property
    def home(self) -> str:
        """Where the forum is named, ending in a slash."""
        return _folder(self.url)

    @property
    def root(self) -> str:
        """Where it is asked, ending in a slash."""
        return _folder(self.base_url or self.url)

    @property
    def own_feeds(self) -> tuple[str, ...]:
        if self.base_url is None:
            return tuple(str(feed) for feed in self.feeds)
        origin = URL(str(self.base_url)).origin()
        return tuple(str(origin.join(URL(str(feed)).relative())) for feed in self.feeds)


def _folder(url: HttpUrl) -> str:
    bare = URL(str(url)).with_query(None).with_fragment(None)
    path = bare.path
    if path.rpartition("/")[2].endswith((".php", ".html")):
        path = path.rpartition("/")[0]
    return str(bare.with_path(path.rstrip("/") + "/"))
