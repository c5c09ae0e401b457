"""Several instances, their tokens, and what they show to whom."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.connector import (
    Page,
    RateLimited,
    Unauthorized,
    Watched,
)
from connectors.mastodon import MastodonSettings
from tests.connectors.mastodon.driving import Make, drain, ids
from tests.networks.mastodon import TOKEN, Mastodon


def test_settings_say_what_would_be_right() -> None:
    told = MastodonSettings(instances=("piaille.fr", "https://piaille.fr/"), hashtags=("#CHU",))
    assert told.origins == ("https://piaille.fr",)
    assert told.hashtags == ("chu",)
    with pytest.raises(ValidationError, match="such as"):
        MastodonSettings(instances=("ftp://piaille.fr",))
    with pytest.raises(ValidationError, match="wss://"):
        MastodonSettings(streaming_url="https://piaille.fr")


async def test_hosts_are_named_for_the_firewall(make: Make) -> None:
    connector = make(base_url=None, instances=["piaille.fr"], streaming_url="wss://flux.piaille.fr")
    assert connector.hosts() == ["piaille.fr:443", "flux.piaille.fr:443"]


async def test_a_connector_never_shows_its_token(make: Make) -> None:
    connector = make(access_token=TOKEN)
    assert TOKEN not in repr(vars(connector))


async def test_the_token_goes_to_its_own_instance_only(network: Mastodon, make: Make) -> None:
    async with Mastodon().serving() as other:
        network.publish(1)
        other.publish(2)
        instances = [network.base_url, other.base_url]
        connector = make(base_url=None, instances=instances, access_token=TOKEN)
        pages = await drain(connector, {})
        assert len({page.feed for page in pages}) == 3  # two tags, the token's notifications
        assert all("Authorization" in request.headers for request in network.requests)
        assert not any("Authorization" in request.headers for request in other.requests)


async def test_one_instance_that_fails_does_not_stop_the_others(
    network: Mastodon, make: Make
) -> None:
    async with Mastodon().serving() as other:
        network.quota = 0
        new = other.publish(2)
        pages: list[Page] = []
        with pytest.raises(RateLimited):
            async for page in make(
                base_url=None, instances=[network.base_url, other.base_url]
            ).poll({}):
                pages.append(page)
        assert sorted(ids(pages)) == sorted(new)


async def test_a_timeline_closed_to_visitors_is_told_once_where_another_can_be_read(
    network: Mastodon, make: Make
) -> None:
    network.timelines_access = {"live_feeds": {"local": "authenticated", "remote": "disabled"}}
    network.publish(2)
    connector = make(public="local")
    pages = await drain(connector, {})
    assert [gap.reason for page in pages for gap in page.gaps] == [
        f"{network.base_url.removeprefix('http://')} shows this timeline to its members only"
    ]
    assert not any(page.gaps for page in await drain(connector, {}))


async def test_an_instance_that_shows_nothing_to_visitors_is_unauthorized(
    network: Mastodon, make: Make
) -> None:
    closed = {"local": "authenticated", "remote": "authenticated"}
    network.timelines_access = {"hashtag_feeds": closed}
    with pytest.raises(Unauthorized, match="members only"):
        await drain(make(), {})
    assert await drain(make(access_token=TOKEN), {})


async def test_the_older_way_to_ask_for_an_account_is_understood(
    network: Mastodon, make: Make
) -> None:
    with pytest.raises(Unauthorized):
        await drain(make(Watched(), access_token="mauvais"), {})
