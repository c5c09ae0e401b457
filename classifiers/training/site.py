"""Learns on site what people corrected: `python -m classifiers.training.site`, run by `listener train`.

A request comes on stdin, as JSON, and nowhere else: labelled texts are not written to disk and stand on
no command line. What was learned goes into a folder of versions, as numbers; the answer on stdout
is the version's card.

The shipped weights stay as they are. A correction is laid over them (classifiers.site), and put in
force only if it is not worse than what is in force, on labels held back and on the project's test
posts, for every tier that can be had here.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from classifiers import frames, site_store  # noqa: E402
from classifiers.classifier import ModelError  # noqa: E402
from classifiers.encoder.base import Encoder, EncoderUnavailable  # noqa: E402
from classifiers.encoder.choose import deep_tier  # noqa: E402
from classifiers.encoder.onnx import OnnxEncoder  # noqa: E402
from classifiers.evaluation.paired import Pair, compare_labels, compare_tone  # noqa: E402
from classifiers.features import Floats  # noqa: E402
from classifiers.judge import HOME, Judge  # noqa: E402
from classifiers.language import UNKNOWN  # noqa: E402
from classifiers.outputs import OUTPUTS  # noqa: E402
from classifiers.settings import Tier  # noqa: E402
from classifiers.site import Correction, Site, disassemble, load_site  # noqa: E402
from classifiers.training.data import read_corpus  # noqa: E402
from classifiers.training.site_card import write_card  # noqa: E402
from classifiers.training.site_encoder import build_own, judges  # noqa: E402
from classifiers.training.site_fit import Lesson, fit  # noqa: E402
from classifiers.training.site_lesson import Labels, Read, read  # noqa: E402
from classifiers.training.site_virality import Finished, Learned, learn_heads  # noqa: E402

log = logging.getLogger(__name__)

LEAST = 40  # labelled texts
HOLDING = 0.5  # what one of the project's posts counts beside a local label
EXIT_MODEL = 3
Figures = dict[str, dict[str, dict[str, Pair]]]  # by tier, texts, figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`at`: when, as ISO 8601. `deep`: whether the deep tier is corrected, too, where it can be had.

    `own`: a folder with an encoder of the operator's, for which heads are to be learned instead.
    """

    folder: Path
    at: str
    labels: Labels
    history: Sequence[Finished] = ()
    deep: bool = True
    encoder: Path | None = None
    own: Path | None = None
    dry_run: bool = False

    @classmethod
    def load(cls, given: Mapping[str, Any]) -> Request:
        """ValueError, KeyError or TypeError where it is no request."""
        return cls(
            folder=Path(given["folder"]),
            at=str(given["at"]),
            labels=Labels.of([row for row in given["labels"] if _is_home(row["language"])]),
            history=[
                Finished(sample=frames.unpack_sample(post["sample"]), held=bool(post["held"]))
                for post in given["history"]
            ],
            deep=bool(given["deep"]),
            encoder=Path(given["encoder"]) if given["encoder"] else None,
            own=Path(given["own"]) if given.get("own") else None,
            dry_run=bool(given["dry_run"]),
        )


def train(request: Request) -> dict[str, Any]:
    """The card of what was learned, kept in the folder and put in force if it may be. ModelError."""
    before = _in_force(request.folder) or Site(version=site_store.SHIPPED)
    heads = learn_heads(request.history, before.heads)
    made, figures = before, Figures()
    if len(request.labels.texts) >= LEAST:
        made, figures = _learn_all(request, before)
    if heads.worth_it:
        made = replace(made, heads=heads.heads)
    card = _card(request, made, heads, before, figures)
    if card["verdict"] == "nothing" or request.dry_run:
        return card
    weights = _packed(made)
    card["version"] = site_store.name_of(weights, request.at[:10].replace("-", ""))
    site_store.keep(request.folder, weights, card, write_card(card))
    if card["verdict"] == "promoted":
        site_store.promote(request.folder, card["version"])
    return card


def train_own(request: Request, encoder: Encoder, folder: Path) -> dict[str, Any]:
    """Heads over an operator's own encoder, in its folder; compared with the fast tier."""
    before, after = judges(build_own(encoder, request.labels, folder))
    test, local = Labels.of_posts(read_corpus("test")), request.labels
    held = np.flatnonzero(local.held)
    one, other = (
        [read(judge, texts).chances for texts in (test, local)] for judge in (before, after)
    )
    figures: Figures = {
        "own": {
            "test": _compared(test.truth, one[0], other[0]),
            "local": _compared(local.truth[held], one[1][held], other[1][held]),
        }
    }
    site = Site(version=site_store.SHIPPED)
    card = _card(request, site, Learned(posts=0), site, figures)
    return {**card, "verdict": "own", "encoder": encoder.version, "against": []}


def _learn_all(request: Request, before: Site) -> tuple[Site, Figures]:
    """Corrections of every tier that can be had."""
    bases: dict[Tier, str] = {}
    corrections: dict[Tier, Correction] = {}
    figures: Figures = {}
    for tier, judge in _judges(request):
        kept = before.over(tier, judge.version)
        corrections[tier], figures[tier] = _learn(judge, request.labels, kept)
        bases[tier] = judge.version
    return replace(before, bases=bases, corrections=corrections), figures


def _is_home(language: str | None) -> bool:
    """What is told in another language is read by other models, which nothing is laid over."""
    return language is None or language in (HOME, UNKNOWN)


def _in_force(folder: Path) -> Site | None:
    try:
        return load_site(folder)
    except ModelError as error:
        log.warning("what is in force cannot be read and is compared with nothing: %s", error)
        return None


def _judges(request: Request) -> Iterator[tuple[Tier, Judge]]:
    yield "fast", Judge()
    deep = deep_tier(request.encoder) if request.deep else None
    if deep is not None:
        yield "whole", Judge(deep)


def _learn(
    judge: Judge, labels: Labels, before: Correction | None
) -> tuple[Correction, dict[str, dict[str, Pair]]]:
    """A correction of one tier, and what it is worth beside the one before and the shipped models."""
    local = read(judge, labels)
    correction = fit_local(local, read(judge, Labels.of_posts(read_corpus("validation"))))
    test = read(judge, Labels.of_posts(read_corpus("test")))
    held = np.flatnonzero(labels.held)
    truth, after = labels.truth[held], local.under(correction)[held]
    tested = test.under(correction)
    figures = {
        "local": _compared(truth, local.under(before)[held], after),
        "test": _compared(test.labels.truth, test.under(before), tested),
    }
    if before is not None:
        figures["test, beside the shipped"] = _compared(test.labels.truth, test.chances, tested)
    return correction, figures


def fit_local(local: Read, holding: Read) -> Correction:
    """Learned from what is not held back of `local`, beside the project's posts.

    Of those the shipped models are to say what they say: what is learned is what is different here.
    """
    taught = np.flatnonzero(~local.labels.held)
    return fit(
        Lesson(
            chances=np.vstack([local.chances[taught], holding.chances]),
            truth=np.vstack([local.labels.truth[taught], holding.chances]),
            weights=np.repeat([1.0, HOLDING], [len(taught), len(holding.chances)]),
            usual=holding.chances.mean(axis=0),
        )
    )


def _compared(truth: Any, before: Floats, after: Floats) -> dict[str, Pair]:
    found = {
        "sentiment": compare_tone(truth, before, after),
        "labels": compare_labels(truth, before, after),
    }
    return {name: pair for name, pair in found.items() if pair is not None}


def _card(
    request: Request, made: Site, heads: Learned, before: Site, figures: Figures
) -> dict[str, Any]:
    labels = request.labels
    against = [
        f"{figure} of the {tier} tier on {texts} fell from {pair.before:.3f} to {pair.after:.3f}"
        for tier, by_texts in figures.items()
        for texts, pairs in by_texts.items()
        for figure, pair in pairs.items()
        if pair.worse
    ]
    learned = bool(figures) or heads.worth_it
    return {
        "version": "",
        "trained_at": request.at,
        "bases": dict(made.bases),
        "beside": before.version,
        "labels": {
            "texts": len(labels.texts),
            "held_back": int(labels.held.sum()),
            "least": LEAST,
            "by_name": _counts(labels),
        },
        "tiers": list(figures),
        "figures": {
            tier: {texts: {k: _plain(p) for k, p in pairs.items()} for texts, pairs in by.items()}
            for tier, by in figures.items()
        },
        "virality": {
            "posts": heads.posts,
            "networks": {name: head.posts for name, head in made.heads.items()},
            "error": _plain(heads.error) if heads.error else None,
            "learned": heads.worth_it,
        },
        "verdict": "nothing" if not learned else "aside" if against else "promoted",
        "against": against,
    }


def _counts(labels: Labels) -> dict[str, int]:
    said = (labels.truth >= 0).sum(axis=0)
    named = dict(zip(OUTPUTS, said.tolist(), strict=True))
    tone = named["negative"]
    return {
        name: n for name, n in ({"sentiment": tone} | dict(list(named.items())[3:])).items() if n
    }


def _plain(pair: Pair) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(pair).items()}


def _packed(site: Site) -> bytes:
    """The weights as a file without pickle, stored rather than compressed: the same bytes again."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **disassemble(site))
    return file.getvalue()


def main() -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    try:
        request = Request.load(json.load(sys.stdin.buffer))
        own = request.own
        card = train_own(request, OnnxEncoder(own), own) if own else train(request)
    except (ModelError, EncoderUnavailable, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_MODEL
    json.dump(card, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
