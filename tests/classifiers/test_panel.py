"""The panel: six scores a sample, in order, whatever the samples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifiers.classifier import Reading, Sample
from classifiers.panel import Panel
from classifiers.severity import weighed


@pytest.fixture(scope="module")
def panel():
    return Panel()


def by_name(row):
    return {score.classifier: score for score in row}


COMPLAINT = "C'est une honte, on nous a laissés neuf heures dans un couloir sans rien nous dire"


def test_each_sample_gets_its_scores_in_order(panel):
    rows = panel.score([Sample(text=COMPLAINT), Sample(text=""), Sample(text="merci")])
    names = ["language", "sentiment", "themes", "flags", "virality", "severity"]
    assert [[score.classifier for score in row] for row in rows] == [names] * 3


def test_no_samples_no_scores(panel):
    assert panel.score([]) == []


def test_a_page_says_what_each_sample_alone_says(panel):
    samples = [
        Sample(text=COMPLAINT, rating=1.0, followers=4000),
        Sample(text="Thank you to the nurses, they were so kind to my mother"),
        Sample(text="\ud800\x00", title="Urgences : le CHU saturé"),
        Sample(text="x" * 100_000),
        Sample(text="bravo", readings=(Reading(age=0, shares=0), Reading(age=3600, shares=90))),
    ]
    assert panel.score(samples) == [panel.score([sample])[0] for sample in samples]


def test_versions_name_every_classifier(panel):
    scores = by_name(panel.score([Sample(text=COMPLAINT)])[0])
    assert {name: score.version for name, score in scores.items()} == dict(panel.versions)


def test_a_spreading_complaint_is_graver_than_a_quiet_one(panel):
    readings = (Reading(age=0, reactions=0), Reading(age=3600, reactions=900))
    quiet, spreading = panel.score(
        [
            Sample(text=COMPLAINT),
            Sample(text=COMPLAINT, readings=readings, usual=3.0, followers=90_000),
        ]
    )
    assert by_name(spreading)["severity"].value > by_name(quiet)["severity"].value + 20


def test_a_comment_under_the_hospitals_own_page_is_about_it_whatever_its_words(panel):
    text = "Neuf heures, et personne ne s’excuse"
    (loose,), (standing,) = (
        [by_name(row)["severity"].value for row in panel.score([sample])]
        for sample in (Sample(text=text), Sample(text=text, stands=True))
    )
    assert standing >= loose


def test_scores_are_weighed_anew_as_the_panel_weighs_them(panel):
    samples = [
        Sample(text=COMPLAINT, followers=4000),
        Sample(text="il fait beau", rating=1.0),
        Sample(text="今日は病院で長い間待たされました"),
        Sample(text="On nous laisse mourir", readings=(Reading(age=0), Reading(age=9, shares=9))),
    ]
    standing = [replace(sample, stands=True) for sample in samples]
    loose = panel.score(samples)
    assert [weighed(*pair) for pair in zip(loose, standing, strict=True)] == panel.score(standing)
    assert [weighed(*pair) for pair in zip(loose, samples, strict=True)] == loose


def test_a_title_alone_is_read(panel):
    (row,) = panel.score([Sample(text="", title=COMPLAINT)])
    assert by_name(row)["sentiment"].label == "negative"


def test_one_star_without_a_word_is_a_complaint_and_five_are_praise(panel):
    labels = [
        by_name(row)["sentiment"].label
        for row in panel.score([Sample(text="", rating=stars) for stars in (1.0, 3.0, 5.0)])
    ]
    assert labels == ["negative", "neutral", "positive"]


def test_an_absurd_rating_does_not_break_the_sum(panel):
    rows = panel.score([Sample(text="bien", rating=r) for r in (-99.0, 1e30, float("nan"))])
    for row in rows:
        assert abs(sum(by_name(row)["sentiment"].probabilities.values()) - 1) < 1e-5


def test_what_nobody_can_read_is_no_complaint_unless_stars_say_so(panel):
    text = "今日は病院で長い間待たされましたが、先生はとても親切でした"
    quiet, starred = panel.score([Sample(text=text), Sample(text=text, rating=1.0)])
    assert by_name(quiet)["severity"].value == 0
    assert by_name(starred)["severity"].value > 40
