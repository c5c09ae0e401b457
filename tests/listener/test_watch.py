"""What a mention concerns: its words, where it stands, and whom it is not about."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mention import Kind, Mention
from listener.domain.watch import Watch, Watcher, WatchKind, fold

VALMONT = Watch(
    id="chu",
    names=("CHU de Valmont", "Hôpital de l’Œuvre"),
    aliases=("CHU Valmont",),
    accounts=("@chu_valmont", "chu-valmont.example"),
    hashtags=("#BalanceTonCHUValmont", "Valmont"),
    domains=("www.chu-valmont.example",),
    exclude=("CHU de Valmont-les-Bains", "AS CHU Valmont"),
    exclude_if=("football", "ligue 2"),
)
EMERGENCY = Watch(id="urgences", kind=WatchKind.SERVICE, of="chu", names=("urgences", "SAMU"))
PEER = Watch(id="bremont", kind=WatchKind.PEER, names=("CHU de Brémont",))
STRIKE = Watch(id="greve", kind=WatchKind.TOPIC, names=("grève des soignants",))
WATCHER = Watcher((VALMONT, EMERGENCY, PEER, STRIKE))


def mention(text: str = "", **values: Any) -> Mention:
    published = datetime(2026, 3, 14, 22, tzinfo=UTC)
    return Mention(
        network="mastodon",
        external_id="1",
        kind=Kind.POST,
        published_at=published,
        text=text,
        **values,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Le CHU de Valmont recrute",
        "chu de valmont",
        "LE CHU DE VALMONT, ENCORE",
        "le\u00a0CHU\u202fde\nValmont",
        "« CHU de Valmont »",
        "CHU-de-Valmont",
        "au #CHU de #Valmont",
        "le CHU de Val\u00admont",
        "le ＣＨＵ de Valmont",
        "L'hôpital de l'oeuvre",
        "l’HÔPITAL DE L’ŒUVRE",
        "à l\u02bcho\u0302pital de l\u02bcœuvre",
        "#CHUdeValmont",
        "#chu_valmont",
        "#balancetonchuvalmont",
        "＃BalanceTonCHUValmont",
        "merci @chu_valmont !",
        "merci @CHU_Valmont.",
        "merci @chu_valmont@mastodon.example",
        "voir https://www.chu-valmont.example/actualites?x=1",
        "(CHU Valmont)😡",
    ],
)
def test_a_name_is_recognised_however_it_is_written(text: str) -> None:
    assert WATCHER.in_text(text) == {"chu"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Le CHU de Valmontois recrute",
        "le MCHU de Valmont",
        "le CHU de Vallmont",
        "Valmont est une jolie ville",
        "merci @jean_chu_valmont",
        "merci @chu_valmont_officieux",
        "jean@valmont.example",
        "#chuvalmontois",
        "le CHU et la ville de Valmont",
    ],
)
def test_a_part_of_a_word_names_nobody(text: str) -> None:
    assert not WATCHER.in_text(text)


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("Le CHU de Valmont-les-Bains ferme", set()),
        ("Le CHU de Valmont les bains ferme", set()),
        ("Le CHU de Valmont-les-Bains, pas le CHU de Valmont", {"chu"}),
        ("L'AS CHU Valmont gagne", set()),
        ("Le CHU de Valmont sponsor du football local", set()),
        ("Montée en Ligue 2 : #Valmont en fête", set()),
        ("Le CHU de Valmont et le CHU de Brémont, football", {"bremont"}),
        ("@chu_valmont que pensez-vous du football ?", {"chu"}),
    ],
)
def test_homonyms_are_told_apart(text: str, subjects: set[str]) -> None:
    assert WATCHER.in_text(text) == subjects


def test_a_homonym_is_cancelled_in_declared_hashtags_too() -> None:
    club = mention("Quel match de football !", tags=("Valmont",))
    assert not WATCHER.concerned(club)
    assert WATCHER.concerned(mention("Quelle attente !", tags=("Valmont",))) == {"chu"}


def test_a_service_counts_only_beside_its_hospital() -> None:
    assert not WATCHER.concerned(mention("Cinq heures aux urgences"))
    assert not WATCHER.keep("Cinq heures aux urgences")
    assert not WATCHER.concerned(mention("Cinq heures aux urgences du CHU de Brémont")) - {
        "bremont"
    }
    both = {"chu", "urgences"}
    assert WATCHER.concerned(mention("Cinq heures aux urgences du CHU de Valmont")) == both
    assert WATCHER.concerned(mention("Cinq heures aux urgences"), standing=["chu"]) == both
    assert WATCHER.concerned(mention("Aux urgences", accounts=("chu_valmont",))) == both


def test_a_comment_without_a_name_concerns_what_it_stands_under() -> None:
    comment = mention("Neuf heures d'attente, honte")
    assert WATCHER.concerned(comment, standing=["chu"]) == {"chu"}
    assert not WATCHER.concerned(comment)


def test_a_mention_is_about_its_title_its_accounts_its_tags_and_its_links() -> None:
    assert WATCHER.concerned(mention(title="Le CHU de Valmont recrute")) == {"chu"}
    assert WATCHER.concerned(mention(accounts=("CHU-Valmont.example",))) == {"chu"}
    assert WATCHER.concerned(mention(tags=("CHUValmont",))) == {"chu"}
    assert WATCHER.concerned(mention(links=("https://Chu-Valmont.example/a",))) == {"chu"}
    assert WATCHER.concerned(mention(links=("https://actu.chu-valmont.example:8443/",))) == {"chu"}
    for foreign in ("https://notchu-valmont.example/", "http://[::1", "x", "https://a.b.c/"):
        assert not WATCHER.concerned(mention(links=(foreign,)))


def test_several_subjects_are_all_found() -> None:
    text = "Grève des soignants : le CHU de Valmont et le CHU de Brémont, SAMU compris"
    assert WATCHER.concerned(mention(text)) == {"chu", "urgences", "bremont", "greve"}


def test_names_that_touch_are_both_found() -> None:
    watcher = Watcher(
        (Watch(id="a", names=("chu valmont",)), Watch(id="b", names=("valmont nord",)))
    )
    assert watcher.in_text("chu valmont nord") == {"a", "b"}


def test_searches_use_the_names_but_not_a_service_s_words() -> None:
    watched = WATCHER.watched()
    assert watched.terms == (
        "CHU de Valmont",
        "Hôpital de l’Œuvre",
        "CHU Valmont",
        "CHU de Brémont",
        "grève des soignants",
    )
    assert watched.hashtags == ("BalanceTonCHUValmont", "Valmont")
    assert watched.accounts == ("chu_valmont", "chu-valmont.example")
    assert watched.keep("le CHU de Valmont")
    assert not watched.keep("les urgences")


def test_the_hospital_s_own_subjects_and_accounts_are_known() -> None:
    assert WATCHER.own == {"chu"}
    assert WATCHER.handles == {"chu_valmont", "chu-valmont.example"}


def test_a_watch_of_accounts_alone_is_enough() -> None:
    watcher = Watcher((Watch(id="chu", accounts=("chu_valmont",)),))
    assert watcher.in_text("@chu_valmont bravo") == {"chu"}
    assert not watcher.in_text("bravo")


def test_nothing_watched_keeps_nothing() -> None:
    watcher = Watcher(())
    assert not watcher.keep("le CHU de Valmont #Valmont @chu_valmont")


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_single_spaces(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.split() == [word for word in folded.split(" ") if word]


@given(st.text(), st.text())
def test_a_name_between_blanks_is_always_found(before: str, after: str) -> None:
    watcher = Watcher((Watch(id="chu", names=("CHU de Valmont",)),))
    assert watcher.in_text(f"{before} CHU de Valmont {after}") == {"chu"}


@given(st.lists(st.sampled_from(["a", "b", "c", "ab", "é"]), max_size=12))
def test_whole_phrases_are_found_as_a_plain_search_finds_them(words: list[str]) -> None:
    terms = ("a", "b c", "a b c", "e a", "ab")
    watcher = Watcher(tuple(Watch(id=f"t{i}", names=(t,)) for i, t in enumerate(terms)))
    haystack = f" {fold(' '.join(words))} "
    expected = {f"t{i}" for i, term in enumerate(terms) if f" {term} " in haystack}
    assert watcher.in_text(" ".join(words)) == expected


@given(st.text(), st.lists(st.text(max_size=8), max_size=3), st.lists(st.text(max_size=30)))
def test_no_text_tag_or_link_breaks_the_watcher(
    text: str, tags: list[str], links: list[str]
) -> None:
    WATCHER.concerned(mention(text, tags=tuple(tags), links=tuple(links), accounts=tuple(tags)))


def fastest(action: Callable[[], object], runs: int = 7) -> float:
    durations = []
    for _ in range(runs):
        started = time.process_time()
        action()
        durations.append(time.process_time() - started)
    return min(durations)


@pytest.mark.parametrize(
    "sentence",
    [
        "Onze heures d’attente aux urgences du CHU de Valmont, c’est une honte… ",
        "CHU de Valmont-les-Bains CHU de Valmont ",
        "@chu_valmont.",
        "chu de " * 5,
        "e\u0301\u0302" * 20 + " ",
        "#" * 40,
        "@a-" * 15,
    ],
)
def test_ten_times_the_text_takes_ten_times_as_long(sentence: str) -> None:
    short = sentence * (40_000 // len(sentence))
    long = short * 10
    # A square would make it a hundred times; machines are noisy, and short texts stay in their caches.
    assert fastest(lambda: WATCHER.in_text(long)) < 50 * fastest(lambda: WATCHER.in_text(short))


def test_two_thousand_terms_cost_hardly_more_than_two() -> None:
    few = Watcher(tuple(Watch(id=f"w{i}", names=(f"hôpital numéro {i}",)) for i in range(2)))
    many = Watcher(tuple(Watch(id=f"w{i}", names=(f"hôpital numéro {i}",)) for i in range(2000)))
    text = "Onze heures d'attente à l'hôpital numéro 1, c'est une honte. " * 500
    assert fastest(lambda: many.in_text(text)) < 3 * fastest(lambda: few.in_text(text))


@pytest.mark.parametrize(
    "text", ["le C.H.U. de Valmont", "C.H.U de Valmont", "au c.h.u. de valmont."]
)
def test_an_acronym_with_points_is_the_acronym(text) -> None:
    watcher = Watcher([Watch(id="chu", names=("CHU de Valmont",))])
    assert watcher.in_text(text) == {"chu"}


def test_an_address_or_a_number_is_no_acronym() -> None:
    watcher = Watcher([Watch(id="chu", names=("CHU",))])
    assert watcher.in_text("www.c.h.u.example 1.2.3 a.c.h.u") == set()
