from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.alert import Analysis
from listener.domain.incident import AlertKind, State
from listener.domain.notice import Notice, NoticeKind
from listener.domain.rule import Level
from listener.notifiers.base import Message
from listener.notifiers.render import render_alert, render_notice
from tests.listener.alerts import AT, CAMILLE, ago, alert, post, reason
from tests.networks.slack_blocks import errors_of, too_long

CHANNELS = ("slack", "email", "console")
HOSTILE = (
    "<!channel> <@U0CAMILLE1> @here *gras* <script>alert(1)</script> & "
    "\x1b[2J\x1b]0;titre\x07\u202egnol\u202c\r\nBcc: tous@chu-valmont.example <https://mal.example|clic>"
)


def said(channel: str = "console", *, excerpt: str = "masked", language: str = "fr", **view: Any):
    return render_alert(
        alert(**view),
        channel=channel,
        recipient=CAMILLE,
        key="alert-12",
        excerpt=excerpt,
        language=language,
    )


def all_of(message: Message) -> str:
    """Everything that a message shows, with ordinary spaces."""
    shown = [message.subject, message.text, message.html or ""]
    shown.append(json.dumps(message.blocks, ensure_ascii=False))
    return re.sub(r"[\xa0\u202f]", " ", " ".join(shown))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sleepy_reader_learns_things_in_the_order_that_matters(channel):
    text = all_of(said(channel))
    order = [
        "Alerte critique — CHU de Valmont : 34 messages négatifs en 20 min",
        "34 messages depuis 22 h 51, dont 29 négatifs",
        "X 21 · Mastodon 9 · Facebook 4",
        "20 dans les dix dernières minutes, 8 dans les dix précédentes",
        "34 messages négatifs en 20 min — seuil : 15",
        "gravité 91/100 · 12 400 abonnés · 310 partages",
        "Neuf heures d'attente" if channel != "email" else "Neuf heures d&#39;attente",
        "https://x.example/valmont/1",
        "Personne appelée : Camille Roy",
        "Amina Diallo et Équipe communication",
        "Dites que vous vous en occupez",
        "ne confirmez jamais que quelqu’un est patient",
    ]
    places = [text.find(words) for words in order]

    assert -1 not in places, order[places.index(-1)]
    assert [text.rfind(words) for words in order[1:]] == sorted(
        text.rfind(words) for words in order[1:]
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_who_may_be_a_patient_is_masked(channel):
    text = all_of(said(channel))

    assert "ma mère […], une honte" in text
    assert "Jeanne" not in text and "Morel" not in text


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_that_may_show_no_text_shows_none(channel):
    text = all_of(said(channel, excerpt="none"))

    assert "attente" not in text
    assert "Le texte n’est pas montré sur ce canal." in text
    assert "https://x.example/valmont/1" in text


def test_a_channel_that_may_show_all_shows_all():
    assert "Jeanne Morel" in all_of(said(excerpt="full"))


def test_a_lock_screen_never_shows_an_excerpt():
    message = said("slack", excerpt="full")

    assert "attente" not in message.text + message.subject
    assert "attente" not in said("email", excerpt="full").subject


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"excerpt": None}, "Le texte n’existe plus"),
        ({"excerpt": None, "unread": True}, "Une image ou une vidéo sans texte : non analysée."),
        ({"excerpt": "\u200b \n"}, "Un message sans texte."),
    ],
)
def test_a_post_without_words_says_why(changes, remark):
    assert remark in all_of(said("slack", posts=[post(**changes)]))


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"seen": {"count": 1, "minutes": 90}}, "1 message en 1 h 30"),
        (
            {
                "kind": "negative_share",
                "seen": {"share": 0.853, "count": 34, "negative": 29, "minutes": 60},
                "expected": {"share": 0.6, "minimum": 10},
            },
            "85 % de messages négatifs (29 sur 34) en 1 h",
        ),
        ({"kind": "severity", "seen": {"severity": 91}}, "un message très grave (91/100)"),
        ({"kind": "terms", "seen": {"terms": ["erreur", "mort"]}}, "« erreur » et « mort »"),
        ({"kind": "terms", "seen": {}, "expected": {}}, "un message dit"),
        ({"kind": "not yet known"}, "un seuil est franchi"),
    ],
)
def test_the_title_says_what_was_seen(changes, title):
    message = said(reasons=[reason(**changes)])

    assert title in message.subject.replace("\xa0", " ").replace("\u202f", " ")


def test_the_gravest_reason_makes_the_title():
    small = reason(level=Level.INFO, kind="severity", seen={"severity": 40})

    assert "34" in said(reasons=[small, reason()]).subject


def test_a_service_says_which_hospital_it_belongs_to():
    assert "Maternité (CHU de Valmont)" in said(subject="Maternité").subject


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"observed": True}, "Mode observation : Camille Roy aurait été appelé(e)."),
        ({"observed": True, "called": None}, "Mode observation : personne n’a été appelé."),
        ({"held_since": ago(600)}, "Retenu depuis 13 h 24, pour ne réveiller personne."),
        ({"exercise": True}, "Ceci est un exercice"),
        ({"kind": AlertKind.RAISED}, "Alerte critique, aggravation —"),
        ({"kind": AlertKind.REMINDED}, "Alerte critique, rappel —"),
        ({"kind": AlertKind.RECORDED}, "Vu trop tard pour appeler quelqu’un"),
        ({"state": State.ACKNOWLEDGED}, "Quelqu’un s’en occupe déjà."),
        ({"told": ()}, "Personne d’autre n’est prévenu."),
    ],
)
def test_what_is_particular_about_an_alert_is_said_first(changes, words):
    for channel in CHANNELS:
        assert words in all_of(said(channel, **changes))


def test_observe_mode_neither_pings_nor_presses():
    message = said("slack", observed=True)

    assert "U0CAMILLE1" not in all_of(message)
    assert not message.urgent
    assert "Personne appelée" not in all_of(message)


def test_what_comes_too_late_neither_pings_nor_presses():
    message = said("slack", kind=AlertKind.RECORDED)

    assert "U0CAMILLE1" not in all_of(message)
    assert not message.urgent
    assert message.text.startswith("🔵 Après coup")


def test_the_person_on_call_is_pinged():
    message = said("slack")

    assert message.text.startswith("<@U0CAMILLE1> ")
    assert {"type": "user", "user_id": "U0CAMILLE1"} in message.blocks[1]["elements"][0]["elements"]
    assert message.urgent


def test_a_warning_asks_for_no_manager_and_an_information_for_nothing():
    assert "direction de garde" not in all_of(said(level=Level.WARNING))
    assert "Que faire" not in all_of(said("email", level=Level.INFO))


def test_complaints_go_where_the_hospital_says():
    message = render_alert(
        alert(),
        channel="email",
        recipient=CAMILLE,
        key="k",
        excerpt="masked",
        mediation="la commission des usagers",
    )

    assert "vers la commission des usagers" in message.text


def test_what_is_unknown_is_left_out():
    bare = post(followers=None, shares=None, severity=None, sentiment=None, link=None)
    text = all_of(said(posts=[bare], networks={}, recent=(), reasons=(), told=(), called=None))

    assert "un seuil est franchi" in text
    assert "None" not in text and " 0 " not in text and "abonné" not in text


def test_english_is_complete():
    text = all_of(said("email", language="en", held_since=ago(1500)))

    assert "Critical alert — CHU de Valmont: 34 negative posts in 20 min" in text
    assert "Held since yesterday at 22:24" in text
    assert "What to do now" in text


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_stranger_moves_no_cursor_and_adds_no_line(channel):
    message = said(channel, posts=[post(excerpt=HOSTILE, spans=(), network=HOSTILE, kind=HOSTILE)])

    for shown in (message.subject, message.text, message.html or "", json.dumps(message.blocks)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert "\n" not in message.subject
    assert not re.search(r"(?m)^Bcc:", message.text)


def test_a_stranger_neither_pings_links_nor_formats_in_slack():
    message = said("slack", posts=[post(excerpt=HOSTILE, spans=())], subject="<!channel> *CHU*")
    elements = re.findall(r'"type": "(\w+)"', json.dumps(message.blocks))

    assert "&lt;!channel&gt;" in message.text
    assert "mrkdwn" not in elements and "broadcast" not in elements
    assert elements.count("link") == 1 and elements.count("user") == 1
    assert "mal.example" not in json.dumps(message.blocks)


def test_an_address_that_deceives_is_not_offered():
    message = said("email", posts=[post(link="https://chu-valmont.example@mal.example/")])

    assert "href" not in (message.html or "")


def test_a_stranger_writes_no_html():
    message = said("email", posts=[post(excerpt=HOSTILE, spans=())], subject="<img src=x>")
    html = message.html or ""

    assert "<script>" not in html and "<img" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r'href="([^"]*)"', html) == ["https://x.example/valmont/1"]


wild_text = st.text(st.characters(), max_size=400)


@given(text=wild_text, word=st.text(max_size=60))
def test_slack_takes_whatever_strangers_write(text, word):
    message = said(
        "slack",
        posts=[post(excerpt=text, spans=(), link=word, network=word or "x", kind=word)] * 9,
        subject=word,
        told=(word,) * 50,
        networks={word: 3},
        reasons=[reason(kind="terms", seen={"terms": [word, text]}, description=text)] * 20,
    )

    assert errors_of(json.loads(json.dumps(message.blocks))) == []
    assert not too_long(message.blocks)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_the_listener_says_its_own_troubles(kind):
    notice = Notice(
        kind=kind,
        level=Level.WARNING,
        hospital="CHU de Valmont",
        name="bluesky",
        at=AT,
        timezone="Europe/Paris",
        since=AT - timedelta(hours=2),
        cause="Unavailable: 503\x1b[2J",
    )
    for channel in CHANNELS:
        message = render_notice(notice, channel=channel, recipient=CAMILLE, key="n")
        text = all_of(message)

        assert message.subject.startswith("Veille — CHU de Valmont")
        ended = kind is NoticeKind.ACCESS_ENDING
        assert ("Il a pris fin : 21 h 24." if ended else "Depuis 21 h 24.") in text
        assert "Cause : Unavailable: 503" in text and "\x1b" not in text
        assert errors_of(message.blocks) == [] or channel != "slack"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("excerpt", ["none", "masked"])
def test_a_restricted_post_says_nothing_but_why_it_is_not_shown(channel, excerpt):
    shown = all_of(said(channel, excerpt=excerpt, posts=[post(restricted=True)]))

    assert "Neuf heures" not in shown
    assert "https://x.example/valmont/1" in shown
    if excerpt == "masked":
        assert "(message à accès restreint : il peut révéler qui est patient)" in shown


def test_a_channel_that_shows_all_shows_a_restricted_post():
    assert "Neuf heures" in all_of(said("email", excerpt="full", posts=[post(restricted=True)]))


def test_a_post_says_what_it_is_about_and_first_that_a_rumour_is_to_be_checked():
    themes = ("waiting", "staffing", "death", "rumour")
    shown = all_of(said(posts=[post(themes=themes)]))

    assert (
        "gravité 91/100 · affirmation à vérifier, attente et effectifs et conditions de travail"
        in shown
    )
    assert "rumeur" not in shown


@pytest.mark.parametrize(
    ("analysis", "words"),
    [
        (Analysis.FAST, "Analyse rapide."),
        (Analysis.UNDER_WAY, "Analyse rapide, relecture approfondie en cours."),
        (Analysis.DEEP, "Analyse approfondie."),
    ],
)
def test_an_alert_says_which_classifiers_it_rests_on_where_it_says_why(analysis, words):
    shown = all_of(said(analysis=analysis))

    assert shown.index("seuil : 15") < shown.index(words) < shown.index("Neuf heures")
    assert "nalyse" not in all_of(said())
