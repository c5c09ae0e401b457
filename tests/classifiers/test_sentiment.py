"""French sentiment: right on what is plain, steady on what is wild, and honest about its files."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.sentiment import CLASSES, SentimentClassifier
from tests.classifiers.wild import WILD

POSITIVE = [
    "Merci à toute l'équipe des urgences, vous êtes formidables",
    "Un immense merci aux infirmières, elles ont été adorables avec maman",
    "Accueil parfait, médecin à l'écoute, je recommande",
]
NEGATIVE = [
    "Honteux ! Neuf heures d'attente, personnel désagréable, plus jamais",
    "C'est un scandale, on a laissé mon père seul dans un couloir toute la nuit",
    "Médecin odieux, chambre sale, je porte plainte",
]
NEUTRAL = [
    "Le CHU de Valmont annonce l'ouverture d'un service d'oncologie le 3 mars",
    "Les visites sont autorisées de 13 h à 20 h",
    "Le conseil de surveillance se réunira mardi",
]


@pytest.fixture(scope="module")
def classifier():
    return SentimentClassifier()


@pytest.mark.parametrize(
    ("text", "label"),
    [(t, "positive") for t in POSITIVE]
    + [(t, "negative") for t in NEGATIVE]
    + [(t, "neutral") for t in NEUTRAL],
)
def test_what_is_plain_is_read_right(classifier, text, label):
    assert classifier.scores([text])[0].label == label


def test_wild_texts_have_probabilities_that_sum_to_one(classifier):
    for score in classifier.scores(list(WILD.values())):
        assert tuple(score.probabilities) == CLASSES
        assert abs(sum(score.probabilities.values()) - 1) < 1e-5
        assert all(0 <= p <= 1 for p in score.probabilities.values())


def test_a_batch_says_what_each_text_alone_says(classifier):
    texts = POSITIVE + list(WILD.values()) + NEGATIVE + NEUTRAL
    assert classifier.scores(texts) == [classifier.scores([text])[0] for text in texts]


def test_a_page_of_long_reads_is_judged_in_parts_that_change_nothing(classifier):
    texts = [
        f"{n} " + "la soignante fut charmante, l'attente fut longue. " * 120 for n in range(25)
    ]
    texts.insert(7, "merci")
    assert classifier.scores(texts) == [classifier.scores([text])[0] for text in texts]
    assert len(classifier.predict_proba(texts)) == len(texts)


def test_the_order_of_a_batch_does_not_matter(classifier):
    texts = POSITIVE + NEGATIVE + list(WILD.values())
    assert classifier.scores(texts[::-1]) == classifier.scores(texts)[::-1]


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(codec=None), max_size=80), max_size=5))
def test_any_text_is_scored(texts):
    shared = _shared()
    scores = shared.scores(texts)
    assert scores == [shared.scores([text])[0] for text in texts]
    assert all(abs(sum(s.probabilities.values()) - 1) < 1e-5 for s in scores)


def test_repeating_a_word_endlessly_does_not_make_it_certain(classifier):
    once, often = (
        classifier.predict_proba(["attente " * n])[0, CLASSES.index("negative")] for n in (1, 5000)
    )
    assert abs(often - once) < 0.6


def test_predict_proba_has_a_row_a_text(classifier):
    probabilities = classifier.predict_proba(POSITIVE)
    assert probabilities.shape == (len(POSITIVE), len(CLASSES))
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_the_evidence_names_the_words_that_spoke(classifier):
    (score,) = classifier.scores(["C'est une honte, neuf heures d'attente"])
    terms = [reason.detail for reason in score.reasons]
    assert {"honte", "attente"} & set(terms)
    assert all(reason.code == "negative_words" for reason in score.reasons)
    assert 0 < sum(reason.share for reason in score.reasons) <= 1.001


def test_the_evidence_never_names_a_person(classifier):
    (score,) = classifier.scores(["Martine Kowalczyk est une honte, merci Sophie et Jean"])
    assert not {"martine", "kowalczyk", "sophie", "jean"} & {r.detail for r in score.reasons}


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("Thank you so much to the wonderful nurses, I love you all!", "en", "positive"),
        ("Worst hospital ever, they are horrible and I hate it", "en", "negative"),
        ("Vielen Dank, das war super, ich freue mich so", "de", "positive"),
        ("Das ist eine Katastrophe, echt scheiße und traurig", "de", "negative"),
    ],
)
def test_the_plainest_of_other_languages_is_read(classifier, text, language, label):
    (score,) = classifier.scores([text], [language])
    assert score.label == label
    assert score.version.startswith("lexical-multi-")


def test_a_language_no_model_reads_is_not_judged(classifier):
    (score,) = classifier.scores(["Zostawili nas na korytarzu przez całą noc"], ["pl"])
    assert score.version == "none"
    assert score.reasons[0].code == "unread_language"
    assert max(score.probabilities.values()) < 0.4


def test_an_empty_text_is_not_judged(classifier):
    (score,) = classifier.scores(["  \n"])
    assert score.version == "none"
    assert score.reasons[0].code == "no_text"


@pytest.mark.soak
@pytest.mark.skipif("LISTENER_DATA" not in os.environ, reason="LISTENER_DATA is not set")
def test_training_everything_again_makes_the_same_bits(tmp_path):
    names = ("lexical-fr", "lexical-multi", "deep-e5", "deep-use", "virality")
    command = [sys.executable, "-m", "classifiers.training", "--out", str(tmp_path), "--only"]
    subprocess.run([*command, *names, "--data", os.environ["LISTENER_DATA"]], check=True)
    models = Path(str(files("classifiers").joinpath("models")))
    for name in (f"{name}.{kind}" for name in names for kind in ("npz", "md")):
        assert (tmp_path / name).read_bytes() == (models / name).read_bytes(), name


def _shared(cache={}) -> SentimentClassifier:  # noqa: B006
    return cache.setdefault("classifier", SentimentClassifier())
