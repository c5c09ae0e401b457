"""How many mentions a core scores in a second, and what the scorer's process weighs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import psutil

from classifiers.classifier import Reading, Sample
from classifiers.client import ScorerClient
from classifiers.confidentiality import find_patients
from classifiers.panel import Panel

_COUNT = 2_000
_PAGE = 100
_ROUNDS = 3


def run() -> dict[str, float | str]:
    """Texts a second of each part on one core (CPU time, best of three), and of the process."""
    samples = _samples()
    texts = [sample.text for sample in samples]
    panel = Panel()
    panel.warm_up()
    whole = _rate(panel.score, samples)
    plain = _rate(_tf_idf(texts), texts)
    through, megabytes, seconds = asyncio.run(_process(samples))
    return {
        "scoring panel (mentions/s)": round(whole),
        "scoring sentiment (texts/s)": round(_rate(panel.sentiment.scores, texts)),
        "scoring language (texts/s)": round(
            _rate(lambda page: [panel.language.score(text) for text in page], texts)
        ),
        "scoring named patients (texts/s)": round(
            _rate(lambda page: [find_patients(text) for text in page], texts)
        ),
        "scoring scikit-learn's TF-IDF of words and characters alone (texts/s)": round(plain),
        "scoring panel against that TF-IDF (ratio)": round(whole / plain, 2),
        "scoring through the process (mentions/s, wall)": round(through),
        "scoring process ready (s)": round(seconds, 2),
        "scoring process (MB, PSS)": round(megabytes),
        "scoring text (characters, mean)": round(sum(map(len, texts)) / len(texts)),
    }


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
