"""The language of a mention: a code, or unknown rather than a guess."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.evaluation.language import evaluate
from classifiers.judge import read_as
from classifiers.language import LANGUAGES, UNKNOWN, GivenLanguage, LanguageClassifier
from tests.classifiers.wild import WILD

POSTS = Path(__file__).parent.parent / "fixtures" / "languages" / "posts.jsonl"

TEXTS = {
    "fr": "On nous a laissés dans le couloir toute la nuit sans rien nous dire.",
    "en": "We were left in the corridor all night and nobody told us anything.",
    "de": "Wir wurden die ganze Nacht auf dem Flur liegen gelassen, niemand sprach mit uns.",
    "it": "Ci hanno lasciati nel corridoio tutta la notte senza dirci nulla.",
    "es": "Nos dejaron en el pasillo toda la noche y nadie nos dijo nada.",
    "pt": "Deixaram-nos no corredor a noite toda e ninguém nos disse nada.",
    "ar": "تركونا في الممر طوال الليل ولم يخبرنا أحد بأي شيء",
    "nl": "We werden de hele nacht op de gang achtergelaten en niemand zei iets.",
    "pl": "Zostawili nas na korytarzu przez całą noc i nikt nam nic nie powiedział.",
    "tr": "Bizi bütün gece koridorda bıraktılar ve kimse bize bir şey söylemedi.",
    "uk": "Нас залишили в коридорі на всю ніч, і ніхто нічого нам не сказав.",
}


@pytest.fixture(scope="module")
def classifier():
    return LanguageClassifier()


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_is_recognised(classifier, code):
    assert classifier.classify(TEXTS[code]) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👏👏👏",
        "top",
        "CHU Valmont",
        "Maria Silva",
        "lol",
        "12 345",
        "@someone https://a.example",
    ],
)
def test_what_is_anybodys_is_unknown(classifier, text):
    assert classifier.classify(text) == "unknown"


def test_handles_hashtags_and_links_do_not_decide(classifier):
    text = "Neuf heures d'attente, du jamais vu @thehospital #WaitingForTheDoctor https://x.example/the"
    assert classifier.classify(text) == "fr"


def test_the_declared_language_is_believed_where_the_text_is_short(classifier):
    assert classifier.classify("super", "fr-CH") == "fr"


def test_a_declared_language_that_the_text_belies_is_not_believed(classifier):
    assert classifier.classify(TEXTS["de"], "fr") == "de"
    assert classifier.classify(TEXTS["fr"], "en") == "fr"


@pytest.mark.parametrize("declared", ["", "-", "zz99", "français", "\x00", "e" * 5000])
def test_a_declared_language_that_is_no_code_is_ignored(classifier, declared):
    assert classifier.classify("super", declared) == "unknown"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nul nul nul cet hosto", "fr"),
        ("danke schön", "de"),
        ("thank you!!", "en"),
        ("grazie mille", "it"),
        ("cảm ơn", "vi"),
        ("감사합니다", "ko"),
        ("дякую", "uk"),
    ],
)
def test_a_short_text_is_told_by_its_words_or_its_script(classifier, text, code):
    assert classifier.classify(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wallah c'est une honte, cinq heures qu'on attend", "fr"),
        ("wallah walou, 3lach ma kayjawbouch f sbitar", "ar"),
        ("ma mère est sortie hier, 3eme etage, chambre 7", "fr"),
        ("Mir hend nöd gwüsst, isch öpper da gsi?", "de"),
        ("Le docteur a dit 谢谢 et il est parti", "fr"),
    ],
)
def test_the_language_of_most_words_is_the_mentions(classifier, text, code):
    assert classifier.classify(text) == code


def test_a_creole_that_has_no_code_of_two_letters_is_nobody_elses(classifier):
    assert classifier.classify("Nou ka atann dépi bonmaten, pon moun pa ka di nou ayen") == UNKNOWN


def test_what_the_words_say_goes_before_what_the_network_declares(classifier):
    assert classifier.classify("danke schön", "fr") == "de"


@pytest.fixture(scope="module")
def figures():
    """Of the even lines: the word lists and thresholds were chosen on the odd ones."""
    return evaluate(POSTS, lambda line: line % 2 == 0)


def test_invented_posts_are_told_or_left_unknown(figures):
    assert figures["accuracy"] >= 0.93
    assert figures["accuracy_said"] >= 0.96
    assert figures["macro_accuracy"] >= 0.94


def test_no_language_that_visitors_speak_is_lost(figures):
    spoken = {
        "fr",
        "en",
        "de",
        "it",
        "es",
        "pt",
        "ar",
        "tr",
        "ru",
        "uk",
        "ro",
        "pl",
        "sq",
        "ta",
        "zh",
        "vi",
        "ht",
        "br",
        "oc",
        "ca",
        "eu",
    }
    parts = figures["per_language"]
    assert {code: parts[code]["accuracy"] for code in spoken if parts[code]["accuracy"] < 0.8} == {}


@pytest.mark.parametrize(
    ("kind", "least"), [("informal", 0.88), ("mixed", 0.86), ("short", 0.93), ("plain", 0.94)]
)
def test_each_kind_of_post_is_told(figures, kind, least):
    assert figures["per_kind"][kind]["accuracy"] >= least


def test_slang_is_hardly_ever_taken_for_another_language(figures):
    assert figures["per_kind"]["informal"]["accuracy_said"] >= 0.97


@pytest.mark.parametrize(
    ("text", "code"), [("buonanotte :-)", "it"), ("@user und? Hast dus fertig? :P", "de")]
)
def test_what_is_left_unknown_is_read_as_what_it_may_well_be(classifier, text, code):
    score = classifier.score(text)
    assert score.label == UNKNOWN
    assert 0 < score.probabilities[code] < score.probabilities[UNKNOWN]
    assert sum(score.probabilities.values()) == pytest.approx(1)
    assert read_as(score) == code


@pytest.mark.parametrize("text", ["", "👏👏👏", "12 345"])
def test_what_has_no_letter_is_read_as_nothing_in_particular(classifier, text):
    assert read_as(classifier.score(text)) == UNKNOWN


def test_what_a_network_declares_is_read_so_even_where_no_model_is(classifier):
    assert read_as(classifier.score("super", "pl")) == "pl"


@pytest.mark.parametrize("text", ["super", "buonanotte :-)", TEXTS["de"]])
def test_a_language_that_was_told_is_repeated_and_what_was_left_open_is_told_alike(
    classifier, text
):
    given = GivenLanguage()
    assert given.score(text, "it").label == "it"
    assert given.score(text, UNKNOWN) == classifier.score(text)


@pytest.mark.parametrize("name", WILD)
def test_a_wild_text_has_a_language_or_none(classifier, name):
    assert classifier.classify(WILD[name]) in {*LANGUAGES, UNKNOWN}


@pytest.mark.parametrize("sign", ["ة", "і", "ъ", "m3a ", "the ", "не ", "ኣ"])
def test_a_cue_repeated_without_end_breaks_nothing(classifier, sign):
    assert classifier.classify(sign * 1000) in {*LANGUAGES, UNKNOWN}


@given(text=st.text(max_size=200), declared=st.none() | st.text(max_size=8))
def test_any_text_has_one_language_and_always_the_same(classifier, text, declared):
    score = classifier.score(text, declared)
    assert score == classifier.score(text, declared)
    assert sum(score.probabilities.values()) == pytest.approx(1)
