"""Stand-in for a forum of any of the eight softwares: home page, robots.txt, feeds, NodeBB's JSON.

As the real ones do: a feed is a window of the newest entries, phpBB's ends each with statistics and
a rule and puts a session into links, vBulletin's and FluxBB's last posts stand under their topic,
NodeBB lists twenty posts a page. Built from the softwares' sources and documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FOLDER = "forum"
SESSION = "0123456789abcdef0123456789abcdef"

HOMES = {
    "askbot": '<script>var askbot = {}; askbot["urls"] = {};</script>',
    "fluxbb": '<div id="punindex" class="pun"><p id="poweredby">Propulsé par FluxBB</p></div>',
    "mybb": '<script>var my_post_key = "a1";</script><a href="https://mybb.com">MyBB</a>',
    "nodebb": '<script src="/assets/nodebb.min.js"></script><script>{"relative_path":""}</script>',
    "phpbb": '<link rel="alternate" href="/forum/app.php/feed"><body id="phpbb" class="nojs">',
    "smf": '<script>var smf_scripturl = "x"; var smf_theme_url = "y";</script>',
    "vbulletin": '<meta name="generator" content="vBulletin 4.2.5" />',
    "xenforo": '<html id="XF" lang="fr-FR" data-app="public"><body data-xf-init="x">',
}
# Where each software's feeds stand: path below the folder → what it holds.
PATHS = {
    "askbot": {"feeds/rss/": "topics"},
    "fluxbb": {"extern.php": "fluxbb"},
    "mybb": {"syndication.php": "topics"},
    "nodebb": {},
    "phpbb": {"app.php/feed": "posts", "app.php/feed/topics": "topics"},
    "smf": {"index.php": "posts"},
    "vbulletin": {"external.php": "vbulletin"},
    "xenforo": {"forums/-/index.rss": "topics"},
}


@dataclass(frozen=True)
class Post:
    number: int
    topic: int
    opens: bool
    title: str
    html: str
    author: str
    forum: str
    at: datetime


class ForumServer(StandIn):
    can: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, software: str = "phpbb", *, window: int = 20_000, robots: str = "") -> None:
        super().__init__()
        self.software = software
        self.window = window
        self.robots = robots
        self.posts: list[Post] = []
        self.entries: list[str] = []  # each post as its software writes it
        self.closed_feeds: set[str] = set()  # switched off by the administrator

    @property
    def url(self) -> str:
        return f"{self.base_url}/{FOLDER}/"

    @property
    def key(self) -> str:
        return f"{self.base_url.removeprefix('http://')}/{FOLDER}"

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get(f"/{FOLDER}/", self._home)
        for path, held in PATHS[self.software].items():
            app.router.add_get(f"/{FOLDER}/{path}", self._feed_of(path, held))

    def publish(self, count: int) -> list[str]:
        first = len(self.posts) + 1
        for number in range(first, first + count):
            self.write(f"Huit heures d'attente, billet {number} 🚑", topic=number // 4 + 1)
        return [f"{self.key}/p{number}" for number in range(first, first + count)]

    def write(
        self,
        html: str,
        *,
        topic: int,
        title: str = "Les urgences du CHU de Valmont",
        author: str = "Lucette",
        at: datetime | None = None,
    ) -> Post:
        number = len(self.posts) + 1
        opens = not any(post.topic == topic for post in self.posts[-50:])
        at = at or START + timedelta(seconds=number)
        post = Post(number, topic, opens, title, html, author, "Santé", at)
        self.posts.append(post)
        self.entries.append(self._written(post))
        return post

    async def _robots(self, _request: web.Request) -> web.StreamResponse:
        if not self.robots:
            return web.Response(status=404)
        return web.Response(text=self.robots)

    async def _home(self, _request: web.Request) -> web.StreamResponse:
        page = f"<!doctype html><head></head>{HOMES[self.software]}<p>Le forum de Valmont</p>"
        return web.Response(text=page, content_type="text/html")

    def _feed_of(self, path: str, held: str) -> Any:
        async def feed(request: web.Request) -> web.StreamResponse:
            if path in self.closed_feeds:
                return web.Response(status=404, text="FEATURE_NOT_AVAILABLE")
            return self._window(request, self._held(request, held))

        return feed

    def _held(self, request: web.Request, held: str) -> str:
        if held == "fluxbb":
            return "topics" if request.query.get("order") == "posted" else "latest"
        if held == "vbulletin":
            return "latest" if request.query.get("lastpost") == "1" else "topics"
        return held

    def _window(self, request: web.Request, held: str) -> web.StreamResponse:
        entries = self._listed(held)
        etag = f'"{held}-{len(self.posts)}-{self.window}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        wrap = _atom if self.software in ("phpbb", "smf", "fluxbb") else _rss
        return web.Response(text=wrap(entries), content_type="text/xml", headers={"ETag": etag})

    def _listed(self, held: str) -> list[str]:
        if held == "posts":
            return self.entries[: -self.window - 1 : -1]
        if held == "topics":
            opening = [post for post in self.posts if post.opens]
            return [self._written(post) for post in opening[: -self.window - 1 : -1]]
        last: dict[int, Post] = {}
        for post in self.posts:
            last.pop(post.topic, None)
            last[post.topic] = post
        return [self._written(post) for post in list(last.values())[: -self.window - 1 : -1]]

    def _written(self, post: Post) -> str:
        write: Callable[[Post], str] = getattr(self, f"_{self.software}")
        return write(post)

    def _phpbb(self, post: Post) -> str:
        link = f"{self.url}viewtopic.php?t={post.topic}&amp;p={post.number}&amp;sid={SESSION}#p{post.number}"
        again = "" if post.opens else "Re: "
        statistics = (
            f'<p>Statistiques: Publié par <a href="{self.url}memberlist.php?u=7">{post.author}</a>'
            " — 20 nov. 2026, 08:00</p><hr />"
        )
        return _atom_entry(
            link, f"{post.forum} • {again}{post.title}", post, post.html + statistics
        )

    def _smf(self, post: Post) -> str:
        link = f"{self.url}index.php?PHPSESSID=a1b2&amp;topic={post.topic}.msg{post.number}#msg{post.number}"
        again = "" if post.opens else "Re: "
        identity = f"tag:forum.example,2026-11-20:msg={post.number}"
        return _atom_entry(link, again + post.title, post, post.html, identity=identity)

    def _fluxbb(self, post: Post) -> str:
        link = f"{self.url}viewtopic.php?id={post.topic}" + (
            "" if post.opens else "&amp;action=new"
        )
        return _atom_entry(link, post.title, post, post.html, published=False)

    def _vbulletin(self, post: Post) -> str:
        link = f"{self.url}showthread.php?t={post.topic}&amp;s={SESSION}&amp;goto=newpost"
        guid = f"{self.url}showthread.php?t={post.topic}"
        html = f'<blockquote class="postcontent restore">{post.html}</blockquote>'
        return _rss_item(link, guid, post, html)

    def _xenforo(self, post: Post) -> str:
        link = f"{self.url}threads/les-urgences.{post.topic}/"
        more = f'<br /><a href="{link}" class="link link--internal">Lire la suite</a>'
        answers = sum(other.topic == post.topic for other in self.posts[-50:]) - 1
        comments = f"<slash:comments>{max(answers, 0)}</slash:comments>"
        return _rss_item(link, str(post.topic), post, post.html + more, extra=comments)

    def _mybb(self, post: Post) -> str:
        link = f"{self.url}showthread.php?tid={post.topic}"
        return _rss_item(link, link, post, post.html)

    def _askbot(self, post: Post) -> str:
        guid = f"{self.url}question/{post.topic}/"
        return _rss_item(f"{guid}les-urgences/", guid, post, post.html)


class NodeBBServer(ForumServer):
    can: ClassVar[frozenset[str]] = frozenset({"page_size", "spoil"})

    def __init__(self) -> None:
        super().__init__("nodebb")
        self.gone: set[int] = set()

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        app.router.add_get(f"/{FOLDER}/api/recent/posts", self._recent)
        app.router.add_get(f"/{FOLDER}/api/v3/posts/{{pid}}", self._one)

    async def _recent(self, request: web.Request) -> web.StreamResponse:
        size = self.page_size or 20
        start = (int(request.query.get("page", "1")) - 1) * size
        count = len(self.posts)
        newest = [
            self.posts[i] for i in range(count - 1 - start, max(-1, count - 1 - start - size), -1)
        ]
        return web.json_response([self.served(self._json(post)) for post in newest])

    async def _one(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["pid"])
        if number in self.gone or number > len(self.posts):
            status = {"code": "not-found", "message": "Aucun message"}
            return web.json_response({"status": status, "response": {}}, status=404)
        post = self._json(self.posts[number - 1])
        return web.json_response({"status": {"code": "ok"}, "response": {**post, "upvotes": 12}})

    def _nodebb(self, post: Post) -> str:
        return ""

    def _json(self, post: Post) -> dict[str, Any]:
        opening = next(p.number for p in self.posts[max(0, post.number - 50) :] if p.topic == post.topic) if not post.opens else post.number  # fmt: skip
        return {
            "pid": post.number,
            "tid": post.topic,
            "toPid": None,
            "content": f"<p dir='auto'>{post.html}</p>",
            "uid": 7,
            "timestamp": int(post.at.timestamp() * 1000),
            "timestampISO": post.at.isoformat().replace("+00:00", "Z"),
            "deleted": 0,
            "upvotes": 2,
            "downvotes": 0,
            "replies": 1,
            "handle": None,
            "user": {"uid": 7, "username": post.author, "userslug": post.author.lower()},
            "topic": {"tid": post.topic, "title": escape(post.title), "mainPid": opening, "cid": 3},
            "category": {"cid": 3, "name": post.forum},
            "isMainPost": post.opens,
        }


def _atom_entry(
    link: str, title: str, post: Post, html: str, *, identity: str = "", published: bool = True
) -> str:
    at = post.at.isoformat()
    said = f"<published>{at}</published>" if published else ""
    return (
        f"<entry><author><name><![CDATA[{post.author}]]></name></author><updated>{at}</updated>{said}"
        f'<id>{identity or link}</id><link href="{link}"/>'
        f'<title type="html"><![CDATA[{title}]]></title>'
        f'<category term="{post.forum}" label="{post.forum}"/>'
        f'<content type="html" xml:base="{link}"><![CDATA[{html}]]></content></entry>'
    )


def _rss_item(link: str, guid: str, post: Post, html: str, *, extra: str = "") -> str:
    return (
        f"<item><title>{escape(post.title)}</title><link>{link}</link>"
        f"<pubDate>{format_datetime(post.at)}</pubDate>"
        f"<description>{escape(html)}</description><content:encoded><![CDATA[{html}]]></content:encoded>"
        f'<category>{post.forum}</category><dc:creator>{post.author}</dc:creator>{extra}<guid isPermaLink="false">{guid}</guid></item>'
    )


def _atom(entries: list[str]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">'
        f"<title>Forum de Valmont</title>{''.join(entries)}</feed>"
    )


def _rss(entries: list[str]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Forum de Valmont</title><language>fr</language>{''.join(entries)}</channel></rss>"
    )
