"""Whoever was forgotten stays so: through polls, imports, races and restored back-ups."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.connector import Reject
from connectors.mention import Author
from listener.storage.tables import metadata
from listener.workflows.draft import Origin
from tests.listener.forgetting import (
    EVERYTHING,
    HANDLE,
    ID,
    NAME,
    SAID,
    URI,
    Home,
    contents,
    home,
    left,
    post,
    reply,
    rows,
)
from tests.listener.house import count


@pytest.fixture
async def heard(database, tmp_path: Path) -> AsyncIterator[Home]:
    """The post has been stored, alerted about and told."""
    async with home(database, tmp_path) as made:
        await made.hear(post())
        await made.tell()
        yield made


@pytest.mark.parametrize("wanted", EVERYTHING, ids=lambda wanted: "-".join(map(str, wanted)))
async def test_neither_a_poll_nor_an_import_brings_it_back(heard: Home, wanted) -> None:
    await heard.forget(**wanted)
    heard.at += timedelta(days=1)
    await heard.hear(post())
    await heard.hear(post(text=f"{SAID} , et je le redis"))
    archive = Origin(source_id="archive", backfill=True)
    exported = post(network="export", external_id="row-12", author=Author(name=NAME))
    await heard.hear(exported, origin=archive)
    assert left(await contents(heard)) == []
    assert await count(heard.app.database, "mentions") == 1


async def test_an_author_is_not_heard_again_under_handle_or_id(heard: Home) -> None:
    await heard.forget(network="mastodon", author=HANDLE)
    again = [
        post(external_id="6", url=None, text="CHU de Valmont", author=Author(handle=HANDLE)),
        post(
            external_id="7",
            url=None,
            text="CHU de Valmont",
            author=Author(handle="zoe_new@social.example", external_id=ID),
        ),
    ]
    outcome = await heard.hear(*again)
    assert outcome.stored == 0


async def test_a_link_that_others_share_is_not_barred_with_one_of_them(heard: Home) -> None:
    await heard.hear(post(external_id="same-page", author=Author(handle="marc")))
    await heard.forget(mention=1)
    third = post(external_id="third", author=Author(handle="ana"), text="CHU de Valmont, merci")
    assert (await heard.hear(third)).stored == 1


async def test_a_page_that_was_read_before_and_is_written_after_brings_nothing_back(
    heard: Home,
) -> None:
    """Somebody is forgotten while the scorer thinks."""
    scorer = heard.app.processor.scorer
    score = scorer.score_or_bisect

    async def slowly(samples):
        await heard.forget(network="mastodon", author=HANDLE)
        return await score(samples)

    scorer.score_or_bisect = slowly
    new = post(external_id="9", url=None, text=f"{SAID} de plus")
    await heard.hear(post(text=f"{SAID} , je le redis"), new, reply())
    assert left(await contents(heard)) == []
    texts = [row.text for row in await rows(heard.app.database, "mentions")]
    assert texts == [None, "@… honte en effet, le CHU de Valmont gravité 85"]


async def test_pages_and_forgetting_at_once_leave_nothing(heard: Home) -> None:
    pages = [post(external_id=f"n{n}", url=None, text=f"{SAID} {n}") for n in range(8)]
    await asyncio.gather(
        *(heard.hear(mention) for mention in pages[:4]),
        heard.forget(network="mastodon", author=HANDLE),
        *(heard.hear(mention) for mention in pages[4:]),
    )
    assert left(await contents(heard)) == []


async def test_later_texts_do_not_name_whoever_was_forgotten(heard: Home) -> None:
    await heard.forget(network="mastodon", author=HANDLE)
    await heard.hear(reply())
    _, stored = await rows(heard.app.database, "mentions")
    assert stored.text.startswith("@… honte en effet")


async def test_a_forgotten_mention_that_cannot_be_read_is_not_kept_either(heard: Home) -> None:
    await heard.forget(network="mastodon", author=HANDLE)
    known = Reject(error="cut", payload=b"{}", external_id=URI)
    other = Reject(error="cut", payload=b"[]", external_id="another")
    await heard.hear(reply(), rejects=[known, other])
    assert await count(heard.app.database, "quarantine") == 1


async def test_tombstones_tell_nobody_who_is_buried(heard: Home) -> None:
    await heard.forget(network="mastodon", author=HANDLE)
    buried = await rows(heard.app.database, "tombstones")
    assert {row.kind for row in buried} == {"author", "handle", "link", "mention"}
    assert left(repr(buried)) == []
    names = heard.app.pseudonyms
    assert names.author("mastodon", HANDLE) in {row.ref for row in buried}
    assert {len(row.ref) for row in buried if row.kind != "handle"} == {32}


async def test_an_older_database_that_is_restored_is_told_again(database, tmp_path: Path) -> None:
    async with home(database, tmp_path) as made:
        await made.hear(post(), reply())
        await made.forget(network="mastodon", author=HANDLE)
    assert left((tmp_path / "tombstones.jsonl").read_text()) == []
    async with database.write() as connection:
        for name in ("mentions", "tombstones"):  # as if neither post nor request had been
            await connection.execute(metadata.tables[name].delete())
    cut_short = (tmp_path / "tombstones.jsonl").read_text() + '["auth'
    (tmp_path / "tombstones.jsonl").write_text(cut_short)
    async with home(database, tmp_path) as made:
        await made.hear(reply())
        assert (await made.hear(post())).stored == 0
        assert left(await contents(made)) == []


async def test_what_a_restored_database_brings_back_is_erased_at_the_start(
    database, tmp_path: Path
) -> None:
    async with home(database, tmp_path) as made:
        await made.hear(post(), reply())
        names = made.app.pseudonyms
        wanted = {("author", names.author("mastodon", HANDLE))}
        made.app.graveyard.add(wanted | {("handle", names.handle("zoe_lambert"))})
        made.app.graveyard.add(wanted)
    assert (tmp_path / "tombstones.jsonl").stat().st_mode & 0o777 == 0o600
    async with home(database, tmp_path) as made:
        assert left(await contents(made)) == []
        texts = [row.text for row in await rows(database, "mentions")]
        assert texts == [None, "@… honte en effet, le CHU de Valmont gravité 85"]


async def test_nobody_known_is_forgotten_beforehand(heard: Home) -> None:
    done = await heard.forget(network="bluesky", author="zoe.example")
    assert done.mentions == 0
    new = post(network="bluesky", external_id="at://2", author=Author(handle="zoe.example"))
    assert (await heard.hear(new)).stored == 0
