"""Which channels are read, how far back, how often, and what is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.connector import Closed, Malformed, RateLimited
from connectors.telegram import TelegramSettings
from tests.connectors.telegram.support import NOW, Listener
from tests.networks.standin import Fault
from tests.networks.telegram import CHANNEL, Telegram


async def test_holes_between_numbers_end_no_walk(http):
    async with Telegram().serving() as server:
        written = [server.write(f"Au CHU {n}", skip=n % 7 * 40) for n in range(90)]
        assert sorted(m.external_id for m in await Listener(http, server).read()) == sorted(written)


async def test_only_the_look_back_is_read_at_first(http):
    async with Telegram().serving() as server:
        server.publish(200)
        listener = Listener(http, server, look_back="1h")
        listener.at = NOW - timedelta(hours=3) + timedelta(seconds=180)
        assert len(await listener.read()) == 20
        assert len(server.requests) <= 3


async def test_two_requests_are_two_seconds_apart(http, waits):
    async with Telegram().serving() as server:
        server.publish(60)
        await Listener(http, server).read()
        assert len([seconds for seconds in waits if seconds > 1.5]) >= 2


async def test_a_channel_without_preview_is_told_once_and_the_others_are_read(http):
    async with Telegram().serving() as server:
        server.without_preview["chu_ferme"] = "12 345"
        server.publish(2)
        listener = Listener(http, server, channels=("chu_ferme", CHANNEL))
        assert len(await listener.read()) == 2
        assert len(listener.gaps) == 1 and "shows no preview" in listener.gaps[0]
        (page,) = [page for page in listener.pages if page.audiences]
        assert {a.account: a.followers for a in page.audiences} == {
            CHANNEL: 4_020,
            "chu_ferme": 12_345,
        }
        await listener.read()
        assert listener.gaps == []


async def test_a_lone_channel_without_preview_is_closed(http):
    async with Telegram().serving() as server:
        with pytest.raises(Closed, match="no preview"):
            await Listener(http, server, channels=("chu_ferme",), audience=False).read()


async def test_one_channel_that_fails_does_not_stop_the_others(http):
    async with Telegram().serving() as server:
        server.subscribers["autre_chaine"] = "10"
        server.publish(2)
        listener = Listener(http, server, channels=("autre_chaine", CHANNEL))
        server.faults.append(Fault(status=200, body=b"<html>Bient\xc3\xb4t de retour</html>"))
        with pytest.raises(Malformed):
            await listener.read()
        assert sum(len(page.mentions) for page in listener.pages) == 2


async def test_subscribers_of_channels_and_peers_are_counted_once_a_day(http):
    async with Telegram().serving() as server:
        server.subscribers["chu_bremont"] = "1.2M"
        listener = Listener(http, server, peers=("@chu_bremont",))
        await listener.read()
        (page,) = [page for page in listener.pages if page.audiences]
        assert [(a.account, a.followers) for a in page.audiences] == [
            (CHANNEL, 4_020),
            ("chu_bremont", 1_200_000),
        ]
        asked = len(server.requests)
        await listener.read()
        assert len(server.requests) == asked + 1
        listener.at += timedelta(days=1)
        await listener.read()
        assert any(page.audiences for page in listener.pages)


async def test_a_channel_can_be_searched_instead_of_read_and_gives_nothing_twice(http):
    async with Telegram().serving() as server:
        server.write("À la piscine")
        server.write("Les urgences du CHU de Valmont")
        server.write("Les urgences débordent")
        listener = Listener(http, server, search=True)
        given = [m.text for m in await listener.read()]
        assert sorted(given) == ["Les urgences du CHU de Valmont", "Les urgences débordent"]
        assert server.requests[0].query["q"] == "CHU de Valmont"
        assert await listener.read() == []
        assert not any(CHANNEL in feed or "urgences" in feed for feed in listener.cursors)


async def test_an_unchanged_page_is_not_sent_again(http):
    async with Telegram().serving() as server:
        server.etags = True
        listener = Listener(http, server)
        server.publish(30)
        await listener.read()
        asked = len(server.requests)
        assert await listener.read() == []
        assert len(server.requests) == asked + 1
        assert listener.pages[0].complete
        server.publish(1)
        assert len(await listener.read()) == 1


async def test_counts_are_read_again_twenty_a_request(http):
    async with Telegram().serving() as server:
        written = server.publish(40)
        listener = Listener(http, server)
        await listener.read()
        server.messages[3]["views"] = "2.5M"
        asked = len(server.requests)
        pages = await listener.refresh(*written, "c/1234/5", "ailleurs")
        assert len(server.requests) - asked == 2
        figures = {e.key.external_id: e.views for page in pages for e in page.engagements}
        assert len(figures) == 40 and figures[written[3]] == 2_500_000
        assert not any(page.deletions for page in pages)


async def test_only_the_widget_s_own_word_is_a_deletion_and_few_are_asked(http):
    async with Telegram().serving() as server:
        written = server.publish(12)
        numbers = [int(one.rpartition("/")[2]) for one in written]
        server.gone.update(numbers[:3])
        listener = Listener(http, server, confirmed=2)
        album = f"{CHANNEL}/9999"  # a number that is in no page and in no widget's error
        pages = await listener.refresh(*written)
        gone = [d.external_id for page in pages for d in page.deletions]
        assert gone == [written[2], written[1]]
        server.faults.extend([None, Fault(status=200, body=b"<html>Telegram</html>")])
        pages = await listener.refresh(album)
        assert not any(page.deletions for page in pages)


async def test_a_wait_that_is_asked_for_is_told(http):
    async with Telegram().serving() as server:
        server.publish(1)
        server.faults.append(Fault(status=429, headers={"Retry-After": "120"}))
        with pytest.raises(RateLimited) as asked:
            await Listener(http, server).read()
        assert asked.value.retry_after == timedelta(seconds=120)


@pytest.mark.parametrize(
    "written", ["@CHU_Valmont", "https://t.me/s/CHU_Valmont/", "t.me/chu_valmont"]
)
def test_a_channel_may_be_written_in_many_ways(written):
    assert TelegramSettings(channels=(written,)).channels == (CHANNEL,)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"channels": ("+AbCdEf123",)},
        {"channels": ("t.me/c/1234/5",)},
        {"bot_token": "123456:jeton/../autre"},
        {"channels": (CHANNEL,), "seconds_between_requests": 0.5},
    ],
)
def test_settings_say_what_would_be_right(wrong):
    with pytest.raises(ValidationError):
        TelegramSettings.model_validate(wrong)


async def test_a_wait_that_ends_every_poll_early_starves_no_channel(http):
    channels = ("chu_un", "chu_deux", CHANNEL)
    async with Telegram().serving() as server:
        for channel in channels:
            server.subscribers[channel] = "10"
        server.publish(1)
        listener = Listener(http, server, channels=channels, audience=False)
        for answered in (1, 2):
            server.faults.extend([*[None] * answered, Fault(status=429)])
            with pytest.raises(RateLimited):
                await listener.read()
            listener.at += timedelta(hours=1)
        asked = [request.match_info["channel"] for request in server.requests]
        assert asked == ["chu_un", "chu_deux", CHANNEL, CHANNEL, "chu_un"]
