"""How the two generations of the API call what a video has.

https://developers.dailymotion.com/docs/migrating-from-legacy-api-to-api-v2. In March 2026 Dailymotion
deprecated views_total without a date: the figures are asked for as long as they are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from connectors.reading import mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The network's name of each; "" where it has none. A dot leads into what a video belongs to."""

    id: str
    url: str
    title: str = "title"
    description: str = "description"
    created: str
    language: str = "language"
    author_id: str
    author_handle: str = ""
    author_name: str
    author_url: str = ""
    followers: str = ""
    views: str = "views_total"
    likes: str = "likes_total"

    def with_names(self, names: Mapping[str, str]) -> Fields:
        return replace(self, **names)

    def asked(self, *, figures: bool = True) -> str:
        """The `fields` parameter; without the figures where the API no longer knows them."""
        every = asdict(self)
        left_out = () if figures else _FIGURES
        return ",".join(name for own, name in every.items() if name and own not in left_out)


_FIGURES = ("views", "likes", "followers")

LEGACY = Fields(
    id="id",
    url="url",
    created="created_time",
    author_id="owner.id",
    author_handle="owner.username",
    author_name="owner.screenname",
    followers="owner.followers_total",
)
V2 = Fields(
    id="video_id",
    url="video_url",
    created="created_at",
    author_id="profile.profile_id",
    author_name="profile.name",
    author_url="profile.profile_url",
)
NAMES = frozenset(asdict(LEGACY))


def value_of(item: Mapping[str, Any], name: str) -> Any:
    """Legacy writes "owner.id" as one key; what is nested under `owner` is the same."""
    if name in item:
        return item[name]
    holder, dot, rest = name.partition(".")
    return value_of(mapping(item.get(holder)), rest) if dot else None
