"""A town's evening as a recording: a crowd, and over it many small storms that each must alert."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.load import PLACES, crowd, write_crowd

BEGIN = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)
FLOWERS = (
    *("Acacia", "Bleuet", "Camomille", "Dahlia", "Edelweiss", "Fougère", "Genêt", "Hortensia"),
    *("Iris", "Jonquille", "Lavande", "Muguet", "Narcisse", "Orchidée", "Pivoine", "Réséda"),
    *("Renoncule", "Sauge", "Tulipe", "Ulmaire", "Violette", "Wisteria", "Yucca", "Zinnia"),
    *("Anémone", "Bourrache", "Capucine", "Digitale", "Euphorbe", "Fuchsia", "Glycine", "Jasmin"),
    *("Lilas", "Mimosa", "Myosotis", "Nénuphar", "Pervenche", "Primevère", "Souci", "Trèfle"),
)
COMPLAINTS = (
    "{n} heures d'attente au pavillon {f}, c'est une honte",
    "on a laissé ma mère sur un brancard au pavillon {f}, scandaleux",
    "le pavillon {f} est sale et débordé, jamais plus",
    "personne au pavillon {f} la nuit, c'est inadmissible",
)
STORM = 8  # complaints about one pavilion, within three seconds
SHARDS = {"mastodon": "mastodon", "bluesky": "bluesky"}  # network → source; the rest is "ailleurs"
SOURCES = ("mastodon", "bluesky", "ailleurs")


def subject(flower: str) -> str:
    return f"pavillon-{FLOWERS.index(flower)}"


def evening(count: int, *, seconds: float, seed: int) -> list[dict[str, Any]]:
    """`count` mentions over `seconds`, in order, the storms' included."""
    storms = list(_storms(seconds, seed))
    calm = count - len(storms)
    around = crowd(calm, seed=seed, start=BEGIN, per_minute=calm * 60 / (seconds * 0.97))
    return sorted([*around, *storms], key=lambda item: item["published_at"])


def _storms(seconds: float, seed: int) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed + 1)
    for place, flower in enumerate(FLOWERS):
        # Two at a time: the channels' limits are met.
        begins = seconds * (0.05 + 0.85 * (place // 2) / (len(FLOWERS) / 2))
        for number in range(STORM):
            at = BEGIN + timedelta(seconds=begins + rng.uniform(0.0, 3.0))
            network = rng.choice(("mastodon", "bluesky", "facebook", "forums"))
            yield {
                "network": network,
                "external_id": f"storm-{place}-{number}",
                "kind": "post",
                "published_at": at.isoformat(),
                "url": f"https://{network}.example/s/{place}/{number}",
                "text": rng.choice(COMPLAINTS).format(n=rng.randint(3, 20), f=flower),
                "author": {"external_id": f"a{place}-{number}", "handle": f"voisin_{number}"},
            }


def write_shards(folder: Path, items: list[dict[str, Any]]) -> None:
    """One recording a source: threads stay within their network, so within their source."""
    for source in SOURCES:
        mine = (item for item in items if SHARDS.get(item["network"], "ailleurs") == source)
        write_crowd(folder / f"{source}.jsonl", mine)


def must_be_stored(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that name the hospital or a pavilion; replies to them may be stored as well."""
    named = (*PLACES, *(f"pavillon {flower}" for flower in FLOWERS))
    return [item for item in items if any(name in item["text"] for name in named)]


def config(folder: Path, *, database: str, slack: str, smtp_port: int) -> str:
    sources = "\n".join(_source(folder, name) for name in SOURCES)
    watches = "\n".join(_watch(flower) for flower in FLOWERS)
    grave = [subject(flower) for flower in FLOWERS[::2]]
    light = [subject(flower) for flower in FLOWERS[1::2]]
    return f"""
state_dir = "{folder}/state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu-valmont"
names = ["CHU de Valmont"]
aliases = ["CHU Valmont", "hôpital de Valmont"]
accounts = ["chu_valmont"]
{watches}
{sources}
[[rule]]
id = "tempete"
kind = "count"
level = "critical"
at_least = 6
window = "20s"
subjects = {grave}
[[rule]]
id = "grogne"
kind = "count"
level = "info"
at_least = 3
window = "20s"
subjects = {light + grave[::2]}
[[person]]
id = "lea"
name = "Léa Morvan"
email = "lea@chu-valmont.example"
slack = "U0LEA00001"
[[rota]]
id = "astreinte"
people = ["lea"]
starts_on = 2026-01-05
fallback = "lea"
[alerts]
mode = "live"
critical = ["slack", "email"]
info = ["slack", "email"]
fallback = "email"
team_email = "communication@chu-valmont.example"
[slack]
token = {{ env = "SLACK_TOKEN" }}
channel = "C0VALMONT01"
base_url = "{slack}"
[email]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
relay = true
sender = "veille@chu-valmont.example"
outbox = "{folder}/outbox"
[digest]
enabled = false
[service]
port = 0
log_format = "json"
[database]
url = "{database}"
"""


def _watch(flower: str) -> str:
    return f'[[watch]]\nid = "{subject(flower)}"\nkind = "topic"\nnames = ["pavillon {flower}"]'


def _source(folder: Path, name: str) -> str:
    return (
        f'[[source]]\nid = "{name}"\nconnector = "file"\nevery = "10s"\nmode = "replay"\n'
        f'path = "{folder}/{name}.jsonl"'
    )
