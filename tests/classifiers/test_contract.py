"""What every classifier keeps, whatever it says. A new one is a line in CASES."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from classifiers.classifier import Reading, Sample
from classifiers.deep import DeepTier, load_deep
from classifiers.encoder.base import EncoderUnavailable
from classifiers.encoder.e5 import E5Encoder
from classifiers.frames import pack_scores, unpack_scores
from classifiers.judge import MODELS, Judge
from classifiers.language import LanguageClassifier
from classifiers.linear import load as load_linear
from classifiers.outputs import FLAGS
from classifiers.panel import Panel
from classifiers.sentiment import SentimentClassifier
from classifiers.severity import Told, severity
from classifiers.topics import TopicClassifier
from classifiers.virality.experts import load as load_experts
from classifiers.virality.forecast import THRESHOLDS, Forecast
from classifiers.virality.forecaster import Forecaster
from tests.classifiers.tiers import LetterEncoder, heads, letter_tier, shelve
from tests.classifiers.wild import WILD

PLAIN = (
    "Merci à toute l'équipe des urgences, vous êtes formidables",
    "Honteux ! Neuf heures d'attente, mon père seul dans un couloir",
    "Le conseil de surveillance du CHU de Valmont se réunira mardi",
    "We waited nine hours and nobody told us anything",
    "Zostawili nas na korytarzu przez całą noc",
    "@chu_valmont #HopitalEnColere https://valmont.example/a?b=c",
)
SINGLE_PRECISION = 1e-4  # an encoder's sums depend on the batch in their last bits

Folder = Path | None  # of weights; None for the shipped ones


@cache
def judge_models(folder: Folder) -> Mapping[str, Any]:
    return {language: load_linear(name, folder) for language, name in MODELS.items()}


def fast(folder: Folder) -> Judge:
    return Judge(models=judge_models(folder))


def letters(folder: Folder) -> Judge:
    """With the encoder in miniature."""
    deep = load_deep(LetterEncoder(), "letters", folder) if folder else letter_tier()
    return Judge(deep, judge_models(folder))


def whole(folder: Folder) -> Judge:
    """With the multilingual encoder; what it remembers of earlier texts is forgotten."""
    return Judge(multilingual(folder), judge_models(folder))


def multilingual(folder: Folder) -> DeepTier:
    try:
        return load_deep(e5(), "e5", folder)
    except EncoderUnavailable as error:
        pytest.skip(str(error))


@cache
def e5() -> E5Encoder:
    return E5Encoder()


class Forecasts:
    """The forecaster's chances that posts, as many as texts, reach each threshold."""

    classes_ = tuple(map(str, THRESHOLDS))

    def __init__(self, folder: Folder) -> None:
        self.forecaster = Forecaster(load_experts(folder))

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        found = self.forecaster.forecasts([sample(text) for text in texts])
        assert all(isinstance(forecast, Forecast) for forecast in found)
        rows = [[forecast.reaching[n] for n in THRESHOLDS] for forecast in found]
        return np.array(rows).reshape(len(texts), len(THRESHOLDS))


class Severities:
    """Severity as a fraction of its 100 points."""

    classes_ = ("severity",)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        told = [Told(negative=len(text) % 11 / 10, themes={"death": 0.5}) for text in texts]
        scores = [severity(sample(text), one) for text, one in zip(texts, told, strict=True)]
        return np.array([score.value or 0 for score in scores]).reshape(len(texts), 1) / 100


def sample(text: str) -> Sample:
    """A post whose figures are as different as the texts' lengths."""
    speed = 10 + len(text) % 997
    readings = tuple(Reading(age=300.0 * k, shares=speed * k) for k in range(1, 6))
    network = ("", "mastodon", "facebook")[len(text) % 3]
    rating = float(1 + len(text) % 5)
    return Sample(
        text=text, network=network, rating=rating, followers=len(text) ** 3, readings=readings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`make`: a fresh classifier, with `classes_` and `predict_proba`, from a folder of weights."""

    make: Callable[[Folder], Any]
    sums: bool = True  # the classes exclude one another
    tolerance: float = 0.0  # between one batch and another
    options: Mapping[str, Any] = field(default_factory=dict)  # of `predict_proba`
    cut: int | None = None  # characters of a text that are given, where reading is slow

    def texts(self) -> list[str]:
        return [text[: self.cut] for text in (*PLAIN, *WILD.values())]

    def ask(self, texts: Sequence[str], folder: Folder = None) -> np.ndarray:
        """What a classifier says that has met no text before."""
        found: np.ndarray = self.make(folder).predict_proba(texts, **self.options)
        return found

    def same(self, found: np.ndarray, expected: np.ndarray) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=self.tolerance)


# fmt: off
CASES = {
    "language": Case(make=lambda _: LanguageClassifier()),
    "sentiment, fast": Case(make=lambda f: SentimentClassifier(fast(f))),
    "sentiment, fast, English": Case(make=lambda f: SentimentClassifier(fast(f)), options={"language": "en"}),
    "sentiment, whole": Case(make=lambda f: SentimentClassifier(letters(f)), tolerance=SINGLE_PRECISION),
    "sentiment, whole, English": Case(make=lambda f: SentimentClassifier(letters(f)), options={"language": "en"}, tolerance=SINGLE_PRECISION),
    "sentiment, deep alone": Case(make=lambda f: SentimentClassifier(letters(f)), options={"language": "pl"}, tolerance=SINGLE_PRECISION),
    "sentiment, multilingual": Case(make=lambda f: SentimentClassifier(whole(f)), tolerance=SINGLE_PRECISION, cut=60),
    "themes, fast": Case(make=lambda f: TopicClassifier(judge=fast(f)), sums=False),
    "themes, whole": Case(make=lambda f: TopicClassifier(judge=letters(f)), sums=False, tolerance=SINGLE_PRECISION),
    "flags, fast": Case(make=lambda f: TopicClassifier(FLAGS, fast(f)), sums=False),
    "flags, whole": Case(make=lambda f: TopicClassifier(FLAGS, letters(f)), sums=False, tolerance=SINGLE_PRECISION),
    "virality": Case(make=Forecasts, sums=False),
    "severity": Case(make=lambda _: Severities(), sums=False),
}
# fmt: on


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def case(request) -> Case:
    return request.param


@pytest.fixture(scope="module")
def page(case) -> np.ndarray:
    """What is said of all texts at once."""
    return case.ask(case.texts())


@pytest.fixture(scope="module")
def alone(case) -> Callable[[str], np.ndarray]:
    """What another classifier says, that is asked text by text."""
    classifier = case.make(None)
    return lambda text: classifier.predict_proba([text], **case.options)[0]


@pytest.fixture(scope="module")
def reshelved(tmp_path_factory) -> Path:
    """The shipped weights, each array read without pickle and written again."""
    folder = tmp_path_factory.mktemp("shelf")
    for path in Path(str(files("classifiers").joinpath("models"))).glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            shelve(folder, path.stem, dict(arrays))
    shelve(folder, "deep-letters", heads(LetterEncoder.width))
    return folder


def test_a_row_a_text_and_a_column_a_class(case, page):
    classes = case.make(None).classes_
    assert len(set(classes)) == len(classes) > 0
    assert all(isinstance(name, str) for name in classes)
    assert page.shape == (len(case.texts()), len(classes))


def test_no_text_no_row(case):
    assert case.ask([]).shape == (0, len(case.make(None).classes_))


def test_probabilities_are_fractions(page):
    assert np.isfinite(page).all()
    assert page.min() >= 0
    assert page.max() <= 1


def test_classes_that_exclude_one_another_sum_to_one(case, page):
    if case.sums:
        np.testing.assert_allclose(page.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", WILD)
def test_a_wild_text_alone_says_what_it_says_in_a_page(case, page, alone, name):
    row = len(PLAIN) + list(WILD).index(name)
    case.same(alone(case.texts()[row]), page[row])


def test_plain_texts_alone_say_what_they_say_in_a_page(case, page, alone):
    for text, row in zip(case.texts()[: len(PLAIN)], page, strict=False):
        case.same(alone(text), row)


def test_the_order_of_a_page_does_not_matter(case, page):
    order = np.random.default_rng(1).permutation(len(page))
    case.same(case.ask([case.texts()[i] for i in order]), page[order])


def test_a_text_that_stands_twice_in_a_page_is_judged_twice_the_same(case):
    first, _, again = case.ask([PLAIN[1], PLAIN[0], PLAIN[1]])
    np.testing.assert_array_equal(first, again)


def test_asked_again_it_says_the_same(case, page):
    np.testing.assert_array_equal(case.ask(tuple(case.texts())), page)
    classifier = case.make(None)
    first, second = (classifier.predict_proba(PLAIN, **case.options) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_written_as_plain_arrays_and_read_again_it_says_the_same(case, page, reshelved):
    np.testing.assert_array_equal(case.ask(case.texts(), reshelved), page)


def test_weights_are_plain_numbers_and_names(reshelved):
    for path in reshelved.glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert {array.dtype.kind for array in arrays.values()} <= set("biufUS"), path.name


@pytest.mark.parametrize("judge", [fast, letters])
def test_scores_survive_the_wire(judge):
    rows = Panel(judge=judge(None)).score([sample(text) for text in (*PLAIN, *WILD.values())])
    assert unpack_scores(orjson.loads(orjson.dumps(pack_scores(rows)))) == rows


def test_a_text_never_reaches_a_log(caplog, capfd):
    Panel(judge=letters(None)).score([Sample(text=text) for text in (*PLAIN, *WILD.values())])
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")
