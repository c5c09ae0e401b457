"""How many mentions a core scores in a second, and what the scorer's process weighs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

import psutil

from benchmarks.measure import Measure, tell
from classifiers.classifier import Reading, Sample
from classifiers.client import COMMAND, ScorerClient
from classifiers.confidentiality import find_patients
from classifiers.panel import Panel
from classifiers.settings import PanelSettings

_COUNT = 2_000
_DEEP = 600
_PAGE = 100
_ROUNDS = 3


def run() -> list[Measure]:
    """Texts a second of each part on one core (CPU time, best of three), and of the process."""
    samples = _samples()
    texts = [sample.text for sample in samples]
    panel = Panel()
    panel.warm_up()
    whole = _rate(panel.score, samples)
    plain = _rate(_tf_idf(texts), texts)
    through, megabytes, seconds = asyncio.run(_process(ScorerClient(), samples))
    deep, deep_megabytes, _ = asyncio.run(_process(_deep(), _told(samples[:_DEEP])))
    rate = "texts/s a core"
    fast = _rate(lambda page: panel.judge.judge(page, ["fr"] * len(page), explain=False), texts)
    language = _rate(lambda page: [panel.language.score(text) for text in page], texts)
    patients = _rate(lambda page: [find_patients(text) for text in page], texts)
    return [
        Measure(name="panel without the deep tier", value=whole, unit="mentions/s a core"),
        Measure(name="fast tier", value=fast, unit=rate),
        Measure(name="language", value=language, unit=rate),
        Measure(name="named patients", value=patients, unit=rate),
        Measure(name="scikit-learn's TF-IDF of words and characters", value=plain, unit=rate),
        Measure(name="panel against that TF-IDF", value=whole / plain, unit="ratio"),
        Measure(name="through the process", value=through, unit="mentions/s"),
        Measure(name="process ready", value=seconds, unit="s", at_most=6.0),
        Measure(name="process", value=megabytes, unit="MB (PSS)"),
        Measure(name="deep process", value=deep, unit="texts/s on all cores"),
        Measure(name="deep process", value=deep_megabytes, unit="MB (PSS)"),
        Measure(
            name="both processes", value=megabytes + deep_megabytes, unit="MB (PSS)", at_most=350.0
        ),
        Measure(name="a text", value=sum(map(len, texts)) / len(texts), unit="characters"),
    ]


def _samples() -> list[Sample]:
    """The project's invented posts, over and over, with figures as a network gives them."""
    corpus = files("classifiers").joinpath("training", "corpus", "train.jsonl")
    lines = [json.loads(line) for line in corpus.read_text("utf-8").splitlines()]
    readings = (Reading(age=0.0, reactions=0), Reading(age=3600.0, reactions=40, shares=3))
    return [
        Sample(
            text=f"{line['text']} {n}", network=line["network"], followers=n, readings=readings,
            usual=4.0,
        )
        for n, line in zip(range(_COUNT), lines * (_COUNT // len(lines) + 1), strict=False)
    ]  # fmt: skip


def _rate(score: Callable[[Any], object], items: Sequence[Any]) -> float:
    best = 0.0
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for first in range(0, len(items), _PAGE):
            score(items[first : first + _PAGE])
        best = max(best, len(items) / (time.process_time() - begun))
    return best


def _tf_idf(texts: Sequence[str]) -> Callable[[Sequence[str]], object]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2)).fit(texts)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).fit(texts)
    return lambda page: (words.transform(page), characters.transform(page))


def _deep() -> ScorerClient:
    settings = PanelSettings(tier="whole", languages_given=True)
    return ScorerClient(command=(*COMMAND, "--panel", settings.dump()), timeout=120.0)


def _told(samples: Sequence[Sample]) -> list[Sample]:
    """As the fast tier has read them."""
    return [replace(sample, language="fr") for sample in samples]


async def _process(client: ScorerClient, samples: Sequence[Sample]) -> tuple[float, float, float]:
    """Mentions a second, two pages in flight; PSS in MB; seconds until ready."""
    begun = time.perf_counter()
    await client.start()
    ready = time.perf_counter() - begun
    pages = [samples[first : first + _PAGE] for first in range(0, len(samples), _PAGE)]
    begun = time.perf_counter()
    for pair in zip(pages[::2], pages[1::2], strict=False):
        await asyncio.gather(*map(client.score, pair))
    rate = len(samples) / (time.perf_counter() - begun)
    memory = psutil.Process(client.pid).memory_full_info().pss / 2**20
    await client.stop()
    return rate, memory, ready


if __name__ == "__main__":
    tell(run())
