"""Learning on site, by the fast tier: what is learned, what is measured, and what takes over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers import site_store
from classifiers.classifier import Reading, Sample
from classifiers.deep import load_deep
from classifiers.evaluation.paired import Pair, compare_labels, compare_tone
from classifiers.judge import Judge
from classifiers.outputs import LABELS, OUTPUTS
from classifiers.site import load_site
from classifiers.site_store import SHIPPED
from classifiers.training import site, site_encoder
from classifiers.training.data import Post, read_corpus
from classifiers.training.site_lesson import Labels, Read, read
from classifiers.training.site_virality import Finished, learn_heads

AT = "2026-11-29T08:00:00+00:00"
POSTS = read_corpus("train")[:160]


def rows(posts: Sequence[Post], change: Callable[[dict[str, str]], None] = lambda _: None) -> Any:
    """Everything is said of each post, a quarter of them held back."""
    found = []
    for number, post in enumerate(posts):
        word = dict(zip(LABELS, np.where(post.labels, "yes", "no").tolist(), strict=True))
        word["sentiment"] = post.sentiment
        change(word)
        found.append({"text": post.text, "language": "fr", "word": word, "held": number % 4 == 0})
    return found


def asked(folder: Path, labels: Any, **values: Any) -> site.Request:
    given = {"folder": str(folder), "at": AT, "labels": labels, "history": [], "deep": False}
    return site.Request.load({**given, "encoder": None, "dry_run": False, **values})


@pytest.fixture(autouse=True)
def _few_posts_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough to go through every step, in little time."""
    few = {part: read_corpus(part)[::4] for part in ("validation", "test")}
    monkeypatch.setattr(site, "read_corpus", few.__getitem__)


def praise_is_institutional(word: dict[str, str]) -> None:
    """A convention of this hospital's."""
    if word["praise"] == "yes":
        word["institutional"] = "yes"


def test_a_convention_of_the_hospital_s_is_learned(tmp_path: Path) -> None:
    card = site.train(asked(tmp_path, rows(POSTS, praise_is_institutional)))
    local = card["figures"]["fast"]["local"]["labels"]
    assert local["after"] > local["before"] + 0.02


def test_what_is_not_worse_takes_over_and_is_kept_with_its_figures(tmp_path: Path) -> None:
    card = site.train(asked(tmp_path, rows(POSTS)))
    assert (card["labels"]["texts"], card["labels"]["held_back"]) == (160, 40)
    assert card["verdict"] == "promoted", card["against"]
    assert site_store.current(tmp_path) == card["version"]
    assert site_store.read_card(tmp_path, card["version"])["figures"] == card["figures"]
    assert "90 % of a paired bootstrap" in (tmp_path / card["version"] / "card.md").read_text()


def test_the_same_labels_teach_the_same_bits(tmp_path: Path) -> None:
    one, two = (site.train(asked(tmp_path / name, rows(POSTS))) for name in ("one", "two"))
    assert one["version"] == two["version"]


def test_what_is_worse_is_kept_aside_with_its_reasons(tmp_path: Path) -> None:
    def wrong(word: dict[str, str]) -> None:
        turned = {"negative": "positive", "positive": "negative", "neutral": "neutral"}
        word["sentiment"] = turned[word["sentiment"]]

    labels = rows(POSTS, wrong)
    card = site.train(asked(tmp_path, labels))
    assert card["verdict"] == "aside"
    assert any("sentiment" in reason and "test" in reason for reason in card["against"])
    assert site_store.current(tmp_path) == SHIPPED
    assert [c["version"] for c in site_store.versions(tmp_path)] == [card["version"]]


def test_too_few_labels_teach_nothing(tmp_path: Path) -> None:
    card = site.train(asked(tmp_path, rows(POSTS[: site.LEAST - 1])))
    assert (card["verdict"], card["figures"]) == ("nothing", {})
    assert site_store.versions(tmp_path) == []


def test_texts_in_other_languages_are_left_to_the_models_that_read_them(tmp_path: Path) -> None:
    labels = [{**row, "language": "en"} for row in rows(POSTS)]
    assert site.train(asked(tmp_path, labels))["labels"]["texts"] == 0


def test_a_dry_run_measures_and_keeps_nothing(tmp_path: Path) -> None:
    card = site.train(asked(tmp_path / "models", rows(POSTS), dry_run=True))
    assert card["figures"]
    assert not (tmp_path / "models").exists()


def test_a_second_training_is_compared_with_the_first_and_with_what_is_shipped(
    tmp_path: Path,
) -> None:
    first = site.train(asked(tmp_path, rows(POSTS)))
    second = site.train(asked(tmp_path, rows(POSTS[:120])))
    assert second["beside"] == first["version"]
    assert set(second["figures"]["fast"]) == {"local", "test", "test, beside the shipped"}


def test_what_is_not_said_of_a_text_teaches_nothing_of_it(tmp_path: Path) -> None:
    labels = [{**row, "word": {"sentiment": row["word"]["sentiment"]}} for row in rows(POSTS)]
    card = site.train(asked(tmp_path, labels))
    assert card["labels"]["by_name"] == {"sentiment": 160}
    assert "labels" not in card["figures"]["fast"]["local"]


def test_without_labels_nothing_is_added_to_what_the_shipped_models_say() -> None:
    judge = Judge()
    nobody = Read(labels=Labels.of([]), chances=np.zeros((0, len(OUTPUTS))))
    posts = read(judge, Labels.of_posts(POSTS[:40]))
    found = site.fit_local(nobody, posts)
    assert np.abs(found.corrected(posts.chances) - posts.chances).max() < 1e-3


def test_no_text_and_no_word_is_in_what_is_kept(tmp_path: Path) -> None:
    posts = [replace(post, text=f"{post.text} Zébulonnerie") for post in POSTS]
    card = site.train(asked(tmp_path, rows(posts)))
    kept = b"".join(path.read_bytes() for path in (tmp_path / card["version"]).iterdir())
    assert b"bulonnerie" not in kept
    found = load_site(tmp_path, card["version"])
    assert found is not None
    assert found.corrections["fast"].weights.shape == (len(OUTPUTS), len(OUTPUTS))


def watched(number: int, final: int, network: str = "mastodon") -> Finished:
    """A post that always gains three times as much as it had after an hour."""
    ages = (600, 1800, 3600, 4 * 3600, 12 * 3600, 30 * 3600)
    shares = (0.1, 0.2, 0.33, 0.6, 0.9, 1.0)
    readings = [Reading(age=a, shares=int(final * s)) for a, s in zip(ages, shares, strict=True)]
    return Finished(
        sample=Sample(text="CHU", network=network, hour=12.0, readings=readings),
        held=number % 4 == 0,
    )


def test_finished_posts_teach_forecasts_and_too_few_do_not(tmp_path: Path) -> None:
    history = [watched(n, 60 + 5 * n) for n in range(80)]
    learned = learn_heads(history, {})
    assert learned.worth_it
    assert learned.error is not None
    assert learned.error.after < learned.error.before
    assert not learn_heads(history[:20], {}).worth_it
    packed = [{"sample": site.frames.pack_sample(p.sample), "held": p.held} for p in history]
    card = site.train(asked(tmp_path, [], history=packed))
    assert (card["verdict"], card["virality"]["networks"]) == ("promoted", {"mastodon": 60})
    found = load_site(tmp_path)
    assert found is not None
    assert set(found.heads) == {"mastodon"}


def test_a_request_comes_by_standard_input_and_the_card_by_standard_output(tmp_path: Path) -> None:
    request = {
        "folder": str(tmp_path), "at": AT, "labels": rows(POSTS[:5]), "history": [],
        "deep": False, "encoder": None, "dry_run": False,
    }  # fmt: skip
    command = [sys.executable, "-m", "classifiers.training.site"]
    done = subprocess.run(
        command, input=json.dumps(request).encode(), capture_output=True, check=True
    )
    assert json.loads(done.stdout)["verdict"] == "nothing"


class Halves:
    """An encoder that only tells how long a text is, and how many marks it holds."""

    version, width = "halves-1", 8

    def read(self, texts: Sequence[str]) -> Any:
        rows = [[len(t), *(t.count(mark) for mark in "!?.,éàm")] for t in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.width)

    encode = read


def test_heads_over_an_encoder_of_the_operator_s_own_are_kept_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {part: read_corpus(part)[::8] for part in ("train", "validation", "test")}
    monkeypatch.setattr(site_encoder, "read_corpus", few.__getitem__)
    card = site.train_own(asked(tmp_path, rows(POSTS[:20])), Halves(), tmp_path)
    assert (card["verdict"], card["encoder"]) == ("own", "halves-1")
    assert set(card["figures"]["own"]) == {"test", "local"}
    tier = load_deep(Halves(), "own", tmp_path)
    (found,) = Judge(tier).judge(["Merci au CHU"], ["fr"])
    assert found.version is not None
    assert "+halves-1-" in found.version


def chances(*tones: tuple[float, float, float]) -> Any:
    return np.array([[*tone, *[0.0] * len(LABELS)] for tone in tones])


def test_a_model_that_is_wrong_where_the_other_was_right_is_worse() -> None:
    good, bad = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)
    truth = np.full((60, len(OUTPUTS)), -1, dtype=np.int8)
    truth[:, :3] = [1, 0, 0]
    one, other = chances(*[good] * 60), chances(*[good] * 50, *[bad] * 10)
    pair = compare_tone(truth, one, other)
    assert isinstance(pair, Pair)
    assert (pair.n, pair.worse) == (60, True)
    same = compare_tone(truth, one, one)
    assert same is not None
    assert (same.low, same.high, same.worse) == (0.0, 0.0, False)
    assert compare_labels(truth, one, one) is None


@pytest.mark.parametrize(("wrong", "worse"), [(5, False), (40, True)])
def test_a_loss_that_nobody_would_notice_is_none(wrong: int, worse: bool) -> None:
    good, bad = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)
    truth = np.full((1000, len(OUTPUTS)), -1, dtype=np.int8)
    truth[:, :3] = [1, 0, 0]
    other = chances(*[good] * (1000 - wrong), *[bad] * wrong)
    pair = compare_tone(truth, chances(*[good] * 1000), other)
    assert pair is not None
    assert pair.high < 0
    assert pair.worse is worse
