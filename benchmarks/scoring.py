"""How many mentions a core scores in a second, and what the scorer's process weighs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import psutil

from benchmarks.measure import Measure, tell
from classifiers.classifier import Reading, Sample
from classifiers.client import ScorerClient
from classifiers.confidentiality import find_patients
from classifiers.panel import Panel

_COUNT = 2_000
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
    through, megabytes, seconds = asyncio.run(_process(samples))
    rate = "texts/s a core"
    sentiment = _rate(panel.sentiment.scores, texts)
    language = _rate(lambda page: [panel.language.score(text) for text in page], texts)
    patients = _rate(lambda page: [find_patients(text) for text in page], texts)
    return [
        Measure(name="whole panel", value=whole, unit="mentions/s a core"),
        Measure(name="sentiment", value=sentiment, unit=rate),
        Measure(name="language", value=language, unit=rate),
        Measure(name="named patients", value=patients, unit=rate),
        Measure(name="scikit-learn's TF-IDF of words and characters", value=plain, unit=rate),
        Measure(name="whole panel against that TF-IDF", value=whole / plain, unit="ratio"),
        Measure(name="through the process", value=through, unit="mentions/s"),
        Measure(name="process ready", value=seconds, unit="s", at_most=6.0),
        Measure(name="process", value=megabytes, unit="MB (PSS)"),
        Measure(name="a text", value=sum(map(len, texts)) / len(texts), unit="characters"),
    ]


def _samples() -> list[Sample]:
    """The project's invented posts, over and over, with figures as a network gives them."""
    corpus = files("classifiers").joinpath("training", "corpus")
    lines = [
        json.loads(line)
        for part in ("train", "test")
        for line in corpus.joinpath(f"{part}.jsonl").read_text("utf-8").splitlines()
    ]
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


async def _process(samples: Sequence[Sample]) -> tuple[float, float, float]:
    """Mentions a second, two pages in flight; PSS in MB; seconds until ready."""
    client = ScorerClient()
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
