"""The Graph API's shapes as a Facebook Page's stand-in gives them, and the fields that it knows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aiohttp import web

PAGE_ID = "100200300400"
_NODE = {
    "id", "message", "created_time", "permalink_url", "from", "parent", "is_hidden", "attachments",
    "attachment",
}  # fmt: skip
POST_FIELDS = {*_NODE, "story", "updated_time", "parent_id", "status_type", "shares", "reactions"}
POST_FIELDS = (POST_FIELDS | {"comments"}) - {"parent", "attachment"}
COMMENT_FIELDS = {*_NODE, "like_count", "comment_count", "comments", "reactions"} - {"attachments"}
RATING_FIELDS = {
    "created_time", "has_rating", "has_review", "rating", "review_text", "recommendation_type",
    "reviewer", "open_graph_story",
}  # fmt: skip

Item = dict[str, Any]


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def error(
    code: int, message: str, *, subcode: int | None = None, status: int = 400, **headers: str
) -> web.Response:
    body: Item = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if subcode is not None:
        body["error_subcode"] = subcode
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response({"error": body}, status=status, headers=headers)


def summary(total: int) -> Item:
    return {"data": [], "summary": {"total_count": total}}


def post(number: int, at: datetime, **fields: Any) -> Item:
    own_id = fields.pop("id", f"{PAGE_ID}_{9_000_000_000_000_000 + number}")
    return {
        "id": own_id,
        "message": f"Journée portes ouvertes au CHU de Valmont, n° {number} #ChuValmont",
        "created_time": written(at),
        "updated_time": written(at),
        "permalink_url": f"https://www.facebook.com/{own_id.replace('_', '/posts/')}",
        "from": {"id": PAGE_ID, "name": "CHU de Valmont"},
        "status_type": "mobile_status_update",
        "is_hidden": False,
        "reactions": summary(12),
        "shares": {"count": 3},
        **fields,
    }


def comment(number: int, under: str, at: datetime, **fields: Any) -> Item:
    post_number = under.rpartition("_")[2]
    own_id = fields.pop("id", f"{post_number}_{7_000_000_000_000_000 + number}")
    return {
        "id": own_id,
        "message": f"Neuf heures d'attente, honte ! ({number})",
        "created_time": written(at),
        "permalink_url": f"https://www.facebook.com/{PAGE_ID}/posts/{post_number}"
        f"?comment_id={own_id.rpartition('_')[2]}",
        "from": {"id": f"33{number}", "name": "Claire Vauquelin"},
        "is_hidden": False,
        "like_count": 4,
        "comment_count": 1,
        **fields,
    }


def rating(number: int, at: datetime, **fields: Any) -> Item:
    return {
        "created_time": written(at),
        "has_rating": False,
        "has_review": True,
        "review_text": f"Personnel à l'écoute ({number})",
        "recommendation_type": "positive",
        "reviewer": {"id": f"44{number}", "name": "Adam Delcourt"},
        "open_graph_story": {"id": str(6_000_000_000_000_000 + number)},
        **fields,
    }


def kinds(node: Item) -> set[str]:
    return POST_FIELDS if "reactions" in node else COMMENT_FIELDS


def at_of(seconds: str) -> str:
    return written(datetime.fromtimestamp(int(seconds), tz=UTC))


def created(item: Item) -> str:
    return str(item["created_time"])


def asked(request: web.Request) -> frozenset[str]:
    return _names(request.query.get("fields", "id,created_time,message"))


@cache
def _names(fields: str) -> frozenset[str]:
    """Top names of "a,b.limit(0).summary(total_count),c{d,e}"."""
    names, depth, name = set(), 0, ""
    for character in f"{fields},":
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            names.add(name.split(".")[0].split("{")[0].split("(")[0])
            name = ""
        else:
            name += character
    return frozenset(names)
