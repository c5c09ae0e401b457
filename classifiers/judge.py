"""One reading of each text for all that is said of it: sentiment, themes, flags, and why.

The lexical models read every text; where a deep tier is given, its logits and theirs are fused
late, with weights learnt on texts that neither was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Score
from classifiers.confidentiality import Signals, read_signals
from classifiers.cries import LEAST, cries
from classifiers.deep import DeepTier
from classifiers.evidence import Evidence, terms
from classifiers.features import Batch, Floats, Ints, read_batch
from classifiers.fusion import SENTIMENTS
from classifiers.language import UNKNOWN
from classifiers.linear import LinearModel, load
from classifiers.outputs import CLASSES, OUTPUTS
from classifiers.text import tidy
from classifiers.themes import THEMES

if TYPE_CHECKING:
    from classifiers.site import Correction

MODELS = {"fr": "lexical-fr"} | dict.fromkeys(("en", "de", "it", "es", "pt"), "lexical-multi")
LEANING = 0.2  # chance from which a text of unknown language is read as one of these, not as HOME
HOME = "fr"  # what a text too short to tell its language is read as: a French hospital's mentions
BATCH_CHARS = 60_000  # judged at once: some 400 bytes a character are needed meanwhile
PLAIN = 0.7  # P(neutral) from which nobody asks why
RAISED = 0.5  # probability from which a theme or a flag is explained
DANGER = OUTPUTS.index("person_in_danger")
SIGNALS = Signals.__slots__
_SIGNALS_OF = attrgetter(*SIGNALS)


def read_as(language: Score) -> str:
    """What a text is read as, of its "language" score: the one told, else what it may well be."""
    if language.label != UNKNOWN:
        return language.label or UNKNOWN
    chances = {code: p for code, p in language.probabilities.items() if code in MODELS}
    code = max(chances, key=chances.__getitem__, default=UNKNOWN)
    return code if chances.get(code, 0.0) >= LEANING else UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of one text. `version` names the models that spoke; None where none could.

    `labels` is empty where no model that read the text knows them.
    """

    version: str | None = None
    sentiment: tuple[float, float, float] | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)  # by output


class Judge:
    """Lexical models by language, a deep tier or none, and what was learned on site, or nothing."""

    def __init__(
        self,
        deep: DeepTier | None = None,
        models: Mapping[str, LinearModel] | None = None,
        site: Correction | None = None,
    ) -> None:
        self.deep = deep
        self.site = site
        self._given = models

    @cached_property
    def models(self) -> Mapping[str, LinearModel]:
        """By language. ModelError if a file is missing or altered."""
        if self._given is not None:
            return self._given
        loaded = {name: load(name) for name in dict.fromkeys(MODELS.values())}
        return {language: loaded[name] for language, name in MODELS.items()}

    def warm_up(self) -> None:
        """Load every model now. ModelError if a file is missing or altered."""
        _ = self.models

    @property
    def version(self) -> str:
        """Of what reads French; a judgement tells the version of what made it."""
        return self._version(self.models[HOME])

    def judge(
        self, texts: Sequence[str], languages: Sequence[str], *, explain: bool = True
    ) -> list[Judgement]:
        """One judgement a text; `languages` as the language classifier's labels say.

        `explain`: with the terms that drove what is not plainly neutral.
        """
        found = [Judgement()] * len(texts)
        said = [i for i, text in enumerate(texts) if text and not text.isspace()]
        deep = self._deep_logits(texts, said)
        for (model, language), indexes in self._readers(said, languages).items():
            for part, judgements in self._read(model, language, indexes, texts, deep, explain):
                for i, judgement in zip(part, judgements, strict=True):
                    found[i] = judgement
        return found

    def _deep_logits(self, texts: Sequence[str], said: Sequence[int]) -> Floats | None:
        if self.deep is None:
            return None
        logits = np.zeros((len(texts), self.deep.columns))
        logits[list(said)] = self.deep.logits([texts[i] for i in said])
        return logits

    def _readers(
        self, said: Sequence[int], languages: Sequence[str]
    ) -> dict[tuple[LinearModel | None, str], list[int]]:
        """Texts by the model that reads them, and by language as far as a tier tells them apart."""
        readers: dict[tuple[LinearModel | None, str], list[int]] = {}
        tongues = self.deep.tongues if self.deep else ()
        for i in said:
            language = HOME if languages[i] == UNKNOWN else languages[i]
            reader = (self.models.get(language), language if language in tongues else "")
            readers.setdefault(reader, []).append(i)
        return readers

    def _read(
        self,
        model: LinearModel | None,
        language: str,
        indexes: Sequence[int],
        texts: Sequence[str],
        deep: Floats | None,
        explain: bool,
    ) -> Iterator[tuple[Sequence[int], list[Judgement]]]:
        if model is None:
            if self.deep is not None and deep is not None:
                chances = self.deep.alone(deep[indexes], signals([texts[i] for i in indexes]))
                yield indexes, _judgements(chances, self.deep.version, OUTPUTS, None)
            return
        for part in pages(texts, indexes):
            batch = read_batch([tidy(texts[i]) for i in part], model.lexicon)
            decisions = model.decide(batch)
            outputs: Sequence[str] = OUTPUTS
            if self.deep is not None and deep is not None:
                found = signals([texts[i] for i in part])
                chances = self.deep.fused(
                    decisions, deep[part], found, labels=model.knows_labels, language=language
                )
            elif model.knows_labels:
                chances = model.calibrated(decisions, signals([texts[i] for i in part]))
            else:
                chances, outputs = model.calibrated(decisions), CLASSES
            if self.site is not None and model.knows_labels:
                chances = self.site.corrected(chances)
            if model.knows_labels:
                _heed_cries(chances, [texts[i] for i in part])
            evidence = Reasons(model, batch, chances) if explain else None
            yield part, _judgements(chances, self._version(model), outputs, evidence)

    def _version(self, model: LinearModel) -> str:
        tiers = f"{model.version}+{self.deep.version}" if self.deep else model.version
        return f"{tiers}@{self.site.version}" if self.site and model.knows_labels else tiers


@dataclass(frozen=True, slots=True)
class Reasons:
    """Finds the terms that drove what is worth explaining of a batch."""

    model: LinearModel
    batch: Batch
    chances: Floats

    def all(self) -> list[dict[str, Evidence]]:
        """By text: the sentiment's terms, the likeliest theme's, those of a flag that is raised."""
        found: list[dict[str, Evidence]] = [{} for _ in range(self.batch.size)]
        told = self.chances[:, CLASSES.index("neutral")] < PLAIN
        self._add(found, self.chances[:, :SENTIMENTS].argmax(axis=1), told)
        if self.model.knows_labels:
            labels = self.chances[:, SENTIMENTS : SENTIMENTS + len(THEMES)]
            self._add(found, labels.argmax(axis=1) + SENTIMENTS, labels.max(axis=1) >= RAISED)
            toxic = np.full(self.batch.size, OUTPUTS.index("toxicity"))
            self._add(found, toxic, self.chances[:, toxic[0]] >= RAISED)
        return found

    def _add(
        self, found: list[dict[str, Evidence]], chosen: Ints, wanted: NDArray[np.bool_]
    ) -> None:
        """`chosen`: a text's output among OUTPUTS."""
        if not wanted.any():
            return
        places = {k: self.model.place(OUTPUTS[k]) for k in np.unique(chosen[wanted]).tolist()}
        at = np.array([places.get(k, 0) for k in chosen.tolist()])
        said = terms(self.model, self.batch, at, wanted)
        for i in np.flatnonzero(wanted).tolist():
            if said[i]:
                found[i][OUTPUTS[int(chosen[i])]] = said[i]


def pages(texts: Sequence[str], indexes: Sequence[int]) -> Iterator[list[int]]:
    """An ordinary page at once; one of long reads in several parts, so that memory is bounded."""
    part: list[int] = []
    size = 0
    for i in indexes:
        length = min(len(texts[i]), BATCH_CHARS)
        if part and size + length > BATCH_CHARS:
            yield part
            part, size = [], 0
        part.append(i)
        size += length
    if part:
        yield part


def signals(texts: Sequence[str]) -> Floats:
    """What a search for names, numbers and roles found: len(texts) × SIGNALS, 0 or 1."""
    found = [_SIGNALS_OF(read_signals(text)) for text in texts]
    return np.array(found, dtype=np.float64).reshape(len(texts), len(SIGNALS))


def _heed_cries(chances: Floats, texts: Sequence[str]) -> None:
    """Raise, in place, the danger of texts whose very words tell of it."""
    cried = np.array([cries(text) for text in texts], dtype=bool)
    chances[cried, DANGER] = np.maximum(chances[cried, DANGER], LEAST)


def _judgements(
    chances: Floats, version: str, outputs: Sequence[str], reasons: Reasons | None
) -> list[Judgement]:
    evidence = reasons.all() if reasons else [{} for _ in chances]
    return [
        Judgement(
            version=version,
            sentiment=_three(row),
            labels=dict(zip(outputs[SENTIMENTS:], row[SENTIMENTS:], strict=False)),
            evidence=why,
        )
        for row, why in zip(np.round(chances, 6).tolist(), evidence, strict=True)
    ]


def _three(row: Sequence[float]) -> tuple[float, float, float]:
    """The sentiments, summing to 1 after rounding."""
    return row[0], round(1 - row[0] - row[2], 6), row[2]
