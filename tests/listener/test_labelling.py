"""Which mentions are worth a person's word, and who is held back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.labelling import Candidate, check, entropy, is_held, propose
from tests.listener.house import NIGHT

SURE = {"negative": 0.98, "neutral": 0.01, "positive": 0.01}
UNSURE = {"negative": 0.4, "neutral": 0.35, "positive": 0.25}


def candidate(number: int, **values: Any) -> Candidate:
    known: dict[str, Any] = {
        "id": number,
        "network": "mastodon",
        "occurred_at": NIGHT - timedelta(minutes=number),
        "story": None,
        "text_hash": str(number),
        "sentiment": SURE,
    }
    return Candidate(**{**known, **values})


def ids(*candidates: Candidate, count: int = 50) -> list[int]:
    return [proposal.id for proposal in propose(candidates, count)]


def test_the_least_certain_comes_first_and_says_why() -> None:
    near = candidate(2, labels={"hygiene": 0.38, "death": 0.9, "patient_privacy": 0.3})
    found = propose([candidate(1), near, candidate(3, sentiment=UNSURE)], 3)
    assert [proposal.id for proposal in found] == [3, 2, 1]
    assert found[1].doubtful == ("hygiene", "patient_privacy")
    assert found[0].sentiment > 0.9


def test_of_what_is_alike_the_newest_comes_first() -> None:
    assert ids(*(candidate(n) for n in (3, 1, 2))) == [1, 2, 3]


def test_a_story_and_a_text_are_asked_about_once() -> None:
    copies = [candidate(n, text_hash="same", sentiment=UNSURE) for n in (1, 2)]
    story = [candidate(n, story=7, sentiment=UNSURE) for n in (3, 4)]
    assert sorted(ids(*copies, *story)) == [1, 3]


def test_networks_and_themes_take_turns() -> None:
    many = [candidate(n, sentiment=UNSURE) for n in range(1, 9)]
    other = candidate(20, network="x", sentiment={"negative": 0.5, "neutral": 0.4, "positive": 0.1})
    assert 20 in ids(*many, other, count=2)
    themed = candidate(21, labels={"death": 0.9}, sentiment=UNSURE)
    assert 21 in ids(*many, themed, count=2)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 0))
def test_entropy_is_a_fraction(parts: list[float]) -> None:
    total = sum(parts)
    found = entropy(dict(zip("abc", (p / total for p in parts), strict=True)))
    assert 0 <= found <= 1 + 1e-9


def test_a_quarter_is_held_back_always_the_same_and_all_copies_of_a_text() -> None:
    held = [is_held(f"hash{n}", n) for n in range(4000)]
    assert 900 < sum(held) < 1100
    assert is_held("hash7", 1) == is_held("hash7", 2)


@pytest.mark.parametrize("word", [{"sentiment": "bad"}, {"x": "yes"}, {"death": "maybe"}])
def test_nobody_can_say_nonsense(word: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"bad|x|maybe"):
        check(word)
