"""Crowds for soaks and benchmarks: any number of mentions, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

NETWORKS = ("mastodon", "bluesky", "facebook", "forums", "google_business", "wordpress")
PLACES = (
    "au CHU de Valmont",
    "à l'hôpital de Valmont",
    "aux urgences du CHU de Valmont",
    "à la maternité du CHU de Valmont",
    "au CHU Valmont",
    "en cardiologie au CHU de Valmont",
)
ELSEWHERE = ("au CHU de Brémont", "à la clinique Saint-Lubin", "au stade de l'AS Valmont")
WHO = (
    "ma mère",
    "mon père de 81 ans",
    "ma petite dernière",
    "mon voisin",
    "ma collègue",
    "mon mari",
    "mamie",
    "un ami",
)
OPENINGS = (
    "Bon.",
    "Bonjour à tous,",
    "Je raconte vite :",
    "Voilà,",
    "Alors",
    "Franchement,",
    "Pfff",
    "Petit retour :",
    "Salut,",
    "",
)
ANGRY = (
    "{n} heures d'attente {p} avec {w}, personne ne vient, c'est une honte",
    "{w} laissée sur un brancard {p}, {n} h sans boire, scandaleux",
    "accueil glacial {p}, on nous a parlé comme à des chiens",
    "dossier perdu {p}, {n} appels pour rien, je suis furieuse",
    "on a renvoyé {w} chez nous {p} avec une fracture non vue, inadmissible",
    "sale, bruyant, débordé : {n} heures {p} et toujours rien, jamais plus",
    "ils s'en foutent {p}, {w} a pleuré tout l'après-midi",
)
HAPPY = (
    "merci à toute l'équipe {p}, {w} est rentrée en pleine forme",
    "prise en charge impeccable {p} en {n} heures, bravo",
    "des soignants adorables {p}, {w} n'en revient pas",
    "opération réussie {p}, gratitude infinie pour les infirmières",
    "très bon suivi {p}, tout est expliqué, rien à redire",
)
PLAIN = (
    "quelqu'un connaît les horaires de visite {p} ?",
    "je cherche un covoiturage pour aller {p} à {n} h",
    "rdv pour {w} {p} le {n}, on se gare où ?",
    "collecte de sang {p} le {n} de 10 h à 18 h",
    "offre d'emploi {p} : {n} postes, jour et nuit",
    "passage {p} ce matin avec {w}, rien de spécial",
)
CLOSINGS = (
    "",
    "",
    " !!!",
    " 😡",
    " 🙏",
    " (et encore je suis poli)",
    " Voilà c'est dit.",
    " Bref.",
    " #CHUValmont",
    " À vous de voir.",
    " mdr",
    "… bon courage à tous",
)
DETAILS = (
    "Il faisait {n} degrés dans la salle.",
    "Le numéro {n} sur l'écran n'a pas bougé de la soirée.",
    "On était une bonne {n}aine dans le couloir.",
    "Chambre {n}, pour ceux qui connaissent.",
    "C'était la {n}e fois cette année.",
    "J'y retourne dans {n} jours.",
)


def crowd(
    count: int, *, seed: int, start: datetime, per_minute: float, angry: float = 0.3
) -> Iterator[dict[str, Any]]:
    """`count` mentions as JSONL objects in the order of their instants, `per_minute` on average.

    One in twenty is about somewhere else, one in four answers an earlier one on its network;
    `angry` is the share of complaints. Ids are distinct within a seed and between seeds.
    """
    rng = random.Random(seed)
    at = start
    threads: dict[str, list[dict[str, Any]]] = {network: [] for network in NETWORKS}
    for number in range(count):
        at += timedelta(minutes=rng.expovariate(per_minute))
        network = rng.choices(NETWORKS, weights=(30, 30, 20, 8, 6, 6))[0]
        item = _mention(rng, f"{network}-{seed}-{number}", network, at, angry)
        if threads[network] and network != "google_business" and rng.random() < 0.25:
            _answer(item, rng.choice(threads[network][-50:]))
        threads[network].append(item)
        yield item


def write_crowd(path: Path, items: Iterator[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    return path


def _mention(
    rng: random.Random, external_id: str, network: str, at: datetime, angry: float
) -> dict[str, Any]:
    mood = rng.choices((ANGRY, HAPPY, PLAIN), weights=(angry, (1 - angry) / 2, (1 - angry) / 2))[0]
    author = rng.randrange(4000)
    item = {
        "network": network,
        "external_id": external_id,
        "kind": "post",
        "published_at": at.isoformat(),
        "url": f"https://{network}.example/p/{external_id}",
        "text": _text(rng, mood),
        "author": {
            "external_id": f"{network}-a{author}",
            "handle": f"voix_{author}",
            "followers": int(rng.paretovariate(0.9) * 30),
        },
    }
    if network == "google_business":
        item["kind"] = "review"
        item["rating"] = {ANGRY: 1, HAPPY: 5}.get(mood, 3)
    return item


def _text(rng: random.Random, mood: Sequence[str]) -> str:
    place = rng.choice(ELSEWHERE if rng.random() < 0.05 else PLACES)
    said = rng.choice(mood).format(n=rng.randint(2, 29), p=place, w=rng.choice(WHO))
    parts = [rng.choice(OPENINGS), said + rng.choice(CLOSINGS)]
    if rng.random() < 0.5:
        parts.append(rng.choice(DETAILS).format(n=rng.randint(2, 99)))
    return " ".join(part for part in parts if part)


def _answer(item: dict[str, Any], above: dict[str, Any]) -> None:
    item["kind"] = "comment" if item["network"] in ("facebook", "wordpress") else "reply"
    item["parent_id"] = above["external_id"]
    item["root_id"] = above.get("root_id", above["external_id"])
