"""WordPress REST objects as received (https://developer.wordpress.org/rest-api/reference/)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from connectors.dates import believable, parse_date
from connectors.mention import Author, Kind, Media, Mention
from connectors.text import html_images, html_links, html_to_line, html_to_text
from connectors.urls import canonical_url

NETWORK = "wordpress"
_MANY = 20


def _rendered(value: Any) -> str:
    value = value.get("rendered") if isinstance(value, Mapping) else value
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _mapping(value: Any) -> Any:
    # PHP writes an empty mapping as [].
    return value if isinstance(value, Mapping) else {}


Html = Annotated[str, BeforeValidator(_rendered)]
Text = Annotated[str, BeforeValidator(_text)]
Number = Annotated[int, BeforeValidator(_number)]
Members = Annotated[dict[str, Any], BeforeValidator(_mapping)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: Number = Field(gt=0)
    link: Text = ""
    content: Html = ""
    date_gmt: Text = ""  # without a zone, and UTC

    @property
    def published(self) -> datetime | None:
        return parse_date(self.date_gmt)

    def place(self, by: str) -> datetime | None:
        """The instant by which a listing sorts it."""
        return parse_date(str(getattr(self, by, "")))


class PostWire(_Wire):
    title: Html = ""
    excerpt: Html = ""
    modified_gmt: Text = ""
    author: Number = 0
    embedded: Members = Field(default_factory=dict, alias="_embedded")

    def to_mention(self, site: str, at: datetime, language: str | None) -> Mention:
        published = believable(self.published, at)
        edited = believable(parse_date(self.modified_gmt), at)
        html = self.content or self.excerpt  # a protected post gives at most its excerpt
        url = canonical_url(self.link)
        return Mention(
            network=NETWORK,
            external_id=post_id(site, self.id),
            kind=Kind.ARTICLE,
            published_at=published,
            edited_at=edited if published and edited and edited > published else None,
            url=url,
            title=html_to_line(self.title) or None,
            text=html_to_text(html),
            language=language,
            author=self._author(site),
            links=links(html, url),
            media=media(html, url),
            tags=self._tags(),
        )

    def _author(self, site: str) -> Author:
        # Where a site hides its users, an error object stands in the author's place.
        person = next((p for p in self._embeds("author") if "code" not in p), {})
        return Author(
            external_id=f"{site}:user-{self.author}" if self.author else None,
            handle=_text(person.get("slug")) or None,
            name=html_to_line(_text(person.get("name"))) or None,
        )

    def _tags(self) -> tuple[str, ...]:
        groups = self.embedded.get("wp:term")
        terms = (
            [t for group in groups if isinstance(group, list) for t in group]
            if isinstance(groups, list)
            else []
        )
        names = (html_to_line(_text(t.get("name"))) for t in terms if isinstance(t, Mapping))
        return tuple(dict.fromkeys(name for name in names if name))[:_MANY]

    def _embeds(self, name: str) -> list[Mapping[str, Any]]:
        value = self.embedded.get(name)
        return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


class CommentWire(_Wire):
    post: Number = 0
    parent: Number = 0
    author: Number = 0
    author_name: Text = ""

    def to_mention(self, site: str, at: datetime, language: str | None) -> Mention:
        root = post_id(site, self.post) if self.post else None
        url = canonical_url(self.link, keep_fragment=True)
        return Mention(
            network=NETWORK,
            external_id=comment_id(site, self.id),
            kind=Kind.COMMENT,
            published_at=believable(self.published, at),
            url=url,
            text=html_to_text(self.content),
            language=language,
            author=Author(
                external_id=f"{site}:user-{self.author}" if self.author else None,
                name=html_to_line(self.author_name) or None,
            ),
            parent_id=comment_id(site, self.parent) if self.parent else root,
            root_id=root,
            links=links(self.content, url),
            media=media(self.content, url),
        )


def post_id(site: str, number: int | str) -> str:
    return f"{site}:{number}"


def comment_id(site: str, number: int | str) -> str:
    """Comments are numbered apart from posts."""
    return f"{site}:comment-{number}"


def links(html: str, own: str | None) -> tuple[str, ...]:
    targets = (canonical_url(target) for target in html_links(html)[:_MANY])
    return tuple(dict.fromkeys(target for target in targets if target and target != own))


def media(html: str, base: str | None) -> tuple[Media, ...]:
    found = {canonical_url(source, base=base): alt for source, alt in html_images(html)[:_MANY]}
    return tuple(Media(kind="image", url=url, alt=alt) for url, alt in found.items() if url)
