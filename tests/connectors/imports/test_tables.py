"""Anybody's tables: encodings, delimiters, columns, numbers, dates; and what an import promises."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.connector import Cursors, Malformed
from connectors.file.cells import read_count
from connectors.imports import ImportConnector, ImportSettings, survey
from connectors.imports.moments import read_moment
from connectors.mention import Kind
from connectors.registry import CONNECTORS
from tests.connectors.imports.exports import (
    NOW,
    WRITTEN,
    csv,
    only,
    read,
    source,
    taken,
    write,
    xlsx,
    zipped,
)

ROWS = [
    ["Date", "Réseau", "Auteur", "Commentaire", "Lien", "Étoiles", "J’aime", "Couleur"],
    ["14/03/2026 21:40", "Facebook", "@léa", 'Déçue, "onze" heures ; |\nhonte 😡', "https://e.example/1", "1,0", "1\u202f204", "bleu"],
    ["15 mars 2026 à 8h05", "", "Paul", "أسوأ انتظار", "voir", "5/5", "", ""],
]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
async def test_a_table_is_read_whatever_its_encoding_and_delimiter(tmp_path, encoding, delimiter):
    page = await taken(write(tmp_path / "a.csv", csv(ROWS, delimiter), encoding), network="releve")
    assert [reject.error for reject in page.rejects] == []
    first, second = page.mentions
    assert first.text == 'Déçue, "onze" heures ; |\nhonte 😡'
    assert (first.network, first.kind, first.rating) == ("facebook", Kind.REVIEW, 1.0)
    assert (first.author.handle, first.url) == ("léa", "https://e.example/1")
    assert first.published_at == datetime(2026, 3, 14, 20, 40, tzinfo=UTC)
    assert [figures.reactions for figures in page.engagements] == [1204]
    assert (second.network, second.text, second.url) == ("releve", "أسوأ انتظار", None)
    assert second.published_at == datetime(2026, 3, 15, 7, 5, tzinfo=UTC)


async def test_windows_1252_is_read_as_excel_writes_it(tmp_path):
    path = write(tmp_path / "a.csv", csv([["Texte"], ["Très déçu… 10 €"]]), "cp1252")
    assert only(await taken(path)).text == "Très déçu… 10 €"
    path = write(tmp_path / "b.csv", csv([["Texte"], ["Très déçu"]]), "utf-8")
    assert only(await taken(path, encoding="utf-8")).text == "Très déçu"


async def test_a_workbook_s_sheets_are_read_whatever_stands_above_their_headers(tmp_path):
    book = xlsx(
        {
            "Avis": [["Relevé de la semaine"], [""], ["Jour", "Texte", "Note", "Id"],
                     [46095.5, "Long", 2, 17], ["14/03/2026", "Bien", 4.5, 9007199254740993.0]],
            "Notes": [["à faire"]],
        }
    )  # fmt: skip
    page = await taken(
        write(tmp_path / "a.xlsx", book), network="releve", columns={"published_at": "Jour"}
    )
    long, good = page.mentions
    assert (long.rating, long.external_id) == (2.0, "17")
    assert long.published_at == datetime(2026, 3, 14, 11, tzinfo=UTC)
    assert (good.rating, good.published_at) == (4.5, datetime(2026, 3, 13, 23, tzinfo=UTC))


async def test_columns_are_named_where_they_are_not_guessed(tmp_path):
    path = write(tmp_path / "a.csv", "titre inutile\nVerbatim;Quand\nMerci;01/03/2026 12:30\n")
    with pytest.raises(Malformed, match=r"columns = \{text.*Verbatim.*Quand"):
        await taken(path)
    with pytest.raises(Malformed, match=r"no column \['Avis'\]; the header has"):
        await taken(path, columns={"text": "Avis"})
    post = only(await taken(path, columns={"text": "verbatim", "published_at": "Quand"}))
    assert (post.text, post.published_at) == ("Merci", datetime(2026, 3, 1, 11, 30, tzinfo=UTC))


async def test_columns_correct_a_known_export_in_another_wording(tmp_path):
    header = ["Review Id", "Sterne", "Review Content"]
    path = write(tmp_path / "a.csv", csv([header, ["r1", "2", "Lang"]]))
    review = only(await taken(path, columns={"rating": "Sterne"}))
    assert (review.network, review.external_id, review.rating) == ("trustpilot", "r1", 2.0)


async def test_a_forced_format_says_what_it_did_not_find(tmp_path):
    path = write(tmp_path / "a.csv", "Texte;Lien\nMerci;https://e.example\n")
    with pytest.raises(Malformed, match=r"not a linkedin export.*Texte"):
        await taken(path, format="linkedin")
    assert only(await taken(path, format="table")).text == "Merci"


async def test_an_account_s_days_of_any_table_are_its_audience(tmp_path):
    rows = [
        ["Date", "Compte", "Abonnés", "Reach", "Vues"],
        ["01/03/2026", "chu_valmont", "5 120", "900", ""],
    ]
    page = await taken(
        write(tmp_path / "a.csv", csv(rows)), network="xing", columns={"account": "Compte"}
    )
    [day] = page.audiences
    assert (day.network, day.account, day.followers, day.reach, day.views) == (
        "xing", "chu_valmont", 5120, 900, None
    )  # fmt: skip
    assert day.taken_at == datetime(2026, 2, 28, 23, tzinfo=UTC)


async def test_a_table_of_dates_and_figures_asks_what_its_columns_hold(tmp_path):
    path = write(tmp_path / "a.csv", "Date;Verbatim;Vues\n01/03/2026;Merci;3\n")
    with pytest.raises(Malformed, match=r"from \['Date', 'Verbatim', 'Vues'\]"):
        await taken(path)


async def test_what_cannot_be_read_is_set_aside_with_its_line_and_never_its_content(tmp_path):
    text = (
        "id;texte;date;note\n1;Bien;01/03/2026;\n2;Secret;jadis;\n3;;01/03/2026;\n"
        '4;"jamais fermé;01/03/2026;\n5;Trop;01/03/2026;5;de;cellules\n6;Bien;01/03/2026;douze\n'
        "7;Fin;01/03/2026;\n"
    )
    page = await taken(write(tmp_path / "a.csv", text), network="releve")
    assert [mention.external_id for mention in page.mentions] == ["1", "7"]
    said = [reject.error for reject in page.rejects]
    assert [error.partition(":")[0] for error in said] == [
        "line 3",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "Secret" not in " ".join(said)


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("1\u202f204", 1204), ("1\u00a0204", 1204), ("1 204", 1204), ("1,204", 1204), ("1.204", 1204),
        ("12,400,310", 12400310), ("1'204", 1204), ("1,2 k", 1200), ("1.2K", 1200), ("3 M", 3_000_000),
        ("2,35 Md", 2_350_000_000), ("0", 0), ("17.0", 17), ("", None), ("-1", None), ("12.5", None),
        ("n/a", None), ("∞", None), ("٣", None), ("9" * 30, None), ("62,1", None),
    ],
)  # fmt: skip
def test_counts_are_read_as_people_and_tools_write_them(cell, count):
    assert read_count(cell) == count


@pytest.mark.parametrize(
    ("text", "month_first", "day"),
    [
        ("01/03/2026 12:30", False, "2026-03-01T12:30"), ("01/03/2026 12:30", True, "2026-01-03T12:30"),
        ("3/1/2026 2:30 PM", True, "2026-03-01T14:30"), ("3/1/2026 12:05\u202fam", True, "2026-03-01T00:05"),
        ("Mar 1, 2026", True, "2026-03-01T00:00"), ("1er mars 2026", False, "2026-03-01T00:00"),
        ("28 sept. 2026", False, "2026-09-28T00:00"), ("13/03/26", True, "2026-03-13T00:00"),
        ("Fri, Jun 5, 2026", False, "2026-06-05T00:00"), ("2026-03-01T12:30:00", True, "2026-03-01T12:30"),
        ("18 novembre", False, "2026-11-18T00:00"), ("December 31", False, "2025-12-31T00:00"),
        ("1772364600", False, "2026-03-01T11:30"), ("jadis", False, None), ("31/31/2026", False, None),
        ("", False, None), ("29 février", False, None),
    ],
)  # fmt: skip
def test_dates_are_read_in_the_export_s_own_form(text, month_first, day):
    moment = read_moment(text, UTC, month_first=month_first, near=NOW)
    assert (moment and f"{moment:%Y-%m-%dT%H:%M}") == day


async def test_a_date_is_in_the_export_s_zone_even_when_clocks_change(tmp_path):
    path = write(tmp_path / "a.csv", "texte;date\nun;29/03/2026 12:00\ndeux;28/03/2026 12:00\n")
    page = await taken(path)
    assert [m.published_at.hour for m in page.mentions] == [10, 11]
    page = await taken(path, zone="Indian/Reunion")
    assert [m.published_at.hour for m in page.mentions] == [8, 8]


async def test_the_same_file_twice_gives_nothing_and_elsewhere_the_same_ids(tmp_path):
    path = write(tmp_path / "a.csv", csv(ROWS))
    cursors: Cursors = {}
    first = await read(source(path), cursors)
    again = await read(source(path), cursors)
    assert [page.complete for page in again] == [True]
    assert [page.mentions for page in again] == [[]] or again[0].mentions == ()
    copy = await taken(write(tmp_path / "copie.csv", csv(ROWS)))
    assert [m.key for m in copy.mentions] == [m.key for page in first for m in page.mentions]
    assert {figures.taken_at for figures in copy.engagements} == {WRITTEN}


async def test_a_later_export_that_overlaps_has_the_same_ids(tmp_path):
    header = ["id", "texte", "date"]
    rows = [[str(n), f"Message {n}", "01/03/2026"] for n in range(250)]
    path = write(tmp_path / "a.csv", csv([header, *rows[50:]]))
    cursors: Cursors = {}
    before = {m.key for page in await read(source(path), cursors) for m in page.mentions}
    write(path, csv([header, *reversed(rows)]))  # newest first, and older ones below
    after = {m.key for page in await read(source(path), cursors) for m in page.mentions}
    assert (len(before), len(after)) == (200, 250)
    assert before < after


async def test_two_tables_without_a_network_keep_their_ids_apart(tmp_path):
    one = only(await taken(write(tmp_path / "a.csv", "id;texte\n1;Accueil\n")))
    two = only(await taken(write(tmp_path / "b.csv", "id;texte;note\n1;Parking;2\n")))
    assert one.network == two.network == "import"
    assert one.external_id != two.external_id


async def test_columns_told_otherwise_have_the_file_read_again(tmp_path):
    path = write(tmp_path / "a.csv", "texte;verbatim\ncourt;long\n")
    cursors: Cursors = {}
    await read(source(path), cursors)
    [page] = await read(source(path, columns={"text": "verbatim"}), cursors)
    assert [mention.text for mention in page.mentions] == ["long"]


async def test_what_is_imported_never_pages_and_needs_no_host(tmp_path):
    connector = source(tmp_path / "a.csv")
    assert CONNECTORS["import"] is ImportConnector
    assert (connector.backfill, connector.hosts()) == (True, ())


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "Texte\n", "sep=;\r\n"])
async def test_an_export_of_nothing_is_nothing(tmp_path, content):
    page = await taken(write(tmp_path / "a.csv", content))
    assert (page.mentions, page.rejects) == ([], [])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"columns": {"texte": "A"}}, "unknown fields"), ({"zone": "Paris"}, "Europe/Paris"),
        ({"encoding": "klingon"}, "not an encoding"), ({"format": "myspace"}, "Input should be"),
        ({"mode": "replay"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_settings_say_what_would_be_right(keys, said):
    with pytest.raises(ValidationError, match=said):
        ImportSettings(path="a.csv", **keys)


def test_a_survey_tells_how_columns_were_taken_and_what_was_left(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": csv(ROWS), "b.csv": "Taille\n3\n"})
    found = survey(ImportSettings(path=path, network="releve"), NOW)
    [table] = found.notes.tables
    assert (table.place, table.format) == ("a.csv: ", "table")
    assert (table.columns["text"], table.ignored) == ("Commentaire", ("Couleur",))
    assert found.counts == {("facebook", "review"): 1, ("releve", "review"): 1}
    assert [unknown.partition(":")[0] for unknown in found.notes.unknown] == ["b.csv"]
    first, figures = found.first[0]
    assert (first.network, figures.reactions) == ("facebook", 1204)


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=300).map(str.encode)))
async def test_whatever_the_bytes_an_import_ends_in_items_or_a_named_error(tmp_path, content):
    for head in (
        b"",
        b"id;texte;date\n1;bon;01/03/2026\n",
        b"Review Id,Review Stars,Review Title\n",
    ):
        path = write(tmp_path / "a.csv", head + content)
        try:
            page = await taken(path, network="releve")
        except Malformed:
            continue
        assert all(mention.external_id for mention in page.mentions)


async def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path):
    path = write(tmp_path / "a.csv", csv([["id", "texte"], *([str(n), "m"] for n in range(150))]))
    cursors: Cursors = {}
    async for page in source(path).poll({}):
        cursors[""] = page.cursor
        os.utime(path, (1, 1))
        break
    given = [m.external_id for page in await read(source(path), cursors) for m in page.mentions]
    assert len(given) == 50
