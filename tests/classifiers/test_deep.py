"""The deep tier reads a text once, remembers the latest, and speaks with the words or alone."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers import deep
from classifiers.deep import assemble
from classifiers.judge import Judge
from classifiers.outputs import CLASSES, INNER, LABELS
from tests.classifiers.tiers import LetterEncoder, heads, letter_tier
from tests.classifiers.wild import WILD


def test_a_text_met_lately_is_not_encoded_again():
    tier = letter_tier()
    first = tier.logits(["merci", "honte", "merci"])
    again = tier.logits(["honte", "nuit", "merci"])
    assert tier.encoder.asked == ["merci", "honte", "nuit"]
    np.testing.assert_array_equal(first[[1, 0]], again[[0, 2]])
    np.testing.assert_array_equal(first[0], first[2])


def test_the_texts_longest_unmet_are_forgotten(monkeypatch):
    monkeypatch.setattr(deep, "CACHED", 2)
    tier = letter_tier()
    tier.logits(["a", "b"])
    tier.logits(["a", "c"])
    tier.logits(["b", "a"])
    assert tier.encoder.asked == ["a", "b", "c", "b"]


def test_a_page_larger_than_the_memory_is_answered_whole(monkeypatch):
    monkeypatch.setattr(deep, "CACHED", 2)
    texts = [f"nuit {n}" for n in range(10)]
    np.testing.assert_allclose(letter_tier().logits(texts), whole(texts), atol=1e-5)


def whole(texts):
    weights = heads(LetterEncoder.width)["weights"]
    return LetterEncoder().read(texts) @ weights[:-1] + weights[-1]


def test_no_text_no_logits():
    tier = letter_tier()
    assert tier.logits([]).shape == (0, tier.columns)


def test_texts_that_differ_in_what_cannot_be_written_are_told_apart():
    first, second = letter_tier().logits(["\ud800a", "\ud801ab"])
    assert (first != second).any()


@pytest.mark.parametrize("change", ["format", "weights"])
def test_heads_for_another_encoder_are_refused(change):
    arrays = heads(LetterEncoder.width)
    arrays[change] = np.array(99) if change == "format" else arrays["weights"][1:]
    with pytest.raises(ValueError, match="another format"):
        assemble(arrays, LetterEncoder(), "1")


def read(arrays, text="Neun Stunden Wartezeit, danke"):
    """The sentiment of a text, by the language that it is read as."""
    judge = Judge(assemble(arrays, LetterEncoder(), "1"))
    languages = ("fr", "de", "en", "pl")
    found = judge.judge([text] * len(languages), languages, explain=False)
    return {code: one.sentiment for code, one in zip(languages, found, strict=True)}


def test_a_head_of_a_languages_own_speaks_of_texts_in_that_language_alone():
    arrays = heads(LetterEncoder.width)
    before = read(arrays)
    arrays["weights"][:, -len(CLASSES) :] += 1.0 * np.arange(len(CLASSES))  # German's
    after = read(arrays)
    assert {code for code in before if before[code] != after[code]} == {"de"}


def test_heads_without_any_languages_own_speak_of_all():
    arrays = heads(LetterEncoder.width)
    arrays["weights"] = arrays["weights"][:, : len(INNER)]
    for name in [name for name in arrays if name.startswith("tongue")]:
        del arrays[name]
    assert None not in read(arrays).values()


@pytest.mark.parametrize("language", ["fr", "en", "pl"])
def test_with_it_every_language_has_every_label(language):
    judge = Judge(letter_tier())
    judgements = judge.judge(["We waited nine hours"], [language])
    assert set(judgements[0].labels) == set(LABELS)
    assert judgements[0].version.endswith(judge.deep.version)


def test_what_is_blank_is_not_encoded():
    tier = letter_tier()
    found = Judge(tier).judge(["", " \n"], ["fr", "pl"])
    assert [one.version for one in found] == [None, None]
    assert tier.encoder.asked == []


def test_a_page_of_wild_texts_in_every_language_is_judged_in_place():
    texts = list(WILD.values())
    languages = [("fr", "en", "pl", "de", "unknown")[n % 5] for n in range(len(texts))]
    models = Judge().models
    page = Judge(letter_tier(), models).judge(texts, languages)
    for text, language, one in zip(texts, languages, page, strict=True):
        assert Judge(letter_tier(), models).judge([text], [language]) == [one]
