"""The forward pass says what the textbook's loops say, text by text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classifiers.encoder.transformer import POOLED, Transformer
from tests.classifiers.encoder.carriers import EPSILON, HEADS, LAYERS, WIDTH

TEXTS = [[0, 5, 9, 2], [0, 2], [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 2], [0, 3, 3, 2]]
CLOSE = 1e-4  # single against double precision over twelve layers


@pytest.fixture(scope="module")
def transformer(small):
    return Transformer(small.read())


def slow(tensors, text):
    """Devlin et al. 2019, a token at a time in double precision: POOLED means, then the maxima."""
    position = tensors["emb.pos"].reshape(-1, WIDTH)
    kind = tensors["emb.type"].reshape(-1, WIDTH)[0]
    states = [
        normed(tensors["emb.word"][piece] + position[at] + kind, tensors, "emb.ln")
        for at, piece in enumerate(text)
    ]
    means = []
    for layer in range(LAYERS):
        states = through(tensors, f"l{layer}", states)
        if layer + 1 in POOLED:
            means.append(sum(states) / len(states))
    return np.concatenate([*means, np.max(states, axis=0)])


def through(tensors, name, states):
    def linear(part, vector):
        return tensors[f"{name}.{part}.w"] @ vector + tensors[f"{name}.{part}.b"]

    query, key, value = ([linear(part, state) for state in states] for part in "qkv")
    after = []
    for at, state in enumerate(states):
        mixed = np.zeros(WIDTH)
        for head in range(HEADS):
            own = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
            near = [math.exp(query[at][own] @ k[own] / math.sqrt(WIDTH // HEADS)) for k in key]
            for weight, seen in zip(near, value, strict=True):
                mixed[own] += weight / sum(near) * seen[own]
        middle = normed(state + linear("ao", mixed), tensors, f"{name}.aln")
        inner = np.array([gelu(x) for x in linear("fi", middle)])
        after.append(normed(middle + linear("fo", inner), tensors, f"{name}.oln"))
    return after


def normed(vector, tensors, name):
    scaled = (vector - vector.mean()) / math.sqrt(vector.var() + EPSILON)
    return scaled * tensors[f"{name}.w"] + tensors[f"{name}.b"]


def gelu(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def test_it_says_what_plain_loops_say(transformer, small):
    found = transformer.pooled(TEXTS)
    assert found.shape == (len(TEXTS), transformer.width)
    assert found.dtype == np.float32
    for row, text in zip(found, TEXTS, strict=True):
        np.testing.assert_allclose(row, slow(small.tensors, text), atol=CLOSE)


def test_padding_does_not_leak_from_one_text_into_another(transformer):
    """The short text beside a long one, which pads it, and beside others of its length."""
    alone = transformer.pooled([[0, 5, 2]])[0]
    for other in ([0, *range(4, 24), 2] * 5, [0, 2], [0, 9, 2]):
        beside = transformer.pooled([other, [0, 5, 2], other])[1]
        np.testing.assert_allclose(beside, alone, atol=1e-5)


def test_the_meaning_is_the_mean_of_the_last_layer(transformer):
    """A text of one piece is its own mean and its own maximum."""
    (found,) = transformer.pooled([[5]])
    np.testing.assert_array_equal(found[transformer.meaning], found[-WIDTH:])
