"""What was computed of a text is not computed again, and a bounded number of texts is remembered."""

from __future__ import annotations

import numpy as np

from classifiers.memory import Memory


class Lengths:
    """Computes a row a text, and notes for which texts it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, texts):
        self.asked += texts
        return np.array([[float(len(text)), 1.0] for text in texts])


def test_a_text_is_computed_once_even_twice_in_a_page():
    memory, lengths = Memory(10), Lengths()
    rows = memory.rows(["aa", "b", "aa"], lengths, 2)
    assert rows.tolist() == [[2, 1], [1, 1], [2, 1]]
    assert memory.rows(["b", "ccc"], lengths, 2).tolist() == [[1, 1], [3, 1]]
    assert sorted(lengths.asked) == ["aa", "b", "ccc"]


def test_the_texts_met_longest_ago_are_forgotten():
    memory, lengths = Memory(2), Lengths()
    memory.rows(["a", "bb"], lengths, 2)
    memory.rows(["a"], lengths, 2)
    memory.rows(["ccc"], lengths, 2)
    lengths.asked.clear()
    memory.rows(["a", "ccc"], lengths, 2)
    assert lengths.asked == []
    memory.rows(["bb"], lengths, 2)
    assert lengths.asked == ["bb"]


def test_a_page_larger_than_the_memory_is_answered_whole():
    texts = [str(n) for n in range(10)]
    assert len(Memory(3).rows(texts, Lengths(), 2)) == 10


def test_no_texts_give_no_rows_and_lone_surrogates_are_texts():
    memory = Memory(3)
    assert memory.rows([], Lengths(), 2).shape == (0, 2)
    assert memory.rows(["\ud800"], Lengths(), 2).shape == (1, 2)
