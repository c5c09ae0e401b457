"""Normalising keeps the words and loses the noise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifiers.text import MAX_CHARS, fold, normalise, sanitise, tidy


def test_links_and_handles_become_marks_and_hashtags_become_words():
    text = "Merci @chu_valmont #HopitalEnColere https://valmont.example/a?b=c"
    assert normalise(text) == "merci @ # hopital en colere http"


def test_accents_are_kept_by_normalising_and_removed_by_folding():
    assert normalise("Hôpital ÉTÉ") == "hôpital été"
    assert fold("Hôpital de l'Œil") == "Hopital de l'OEil"


def test_elongations_are_cut_short():
    assert normalise("meeeerci!!!!!!!") == "meerci!!!"


def test_typographic_apostrophes_and_compatibility_letters_are_plain():
    assert sanitise("l’hôpital ﬁxe") == "l'hôpital fixe"


def test_controls_invisible_marks_and_lone_surrogates_vanish():
    assert sanitise("a\x00b\u200bc\u202ed\ud800") == "abcd\ufffd"


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_can_be_normalised_and_written(text):
    tidied = tidy(text)
    tidied.encode()
    assert "\x00" not in tidied
    assert len(tidied) <= MAX_CHARS + 10
