"""Stand-in for Reddit: the Data API, its sign-in, and the Atom feeds.

As the real one does: a bearer token from a Basic sign-in, a User-Agent of the demanded form (others
get 429), listings that end after `depth` items (searches after `search_depth`), `after` that must
name an item that is still there, a redirect for an unknown subreddit, 403 for a private one, whose
things /api/info passes over, conversations cut by "more" and "continue this thread", a hundred names
a call.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

CLIENT, SECRET = "client-of-valmont", "a-secret-of-valmont"
FEED_TOKEN, MEMBER = "0123456789abcdef", "veille_valmont"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
AGENT = re.compile(r"[\w-]+:[\w.-]+:[\w.+-]+ \(by /u/[\w-]+\)")
Thing = dict[str, Any]
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def link(number: int, at: datetime, **fields: Any) -> Thing:
    own = base36(100_000 + number)
    sub = fields.get("subreddit", "valmont")
    path = f"/r/{sub}/comments/{own}/message/"
    text = f"Une nuit au CHU de Valmont, message {number}"
    return {
        "name": f"t3_{own}",
        "id": own,
        "subreddit": sub,
        "title": f"Le CHU de Valmont {number}",
        "selftext": text,
        "selftext_html": f'<!-- SC_OFF --><div class="md"><p>{text}</p>\n</div><!-- SC_ON -->',
        "author": "claire_d",
        "author_fullname": "t2_claire",
        "created_utc": at.timestamp(),
        "edited": False,
        "score": number % 7,
        "hide_score": False,
        "num_comments": 0,
        "num_crossposts": 1,
        "view_count": None,
        "permalink": path,
        "url": f"https://www.reddit.com{path}",
        "is_self": True,
        "is_video": False,
        "over_18": False,
        "quarantine": False,
        "stickied": False,
        "removed_by_category": None,
        "link_flair_text": None,
        "is_robot_indexable": True,
        **fields,
    }


def comment(number: int, at: datetime, under: Thing, body: str, **fields: Any) -> Thing:
    own = base36(200_000 + number)
    return {
        "name": f"t1_{own}",
        "id": own,
        "subreddit": under["subreddit"],
        "link_id": under["name"],
        "parent_id": under["name"],
        "body": body,
        "body_html": f'<div class="md"><p>{escape(body)}</p>\n</div>',
        "author": "paul_m",
        "author_fullname": "t2_paul",
        "created_utc": at.timestamp(),
        "edited": False,
        "score": 2,
        "score_hidden": False,
        "permalink": f"{under['permalink']}{own}/",
        **fields,
    }


class Reddit(StandIn):
    """`links` and `comments`, newest last."""

    can: ClassVar[frozenset[str]] = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self, depth: int = 1_000) -> None:
        super().__init__()
        self.depth = self.search_depth = depth
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.links: list[Thing] = []
        self.comments: list[Thing] = []
        self._answers: defaultdict[str, list[Thing]] = defaultdict(list)  # by what they answer
        self.purged: set[str] = set()  # names that nothing gives any more
        self.private: set[str] = set()
        self.banned: set[str] = set()
        self.unknown: set[str] = set()
        self.odd: set[str] = set()  # posts whose conversation is answered by nonsense
        self.members: dict[str, int] = {"valmont": 5120}
        self.tree_width = 50  # comments shown under one parent; the rest stands behind "more"
        self.tree_depth = 8
        self.atom_pages = True  # whether feeds heed `after`
        self.sign_ins = 0
        self.grants: list[str] = []
        self.token = ""
        self._cache: dict[tuple[str, ...], tuple[Any, list[Thing], dict[str, int]]] = {}

    def publish(self, count: int) -> list[str]:
        return [self.post()["name"] for _ in range(count)]

    def post(self, at: datetime | None = None, **fields: Any) -> Thing:
        number = len(self.links)
        made = link(number, at or START + timedelta(seconds=number), **fields)
        self.links.append(made)
        return made

    def reply(self, to: Thing, body: str = "Huit heures d'attente", **fields: Any) -> Thing:
        """A comment under a post, or under another comment."""
        number = len(self.comments)
        root = to if to["name"].startswith("t3_") else self._by_name(to["link_id"])
        at = fields.pop("at", START + timedelta(hours=3, seconds=number))
        made = comment(number, at, root, body, **{"parent_id": to["name"], **fields})
        self.comments.append(made)
        self._answers[to["name"]].append(made)
        root["num_comments"] += 1
        return made

    def expire(self) -> None:
        self.token = "ended"

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    def routes(self, app: web.Application) -> None:
        add = app.router.add_get
        app.router.add_post("/api/v1/access_token", self._sign_in)
        app.router.add_post("/api/morechildren", self._more)
        add("/subreddits/search", self._subreddits)
        add("/api/info", self._info)
        add("/search", self._search)
        add("/search.rss", self._search)
        add("/r/{subs}/search", self._search)
        add("/r/{subs}/search.rss", self._search)
        add("/r/{subs}/{kind:new|comments}", self._listed)
        add("/r/{subs}/{kind:new|comments}/.rss", self._listed)
        add("/r/{subs}/about", self._about)
        add("/user/{name}/about", self._account)
        add("/comments/{id}", self._tree)
        add("/comments/{id}/_/{comment}", self._tree)

    def rate_limited(self) -> web.StreamResponse:
        headers = {
            "x-ratelimit-remaining": "0.0",
            "x-ratelimit-used": "100",
            "x-ratelimit-reset": "240",
        }
        return web.json_response(
            {"message": "Too Many Requests", "error": 429}, status=429, headers=headers
        )

    # --- who asks

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        grant = str(form.get("grant_type"))
        secret = SECRET if grant == "client_credentials" else ""
        login = "Basic " + base64.b64encode(f"{CLIENT}:{secret}".encode()).decode()
        if not AGENT.fullmatch(request.headers.get("User-Agent", "")):
            return self.rate_limited()
        if request.headers.get("Authorization") != login:
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if grant != "client_credentials" and not 20 <= len(str(form.get("device_id"))) <= 30:
            return web.json_response({"error": "invalid_request"})
        self.sign_ins += 1
        self.grants.append(grant)
        self.token = f"token-{self.sign_ins}"
        return web.json_response(
            {"access_token": self.token, "token_type": "bearer", "expires_in": 86400, "scope": "*"}
        )

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        if not AGENT.fullmatch(request.headers.get("User-Agent", "")):
            return self.rate_limited()
        names = request.match_info.get("subs", "").split("+")
        if request.path.endswith(".rss"):
            known = request.query.get("feed") == FEED_TOKEN and request.query.get("user") == MEMBER
            return self._closed(names) if known else self.rate_limited()
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if request.query.get("raw_json") != "1":
            return web.json_response({"message": "this stand-in gives raw_json only"}, status=400)
        return self._closed(names)

    def _closed(self, names: list[str]) -> web.StreamResponse | None:
        for name in names:
            if name in self.unknown:
                raise web.HTTPFound("/subreddits/search?q=" + name)
            if name in self.banned:
                said = {"reason": "banned", "message": "Not Found", "error": 404}
                return web.json_response(said, status=404)
            if name in self.private:
                said = {"reason": "private", "message": "Forbidden", "error": 403}
                return web.json_response(said, status=403)
        return None

    async def _subreddits(self, _request: web.Request) -> web.Response:
        return web.json_response({"kind": "Listing", "data": {"children": [], "after": None}})

    # --- lists

    async def _search(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query = request.query
        if not query.get("q") or query.get("sort") != "new":
            return web.json_response({"message": "Bad Request", "error": 400}, status=400)
        words, subs = query["q"].strip('"').lower(), request.match_info.get("subs", "")
        if subs and query.get("restrict_sr") != "true":
            subs = ""
        within = set(subs.lower().split("+")) if subs else set()

        def matches(thing: Thing) -> bool:
            said = f"{thing.get('title')} {thing.get('selftext')}".lower()
            return words in said and (not within or thing["subreddit"].lower() in within)

        return self._page(request, "t3", ("search", words, subs), self.links, matches)

    async def _listed(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        subs, kind = request.match_info["subs"], request.match_info["kind"]
        within = set(subs.lower().split("+"))
        things = self.links if kind == "new" else self.comments
        prefix = "t3" if kind == "new" else "t1"

        def matches(thing: Thing) -> bool:
            return thing["subreddit"].lower() in within

        return self._page(request, prefix, (kind, subs), things, matches)

    def _found(
        self, key: tuple[str, ...], things: list[Thing], matches: Callable[[Thing], bool]
    ) -> tuple[list[Thing], dict[str, int]]:
        """Newest first, and where each stands; ten thousand are not gone through for each page."""
        stamp = (len(things), len(self.purged))
        kept = self._cache.get(key)
        if kept is None or kept[0] != stamp:
            found = [t for t in reversed(things) if matches(t) and t["name"] not in self.purged]
            places = {thing["name"]: place for place, thing in enumerate(found)}
            kept = self._cache[key] = (stamp, found, places)
        return kept[1], kept[2]

    def _page(
        self,
        request: web.Request,
        prefix: str,
        key: tuple[str, ...],
        things: list[Thing],
        matches: Callable[[Thing], bool],
    ) -> web.StreamResponse:
        is_feed = request.path.endswith(".rss")
        limit = self.page_size or min(int(request.query.get("limit", "25")), 100)
        found, places = self._found(key, things, matches)
        after = request.query.get("after", "") if self.atom_pages or not is_feed else ""
        empties, _, name = after.partition("~") if "~" in after else ("", "", after)
        if self.empty_pages and not is_feed and len(empties) < self.empty_pages and found:
            return _listing([], f"{empties}z~{name}")
        if name and name not in places:
            return _feed([]) if is_feed else _listing([], None)
        start = places[name] + 1 if name else 0
        depth = self.search_depth if key[0] == "search" else self.depth
        chosen = found[start : min(start + limit, depth)]
        if is_feed:
            return _feed([self.served(_child(prefix, thing)) for thing in chosen])
        more = bool(chosen) and start + limit < min(len(found), depth)
        served = [self.served(_child(prefix, thing)) for thing in chosen]
        return _listing(served, chosen[-1]["name"] if more else None)

    # --- conversations

    async def _tree(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        root = self._by_name("t3_" + request.match_info["id"])
        if root["name"] in self.purged:
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        if (closed := self._closed([root["subreddit"]])) is not None:
            return closed
        if root["name"] in self.odd:
            return web.json_response({"kind": "Listing"})
        focus = request.match_info.get("comment")
        if focus is None:
            children = self._below(root["name"], 0)
        else:
            top = self._by_name("t1_" + focus)
            children = [self._with_replies(top, 0)]
        pair = [_listed_data([_child("t3", root)], None), _listed_data(children, None)]
        return web.json_response(pair)

    def _below(self, parent: str, depth: int) -> list[Thing]:
        replies = [c for c in reversed(self._answers[parent]) if c["name"] not in self.purged]
        if replies and depth >= self.tree_depth:
            return [_more([], parent)]
        shown = [self._with_replies(c, depth) for c in replies[: self.tree_width]]
        hidden = [c["id"] for c in replies[self.tree_width :]]
        return [*shown, *([_more(hidden, parent)] if hidden else [])]

    def _with_replies(self, one: Thing, depth: int) -> Thing:
        below = self._below(one["name"], depth + 1)
        return _child("t1", {**one, "replies": _listed_data(below, None) if below else ""})

    async def _more(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        form = await request.post()
        names = str(form["children"]).split(",")
        if len(names) > 100:
            return web.json_response({"message": "Bad Request", "error": 400}, status=400)
        things: list[Thing] = []
        for name in names:
            one = self._by_name(f"t1_{name}")
            things.append(_child("t1", {**one, "replies": ""}))
            below = [c["id"] for c in self._answers[one["name"]]]
            things += [_more(below, one["name"])] if below else []
        return web.json_response({"json": {"errors": [], "data": {"things": things}}})

    async def _info(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        names = request.query.get("id", "").split(",")
        if len(names) > 100:
            return web.json_response({"message": "Bad Request", "error": 400}, status=400)
        known = {t["name"]: t for t in (*self.links, *self.comments)}
        unseen = self.private | self.banned
        found = [known[n] for n in names if n in known and n not in self.purged]
        found = [thing for thing in found if thing["subreddit"] not in unseen]
        return _listing([self.served(_child(thing["name"][:2], thing)) for thing in found], None)

    # --- who is there

    async def _about(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        members = self.members.get(request.match_info["subs"])
        return web.json_response({"kind": "t5", "data": {"subscribers": members}})

    async def _account(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        followers = self.members.get(f"u/{request.match_info['name']}")
        if followers is None:
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        data = {"name": request.match_info["name"], "subreddit": {"subscribers": followers}}
        return web.json_response({"kind": "t2", "data": data})

    def _by_name(self, name: str) -> Thing:
        things = self.links if name.startswith("t3_") else self.comments
        number = int(name[3:], 36) - (100_000 if name.startswith("t3_") else 200_000)
        return things[number]


def _child(kind: str, thing: Thing) -> Thing:
    return {"kind": kind, "data": thing}


def _more(children: list[str], parent: str) -> Thing:
    own = children[0] if children else "_"
    data = {"count": len(children), "id": own, "name": f"t1_{own}", "parent_id": parent}
    return {"kind": "more", "data": {**data, "children": children}}


def _listed_data(children: list[Thing], after: str | None) -> Thing:
    return {"kind": "Listing", "data": {"children": children, "after": after, "before": None}}


def _listing(children: list[Thing], after: str | None) -> web.Response:
    headers = {"x-ratelimit-remaining": "99.0", "x-ratelimit-used": "1", "x-ratelimit-reset": "540"}
    return web.json_response(_listed_data(children, after), headers=headers)


def _feed(children: list[Thing]) -> web.Response:
    entries = "".join(_entry(child["data"]) for child in children)
    text = f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>/search.rss</id><title>reddit</title>{entries}</feed>'
    return web.Response(text=text, content_type="application/atom+xml")


def _entry(thing: Thing) -> str:
    at = datetime.fromtimestamp(thing["created_utc"], tz=UTC).isoformat()
    page = f"https://www.reddit.com{thing['permalink']}"
    if thing["name"].startswith("t3_"):
        html = (
            f'{thing["selftext_html"]} &#32; submitted by &#32; <a href="https://www.reddit.com/user/'
            f'{thing["author"]}"> /u/{thing["author"]} </a> <br/> <span><a href="{escape(thing["url"])}">'
            f'[link]</a></span> &#32; <span><a href="{page}">[comments]</a></span>'
        )
        title = thing["title"]
    else:
        html, title = thing["body_html"], f"/u/{thing['author']} on Le CHU de Valmont"
    return (
        f"<entry><author><name>/u/{thing['author']}</name></author>"
        f'<content type="html">{escape(html)}</content><id>{thing["name"]}</id>'
        f'<link href="{page}" /><updated>{at}</updated><published>{at}</published>'
        f"<title>{escape(title)}</title></entry>"
    )
