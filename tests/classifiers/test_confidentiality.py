"""Who may be recognised is found, whatever the register; and the detector is linear in the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.confidentiality import find_patients, mask_patients

NAMED = {
    "Mme Martin en chambre 12": "Mme […] en chambre 12",
    "mon voisin Jean Dupont est hospitalisé": "mon voisin […] est hospitalisé",
    "mon voisin jean dupont est hospitalisé": "mon voisin […] est hospitalisé",
    "ma patiente Mme L. va mieux": "ma patiente Mme […] va mieux",
    "vu mme durand ce matin en cardio": "vu mme […] ce matin en cardio",
    "Merci au Dr Lefèvre et à l'équipe": "Merci au Dr […] et à l'équipe",
    "M. de La Tour est sorti": "M. […] est sorti",
    "Le dossier de Kowalczyk traînait au comptoir": "Le dossier de […] traînait au comptoir",
    "Le patient Ahmed Ben Salah est décédé": "Le patient […] est décédé",
    "Soignée par Sophie aux urgences": "Soignée par […] aux urgences",
    "Josette Legrand-Morel a été opérée hier": "[…] a été opérée hier",
    "MON VOISIN JEAN DUPONT EST HOSPITALISE DEPUIS HIER AU SOIR": (
        "MON VOISIN […] EST HOSPITALISE DEPUIS HIER AU SOIR"
    ),
    "m. dupont du 12 est tombé du lit": "m. […] du 12 est tombé du lit",
    "sophie l'infirmière de nuit m'a sauvé": "[…] l'infirmière de nuit m'a sauvé",
    "@Dominique Azéma faut pas mettre ça ici": "@[…] faut pas mettre ça ici",
    "Anne-So a accouché hier": "[…] a accouché hier",
    "Zinedine est sorti de l'hôpital": "[…] est sorti de l'hôpital",
    "le cas Vincent L. fait parler": "le cas […] fait parler",
    "La petite Léa est toujours en réa": "La petite […] est toujours en réa",
    "Patient : DURAND Michel, lit 4": "Patient : […], lit 4",
    "l’infirmière Marie-Thérèse D’Almeida m’a soignée": "l’infirmière […] m’a soignée",
}

NUMBERS = {
    "appelez le 06 12 34 56 78": "phone",
    "tel +33 6 12 34 56 78": "phone",
    "au 022 372 33 11": None,  # a Swiss switchboard: may be masked, need not be
    "joindre prenom.nom@mail.example svp": "email",
    "sécu 2 48 03 75 123 456 78": "nir",
    "née le 12/03/1948": "birth_date",
    "né le 3 mars 1950": "birth_date",
    "DDN : 01.02.1999": "birth_date",
}

NOBODY = [
    "Neuf heures d'attente aux urgences du CHU de Valmont, une honte",
    "Madame la Directrice, monsieur le maire, bonjour",
    "Hospitalisée à Épinal depuis lundi",
    "J'ai attendu 12 heures en chambre 114, prix 60 € pour 3 jours",
    "Le CHU de Valmont ouvre un service de cardiologie en Septembre",
    "L'Agence Régionale de Santé a inspecté le service de Chirurgie Digestive",
    "Visites : 2 personnes max ? Mon frère arrive de loin #Solidarité hôpital",
    "Docteur, vous êtes nul. Merci Docteur !",
    "J'habite rue Pasteur, près de l'hôpital Saint-Roch",
    "Merci à tous. Vraiment. Patients et soignants méritent mieux",
]


@pytest.mark.parametrize("text", NAMED)
def test_a_named_person_near_care_is_masked(text):
    assert mask_patients(text) == NAMED[text]


@pytest.mark.parametrize("text", [text for text, kind in NUMBERS.items() if kind])
def test_numbers_and_addresses_that_identify_are_masked(text):
    assert [span.kind for span in find_patients(text)] == [NUMBERS[text]]


@pytest.mark.parametrize("text", NOBODY)
def test_a_text_that_names_nobody_is_left_alone(text):
    assert mask_patients(text) == text


def test_spans_are_those_of_the_text_given():
    text = "Hier 👩‍⚕️ mon voisin Jean Dupont, né le 12/03/1948, a été opéré"
    assert [text[s.start : s.end] for s in find_patients(text)] == ["Jean Dupont", "12/03/1948"]


@given(st.text(st.characters(codec=None), max_size=400))
def test_spans_of_any_text_are_ordered_and_disjoint(text):
    end = 0
    for span in find_patients(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


HUGE = [
    "a" * 100_000,
    "A " * 50_000,
    "Mme " * 25_000,
    "1 " * 50_000,
    "0123456789" * 10_000,
    "Jean Dupont patient " * 5_000,
    "née le " * 14_000,
    "a@" * 50_000,
    "a.b-" * 25_000,
    "é-" * 50_000,
    "\x00\ud800" * 50_000,
    "de La " * 16_000,
]


@pytest.mark.parametrize("text", HUGE, ids=range(len(HUGE)))
def test_a_hundred_kilobytes_take_no_time(text):
    began = time.process_time()
    find_patients(text)
    assert time.process_time() - began < 2.0
