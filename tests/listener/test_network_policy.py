"""What the configuration says of the way out."""

from __future__ import annotations

import pytest

from connectors.connector import Refused
from connectors.http import HttpClient
from connectors.rss.settings import RssSettings
from connectors.wordpress.settings import WordpressSettings
from listener.config.load import parse
from listener.workflows.build import network_policy
from tests.networks.rss import FeedServer


def configured(base_url: str | None):
    source = {"id": "m", "connector": "mastodon"} | ({"base_url": base_url} if base_url else {})
    hospital = {"name": "CHU de Valmont"}
    watch = [{"id": "chu", "names": ["CHU de Valmont"]}]
    console = {level: ["console"] for level in ("critical", "warning", "info")}
    return parse(
        {
            "hospital": hospital,
            "watch": watch,
            "source": [source],
            "alerts": {**console, "fallback": "console"},
        }
    )


async def test_a_base_url_within_the_house_is_reached_and_nothing_beside_it() -> None:
    async with FeedServer().serving() as meant, FeedServer().serving() as beside:
        policy = network_policy(configured(meant.base_url))
        async with HttpClient(policy) as http:
            await http.get(f"{meant.base_url}/nothing")
            with pytest.raises(Refused, match="allowed_hosts"):
                await http.get(f"{beside.base_url}/nothing")


def test_a_default_address_opens_no_door() -> None:
    assert network_policy(configured(None)).allowed_hosts == ()


def test_feeds_and_sites_are_asked_at_their_mirror() -> None:
    mirror = "https://miroir.chu-valmont.example"
    feeds = RssSettings(url="https://presse.example/feed?f=1", base_url=mirror).feeds
    assert feeds == (f"{mirror}/feed?f=1",)
    site = WordpressSettings(url="https://blog.example/site", base_url=f"{mirror}/site")
    assert site.home == f"{mirror}/site/"
