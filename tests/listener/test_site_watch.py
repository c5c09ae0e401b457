"""A scorer takes up what came into force, and goes on with what it has where that cannot be read."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers import site_store
from classifiers.classifier import Sample
from classifiers.client import ScorerClient
from classifiers.judge import Judge
from classifiers.outputs import OUTPUTS
from classifiers.settings import PanelSettings
from classifiers.site import Correction, Site
from classifiers.training.site import _packed
from listener.app.site import SiteWatch


@pytest.fixture
async def scorer(tmp_path: Path) -> AsyncIterator[ScorerClient]:
    panel = replace(PanelSettings(), site=tmp_path).dump()
    client = ScorerClient(command=(sys.executable, "-m", "classifiers.worker", "--panel", panel))
    yield client
    await client.stop()


def kept(folder: Path) -> str:
    size = len(OUTPUTS)
    made = Correction(version="", usual=np.zeros(size), weights=np.zeros((size, size)))
    site = Site(version="", bases={"fast": Judge().version}, corrections={"fast": made})
    weights = _packed(site)
    version = site_store.name_of(weights, "20261129")
    card = {"version": version, "trained_at": "2026-11-29", "verdict": "promoted"}
    site_store.keep(folder, weights, card, "")
    site_store.promote(folder, version)
    return version


async def said_by(scorer: ScorerClient) -> str:
    (scores,) = await scorer.score([Sample(text="Merci au CHU", language="fr")])
    return next(score.version for score in scores if score.classifier == "sentiment")


async def test_a_version_that_comes_into_force_is_taken_up_and_one_that_is_broken_tried_once(
    scorer: ScorerClient, tmp_path: Path
) -> None:
    watch = SiteWatch()
    await watch.renew(scorer, tmp_path)
    assert scorer.pid is None  # not started for its own sake
    assert "@" not in await said_by(scorer)
    first = scorer.pid
    await watch.renew(scorer, tmp_path)
    assert scorer.pid == first
    version = kept(tmp_path)
    await watch.renew(scorer, tmp_path)
    assert (await said_by(scorer)).endswith(f"@{version}")
    second = scorer.pid
    await watch.renew(scorer, tmp_path)
    assert scorer.pid == second
    (tmp_path / version / "weights.npz").unlink()
    site_store.roll_back(tmp_path)
    await watch.renew(scorer, tmp_path)
    assert "@" not in await said_by(scorer)
    (tmp_path / site_store.CURRENT).write_text(f"{version}\n")
    for _ in range(3):
        await watch.renew(scorer, tmp_path)
        assert "@" not in await said_by(scorer)
    third = scorer.pid
    await watch.renew(scorer, tmp_path)
    assert scorer.pid == third
    assert scorer.restarts == 0
