"""Stand-in for a Discourse forum: its newest posts, search, topics and single posts.

As the real one does: fifty posts by falling id, `before` leaving its post out (`windows=True`
plays a forum from before 2024: windows of fifty ids, `before` included), `search.json` with
excerpts only, of one post a topic and of ten pages, topics by twenty posts around a number with the
ids of all, 404 for a deleted post and those of a deleted topic, 403 `invalid_access` for those of a
topic that we may not see, 403 `not_logged_in` where a login is required, 429 whose wait stands in
the body.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

API_KEY, API_USER, USER_KEY = "key-of-the-forum", "veille", "key-of-a-member"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
Row = dict[str, Any]


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Discourse(StandIn):
    """`posts` by their ids, lowest first; `path` is where the forum stands on its host."""

    can: ClassVar[frozenset[str]] = frozenset({"page_size", "spoil"})

    def __init__(self, *, path: str = "", windows: bool = False) -> None:
        super().__init__()
        self.path = path
        self.windows = windows
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.login_required = False
        self.posts: list[Row] = []
        self.topics: dict[int, Row] = {}
        self.unlisted: set[int] = set()  # posts that no list shows
        self.deleted: set[int] = set()
        self.deleted_topics: set[int] = set()
        self.restricted: set[int] = set()  # topics that are not for us
        self._next_id = 1

    @property
    def url(self) -> str:
        return f"{self.base_url}{self.path}"

    @property
    def site(self) -> str:
        return self.url.partition("://")[2]

    def publish(self, count: int) -> list[str]:
        return [self.key(self.write()) for _ in range(count)]

    def key(self, post: Row) -> str:
        return f"{self.site}/p/{post['id']}"

    def skip(self, ids: int) -> None:
        """So many ids go to what nobody sees: letters between members, staff's own posts."""
        self._next_id += ids

    def write(self, to: Row | None = None, *, at: datetime | None = None, **fields: Any) -> Row:
        """A new topic, or an answer within the topic of `to`."""
        own = self._next_id
        self._next_id += 1
        made_at = iso(at or START + timedelta(seconds=len(self.posts)))
        topic = self._topic(own) if to is None else self.topics[to["topic_id"]]
        topic["highest"] += 1
        answered = to["post_number"] if to is not None else None
        post = {
            "id": own,
            "name": "Claire D.",
            "username": "claire_d",
            "user_id": 7,
            "created_at": made_at,
            "updated_at": made_at,
            "cooked": f"<p>Au CHU de Valmont, message {own}</p>",
            "post_number": topic["highest"],
            "post_type": 1,
            "reply_count": 0,
            "reply_to_post_number": answered if answered != 1 else None,
            "reads": 3,
            "score": 0.6,
            "topic_id": topic["id"],
            "topic_slug": topic["slug"],
            "topic_title": topic["title"],
            "category_id": topic["category_id"],
            "actions_summary": [{"id": 2, "count": own % 5}],
            "hidden": False,
            "deleted_at": None,
            "user_deleted": False,
            "version": 1,
            **fields,
        }
        self.posts.append(post)
        return post

    def _topic(self, own: int) -> Row:
        number = 1_000 + own
        made = {
            "id": number,
            "slug": f"attente-{number}",
            "title": f"Attente au CHU de Valmont {number}",
            "category_id": 4,
            "views": 268,
            "like_count": 14,
            "tags": ["urgences"],
            "highest": 0,
        }
        self.topics[number] = made
        return made

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    def routes(self, app: web.Application) -> None:
        add = app.router.add_get
        add(f"{self.path}/posts.json", self._newest)
        add(f"{self.path}/posts/{{id:\\d+}}.json", self._post)
        add(f"{self.path}/search.json", self._search)
        add(f"{self.path}/t/{{topic:\\d+}}.json", self._read_topic)
        add(f"{self.path}/t/{{topic:\\d+}}/{{number:\\d+}}.json", self._read_topic)
        add(f"{self.path}/t/{{topic:\\d+}}/posts.json", self._some_posts)

    def rate_limited(self) -> web.StreamResponse:
        return web.json_response(
            {
                "errors": ["Vous avez effectué cette action trop de fois."],
                "error_type": "rate_limit",
                "extras": {"wait_seconds": 240},
            },
            status=429,
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        headers = request.headers
        given = headers.get("Api-Key"), headers.get("Api-Username"), headers.get("User-Api-Key")
        if given in ((API_KEY, API_USER, None), (None, None, USER_KEY)):
            return None
        if given != (None, None, None):
            return _error("invalid_access", 403)
        return _error("not_logged_in", 403) if self.login_required else None

    def _shown(self, post: Row) -> bool:
        hidden = post["id"] in self.unlisted | self.deleted
        return not hidden and post["topic_id"] not in self.deleted_topics | self.restricted

    async def _newest(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        before = int(request.query.get("before", "0"))
        limit = self.page_size or 50
        end = len(self.posts)
        if before:
            end = bisect_left(self.posts, before + self.windows, key=lambda post: post["id"])
        lowest = (before or self._next_id - 1) - 50 if self.windows else 0
        chosen: list[Row] = []
        for place in range(end - 1, -1, -1):
            post = self.posts[place]
            if len(chosen) == limit or post["id"] <= lowest:
                break
            if self._shown(post):
                chosen.append(post)
        return web.json_response({"latest_posts": [self.served(post) for post in chosen]})

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        own = int(request.match_info["id"])
        place = bisect_left(self.posts, own, key=lambda post: post["id"])
        found = self.posts[place] if place < len(self.posts) else None
        if found is None or found["id"] != own or own in self.deleted:
            return _error("not_found", 404)
        if found["topic_id"] in self.deleted_topics:
            return _error("not_found", 404)
        if found["topic_id"] in self.restricted:
            return _error("invalid_access", 403)
        left_out = ("topic_title", "category_id")  # lists alone tell them
        return web.json_response({k: v for k, v in found.items() if k not in left_out})

    async def _search(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query, page = request.query["q"], int(request.query.get("page", "1"))
        if not query.startswith('"') or "order:latest" not in query:
            return _error("invalid_parameters", 400)
        words = query[1 : query.index('"', 1)].lower()
        since = next(part[6:] for part in query.split() if part.startswith("after:"))
        until = next((p[7:] for p in query.split() if p.startswith("before:")), "9")
        if page > 10:
            return _error("invalid_parameters", 400)
        matching = [
            post
            for post in self.posts
            if words in post["cooked"].lower()
            and since < post["created_at"] < until
            and self._shown(post)
        ]
        of_each = {post["topic_id"]: post for post in matching}
        found = sorted(of_each.values(), key=lambda post: post["created_at"], reverse=True)
        hits = found[(page - 1) * 50 : page * 50]
        summary = {"term": query, "more_full_page_results": len(found) > page * 50 or None}
        if not hits:
            return web.json_response({"grouped_search_result": summary})
        kept = ("id", "username", "created_at", "topic_id", "post_number")
        posts = [{**{k: post[k] for k in kept}, "blurb": "Au CHU…"} for post in hits]
        return web.json_response({"posts": posts, "topics": [], "grouped_search_result": summary})

    async def _read_topic(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        number = int(request.match_info["topic"])
        topic = self.topics.get(number)
        if topic is None or number in self.deleted_topics | self.restricted:
            return _error("not_found", 404)
        posts = [p for p in self.posts if p["topic_id"] == number and p["id"] not in self.deleted]
        around = int(request.match_info.get("number", "1"))
        first = max(0, min(around - 6, len(posts) - 20))
        return web.json_response(
            {
                **{
                    key: topic[key]
                    for key in (
                        *("id", "slug", "title", "views", "like_count", "tags"),
                        "category_id",
                    )
                },
                "posts_count": len(posts),
                "post_stream": {
                    "posts": posts[first : first + 20],
                    "stream": [post["id"] for post in posts],
                },
            }
        )

    async def _some_posts(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        wanted = {int(own) for own in request.query.getall("post_ids[]")}
        if len(wanted) > 20:
            return _error("invalid_parameters", 400)
        posts = [post for post in self.posts if post["id"] in wanted and self._shown(post)]
        return web.json_response({"post_stream": {"posts": posts}})


def _error(kind: str, status: int) -> web.Response:
    return web.json_response({"errors": ["Refusé."], "error_type": kind}, status=status)
