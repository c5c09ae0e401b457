"""Somebody asks to be forgotten: on both engines, wherever the listener wrote."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.connector import Reject
from connectors.mention import Author
from listener.workflows.draft import Origin
from listener.workflows.forget import Wanted
from listener.workflows.traces import Traces
from tests.listener.forgetting import (
    EVERYTHING,
    HANDLE,
    LINK,
    SAID,
    URI,
    Home,
    contents,
    home,
    left,
    plain,
    post,
    reply,
    rows,
    unreadable,
)
from tests.listener.house import count
from tests.networks.standin import Fault

ANA = Author(handle="ana@social.example")
IN_FULL = f"le CHU de Valmont, merci @{HANDLE}"
ORIGIN_OF_MASTODON = Origin(source_id="mastodon")


@pytest.fixture
async def heard(database, tmp_path: Path) -> AsyncIterator[Home]:
    """The post has been stored, alerted about and told."""
    async with home(database, tmp_path) as made:
        await made.hear(post())
        await made.tell()
        yield made


@pytest.mark.parametrize("wanted", EVERYTHING, ids=lambda wanted: "-".join(map(str, wanted)))
async def test_a_mention_is_erased_whoever_or_whatever_is_named(heard: Home, wanted) -> None:
    assert left(await contents(heard))
    done = await heard.forget(**wanted)
    assert done.mentions == 1
    assert left(await contents(heard)) == []
    (mention,) = await rows(heard.app.database, "mentions")
    assert (mention.text, mention.text_hash, mention.author_ref) == (None, "", None)
    assert mention.severity == 95  # the figures stay
    assert await count(heard.app.database, "mention_links") == 0


async def test_sent_messages_no_longer_show_what_was_erased(heard: Home) -> None:
    assert "brancard" in heard.shown()
    assert "brancard" in "".join(heard.letters())
    done = await heard.forget(network="mastodon", author=HANDLE)
    assert left(heard.shown()) == []
    assert "brancard" not in heard.shown()
    assert len(heard.slack.messages) == 1  # changed, not gone: the incident still stands
    assert heard.letters() == []
    assert (done.amended, done.waiting, done.beyond) == (2, 0, [])


async def test_digests_of_the_week_are_mended_and_others_left_alone(heard: Home) -> None:
    await heard.digest()
    assert "brancard" in heard.shown()
    await heard.forget(link=LINK)
    assert "brancard" not in heard.shown()
    assert heard.letters() == []
    await heard.digest()
    heard.at += timedelta(days=20)
    await heard.hear(
        post(external_id="later", url=None, published_at=heard.at, text="merci CHU de Valmont")
    )
    await heard.forget(mention=2)
    assert len(heard.slack.messages) == 2


async def test_what_others_wrote_to_somebody_stays_without_their_name(heard: Home) -> None:
    await heard.hear(reply(), post(external_id="8", url=None, author=ANA, text=IN_FULL))
    await heard.tell()
    pseudonym = heard.app.pseudonyms.handle("zoe_lambert")
    assert pseudonym in await contents(heard)
    done = await heard.forget(network="mastodon", author=HANDLE)
    assert (done.mentions, done.texts) == (1, 2)
    _, first, second = await rows(heard.app.database, "mentions")
    assert first.text.startswith("@… honte en effet")
    assert second.text.endswith("merci @…")
    assert pseudonym not in heard.shown()


async def test_quarantined_payloads_that_tell_of_them_are_erased_and_no_others(
    heard: Home,
) -> None:
    in_latin = json.dumps({"note": SAID.replace("heures", "heures")}).encode()
    rejects = [
        unreadable(),
        unreadable("autre chose", url="x"),  # the handle alone
        Reject(error="cut", payload=b'{"content": "' + SAID.encode()),  # the text alone
        Reject(error="cut", payload=in_latin.replace(b"/", b"\\/")),
        Reject(error="cut", payload=LINK.replace("/", "\\/").encode()),  # the link alone
        Reject(error="no text", payload=b"{}", external_id=URI),  # the id alone
        Reject(error="cut", payload=b'{"content": "zoe_lambertine attend son tour"}'),
    ]
    await heard.hear(rejects=rejects, origin=ORIGIN_OF_MASTODON)
    await heard.hear(post(external_id="x", text="CHU de Valmont"), rejects=rejects[5:6])
    done = await heard.forget(network="mastodon", author=HANDLE)
    (kept,) = await rows(heard.app.database, "quarantine")
    assert "lambertine" in plain(heard, "quarantine", kept.sealed)
    assert done.quarantined == len(rejects) - 1


async def test_somebody_else_of_the_same_name_elsewhere_is_left_alone(heard: Home) -> None:
    other = post(network="bluesky", external_id="at://1", url=None)
    await heard.hear(other)
    await heard.forget(network="mastodon", author=HANDLE)
    assert (await heard.hear(other)).stored == 0
    _, kept = await rows(heard.app.database, "mentions")
    assert kept.text == SAID


async def test_a_comment_is_forgotten_without_the_page_below_it(database, tmp_path) -> None:
    page_url = "https://blog.example/urgences/"
    article = post(network="wordpress", external_id="b:1", url=page_url, text="Le CHU de Valmont")
    comments = [
        post(network="wordpress", external_id=f"b:comment-{n}", url=f"{page_url}#comment-{n}")
        for n in (1, 2)
    ]
    async with home(database, tmp_path) as made:
        await made.hear(article, *comments)
        assert (await made.forget(link=f"{page_url}#comment-2")).mentions == 1
        texts = [row.text for row in await rows(database, "mentions")]
        assert texts == ["Le CHU de Valmont", SAID, None]


async def test_forgetting_twice_is_harmless(heard: Home) -> None:
    first = await heard.forget(network="mastodon", author=HANDLE)
    before = await contents(heard)
    heard.at += timedelta(hours=1)
    again = await heard.forget(network="mastodon", author=HANDLE)
    assert (first.mentions, first.amended) == (1, 2)
    assert (again.mentions, again.amended, again.texts, again.quarantined) == (0, 0, 0, 0)
    assert await contents(heard) == before


async def test_a_mention_that_is_not_there_counts_for_nothing(heard: Home) -> None:
    assert (await heard.forget(mention=999)).mentions == 0


async def test_an_incident_that_is_told_later_says_nothing_of_it(heard: Home) -> None:
    await heard.hear(post(external_id="8", url=None, text=f"{SAID} encore"))
    await heard.forget(network="mastodon", author=HANDLE)
    await heard.tell()
    assert left(heard.shown()) == []


async def test_a_message_is_changed_later_where_slack_is_away(heard: Home) -> None:
    heard.slack.faults.extend([Fault(status=503)] * 4)
    done = await heard.forget(network="mastodon", author=HANDLE)
    assert done.waiting == 1
    assert "brancard" in heard.shown()
    heard.slack.faults.clear()
    for _ in range(2):
        heard.at += timedelta(minutes=10)
        await heard.app.ticker.tick(heard.at)
    assert "brancard" not in heard.shown()


async def test_a_message_that_cannot_be_changed_is_withdrawn(heard: Home) -> None:
    heard.slack.refusals["chat.update"] = "edit_window_closed"
    done = await heard.forget(network="mastodon", author=HANDLE)
    assert heard.slack.messages == []
    assert done.amended == 2


async def test_a_message_that_is_gone_already_is_no_trouble(heard: Home) -> None:
    heard.slack.messages.clear()
    assert (await heard.forget(network="mastodon", author=HANDLE)).amended == 2


async def test_what_cannot_be_taken_back_is_said(database, tmp_path) -> None:
    alerts = {"mode": "live", "critical": ["console"], "warning": [], "fallback": "console"}
    async with home(database, tmp_path, alerts=alerts) as made:
        await made.hear(post())
        await made.tell()
        (beyond,) = (await made.forget(link=LINK)).beyond
        assert (beyond.channel, beyond.incident) == ("console", 1)


async def test_no_byte_of_them_stands_in_the_files_afterwards(heard: Home) -> None:
    """Strings in clear, that is: pseudonyms and sealed values are looked at above."""
    database = heard.app.database
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's own files are its vacuum's affair")
    await heard.hear(reply(), *(post(external_id=str(n), url=None) for n in range(50)))
    await heard.hear(rejects=[unreadable()])
    refs = [row.author_ref for row in await rows(database, "mentions")]
    marks = [refs[0], heard.app.pseudonyms.handle("zoe_lambert"), "onze heures sur un brancard"]
    assert all(mark.encode() in _bytes(heard) for mark in marks)
    await heard.forget(network="mastodon", author=HANDLE)
    after = _bytes(heard)
    buried = refs[0].encode()
    assert left(after.decode("latin-1")) == []
    assert marks[2].encode() not in after
    assert after.count(buried) <= 2  # the tombstone and its key


def _bytes(home: Home) -> bytes:
    path = Path(home.app.database.url.database or "")
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


@pytest.mark.parametrize(
    "wanted", [{}, {"link": "x", "mention": 1}, {"author": "zoe"}, {"network": "x", "link": "y"}]
)
def test_what_is_wanted_is_one_thing(wanted) -> None:
    with pytest.raises(ValueError, match=r"one of|network"):
        Wanted(**wanted)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"acct":"zoe"}',
        b"@ZOE",
        b"<a href='https://x.example/zoe'>",
        b"\\u007aoe",
        b"&#122;oe",
        b"\xff\xfe zoe",
    ],
)
def test_a_name_is_found_however_a_payload_spells_it(payload: bytes) -> None:
    traces = Traces.of(names=["@zoe@social.example"], links=[], texts=[], sealed=[])
    assert traces.stand_in(payload)


@pytest.mark.parametrize("payload", [b"", b"zoean", b"azoe", b"_zoe_", b"\x00\x01"])
def test_a_name_is_not_found_inside_another(payload: bytes) -> None:
    traces = Traces.of(names=["zoe"], links=[], texts=[], sealed=[])
    assert not traces.stand_in(payload)


def test_nothing_to_look_for_is_found_nowhere() -> None:
    assert not Traces.of(names=[], links=[], texts=["court"], sealed=["12"]).stand_in(b"court 12")
