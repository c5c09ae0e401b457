"""A letter with everything that a layout knows, about the invented week of crisis, in French."""

from __future__ import annotations

from typing import Any

from listener.domain.digest import Digest
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers.content import Bar, Content, Item, Quote, Section, Table, Tile
from listener.notifiers.digest.charts import day_chart, theme_chart
from tests.listener.digests import crisis


def letter(digest: Digest | None = None, **changes: Any) -> Content:
    told = digest or crisis()
    speaker = Speaker("fr", told.period.zone)
    values: dict[str, Any] = {
        "level": Level.INFO,
        "badge": "Synthèse de la semaine",
        "title": "CHU de Valmont : semaine du 16 au 22 novembre 2026",
        "lead": "Semaine de crise : 412 mentions (en nette hausse), dont 264 négatives (65 %).",
        "preface": (
            "Une seule histoire fait 239 mentions (58 %) : attente, effectifs et décès.",
            "4 incidents, 2 appels de nuit.",
        ),
        "tiles": TILES,
        "sections": [
            Section(title="Jour par jour", key="days", brief=True, chart=day_chart(speaker, told)),
            Section(
                title="Par thème",
                key="themes",
                chart=theme_chart(speaker, told),
                table=THEMES,
                small="Une mention peut avoir plusieurs thèmes.",
            ),
            Section(title="Ce qui s’est raconté", key="stories", brief=True, items=ITEMS),
            Section(title="Incidents", key="incidents", lines=LINES),
            Section(title="Par heure", bars=BARS),
            Section(title="À lire", quotes=[POST]),
            Section(title="À faire cette semaine", key="actions", brief=True, steps=STEPS),
        ],
        "footer": (
            "Chiffres lus lundi 23 novembre à 8 h 00 (Europe/Paris). Une mention compte quand elle a été"
            " publiée ; les publications de l’hôpital ne comptent pas."
        ),
        "letter": True,
    }
    return Content(**{**values, **changes})


TILES = (
    Tile(
        label="Mentions",
        value="412",
        note="en nette hausse · semaine précédente : 131",
        arrow="up",
        small="il y a un an : 118",
    ),
    Tile(
        label="Négatives",
        value="65 %",
        note="en nette hausse · semaine précédente : 32 (24 %)",
        arrow="up",
        tone="bad",
        small="264 mentions, entre 60 % et 69 %",
    ),
    Tile(
        label="Appels de nuit",
        value="2",
        note="stable",
        arrow="level",
        small="1 fausse alerte",
    ),
    Tile(
        label="Sans réponse",
        value="67",
        note="en baisse · semaine précédente : 81",
        arrow="down",
        tone="good",
        small="plaintes, dont la plus ancienne attend depuis 5 j",
    ),
)
THEMES = Table(
    head=("Thème", "Mentions", "Avant", "Négatives"),
    rows=(
        ("Attente", "241", "25", "187 (78 %)"),
        ("Effectifs et conditions de travail", "106", "15", "74 (70 %)"),
        ("Affirmation à vérifier", "46", "0", "29 (63 %)"),
    ),
    spoken=(
        "Attente : 241 mentions (avant : 25), dont 187 négatives (78 %)",
        "Effectifs et conditions de travail : 106 mentions (avant : 15), dont 74 négatives (70 %)",
        "Affirmation à vérifier : 46 mentions (avant : 0), dont 29 négatives (63 %)",
    ),
)
ITEMS = (
    Item(
        text="« Ma mère […] a attendu neuf heures sur un brancard, une honte »",
        note="239 mentions, dont 187 négatives · nouvelle · X, Facebook et presse · 5 210 réactions,"
        " réponses et partages",
        tone="negative",
        link="https://x.example/valmont/182114",
        link_label="Lire sur X",
    ),
    Item(
        text="Merci aux sages-femmes de la maternité",
        note="Google · jeudi 19 novembre à 18 h 41",
        tone="positive",
        excerpt="« Une écoute et une douceur rares. 💙 شكرا جزيلا »",
    ),
    Item(text="Une histoire sans extrait", note="46 mentions"),
)
LINES = (
    "12. Alerte critique, Urgences : 301 mentions ; ouvert mercredi 18 novembre à 22 h 22, pris en"
    " charge en 4 min, toujours en cours.",
    "13. Alerte, Maternité : 46 mentions ; terminé vendredi 20 novembre à 16 h 00.",
)
BARS = (Bar(label="18 h", value="12", share=0.4), Bar(label="19 h", value="30", share=1.0))
POST = Quote(
    label="Facebook · publication · jeudi 19 novembre à 18 h 02",
    figures="négatif · 58 partages",
    excerpt="Il paraît que la maternité du CHU ferme lundi, à partager avant censure !",
    tone="negative",
    link="https://facebook.example/valmont/191702",
    link_label="Lire sur Facebook",
)
STEPS = (
    "Clore l’incident n° 12 (Urgences), toujours en cours : la personne d’astreinte.",
    "Faire masquer 7 publications qui peuvent révéler un patient : la déléguée à la protection des"
    " données.",
    "Répondre à 77 plaintes et cas personnels, dont le plus ancien attend depuis 5 j : la commission"
    " des usagers.",
)
