"""What each forum software calls its feeds, and how its links number topics and posts.

phpBB's, SMF's, MyBB's, FluxBB's, NodeBB's and Askbot's feeds were read in their public sources;
vBulletin's and XenForo's come from documentation and memory. None was recorded live.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from re import Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """`feeds` holds, by role, the addresses to try in turn below the forum's root.

    Roles: "posts" (each post is an entry), "topics" (opening posts), "latest" (the last post of
    each topic, which may name no post), "forum" and "topic". {ids} stands for several numbers
    joined by commas, {id} for one.
    """

    name: str
    feeds: Mapping[str, tuple[str, ...]]
    wanted: tuple[str, ...]  # the roles that give answers too
    openings: tuple[str, ...] = ("topics",)  # the roles that give opening posts only
    post: tuple[Pattern[str], ...] = ()
    topic: tuple[Pattern[str], ...] = ()
    marks: tuple[Pattern[str], ...] = ()  # of a home page
    by_topic: bool = False  # the opening post is known by its topic's number, not by its own
    joined: bool = False  # one feed takes several forums
    answers: bool = False  # entries of answers have their topic's title behind "Re:"
    forum_in_title: bool = False


def _patterns(*sources: str) -> tuple[Pattern[str], ...]:
    return tuple(re.compile(source, re.IGNORECASE) for source in sources)


PHPBB = Dialect(
    # https://github.com/phpbb/phpbb: phpBB/phpbb/feed/, styles/all/template/feed.xml.twig; 3.0's
    # addresses are feed.php?…
    name="phpbb",
    feeds={
        "posts": ("app.php/feed", "feed", "feed.php", "app.php/feed/topics_active"),
        "topics": ("app.php/feed/topics", "feed/topics", "feed.php?mode=topics"),
        "forum": ("app.php/feed/forum/{id}", "feed/forum/{id}", "feed.php?f={id}"),
        "topic": ("app.php/feed/topic/{id}", "feed/topic/{id}", "feed.php?t={id}"),
    },
    wanted=("posts",),
    post=_patterns(r"[?&;]p=(\d{1,18})", r"#p(\d{1,18})$"),
    topic=_patterns(r"[?&;]t=(\d{1,18})", r"-t(\d{1,18})\.html"),
    marks=_patterns(
        r"<body[^>]* id=[\"']phpbb[\"']",
        r"href=[\"'][^\"']*app\.php/feed",
        r"[Pp]owered by <a href=[\"']https?://www\.phpbb\.com",
        r"viewforum\.php\?f=\d+[^>]*class=[\"']forumtitle",
    ),
    answers=True,
    forum_in_title=True,
)
VBULLETIN = Dialect(
    # external.php as vBulletin 3.8's and 4.2's manuals describe it; 5 kept it. Not seen live.
    name="vbulletin",
    feeds={
        "topics": ("external.php?type=RSS2&count=50", "external?type=rss2&count=50"),
        "latest": (
            "external.php?type=RSS2&lastpost=1&count=50",
            "external?type=rss2&lastpost=1&count=50",
        ),
        "forum": ("external.php?type=RSS2&count=50&forumids={ids}",),
        "forum-latest": ("external.php?type=RSS2&lastpost=1&count=50&forumids={ids}",),
    },
    wanted=("topics", "latest"),
    by_topic=True,
    openings=("topics", "forum"),
    post=_patterns(
        r"[?&;]p=(\d{1,18})", r"[?&;]postid=(\d{1,18})", r"#post(\d{1,18})$", r"/post/(\d{1,18})"
    ),
    topic=_patterns(
        r"[?&;]t=(\d{1,18})",
        r"[?&;]threadid=(\d{1,18})",
        r"showthread\.php[/?](\d{1,18})",
        r"/threads/(\d{1,18})",
        r"/(\d{1,18})-[^/?#]*(?:[?#].*)?$",
    ),
    marks=_patterns(
        r"<meta name=[\"']generator[\"'] content=[\"']vBulletin",
        r"vbulletin_(?:global|menu|important)",
        r"external\.php\?type=rss",
    ),
    joined=True,
)
XENFORO = Dialect(
    # https://xenforo.com/docs/xf2/; without `order` the date is the last answer's while the text
    # is the opening post's.
    name="xenforo",
    feeds={
        "topics": (
            "forums/-/index.rss?order=post_date",
            "index.php?forums/-/index.rss&order=post_date",
            "forums/-/index.rss",
        ),
        "forum": (
            "forums/{id}/index.rss?order=post_date",
            "index.php?forums/{id}/index.rss&order=post_date",
        ),
    },
    wanted=("topics",),
    by_topic=True,
    openings=("topics", "forum"),
    post=_patterns(r"/post-(\d{1,18})", r"#post-(\d{1,18})$", r"posts/(\d{1,18})"),
    topic=_patterns(r"threads/(?:[^/?#]*\.)?(\d{1,18})(?:[/?#]|$)"),
    marks=_patterns(
        r"<html[^>]* id=[\"'](?:XF|XenForo)[\"']",
        r"data-xf-init=",
        r"href=[\"'][^\"']*forums/-/index\.rss",
    ),
)
SMF = Dialect(
    # https://github.com/SimpleMachines/SMF: Sources/News.php. Atom names authors, RSS does not.
    name="smf",
    feeds={
        "posts": (
            "index.php?action=.xml;type=atom;sa=recent;limit=50",
            "index.php?action=.xml;type=rss2;sa=recent;limit=50",
        ),
        "topics": (
            "index.php?action=.xml;type=atom;sa=news;limit=50",
            "index.php?action=.xml;type=rss2;sa=news;limit=50",
        ),
        "forum": (
            "index.php?action=.xml;type=atom;sa=recent;limit=50;boards={ids}",
            "index.php?action=.xml;type=rss2;sa=recent;limit=50;boards={ids}",
        ),
    },
    wanted=("posts",),
    post=_patterns(r"[./]msg(\d{1,18})", r"#msg(\d{1,18})$", r":msg=(\d{1,18})$"),
    topic=_patterns(r"[?&;/]topic[=,](\d{1,18})"),
    marks=_patterns(
        r"smf_(?:scripturl|theme_url|default_theme_url)", r"action=\.xml", r"<div id=[\"']smf_"
    ),
    joined=True,
    answers=True,
)
MYBB = Dialect(
    # https://github.com/mybb/mybb: syndication.php (opening posts, 50 at most).
    name="mybb",
    feeds={
        "topics": ("syndication.php?limit=50", "syndication.php"),
        "forum": ("syndication.php?limit=50&fid={ids}",),
    },
    wanted=("topics",),
    by_topic=True,
    openings=("topics", "forum"),
    post=_patterns(r"[?&;]pid=(\d{1,18})", r"#pid(\d{1,18})$"),
    topic=_patterns(r"[?&;]tid=(\d{1,18})", r"thread-(\d{1,18})"),
    marks=_patterns(r"my_post_key", r"href=[\"']https?://(?:www\.)?mybb\.com", r"syndication\.php"),
    joined=True,
)
FLUXBB = Dialect(
    # https://github.com/fluxbb/fluxbb: extern.php. By last post, the link names the topic alone.
    name="fluxbb",
    feeds={
        "topics": ("extern.php?action=feed&type=atom&order=posted&show=50",),
        "latest": ("extern.php?action=feed&type=atom&show=50",),
        "forum": ("extern.php?action=feed&type=atom&order=posted&show=50&fid={ids}",),
        "forum-latest": ("extern.php?action=feed&type=atom&show=50&fid={ids}",),
        "topic": ("extern.php?action=feed&type=atom&show=50&tid={id}",),
    },
    wanted=("topics", "latest"),
    by_topic=True,
    openings=("topics", "forum"),
    post=_patterns(r"[?&;]pid=(\d{1,18})", r"#p(\d{1,18})$"),
    topic=_patterns(r"viewtopic\.php\?id=(\d{1,18})"),
    marks=_patterns(
        r"class=[\"']pun[\"']", r"id=[\"']punwrap[\"']", r"extern\.php\?action=feed", r"FluxBB"
    ),
    joined=True,
    answers=True,
)
NODEBB = Dialect(
    # https://github.com/NodeBB/NodeBB: src/routes/feeds.js. Its JSON is better: connectors.forum.nodebb
    name="nodebb",
    feeds={
        "posts": ("recentposts.rss",),
        "topics": ("topics.rss",),
        "forum": ("category/{id}/recentposts.rss",),
        "topic": ("topic/{id}.rss",),
    },
    wanted=("posts",),
    post=_patterns(r"/post/(\d{1,18})"),
    topic=_patterns(r"/topic/(\d{1,18})"),
    marks=_patterns(r"nodebb(?:\.min)?\.js", r"content=[\"']NodeBB", r"[\"']relative_path[\"']"),
)
ASKBOT = Dialect(
    # https://github.com/ASKBOT/askbot-devel: askbot/feed.py. Its JSON has summaries only.
    name="askbot",
    feeds={"topics": ("feeds/rss/",), "topic": ("feeds/question/{id}/",)},
    wanted=("topics",),
    by_topic=True,
    post=_patterns(r"[?&;](?:answer|comment)=(\d{1,18})", r"#post-id-(\d{1,18})$"),
    topic=_patterns(r"question/(\d{1,18})"),
    marks=_patterns(
        r"askbot\[", r"href=[\"']https?://(?:www\.)?askbot\.(?:com|org)", r"askbot\.js"
    ),
)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (ASKBOT, FLUXBB, MYBB, NODEBB, PHPBB, SMF, VBULLETIN, XENFORO)
}
_PAGE = 300_000  # characters of a home page that are looked at


def recognised(home_page: str) -> Dialect | None:
    """The software with most of its marks on a home page; None where none stands there."""
    page = home_page[:_PAGE]
    found = {name: sum(bool(m.search(page)) for m in d.marks) for name, d in DIALECTS.items()}
    best = max(found, key=lambda name: found[name])
    return DIALECTS[best] if found[best] else None
