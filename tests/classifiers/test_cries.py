"""The plainest words of danger are heeded, whatever the models make of the rest."""

from __future__ import annotations

import time

import pytest

from classifiers.cries import LEAST, cries
from classifiers.judge import Judge

CRIES = [
    "je vais me foutre en l'air, personne répond au CHU, adieu",
    "J’ai envie d’en finir, le service psy ne rappelle pas",
    "plus la force de continuer, 3h que j'attends",
    "je vais te buter toi et ta collègue à la sortie",
    "le vigile on connaît ta caisse",
    "on vous attend dehors, les blouses blanches",
    "Avis de recherche : elle a quitté le service psy en pyjama",
]
CALM = [
    "Neuf heures d'attente, j'ai cru mourir d'ennui",
    "cette musique d'attente va me tuer",
    "On vous attend pour la journée portes ouvertes",
    "Je vous retrouve en pleine forme, merci docteur",
    "Mon père est mort au CHU il y a dix ans",
    "",
]


@pytest.mark.parametrize("text", CRIES)
def test_the_plainest_words_of_danger_are_found(text):
    assert cries(text)


@pytest.mark.parametrize("text", CALM)
def test_a_manner_of_speaking_is_no_cry(text):
    assert not cries(text)


def test_the_judge_takes_a_cry_for_a_danger():
    texts = [*CRIES, *CALM]
    found = Judge().judge(texts, ["fr"] * len(texts))
    assert all(one.labels["person_in_danger"] >= LEAST for one in found[: len(CRIES)])


@pytest.mark.parametrize(
    "text", ["je vais me " * 20_000, "disparu " * 20_000, "on sait où ta " * 9_000]
)
def test_endless_texts_are_read_in_no_time(text):
    began = time.process_time()
    cries(text)
    assert time.process_time() - began < 0.5
