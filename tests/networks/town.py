"""Every stand-in at once, and the configuration of a listener that reads them all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.networks import (
    facebook,
    instagram,
    linkedin,
    pinterest,
    reddit,
    scoopit,
    slideshare,
    threads,
    trustpilot,
    x,
    xing,
    youtube,
)
from tests.networks import google_reviews as google
from tests.networks.bluesky import Bluesky
from tests.networks.dailymotion import PROFILE as DAILYMOTION_PROFILE
from tests.networks.dailymotion import Dailymotion
from tests.networks.discourse import Discourse
from tests.networks.forum import ForumServer
from tests.networks.gdelt import Gdelt
from tests.networks.mastodon import TOKEN, Mastodon
from tests.networks.rss import FeedServer
from tests.networks.standin import StandIn
from tests.networks.telegram import CHANNEL, Telegram
from tests.networks.tiktok import KEY as TIKTOK_KEY
from tests.networks.tiktok import SECRET as TIKTOK_SECRET
from tests.networks.tiktok import Tiktok
from tests.networks.wordpress import WordpressServer

KNOCK = "mot-de-passe-du-webhook"
"""Of those networks whose stand-ins do not say themselves how they sign a call."""


class Secret(str):
    """A value that goes to a file of its own beside the configuration."""


@dataclass(frozen=True)
class House:
    """One source: its connector, the network that it reads, and its keys once that is served."""

    name: str
    connector: str
    network: Callable[[], Any]
    keys: Callable[[Any], Mapping[str, Any]]


HOUSES = (
    House(
        "bluesky",
        "bluesky",
        Bluesky,
        lambda network: {
            "base_url": network.base_url,
            "identifier": "veille.example.com",
            "app_password": Secret(network.password),
        },
    ),
    House(
        "dailymotion",
        "dailymotion",
        Dailymotion,
        lambda network: {"base_url": network.base_url, "profiles": [DAILYMOTION_PROFILE]},
    ),
    House(
        "discourse",
        "discourse",
        Discourse,
        lambda network: {"base_url": network.url, "webhook_secret": Secret(KNOCK)},
    ),
    House(
        "facebook",
        "facebook",
        facebook.Facebook,
        lambda network: {
            "base_url": network.base_url,
            "page": facebook.PAGE,
            "access_token": Secret(facebook.TOKEN),
            "app_secret": Secret(facebook.APP_SECRET),
            "verify_token": Secret(KNOCK),
        },
    ),
    House("forum", "forum", ForumServer, lambda network: {"url": network.url}),
    House("gdelt", "gdelt", Gdelt, lambda network: {"base_url": network.api}),
    House(
        "google_reviews",
        "google_reviews",
        google.GoogleReviews,
        lambda network: {
            "base_url": network.api,
            "client_id": google.CLIENT,
            "client_secret": Secret(google.SECRET),
            "refresh_token": Secret(google.REFRESH),
        },
    ),
    House(
        "instagram",
        "instagram",
        instagram.Instagram,
        lambda network: {
            "base_url": network.base_url,
            "user_id": instagram.USER_ID,
            "access_token": Secret(instagram.TOKEN),
            "app_secret": Secret(instagram.APP_SECRET),
            "verify_token": Secret(KNOCK),
        },
    ),
    House(
        "linkedin",
        "linkedin",
        linkedin.Linkedin,
        lambda network: {
            "base_url": network.base_url,
            "organizations": [linkedin.PAGE],
            "access_token": Secret(linkedin.TOKEN),
            "client_secret": Secret(KNOCK),
            "webhook": True,
        },
    ),
    House(
        "mastodon",
        "mastodon",
        Mastodon,
        lambda network: {"base_url": network.base_url, "access_token": Secret(TOKEN)},
    ),
    House(
        "pinterest",
        "pinterest",
        pinterest.Pinterest,
        lambda network: {
            "base_url": network.base_url,
            "access_token": Secret(pinterest.TOKEN),
        },
    ),
    House(
        "reddit",
        "reddit",
        reddit.Reddit,
        lambda network: {
            "base_url": network.base_url,
            "client_id": reddit.CLIENT,
            "client_secret": Secret(reddit.SECRET),
            "username": reddit.MEMBER,
        },
    ),
    House("rss", "rss", FeedServer, lambda network: {"url": network.url}),
    House(
        "scoopit",
        "scoopit",
        scoopit.Scoopit,
        lambda network: {
            "base_url": network.base_url,
            "client_id": scoopit.CLIENT_ID,
            "client_secret": Secret(scoopit.CLIENT_SECRET),
            "topics": [scoopit.TOPIC],
        },
    ),
    House(
        "slideshare",
        "slideshare",
        slideshare.Slideshare,
        lambda network: {
            "base_url": network.base_url,
            "api_key": Secret(slideshare.API_KEY),
            "shared_secret": Secret(slideshare.SECRET),
            "users": [slideshare.USER],
        },
    ),
    House(
        "telegram",
        "telegram",
        Telegram,
        lambda network: {"base_url": network.base_url, "channels": [CHANNEL]},
    ),
    House(
        "threads",
        "threads",
        threads.Threads,
        lambda network: {
            "base_url": network.base_url,
            "access_token": Secret(threads.TOKEN),
            "app_secret": Secret(threads.APP_SECRET),
            "verify_token": Secret(KNOCK),
        },
    ),
    House(
        "tiktok",
        "tiktok",
        Tiktok,
        lambda network: {
            "base_url": network.api,
            "client_key": TIKTOK_KEY,
            "client_secret": Secret(TIKTOK_SECRET),
        },
    ),
    House(
        "trustpilot",
        "trustpilot",
        trustpilot.Trustpilot,
        lambda network: {
            "base_url": network.base_url,
            "business_units": [trustpilot.UNIT],
            "api_key": Secret(trustpilot.KEY),
            "webhook_secret": Secret(KNOCK),
        },
    ),
    House("wordpress", "wordpress", WordpressServer, lambda network: {"url": network.url}),
    House(
        "x",
        "x",
        x.X,
        lambda network: {"base_url": network.base_url, "bearer_token": Secret(x.TOKEN)},
    ),
    House(
        "xing",
        "xing",
        xing.Xing,
        lambda network: {
            "base_url": network.base_url,
            "consumer_key": xing.CONSUMER[0],
            "consumer_secret": Secret(xing.CONSUMER[1]),
            "access_token": Secret(xing.ACCESS[0]),
            "access_token_secret": Secret(xing.ACCESS[1]),
            "companies": [xing.COMPANY],
        },
    ),
    House(
        "youtube",
        "youtube",
        youtube.Youtube,
        lambda network: {
            "base_url": network.api,
            "api_key": Secret(youtube.KEY),
            "channels": [youtube.OWN],
        },
    ),
)

HEAD = """
state_dir = "state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
hashtags = ["chuvalmont"]
accounts = ["chuvalmont", "chu-valmont.example"]
[alerts]
critical = ["console"]
warning = ["console"]
fallback = "console"
[network]
allowed_hosts = ["127.0.0.1"]
[service]
port = 8787
"""


@asynccontextmanager
async def town(
    folder: Path, *, names: Iterable[str] = (), every: str = "30s"
) -> AsyncIterator[dict[str, Any]]:
    """Serve the named networks (default: all), with `folder`/config.toml that reads them."""
    wanted = set(names)
    async with AsyncExitStack() as stack:
        served: dict[str, Any] = {}
        config = [HEAD]
        for house in HOUSES:
            if wanted and house.name not in wanted:
                continue
            network: StandIn = await stack.enter_async_context(house.network().serving())
            served[house.name] = network
            config.append(_source(house, house.keys(network), folder, every))
        (folder / "config.toml").write_text("\n".join(config), "utf-8")
        yield served


def _source(house: House, keys: Mapping[str, Any], folder: Path, every: str) -> str:
    lines = ["[[source]]", f'id = "{house.name}"', f'connector = "{house.connector}"']
    lines += [f'every = "{every}"', 'about = ["chu"]']
    lines += [f"{name} = {_toml(value, folder, house.name, name)}" for name, value in keys.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any, folder: Path, source: str, key: str) -> str:
    if isinstance(value, Secret):
        path = folder / f"{source}-{key}.secret"
        path.write_text(value, "utf-8")
        path.chmod(0o600)
        return f'{{ file = "{path}" }}'
    if isinstance(value, Mapping):
        pairs = (f"{k} = {_toml(v, folder, source, f'{key}-{k}')}" for k, v in value.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item, folder, source, key) for item in value) + "]"
    # JSON's strings, numbers and booleans are TOML's too.
    return json.dumps(value, ensure_ascii=False)
