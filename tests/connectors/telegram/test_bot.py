"""A bot's updates: fetched once, forgotten once stored, and its token in no word of ours."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
import structlog

from connectors.connector import (
    ConnectorError,
    Malformed,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from connectors.mention import Kind
from tests.connectors.telegram.support import NOW, Listener
from tests.networks.standin import Fault
from tests.networks.telegram import CHANNEL, TOKEN, TelegramBot

GROUP = {"id": -1009876543210, "type": "supergroup", "title": "Discussion"}


def bot(http, server: TelegramBot, **settings: object) -> Listener:
    return Listener(http, server, channels=(), bot_token=TOKEN, audience=False, **settings)


async def test_an_update_is_confirmed_only_once_its_page_was_handled(http):
    async with TelegramBot().serving() as server:
        new = server.publish(150)
        listener = bot(http, server)
        pages = listener.source.poll({})
        first = await anext(pages)
        await pages.aclose()  # stopped before the page was stored
        assert len(first.mentions) == 100 and server.confirmed == [0]
        assert [m.external_id for m in await listener.read()] == new
        assert await listener.read() == []
        assert server.updates == []


async def test_the_same_message_has_the_same_id_by_preview_and_by_bot(http):
    async with TelegramBot().serving() as server:
        server.publish(1)
        (by_bot,) = await bot(http, server).read()
        (by_preview,) = await Listener(http, server).read()
        assert by_bot.external_id == by_preview.external_id
        assert by_bot.url == by_preview.url


async def test_a_comment_hangs_under_the_channel_s_post(http):
    async with TelegramBot().serving() as server:
        channel = {"id": -1001234567890, "type": "channel", "username": "CHU_Valmont"}
        origin = {"type": "channel", "chat": channel, "message_id": 5}
        copy = {"message_id": 40, "is_automatic_forward": True, "forward_origin": origin}
        person = {"id": 77, "first_name": "Lucette", "last_name": "Ferrand"}
        comment = {"chat": GROUP, "from": person, "message_thread_id": 40, "text": "Huit heures !"}
        server.tell("message", 40, chat=GROUP, text="Notre avis", sender_chat=channel, **copy)
        server.tell("message", 41, **comment, reply_to_message=copy)
        server.tell("message", 42, **comment, reply_to_message={"message_id": 41})
        posted, first, second = await bot(http, server).read()
        assert posted.kind is Kind.REPOST and posted.repost_of == f"{CHANNEL}/5"
        assert first.kind is second.kind is Kind.COMMENT
        assert first.parent_id == first.root_id == f"{CHANNEL}/5"
        assert second.parent_id == "c/9876543210/41" and second.root_id == "c/9876543210/40"
        assert first.author.name == "Lucette Ferrand" and first.author.external_id == "77"


async def test_an_edit_comes_again_with_its_instant(http):
    async with TelegramBot().serving() as server:
        server.tell("edited_channel_post", 9, text="Corrigé", edit_date=int(NOW.timestamp()))
        (mention,) = await bot(http, server).read()
        assert mention.edited_at == NOW and mention.text == "Corrigé"


async def test_photos_polls_and_links_are_read_and_private_or_service_messages_are_not(http):
    async with TelegramBot().serving() as server:
        link = {
            "type": "text_link",
            "offset": 0,
            "length": 4,
            "url": "https://lecourrier.example/1",
        }
        server.tell(
            "channel_post", 9, photo=[{"file_id": "x"}], caption="Vue", caption_entities=[link]
        )
        server.tell(
            "channel_post", 10, poll={"question": "Content ?", "options": [{"text": "Non"}]}
        )
        server.tell("message", 11, chat={"id": 77, "type": "private"}, text="Bonjour le robot")
        server.tell("channel_post", 12, new_chat_title="CHU")
        photo, poll = await bot(http, server).read()
        assert photo.text == "Vue" and photo.media[0].kind == "image"
        assert photo.links == ("https://lecourrier.example/1",)
        assert poll.text == "Content ?\nNon"


async def test_an_update_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(http):
    async with TelegramBot().serving() as server:
        server.tell("channel_post", 9, chat=None, text="Sans chaîne")
        server.tell("channel_post", 10, text="Au CHU")
        listener = bot(http, server)
        (mention,) = await listener.read()
        assert mention.text == "Au CHU"
        (reject,) = [r for page in listener.pages for r in page.rejects]
        assert "without its chat" in reject.error


async def test_more_than_a_day_away_is_a_gap(http):
    async with TelegramBot().serving() as server:
        listener = bot(http, server)
        await listener.read()
        assert listener.gaps == []
        listener.at += timedelta(days=3)
        await listener.read()
        (gap,) = [gap for page in listener.pages for gap in page.gaps]
        assert gap.since == NOW and gap.until == listener.at - timedelta(days=1)


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (Fault(status=401), Unauthorized),
        (Fault(status=404), Unauthorized),
        (Fault(status=409, body=b'{"description":"Conflict: terminated by other getUpdates"}'), Unavailable),
        (Fault(status=409, body=b'{"description":"Conflict: webhook is active"}'), Refused),
        (Fault(status=429, body=b'{"ok":false,"parameters":{"retry_after":35}}'), RateLimited),
        (Fault(status=500), Unavailable),
        (Fault(status=400, body=b'{"ok":false}'), Malformed),
        (Fault(status=200, body=b'{"ok":false,"result":[]}'), Malformed),
        (Fault(status=302, headers={"Location": "http://[::1"}), Refused),
    ],
)  # fmt: skip
async def test_errors_are_named_and_never_hold_the_token(http, fault, named):
    async with TelegramBot().serving() as server:
        server.faults.extend([fault] * 9)
        listener = bot(http, server)
        with structlog.testing.capture_logs() as logs, pytest.raises(named) as told:
            await listener.read()
        said = (
            f"{told.value!s}{told.value!r}{told.value.__cause__!r}{logs}{listener.source.hosts()}"
        )
        assert TOKEN not in said and TOKEN.partition(":")[2] not in said
        if isinstance(told.value, RateLimited):
            assert told.value.retry_after == timedelta(seconds=35)


async def test_the_token_is_in_no_cursor_page_or_repr(http):
    async with TelegramBot().serving() as server:
        server.publish(3)
        listener = bot(http, server)
        await listener.read()
        kept = f"{listener.pages!r}{listener.cursors!r}{listener.source!r}"
        assert TOKEN not in kept
        wrong = Listener(http, server, bot_token=f"9{TOKEN}", channels=())
        with pytest.raises(ConnectorError) as told:
            await wrong.read()
        assert "BotFather" in str(told.value)


async def test_a_refused_token_is_told_once_while_channels_are_read(http):
    async with TelegramBot().serving() as server:
        server.publish(2)
        listener = Listener(http, server, bot_token=f"9{TOKEN}")
        assert len(await listener.read()) == 2
        assert len(listener.gaps) == 1
        await listener.read()
        assert listener.gaps == []


async def test_hosts_are_those_that_are_used(http):
    async with TelegramBot().serving() as server:
        official = {"base_url": "https://t.me"}
        both = Listener(http, server, bot_token=TOKEN, **official)
        assert list(both.source.hosts()) == ["t.me:443", "api.telegram.org:443"]
        assert list(bot(http, server, **official).source.hosts()) == ["api.telegram.org:443"]
        assert "comments" in [str(b) for b in Listener(http, server).source.unseen()]


async def test_updates_that_a_server_never_forgets_end_the_poll(http):
    async with TelegramBot(forgets=False).serving() as server:
        server.publish(100)
        answer = {"ok": True, "result": list(server.updates)}
        server.faults.extend([Fault(status=200, body=orjson.dumps(answer))] * 10)
        await bot(http, server).read()
        assert len(server.requests) == 2
