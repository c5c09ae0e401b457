"""Whose account published a mention: told while the author is in clear, and left out of figures."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Page
from connectors.mention import Author, Kind, Mention
from listener.domain.speaker import Speakers
from listener.domain.watch import Watch
from listener.storage import erasure, tallies
from listener.storage.tallies import Interval
from listener.workflows.draft import Origin
from tests.listener.commands import build, fill
from tests.listener.forgetting import post
from tests.listener.house import NIGHT, ORIGIN, house, mention, page, rows

WATCHES = (
    Watch(id="sujet", kind="topic", names=("CHU de Valmont",), accounts=("chu_valmont", "grève")),
    Watch(id="bremont", kind="peer", names=("CHU de Brémont",), accounts=("@CHU_Bremont",)),
    Watch(id="urgences", kind="service", of="chu", names=("Urgences",), accounts=("urg_valmont",)),
    Watch(
        id="chu",
        names=("CHU de Valmont",),
        aliases=("Hôpital de Valmont",),
        accounts=("chu_valmont", "@1029384756", "chu-valmont@social.example"),
    ),
)
SPEAKERS = Speakers(WATCHES)
PAGE = Origin(source_id="avis", about=("chu",))


def told(author: Author, about: tuple[str, ...] = (), kind: Kind = Kind.REPLY) -> str | None:
    said = Mention(network="facebook", external_id="1", kind=kind, published_at=None, author=author)
    return SPEAKERS.of(said, about)


@pytest.mark.parametrize(
    ("author", "speaker"),
    [
        (Author(handle="CHU_Valmont"), "chu"),
        (Author(handle="chu-valmont@social.example", name="Le CHU"), "chu"),
        (Author(external_id="1029384756", name="Le CHU"), "chu"),
        (Author(handle="urg_valmont"), "urgences"),
        (Author(handle="chu_bremont"), "bremont"),
        (Author(handle="grève"), None),  # a topic has no voice
        (Author(handle="zoe"), None),
        (Author(name="chu_valmont"), None),  # a name is no handle
        (Author(), None),
    ],
    ids=repr,
)
def test_an_account_that_a_watch_lists_speaks_for_it(author: Author, speaker: str | None) -> None:
    assert told(author) == speaker


def test_a_name_counts_on_the_page_of_whoever_bears_it_and_nowhere_else() -> None:
    named = Author(external_id="accounts/1/locations/2", name="HÔPITAL de Valmont")
    assert told(named, about=("chu",)) == "chu"
    assert told(named) is None
    assert told(named, about=("bremont", "urgences")) is None
    assert told(Author(name="Urgences"), about=("chu", "urgences")) == "urgences"


def test_a_stranger_named_like_the_hospital_is_not_the_hospital() -> None:
    named = Author(external_id="42", name="CHU de Valmont")
    assert told(named, about=("chu",), kind=Kind.REVIEW) is None  # nobody reviews himself
    shown = Author(handle="moqueur", name="CHU de Valmont")
    assert told(shown, about=("chu",)) is None  # a handle tells who it is


NAMES = st.none() | st.sampled_from(["CHU de Valmont", "chu_valmont", "@", "…", ""]) | st.text()


@given(st.builds(Author, external_id=NAMES, handle=NAMES, name=NAMES))
def test_away_from_its_pages_nobody_speaks_for_the_hospital_but_a_listed_account(author) -> None:
    listed = "chu_valmont" in (author.handle, author.external_id)
    assert (told(author) == "chu") is listed


def test_an_account_belongs_to_whoever_lists_it_or_bears_its_name() -> None:
    assert SPEAKERS.owner("@Chu_Valmont") == "chu"
    assert SPEAKERS.owner("hopital de valmont") == "chu"
    assert SPEAKERS.owner("CHU de Brémont") == "bremont"
    assert SPEAKERS.owner("CHU de Lille") is None
    assert SPEAKERS.owner("") is None


def answer(number: int, text: str = "CHU : merci, écrivez-nous", **values: Any) -> Mention:
    author = Author(external_id="accounts/1/locations/2", name="CHU de Valmont")
    return mention(number, text, **{"kind": Kind.REPLY, "author": author, **values})


async def speakers_of(database) -> list[str | None]:
    stored = await rows(database, "mentions")
    return [row.speaker for row in sorted(stored, key=lambda row: row.id)]


async def test_who_speaks_is_stored_and_the_author_is_not(database) -> None:
    processor = house(database)
    ours = mention(1, author=Author(handle="chu_valmont"))
    await processor.process(page(ours, mention(2), answer(3)), PAGE, NIGHT)
    await processor.process(page(answer(4)), ORIGIN, NIGHT)
    assert await speakers_of(database) == ["chu", None, "chu", None]


async def test_who_speaks_is_learned_of_a_later_reading_and_never_unlearned(database) -> None:
    processor = house(database)
    await processor.process(page(answer(1), answer(2, author=Author())), ORIGIN, NIGHT)
    assert await speakers_of(database) == [None, None]
    await processor.process(page(answer(1, "CHU : pardon"), answer(2, "CHU : oui")), PAGE, NIGHT)
    assert await speakers_of(database) == ["chu", "chu"]
    await processor.process(page(answer(1, "CHU : bien", author=Author())), ORIGIN, NIGHT)
    assert await speakers_of(database) == ["chu", "chu"]


def ours(number: int, text: str, **values: Any) -> Mention:
    return mention(number, text, author=Author(handle="chu_valmont"), **values)


async def test_what_the_hospital_says_itself_is_no_rules_business(database) -> None:
    processor = house(database)
    said = [ours(n, f"CHU : honte à qui insulte nos équipes, {n}") for n in range(9)]
    await processor.process(page(*said, ours(10, "CHU gravité 95")), ORIGIN, NIGHT, live=True)
    assert await rows(database, "incidents") == []
    await processor.process(
        page(*(mention(n, f"CHU honte {n}") for n in range(20, 25))), ORIGIN, NIGHT
    )
    (incident,) = await rows(database, "incidents")
    assert incident.evidence[0]["seen"]["count"] == 5
    assert len(await rows(database, "incident_mentions")) == 5


async def test_what_the_hospital_says_itself_is_no_burst(database) -> None:
    processor = house(database)
    await processor.process(
        page(ours(1, "CHU honte"), mention(2, "CHU honte")), ORIGIN, NIGHT, live=True
    )
    minute = timedelta(minutes=1)
    interval = Interval(since=NIGHT - minute, until=NIGHT + minute, late=timedelta(hours=1))
    async with database.read() as connection:
        counted = await tallies.count(connection, interval)
        assert await tallies.received(connection, interval) == {ORIGIN.source_id: 2}
    assert (counted["chu"]["total"], counted["chu"]["negative"]) == (1, 1)


async def test_an_answer_whose_author_is_learned_later_is_counted_no_longer(database) -> None:
    processor = house(database)
    await processor.process(page(answer(1, "CHU honte", author=Author())), ORIGIN, NIGHT, live=True)
    (before,) = await rows(database, "mention_subjects")
    await processor.process(page(answer(1, "CHU honte, pardon")), PAGE, NIGHT, live=True)
    (after,) = await rows(database, "mention_subjects")
    assert (before.live, after.live) == (True, False)


async def test_an_erased_mention_still_tells_that_the_hospital_said_it(database) -> None:
    await house(database).process(page(answer(1)), PAGE, NIGHT)
    async with database.write() as connection:
        await erasure.erase_mentions(connection, [1], at=NIGHT)
    (stored,) = await rows(database, "mentions")
    assert (stored.text, stored.author_ref, stored.speaker) == (None, None, "chu")


def test_a_listing_leaves_out_what_the_hospital_says_itself_and_says_so(tmp_path: Path) -> None:
    home = build(tmp_path)
    listed = '[[watch]]\nid = "chu"\naccounts = ["chu_valmont"]'
    peer = (
        '[[watch]]\nid = "bremont"\nkind = "peer"\nnames = ["CHU de Brémont"]\naccounts = ["b"]\n'
    )
    text = home.config.read_text("utf-8").replace('[[watch]]\nid = "chu"', listed)
    home.config.write_text(text.replace("[[rule]]", f"{peer}[[rule]]", 1), "utf-8")
    handles = ("zoe", "chu_valmont", "chu_valmont", "b")
    said = [
        post(external_id=f"s{n}", url=None, author=Author(handle=handle), kind=Kind.POST)
        for n, handle in enumerate(handles)
    ]
    review = post(external_id="r", url=None, author=Author(name="Ana"), kind=Kind.REVIEW)
    asyncio.run(fill(home, [Page(mentions=[*said, review], cursor={"v": 1})]))
    done = home("mentions", "--format", "csv")
    listing = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sorted((row["kind"], row["speaker"]) for row in listing) == [
        ("post", ""),
        ("review", ""),
    ]
    assert "2 of the hospital's own are left out: --own shows them" in done.stderr
    own = home("mentions", "--own", "--format", "csv")
    assert [row["speaker"] for row in csv.DictReader(io.StringIO(own.stdout))] == ["chu", "chu"]
    assert "left out" not in own.stderr
    assert "left out" not in home("mentions", "--network", "bluesky").stderr
    reviews = home.lines("mentions", "--kind", "review", "--format", "jsonl")
    assert [row["kind"] for row in reviews] == ["review"]
