"""Ids of files that name no network meet nobody else's; what belongs together still does."""

from __future__ import annotations

import pytest

from tests.connectors.files import jsonl, mentions, post, read, source

THREAD = (
    post(1, engagement={"reactions": 3}),
    post(2, parent_id="1", root_id=1, quoted_id="1", repost_of="1"),
    {"type": "engagement", "external_id": "1", "reactions": 9},
    {"type": "deletion", "external_id": "2"},
)


@pytest.mark.parametrize("mode", ["import", "replay"])
async def test_two_files_that_name_no_network_keep_their_ids_apart(tmp_path, mode):
    keys = set()
    for folder in ("accueil", "parking"):
        (tmp_path / folder).mkdir()
        path = jsonl(tmp_path / folder / "avis.jsonl", *THREAD[:2])
        keys |= {m.key for m in mentions(await read(source(path, mode=mode, network=None)))}
    assert len(keys) == 4
    assert {key.network for key in keys} == {"file"}


@pytest.mark.parametrize("mode", ["import", "replay"])
async def test_threads_counts_and_deletions_of_a_scoped_file_still_join(tmp_path, mode):
    path = jsonl(tmp_path / "avis.jsonl", *THREAD)
    [page] = await read(source(path, mode=mode, network=None))
    first, answer = page.mentions
    links = {answer.parent_id, answer.root_id, answer.quoted_id, answer.repost_of}
    assert links == {first.external_id}
    assert [figures.key for figures in page.engagements] == [first.key, first.key]
    assert [deletion.external_id for deletion in page.deletions] == [answer.external_id]


async def test_a_scoped_id_tells_its_file_and_is_the_same_after_a_restart(tmp_path, monkeypatch):
    path = jsonl(tmp_path / "avis du mois.jsonl", post(1))
    (tmp_path / "lien.jsonl").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    found = {
        mention.external_id
        for name in (path, path.name, "lien.jsonl", f"../{tmp_path.name}/{path.name}")
        for mention in mentions(await read(source(name, network=None)))
    }
    [only] = found
    assert only.startswith("avis-du-mois-") and only.endswith("/1")


async def test_a_csv_that_names_no_network_is_scoped_too(tmp_path):
    path = tmp_path / "avis.csv"
    path.write_text("id;texte;reseau\n1;Bonjour;\n1;Bonsoir;facebook\n")
    unnamed, named = mentions(await read(source(path, network=None)))
    assert unnamed.external_id.startswith("avis-")
    assert (named.network, named.external_id) == ("facebook", "1")


async def test_ids_stay_as_they_are_where_the_line_or_the_settings_name_a_network(tmp_path):
    path = jsonl(tmp_path / "avis.jsonl", post(1, network="file"))
    [by_line] = mentions(await read(source(path, network=None)))
    jsonl(path, post(2, parent_id="1"))
    [by_settings] = mentions(await read(source(path, network="file")))
    assert (by_line.external_id, by_settings.external_id, by_settings.parent_id) == ("1", "2", "1")


async def test_a_line_without_an_id_is_the_same_mention_in_any_copy_of_its_file(tmp_path):
    line = {"text": "Merci", "author": "Léa", "published_at": "2026-03-14"}
    ids = set()
    for name in ("mars", "copie"):
        path = jsonl(tmp_path / f"{name}.jsonl", line)
        ids |= {m.external_id for m in mentions(await read(source(path, network=None)))}
    assert len(ids) == 1


@pytest.mark.parametrize("network", ["x" * 65, "a\u2028b"])
async def test_a_network_that_no_column_holds_costs_its_own_line_only(tmp_path, network):
    path = jsonl(tmp_path / "export.jsonl", post(1, network=network), post(2, network="forum"))
    pages = await read(source(path))
    assert [m.network for m in mentions(pages)] == ["forum"]
    assert ["network" in reject.error for page in pages for reject in page.rejects] == [True]
