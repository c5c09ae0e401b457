"""CSV files as spreadsheets and monitoring tools export them."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import (
    Malformed,
)
from connectors.mention import Kind
from tests.connectors.files import errors, mentions, read, source


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_a_table_is_read_whatever_its_delimiter_and_encoding(tmp_path, delimiter, encoding):
    path = tmp_path / "export.csv"
    rows = [
        ["Date", "Réseau", "Auteur", "Message", "Lien", "Étoiles", "J'aime", "Couleur"],
        ["14/03/2026 21:40", "facebook", "@léa", '"Déçue, ""onze"" heures ; | \n honte"',
         "https://exemple.fr/1", "1,0", "1 204", "bleu"],
        ["15 mars 2026 à 8h05", "google", "Paul M.", "Été très bien reçu", "", "5/5", "", ""],
    ]  # fmt: skip
    text = "\r\n".join(delimiter.join(row) for row in rows)
    if delimiter == ",":
        text = text.replace("1,0", '"1,0"')
    path.write_bytes(text.encode(encoding))
    os.utime(path, (0, 0))
    pages = await read(source(path))
    assert errors(pages) == []
    first, second = mentions(pages)
    assert first.text == 'Déçue, "onze" heures ; | \n honte'
    assert first.published_at == datetime(2026, 3, 14, 20, 40, tzinfo=UTC)
    assert (first.network, first.author.handle, first.rating) == ("facebook", "léa", 1.0)
    assert pages[0].engagements[0].reactions == 1204
    assert (second.author.name, second.rating, second.kind) == ("Paul M.", 5.0, Kind.REVIEW)
    assert second.published_at == datetime(2026, 3, 15, 7, 5, tzinfo=UTC)


async def test_columns_are_mapped_by_name(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("sep=;\nVerbatim;Texte;Adresse\nLong;court;https://exemple.fr/9\n")
    columns = {"text": "Verbatim", "url": "adresse"}
    [mention] = mentions(await read(source(path, columns=columns)))
    assert (mention.text, mention.url) == ("Long", "https://exemple.fr/9")


async def test_a_header_that_lacks_the_text_says_what_it_has(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Verbatim;Lien\nx;y\n")
    with pytest.raises(Malformed, match=r"columns = \{text.*'Verbatim', 'Lien'"):
        await read(source(path))
    with pytest.raises(Malformed, match=r"no column \['Avis'\]"):
        await read(source(path, columns={"text": "Avis"}))


async def test_an_unclosed_quote_costs_one_row(tmp_path):
    path = tmp_path / "export.csv"
    rows = "".join(f"{n};Message {n}\n" for n in range(3, 2000))
    path.write_text('id;texte\n1;"jamais fermé\n2;"bien"\n' + rows + '7777;un 5" de pluie\n8;a;b\n')
    pages = await read(source(path))
    assert len(mentions(pages)) == 1999
    assert [error.split(":")[0] for error in errors(pages)] == ["line 2", "line 2002"]


async def test_a_one_column_table_keeps_its_commas(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Texte\nMerci, merci, merci\n")
    assert [mention.text for mention in mentions(await read(source(path)))] == [
        "Merci, merci, merci"
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.binary(max_size=40), max_size=8))
async def test_whatever_the_bytes_of_a_table_its_good_rows_get_through(tmp_path, rows):
    path = tmp_path / "wild.csv"
    clean = [row.replace(b'"', b"'").replace(b"\n", b" ").replace(b"\r", b" ") for row in rows]
    path.write_bytes(b"id;texte\n" + b"".join(row + b"\n" for row in clean) + b"9;bonne\n")
    pages = await read(source(path))
    assert mentions(pages)[-1].text == "bonne"
