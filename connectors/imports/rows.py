"""One row of each known export → what it says.

Ids are those that the service's API gives, so that a post that is imported and later read live, or the
other way round, is one mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import orjson

from connectors.dates import from_epoch
from connectors.file.cells import COUNTS, read_count, read_rating
from connectors.file.lines import BadLine
from connectors.imports.moments import read_moment
from connectors.imports.scene import Record, Scene
from connectors.reading import mappings, string, web_address
from connectors.text import one_line, plain
from connectors.urls import host_of

_SPOILT = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_TOTALS = frozenset({"total", "totals", "totaux", "showing top 500 results"})
_ALL_TIME = frozenset({"lifetime", "total", "a vie", "à vie", "depuis le début", "durée de vie"})
_URN = re.compile(r"urn:li:(?:activity|share|ugcPost):\d+")
_CLIP = re.compile(r"/(?:video|photo|v)/(\d+)")
_STATUS = re.compile(r"(?:x|twitter)\.com/(\w{1,20})/status(?:es)?/(\d+)", re.IGNORECASE)
_HANDLE = re.compile(r"tiktok\.com/@([\w.-]+)", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}")
_FIRST_CLIP = datetime(2016, 9, 1, tzinfo=UTC)
_VIDEO_ID = re.compile(r"[\w-]{11}")

Cells = dict[str, str]


def facebook_post(cells: Cells, scene: Scene) -> Iterable[Record]:
    """Meta Business Suite, content of a Page. The Graph API's id of a post holds its Page's."""
    if "instagram.com/" in cells.get("url", ""):
        return instagram_post(cells, scene)
    page, post = sound_id(cells.get("page_id")), sound_id(cells.get("external_id"))
    if page and post and "_" not in post:
        post = f"{page}_{post}"
    scene.account = scene.account or cells.get("page")
    author = {"external_id": page, "name": _line(cells.get("page"))}
    title, text = _title_apart(cells)
    return [_post("facebook", post, cells, scene, author=author, title=title, text=text)]


def instagram_post(cells: Cells, scene: Scene) -> Iterable[Record]:
    """Meta Business Suite, content of an Instagram account."""
    handle = cells.get("handle")
    scene.account = scene.account or handle
    author = {"external_id": sound_id(cells.get("account_id")), "handle": handle}
    external_id = sound_id(cells.get("external_id"))
    return [_post("instagram", external_id, cells, scene, author=author)]


def meta_comment(cells: Cells, scene: Scene) -> Iterable[Record]:
    """Comments on the hospital's posts, as moderation tools export them."""
    network = _meta_network(cells, scene)
    parent, post = sound_id(cells.get("parent")), sound_id(cells.get("post"))
    return [
        _base(network, sound_id(cells.get("external_id")), cells, scene)
        | {
            "kind": "reply" if parent and parent != post else "comment",
            "author": {"name": cells.get("author"), "handle": cells.get("author_handle")},
            "parent_id": parent or post,
            "root_id": post,
        }
    ]


def linkedin_post(cells: Cells, scene: Scene) -> Iterable[Record]:
    """A Page's updates. Whoever posted in the Page's name is left out: it speaks for itself."""
    urn = _URN.search(unquote(cells.get("url", "")))
    author = {"name": scene.account}
    return [_post("linkedin", urn[0] if urn else None, cells, scene, author=author)]


def youtube_video(cells: Cells, scene: Scene) -> Iterable[Record]:
    """YouTube Studio's table. Its figures are those of the period that was exported."""
    external_id = cells.get("external_id", "")
    if external_id.lower() in _TOTALS:
        return []
    if not _VIDEO_ID.fullmatch(external_id):
        raise BadLine("not the id of a video: export the table by content")
    url = f"https://youtu.be/{external_id}"
    said = {
        "kind": "video",
        "title": _line(cells.get("title")),
        "media": [{"kind": "video", "url": url}],
    }
    return [_base("youtube", external_id, cells | {"url": url}, scene) | said]


def youtube_upload(cells: Cells, scene: Scene) -> Iterable[Record]:
    """The channel's videos in a Takeout archive; those that are not public are nobody's to read."""
    if plain(cells.get("privacy", "")).lower() not in {"public", "publique"}:
        return []
    return youtube_video(cells, scene)


def youtube_comment(cells: Cells, scene: Scene) -> Iterable[Record]:
    """The account's own comments in a Takeout archive; their text is JSON, in pieces."""
    video, parent = cells.get("video"), cells.get("parent")
    external_id = cells.get("external_id")
    url = f"https://www.youtube.com/watch?v={video}&lc={external_id}"
    cells = cells | {"text": _in_pieces(cells.get("text", "")), "url": url}
    return [
        _base("youtube", external_id, cells, scene)
        | {
            "kind": "reply" if parent else "comment",
            "author": {"external_id": cells.get("author_id")},
            "parent_id": parent or video,
            "root_id": video,
        }
    ]


def x_post(cells: Cells, scene: Scene) -> Iterable[Record]:
    """X's analytics of one's own posts, in today's and in the former wording."""
    external_id, author = sound_id(cells.get("external_id")), {}
    if found := _STATUS.search(cells.get("url", "")):
        author, external_id = {"handle": found[1]}, found[2]
        scene.account = scene.account or found[1]
    record = _post("x", external_id, cells, scene, author=author)
    return [record | {"kind": "reply" if cells["text"].startswith("@") else "post"}]


def trustpilot_review(cells: Cells, scene: Scene) -> Iterator[Record]:
    """A review and the company's reply. Reviewers' addresses are never read."""
    external_id = cells["external_id"]
    cells.setdefault("url", f"https://www.trustpilot.com/reviews/{external_id}")
    yield _base("trustpilot", external_id, cells, scene) | {
        "kind": "review",
        "title": _line(cells.get("title")),
        "rating": read_rating(cells["rating"]),
        "language": cells.get("language"),
        "author": {"name": cells.get("author"), "external_id": cells.get("author_id")},
    }
    if reply := cells.get("reply"):
        answer = {"text": reply, "published_at": cells.get("replied_at", "")}
        yield _base("trustpilot", f"{external_id}#reply", answer, scene) | {
            "kind": "reply",
            "author": {"name": scene.account},
            "parent_id": external_id,
            "root_id": external_id,
        }


def tiktok_video(cells: Cells, scene: Scene) -> Iterable[Record]:
    """TikTok Studio's content table; its days may lack a year, its ids tell when they were made."""
    url = cells.get("url", "")
    clip, handle = _CLIP.search(url), _HANDLE.search(url)
    scene.account = scene.account or (handle[1] if handle else None)
    author = {"handle": handle[1] if handle else None}
    external_id = clip[1] if clip else None
    record = _post("tiktok", external_id, cells, scene, author=author, kind="video")
    return [record | {"published_at": _published(cells["published_at"], external_id, scene)}]


def _published(text: str, clip: str | None, scene: Scene) -> datetime | str | None:
    """TikTok leaves the year out of its days; the upper half of a clip's id counts its seconds."""
    made = from_epoch(int(clip) >> 32) if clip and len(clip) < 20 else None
    if _YEAR.search(text) or made is None or not _FIRST_CLIP <= made <= scene.at:
        return scene.when(text)
    moment = read_moment(text, scene.zone, near=made)
    return moment or text


def nothing(_cells: Cells, _scene: Scene) -> Iterable[Record]:
    """A table that repeats by day what another one of the same export sums up."""
    return []


def sound_id(cell: str | None) -> str | None:
    """None where a spreadsheet has rounded it (1.78E+16): the address then tells the post."""
    bare = (cell or "").strip().removeprefix("=").strip("\"'")
    return None if not bare or _SPOILT.fullmatch(bare) else bare


def _post(
    network: str,
    external_id: str | None,
    cells: Cells,
    scene: Scene,
    *,
    author: dict[str, Any],
    kind: str | None = None,
    **more: Any,
) -> Record:
    """One of the account's own posts: a picture without a word is one too."""
    record = _base(network, external_id, cells, scene) | {"author": author} | more
    kind = kind or _kind(cells.get("type", ""))
    if not record["text"] and not record.get("title"):
        record["media"] = [{"kind": "video" if kind == "video" else "image"}]
    return record | {"kind": kind}


def _base(network: str, external_id: str | None, cells: Cells, scene: Scene) -> Record:
    return {
        "network": network,
        "external_id": external_id,
        "url": web_address(cells.get("url")),
        "text": plain(cells.get("text", "")),
        "published_at": scene.when(cells.get("published_at")),
        "engagement": _figures(cells),
    }


def _figures(cells: Cells) -> dict[str, int] | None:
    period = cells.get("period")
    if period and plain(period).lower() not in _ALL_TIME:
        return None  # those of one day
    found = {name: read_count(cells[name]) for name in COUNTS if name in cells}
    return {name: count for name, count in found.items() if count is not None} or None


def _kind(word: str) -> str:
    word = word.lower()
    if "story" in word or "stories" in word:
        return "story"
    return "video" if any(name in word for name in ("reel", "video", "vidéo")) else "post"


def _title_apart(cells: Cells) -> tuple[str | None, str]:
    """Meta repeats the text's beginning as the title."""
    title, text = _line(cells.get("title")), plain(cells.get("text", ""))
    if not text:
        return None, title or ""
    beginning = " ".join(text.split())
    repeated = title is None or beginning.startswith(title.rstrip(".… "))
    return (None if repeated else title), text


def _meta_network(cells: Cells, scene: Scene) -> str:
    host = host_of(cells.get("url", ""))
    said = f"{host} {cells.get('network', '')} {scene.network}".lower()
    network = next((name for name in ("instagram", "facebook", "threads") if name in said), None)
    if network is None:
        raise BadLine('names no network: say network = "facebook" or "instagram"')
    return network


def _in_pieces(text: str) -> str:
    if not text.startswith(("{", "[")):
        return text
    try:
        read = orjson.loads(f"[{text}]")
    except orjson.JSONDecodeError:
        return text
    return "".join(_pieces(read))


def _pieces(value: object) -> Iterator[str]:
    """{"text": …}, or {"takeoutSegments": [{"text": …}, …]}."""
    for part in mappings(value):
        for piece in (part, *mappings(part.get("takeoutSegments"))):
            yield string(piece.get("text")) or ""


def _line(text: str | None) -> str | None:
    return (one_line(text) or None) if text else None
