"""The reasons that are stored: how they are read, and who shows them."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from listener.storage import verdicts
from tests.listener.commands import House, build, fill
from tests.listener.forgetting import SAID
from tests.listener.house import NIGHT
from tests.listener.reasoned import VIRAL, grave, plain, reasons, tone
from tests.listener.weeks import W47, said, within


async def test_scores_are_read_in_one_query_the_newest_and_those_of_the_last_reading(
    database: Any,
) -> None:
    first, second, silent = [await said(database, within(W47, n)) for n in range(3)]
    deep, fast = NIGHT + timedelta(minutes=1), NIGHT + timedelta(minutes=9)
    async with database.write() as connection:
        for number in (first, second):
            await verdicts.add_scores(connection, [(number, [tone("x"), grave(10.0)])], NIGHT)
        await verdicts.add_scores(connection, [(first, [tone("y"), VIRAL, grave(40.0)])], deep)
        await verdicts.add_scores(connection, [(first, [grave(50.0)])], NIGHT + 2 * (deep - NIGHT))
        await verdicts.add_scores(connection, [(first, [VIRAL, grave(60.0)])], fast)
    asked: list[str] = []
    async with database.read() as connection:
        engine = connection.sync_connection.engine

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        found = await verdicts.explained(connection, [first, second, silent])
        event.remove(engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if "scores" in statement]) == 1
    assert found.keys() == {first, second}
    grades = [score.value for score in found[first] if score.classifier == "severity"]
    (sentiment,) = [score for score in found[first] if score.classifier == "sentiment"]
    assert (grades, sentiment.reasons[0].detail) == ([40.0, 60.0], "y")
    assert sum(score.classifier == "severity" for score in found[second]) == 1


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A bad evening whose first post was scored with reasons. Read only."""
    house = build(tmp_path_factory.mktemp("house"))
    asyncio.run(fill(house))
    word = reasons(("negative_words", 0.4, "honte"), ("negative_words", 0.2, "lambert"))
    for classifier, found in (("sentiment", word), ("severity", grave().reasons)):
        stored = json.dumps([[r.code, r.share, r.detail] for r in found])
        write(
            house,
            "UPDATE scores SET reasons = ? WHERE mention_id = 1 AND classifier = ?",
            stored,
            classifier,
        )
    return house


@pytest.fixture
def own(explained: House, tmp_path: Path) -> House:
    """A copy to be changed."""
    shutil.copytree(explained.folder / "state", tmp_path / "state")
    return build(tmp_path)


def write(house: House, statement: str, *values: str) -> None:
    (file,) = house.folder.glob("state/*.db")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement, values)


WHY = (
    "gravité 95/100 : propos négatif 61 %, hygiène 20 %, diffusion prévue 12 %"
    " · négatif : « honte »"
)


def test_programs_are_told_why_in_words(explained: House) -> None:
    second, first, *_ = explained.lines("mentions", "--format", "jsonl")
    assert (first["text"], plain(first["why"])) == (SAID, WHY)
    assert second["why"] is None


def test_one_incident_says_why_its_posts_are_grave_and_quotes_no_more_than_terms(
    explained: House,
) -> None:
    posts = explained.json("incidents", "1")["posts"]
    assert [one["mention"] for one in posts] == [1, 2]
    assert (posts[0]["severity"], plain(posts[0]["why"]), posts[1]["why"]) == (95.0, WHY, None)
    text = " ".join(plain(explained("incidents", "1").stdout).split())
    assert "Gravest posts:" in text and "propos négatif 61 %" in text
    assert "brancard" not in text


def test_commands_show_no_term_of_a_restricted_post_unless_it_is_asked_for(
    own: House,
) -> None:
    write(own, "UPDATE mentions SET restricted = 1")
    for command in (("incidents", "1"), ("mentions", "--json")):
        shown = own(*command).stdout
        assert "propos" in shown and "honte" not in shown
    assert "«\xa0honte\xa0»" in own("mentions", "--json", "--restricted").stdout


def test_what_is_forgotten_is_explained_no_more(own: House) -> None:
    assert own("forget", "--mention", "1", "--yes").exit_code == 0
    row = next(row for row in own.lines("mentions", "--json") if row["number"] == 1)
    assert (row["text"], row["why"]) == (None, None)
