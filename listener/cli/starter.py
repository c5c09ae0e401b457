"""A hospital's first config.toml: public sources that need no key, and the rest ready to fill in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

TEMPLATE = Path(__file__).parent / "templates" / "config.toml.j2"
GENERIC = frozenset(
    {"chu", "chr", "ch", "hopital", "l hopital", "clinique", "urgences", "maternite", "samu"}
)
MASTODON = (
    "https://mastodon.social",
    "https://piaille.fr",
    "https://mamot.fr",
    "https://framapiaf.org",
)
# Overseas territories keep their own zone and are subdivisions of France to a calendar of holidays.
OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "YT": "976"}
NEWS = {
    "FR": ("hl=fr&gl=FR&ceid=FR:fr", "fr-FR"),
    "CH": ("hl=fr&gl=CH&ceid=CH:fr", "fr-CH"),
    "BE": ("hl=fr&gl=BE&ceid=BE:fr", "fr-BE"),
    "CA": ("hl=fr-CA&gl=CA&ceid=CA:fr", "fr-CA"),
}
PRESS = {
    "FR": (
        "https://www.francetvinfo.fr/sante.rss",
        "https://www.lemonde.fr/sante/rss_full.xml",
        "https://www.ouest-france.fr/rss/une",
        "https://actu.fr/rss.xml",
    ),
}
MOST_NAMES = 8  # in one news search: engines cut longer ones
_NOT_LETTERS = re.compile(r"[\W_]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What `listener init` asked."""

    name: str
    aliases: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    town: str = ""
    timezone: str = "Europe/Paris"
    language: str = "fr"


def is_generic(name: str) -> bool:
    """Whether a name alone means every hospital's: "CHU", "l'hôpital"."""
    from listener.domain.watch import fold

    return fold(name) in GENERIC


def starter(answers: Answers) -> str:
    """The file's whole text."""
    from jinja2 import Environment, StrictUndefined

    country, subdivision = _place(answers.timezone)
    names = list(dict.fromkeys((answers.name, *answers.aliases)))
    query = quote_plus(" OR ".join(f'"{name}"' for name in names[:MOST_NAMES]))
    google, market = NEWS.get(country, NEWS["FR"])
    # TOML is written, not HTML: `toml` quotes every value.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    environment.filters["toml"] = toml
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        answers=answers,
        hashtags=hashtags(names),
        google_news=f"https://news.google.com/rss/search?q={query}&{google}",
        bing_news=f"https://www.bing.com/news/search?q={query}&format=rss&mkt={market}",
        press=PRESS.get(country, ()),
        instances=MASTODON,
        town_tag=_NOT_LETTERS.sub("", answers.town),
        country=country,
        subdivision=subdivision,
    )


def hashtags(names: Sequence[str]) -> list[str]:
    """As people write them: "CHU de Valmont" → CHUdeValmont."""
    found = (_NOT_LETTERS.sub("", name) for name in names if len(name.split()) > 1)
    return list(dict.fromkeys(tag for tag in found if tag))


def toml(value: str | Sequence[str]) -> str:
    """A basic string, or a list of them, one a line where they are long."""
    if isinstance(value, str):
        # A JSON string without control characters is a TOML basic string.
        return json.dumps(_CONTROLS.sub(" ", value).strip(), ensure_ascii=False)
    items = [toml(item) for item in value]
    line = f"[{', '.join(items)}]"
    return line if len(line) <= 90 else "[\n    " + ",\n    ".join(items) + ",\n]"


def _place(timezone: str) -> tuple[str, str | None]:
    """Country and subdivision of a calendar of public holidays."""
    from babel.core import get_global
    from holidays import list_supported_countries

    territory = get_global("zone_territories").get(timezone, "FR")
    if territory in OVERSEAS:
        return "FR", OVERSEAS[territory]
    return (territory if territory in list_supported_countries() else "FR"), None
