"""What fits one SMS: what, where, how fast, how to answer; never a word of a post."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from listener.domain.incident import State
from listener.domain.rule import Level
from listener.notifiers.alert import alert_content
from listener.notifiers.content import Content
from listener.notifiers.render import render_alert
from listener.notifiers.short import LENGTH, alert_text, fitted, gsm, septets
from tests.listener.alerts import CAMILLE, NAMED, ago, alert, post, reason


def text(*, answer: str = "", language: str = "fr", **changes) -> str:
    view = alert(**changes)
    content = alert_content(view, language=language, excerpt="full")
    return alert_text(content, view, language=language, answer=answer)


def test_an_sms_says_what_where_how_fast_and_what_to_answer() -> None:
    said = text(answer="OK 12", language="en")
    assert said == (
        "Critical alert - CHU de Valmont: 34 negative posts in 20 min. "
        "20 in 10 min (8 before). Reply OK 12 to take it on."
    )
    assert septets(said) <= LENGTH
    assert text(language="en").endswith("Incident 12.")


def test_an_sms_never_repeats_a_post_whatever_the_channel_may_show() -> None:
    sent = render_alert(
        alert(posts=[post()]), channel="short", recipient=CAMILLE, key="k", excerpt="full"
    )
    assert not [word for word in NAMED.split() if len(word) > 5 and word in sent.text]
    assert sent.html is None and not sent.blocks and not sent.figures


def test_what_is_too_long_loses_its_badge_first_then_its_pace_then_its_end() -> None:
    said = text(
        answer="OK 4821", language="en", subject="Emergency ward and children's outpatient unit"
    )
    assert said == (
        "Emergency ward and children's outpatient unit (CHU de Valmont): 34 negative posts in 20 min. "
        "20 in 10 min (8 before). Reply OK 4821 to take it on."
    )
    ward = "Emergency ward and the whole of the mother and children's unit"
    said = text(answer="OK 4821", language="en", subject=ward)
    assert "in 10 min (" not in said and said.startswith(f"{ward} (CHU de Valmont): 34 negative")
    said = text(answer="OK 4821", language="en", subject="Centre hospitalier " * 12)
    assert said.endswith("... Reply OK 4821 to take it on.") and septets(said) <= LENGTH


def test_an_sms_about_what_is_over_says_so() -> None:
    assert "It is over. Incident 12." in text(language="en", state=State.RESOLVED)


def test_accents_that_an_sms_lacks_are_left_off_and_those_it_has_stay() -> None:
    said = gsm("«\xa0Où\xa0?\xa0» — l’hôpital, ça brûle… cœur 12\xa0€ 🔴 É à é")
    assert said == '"Où ?" - l\'hopital, ca brule... coeur 12 € É à é'


@given(st.text(), st.text(max_size=40), st.text(max_size=60))
def test_any_text_fits_one_sms(what: str, pace: str, last: str) -> None:
    said = fitted("Alert", what, pace, last)
    assert septets(said) <= LENGTH
    assert gsm(said) == said
    assert said.endswith(gsm(last))


def test_a_title_alone_fits_too() -> None:
    content = Content(level=Level.INFO, badge="For information", title="[" * 200)
    assert septets(fitted(content.badge, content.title)) <= LENGTH
    assert text(recent=[(ago(4), 20)], reasons=[reason()]).count("10 min") == 0
