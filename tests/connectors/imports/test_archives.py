"""Archives and workbooks that lie, swell or lead elsewhere cost nothing but a word about them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.connector import ConnectorError, Malformed, Refused, Unavailable
from connectors.imports import ImportSettings, survey
from tests.connectors.imports.exports import NOW, csv, taken, write, xlsx, zipped

TABLE = csv([["Texte"], ["Merci"]])


async def texts(path, **keys) -> list[str]:
    return [mention.text for mention in (await taken(path, **keys)).mentions]


async def test_an_archive_gives_what_it_holds_in_order_and_passes_over_the_rest(tmp_path):
    path = zipped(
        tmp_path / "a.zip",
        {
            "b/deux.csv": csv([["Texte"], ["deux"]]),
            "a/un.xlsx": xlsx({"Feuille": [["Texte"], ["un"]]}),
            "photo.jpg": b"\xff\xd8",
            "__MACOSX/b/._deux.csv": csv([["Texte"], ["ombre"]]),
        },
    )
    assert await texts(path) == ["un", "deux"]


async def test_an_unpacked_archive_is_read_as_a_folder(tmp_path):
    write(tmp_path / "a" / "un.csv", csv([["Texte"], ["un"]]))
    write(tmp_path / "a" / "b" / "deux.csv", csv([["Texte"], ["deux"]]))
    (tmp_path / "a" / "ailleurs.csv").symlink_to(write(tmp_path / "secret.csv", TABLE))
    assert await texts(tmp_path / "a") == ["deux", "un"]


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "/etc/x.csv", "a\\..\\..\\x.csv"])
async def test_a_name_that_leads_out_is_left_and_told(tmp_path, name):
    path = zipped(tmp_path / "a.zip", {name: TABLE, "bon.csv": TABLE})
    assert await texts(path) == ["Merci"]
    [left] = survey(ImportSettings(path=path), NOW).notes.left
    assert left.endswith("its name leads out of the archive")


async def test_a_bomb_is_refused_before_anything_is_unpacked(tmp_path):
    bomb = b"Texte\n" + b"0" * 200_000_000
    path = zipped(tmp_path / "a.zip", {"bombe.csv": bomb})
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Refused, match="a thousand times its size"):
        await taken(path)
    with pytest.raises(Refused, match="max_size"):
        await taken(path, max_size=1_000_000)


async def test_many_small_files_together_have_their_bounds(tmp_path):
    files = {f"{n}.csv": "Texte\n" + f"ligne {n} " * 100 for n in range(50)}
    path = zipped(tmp_path / "a.zip", files)
    with pytest.raises(Refused, match="max_members"):
        await taken(path, max_members=49)
    with pytest.raises(Refused, match="max_size"):
        await taken(path, max_size=10_000)
    folder = tmp_path / "dossier"
    for name, text in files.items():
        write(folder / name, text)
    with pytest.raises(Refused, match="max_members"):
        await taken(folder, max_members=49)
    with pytest.raises(Refused, match="max_size"):
        await taken(folder, max_size=10_000)


async def test_a_member_that_lies_about_its_size_is_left_as_damaged(tmp_path):
    path = zipped(tmp_path / "a.zip", {"menteur.csv": "Texte\n" + "x" * 5000, "bon.csv": TABLE})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") - 1)
    while data[at + 46 : at + 57] != b"menteur.csv":
        at = data.index(b"PK\x01\x02", at + 4)
    data[at + 24 : at + 28] = struct.pack("<I", 100)  # the unpacked size that it declares
    write(path, bytes(data))
    assert await texts(path) == ["Merci"]
    assert survey(ImportSettings(path=path), NOW).notes.left == ["menteur.csv: damaged"]


async def test_what_is_not_read_does_not_count_however_large_it_is(tmp_path):
    path = zipped(tmp_path / "a.zip", {"film.mp4": b"0" * 5_000_000, "bon.csv": TABLE})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("photo.jpg", b"1" * 200_000)
    assert await texts(path, max_size=100_000) == ["Merci"]


async def test_an_archive_of_photos_says_that_it_holds_nothing_to_read(tmp_path):
    with pytest.raises(Malformed, match="holds no table and no document"):
        await taken(zipped(tmp_path / "a.zip", {"photo.jpg": b"1"}))


async def test_an_archive_within_an_archive_stays_closed(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"x.csv": TABLE}).read_bytes()
    path = zipped(tmp_path / "a.zip", {"dedans.csv": inner, "bon.csv": TABLE})
    assert await texts(path) == ["Merci"]
    [left] = survey(ImportSettings(path=path), NOW).notes.left
    assert "an archive within an archive" in left


async def test_an_archive_of_nothing_that_is_known_lists_what_it_saw(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": "Couleur;Taille\nbleu;3\n", "b.json": '[{"x": 1}]'})
    with pytest.raises(Malformed, match=r"Couleur.*Taille"):
        await taken(path)


LETTERS = {
    "Takeout/Google Chat/Groups/DM x/messages.json": (
        '{"messages": [{"creator": {"name": "Zoé", "email": "z@valmont.example"},'
        ' "created_date": "2026-11-02", "text": "secret"}]}'
    ),
    "Takeout/My Activity/Search/MyActivity.json": (
        '[{"header": "Search", "title": "Searched for secret", "time": "2026-11-02T08:00:00Z"}]'
    ),
    "Takeout/Google Business Profile/account-1/location-2/data.json": '{"title": "CHU"}',
    "Takeout/Saved/Envies.csv": csv([["Title", "Note", "URL", "Comment"], ["x", "", "", "secret"]]),
    "messages/inbox/zoe/message_1.json": (
        '{"participants": [{"name": "Zoé"}], "messages": [{"sender_name": "Zoé",'
        ' "timestamp_ms": 1793000000000, "content": "secret"}]}'
    ),
    "messages.csv": csv(
        [["FROM", "TO", "DATE", "CONTENT"], ["Zoé", "Luc", "2026-11-02", "secret"]]
    ),
}


async def test_of_an_archive_of_one_s_own_data_nothing_private_is_guessed_at(tmp_path):
    review = '{"reviews": [{"starRating": "ONE", "reviewId": "r1", "comment": "Huit heures"}]}'
    path = zipped(tmp_path / "a.zip", {**LETTERS, "Takeout/x/reviews.json": review})
    assert await texts(path) == ["Huit heures"]
    notes = survey(ImportSettings(path=path), NOW).notes
    assert len(notes.unknown) == len(LETTERS)
    assert "secret" not in "".join(notes.unknown)


async def test_letters_are_read_where_somebody_says_so(tmp_path):
    path = write(tmp_path / "messages.csv", LETTERS["messages.csv"])
    with pytest.raises(Malformed, match="say what the columns hold"):
        await taken(path)
    assert await texts(path, columns={"text": "CONTENT"}) == ["secret"]


async def test_a_workbook_that_spans_a_galaxy_is_refused(tmp_path):
    book = io.BytesIO(xlsx({"A": [["Texte"], ["un"]]}))
    out = io.BytesIO()
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'"A2"', b'"XFD1048576"'))
    with pytest.raises(Malformed, match="more cells than can be read"):
        await taken(write(tmp_path / "a.xlsx", out.getvalue()))


async def test_a_workbook_that_swells_is_refused(tmp_path):
    book = xlsx({"A": [["Texte"], ["x" * 5_000_000]]})
    path = write(tmp_path / "a.xlsx", book)
    with pytest.raises(Malformed, match="unpacks to more than"):
        await taken(path, max_size=1_000_000)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(place=351, byte=0, cut=False)  # an empty name in the archive's directory
@example(place=1507, byte=5, cut=False)  # a sheet that would begin before the file does
@given(place=st.integers(0, 3000), byte=st.integers(0, 255), cut=st.booleans())
async def test_a_damaged_file_is_a_named_error_and_never_a_crash(tmp_path, place, byte, cut):
    for name, whole in (
        ("a.xlsx", xlsx({"A": [["Texte"], ["un"]]})),
        ("a.zip", zipped(tmp_path / "z.zip", {"a.csv": TABLE}).read_bytes()),
        ("a.json", json.dumps([{"text": "un"}] * 20).encode()),
    ):
        data = bytearray(whole)
        at = place % len(data)
        data[at] = byte
        path = write(tmp_path / name, bytes(data[:at] if cut else data))
        try:
            await taken(path)
        except ConnectorError as refused:
            assert str(path) in str(refused)


async def test_a_damaged_old_workbook_is_a_named_error(tmp_path):
    path = write(
        tmp_path / "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + zlib.compress(b"x" * 4000)
    )
    with pytest.raises(Malformed, match="a workbook that cannot be read"):
        await taken(path)


async def test_what_is_absent_or_no_file_is_named(tmp_path):
    with pytest.raises(Unavailable, match="does not exist"):
        await taken(tmp_path / "absent.csv")
    import os

    os.mkfifo(tmp_path / "tube")
    with pytest.raises(Refused, match="neither a file nor a folder"):
        await taken(tmp_path / "tube")
