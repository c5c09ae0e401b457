"""The language of a mention: a code, or unknown rather than a guess."""

from __future__ import annotations

import pytest

from classifiers.language import LanguageClassifier

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
    "text", ["", "👏👏👏", "top", "nul nul nul cet hosto", "12 345", "@someone https://a.example"]
)
def test_what_has_too_few_letters_is_unknown(classifier, text):
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
