"""How many Jetstream events a core reads and matches in a second, on frames of realistic size and mix."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import orjson

from benchmarks.measure import Measure, tell
from connectors.bluesky.jetstream import Frames
from listener.domain.watch import Watch, Watcher

_COUNT = 60_000
_QUICK = 20_000
_ROUNDS = 3
_HANDLES = {"did:plc:chuvalmont": "chu.valmont.example"}
_TOWNS = (
    "Valmont Brassac Eauclaire Fontenille Grandrieu Hautmesnil Jonquères Lormoy Mirecourt Noyelles"
)
_NAMES = ("CHU de", "hôpital de", "urgences de", "maternité de", "clinique de")
_WORDS = (
    "le la les un une des et mais donc pour avec sans dans sur hier demain matin soir enfin encore "
    "jamais toujours monde ville train pluie café chat match film livre photo merci bravo honte "
    "attente heures personne rien tout besoin question réponse journée semaine travail école 😀 🎉 "
    "the a of and to in is you that it he was for on are with as his they at be this have from"
)


def run(*, quick: bool) -> list[Measure]:
    """Events a second, best of three rounds: v1 and v2 frames, and the share that was kept."""
    generator = random.Random(7)
    v1 = [_frame(generator, number) for number in range(_QUICK if quick else _COUNT)]
    v2 = [_framed(frame) for frame in v1]
    watcher = _watcher()
    rate_v1, kept = _measure(v1, watcher.keep)
    rate_v2, _ = _measure(v2, watcher.keep)
    rate, target = "events/s a core", 30_000.0
    return [
        Measure(name="Jetstream v1, parse and match", value=rate_v1, unit=rate, at_least=target),
        Measure(name="Jetstream v2, parse and match", value=rate_v2, unit=rate, at_least=target),
        Measure(name="a frame", value=sum(map(len, v1)) / len(v1), unit="bytes"),
        Measure(name="kept", value=100 * kept / len(v1), unit="%"),
    ]


def _measure(frames: Sequence[str], keep: Callable[[str], bool]) -> tuple[float, int]:
    best, kept = 0.0, 0
    for _ in range(_ROUNDS):
        reader, kept = Frames(keep, _HANDLES, ("chu-valmont.example",)), 0
        at = datetime.now(UTC)
        begun = time.process_time()
        for frame in frames:
            reader.feed(frame)
            if reader.batch.full:
                kept += _flush(reader, at)
        kept += _flush(reader, at)
        best = max(best, len(frames) / (time.process_time() - begun))
    return best, kept


def _flush(reader: Frames, at: datetime) -> int:
    batch = reader.take()
    batch.deletions(at)
    return len(batch.mentions)


def _watcher() -> Watcher:
    """Ten hospitals of five names each."""
    return Watcher(
        [
            Watch(id=f"chu-{number}", names=tuple(f"{name} {town}" for name in _NAMES))
            for number, town in enumerate(_TOWNS.split())
        ]
    )


def _frame(generator: random.Random, number: int) -> str:
    """4 events in 5 create a post, most others delete one; as many replies and cards as seen live."""
    did = f"did:plc:{generator.getrandbits(120):024x}"[:32]
    event = {"did": did, "time_us": 1_772_438_400_000_000 + number * 20_000}
    draw = generator.random()
    if draw < 0.03:
        account = {"active": draw > 0.005, "did": did, "seq": number, "status": "deactivated"}
        return _dump({**event, "kind": "account", "account": account})
    commit: dict[str, object] = {
        "rev": "3ldyqkx2zws2u",
        "collection": "app.bsky.feed.post",
        "rkey": f"3l{number:011d}",
    }
    if draw < 0.20:
        return _dump({**event, "kind": "commit", "commit": {**commit, "operation": "delete"}})
    commit |= {"operation": "create", "record": _record(generator), "cid": "bafyrei" + "a" * 52}
    return _dump({**event, "kind": "commit", "commit": commit})


def _record(generator: random.Random) -> dict[str, object]:
    words = generator.choices(_WORDS.split(), k=generator.randint(4, 45))
    if generator.random() < 0.001:
        words.insert(0, "Le CHU de Valmont")
    record: dict[str, object] = {
        "$type": "app.bsky.feed.post",
        "createdAt": "2026-03-02T08:00:00.123Z",
        "langs": ["fr"],
        "text": " ".join(words)[:300],
    }
    if generator.random() < 0.45:
        post = {
            "cid": "bafyrei" + "b" * 52,
            "uri": "at://did:plc:" + "c" * 24 + "/app.bsky.feed.post/3l",
        }
        record["reply"] = {"parent": post, "root": post}
    draw = generator.random()
    if draw < 0.2:
        blob: dict[str, object] = {
            "$type": "blob",
            "mimeType": "image/jpeg",
            "ref": {"$link": "bafkrei" + "d" * 52},
        }
        image = {"alt": "", "aspectRatio": {"height": 1, "width": 1}, "image": blob}
        record["embed"] = {"$type": "app.bsky.embed.images", "images": [image]}
    elif draw < 0.35:
        card = {
            "uri": "https://example.com/article",
            "title": " ".join(words[:8]),
            "description": "",
        }
        record["embed"] = {"$type": "app.bsky.embed.external", "external": card}
    if draw < 0.25:
        tag = {"$type": "app.bsky.richtext.facet#tag", "tag": "photo"}
        record["facets"] = [{"features": [tag], "index": {"byteStart": 0, "byteEnd": 4}}]
    return record


def _framed(frame: str) -> str:
    event = orjson.loads(frame)
    kind = "network.bsky.jetstream.subscribeEvents#" + event["kind"]
    time_text = datetime.fromtimestamp(event["time_us"] / 1e6, UTC).isoformat(
        timespec="microseconds"
    )
    payload = {"$type": kind, "seq": event["time_us"], "did": event["did"], "time": time_text}
    inner = event["commit"] if event["kind"] == "commit" else {"account": event["account"]}
    return _dump({"$type": "message", "payload": {**payload, **inner}})


def _dump(event: dict[str, object]) -> str:
    return orjson.dumps(event).decode()


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
