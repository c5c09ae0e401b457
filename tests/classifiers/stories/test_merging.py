"""Stories that say the same in other words are proposed; what is only near is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.stories import Proposal, Representative
from classifiers.stories.merging import ENOUGH, propose, similarities

WORDS = "une infirmière frappée samedi soir dans le couloir des consultations"


class Told:
    """An encoder of invented meanings: the number at a text's end, in a space all texts share."""

    version = "told-1"
    width = 64

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            meaning, _, own = text.rpartition(" ")[2].partition("/")
            vector = np.zeros(self.width)
            vector[0] = 4.0  # what all sentences have in common
            vector[1 + int(meaning) % 60] += 1.0
            vector[61 + int(own or 0) % 3] += 0.3
            rows.append(vector / np.linalg.norm(vector))
        return np.array(rows, dtype=np.float32)


def representative(story: int, meaning: str, **values: object) -> Representative:
    known = {"text": f"{WORDS} {meaning}", "at": 0.0, "subjects": frozenset({"chu"})}
    return Representative(**{"story": story, **known, **values})  # type: ignore[arg-type]


def crowd(*, but: Sequence[Representative] = ()) -> list[Representative]:
    return [representative(n, f"{n}") for n in range(ENOUGH)] + list(but)


def pairs(found: Sequence[Proposal]) -> list[tuple[int, int]]:
    return [(proposal.older, proposal.newer) for proposal in found]


def test_two_stories_of_one_event_are_proposed_and_no_others() -> None:
    found = propose(crowd(but=[representative(100, "7/1")]), Told())
    assert pairs(found) == [(7, 100)]
    assert 0.55 <= found[0].similarity <= 1.0


@pytest.mark.parametrize(
    "values",
    [
        {"subjects": frozenset({"urgences"})},
        {"subjects": frozenset()},
        {"at": 49 * 3600.0},
        {"text": "Honte 7"},
    ],
)
def test_other_subjects_other_days_and_few_words_are_never_merged(
    values: dict[str, object],
) -> None:
    other = representative(100, "7", **values)
    assert propose(crowd(but=[other]), Told()) == []


def test_one_pass_chains_nothing() -> None:
    found = propose(crowd(but=[representative(100 + n, "7") for n in range(3)]), Told())
    named = [story for pair in pairs(found) for story in pair]
    assert len(named) == len(set(named))


def test_too_few_stories_say_nothing_about_what_is_usual() -> None:
    assert propose([representative(n, "7") for n in range(5)], Told()) == []
    assert propose([], Told()) == []


def test_what_all_sentences_share_counts_for_nothing() -> None:
    vectors = Told().encode([f"{n}" for n in range(20)])
    assert (vectors @ vectors.T).min() > 0.9
    off = similarities(vectors)[~np.eye(20, dtype=bool)]
    assert off.max() < 0.3
