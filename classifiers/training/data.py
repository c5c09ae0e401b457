"""The training data: read, checked, never shipped."""

from __future__ import annotations

import csv
import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Lexicon, token_hash
from classifiers.outputs import CLASSES, LABELS
from classifiers.text import fold

LEXICONS = Path("sentiment/lexicons")
TWEETS = Path("sentiment/umsab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Texts and their sentiments, of one origin."""

    texts: list[str]
    labels: list[str]

    def __add__(self, other: Labelled) -> Labelled:
        return Labelled(texts=self.texts + other.texts, labels=self.labels + other.labels)


def read_tweets(data: Path, language: str, part: str) -> Labelled:
    """UMSAB (Barbieri et al. 2022): 0 negative, 1 neutral, 2 positive, a line each."""
    folder = data / TWEETS / language
    texts = (folder / f"{part}_text.txt").read_text("utf-8").rstrip("\n").split("\n")
    numbers = (folder / f"{part}_labels.txt").read_text("utf-8").split()
    if len(texts) != len(numbers):
        raise ValueError(f"{folder}: {len(texts)} texts for {len(numbers)} labels in {part}")
    return Labelled(texts=texts, labels=[CLASSES[int(number)] for number in numbers])


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of the project's own corpus, with its settled labels."""

    id: str
    writer: str
    network: str
    text: str
    sentiment: str
    themes: tuple[str, ...]
    flags: tuple[str, ...]  # among private, off, toxic
    spans: tuple[tuple[int, int], ...]  # characters that reveal who is a patient

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each of LABELS holds."""
        flags = {
            "patient_privacy": "private" in self.flags,
            "about_hospital": "off" not in self.flags,
            "toxicity": "toxic" in self.flags,
        }
        return np.array([label in self.themes or flags.get(label, False) for label in LABELS])


def read_corpus(part: str) -> list[Post]:
    """The invented posts of a part: "train", to choose ("validation"), to measure ("test", "outside")."""
    lines = files("classifiers").joinpath("training", "corpus", f"{part}.jsonl").read_text("utf-8")
    posts = []
    for line in lines.splitlines():
        post = json.loads(line)
        post["spans"] = tuple((a, b) for a, b in post["spans"])
        posts.append(Post(**post | {k: tuple(post[k]) for k in ("themes", "flags")}))
    return posts


def sentiments(posts: Sequence[Post]) -> Labelled:
    """The posts as texts with their sentiments."""
    return Labelled(texts=[p.text for p in posts], labels=[p.sentiment for p in posts])


def read_toxic(data: Path) -> tuple[list[str], list[bool]]:
    """ToxiFrench: French forum messages, and whether each is toxic."""
    with gzip.open(
        data / "sentiment/toxicity_fr/toxifrench.csv.gz", "rt", encoding="utf-8"
    ) as file:
        rows = list(csv.DictReader(file))
    return [row["content"] for row in rows], [row["label"] == "1" for row in rows]


def read_lexicon(data: Path) -> Lexicon:
    """VADER-fr, AFINN-fr, Pattern-fr: the mean valence of each token; the project's own prevails."""
    return _lexicon(_entries(data / LEXICONS), dict(_own_entries()))


def read_emoji(data: Path) -> Lexicon:
    """Emoji alone, which every language shares."""
    folder = data / LEXICONS / "vader_fr"
    vader = dict(_vader(folder / "fr_lexicon.txt"))
    own = {word: valence for word, valence in _own_entries() if not word[0].isascii()}
    return _lexicon(_emoji(folder / "emojis_fr.txt", vader), own)


def _lexicon(entries: Iterable[tuple[str, float]], own: Mapping[str, float]) -> Lexicon:
    found: dict[int, list[float]] = defaultdict(list)
    for word, valence in entries:
        found[token_hash(word)].append(min(max(valence, -1.0), 1.0))
    means = {number: round(sum(v) / len(v), 3) for number, v in found.items()}
    means |= {token_hash(word): valence for word, valence in own.items()}
    hashes = np.array(sorted(n for n, v in means.items() if n and v), dtype=np.uint64)
    valences = np.array([means[int(n)] for n in hashes], dtype=np.float32)
    return Lexicon(hashes=hashes, valences=valences)


def _entries(folder: Path) -> Iterator[tuple[str, float]]:
    vader = dict(_vader(folder / "vader_fr/fr_lexicon.txt"))
    yield from vader.items()
    yield from _emoji(folder / "vader_fr/emojis_fr.txt", vader)
    for word, points in json.loads((folder / "afinn_fr/AFINN-fr.json").read_text("utf-8")).items():
        yield word, points / 4
    # A published lexicon given on the command line by who trains: not untrusted input.
    for word in ET.parse(folder / "pattern_fr/fr-sentiment.xml").getroot():  # noqa: S314
        yield word.attrib["form"], float(word.attrib["polarity"])


def _own_entries() -> Iterator[tuple[str, float]]:
    lines = files("classifiers").joinpath("training", "corpus", "lexicon.tsv").read_text("utf-8")
    for line in lines.splitlines():
        word, _, valence = line.partition("\t")
        if not word.startswith("#"):
            yield word, float(valence)


def _vader(path: Path) -> Iterator[tuple[str, float]]:
    for line in path.read_text("utf-8").splitlines():
        match = re.fullmatch(r"(.+)->(-?[\d.]+)", line.strip())
        if match:
            yield match[1].strip(), float(match[2]) / 3


def _emoji(path: Path, vader: dict[str, float]) -> Iterator[tuple[str, float]]:
    """An emoji is worth what the words of its description are."""
    folded = {fold(word): valence for word, valence in vader.items()}
    for line in path.read_text("utf-8").splitlines():
        emoji, _, description = line.partition("\t")
        known = [folded[w] for w in fold(description.lower()).split() if w in folded]
        if known:
            yield emoji.replace("\ufe0f", ""), sum(known) / len(known)
