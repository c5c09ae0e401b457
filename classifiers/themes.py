"""Ce dont parle un message : dix-neuf thèmes, qui peuvent se cumuler ; un mot en passant n'en fait pas un.

waiting – Attente : délais, rendez-vous reportés ou annulés, standard qui ne répond pas.
medical_error – Erreur médicale alléguée : erreur, mauvais diagnostic, retour à domicile à tort.
hygiene – Hygiène : saleté, nuisibles, infections contractées à l'hôpital, linge, odeurs.
staff_attitude – Attitude du personnel : mépris, froideur – ou gentillesse, écoute.
staffing – Effectifs et conditions de travail : manque de soignants, lits fermés, épuisement, grève.
billing – Facturation : factures, tiers payant, remboursements, prix du parking ou de la télévision.
premises – Locaux et confort : chambres, chauffage, signalétique, accès, travaux, repas.
confidentiality – Secret médical : dossier vu ou perdu, conversation entendue, photo de patient.
cyberattack – Cyberattaque : piratage, rançon, fuite de données, hameçonnage au nom de l'hôpital.
violence – Violences : agressions, menaces, armes, violences sexuelles, contre ou par le personnel.
death – Décès : une mort, avérée ou prétendue, fait partie de l'histoire.
rumour – Affirmation à vérifier : « il paraît que », « partagez » ; aussi ce qui la dément ou l'interroge.
discrimination – Discrimination : origine, religion, sexe, handicap, poids, précarité, âge.
praise – Remerciements et éloges des soins ou des équipes.
institutional – Vie de l'institution : annonces, recherche, budget, nominations, recrutement, événements.
public_health – Santé publique : épidémies, vaccination, prévention, dépistage, don du sang.
person_in_danger – Personne en danger : propos suicidaires, menace contre quelqu'un, disparition.
personal_case – Cas personnel : quelqu'un raconte son cas ou celui d'un proche ; à traiter en privé.
recommendation_request – Demande de conseil : quel service, quel médecin choisir, vos expériences.

This module imports no numerical library, so that a process which only names themes stays small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

# Their order is stored (`pack`): a new theme is added at the end, an old one never moves.
THEMES = (
    "waiting", "medical_error", "hygiene", "staff_attitude", "staffing", "billing", "premises",
    "confidentiality", "cyberattack", "violence", "death", "rumour", "discrimination", "praise",
    "institutional", "public_health", "person_in_danger", "personal_case",
    "recommendation_request",
)  # fmt: skip

_DEFINITION = re.compile(r"^(\w+) – (.+)$", re.MULTILINE)
DEFINITIONS: Mapping[str, str] = MappingProxyType(dict(_DEFINITION.findall(__doc__ or "")))
_BIT = {theme: 1 << number for number, theme in enumerate(THEMES)}


def title(theme: str) -> str:
    """Its French name as people read it: "Affirmation à vérifier" for a rumour."""
    return DEFINITIONS[theme].partition(" : ")[0].rstrip(".")


def pack(themes: Iterable[str]) -> int:
    """A set of themes as one number, a bit each: a database counts by it in one look."""
    return sum(_BIT[theme] for theme in set(themes))


def unpack(number: int) -> tuple[str, ...]:
    """The themes of `pack`'s number, in order."""
    return tuple(theme for theme, bit in _BIT.items() if number & bit)
