"""Why a post was scored so: in words, in two languages, on every channel, and never what is hidden."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.classifier import Sample, Score
from classifiers.severity import Told
from classifiers.severity import severity as severity_of
from listener.i18n import Speaker
from listener.notifiers import why
from listener.notifiers.render import render_alert
from tests.listener.alerts import CAMILLE, alert, post
from tests.listener.reasoned import VIRAL, grave, plain, tone
from tests.networks.slack_blocks import errors_of, too_long

PARIS = ZoneInfo("Europe/Paris")
FRENCH, ENGLISH = Speaker("fr", PARIS), Speaker("en", PARIS)
CHANNELS = ("slack", "email", "console")
TEXT = "Une honte, ma mère Jeanne Morel a dormi dans le couloir"
NAMED = ((TEXT.index("Jeanne"), TEXT.index(" a dormi")),)


def shown(**changes: Any) -> Any:
    scores = (tone("honte", "couloir"), VIRAL, grave())
    values = {"severity": 73.0, "excerpt": TEXT, "spans": NAMED, "scores": scores, "themes": ()}
    return post(**{**values, **changes})


def told(view: Any, speaker: Speaker = FRENCH, **options: Any) -> list[str]:
    options = {"masked": True, "restricted": False, **options}
    return [plain(s) for s in why.sentences(speaker, view, why.visible(view, **options))]


def message(view: Any, channel: str, *, excerpt: str = "masked", language: str = "fr") -> Any:
    return render_alert(
        alert(posts=[view]),
        channel=channel,
        recipient=CAMILLE,
        key="k",
        excerpt=excerpt,
        language=language,
    )


def all_of(sent: Any) -> str:
    blocks = json.dumps(sent.blocks, ensure_ascii=False)
    return plain(" ".join((sent.subject, sent.text, sent.html or "", blocks)))


def test_each_score_is_told_with_what_drove_it() -> None:
    assert told(shown()) == [
        "gravité 73/100 : propos négatif 61 %, hygiène 20 %, diffusion prévue 12 %",
        "négatif : « honte », « couloir »",
        "environ 1 200 interactions à terme (entre 600 et 2 500, 4 fois sur 5)",
    ]
    assert told(shown(), ENGLISH) == [
        "severity 73/100: negative words 61%, hygiene 20%, expected spread 12%",
        "negative: “honte”, “couloir”",
        "about 1,200 interactions in the end (between 600 and 2,500, 4 times in 5)",
    ]


def test_every_reason_of_a_severity_has_words_in_both_languages() -> None:
    sample = Sample(text="", rating=1.0, followers=10_000, weight=1.5)
    themes = {"person_in_danger": 0.9}
    for growth, forecast, word in ((None, 900.0, "diffusion prévue"), (40.0, None, "rapide")):
        heard = Told(negative=0.9, themes=themes, about=0.6, growth=growth, forecast=forecast)
        score = severity_of(sample, heard)
        view = shown(severity=score.value, scores=[score])
        text = plain(why.severity(FRENCH, view, parts=9))
        assert text.count("%") == 5
        for words in (word, "note 1/5", "personne en danger", "abonnés de l’auteur"):
            assert words in text
        assert text.endswith("source ×1,5, peut-être hors sujet (×0,6)")
        english = plain(why.severity(ENGLISH, view, parts=9))
        assert english.endswith("source ×1.5, perhaps off topic (×0.6)")


def test_a_hospital_that_is_almost_surely_meant_raises_no_doubt() -> None:
    score = grave(70.0, ("negativity", 1.0, "0.9"), ("about_hospital", 0.0, "0.97"))
    assert told(shown(severity=70.0, scores=[score])) == ["gravité 70/100 : propos négatif 100 %"]


def test_what_is_not_grave_was_driven_by_nothing() -> None:
    praise = grave(0.4, ("negativity", 0.7, "0.01"), ("theme", 0.3, "person_in_danger"))
    assert told(shown(severity=0.4, scores=[praise])) == []


def test_a_post_without_reasons_shows_none() -> None:
    bare = (tone(), Score(classifier="severity", version="s1", value=73.0))
    for scores in ((), bare):
        view = shown(scores=scores)
        assert told(view) == []
        assert "gravité 73/100 · 12 400 abonnés" in all_of(message(view, "console"))


def test_reasons_of_another_version_are_left_out() -> None:
    strange = grave(
        73.0,
        ("moon", 0.5, "full"),
        ("theme", 0.3, "ghosts"),
        ("rating", 0.1, "five"),
        ("source_weight", 0.0, "nan"),
        ("negativity", 0.001, ""),
    )
    view = shown(scores=[strange, tone(code="moon")])
    assert told(view) == []


def test_figures_that_moved_since_a_deep_reading_are_a_part_of_the_severity() -> None:
    deep = grave(40.0, ("negativity", 0.75, "0.9"), ("theme", 0.25, "death"))
    fast = grave(71.0, ("negativity", 0.9, "0.9"), ("reach", 0.1, "900"))
    (text,) = told(shown(severity=50.0, scores=[deep, fast]))
    assert (
        text == "gravité 50/100 : propos négatif 60 %, décès 20 %, diffusion depuis la lecture 20 %"
    )
    (text,) = told(shown(severity=30.0, scores=[deep, fast]))
    assert text == "gravité 30/100 : propos négatif 75 %, décès 25 %"
    (text,) = told(shown(severity=71.0, scores=[deep, fast]))
    assert text == "gravité 71/100 : propos négatif 90 %, abonnés de l’auteur 10 %"


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        (tone(code="person"), "négatif : selon une personne qui l’a lu"),
        (tone("honte", code="rating", detail="1.5"), "négatif : « honte », note 1,5/5"),
        (
            tone(label="neutral", code="unread_language", detail="cs"),
            "neutre : langue que l’analyse ne lit pas",
        ),
    ],
)
def test_a_tone_says_where_it_comes_from(score: Score, sentence: str) -> None:
    assert told(shown(sentiment=score.label, scores=[score])) == [sentence]


def test_a_complaint_about_somebody_else_is_neutral_without_its_words() -> None:
    assert told(shown(sentiment="neutral", scores=[tone("honte")])) == []


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.4, 0.0, 1.0, "environ 0 interaction à terme (entre 0 et 1,"),
        (1.2, 1.0, 3.0, "environ 1 interaction à terme (entre 1 et 3,"),
        (96.7, 12.4, 1049.0, "environ 97 interactions à terme (entre 12 et 1 000,"),
        (987654.0, 99.6, 2e6, "environ 990 000 interactions à terme (entre 100 et 2 000 000,"),
    ],
)
def test_a_forecast_tells_no_more_than_it_knows(
    value: float, low: float, high: float, words: str
) -> None:
    figures = {"low": low, "high": high}
    score = Score(classifier="virality", version="v1", value=value, figures=figures)
    assert told(shown(scores=[score]))[0].startswith(words)


def test_terms_of_what_is_masked_edited_or_restricted_are_never_shown() -> None:
    scores = (tone("morel", "couloir", "brancard"),)
    assert told(shown(scores=scores)) == ["négatif : « couloir »"]
    assert told(shown(scores=scores), masked=False) == ["négatif : « morel », « couloir »"]
    assert told(shown(scores=scores, excerpt=None)) == []
    restricted = shown(scores=scores, restricted=True)
    assert told(restricted) == []
    assert told(restricted, restricted=True) == ["négatif : « couloir »"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_alert_says_why_in_little_room(channel: str) -> None:
    view = shown(themes=("hygiene", "death"))
    text = all_of(message(view, channel))
    assert "gravité 73/100 : propos négatif 61 %, hygiène 20 % · décès · 12 400 abonnés" in text
    assert "négatif : « honte », « couloir » · environ 1 200 interactions à terme" in text
    english = all_of(message(view, channel, language="en"))
    assert "severity 73/100: negative words 61%, hygiene 20% · death" in english
    assert "negative: “honte”, “couloir” · about 1,200 interactions in the end" in english


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("excerpt", "changes"),
    [("none", {}), ("masked", {"restricted": True}), ("none", {"link": None})],
)
def test_a_channel_shows_no_term_of_a_text_that_it_may_not_show(
    channel: str, excerpt: str, changes: dict[str, Any]
) -> None:
    text = all_of(message(shown(**changes), channel, excerpt=excerpt))
    assert "honte" not in text and "couloir" not in text
    assert "propos négatif 61 %" in text and "à terme" in text


def test_a_lock_screen_shows_no_term() -> None:
    sent = message(shown(), "slack", excerpt="full")
    assert "couloir" not in sent.text + sent.subject


HOSTILE = ("<script>alert(1)</script>", "<!channel>", "*gras*", "&amp;", "mal.example")


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_hostile_term_neither_pings_links_nor_formats(channel: str) -> None:
    view = shown(excerpt=" ".join(HOSTILE), spans=(), scores=(tone(*HOSTILE[:3]),))
    sent = message(view, channel)
    html, laid = sent.html or "", json.dumps(sent.blocks)
    assert "« *gras* »" in all_of(sent)
    assert "<script>" not in html and "<!channel>" not in html
    if channel == "slack":
        assert errors_of(sent.blocks) == []
        assert "script" not in sent.text
        assert "mrkdwn" not in laid and "broadcast" not in laid and laid.count('"link"') == 1
    if channel == "email":
        assert "« &lt;script&gt;alert(1)&lt;/script&gt; »" in all_of(sent)


def test_a_term_neither_moves_a_cursor_nor_becomes_a_link() -> None:
    escape = "sale\x1b[2j\u202e"
    scores = (tone(escape, "sale", "mal.example"),)
    view = shown(excerpt=f"sale, mal.example {escape}", spans=(), scores=scores)
    (text,) = told(view)
    assert text == "négatif : « sale », « mal.\u200cexample »"


wild = st.text(st.characters(), max_size=60)


@settings(max_examples=40)
@given(text=wild, code=wild, detail=wild, part=st.floats(0, 1), severity=st.floats(0, 100))
def test_slack_takes_whatever_is_stored(
    text: str, code: str, detail: str, part: float, severity: float
) -> None:
    score = grave(50.0, (code, part, detail), ("theme", part, text), ("rating", part, detail))
    view = shown(excerpt=text, spans=(), severity=severity, scores=(tone(text, text), score, VIRAL))
    sent = message(view, "slack")
    assert errors_of(json.loads(json.dumps(sent.blocks))) == []
    assert not too_long(sent.blocks)
