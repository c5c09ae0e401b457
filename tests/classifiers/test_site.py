"""What was learned on site: kept whole, laid over the shipped models, and left out where it is not sound."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from classifiers import site_store
from classifiers.classifier import ModelError, Sample
from classifiers.judge import Judge
from classifiers.outputs import CLASSES, OUTPUTS
from classifiers.panel import panel_of
from classifiers.settings import PanelSettings
from classifiers.site import Correction, Site, disassemble, load_site
from classifiers.site_store import SHIPPED
from classifiers.training.site import _packed
from classifiers.virality.heads import Head

AT = "2026-11-29T08:00:00+00:00"
SIZE = len(OUTPUTS)
HEAD = Head(posts=50, weights=(0.1,) * 10, spread=0.9)
COMPLAINT = "Neuf heures d'attente aux urgences du CHU, une honte."


def correction(**pushed: float) -> Correction:
    """Adds to an output whatever the text says: every chance is beyond the usual of -1."""
    weights = np.zeros((SIZE, SIZE))
    for name, by in pushed.items():
        weights[:3, OUTPUTS.index(name)] = by  # the chances of the tones sum to 1
    return Correction(version="", usual=np.zeros(SIZE), weights=weights)


def kept(folder: Path, site: Site, verdict: str = "promoted", at: str = AT) -> str:
    weights = _packed(site)
    version = site_store.name_of(weights, at[:10].replace("-", ""))
    card = {"version": version, "trained_at": at, "verdict": verdict, "against": []}
    site_store.keep(folder, weights, card, "# card")
    return version


def site_of(folder: Path, **pushed: float) -> str:
    base = Judge().version
    made = correction(**pushed)
    return kept(folder, Site(version="", bases={"fast": base}, corrections={"fast": made}))


def judged(folder: Path) -> tuple[str, str | None]:
    """The tone of a complaint, and the version that said so."""
    scores = panel_of(PanelSettings(site=folder)).score([Sample(text=COMPLAINT, language="fr")])[0]
    tone = next(score for score in scores if score.classifier == "sentiment")
    return tone.version, tone.label


def test_nothing_was_learned_and_the_shipped_models_speak(tmp_path: Path) -> None:
    assert site_store.current(tmp_path) == SHIPPED
    assert load_site(tmp_path) is None
    assert judged(tmp_path) == (Judge().version, "negative")


def test_what_is_in_force_is_laid_over_the_shipped_models_and_named_in_every_score(
    tmp_path: Path,
) -> None:
    version = site_of(tmp_path, neutral=20.0)
    assert judged(tmp_path) == (Judge().version, "negative")  # kept, and not in force
    site_store.promote(tmp_path, version)
    assert judged(tmp_path) == (f"{Judge().version}@{version}", "neutral")


def test_an_altered_version_is_left_out_and_said(tmp_path: Path, caplog) -> None:
    version = site_of(tmp_path, neutral=20.0)
    site_store.promote(tmp_path, version)
    path = tmp_path / version / "weights.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00\x00")
    with caplog.at_level(logging.WARNING):
        assert judged(tmp_path) == (Judge().version, "negative")
    assert "sha256" in caplog.text
    with pytest.raises(ModelError, match="sha256"):
        site_store.promote(tmp_path, version)


@pytest.mark.parametrize("broken", ["missing", "card", "pointer", "no archive", "other outputs"])
def test_nothing_that_is_wrong_with_it_stops_the_scorer(tmp_path: Path, broken: str) -> None:
    version = site_of(tmp_path, neutral=20.0)
    site_store.promote(tmp_path, version)
    place = tmp_path / version
    match broken:
        case "missing":
            (place / "weights.npz").unlink()
        case "card":
            (place / "card.json").write_text("{")
        case "pointer":
            (tmp_path / site_store.CURRENT).write_bytes(b"\xff../../etc\n")
        case "no archive" | "other outputs":
            content = b"nothing" if broken == "no archive" else _others()
            card = json.loads((place / "card.json").read_text())
            site_store.keep(tmp_path, content, card, "")
    assert judged(tmp_path) == (Judge().version, "negative")


def _others() -> bytes:
    import io

    made = disassemble(Site(version="")) | {"outputs": np.array(["something"])}
    file = io.BytesIO()
    np.savez(file, **made)
    return file.getvalue()


def test_what_was_learned_over_other_models_is_left_out(tmp_path: Path, caplog) -> None:
    made = Site(
        version="", bases={"fast": "lexical-fr-00000000"}, corrections={"fast": correction()}
    )
    site_store.promote(tmp_path, kept(tmp_path, made))
    with caplog.at_level(logging.WARNING):
        assert judged(tmp_path) == (Judge().version, "negative")
    assert "site.outdated" in caplog.text


def test_a_version_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    made = Site(
        version="",
        bases={"fast": "lexical-fr-1"},
        corrections={"fast": correction(negative=1.5)},
        heads={"mastodon": HEAD},
    )
    version = kept(tmp_path, made)
    found = load_site(tmp_path, version)
    assert found is not None
    assert (found.version, found.bases, found.heads) == (version, made.bases, made.heads)
    assert np.array_equal(found.corrections["fast"].weights, made.corrections["fast"].weights)
    assert panel_of(PanelSettings(site=tmp_path)).forecaster.heads == {}
    site_store.promote(tmp_path, version)
    assert panel_of(PanelSettings(site=tmp_path)).forecaster.heads == {"mastodon": HEAD}


def test_one_goes_back_through_what_was_in_force_down_to_what_is_shipped(tmp_path: Path) -> None:
    one, two = site_of(tmp_path, neutral=1.0), site_of(tmp_path, neutral=2.0)
    for version in (one, two):
        site_store.promote(tmp_path, version)
    assert [site_store.roll_back(tmp_path), site_store.roll_back(tmp_path)] == [one, SHIPPED]
    with pytest.raises(ModelError, match="nothing was before"):
        site_store.roll_back(tmp_path)
    assert {card["version"] for card in site_store.versions(tmp_path)} == {one, two}


@pytest.mark.parametrize("name", ["../secret", "", "20261129", "current", "20261129-XXXXXXXX"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"no version|missing"):
        site_store.promote(tmp_path, name)


def test_the_folder_is_the_listener_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    site_store.promote(folder, site_of(folder))
    modes = {path.stat().st_mode & 0o077 for path in folder.rglob("*")}
    assert modes | {folder.stat().st_mode & 0o077} == {0}


@given(
    chances=arrays.arrays(np.float64, (3, SIZE), elements=st.floats(0, 1)),
    weights=arrays.arrays(np.float64, (SIZE, SIZE), elements=st.floats(-1e3, 1e3)),
)
def test_corrected_chances_are_chances(chances, weights) -> None:
    made = replace(correction(), weights=weights)
    found = made.corrected(chances)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    assert np.allclose(found[:, : len(CLASSES)].sum(axis=1), 1)
