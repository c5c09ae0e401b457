"""Who may be recognised is found, whatever the register; and the detector is linear in the text."""

from __future__ import annotations

import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.confidentiality import find_patients, mask_patients, read_signals

NAMED = {
    "Mme Martin en chambre 12": "Mme […] en […]",
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
    "m. dupont du 12 est tombé du lit": "m. […] du […] est tombé du lit",
    "sophie l'infirmière de nuit m'a sauvé": "[…] l'infirmière de nuit m'a sauvé",
    "@Dominique Azéma faut pas mettre ça ici": "@[…] faut pas mettre ça ici",
    "Anne-So a accouché hier": "[…] a accouché hier",
    "Zinedine est sorti de l'hôpital": "[…] est sorti de l'hôpital",
    "le cas Vincent L. fait parler": "le cas […] fait parler",
    "La petite Léa est toujours en réa": "La petite […] est toujours en réa",
    "Patient : DURAND Michel, lit 4": "Patient : […], […]",
    "l’infirmière Marie-Thérèse D’Almeida m’a soignée": "l’infirmière […] m’a soignée",
}

TOLD = {
    "B.T., 43 ans, dialysé": "[…], […], dialysé",
    "Wagner S. ch 12, sortie mardi": "[…] […], sortie mardi",
    "Je m'appelle Bernard Tissot, 63 ans, de Corbelin, opéré du genou": (
        "Je m'appelle […], […], […], opéré du genou"
    ),
    "Accueil parfait. A. Wyss": "Accueil parfait. […]",
    "Photo : Augustin Vray, 7 ans, et sa perfusion": "Photo : […], […], et sa perfusion",
    "Bienvenue à Maëlys Célestin, née hier à la maternité": (
        "Bienvenue à […], née hier à la maternité"
    ),
    "ma tante josette vasseur a été amputée": "ma tante […] a été amputée",
    "Des nouvelles de notre facteur Gégé, en réa": "Des nouvelles de […] […], en réa",
    "Ma nièce Coralie, celle du garage, a été opérée": "Ma nièce […], […], a été opérée",
    "le maire de Corbelin est en réa depuis hier": "[…] est en réa depuis hier",
    "la boulangère de la place a été opérée": "[…] a été opérée",
    "le prof de SVT du lycée Arago est en psy": "[…] est en psy",
    "le capitaine de l'équipe est aux urgences": "[…] est aux urgences",
    "la femme du pharmacien de Corbelin a accouché": "[…] a accouché",
    "la dame du 209 est morte cette nuit": "la […] est morte cette nuit",
    "@zoe.tricote est sortie de chimio hier": "[…] est sortie de chimio hier",
    "Dossier n° 0047719, perdu deux fois": "Dossier n° […], perdu deux fois",
    "My husband John Miller was a patient there": "My husband […] was a patient there",
    "mia madre Giulia Conti è ricoverata": "mia madre […] è ricoverata",
    "mi madre Carmen Ruiz está ingresada": "mi madre […] está ingresada",
    "minha mãe Teresa Lopes foi operada": "minha mãe […] foi operada",
    "mein Vater Jürgen Krause wurde operiert": "mein […] wurde operiert",
    "Mon père Abdelkader Benali est hospitalisé": "Mon père […] est hospitalisé",
}

REPLIES = {
    "Bonjour Madame Perrin, nous avons relu votre dossier.": ("Bonjour […], nous avons relu […]."),
    "Suite à votre passage aux urgences, Léa, nous vous écrivons.": (
        "Suite à […], […], nous vous écrivons."
    ),
    "Bonjour @zoe.tricote, désolés que votre césarienne se soit mal passée.": (
        "Bonjour […], désolés que […] se soit mal passée."
    ),
    "Bonjour Léane, vous avez été reçue le 2 avril.": "Bonjour […], […].",
}

CARERS = [
    "Merci au Dr Lefèvre et à l'équipe",
    "L'infirmière Sophie Marchand m'a soignée",
    "Merci à l'équipe du docteur Roux et à Sophie",
    "Le porte-parole, Jean Morel, annonce la fermeture des urgences",
    "Soignée par Karim Haddad, infirmier de nuit",
    "les docteurs Roux, Carlin et Morel m'ont opérée",
]

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
    "Le directeur de l'hôpital parle des urgences",
    "Merci @chu_corbelin pour la prise en charge aux urgences",
    "Rue du Docteur Roux, près de la clinique Édouard Belin",
    "Bonjour, écrivez-nous en message privé, nous vous répondrons.",
    "Ma cure de désintox à l'hôpital, le médecin, la mort de mon père",
    "Diagnostic tombé. Infarctus, trois stents à la clinique",
]

SIGNALS = [
    (
        "Ma tante Odile Ferrand, 81 ans, a été opérée",
        "named full_name introduced cared_for detailed",
    ),
    ("Merci au Dr Lefèvre pour ses soins", "carer_only"),
    ("le maire de Corbelin est en réa", "role"),
    ("@zoe.tricote sort de chimio", "handle"),
    ("Dossier n° 0047719 égaré par la clinique", "numbered"),
    ("Bonjour, écrivez-nous, nous vous répondrons.", "reply"),
    ("Attente interminable aux urgences", ""),
]


@pytest.mark.parametrize("text", NAMED)
def test_a_named_person_near_care_is_masked(text):
    assert mask_patients(text) == NAMED[text]


@pytest.mark.parametrize("text", TOLD)
def test_whoever_is_told_by_role_room_age_or_place_is_masked(text):
    assert mask_patients(text) == TOLD[text]


@pytest.mark.parametrize("text", REPLIES)
def test_a_reply_that_confirms_care_is_masked(text):
    assert mask_patients(text) == REPLIES[text]
    assert read_signals(text).reply_confirms


@pytest.mark.parametrize("text", CARERS)
def test_carers_are_masked_but_told_apart(text):
    assert {span.kind for span in find_patients(text)} == {"carer"}


@pytest.mark.parametrize(("text", "raised"), SIGNALS)
def test_signals_say_what_the_spans_are(text, raised):
    assert {name for name, on in asdict(read_signals(text)).items() if on} == set(raised.split())


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
    "Bonjour votre séjour vous avez été opéré " * 2_500,
    "@jean " * 16_000,
    "le maire de " * 8_000,
    "la fille du maire opéré de la " * 3_000,
    "Léa, 7 ans, " * 8_000,
    "Léa (" * 20_000,
    "Léa" + " " * 100_000,
    "chambre 12 lit 4 " * 6_000,
    "dossier n° " * 9_000,
    "A. " * 33_000,
    "A.B. " * 20_000,
    "M. " * 33_000,
    "jean, " * 16_000,
    "1" * 100_000,
    "1-" * 50_000,
    "votre " * 16_000,
    " ".join(
        f"Nom{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(9_000)
    ),
]


@pytest.mark.parametrize("text", HUGE, ids=range(len(HUGE)))
def test_a_hundred_kilobytes_take_no_time(text):
    began = time.process_time()
    read_signals(text)
    assert time.process_time() - began < 2.0
